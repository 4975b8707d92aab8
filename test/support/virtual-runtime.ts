/**
 * Time that passes only when the test says so. Waiting ends in the order in which it is due; wall time and monotonic
 * time advance together, until the test sets the wall clock.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Runtime } from '../../src/ports/runtime.js';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

export interface VirtualRuntime extends Runtime {
  /** Lets time pass, waking whoever is due on the way and letting them finish what they do then. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock, as an operator or a time server does; monotonic time knows nothing of it. */
  setWall(instant: number): void;
  /** Lets everything that needs no time run until it waits. */
  idle(): Promise<void>;
  /** How many wait at the moment. */
  waiting(): number;
}

/** A booking commits four times, and each commit waits for a turn of the event loop. */
const TURNS = 20;

export function createVirtualRuntime(wallStart: number): VirtualRuntime {
  // Not zero, so that nobody can take one for the other.
  let monotonic = 5_000;
  let wall = wallStart;
  let count = 0;
  const sleepers = new Set<Sleeper>();

  const idle = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  };

  const passTo = (moment: number): void => {
    wall += moment - monotonic;
    monotonic = moment;
  };

  return {
    clock: { now: () => wall, monotonic: () => monotonic },
    timers: {
      sleep: (ms, signal) =>
        new Promise<void>((resolve) => {
          if (signal?.aborted) return resolve();
          const wake = (): void => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', wake);
            resolve();
          };
          const sleeper: Sleeper = { due: monotonic + ms, wake };
          sleepers.add(sleeper);
          signal?.addEventListener('abort', wake, { once: true });
        }),
    },
    ids: { next: () => `virtual-${String((count += 1)).padStart(16, '0')}` },
    random: { fraction: () => 0.5 },
    idle,
    waiting: () => sleepers.size,
    setWall: (instant) => {
      wall = instant;
    },
    async advance(ms) {
      const end = monotonic + ms;
      await idle();
      for (;;) {
        const due = Math.min(...[...sleepers].map((sleeper) => sleeper.due));
        if (due > end) break;
        passTo(Math.max(due, monotonic));
        for (const sleeper of [...sleepers]) if (sleeper.due <= monotonic) sleeper.wake();
        await idle();
      }
      passTo(end);
      await idle();
    },
  };
}
