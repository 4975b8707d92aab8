/**
 * Settles what was left open: by looking. The one thing it sends is the cancellation of a booking that is the attempt's
 * own and that nobody wants: one half of a booking whose other half failed, or one that a consumer has asked to cancel.
 * Its own are those that the practice has answered with, and those that only a look-up found. Where the practice keeps no
 * reference of ours, the latter are taken to be ours by patient, session and time: what the desk has booked for the same
 * patient at the same place meanwhile looks the same.
 *
 * Positive proof counts at once. Negative proof counts only from a look-up that started at or after the settle time,
 * twice and some seconds apart, because until then the practice may still act on what we sent. What cannot be proved
 * within half an hour goes to a person.
 */
import { isGatewayError } from '../domain/errors.js';
import type { AppointmentId } from '../domain/identifiers.js';
import { MINUTE, SECOND } from '../domain/time.js';
import { OPEN_STATES, type Attempt, type AttemptChange, type AttemptState, type Ledger } from '../ports/ledger.js';
import type { AuditEvent } from '../ports/audit.js';
import type { Call, LookUp } from '../ports/practice-system.js';
import type { Log, Runtime } from '../ports/runtime.js';
import { ownAuditEvent } from './context.js';
import { createKeyedLocks } from './locks.js';
import type { Directory, PracticeEntry } from './directory.js';
import { bookedAs, CANCELLED_BY_PRACTICE, unbroken } from './rows/practice-bookings.js';
import { cancelBookings } from './saga/cancel-bookings.js';
import { settleCancellation } from './saga/settle-cancellation.js';
import { TAKE_BACK_REASON } from './saga/take-back.js';

export interface Reconciler {
  /** Takes over what an earlier process left behind. Resolves when every open row has its state and its watcher. */
  start(directory: Directory): Promise<void>;
  /** Keeps looking until the attempt is settled, however it stands in the ledger by now, if it stands there at all. */
  watch(attempt: AttemptName, entry: PracticeEntry): void;
  /** Answers the attempt as soon as it is no longer open, or as it stands when `signal` aborts. */
  settled(attempt: Attempt, entry: PracticeEntry, signal: AbortSignal): Promise<Attempt>;
  /**
   * Lets a person say what the practice could not: `judge` is asked about the attempt as it stands, while nothing is
   * looked up or sent for it, and what it answers becomes the attempt's state. Throws what `judge` throws;
   * `undefined` when there is no such attempt, when somebody else was faster, or while stopping.
   */
  decide(id: AppointmentId, judge: (attempt: Attempt) => Promise<Decision>): Promise<Attempt | undefined>;
  stop(): Promise<void>;
}

export type AttemptName = Pick<Attempt, 'practice' | 'id'>;

export interface Decision {
  readonly change: Omit<AttemptChange, 'at'>;
  readonly audit: AuditEvent;
  /** Who goes on looking, where the decision leaves the attempt open. */
  readonly entry: PracticeEntry | undefined;
}

export interface ReconcilerInput {
  readonly ledger: Ledger;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** Waits between look-ups; the last one repeats. */
const WAITS_MS = [0, 500, 1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 15 * SECOND, 20 * SECOND];
const NEGATIVE_PROOF_APART_MS = 5 * SECOND;
export const NEEDS_HUMAN_AFTER_MS = 30 * MINUTE;
/** A process that has died keeps its attempts for the length of a lease and, at most, this. */
const TAKE_OVER_EVERY_MS = 5 * SECOND;
const LOOK_UP_TIMEOUT_MS = 5 * SECOND;

/** What a restart finds of an attempt that was under way. */
const AFTER_RESTART: Partial<Record<AttemptState, AttemptState>> = {
  RECEIVED: 'NOT_BOOKED',
  HELD: 'NOT_BOOKED',
  RESERVING: 'RESERVE_OPEN',
  CONFIRMING: 'CONFIRM_OPEN',
  CANCELLING: 'CANCEL_OPEN',
};

/** States in which nothing that could become a booking has been sent: leaving them needs no look at the practice. */
const NOTHING_SENT: ReadonlySet<AttemptState> = new Set<AttemptState>(['RECEIVED', 'HELD']);

interface Watch {
  /** `undefined` where there is no such attempt. */
  done: Promise<Attempt | undefined>;
}

export function createReconciler({ ledger, runtime, log }: ReconcilerInput): Reconciler {
  const watches = new Map<string, Watch>();
  const stopping = new AbortController();
  let takingOver: Promise<void> = Promise.resolve();
  /** One at a time for each attempt: a look at the practice, or a person's word. */
  const turns = createKeyedLocks();

  const change = async (attempt: Attempt, to: Omit<AttemptChange, 'at'>, audit?: AuditEvent): Promise<Attempt> => {
    const at = runtime.clock.now();
    const resources = [`Appointment/${attempt.id}`];
    const event = audit ?? ownAuditEvent('booking-outcome', at, attempt.practice, resources, to.state);
    const changed = await ledger.change(attempt.id, attempt.version, { ...to, at }, event);
    const current = changed ?? (await ledger.readAttempt(attempt.practice, attempt.id)) ?? attempt;
    log.info('attempt-settled', { practice: attempt.practice, attempt: attempt.id, state: current.state });
    return current;
  };

  const callOf = (attempt: Attempt): Call => ({
    signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(LOOK_UP_TIMEOUT_MS)]),
    traceId: attempt.id,
    purpose: 'reconcile',
  });

  const lookUp = async (attempt: Attempt, entry: PracticeEntry): Promise<LookUp> => {
    if (!entry.system.lookUpBooking || !attempt.request || attempt.sentAt === undefined) {
      return { found: 'no-evidence', reason: 'the practice system cannot be asked' };
    }
    const known = await ledger.knownPracticeRefs(attempt.practice);
    const knownRefs = new Set([...known].filter((ref) => !attempt.practiceRefs.includes(ref)));
    try {
      return await entry.system.lookUpBooking(
        {
          slots: attempt.slots.map((slot) => slot.id),
          patientRef: attempt.request.patientRef,
          clientReference: attempt.clientReference,
          sentAt: attempt.sentAt,
          knownRefs,
        },
        callOf(attempt),
      );
    } catch (error) {
      return { found: 'no-evidence', reason: isGatewayError(error) ? error.code : 'unexpected' };
    }
  };

  /** How long from now until "nothing there" counts as proof. */
  const untilSettled = ({ sentAt, settleAt }: Attempt, entry: PracticeEntry): number => {
    const now = runtime.clock.now();
    // Wall time behind the moment of sending means that the clock was set back: the settle time starts over.
    if (sentAt !== undefined && now < sentAt) return entry.system.capabilities.settleMs;
    return Math.max(0, (settleAt ?? 0) - now);
  };

  const settle = async (first: AttemptName, entry: PracticeEntry): Promise<Attempt | undefined> => {
    const began = runtime.clock.monotonic();
    let settledAt: number | undefined;
    let negativeSince: number | undefined;
    let isTold = false;

    /** One look: what the attempt is to become, or `undefined` while nothing is proved. */
    const verdict = async (attempt: Attempt, lookedAt: number): Promise<Omit<AttemptChange, 'at'> | undefined> => {
      if (NOTHING_SENT.has(attempt.state)) return { state: 'NOT_BOOKED', evidence: 'nothing was sent' };
      settledAt ??= lookedAt + untilSettled(attempt, entry);
      if (attempt.state === 'UNDOING') return (await undo(attempt, entry)) ?? needsHuman(attempt, lookedAt, settledAt);
      if (attempt.state === 'CANCELLING' || attempt.state === 'CANCEL_OPEN') {
        const to = await settleCancellation(entry.system, attempt, callOf(attempt), lookedAt >= settledAt);
        // The appointment stays in sight as booked and is looked after; a person is asked as well.
        if (!to && !isTold && lookedAt >= settledAt + NEEDS_HUMAN_AFTER_MS) {
          isTold = true;
          log.warn('cancellation-needs-human', { practice: attempt.practice, attempt: attempt.id });
        }
        return to;
      }
      const seen = await lookUp(attempt, entry);
      const period = seen.found === 'booked' ? unbroken(seen.appointments) : undefined;
      if (seen.found === 'booked' && period) return bookedAs(seen.appointments, period, 'found at the practice');
      // A cancelled booking may be another one than ours while the practice may still act on what we sent.
      if (seen.found === 'cancelled' && lookedAt >= settledAt) {
        const practiceRefs = seen.appointments.map(({ ref }) => ref);
        const details = { ...attempt.details, cancellationReason: CANCELLED_BY_PRACTICE };
        return { state: 'CANCELLED', practiceRefs, details, revises: true, evidence: 'cancelled at the practice' };
      }
      if (seen.found === 'no-evidence' || seen.found === 'cancelled') negativeSince = undefined;
      else if (lookedAt >= settledAt) {
        if (negativeSince !== undefined && lookedAt - negativeSince >= NEGATIVE_PROOF_APART_MS) {
          if (seen.found === 'nothing') {
            return { state: 'NOT_BOOKED', evidence: 'nothing at the practice after the settle time' };
          }
          // Half an appointment is none: what there is of it is taken back.
          const practiceRefs = seen.appointments.map(({ ref }) => ref);
          return { state: 'UNDOING', practiceRefs, evidence: 'a part only after the settle time' };
        }
        negativeSince ??= lookedAt;
      }
      return needsHuman(attempt, lookedAt, settledAt);
    };

    const needsHuman = (attempt: Attempt, lookedAt: number, after: number): Omit<AttemptChange, 'at'> | undefined => {
      // Nobody is troubled before negative proof could have come.
      if (lookedAt < Math.max(began + NEEDS_HUMAN_AFTER_MS, after + MINUTE)) return undefined;
      log.warn('attempt-needs-human', { practice: attempt.practice, attempt: attempt.id });
      return { state: 'NEEDS_HUMAN', evidence: 'no proof within half an hour' };
    };

    const undo = async (
      attempt: Attempt,
      { system }: PracticeEntry,
    ): Promise<Omit<AttemptChange, 'at'> | undefined> => {
      const { result } = await cancelBookings(system, attempt.practiceRefs, TAKE_BACK_REASON, callOf(attempt));
      return result === 'gone' ? { state: 'NOT_BOOKED', evidence: 'taken back' } : undefined;
    };

    /** A look that could bring negative proof is made as soon as it can. */
    const pause = (round: number): number => {
      const now = runtime.clock.monotonic();
      const wait = (WAITS_MS[Math.min(round + 1, WAITS_MS.length - 1)] ?? 0) * (0.75 + runtime.random.fraction() / 2);
      const due = negativeSince === undefined ? settledAt : negativeSince + NEGATIVE_PROOF_APART_MS;
      return due !== undefined && due > now ? Math.min(wait, due - now) : wait;
    };

    /** What the attempt has become, once it is settled. */
    const look = async (): Promise<{ readonly end: Attempt | undefined } | undefined> => {
      const attempt = await ledger.readAttempt(first.practice, first.id);
      if (!attempt || !OPEN_STATES.has(attempt.state)) return { end: attempt };
      const to = await verdict(attempt, runtime.clock.monotonic());
      const changed = to && (await change(attempt, to));
      return changed && !OPEN_STATES.has(changed.state) ? { end: changed } : undefined;
    };

    for (let round = 0; !stopping.signal.aborted; round += 1) {
      try {
        const ended = (await turns.run(first.id, stopping.signal, look))?.value;
        if (ended) return ended.end;
      } catch (error) {
        // While the ledger is away nothing can be settled, and nothing seen so far is lost by looking again.
        if (!isGatewayError(error) || error.code !== 'ledger-unavailable') throw error;
        log.warn('reconciler-waits-for-ledger', { practice: first.practice, attempt: first.id });
      }
      await runtime.timers.sleep(pause(round), stopping.signal);
    }
    return undefined;
  };

  const watch = (attempt: AttemptName, entry: PracticeEntry): Watch => {
    const running = watches.get(attempt.id);
    if (running) return running;
    const started: Watch = {
      done: settle(attempt, entry)
        .catch((error: unknown) => {
          // A mistake of ours: the row stays open and is taken up again by the next request for it or by a restart.
          log.error('reconciler-stopped', {
            attempt: attempt.id,
            code: isGatewayError(error) ? error.code : 'internal',
          });
          return undefined;
        })
        .finally(() => watches.delete(attempt.id)),
    };
    watches.set(attempt.id, started);
    return started;
  };

  /** Gives every attempt that a process left behind its state and its watcher. */
  const adopt = async (left: readonly Attempt[], directory: Directory): Promise<void> => {
    for (const found of left) {
      const state = AFTER_RESTART[found.state];
      const attempt = state ? await change(found, { state, evidence: 'found at restart' }) : found;
      const entry = directory.practice(attempt.practice);
      if (!entry) {
        log.warn('attempt-without-practice', { practice: attempt.practice, attempt: attempt.id });
      } else if (OPEN_STATES.has(attempt.state)) {
        watch(attempt, entry);
      }
    }
  };

  const keepTakingOver = async (directory: Directory): Promise<void> => {
    // Taken over, and not yet looked after.
    let left: readonly Attempt[] = [];
    for (;;) {
      await runtime.timers.sleep(TAKE_OVER_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        const found = (await ledger.takeOver?.()) ?? [];
        if (found.length > 0) log.warn('attempts-taken-over', { count: found.length });
        left = [...left, ...found];
        await adopt(left, directory);
        left = [];
      } catch (error) {
        if (!isGatewayError(error) || error.code !== 'ledger-unavailable') throw error;
        log.warn('reconciler-waits-for-ledger');
      }
    }
  };

  return {
    async start(directory) {
      // Where several processes share the ledger, only what those left behind that are gone, now and from now on.
      await adopt((await ledger.takeOver?.()) ?? (await ledger.openAttempts()), directory);
      if (ledger.takeOver) takingOver = keepTakingOver(directory);
    },
    watch(attempt, entry) {
      watch(attempt, entry);
    },
    async settled(attempt, entry, signal) {
      if (!OPEN_STATES.has(attempt.state)) return attempt;
      const aborted = new Promise<undefined>((resolve) => {
        if (signal.aborted) resolve(undefined);
        signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      const outcome = await Promise.race([watch(attempt, entry).done, aborted]);
      if (outcome) return outcome;
      // What cannot be read is still open: a failing ledger must not make it look as if nothing was sent.
      return (await ledger.readAttempt(attempt.practice, attempt.id).catch(() => undefined)) ?? attempt;
    },
    async decide(id, judge) {
      const decided = await turns.run(id, stopping.signal, async () => {
        const attempt = await ledger.findAttempt(id);
        if (!attempt) return undefined;
        const { change: to, audit, entry } = await judge(attempt);
        const now = await change(attempt, to, audit);
        if (now.version !== attempt.version + 1 || now.state !== to.state) return undefined;
        if (entry && OPEN_STATES.has(now.state)) watch(now, entry);
        return now;
      });
      return decided?.value;
    },
    async stop() {
      stopping.abort();
      await takingOver;
      await Promise.allSettled([...watches.values()].map(({ done }) => done));
    },
  };
}
