/** What a consumer is told when a booking does not end in an appointment. */
import { GatewayError } from '../../domain/errors.js';
import type { Attempt } from '../../ports/ledger.js';

export function slotTaken(): GatewayError {
  return new GatewayError('slot-taken', 'The slot is no longer free. Search for free slots again', {
    fhirPath: 'Appointment.slot',
  });
}

export function outcomeUnknown(practice: string, attempt?: Attempt): GatewayError {
  const reference = attempt ? ` Reference: ${attempt.id}` : '';
  return new GatewayError(
    'outcome-unknown',
    'The practice system has not confirmed the booking and its outcome is not yet known. Do not book another slot; ' +
      `send this request again unchanged to learn the outcome.${reference}`,
    { practice, retryAfterSeconds: 5 },
  );
}

export function cancellationUnknown(practice: string): GatewayError {
  return new GatewayError(
    'outcome-unknown',
    'The practice system has not confirmed the cancellation and its outcome is not yet known. Send this request again ' +
      'unchanged to learn the outcome, or read the appointment',
    { practice, retryAfterSeconds: 5 },
  );
}

export function notBooked(practice: string): GatewayError {
  return new GatewayError(
    'practice-unavailable',
    'The practice system cannot be reached. Nothing was booked; the request can be sent again safely',
    { practice, retryAfterSeconds: 10 },
  );
}

export function contended(practice: string, which = 'of this slot'): GatewayError {
  return new GatewayError(
    'place-contended',
    `Another booking ${which} is still being settled. Send the request again, or search for another slot`,
    { practice, fhirPath: 'Appointment.slot', retryAfterSeconds: 10 },
  );
}

export function patientGone(): GatewayError {
  return new GatewayError(
    'reference-not-found',
    'The practice no longer has this patient. Find or register the patient again',
    { fhirPath: 'Appointment.participant.actor' },
  );
}
