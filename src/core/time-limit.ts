/** A limit of time by the runtime's own timers, so that it passes as the rest of the gateway's time does. */
import type { Timers } from '../ports/runtime.js';

/** `work` is given a signal that aborts after `ms` milliseconds, or with `signal`; it is not left before it has ended. */
export async function withinTime<T>(
  timers: Timers,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const late = new AbortController();
  void timers.sleep(ms, ended.signal).then(() => late.abort());
  try {
    return await work(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } finally {
    ended.abort();
  }
}
