/**
 * Stops calling what does not answer. Opens after so many failures in a row, or when half of enough calls have failed
 * lately; stays open for a while that doubles with each failed trial; is closed again by proof that the system answers.
 * After such proof it is on trial: the next failure opens it again.
 */
import type { BreakerState } from '../../../ports/practice-condition.js';
import type { Runtime } from '../../../ports/runtime.js';

export interface BreakerRules {
  /** Failures in a row that open it. */
  readonly inARow: number;
  /** Share of failed calls, in a window of this length with at least so many calls, that opens it. */
  readonly share: number;
  readonly leastCalls: number;
  readonly windowMs: number;
  /** First and longest pause; jittered by a fifth either way. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const BREAKER_RULES: BreakerRules = {
  inARow: 5,
  share: 0.5,
  leastCalls: 10,
  windowMs: 10_000,
  firstPauseMs: 5_000,
  longestPauseMs: 60_000,
};

export interface Breaker {
  readonly state: BreakerState;
  /** Monotonic time from which on a trial may be made; only while not closed. */
  readonly trialAt: number;
  /** `begunAt` is the monotonic time at which the call began: what began before the breaker opened says nothing new. */
  good(begunAt: number): void;
  bad(begunAt: number): void;
}

interface Second {
  readonly at: number;
  calls: number;
  failed: number;
}

const JITTER = 0.2;

export function createBreaker(
  { clock, random }: Pick<Runtime, 'clock' | 'random'>,
  rules: BreakerRules,
  onChange: (state: 'closed' | 'open') => void,
): Breaker {
  let seconds: Second[] = [];
  let inARow = 0;
  let openings = 0;
  let openedAt: number | undefined;
  let trialAt = 0;
  let isOnTrial = false;

  const note = (isFailure: boolean): boolean => {
    const now = clock.monotonic();
    seconds = seconds.filter(({ at }) => now - at < rules.windowMs);
    let current = seconds.at(-1);
    if (!current || now - current.at >= 1000) seconds.push((current = { at: now, calls: 0, failed: 0 }));
    current.calls += 1;
    if (isFailure) current.failed += 1;
    inARow = isFailure ? inARow + 1 : 0;
    const calls = seconds.reduce((sum, one) => sum + one.calls, 0);
    const failed = seconds.reduce((sum, one) => sum + one.failed, 0);
    return inARow >= rules.inARow || (calls >= rules.leastCalls && failed >= calls * rules.share);
  };

  const open = (): void => {
    const now = clock.monotonic();
    const pause = Math.min(rules.firstPauseMs * 2 ** openings, rules.longestPauseMs);
    openings += 1;
    openedAt = now;
    trialAt = now + pause * (1 - JITTER + random.fraction() * 2 * JITTER);
    isOnTrial = false;
    seconds = [];
    inARow = 0;
    onChange('open');
  };

  return {
    get state() {
      if (openedAt === undefined) return 'closed';
      return clock.monotonic() < trialAt ? 'open' : 'half-open';
    },
    get trialAt() {
      return trialAt;
    },
    good(begunAt) {
      if (openedAt !== undefined) {
        if (begunAt < openedAt) return;
        openedAt = undefined;
        isOnTrial = true;
        onChange('closed');
        return;
      }
      note(false);
      isOnTrial = false;
      openings = 0;
    },
    bad(begunAt) {
      // While it is open, only the trial itself can make things worse.
      if (openedAt !== undefined) {
        if (begunAt >= trialAt) open();
        return;
      }
      if (note(true) || isOnTrial) open();
    },
  };
}
