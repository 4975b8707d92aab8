/** What a consumer is told when a booking does not end in an appointment. */
import { GatewayError } from '../../domain/errors.js';
import type { Attempt } from '../../ports/ledger.js';
import type { Refusal } from '../../ports/practice-system.js';

/** How the evidence of an attempt begins that the practice refused; then comes its reason. */
export const REFUSED = 'refused: ';
export const REFUSED_LATE = 'late refusal: ';

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

/** What an attempt in REJECTED is answered with, the first time and to each repeat: its evidence holds the reason. */
export function refusalOf(evidence: string | undefined, practice: string): GatewayError {
  const said = [REFUSED, REFUSED_LATE].find((words) => evidence?.startsWith(words));
  const reason = said === undefined ? 'slot-taken' : (evidence?.slice(said.length) as Refusal);
  if (reason === 'slot-taken' || reason === 'not-allowed') return slotTaken();
  if (reason === 'patient-unknown') return patientGone();
  return new GatewayError(
    'practice-system-fault',
    'The practice system did not accept the booking. Nothing was booked',
    { practice },
  );
}
