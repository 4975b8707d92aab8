/** Notices when the event loop has stood still, which nothing in the process can be told of while it does. */
import { SECOND } from '../../domain/time.js';
import { NO_ERROR, type Log, type Runtime } from '../../ports/runtime.js';

export interface LoopWatch {
  /** False for `NOT_ALIVE_MS` after the loop has stood still for more than `STUCK_MS`. */
  isAlive(): boolean;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = SECOND;
const STUCK_MS = 5 * SECOND;
/** One stall is over when it is noticed; whoever asks every ten seconds and restarts after three refusals does so for more. */
const NOT_ALIVE_MS = 15 * SECOND;

export function watchLoop({ clock, timers }: Pick<Runtime, 'clock' | 'timers'>, log: Log): LoopWatch {
  const over = new AbortController();
  let looked = clock.monotonic();
  let notAliveUntil = -Infinity;
  const look = (): void => {
    const now = clock.monotonic();
    const stoodMs = now - looked - LOOK_EVERY_MS;
    looked = now;
    if (stoodMs <= STUCK_MS) return;
    notAliveUntil = now + NOT_ALIVE_MS;
    log.error('loop-stood-still', { durationMs: Math.round(stoodMs) });
  };
  const looking = (async () => {
    while (!over.signal.aborted) {
      await timers.sleep(LOOK_EVERY_MS, over.signal);
      look();
    }
  })();
  return {
    isAlive() {
      // Who asks may come before the timer does.
      if (clock.monotonic() - looked > LOOK_EVERY_MS + STUCK_MS) look();
      return clock.monotonic() >= notAliveUntil;
    },
    async stop() {
      over.abort(NO_ERROR);
      await looking;
    },
  };
}
