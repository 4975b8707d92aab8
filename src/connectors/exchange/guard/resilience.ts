/** The guards of all practices. Practices that share one installation share its guard: it is the system that is ill. */
import type { PracticeCondition } from '../../../ports/practice-condition.js';
import type { Log, Runtime } from '../../../ports/runtime.js';
import type { CallLimits } from './call-limits.js';
import { createGate } from './gate.js';
import { createGuard, GUARD_LIMITS, readsOf, type Guard, type GuardLimits } from './guard.js';

export interface ResilienceLimits extends GuardLimits {
  /** Calls to all practices together. */
  readonly together: number;
  /** Of those who wait because of that. */
  readonly togetherWaiting: number;
}

export const RESILIENCE_LIMITS: ResilienceLimits = { ...GUARD_LIMITS, together: 128, togetherWaiting: 256 };

export interface InstallationRoom {
  readonly installation: string;
  readonly reads: number;
  readonly bookings: number;
}

export interface Resilience {
  /** Equal installations have one guard, with the limits that the first of them was given. */
  guardOf(practice: string, installation: string, calls?: CallLimits): Guard;
  /** What consumers' requests find room for at the installation of a practice, those that wait included. */
  roomOf(practice: string): InstallationRoom | undefined;
  /** One for each practice, in the order in which their guards were asked for. */
  status(): readonly PracticeCondition[];
}

/** `limits` go before what an installation is given. */
export function createResilience(runtime: Runtime, log: Log, limits: Partial<ResilienceLimits> = {}): Resilience {
  const all = { ...RESILIENCE_LIMITS, ...limits };
  const together = { gate: createGate(all.togetherWaiting), most: all.together };
  const guards = new Map<string, Guard>();
  const practices: { readonly practice: string; readonly guard: Guard }[] = [];
  const rooms = new Map<string, InstallationRoom>();
  return {
    guardOf(practice, installation, calls) {
      const own = { ...all, ...calls, ...limits };
      const guard = guards.get(installation) ?? createGuard({ runtime, log, practice, limits: own, together });
      guards.set(installation, guard);
      practices.push({ practice, guard });
      rooms.set(practice, {
        installation,
        reads: readsOf(own) + own.readsWaiting,
        bookings: readsOf(own) + own.writesWaiting,
      });
      return guard;
    },
    roomOf: (practice) => rooms.get(practice),
    status: () =>
      practices.map(({ practice, guard }) => ({
        practice,
        reads: guard.condition('reads'),
        writes: guard.condition('writes'),
        lastAnswerAt: guard.lastAnswerAt(),
      })),
  };
}
