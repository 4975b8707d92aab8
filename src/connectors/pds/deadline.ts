/** Total deadlines: from the first byte sent to the last byte read, not between bytes. */
import type { Timers } from '../../ports/runtime.js';
import { PdsFault } from './fault.js';

/** Runs `work` with a signal that aborts after `ms` or together with `outer`. */
export async function withDeadline<T>(
  timers: Timers,
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const finished = new AbortController();
  const abort = (): void => deadline.abort();
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort, { once: true });
  void timers.sleep(ms, finished.signal).then(abort);
  try {
    return await work(deadline.signal);
  } finally {
    finished.abort();
    outer?.removeEventListener('abort', abort);
  }
}

/** Waits for `promise`, but no longer than until `signal` aborts; the promise itself goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new PdsFault('timeout', 'deadline'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}
