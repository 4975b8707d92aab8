/** Read an appointment by our id. The practice's own record decides whether it still stands. */
import type { Appointment } from '../../domain/appointment.js';
import { GatewayError } from '../../domain/errors.js';
import type { AppointmentId } from '../../domain/identifiers.js';
import type { Attempt } from '../../ports/ledger.js';
import { requireEnabled, type GatewayContext, type Request } from '../context.js';
import { toAppointment } from '../rows/attempt.js';
import { refuseSensitive } from '../patients/sensitivity.js';
import { mirrored, noAppointment, notFound } from './mirror.js';

export async function readAppointment(
  context: GatewayContext,
  request: Request,
  id: AppointmentId,
): Promise<Appointment> {
  requireEnabled(request, 'appointmentManagement');
  const known = await context.ledger.readAttempt(request.entry.practice.odsCode, id);
  if (!known) throw notFound();
  await refuseSensitive(context, request, known.details.patientId);
  if (!toAppointment(known)) throw noAppointment(known);
  refusePast(context, known);
  const attempt = await mirrored(context, request, known);
  refusePast(context, attempt);
  const appointment = toAppointment(attempt);
  if (!appointment) throw noAppointment(attempt);
  return appointment;
}

/**
 * Only future appointments SHALL be read, amended or cancelled. The specification contradicts itself about the rest of
 * today (Contradiction 1): we compare with the present instant here, and with the date in the list of a patient's
 * appointments, as each interaction's own page says.
 */
export function refusePast(context: GatewayContext, { start }: Pick<Attempt, 'start'>): void {
  if (start > context.runtime.clock.now()) return;
  throw new GatewayError(
    'invalid-resource',
    'Appointment.start is in the past; only future appointments can be read, booked, amended or cancelled',
    { fhirPath: 'Appointment.start' },
  );
}
