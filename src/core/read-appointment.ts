/** Read an appointment by our id. The practice's own record decides whether it still stands. */
import type { Appointment } from '../domain/appointment.js';
import { GatewayError, isGatewayError } from '../domain/errors.js';
import type { AppointmentId } from '../domain/identifiers.js';
import type { Attempt, AttemptChange } from '../ports/ledger.js';
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
  const known = await context.ledger.readAttempt(request.entry.practice.odsCode, id);
  if (!known || !toAppointment(known)) throw notFound();
  refusePast(context, known);
  const attempt = await mirrored(context, request, known);
  refusePast(context, attempt);
  const appointment = toAppointment(attempt);
  if (!appointment) throw notFound();
  return appointment;
}

/** Only future appointments SHALL be readable; "future" is compared with the present instant. */
function refusePast(context: GatewayContext, { start }: Attempt): void {
  if (start > context.runtime.clock.now()) return;
  throw new GatewayError(
    'invalid-resource',
    'Appointment.start is in the past; only future appointments can be read, booked, amended or cancelled',
    { fhirPath: 'Appointment.start' },
  );
}

/**
 * The state of a resource must mirror the underlying system: a booking cancelled at the desk is cancelled here too, one
 * that was moved shows its new time.
 */
async function mirrored(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  if (attempt.state !== 'BOOKED' || attempt.practiceRef === undefined) return attempt;
  const there = await request.entry.system.readAppointment(attempt.practiceRef, callFor(request, 'search'));
  if (!there) throw notFound();
  if (there.status === 'cancelled') return cancelledByPractice(context, request, attempt);
  if (there.start === attempt.start && there.end === attempt.end) return attempt;
  const { start, end } = there;
  return change(context, request, attempt, { state: 'BOOKED', start, end, evidence: 'moved by the practice' });
}

/** As `mirrored`, for a repeat that has an answer already: what cannot be asked now stays as it was told. */
export async function mirroredIfKnown(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  try {
    return await mirrored(context, request, attempt);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return attempt;
  }
}

function cancelledByPractice(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  return change(context, request, attempt, {
    state: 'CANCELLED',
    evidence: 'cancelled by the practice',
    details: { ...attempt.details, cancellationReason: 'Cancelled by the practice' },
  });
}

async function change(
  context: GatewayContext,
  request: Request,
  attempt: Attempt,
  to: Omit<AttemptChange, 'at'>,
): Promise<Attempt> {
  const at = context.runtime.clock.now();
  const resources = [`Appointment/${attempt.id}`];
  const event = auditEvent(request, 'booking-outcome', at, { resources, state: to.state });
  const changed = await context.ledger.change(attempt.id, attempt.version, { ...to, at }, event);
  return changed ?? (await context.ledger.readAttempt(attempt.practice, attempt.id)) ?? attempt;
}

/** Whether a slot that a booked attempt holds is in truth free again because the practice cancelled that booking. */
export async function releaseIfCancelled(context: GatewayContext, request: Request, holder: Attempt): Promise<boolean> {
  if (holder.practiceRef === undefined) return false;
  const there = await request.entry.system.readAppointment(holder.practiceRef, callFor(request, 'book'));
  if (there && there.status !== 'cancelled') return false;
  return (await cancelledByPractice(context, request, holder)).state === 'CANCELLED';
}
