/** Forgets what has run out, a little at a time and when nobody waits for the ledger. */
import { MINUTE, SECOND } from '../../domain/time.js';
import type { Leases } from '../../ports/leases.js';
import type { Runtime } from '../../ports/runtime.js';
import type { Expire } from './expire.js';

const EVERY_MS = 10 * MINUTE;
const PAUSE_MS = 1 * SECOND;
const PLACE = 'ledger/retention';

export interface SweepInput {
  readonly expire: Expire;
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>;
  /** Whether somebody waits for the ledger, or it is slow. */
  readonly isBusy: () => boolean;
  /** Where several processes share the ledger, one of them sweeps. */
  readonly leases: Pick<Leases, 'take' | 'give' | 'maySend'> | undefined;
}

export interface Sweep {
  /** Resolves when nothing of it is under way any more. */
  close(): Promise<void>;
}

export function startSweep({ expire, runtime, isBusy, leases }: SweepInput): Sweep {
  const { clock, timers } = runtime;
  const closing = new AbortController();
  const { signal } = closing;
  const isOver = (): boolean => signal.aborted || leases?.maySend() === false;

  const untilDone = async (): Promise<void> => {
    while (!isOver()) {
      if (!isBusy() && !(await expire(clock.now()))) return;
      await timers.sleep(PAUSE_MS, signal);
    }
  };

  const once = async (): Promise<void> => {
    if (!leases) return untilDone();
    if (!(await leases.take(PLACE))) return;
    try {
      await untilDone();
    } finally {
      await leases.give(PLACE);
    }
  };

  const running = (async () => {
    for (;;) {
      await timers.sleep(EVERY_MS, signal);
      if (signal.aborted) return;
      // A ledger that is in trouble says so to those who need it; what has run out can wait.
      await once().catch(() => undefined);
    }
  })();

  return {
    close() {
      closing.abort();
      return running;
    },
  };
}
