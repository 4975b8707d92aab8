/** What an exchange is made with, and what its two directions share. */
import type { Log, Runtime } from '../../ports/runtime.js';
import type { Guard } from './guard/index.js';

export interface ExchangeLimits {
  /** Longest time to open a connection; a TLS handshake may take twice as long on top. */
  readonly connectMs: number;
  /** Largest answer, counted after decoding. */
  readonly maxBytes: number;
  /** Longest time a write that nobody waits for is still listened to. */
  readonly settleMs: number;
  /** Writes that may be under way after their deadline; beyond it new writes are refused before a byte is sent. */
  readonly maxDetached: number;
  /** Sockets of the pool for reads. */
  readonly connections: number;
}

export const EXCHANGE_LIMITS: ExchangeLimits = {
  connectMs: 1000,
  maxBytes: 4 * 1024 * 1024,
  settleMs: 180_000,
  maxDetached: 32,
  connections: 8,
};

export const MAX_HEADER_BYTES = 16 * 1024;

export interface ExchangeOptions {
  /** Scheme, host and port; a path stands before the path of every request. */
  readonly baseUrl: string;
  /** Sent with every request; credentials belong here. */
  readonly headers: Readonly<Record<string, string>>;
  /** Media types of answers; anything else is nonsense. JSON when absent. */
  readonly contentTypes?: readonly string[];
  /** Connector type and ODS code, for the log and for errors. */
  readonly system: string;
  readonly practice: string;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly limits?: Partial<ExchangeLimits>;
  /** What every call has to pass first. Without one nothing is held back: for tests of a connector alone. */
  readonly guard?: Guard | undefined;
  /**
   * Path and query, encoded, of the cheapest read that there is and that any practice of the system answers, if only with
   * "not found": finds out whether a system that has failed answers again. Without it the next read finds out.
   */
  readonly probePath?: string;
}

/** What both directions of an exchange need. */
export interface Line {
  readonly origin: string;
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentTypes: readonly string[];
  readonly limits: ExchangeLimits;
  readonly options: ExchangeOptions;
  readonly log: (level: 'info' | 'warn', event: string, fields: Parameters<Log['info']>[1]) => void;
}

export function connectLimit(line: Line): number {
  return line.origin.startsWith('https:') ? line.limits.connectMs * 3 : line.limits.connectMs;
}
