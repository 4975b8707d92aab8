/**
 * HTTP/1.1 to a practice system, with the rules that hold for every connector: bounded answers, total deadlines, no
 * redirects, and reads kept apart from writes. Built on undici (https://undici.nodejs.org).
 *
 * - A read uses a keep-alive pool, is aborted at its deadline, and is repeated at most once.
 * - A write uses a connection of its own, is sent at most once, and is never aborted because we stopped waiting: its
 *   answer, however late, is proof.
 * - Nothing of an answer is logged but its status, its length and how long it took.
 */
import { Pool } from 'undici';
import type { Answer } from './answer.js';
import {
  connectLimit,
  EXCHANGE_LIMITS,
  MAX_HEADER_BYTES,
  type ExchangeLimits,
  type ExchangeOptions,
  type Line,
} from './line.js';
import { createReader, practiceError, type ReadRequest } from './read.js';
import { createWriter, type WriteOutcome, type WriteRequest } from './write.js';

export interface Exchange {
  /**
   * Answers any 2xx, or a 4xx other than 408, 425 and 429, whose body is JSON. Throws `practice-timeout`,
   * `practice-unavailable` or `practice-system-fault` for everything else.
   */
  read(request: ReadRequest): Promise<Answer>;
  /** Never throws. */
  write(request: WriteRequest): Promise<WriteOutcome>;
  /**
   * Room for a whole booking; what it answers gives it back. Throws `practice-unavailable` when too many wait, and
   * `practice-timeout` when nobody waits for this one any more.
   */
  beginBooking(signal: AbortSignal): Promise<() => void>;
  close(): Promise<void>;
}

/** Whoever has waited longer than this for its turn would have its answer too late. */
const TURN_PATIENCE_MS = 2000;

export function createExchange(options: ExchangeOptions): Exchange {
  const limits: ExchangeLimits = { ...EXCHANGE_LIMITS, ...options.limits };
  const base = new URL(options.baseUrl);
  const line: Line = {
    origin: base.origin,
    prefix: base.pathname.replace(/\/+$/, ''),
    headers: { accept: 'application/json', 'accept-encoding': 'gzip', ...options.headers },
    contentTypes: options.contentTypes ?? ['application/json'],
    limits,
    options,
    log: (level, event, fields) => {
      options.log[level](event, { practice: options.practice, system: options.system, ...fields });
    },
  };
  // Idle sockets are dropped early: a practice that closes one at the same moment would cost a read its first try.
  const pool = new Pool(line.origin, {
    connections: limits.connections,
    pipelining: 1,
    connect: { timeout: connectLimit(line) },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const writer = createWriter(line);
  const reader = createReader(line, pool);
  const { guard, probePath } = options;
  if (guard && probePath !== undefined) guard.useProbe(() => reader.answers(probePath));
  return {
    read: (request) => reader.read(request),
    write: (request) => writer.write(request),
    async beginBooking(signal) {
      const turn = await guard?.begin({ patienceMs: TURN_PATIENCE_MS, signal });
      if (turn === undefined) return () => undefined;
      if ('end' in turn) return turn.end;
      line.log('info', 'practice.booking.refused', { operation: 'book', reason: turn.refused });
      if (signal.aborted) throw practiceError('practice-timeout', options.practice, 'nobody-waits');
      throw practiceError('practice-unavailable', options.practice, turn.refused, turn.retryAfterSeconds);
    },
    async close() {
      writer.close();
      await pool.destroy();
    },
  };
}
