/**
 * When the open attempts of one practice are looked up. While the practice answers, each has its own ladder of waits.
 * While it does not, one of them finds out for all whether it answers again, and when it does, those that had no answer
 * are looked up at once.
 */
import { SECOND } from '../../domain/time.js';
import type { Runtime } from '../../ports/runtime.js';

/** Not more than the reads that a practice's guard keeps free for this. */
const LOOKS_AT_A_TIME = 2;
/** Between two looks at a practice that does not answer, from start to start; the last one repeats. */
const LONGEST_PROBE_MS = 4 * SECOND;
const PROBE_EVERY_MS = [500, 1 * SECOND, 2 * SECOND, LONGEST_PROBE_MS];
/** Shorter waits only: the last one is a promise. */
const PROBE_JITTER = 0.2;
/** A practice that fails now and then is not asked more often for having answered in between. */
const CALM_AFTER_MS = 30 * SECOND;

export interface Wish {
  /** Milliseconds until it is due. */
  readonly inMs: number;
  /** Milliseconds until it gives up waiting for its turn. */
  readonly latestMs: number;
  /** The last look, where it had no answer: the next one is made as soon as the practice answers somebody else. */
  readonly unanswered: Look | undefined;
  /** Is looked up whatever is known of the practice: somebody has just asked it for something. */
  readonly isUrgent: boolean;
}

export interface Look {
  readonly begunAt: number;
  /** Has to be called. `isAnswered` is absent where the practice was not asked. */
  ended(isAnswered: boolean | undefined): void;
}

export interface Outlook {
  /** Resolves when it is this row's turn to look; with `late` when it gave up, with `stop` after `stop`. */
  turn(wish: Wish): Promise<Look | 'late' | 'stop'>;
  stop(): void;
}

interface Waiting {
  isDue: boolean;
  readonly isUnanswered: boolean;
  readonly end: (how: Look | 'late' | 'stop') => void;
}

export function createOutlook({ clock, timers, random }: Pick<Runtime, 'clock' | 'timers' | 'random'>): Outlook {
  /** In the order in which they came, which is that of their last looks. */
  const line = new Set<Waiting>();
  let running = 0;
  let isAway = false;
  let level = 0;
  let lastFailureAt = -Infinity;
  let lastBegunAt = -Infinity;
  /** When the latest look began that was answered: what began before it and failed says nothing new. */
  let lastGoodBegunAt = -Infinity;
  /** Of the longest wait, drawn with each look. */
  let share = 1;
  let alarm: AbortController | undefined;
  let isStopped = false;

  const learn = (begunAt: number, isAnswered: boolean): void => {
    if (isAnswered) {
      lastGoodBegunAt = Math.max(lastGoodBegunAt, begunAt);
      if (isAway) for (const waiting of line) waiting.isDue ||= waiting.isUnanswered;
      isAway = false;
    } else if (begunAt >= lastGoodBegunAt) {
      const now = clock.monotonic();
      level = now - lastFailureAt > CALM_AFTER_MS ? 0 : level + 1;
      lastFailureAt = now;
      isAway = true;
    }
  };

  const begin = (): Look => {
    const begunAt = clock.monotonic();
    running += 1;
    lastBegunAt = begunAt;
    share = 1 - PROBE_JITTER * random.fraction();
    return {
      begunAt,
      ended(isAnswered) {
        running -= 1;
        if (isAnswered !== undefined) learn(begunAt, isAnswered);
        dispatch();
      },
    };
  };

  const untilProbe = (): number => {
    const wait = PROBE_EVERY_MS[Math.min(level, PROBE_EVERY_MS.length - 1)] ?? LONGEST_PROBE_MS;
    return lastBegunAt + wait * share - clock.monotonic();
  };

  const nextInLine = (): Waiting | undefined => {
    for (const waiting of line) if (waiting.isDue || (isAway && waiting.isUnanswered)) return waiting;
    return undefined;
  };

  const dispatch = (): void => {
    alarm?.abort();
    alarm = undefined;
    for (let next = nextInLine(); next && running < LOOKS_AT_A_TIME; next = nextInLine()) {
      const early = isAway ? untilProbe() : 0;
      if (early > 0) {
        const set = (alarm = new AbortController());
        void timers.sleep(early, set.signal).then(() => {
          if (alarm === set) dispatch();
        });
        return;
      }
      next.end(begin());
    }
  };

  /** That the practice answers may have been heard while this row was still waiting for it. */
  const soonest = ({ inMs, unanswered }: Wish): number => {
    if (!unanswered || isAway) return inMs;
    return unanswered.begunAt < lastGoodBegunAt ? 0 : Math.min(inMs, LONGEST_PROBE_MS * share);
  };

  const wait = async ({ inMs, latestMs }: Wish, waiting: Waiting, signal: AbortSignal): Promise<void> => {
    if (inMs > 0) await timers.sleep(inMs, signal);
    if (signal.aborted) return;
    waiting.isDue = true;
    dispatch();
    await timers.sleep(latestMs - inMs, signal);
    if (!signal.aborted) waiting.end('late');
  };

  return {
    turn(wish) {
      if (isStopped) return Promise.resolve('stop');
      if (wish.isUrgent) return Promise.resolve(begin());
      return new Promise((resolve) => {
        const over = new AbortController();
        const waiting: Waiting = {
          isDue: false,
          isUnanswered: wish.unanswered !== undefined,
          end(how) {
            line.delete(waiting);
            over.abort();
            // Whoever waits for a probe's turn may have been the last one.
            if (line.size === 0) alarm?.abort();
            resolve(how);
          },
        };
        line.add(waiting);
        void wait({ ...wish, inMs: Math.min(soonest(wish), wish.latestMs) }, waiting, over.signal);
        if (isAway && waiting.isUnanswered) dispatch();
      });
    },
    stop() {
      isStopped = true;
      for (const waiting of [...line]) waiting.end('stop');
    },
  };
}
