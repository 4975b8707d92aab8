/** The guards of all practices. Practices that share one installation share its guard: it is the system that is ill. */
import type { PracticeCondition } from '../../../ports/practice-condition.js';
import type { Log, Runtime } from '../../../ports/runtime.js';
import type { CallLimits } from './call-limits.js';
import { createGate } from './gate.js';
import { createGuard, GUARD_LIMITS, type Guard, type GuardLimits } from './guard.js';

export interface ResilienceLimits extends GuardLimits {
  /** Calls to all practices together. */
  readonly together: number;
  /** Of those who wait because of that. */
  readonly togetherWaiting: number;
}

export const RESILIENCE_LIMITS: ResilienceLimits = { ...GUARD_LIMITS, together: 128, togetherWaiting: 256 };

/** How many reads of consumers an installation has room for, those that wait included. */
interface ReadRoom {
  readonly installation: string;
  readonly most: number;
}

export interface Resilience {
  /** Equal installations have one guard, with the limits that the first of them was given. */
  guardOf(practice: string, installation: string, calls?: CallLimits): Guard;
  readRoomOf(practice: string): ReadRoom | undefined;
  /** As the guard of the practice's installation says. */
  turnsAway(practice: string): boolean;
  /** One for each practice, in the order in which their guards were asked for. */
  status(): readonly PracticeCondition[];
}

/** `limits` go before what an installation is given. */
export function createResilience(runtime: Runtime, log: Log, limits: Partial<ResilienceLimits> = {}): Resilience {
  const all = { ...RESILIENCE_LIMITS, ...limits };
  const together = { gate: createGate(all.togetherWaiting), most: all.together };
  const guards = new Map<string, Guard>();
  const practices = new Map<string, { readonly guard: Guard; readonly room: ReadRoom }>();
  return {
    guardOf(practice, installation, calls) {
      const own = { ...all, ...calls, ...limits };
      const guard = guards.get(installation) ?? createGuard({ runtime, log, practice, limits: own, together });
      guards.set(installation, guard);
      practices.set(practice, { guard, room: { installation, most: own.reads - own.readsKept + own.readsWaiting } });
      return guard;
    },
    readRoomOf: (practice) => practices.get(practice)?.room,
    turnsAway: (practice) => practices.get(practice)?.guard.turnsAway() ?? false,
    status: () =>
      [...practices].map(([practice, { guard }]) => ({
        practice,
        reads: guard.condition('reads'),
        writes: guard.condition('writes'),
        lastAnswerAt: guard.lastAnswerAt(),
      })),
  };
}
