/**
 * What stands before every call to one practice system: room for so many calls at a time, and a breaker, for reads and
 * for writes apart. A refusal comes before a byte is sent, so a refused write is proven not to have happened.
 *
 * Reconciliation has room that nobody else takes, and is let through an open breaker within that room: what is open has
 * to be settled as soon as the system answers, and its look-ups are few.
 */
import type { DirectionCondition } from '../../../ports/practice-condition.js';
import { withinTime, type Log, type Runtime } from '../../../ports/runtime.js';
import { BREAKER_RULES, createBreaker, type Breaker, type BreakerRules } from './breaker.js';
import { createGate, type Entered, type Gate } from './gate.js';

export interface GuardLimits {
  /** Reads at a time, those kept for reconciliation included. */
  readonly reads: number;
  readonly readsKept: number;
  readonly readsWaiting: number;
  readonly writes: number;
  readonly writesWaiting: number;
  readonly breaker: BreakerRules;
}

export const GUARD_LIMITS: GuardLimits = {
  reads: 8,
  readsKept: 2,
  readsWaiting: 16,
  writes: 4,
  writesWaiting: 8,
  breaker: BREAKER_RULES,
};

/** `finish` is for writes that end what has begun: they go before those that begin something. */
export type Errand = 'reconcile' | 'book' | 'search' | 'finish';

export interface Call {
  readonly errand: Errand;
  /** Longest wait that still leaves time for the call itself, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** What a call says of the system: that it answers, that it does not, or neither. */
export type Verdict = 'good' | 'bad' | 'neither';

export type Refusal = 'breaker-open' | 'queue-full' | 'queue-deadline';

export type Passage =
  { readonly done: (verdict: Verdict) => void } | { readonly refused: Refusal; readonly retryAfterSeconds: number };

/** Room that nothing is said of when it is given back. */
export type Turn = { readonly end: () => void } | Extract<Passage, { readonly refused: Refusal }>;

export type Direction = 'reads' | 'writes';

export interface Guard {
  pass(direction: Direction, call: Call): Promise<Passage>;
  /**
   * Room for a whole booking, from its first look to its last call. So many are begun as find room for their reads, and
   * as many wait as writes do: more would push each other away half-way, and none of them would be done in time.
   */
  begin(call: Omit<Call, 'errand'>): Promise<Turn>;
  /** Whether `begin` would find neither room nor a place in the line; then a booking counts as refused. */
  turnsAway(): boolean;
  /** A cheap read that changes nothing: answers whether the system answers. Never rejects. */
  useProbe(probe: () => Promise<boolean>): void;
  condition(direction: Direction): DirectionCondition;
  /** Wall time. */
  lastAnswerAt(): number | undefined;
}

export interface GuardInput {
  readonly runtime: Runtime;
  readonly log: Log;
  /** Whose system it is, for the log. */
  readonly practice: string;
  readonly limits: GuardLimits;
  /** Room for the calls to all practices together, and how much of it there is. */
  readonly together: { readonly gate: Gate; readonly most: number };
}

/** Open attempts, and what has begun, have a number of their own: none of them is turned away because many wait. */
const PATIENT: ReadonlySet<Errand> = new Set<Errand>(['reconcile', 'finish']);

const RANKS: Readonly<Record<Errand, number>> = { reconcile: 0, finish: 0, book: 1, search: 2 };
const LONGEST_RETRY_AFTER_SECONDS = 5;

export function createGuard({ runtime, log, practice, limits, together }: GuardInput): Guard {
  const { clock, timers, random } = runtime;
  let probe: (() => Promise<boolean>) | undefined;
  let probing: Promise<boolean> | undefined;
  /** A read that takes the probe's place where there is none. */
  let isTrialRunning = false;
  let lastGoodReadBegun = -Infinity;
  let lastAnswerAt: number | undefined;

  const watched = (direction: Direction): Breaker =>
    createBreaker(runtime, limits.breaker, (state) => {
      log[state === 'open' ? 'warn' : 'info']('practice.breaker', { practice, operation: direction, state });
      // Those who wait would only find out one after the other.
      if (state === 'open') ways[direction].gate.flush(RANKS.book);
    });
  const ways = {
    reads: { gate: createGate(limits.readsWaiting), breaker: watched('reads'), refused: 0 },
    writes: { gate: createGate(limits.writesWaiting), breaker: watched('writes'), refused: 0 },
  };
  const bookings = createGate(limits.writesWaiting);
  const mostBookings = limits.reads - limits.readsKept;

  const mostOf = (direction: Direction, errand: Errand, isOpen: boolean): number => {
    if (direction === 'writes') return limits.writes;
    if (errand !== 'reconcile') return limits.reads - limits.readsKept;
    return isOpen ? limits.readsKept : limits.reads;
  };

  const refuse = (direction: Direction, refused: Refusal, seconds?: number): Exclude<Turn, { end: unknown }> => {
    ways[direction].refused += 1;
    const soon = 1 + Math.floor(random.fraction() * LONGEST_RETRY_AFTER_SECONDS);
    return { refused, retryAfterSeconds: Math.max(1, Math.ceil(seconds ?? soon)) };
  };

  const note = (direction: Direction, verdict: Verdict, begunAt: number): void => {
    const { breaker } = ways[direction];
    if (verdict === 'bad') breaker.bad(begunAt);
    if (verdict !== 'good') return;
    lastAnswerAt = clock.now();
    if (direction === 'reads') lastGoodReadBegun = begunAt;
    breaker.good(begunAt);
  };

  /** One at a time, whoever asks for it; a good one speaks for both directions. */
  const runProbe = (ask: () => Promise<boolean>): Promise<boolean> => {
    const begunAt = clock.monotonic();
    probing ??= ask()
      .then((answers) => {
        const verdict = answers ? 'good' : 'bad';
        for (const way of Object.values(ways)) {
          if (way.breaker.state !== 'half-open') continue;
          if (answers) way.breaker.good(begunAt);
          else way.breaker.bad(begunAt);
        }
        if (verdict === 'good') {
          lastAnswerAt = clock.now();
          lastGoodReadBegun = begunAt;
        }
        return answers;
      })
      .finally(() => {
        probing = undefined;
      });
    return probing;
  };

  /** Whether the call may go on, and whether it is itself the trial. */
  const clear = async (direction: Direction, { signal }: Call): Promise<'yes' | 'trial' | 'no'> => {
    const { breaker } = ways[direction];
    if (breaker.state === 'closed') return 'yes';
    if (breaker.state === 'open') return 'no';
    // Reads that have been answered since the pause ended are as good as a probe.
    if (direction === 'writes' && lastGoodReadBegun >= breaker.trialAt) {
      breaker.good(lastGoodReadBegun);
      return 'yes';
    }
    if (probe) {
      // One call waits for the probe; the others have their answer at once.
      if (probing) return 'no';
      let leave = (): void => undefined;
      const gone = new Promise<false>((resolve) => {
        leave = () => resolve(false);
        signal.addEventListener('abort', leave, { once: true });
      });
      const answers = await Promise.race([runProbe(probe), gone]);
      signal.removeEventListener('abort', leave);
      return answers ? 'yes' : 'no';
    }
    if (direction === 'writes' || isTrialRunning) return 'no';
    return 'trial';
  };

  /** Waits for room at this practice, then for room among all of them. */
  const enter = (direction: Direction, call: Call, isOpen: boolean): Entered | Promise<Entered> => {
    const { gate } = ways[direction];
    const most = mostOf(direction, call.errand, isOpen);
    if (call.signal.aborted) return 'late';
    // As a rule there is room: who need not wait needs neither timer nor signals.
    const hasRoom = gate.tryEnter(most);
    if (hasRoom && together.gate.tryEnter(together.most)) return 'in';
    return queue(gate, call, most, hasRoom);
  };

  const queue = (gate: Gate, call: Call, most: number, hasRoom: boolean): Promise<Entered> =>
    withinTime(timers, call.patienceMs, call.signal, async (signal) => {
      const wish = { rank: RANKS[call.errand], isPatient: PATIENT.has(call.errand), signal };
      const entered = hasRoom ? 'in' : await gate.enter({ ...wish, most });
      if (entered !== 'in') return entered;
      const among = await together.gate.enter({ ...wish, most: together.most });
      if (among !== 'in') gate.leave();
      return among;
    });

  return {
    async begin(call) {
      const wish = { rank: RANKS.book, most: mostBookings };
      const entered = bookings.tryEnter(mostBookings)
        ? 'in'
        : await withinTime(timers, call.patienceMs, call.signal, (signal) => bookings.enter({ ...wish, signal }));
      if (entered !== 'in') return refuse('writes', entered === 'full' ? 'queue-full' : 'queue-deadline');
      let isOver = false;
      return {
        end() {
          if (!isOver) bookings.leave();
          isOver = true;
        },
      };
    },
    turnsAway() {
      const isFull = bookings.isFull(mostBookings);
      if (isFull) ways.writes.refused += 1;
      return isFull;
    },
    useProbe(ask) {
      probe ??= ask;
    },
    lastAnswerAt: () => lastAnswerAt,
    condition(direction) {
      const { gate, breaker, refused } = ways[direction];
      const waiting = gate.waiting + (direction === 'writes' ? bookings.waiting : 0);
      return { breaker: breaker.state, underWay: gate.underWay, waiting, refused };
    },
    async pass(direction, call) {
      const { gate, breaker } = ways[direction];
      const isOpen = breaker.state !== 'closed';
      const goesThrough = direction === 'reads' && call.errand === 'reconcile';
      const isClear = isOpen && !goesThrough ? await clear(direction, call) : 'yes';
      if (isClear === 'no') return refuse(direction, 'breaker-open', (breaker.trialAt - clock.monotonic()) / 1000);
      const isTrial = isClear === 'trial';
      if (isTrial) isTrialRunning = true;
      const entered = await enter(direction, call, isOpen && goesThrough);
      if (entered !== 'in') {
        if (isTrial) isTrialRunning = false;
        if (entered === 'flushed') {
          return refuse(direction, 'breaker-open', (breaker.trialAt - clock.monotonic()) / 1000);
        }
        return refuse(direction, entered === 'full' ? 'queue-full' : 'queue-deadline');
      }
      const begunAt = clock.monotonic();
      let isOver = false;
      return {
        done(verdict) {
          if (isOver) return;
          isOver = true;
          if (isTrial) isTrialRunning = false;
          // Before the next is let in: it may be the call that opens the breaker.
          note(direction, verdict, begunAt);
          gate.leave();
          together.gate.leave();
        },
      };
    },
  };
}
