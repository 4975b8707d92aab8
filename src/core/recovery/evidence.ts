/** What is known of one open attempt: what each look at the practice adds, and what it all comes to. */
import { isGatewayError } from '../../domain/errors.js';
import { MINUTE, SECOND } from '../../domain/time.js';
import {
  CANCELLING_STATES,
  type Attempt,
  type AttemptChange,
  type AttemptState,
  type Ledger,
} from '../../ports/ledger.js';
import type { Call, LookUp, PracticeSystem } from '../../ports/practice-system.js';
import { withinTime, type Log, type Runtime } from '../../ports/runtime.js';
import { bookedAs, CANCELLED_BY_PRACTICE, unbroken } from '../rows/practice-bookings.js';
import { cancelBookings } from '../saga/cancel-bookings.js';
import { settleCancellation } from '../saga/settle-cancellation.js';
import { TAKE_BACK_REASON } from '../saga/take-back.js';

type Change = Omit<AttemptChange, 'at'>;

/** What one look came to. */
export interface Seen {
  /** What the attempt is to become; `undefined` while nothing is proved. */
  readonly to: Change | undefined;
  /** Whether the practice has given an answer that can be used; `undefined` where it was not asked. */
  readonly isAnswered: boolean | undefined;
}

export interface Evidence {
  /** `mayAct`: nobody else can be acting for this attempt, so that what is to be taken back may be cancelled at once. */
  look(attempt: Attempt, mayAct: boolean): Promise<Seen>;
  /** What the attempt becomes when its time is over and there was no chance to look. */
  unseen(attempt: Attempt): Change | undefined;
  /** Milliseconds until the next look; one that could bring negative proof is made as soon as it can. */
  pause(round: number): number;
  /** Milliseconds until a person is asked. */
  patience(): number;
}

export interface EvidenceInput {
  readonly ledger: Pick<Ledger, 'knownPracticeRefs'>;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly system: PracticeSystem;
  /** Aborts when the process stops. */
  readonly stopping: AbortSignal;
}

/** Waits between look-ups; the last one repeats. */
const WAITS_MS = [0, 500, 1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 15 * SECOND, 20 * SECOND];
const NEGATIVE_PROOF_APART_MS = 5 * SECOND;
export const NEEDS_HUMAN_AFTER_MS = 30 * MINUTE;
/** A practice that hangs and then answers again is to be heard within five seconds of that. */
const LOOK_UP_TIMEOUT_MS = 4 * SECOND;

/** States in which nothing that could become a booking has been sent: leaving them needs no look at the practice. */
const NOTHING_SENT: ReadonlySet<AttemptState> = new Set<AttemptState>(['RECEIVED', 'HELD']);

const answered = (to?: Change): Seen => ({ to, isAnswered: true });
const unanswered = (to?: Change): Seen => ({ to, isAnswered: false });

export function createEvidence({ ledger, runtime, log, system, stopping }: EvidenceInput): Evidence {
  const { clock, random, timers } = runtime;
  const began = clock.monotonic();
  let settledAt: number | undefined;
  /** The row's own word for `settledAt`: another send has moved it on. */
  let settleAt: number | undefined;
  let negativeSince: number | undefined;
  let isTold = false;

  /** How long from now until "nothing there" counts as proof; negative where that has been so for a while. */
  const untilSettled = ({ sentAt, settleAt: at }: Attempt): number => {
    const now = clock.now();
    // Wall time behind the moment of sending means that the clock was set back: the settle time starts over.
    if (sentAt !== undefined && now < sentAt) return system.capabilities.settleMs;
    return (at ?? 0) - now;
  };

  const settledFrom = (attempt: Attempt, now: number): number => {
    if (settledAt === undefined || settleAt !== attempt.settleAt) {
      settledAt = now + untilSettled(attempt);
      ({ settleAt } = attempt);
      negativeSince = undefined;
    }
    return settledAt;
  };

  const callOf = (attempt: Attempt, signal: AbortSignal): Call => ({
    signal,
    traceId: attempt.id,
    purpose: 'reconcile',
  });

  const lookUp = async (attempt: Attempt, signal: AbortSignal): Promise<LookUp | undefined> => {
    if (!system.lookUpBooking || !attempt.request || attempt.sentAt === undefined) return undefined;
    const known = await ledger.knownPracticeRefs(attempt.practice);
    const knownRefs = new Set([...known].filter((ref) => !attempt.practiceRefs.includes(ref)));
    try {
      return await system.lookUpBooking(
        {
          slots: attempt.slots.map((slot) => slot.id),
          patientRef: attempt.request.patientRef,
          clientReference: attempt.clientReference,
          sentAt: attempt.sentAt,
          knownRefs,
        },
        callOf(attempt, signal),
      );
    } catch (error) {
      return { found: 'no-evidence', reason: isGatewayError(error) ? error.code : 'unexpected', isUnanswered: true };
    }
  };

  const needsHuman = (attempt: Attempt): Change => {
    log.warn('attempt-needs-human', { practice: attempt.practice, attempt: attempt.id });
    return { state: 'NEEDS_HUMAN', evidence: 'no proof within half an hour' };
  };

  /** Nobody is troubled before negative proof could have come. */
  const humanAt = (): number => Math.max(began + NEEDS_HUMAN_AFTER_MS, (settledAt ?? began) + MINUTE);

  /** The appointment stays in sight as booked and is looked after; a person is asked as well. */
  const tellOnce = (attempt: Attempt): void => {
    if (isTold) return;
    isTold = true;
    log.warn('cancellation-needs-human', { practice: attempt.practice, attempt: attempt.id });
  };

  const isGone = async ({ practiceRefs }: Attempt, call: Call): Promise<boolean> => {
    const bookings = await Promise.all(practiceRefs.map((ref) => system.readAppointment(ref, call)));
    return bookings.every((booking) => booking?.status === 'cancelled');
  };

  const undo = async (attempt: Attempt, signal: AbortSignal, maySend: boolean): Promise<Seen> => {
    const call = callOf(attempt, signal);
    const gone: Change = { state: 'NOT_BOOKED', evidence: 'taken back' };
    if (!maySend) {
      try {
        return answered((await isGone(attempt, call)) ? gone : undefined);
      } catch (error) {
        if (!isGatewayError(error)) throw error;
        return unanswered();
      }
    }
    const { result } = await cancelBookings(system, attempt.practiceRefs, TAKE_BACK_REASON, call);
    if (result === 'gone') return answered(gone);
    return result === 'refused' ? answered() : unanswered();
  };

  const judge = (attempt: Attempt, seen: LookUp, lookedAt: number, settled: number): Change | undefined => {
    const period = seen.found === 'booked' ? unbroken(seen.appointments) : undefined;
    if (seen.found === 'booked' && period) return bookedAs(seen.appointments, period, 'found at the practice');
    // A cancelled booking may be another one than ours while the practice may still act on what we sent.
    if (seen.found === 'cancelled' && lookedAt >= settled) {
      const practiceRefs = seen.appointments.map(({ ref }) => ref);
      const details = { ...attempt.details, cancellationReason: CANCELLED_BY_PRACTICE };
      return { state: 'CANCELLED', practiceRefs, details, revises: true, evidence: 'cancelled at the practice' };
    }
    if (seen.found === 'no-evidence' || seen.found === 'cancelled') {
      negativeSince = undefined;
      return undefined;
    }
    if (lookedAt < settled) return undefined;
    if (negativeSince === undefined || lookedAt - negativeSince < NEGATIVE_PROOF_APART_MS) {
      negativeSince ??= lookedAt;
      return undefined;
    }
    if (seen.found === 'nothing') {
      return { state: 'NOT_BOOKED', evidence: 'nothing at the practice after the settle time' };
    }
    // Half an appointment is none: what there is of it is taken back, and never completed, even where somebody still
    // waits. What is missing is only proven missing by now, and a consumer's deadline is shorter than the settle time:
    // a booking sent now would be one for nobody. What is whole is kept, whoever has gone: that is decided above.
    const practiceRefs = seen.appointments.map(({ ref }) => ref);
    return { state: 'UNDOING', practiceRefs, evidence: 'a part only after the settle time' };
  };

  const lookWithin = async (attempt: Attempt, mayAct: boolean, signal: AbortSignal): Promise<Seen> => {
    const lookedAt = clock.monotonic();
    const settled = settledFrom(attempt, lookedAt);
    const orHuman = ({ to, isAnswered }: Seen): Seen => ({
      to: to ?? (lookedAt >= humanAt() ? needsHuman(attempt) : undefined),
      isAnswered,
    });
    // Whoever has taken the attempt over only reads until the process before it can no longer have anything under way.
    if (attempt.state === 'UNDOING') return orHuman(await undo(attempt, signal, mayAct || lookedAt >= settled));
    if (CANCELLING_STATES.has(attempt.state)) {
      const seen = await settleCancellation(system, attempt, callOf(attempt, signal), lookedAt >= settled);
      if (!seen.to && lookedAt >= settled + NEEDS_HUMAN_AFTER_MS) tellOnce(attempt);
      return seen;
    }
    const seen = await lookUp(attempt, signal);
    if (!seen) return orHuman({ to: undefined, isAnswered: undefined });
    const isUnanswered = seen.found === 'no-evidence' && seen.isUnanswered === true;
    return orHuman({ to: judge(attempt, seen, lookedAt, settled), isAnswered: !isUnanswered });
  };

  return {
    look(attempt, mayAct) {
      if (NOTHING_SENT.has(attempt.state)) {
        const to: Change = { state: 'NOT_BOOKED', evidence: 'nothing was sent' };
        return Promise.resolve({ to, isAnswered: undefined });
      }
      return withinTime(timers, LOOK_UP_TIMEOUT_MS, stopping, (signal) => lookWithin(attempt, mayAct, signal));
    },
    unseen(attempt) {
      const now = clock.monotonic();
      const settled = settledFrom(attempt, now);
      if (!CANCELLING_STATES.has(attempt.state)) return now >= humanAt() ? needsHuman(attempt) : undefined;
      if (now >= settled + NEEDS_HUMAN_AFTER_MS) tellOnce(attempt);
      return undefined;
    },
    pause(round) {
      const now = clock.monotonic();
      const wait = (WAITS_MS[Math.min(round, WAITS_MS.length - 1)] ?? 0) * (0.75 + random.fraction() / 2);
      const due = negativeSince === undefined ? settledAt : negativeSince + NEGATIVE_PROOF_APART_MS;
      return round > 0 && due !== undefined && due > now ? Math.min(wait, due - now) : wait;
    },
    patience() {
      const left = humanAt() - clock.monotonic();
      return left > 0 ? left : MINUTE;
    },
  };
}
