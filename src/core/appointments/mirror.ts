/**
 * The state of a resource must mirror the underlying system, with what it is associated with: a booking cancelled at
 * the desk is cancelled here too, one that was moved shows its new time, and one whose clinician was replaced names the
 * new one.
 */
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { SlotId } from '../../domain/identifiers.js';
import type { Practice } from '../../domain/practice.js';
import { SECOND } from '../../domain/time.js';
import {
  LIVE_STATES,
  type Attempt,
  type AppointmentDetails,
  type AttemptChange,
  type AttemptSlot,
} from '../../ports/ledger.js';
import type { Call, PracticeAppointment } from '../../ports/practice-system.js';
import { auditEvent, callFor, type GatewayContext, type Request } from '../context.js';
import { roleIn } from '../rows/attempt.js';
import { CANCELLED_BY_PRACTICE } from '../rows/practice-bookings.js';
import { outcomeUnknown } from '../saga/refusals.js';

export function notFound(): GatewayError {
  return new GatewayError('record-not-found', 'No appointment with this id at this practice');
}

/** Of a booking that may still stand nobody is told that it does not: a consumer that hears "no such" books another. */
export function noAppointment(attempt: Attempt | undefined): GatewayError {
  return attempt && LIVE_STATES.has(attempt.state) ? outcomeUnknown(attempt.practice, attempt) : notFound();
}

/** What a practice has booked need not be on its lists yet; it may be for so long after the ledger has learnt of it. */
const SHOWN_AFTER_MS = 30 * SECOND;

/** Whether the practice shows fewer bookings than the attempt has, and those it lacks may be there all the same. */
export function mayBeThere(
  { runtime }: GatewayContext,
  { updatedAt, practiceRefs }: Attempt,
  shown: readonly PracticeAppointment[],
): boolean {
  // Either way: a clock that was put back must not make it last.
  return shown.length < practiceRefs.length && Math.abs(runtime.clock.now() - updatedAt) < SHOWN_AFTER_MS;
}

/** Throws `record-not-found` when the practice has no such booking any more. */
export async function mirrored(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  if (attempt.state !== 'BOOKED' || attempt.practiceRefs.length === 0) return attempt;
  const [bookings, link] = await Promise.all([
    readBookings(request, attempt, 'search'),
    context.ledger.readPatientLink(attempt.practice, attempt.details.patientId),
  ]);
  if (mayBeThere(context, attempt, bookings)) return attempt;
  // A booking that the desk has given to another patient is no longer this one's to be read, amended or cancelled.
  const own = bookings.filter(({ patientRef }) => patientRef === link?.practiceRef);
  return mirroredFrom(context, request, attempt, own);
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

/** As `mirrored`, when the practice's bookings of this attempt have been read already. */
export async function mirroredFrom(
  context: GatewayContext,
  request: Request,
  attempt: Attempt,
  bookings: readonly PracticeAppointment[],
): Promise<Attempt> {
  if (attempt.state !== 'BOOKED') return attempt;
  if (bookings.length === 0) throw notFound();
  const live = bookings.filter(({ status }) => status !== 'cancelled');
  if (live.length === 0) return cancelledByPractice(context, request, attempt);
  const start = Math.min(...live.map((booking) => booking.start));
  const end = Math.max(...live.map((booking) => booking.end));
  const details = detailsFrom(attempt, live, request.entry.practice);
  if (start === attempt.start && end === attempt.end && details === attempt.details) return attempt;
  // Where only a clinician was replaced the slots stay: those of a queue need not be the places it gave.
  const slots = start === attempt.start && end === attempt.end ? undefined : slotsOf(live);
  return change(context, request, attempt, {
    state: 'BOOKED',
    start,
    end,
    ...(slots && { slots }),
    details,
    revises: true,
    evidence: 'changed by the practice',
  });
}

/** The places that are left of it, or that it was moved to; `undefined` when the practice can no longer tell. */
function slotsOf(live: readonly PracticeAppointment[]): readonly AttemptSlot[] | undefined {
  const slots: AttemptSlot[] = [];
  for (const { start, end, place } of [...live].sort((a, b) => a.start - b.start)) {
    if (!place) return undefined;
    slots.push(...place.slots.map((id) => ({ id, start, end })));
  }
  return slots;
}

/** What the practice says of the appointment beside its time; the same object when nothing has changed. */
function detailsFrom(
  { details }: Attempt,
  live: readonly PracticeAppointment[],
  practice: Practice,
): AppointmentDetails {
  const statuses = new Set(live.map(({ status }) => status));
  const [only] = statuses;
  const attendance = statuses.size === 1 && (only === 'fulfilled' || only === 'noshow') ? only : undefined;
  const place = live[0]?.place;
  const now: Partial<AppointmentDetails> = {
    attendance,
    ...(place && {
      locationId: place.schedule.locationId,
      practitionerId: place.schedule.practitionerId,
      role: roleIn(practice, place.schedule),
      scheduleType: place.schedule.type,
    }),
  };
  const same = Object.entries(now).every(
    ([name, value]) => JSON.stringify(details[name as keyof AppointmentDetails]) === JSON.stringify(value),
  );
  return same ? details : { ...details, ...now };
}

async function readBookings(
  request: Request,
  attempt: Attempt,
  purpose: Call['purpose'],
): Promise<readonly PracticeAppointment[]> {
  const call = callFor(request, purpose);
  const read = attempt.practiceRefs.map((ref) => request.entry.system.readAppointment(ref, call));
  return (await Promise.all(read)).filter((booking) => booking !== undefined);
}

function cancelledByPractice(context: GatewayContext, request: Request, attempt: Attempt): Promise<Attempt> {
  return change(context, request, attempt, {
    state: 'CANCELLED',
    evidence: 'cancelled by the practice',
    revises: true,
    details: { ...attempt.details, cancellationReason: CANCELLED_BY_PRACTICE },
  });
}

/** What was found stands in the ledger before anybody is told; where somebody else was faster, theirs is the truth. */
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

/**
 * Whether slots that a booked attempt holds are in truth free again, because the practice has cancelled that booking, a
 * part of it, or moved it.
 */
export async function hasLeft(
  context: GatewayContext,
  request: Request,
  holder: Attempt,
  slots: readonly SlotId[],
): Promise<boolean> {
  if (holder.practiceRefs.length === 0) return false;
  const bookings = await readBookings(request, holder, 'book');
  if (mayBeThere(context, holder, bookings)) return false;
  const now =
    bookings.length === 0
      ? await cancelledByPractice(context, request, holder)
      : await mirroredFrom(context, request, holder, bookings);
  return !LIVE_STATES.has(now.state) || !now.slots.some(({ id }) => slots.includes(id));
}
