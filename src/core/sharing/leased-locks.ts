/**
 * Locks that several processes share. Within a process it is first come, first served; between processes whoever asks
 * at the right moment, so a place goes on from hand to hand and nobody is promised a turn.
 */
import type { Leases } from '../../ports/leases.js';
import type { Runtime } from '../../ports/runtime.js';
import type { KeyedLocks } from '../locks.js';

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 160;

export function createLeasedLocks(
  own: KeyedLocks,
  leases: Leases,
  { timers, random }: Pick<Runtime, 'timers' | 'random'>,
): KeyedLocks {
  const alone = async <T>(
    key: string,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> => {
    for (let wait = FIRST_WAIT_MS; !(await leases.take(key)); wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      await timers.sleep(wait * (0.5 + random.fraction()), signal);
      if (signal.aborted) return undefined;
    }
    try {
      return { value: await work() };
    } finally {
      await leases.give(key);
    }
  };

  return {
    async run(key, signal, work) {
      const outcome = await own.run(key, signal, () => alone(key, signal, work));
      return outcome?.value;
    },
  };
}
