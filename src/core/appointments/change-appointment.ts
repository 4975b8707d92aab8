/**
 * Amend and cancel an appointment: whoever booked it, as long as it lies in the future.
 *
 * An amendment is kept in the ledger. A cancellation is asked of the practice: its intent is durable before the call,
 * and "cancelled" is said only when the practice has proven it.
 */
import type { Appointment, AppointmentAsSent } from '../../domain/appointment.js';
import { GatewayError } from '../../domain/errors.js';
import type { AppointmentId } from '../../domain/identifiers.js';
import { OPEN_STATES, type Attempt, type AttemptChange } from '../../ports/ledger.js';
import { callFor, requireEnabled, type GatewayContext, type Request } from '../context.js';
import { toAppointment } from '../rows/attempt.js';
import { refuseOtherChanges, type ChangeKind } from '../rules/allowed-changes.js';
import { cancelBookings } from '../saga/cancel-bookings.js';
import { cancellationUnknown, contended } from '../saga/refusals.js';
import { finish } from '../saga/saga.js';
import { cancelledAs, stillBooked } from '../saga/settle-cancellation.js';
import { underPlaceLocks, withinDeadline } from './frame.js';
import { mirrored, notFound } from './mirror.js';
import { refusePast } from './read-appointment.js';

export interface Changed {
  readonly appointment: Appointment;
  /** The appointment was in the state asked for already: the request repeats one that was answered before. */
  readonly replayed: boolean;
}

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
    if (attempt.details.description === description && attempt.details.comment === comment) return attempt;
    // Text that lives in the practice system could only be changed there.
    if (request.entry.system.capabilities.storesText) {
      throw new GatewayError('not-implemented', 'Appointments of this practice cannot be amended');
    }
    const details = { ...attempt.details, description, comment };
    return finish(change, attempt, { state: 'BOOKED', details, revises: true, evidence: 'amended' });
  });
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
  carryOut: (change: Change, attempt: Attempt) => Promise<Attempt>,
  reason?: string,
): Promise<Changed> {
  requireEnabled(request, 'appointmentManagement');
  const { odsCode } = request.entry.practice;
  const known = await context.ledger.readAttempt(odsCode, asked.id);
  if (!known || !toAppointment(known)) throw notFound();
  refusePast(context, known);
  return withinDeadline(context, request, async (signal) => {
    const change: Change = { ...asked, context, request, signal, kind, reason };
    const slots = known.slots.map(({ id }) => id);
    const outcome = await underPlaceLocks(context, request, slots, signal, () => changeAlone(change, carryOut));
    if (!outcome) throw contended(odsCode, 'or cancellation at the same place');
    return outcome;
  });
}

async function changeAlone(
  change: Change,
  carryOut: (change: Change, attempt: Attempt) => Promise<Attempt>,
): Promise<Changed> {
  const { context, request, signal, kind, id, sent, expectedVersion } = change;
  const { entry } = request;
  const stored = await context.ledger.readAttempt(entry.practice.odsCode, id);
  if (!stored) throw notFound();
  // An earlier cancellation whose outcome is open comes first.
  const settled = await context.reconciler.settled(stored, entry, signal);
  if (OPEN_STATES.has(settled.state)) throw cancellationUnknown(entry.practice.odsCode);
  const attempt = await mirrored(context, { ...request, signal }, settled);
  refusePast(context, attempt);
  const appointment = toAppointment(attempt);
  if (!appointment) throw notFound();

  const repeated = isRepeat(change, attempt, appointment);
  if (repeated) return { appointment, replayed: true };
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
  const changed = toAppointment(await carryOut(change, attempt));
  if (!changed) throw notFound();
  return { appointment: changed, replayed: false };
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
    if (sent.description !== appointment.description || sent.comment !== appointment.comment) return false;
  }
  try {
    refuseOtherChanges(kind, sent, appointment);
    return true;
  } catch {
    return false;
  }
}

async function cancelAtPractice(change: Change, attempt: Attempt, reason: string): Promise<Attempt> {
  const { context, request, signal } = change;
  const { practice, system } = request.entry;
  if (!system.cancel) {
    throw new GatewayError(
      'not-implemented',
      'Appointments of this practice cannot be cancelled here. Ask the practice',
    );
  }
  const sentAt = context.runtime.clock.now();
  const cancelling = await finish(change, attempt, {
    state: 'CANCELLING',
    sentAt,
    settleAt: sentAt + system.capabilities.settleMs,
    details: { ...attempt.details, cancellationReason: reason },
  });
  if (cancelling.state !== 'CANCELLING') throw contended(practice.odsCode, 'or cancellation at the same place');
  try {
    const cancellation = await cancelBookings(system, attempt.practiceRefs, reason, callFor(request, 'book', signal));
    const end = (to: Omit<AttemptChange, 'at'>): Promise<Attempt> => finish(change, cancelling, to);
    switch (cancellation.result) {
      case 'gone':
        return await end(cancelledAs('cancelled for a consumer'));
      case 'refused':
        await end(stillBooked(cancelling, `cancellation refused: ${cancellation.reason}`));
        throw new GatewayError(
          'invalid-resource',
          'The practice does not allow this appointment to be cancelled any more. Nothing was changed; ask the practice',
          { fhirPath: 'Appointment.status' },
        );
      case 'not-sent':
        await end(stillBooked(cancelling, 'cancellation not sent'));
        throw new GatewayError(
          'practice-unavailable',
          'The practice system cannot be reached. Nothing was changed; the request can be sent again safely',
          { practice: practice.odsCode, retryAfterSeconds: 10 },
        );
      case 'open': {
        const open = await end({ state: 'CANCEL_OPEN', evidence: cancellation.reason });
        const settled = await context.reconciler.settled(open, request.entry, signal);
        if (settled.state === 'CANCELLED') return settled;
        if (settled.state === 'BOOKED') {
          throw new GatewayError(
            'practice-unavailable',
            'The practice system did not cancel the appointment. Nothing was changed; the request can be sent again safely',
            { practice: practice.odsCode, retryAfterSeconds: 10 },
          );
        }
        throw cancellationUnknown(practice.odsCode);
      }
    }
  } catch (error) {
    // Whatever ended it, the row is not left open without somebody who looks after it.
    context.reconciler.watch(cancelling, request.entry);
    throw error;
  }
}
