/**
 * An operator's answer, applied as if the practice system had given it: the same changes of state, under the same lock
 * as the reconciler's looks. What the practice system itself can still say is asked first, and nobody overrules it.
 */
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { AppointmentId, PracticeAppointmentRef } from '../../domain/identifiers.js';
import { HOUR, SECOND } from '../../domain/time.js';
import { ownEvent, type AuditEvent } from '../../ports/audit.js';
import type { Attempt, AttemptChange } from '../../ports/ledger.js';
import type { Call, PracticeAppointment, PracticeSystem } from '../../ports/practice-system.js';
import { withinTime } from '../../ports/runtime.js';
import type { GatewayContext } from '../context.js';
import type { Directory, PracticeEntry } from '../directory.js';
import { bookedAs, unbroken } from '../rows/practice-bookings.js';
import { cancelledAs, stillBooked } from '../saga/settle-cancellation.js';
import { checkReason } from './reason.js';
import { ANSWERS, type AnswerKind } from './answers.js';
import { questionOf } from './tasks.js';

export interface OperatorAnswer {
  readonly kind: AnswerKind;
  /** The practice's own references of the booking or bookings; for `booked` only. */
  readonly references: readonly PracticeAppointmentRef[];
  /** Who says so, as the operator port knows them. */
  readonly by: string;
  readonly reason: string;
  /** Believe it although the practice system cannot be asked at the moment; what it does say still counts. */
  readonly isUnchecked: boolean;
}

type Change = Omit<AttemptChange, 'at'>;

const CHECK_TIMEOUT_MS = 5 * SECOND;
/** A booking as far as that from the time asked for is another one, or a slip of the pen. */
const FURTHEST_MS = 12 * HOUR;

/**
 * Answers the attempt as it stands afterwards. Throws `record-not-found`; `version-conflict` when the attempt does not
 * wait for this answer, or the practice system says otherwise; `practice-unavailable` when it cannot be asked;
 * `invalid-parameter` for an answer that lacks something.
 */
export async function resolveAttempt(
  context: GatewayContext,
  directory: Directory,
  id: AppointmentId,
  answer: OperatorAnswer,
): Promise<Attempt> {
  checkReason(answer.reason);
  if ((answer.kind === 'booked') !== answer.references.length > 0) {
    throw new GatewayError(
      'invalid-parameter',
      "`booked` needs the practice system's own reference of each booking, and no other answer takes one",
    );
  }
  if (answer.kind === 'told') return told(context, directory, id, answer);
  const decided = await context.reconciler.decide(id, async (attempt) => {
    const entry = directory.practice(attempt.practice);
    refuseUnasked(context, attempt, answer, entry !== undefined);
    const change = await judged(context, attempt, answer, entry);
    return { change, audit: auditOf(context, attempt, answer, change.state), entry };
  });
  if (decided) return decided;
  if (!(await context.ledger.findAttempt(id))) throw notFound();
  throw new GatewayError('version-conflict', 'The attempt has changed meanwhile: look at it again before you answer');
}

function notFound(): GatewayError {
  return new GatewayError('record-not-found', 'There is no attempt with this id: take it from the list');
}

function refuseUnasked(context: GatewayContext, attempt: Attempt, { kind }: OperatorAnswer, isServed: boolean): void {
  const question = questionOf(attempt, context.runtime.clock.now(), isServed);
  const allowed: readonly string[] = question ? ANSWERS[question] : [];
  if (allowed.includes(kind)) return;
  const takes = allowed.length === 0 ? 'It takes no answer' : `It takes one of: ${allowed.join(', ')}`;
  throw new GatewayError(
    'version-conflict',
    `The attempt is ${attempt.state} and does not wait for the answer ${kind}. ${takes}`,
  );
}

function judged(
  context: GatewayContext,
  attempt: Attempt,
  answer: OperatorAnswer,
  entry: PracticeEntry | undefined,
): Promise<Change> {
  const evidence = `${answer.kind}, as ${answer.by} has found${answer.isUnchecked ? ', unchecked' : ''}`;
  switch (answer.kind) {
    case 'booked':
      return asBooked(context, attempt, answer, entry, evidence);
    case 'not-booked':
      return asNotBooked(context, attempt, answer, entry, evidence);
    case 'cancelled':
    case 'still-booked':
      return asCancelled(context, attempt, answer, entry, evidence);
    default:
      if (!entry) throw unasked('The practice is not in the practices file: put it back');
      return Promise.resolve({ state: 'CONFIRM_OPEN', evidence: `${answer.by} has it looked for again` });
  }
}

async function asBooked(
  { ledger, runtime }: GatewayContext,
  attempt: Attempt,
  answer: OperatorAnswer,
  entry: PracticeEntry | undefined,
  evidence: string,
): Promise<Change> {
  const references = [...new Set(answer.references)];
  const left = attempt.practiceRefs.filter((ref) => !references.includes(ref));
  if (left.length > 0) {
    throw contradicted(`The attempt owns ${left.join(', ')} already: name every booking of the appointment`);
  }
  const isSplit = entry?.system.capabilities.multiSlot === 'booking-per-slot';
  const expected = isSplit ? attempt.slots.length : 1;
  if (entry && references.length !== expected) {
    throw new GatewayError(
      'invalid-parameter',
      `The appointment is ${expected} ${expected === 1 ? 'booking' : 'bookings'} of the practice: name ${expected === 1 ? 'its reference' : 'each of them'}`,
    );
  }
  for (const [ref, owner] of await ledger.ownersOf(attempt.practice, references)) {
    if (owner.id !== attempt.id) throw contradicted(`Booking ${ref} belongs to the attempt ${owner.id}`);
  }
  const found = await checked(runtime, answer, entry, attempt, (system, call) => readAll(system, references, call));
  if (!found) return { state: 'BOOKED', practiceRefs: references, evidence };
  const bookings = references.map((ref, index) => {
    const booking = found[index];
    if (!booking) throw contradicted(`The practice system knows no booking ${ref}`);
    if (booking.status === 'cancelled') throw contradicted(`Booking ${ref} is cancelled at the practice`);
    if (attempt.request && booking.patientRef !== attempt.request.patientRef) {
      throw contradicted(`Booking ${ref} is another patient's`);
    }
    if (Math.abs(booking.start - attempt.start) > FURTHEST_MS) {
      throw contradicted(`Booking ${ref} is on another day than the appointment that was asked for`);
    }
    return booking;
  });
  const period = unbroken(bookings);
  if (!period) throw contradicted('These bookings do not follow one another');
  return bookedAs(bookings, period, evidence);
}

async function asNotBooked(
  { ledger, runtime }: GatewayContext,
  attempt: Attempt,
  answer: OperatorAnswer,
  entry: PracticeEntry | undefined,
  evidence: string,
): Promise<Change> {
  const own = await checked(runtime, answer, entry, attempt, (system, call) =>
    readAll(system, attempt.practiceRefs, call),
  );
  refuseStanding(own ?? []);
  const { request, sentAt } = attempt;
  // Where nothing can be looked up, a person is the only one who knows.
  if (entry?.system.lookUpBooking && request && sentAt !== undefined) {
    const known = await ledger.knownPracticeRefs(attempt.practice);
    const trace = {
      slots: attempt.slots.map((slot) => slot.id),
      patientRef: request.patientRef,
      clientReference: attempt.clientReference,
      sentAt,
      knownRefs: new Set([...known].filter((ref) => !attempt.practiceRefs.includes(ref))),
    };
    const seen = await checked(runtime, answer, entry, attempt, async (system, call) => {
      const found = await system.lookUpBooking?.(trace, call);
      if (found?.found === 'no-evidence') throw unasked('The practice system gives no evidence at the moment');
      return found;
    });
    if (seen?.found === 'booked' || seen?.found === 'part') refuseStanding(seen.appointments);
  }
  return { state: 'NOT_BOOKED', evidence };
}

async function asCancelled(
  { runtime }: GatewayContext,
  attempt: Attempt,
  answer: OperatorAnswer,
  entry: PracticeEntry | undefined,
  evidence: string,
): Promise<Change> {
  const found = await checked(runtime, answer, entry, attempt, (system, call) =>
    readAll(system, attempt.practiceRefs, call),
  );
  if (answer.kind === 'cancelled') {
    refuseStanding(found ?? []);
    return cancelledAs(evidence);
  }
  const gone = attempt.practiceRefs.filter((_, index) => {
    const booking = found?.[index];
    return found !== undefined && (booking === undefined || booking.status === 'cancelled');
  });
  if (gone.length > 0) throw contradicted(`${gone.join(', ')} no longer stands at the practice`);
  return stillBooked(attempt, evidence);
}

/** `undefined` when the practice system could not be asked, and the operator is to be believed all the same. */
async function checked<T>(
  { timers }: GatewayContext['runtime'],
  { isUnchecked }: OperatorAnswer,
  entry: PracticeEntry | undefined,
  attempt: Attempt,
  ask: (system: PracticeSystem, call: Call) => Promise<T>,
): Promise<T | undefined> {
  try {
    if (!entry) throw unasked('The practice is not in the practices file');
    const { system } = entry;
    return await withinTime(timers, CHECK_TIMEOUT_MS, undefined, (signal) =>
      ask(system, { signal, traceId: attempt.id, purpose: 'reconcile' }),
    );
  } catch (error) {
    if (!isGatewayError(error) || !error.code.startsWith('practice-')) throw error;
    if (isUnchecked) return undefined;
    throw unasked('The practice system cannot be asked at the moment');
  }
}

function readAll(
  system: PracticeSystem,
  refs: readonly PracticeAppointmentRef[],
  call: Call,
): Promise<readonly (PracticeAppointment | undefined)[]> {
  return Promise.all(refs.map((ref) => system.readAppointment(ref, call)));
}

function refuseStanding(bookings: readonly (PracticeAppointment | undefined)[]): void {
  const standing = bookings.filter((booking) => booking !== undefined && booking.status !== 'cancelled');
  if (standing.length === 0) return;
  const refs = standing.map((booking) => booking?.ref).join(', ');
  throw contradicted(`${refs} stands at the practice: cancel it there first, or answer that it is booked`);
}

function contradicted(message: string): GatewayError {
  return new GatewayError('version-conflict', message);
}

function unasked(what: string): GatewayError {
  return new GatewayError('practice-unavailable', `${what}; or look there yourself and answer unchecked`);
}

/** Nothing changes but that somebody has been told. */
async function told(
  context: GatewayContext,
  directory: Directory,
  id: AppointmentId,
  answer: OperatorAnswer,
): Promise<Attempt> {
  const attempt = await context.ledger.findAttempt(id);
  if (!attempt) throw notFound();
  refuseUnasked(context, attempt, answer, directory.practice(attempt.practice) !== undefined);
  context.audit.record(auditOf(context, attempt, answer, attempt.state));
  await context.audit.flush();
  await context.ledger.markReplied(id, context.runtime.clock.now());
  return (await context.ledger.findAttempt(id)) ?? attempt;
}

function auditOf(context: GatewayContext, attempt: Attempt, answer: OperatorAnswer, state: string): AuditEvent {
  const at = context.runtime.clock.now();
  const resources = [`Appointment/${attempt.id}`];
  return {
    ...ownEvent({ at, kind: 'attempt-resolved', practice: attempt.practice, resources, state }),
    code: answer.kind,
    userName: answer.by,
    reason: answer.reason,
  };
}
