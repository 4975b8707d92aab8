/** Read an appointment by our id. The practice's own record decides whether it still stands. */
import type { Appointment } from '../domain/appointment.js';
import { GatewayError } from '../domain/errors.js';
import type { AppointmentId } from '../domain/identifiers.js';
import type { Attempt } from '../ports/ledger.js';
import { toAppointment } from './rows/attempt.js';
import { auditEvent, callFor, requireEnabled, type GatewayContext, type Request } from './context.js';

function notFound(): GatewayError {
  return new GatewayError('record-not-found', 'No appointment with this id at this practice');
}

export async function readAppointment(
  context: GatewayContext,
  request: Request,
  id: AppointmentId,
): Promise<Appointment> {
  requireEnabled(request, 'appointmentManagement');
  const attempt = await context.ledger.readAttempt(request.entry.practice.odsCode, id);
  if (!attempt || !toAppointment(attempt)) throw notFound();
  // Only future appointments SHALL be readable; "future" is compared with the present instant.
  if (attempt.start <= context.runtime.clock.now()) {
    throw new GatewayError(
      'invalid-resource',
      'Appointment.start is in the past; only future appointments can be read, booked, amended or cancelled',
      { fhirPath: 'Appointment.start' },
    );
  }
  const appointment = toAppointment(await mirrored(context, request, attempt));
  if (!appointment) throw notFound();
  return appointment;
}

/** The state of a resource must mirror the underlying system: a booking cancelled at the desk is cancelled here too. */
async function mirrored(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  if (attempt.state !== 'BOOKED' || attempt.practiceRef === undefined) return attempt;
  const there = await request.entry.system.readAppointment(attempt.practiceRef, callFor(request, 'search'));
  if (!there) throw notFound();
  if (there.status !== 'cancelled') return attempt;
  return cancelledByPractice(context, request, attempt);
}

async function cancelledByPractice(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  const at = context.runtime.clock.now();
  const changed = await context.ledger.change(
    attempt.id,
    attempt.version,
    {
      state: 'CANCELLED',
      evidence: 'cancelled by the practice',
      details: { ...attempt.details, cancellationReason: 'Cancelled by the practice' },
      at,
    },
    auditEvent(request, 'booking-outcome', at, { resources: [`Appointment/${attempt.id}`], state: 'CANCELLED' }),
  );
  return changed ?? (await context.ledger.readAttempt(attempt.practice, attempt.id)) ?? attempt;
}

/** Whether a slot that a booked attempt holds is in truth free again because the practice cancelled that booking. */
export async function releaseIfCancelled(context: GatewayContext, request: Request, holder: Attempt): Promise<boolean> {
  if (holder.practiceRef === undefined) return false;
  const there = await request.entry.system.readAppointment(holder.practiceRef, callFor(request, 'book'));
  if (there && there.status !== 'cancelled') return false;
  return (await cancelledByPractice(context, request, holder)).state === 'CANCELLED';
}
