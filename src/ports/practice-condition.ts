/** How it stands between the gateway and one practice's system, for whoever operates the gateway. */
import type { Instant } from '../domain/time.js';

/**
 * `open`: calls are refused before anything is sent, because too many have failed. `half-open`: the pause is over and
 * one cheap read finds out whether the system answers again.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface DirectionCondition {
  readonly breaker: BreakerState;
  /** Calls that the system has and has not answered. */
  readonly underWay: number;
  /** Calls that wait until there is room for them. */
  readonly waiting: number;
  /** Calls refused since the start, before anything was sent. */
  readonly refused: number;
}

export interface PracticeCondition {
  readonly practice: string;
  readonly reads: DirectionCondition;
  readonly writes: DirectionCondition;
  /** When the system last gave an answer. */
  readonly lastAnswerAt: Instant | undefined;
}
