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
import { SECOND } from '../domain/time.js';
import {
  OPEN_STATES,
  type Attempt,
  type AttemptChange,
  type AttemptState,
  type AttemptSummary,
  type Ledger,
} from '../ports/ledger.js';
import { ownEvent, type AuditEvent } from '../ports/audit.js';
import type { Log, Runtime } from '../ports/runtime.js';
import { createKeyedLocks, type KeyedLocks } from './locks.js';
import type { Directory, PracticeEntry } from './directory.js';
import { createEvidence } from './recovery/evidence.js';
import { createOutlook, type Look, type Outlook } from './recovery/outlook.js';
import { INTENTS } from './saga/saga.js';

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
  /**
   * For one at a time to deal with an attempt, by a look at the practice or by a person's word. Where several processes
   * share the ledger, the locks that they share.
   */
  readonly locks?: KeyedLocks;
}

/** A process that has died keeps its attempts for the length of a lease and, at most, this. */
const TAKE_OVER_EVERY_MS = 5 * SECOND;

/** What a restart finds of an attempt that was under way. */
const AFTER_RESTART: Partial<Record<AttemptState, AttemptState>> = {
  RECEIVED: 'NOT_BOOKED',
  HELD: 'NOT_BOOKED',
  RESERVING: 'RESERVE_OPEN',
  CONFIRMING: 'CONFIRM_OPEN',
  CANCELLING: 'CANCEL_OPEN',
};

interface Manner {
  /** The attempt is this process's own: no other one can have anything under way for it. */
  readonly mayAct: boolean;
  /** Somebody waits for the outcome of what has just been sent. */
  readonly isUrgent: boolean;
}

interface Watch extends Manner {
  mayAct: boolean;
  /** `undefined` where there is no such attempt. */
  done: Promise<Attempt | undefined>;
}

const turnOf = (id: AppointmentId): string => `attempt/${id}`;

export function createReconciler({
  ledger,
  runtime,
  log,
  locks: turns = createKeyedLocks(),
}: ReconcilerInput): Reconciler {
  const watches = new Map<string, Watch>();
  /** By practice. */
  const outlooks = new Map<string, Outlook>();
  const stopping = new AbortController();
  let takingOver: Promise<void> = Promise.resolve();
  /** No other process works on this ledger. */
  const isAlone = ledger.takeOver === undefined;

  /** `isOurs`: nobody else was faster. */
  const change = async <A extends AttemptSummary>(
    attempt: A,
    to: Omit<AttemptChange, 'at'>,
    audit?: AuditEvent,
  ): Promise<{ readonly current: Attempt | A; readonly isOurs: boolean }> => {
    const at = runtime.clock.now();
    const resources = [`Appointment/${attempt.id}`];
    // What was booked of half an appointment is about to be cancelled.
    const kind = INTENTS.has(to.state) ? 'booking-intent' : 'booking-outcome';
    const event = audit ?? ownEvent({ at, kind, practice: attempt.practice, resources, state: to.state });
    const changed = await ledger.change(attempt.id, attempt.version, { ...to, at }, event);
    const current = changed ?? (await ledger.readAttempt(attempt.practice, attempt.id)) ?? attempt;
    log.info('attempt-settled', { practice: attempt.practice, attempt: attempt.id, state: current.state });
    return { current, isOurs: changed !== undefined };
  };

  const outlookOf = ({ practice }: PracticeEntry): Outlook => {
    const known = outlooks.get(practice.odsCode) ?? createOutlook(runtime);
    outlooks.set(practice.odsCode, known);
    if (stopping.signal.aborted) known.stop();
    return known;
  };

  const settle = async (first: AttemptName, entry: PracticeEntry, watch: Watch): Promise<Attempt | undefined> => {
    const { signal } = stopping;
    const evidence = createEvidence({ ledger, runtime, log, system: entry.system, stopping: signal });
    const outlook = outlookOf(entry);
    let unanswered: Look | undefined;

    for (let round = 0; ; round += 1) {
      const turn = await outlook.turn({
        inMs: evidence.pause(round),
        latestMs: evidence.patience(),
        unanswered,
        isUrgent: round === 0 && watch.isUrgent,
      });
      if (turn === 'stop') return undefined;
      let isAnswered: boolean | undefined;
      try {
        const looked = await turns.run(turnOf(first.id), signal, async () => {
          const attempt = await ledger.readAttempt(first.practice, first.id);
          if (!attempt || !OPEN_STATES.has(attempt.state)) return { end: attempt };
          let to = turn === 'late' ? evidence.unseen(attempt) : undefined;
          if (turn !== 'late') ({ to, isAnswered } = await evidence.look(attempt, watch.mayAct));
          const changed = to && (await change(attempt, to)).current;
          return changed && !OPEN_STATES.has(changed.state) ? { end: changed } : undefined;
        });
        const ended = looked?.value;
        if (ended) return ended.end;
      } catch (error) {
        // While the ledger is away nothing can be settled, and nothing seen so far is lost by looking again.
        if (!isGatewayError(error) || error.code !== 'ledger-unavailable') throw error;
        log.warn('reconciler-waits-for-ledger', { practice: first.practice, attempt: first.id });
      } finally {
        if (turn !== 'late') {
          turn.ended(isAnswered);
          unanswered = isAnswered === false ? turn : undefined;
        }
      }
    }
  };

  const watch = (attempt: AttemptName, entry: PracticeEntry, { mayAct, isUrgent }: Manner): Watch => {
    const running = watches.get(attempt.id);
    if (running) {
      running.mayAct ||= mayAct;
      return running;
    }
    const started: Watch = { mayAct, isUrgent, done: Promise.resolve(undefined) };
    started.done = settle(attempt, entry, started)
      .catch((error: unknown) => {
        // A mistake of ours: the row stays open and is taken up again by the next request for it or by a restart.
        log.error('reconciler-stopped', {
          attempt: attempt.id,
          code: isGatewayError(error) ? error.code : 'internal',
        });
        return undefined;
      })
      .finally(() => watches.delete(attempt.id));
    watches.set(attempt.id, started);
    return started;
  };

  /** Gives every attempt that a process left behind its state and its watcher. */
  const adopt = async (found: readonly AttemptSummary[], directory: Directory): Promise<void> => {
    const settleState = async (one: AttemptSummary): Promise<AttemptSummary> => {
      const state = AFTER_RESTART[one.state];
      return state ? (await change(one, { state, evidence: 'found at restart' })).current : one;
    };
    // Side by side, so that many are committed together: nobody is served until all have their watchers, and no look
    // at a practice comes in between.
    for (const attempt of await Promise.all(found.map(settleState))) {
      const entry = directory.practice(attempt.practice);
      if (!entry) {
        log.warn('attempt-without-practice', { practice: attempt.practice, attempt: attempt.id });
      } else if (OPEN_STATES.has(attempt.state)) {
        watch(attempt, entry, { mayAct: isAlone, isUrgent: false });
      }
    }
  };

  /** Taken over, and not yet looked after: the ledger may go away in between. */
  let left: readonly AttemptSummary[] = [];
  /** What an earlier process left behind; where several share the ledger, what those left behind that are gone. */
  const takeUp = async (directory: Directory): Promise<void> => {
    const found = await (ledger.takeOver?.() ?? ledger.openAttempts());
    if (ledger.takeOver && found.length > 0) log.warn('attempts-taken-over', { count: found.length });
    left = [...left, ...found];
    await adopt(left, directory);
    left = [];
  };

  const keepTakingOver = async (directory: Directory): Promise<void> => {
    for (;;) {
      await runtime.timers.sleep(TAKE_OVER_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await takeUp(directory);
      } catch (error) {
        if (!isGatewayError(error) || error.code !== 'ledger-unavailable') throw error;
        log.warn('reconciler-waits-for-ledger');
      }
    }
  };

  return {
    async start(directory) {
      await takeUp(directory);
      if (ledger.takeOver) takingOver = keepTakingOver(directory);
    },
    watch(attempt, entry) {
      watch(attempt, entry, { mayAct: true, isUrgent: true });
    },
    async settled(attempt, entry, signal) {
      if (!OPEN_STATES.has(attempt.state)) return attempt;
      const aborted = new Promise<undefined>((resolve) => {
        if (signal.aborted) resolve(undefined);
        signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      const outcome = await Promise.race([watch(attempt, entry, { mayAct: isAlone, isUrgent: true }).done, aborted]);
      if (outcome) return outcome;
      // What cannot be read is still open: a failing ledger must not make it look as if nothing was sent.
      return (await ledger.readAttempt(attempt.practice, attempt.id).catch(() => undefined)) ?? attempt;
    },
    async decide(id, judge) {
      const decided = await turns.run(turnOf(id), stopping.signal, async () => {
        const attempt = await ledger.findAttempt(id);
        if (!attempt) return undefined;
        const { change: to, audit, entry } = await judge(attempt);
        const { current, isOurs } = await change(attempt, to, audit);
        if (!isOurs) return undefined;
        if (entry && OPEN_STATES.has(current.state)) watch(current, entry, { mayAct: isAlone, isUrgent: true });
        return current;
      });
      return decided?.value;
    },
    async stop() {
      stopping.abort();
      for (const outlook of outlooks.values()) outlook.stop();
      await takingOver;
      await Promise.allSettled([...watches.values()].map(({ done }) => done));
    },
  };
}
