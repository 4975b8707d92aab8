/**
 * Amend and cancel an appointment: whoever booked it, as long as it lies in the future.
 *
 * An amendment is kept in the ledger. A cancellation is asked of the practice: its intent is durable before the call,
 * and "cancelled" is said only when the practice has proven it.
 */
import type { Appointment, AppointmentAsSent } from '../../domain/appointment.js';
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { AppointmentId } from '../../domain/identifiers.js';
import { LIVE_STATES, OPEN_STATES, type Attempt, type AttemptChange } from '../../ports/ledger.js';
import { callFor, requireEnabled, type GatewayContext, type Request } from '../context.js';
import { toAppointment } from '../rows/attempt.js';
import { refuseOtherChanges, type ChangeKind } from '../rules/allowed-changes.js';
import { cancelBookings, type Cancellation } from '../saga/cancel-bookings.js';
import { cancellationUnknown, contended } from '../saga/refusals.js';
import { finish, step } from '../saga/saga.js';
import { cancelledAs, stillBooked } from '../saga/settle-cancellation.js';
import { underPlaceLocks, withinDeadline } from './frame.js';
import { refuseSensitive } from '../patients/sensitivity.js';
import { mirrored, noAppointment, notFound } from './mirror.js';
import { refusePast } from './read-appointment.js';

export interface Changed {
  readonly appointment: Appointment;
  /** The appointment was in the state asked for already: the request repeats one that was answered before. */
  readonly replayed: boolean;
}

/** How the row stands when its place is given free for the next; nothing when another change of it came first. */
type Outcome = { readonly attempt: Attempt; readonly replayed: boolean } | undefined;
type CarryOut = (change: Change, attempt: Attempt) => Promise<Attempt | undefined>;

/** What is to be changed, and the version that the consumer has seen, if it says. */
export interface ChangeRequest {
  readonly id: AppointmentId;
  readonly sent: AppointmentAsSent;
  readonly expectedVersion: string | undefined;
}

interface Change extends ChangeRequest {
  readonly context: GatewayContext;
  readonly request: Request;
  readonly signal: AbortSignal;
  readonly kind: ChangeKind;
  /** Of a cancellation. */
  readonly reason: string | undefined;
}

export function amendAppointment(context: GatewayContext, request: Request, asked: ChangeRequest): Promise<Changed> {
  const { description, comment } = asked.sent;
  return changeAppointment(context, request, asked, 'amend', async (change, attempt) => {
    if (sameTexts(attempt.details, asked.sent)) return attempt;
    // Text that lives in the practice system could only be changed there.
    if (request.entry.system.capabilities.storesText) {
      throw new GatewayError('not-implemented', 'Appointments of this practice cannot be amended');
    }
    const details = { ...attempt.details, description, comment };
    const amended = await step(change, attempt, { state: 'BOOKED', details, revises: true, evidence: 'amended' });
    // Whatever is read of the row now may be somebody else's change of it.
    const isOurs = amended.version === attempt.version + 1 && sameTexts(amended.details, asked.sent);
    return isOurs ? amended : undefined;
  });
}

function sameTexts(
  one: Pick<AppointmentAsSent, 'description' | 'comment'>,
  other: Pick<AppointmentAsSent, 'description' | 'comment'>,
): boolean {
  return one.description === other.description && one.comment === other.comment;
}

export function cancelAppointment(
  context: GatewayContext,
  request: Request,
  asked: ChangeRequest & { readonly reason: string },
): Promise<Changed> {
  const { reason } = asked;
  return changeAppointment(
    context,
    request,
    asked,
    'cancel',
    (change, attempt) => cancelAtPractice(change, attempt, reason),
    reason,
  );
}

async function changeAppointment(
  context: GatewayContext,
  request: Request,
  asked: ChangeRequest,
  kind: ChangeKind,
  carryOut: CarryOut,
  reason?: string,
): Promise<Changed> {
  requireEnabled(request, 'appointmentManagement');
  const { entry } = request;
  const { odsCode } = entry.practice;
  return withinDeadline(context, request, async (signal) => {
    const known = await context.ledger.readAttempt(odsCode, asked.id);
    if (!known) throw notFound();
    await refuseSensitive(context, { ...request, signal }, known.details.patientId);
    if (!toAppointment(known) && !LIVE_STATES.has(known.state)) throw notFound();
    refusePast(context, known);
    const change: Change = { ...asked, context, request, signal, kind, reason };
    const slots = known.slots.map(({ id }) => id);
    for (let current = known; ;) {
      // A booking or an earlier cancellation whose outcome is open comes first. The place is not locked while it is
      // waited for: what others want there does not depend on it.
      const settled = await context.reconciler.settled(current, entry, signal);
      if (!toAppointment(settled)) throw noAppointment(settled);
      if (OPEN_STATES.has(settled.state)) throw cancellationUnknown(odsCode);
      const done = await underPlaceLocks(context, request, slots, signal, async () => ({
        outcome: await changeAlone(change, carryOut),
      }));
      if (!done) throw contended(odsCode, 'or cancellation at the same place');
      if (done.outcome) return told(change, done.outcome);
      const again = await context.ledger.readAttempt(odsCode, asked.id);
      if (!again) throw notFound();
      if (signal.aborted) throw contended(odsCode, 'or cancellation at the same place');
      current = again;
    }
  });
}

async function changeAlone(change: Change, carryOut: CarryOut): Promise<Outcome> {
  const { context, request, signal, kind, id, sent, expectedVersion } = change;
  const { entry } = request;
  const stored = await context.ledger.readAttempt(entry.practice.odsCode, id);
  if (!stored) throw notFound();
  if (OPEN_STATES.has(stored.state)) return undefined;
  const attempt = await mirrored(context, { ...request, signal }, stored);
  refusePast(context, attempt);
  const appointment = toAppointment(attempt);
  if (!appointment) throw noAppointment(attempt);

  const repeated = isRepeat(change, attempt, appointment);
  if (repeated) return { attempt, replayed: true };
  // If-Match SHALL be honoured. The specification contradicts itself about the status (Contradiction 2), and about
  // whether the header has to be there (Contradiction 3): 409 it is, and without the header the present version counts.
  if (expectedVersion !== undefined && expectedVersion !== appointment.version) {
    throw new GatewayError(
      'version-conflict',
      `If-Match does not name the current version of the appointment, which is W/"${appointment.version}". Read it again`,
      { fhirPath: 'If-Match' },
    );
  }
  if (appointment.status !== 'booked') {
    throw new GatewayError(
      'invalid-resource',
      `The appointment is ${appointment.status}; only a booked one can be ${kind === 'amend' ? 'amended' : 'cancelled'}`,
      { fhirPath: 'Appointment.status' },
    );
  }
  refuseOtherChanges(kind, sent, appointment);
  const changed = await carryOut(change, attempt);
  return changed && { attempt: changed, replayed: false };
}

/** Turns the state of the row into the consumer's answer; an open one is waited for until the deadline. */
async function told({ context, request, signal }: Change, outcome: NonNullable<Outcome>): Promise<Changed> {
  const { odsCode } = request.entry.practice;
  const { attempt, replayed } = outcome;
  const settled = await context.reconciler.settled(attempt, request.entry, signal);
  if (OPEN_STATES.has(settled.state)) throw cancellationUnknown(odsCode);
  if (OPEN_STATES.has(attempt.state) && settled.state === 'BOOKED') {
    throw new GatewayError(
      'practice-unavailable',
      'The practice system did not cancel the appointment. Nothing was changed; the request can be sent again safely',
      { practice: odsCode, retryAfterSeconds: 10 },
    );
  }
  const appointment = toAppointment(settled);
  if (!appointment) throw notFound();
  return { appointment, replayed };
}

/**
 * The answer to an earlier request may have been lost: the same change sent again, against the version before it, finds
 * itself carried out and gets the same answer.
 */
function isRepeat(change: Change, attempt: Attempt, appointment: Appointment): boolean {
  const { kind, sent, expectedVersion } = change;
  const before = String(attempt.revision - 1);
  if (kind === 'cancel') {
    if (appointment.status !== 'cancelled' || change.reason !== appointment.cancellationReason) return false;
    if (expectedVersion !== undefined && expectedVersion !== before && expectedVersion !== appointment.version)
      return false;
  } else {
    if (appointment.status !== 'booked' || expectedVersion !== before) return false;
    if (!sameTexts(sent, appointment)) return false;
  }
  try {
    refuseOtherChanges(kind, sent, appointment);
    return true;
  } catch {
    return false;
  }
}

async function cancelAtPractice(change: Change, attempt: Attempt, reason: string): Promise<Attempt | undefined> {
  const { context, request, signal } = change;
  const { practice, system } = request.entry;
  if (!system.cancel) {
    throw new GatewayError(
      'not-implemented',
      'Appointments of this practice cannot be cancelled here. Ask the practice',
    );
  }
  const sentAt = context.runtime.clock.now();
  const cancelling = await step(change, attempt, {
    state: 'CANCELLING',
    sentAt,
    settleAt: sentAt + system.capabilities.settleMs,
    details: { ...attempt.details, cancellationReason: reason },
  }).catch((error: unknown) => {
    // Whether the intent stands in the ledger is not proven: if it does, somebody looks after it.
    context.reconciler.watch(attempt, request.entry);
    throw error;
  });
  if (cancelling.state !== 'CANCELLING') return undefined;
  try {
    // Writing the intent down has taken its time: nothing is sent for a consumer that no longer waits.
    const cancellation: Cancellation = signal.aborted
      ? { result: 'not-sent' }
      : await cancelBookings(system, attempt.practiceRefs, reason, callFor(request, 'book', signal));
    const end = (to: Omit<AttemptChange, 'at'>): Promise<Attempt> => finish(change, cancelling, to);
    // Another process that has taken the row over goes on with the cancellation: then nobody is told that nothing changes.
    let standing: Attempt;
    switch (cancellation.result) {
      case 'gone':
        return await end(cancelledAs('cancelled for a consumer'));
      case 'refused':
        standing = await end(stillBooked(cancelling, `cancellation refused: ${cancellation.reason}`));
        if (standing.state !== 'BOOKED') return standing;
        throw new GatewayError(
          'invalid-resource',
          'The practice does not allow this appointment to be cancelled any more. Nothing was changed; ask the practice',
          { fhirPath: 'Appointment.status' },
        );
      case 'not-sent':
        standing = await end(stillBooked(cancelling, 'cancellation not sent'));
        if (standing.state !== 'BOOKED') return standing;
        throw new GatewayError(
          'practice-unavailable',
          'The practice system cannot be reached. Nothing was changed; the request can be sent again safely',
          { practice: practice.odsCode, retryAfterSeconds: 10 },
        );
      case 'open': {
        const open = await end({ state: 'CANCEL_OPEN', evidence: cancellation.reason });
        context.reconciler.watch(open, request.entry);
        return open;
      }
    }
  } catch (error) {
    // Whatever ended it, the row is not left open without somebody who looks after it.
    context.reconciler.watch(cancelling, request.entry);
    // The ledger could not be told what the practice has answered.
    throw isGatewayError(error) && error.code === 'outcome-unknown' ? cancellationUnknown(practice.odsCode) : error;
  }
}
