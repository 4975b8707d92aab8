/** What the gateway takes from the machine: time, waiting, ids and randomness. Injected, so that tests can fix them. */
import type { Instant } from '../domain/time.js';

export interface Clock {
  /** Wall time: for stamps and for "is it in the future", never for durations. */
  now(): Instant;
  /** Milliseconds since some fixed moment; never jumps. For deadlines, leases and settle times. */
  monotonic(): number;
}

export interface Timers {
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A reason for a signal that only ends a wait: without one, an error with its stack is made each time. */
export const NO_ERROR = 'over';

/**
 * A limit of time by these timers, so that it passes as the rest of the gateway's time does: `work` is given a signal that
 * aborts after `ms` milliseconds, none where that is negative, or with `signal`; it is not left before it has ended.
 */
export async function withinTime<T>(
  timers: Timers,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const over = new AbortController();
  const end = (): void => over.abort();
  // Linked by hand: what `AbortSignal.any` makes for each call is left to the garbage collector, and dear to it.
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  void timers.sleep(Math.max(0, ms), ended.signal).then(() => ended.signal.aborted || end());
  try {
    return await work(over.signal);
  } finally {
    signal?.removeEventListener('abort', end);
    ended.abort(NO_ERROR);
  }
}

export interface Ids {
  /** A new id, unique for ever, of 20 to 36 characters `[a-z0-9-]`. */
  next(): string;
}

export interface Randomness {
  /** In [0, 1). For jitter only. */
  fraction(): number;
}

export interface Runtime {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly random: Randomness;
}

/**
 * The log: an event name and fields from an allow-list of plain values. Whoever calls it passes no patient data, no
 * query string, no text of a practice system and no `error.message` of a parser.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Lines that were not written because they held what no line may hold; each of them is a defect. */
  heldBack?(): number;
}

export interface LogFields {
  readonly practice?: string;
  readonly system?: string;
  readonly operation?: string;
  readonly interaction?: string;
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly code?: string;
  readonly class?: string;
  readonly state?: string;
  readonly attempt?: string;
  readonly traceId?: string;
  readonly requestId?: string;
  readonly durationMs?: number;
  readonly count?: number;
  readonly port?: number;
  readonly reason?: string;
  /** Of the audit trail's last row, and what proves them. */
  readonly seq?: number;
  readonly hash?: string;
  readonly signature?: string;
}
