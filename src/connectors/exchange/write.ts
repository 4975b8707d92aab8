/**
 * Writes: each on a connection of its own, sent at most once, and listened to beyond our own deadline.
 *
 * A pooled connection may die at the moment of use, which would turn "never sent" into "unknown"; and an aborted write
 * is one whose outcome we chose not to hear.
 */
import { buildConnector, Client } from 'undici';
import type { Passage, Verdict } from './guard/guard.js';
import { AnswerFault, errorCode, takeAnswer, type Answer } from './answer.js';
import { connectLimit, MAX_HEADER_BYTES, type Line } from './line.js';

export interface WriteRequest {
  /** Name of the operation, for the log. */
  readonly operation: string;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the base URL, encoded; never logged. */
  readonly path: string;
  readonly body?: unknown;
  /** How long the caller waits; the write itself goes on. */
  readonly timeoutMs: number;
  /** Of the call; keeps a write from leaving, and has no effect on one that has left. */
  readonly signal: AbortSignal;
  /** Asked when the connection stands, before the first byte; what it forbids is `not-sent`. */
  readonly maySend?: (() => boolean) | undefined;
  /** An answer without a body is an answer. */
  readonly allowEmpty?: boolean;
  /** It ends something that has begun, such as a cancellation or a confirmation: it goes before those that begin. */
  readonly finishes?: boolean;
}

export type WriteOutcome =
  /** 2xx, or 4xx other than 408, 425 and 429, with a body as expected. */
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** Proven that no byte of the request left. */
  | { readonly kind: 'not-sent'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string; readonly late?: Promise<WriteOutcome> };

export interface Writer {
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** Stops listening to writes that are still under way. */
  close(): void;
}

const TOO_MANY_OPEN = 'too-many-open-writes';
const NOBODY_WAITS = 'nobody-waits';
const MAY_NOT_SEND = 'lease-too-old';
/** Why nothing was sent, when it says nothing of the system. */
const OUR_REASONS: ReadonlySet<string> = new Set([TOO_MANY_OPEN, NOBODY_WAITS, MAY_NOT_SEND]);

type Connect = buildConnector.connector;

export function createWriter(line: Line): Writer {
  const { clock } = line.options.runtime;
  const underWay = new Set<Client>();
  let detached = 0;
  /** Running mean of the time an answer takes; who has less left need not wait for room. */
  let typicalMs = 0;

  const verdictOf = (outcome: WriteOutcome): Verdict => {
    if (outcome.kind === 'answered') return 'good';
    return outcome.kind === 'not-sent' && OUR_REASONS.has(outcome.reason) ? 'neither' : 'bad';
  };

  const write = async (request: WriteRequest): Promise<WriteOutcome> => {
    const { guard } = line.options;
    if (request.signal.aborted) return { kind: 'not-sent', reason: NOBODY_WAITS };
    if (!guard) return send(request);
    const passage: Passage = await guard.pass('writes', {
      errand: request.finishes ? 'finish' : 'book',
      patienceMs: request.timeoutMs - typicalMs,
      signal: request.signal,
    });
    if ('refused' in passage) {
      line.log('warn', 'practice.write', { operation: request.operation, class: 'not-sent', reason: passage.refused });
      return { kind: 'not-sent', reason: passage.refused };
    }
    const began = clock.monotonic();
    let verdict: Verdict = 'bad';
    try {
      const outcome = await send(request);
      verdict = verdictOf(outcome);
      if (verdict === 'good') typicalMs += (clock.monotonic() - began - typicalMs) / 8;
      return outcome;
    } finally {
      passage.done(verdict);
    }
  };

  const send = async (request: WriteRequest): Promise<WriteOutcome> => {
    if (request.signal.aborted) return { kind: 'not-sent', reason: NOBODY_WAITS };
    if (detached >= line.limits.maxDetached) return { kind: 'not-sent', reason: TOO_MANY_OPEN };

    const started = clock.monotonic();
    let connected = false;
    let used = false;
    const open = buildConnector({ timeout: 0 });
    // undici opens a new connection when one breaks; a second one here would mean a second try of a write.
    const connectOnce: Connect = (options, callback) => {
      if (used) {
        callback(new Error('one connection for each write'), null);
        return;
      }
      used = true;
      open(options, (...result) => {
        const stands = result[0] === null && !client.destroyed;
        // The process may have been stopped for a while since it last asked, with another in its place.
        if (stands && request.maySend?.() === false) {
          stopUnsent(MAY_NOT_SEND);
          result[1]?.destroy();
          callback(new Error(MAY_NOT_SEND), null);
          return;
        }
        if (stands) connected = true;
        callback(...result);
      });
    };
    const client = new Client(line.origin, {
      connect: connectOnce,
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    underWay.add(client);

    /** Only before the connection stands: afterwards a write is never stopped. */
    let stoppedBy: string | undefined;
    const stopUnsent = (reason: string): void => {
      if (connected || stoppedBy !== undefined) return;
      stoppedBy = reason;
      void client.destroy();
    };
    const onAbort = (): void => stopUnsent(NOBODY_WAITS);
    request.signal.addEventListener('abort', onAbort, { once: true });
    const connectTimer = setTimeout(() => stopUnsent('connect-timeout'), connectLimit(line));

    const run = async (): Promise<WriteOutcome> => {
      try {
        const response = await client.request({
          method: request.method,
          path: line.prefix + request.path,
          headers: request.body === undefined ? line.headers : { ...line.headers, 'content-type': 'application/json' },
          body: request.body === undefined ? null : JSON.stringify(request.body),
        });
        const rules = {
          contentTypes: line.contentTypes,
          maxBytes: line.limits.maxBytes,
          allowEmpty: request.allowEmpty ?? false,
        };
        return { kind: 'answered', answer: await takeAnswer(response, rules) };
      } catch (error) {
        if (!connected) return { kind: 'not-sent', reason: stoppedBy ?? errorCode(error) };
        return { kind: 'unknown', reason: error instanceof AnswerFault ? error.reason : errorCode(error) };
      } finally {
        underWay.delete(client);
        void client.destroy();
      }
    };

    const finished = run().then((outcome) => {
      clearTimeout(connectTimer);
      request.signal.removeEventListener('abort', onAbort);
      line.log(outcome.kind === 'answered' ? 'info' : 'warn', 'practice.write', {
        operation: request.operation,
        class: outcome.kind,
        durationMs: Math.round(clock.monotonic() - started),
        ...(outcome.kind === 'answered'
          ? { status: outcome.answer.status, count: outcome.answer.bytes }
          : { reason: outcome.reason }),
      });
      return outcome;
    });

    let deadline: NodeJS.Timeout | undefined;
    const overdue = new Promise<WriteOutcome>((resolve) => {
      deadline = setTimeout(() => {
        if (!connected) {
          stopUnsent('deadline-before-connection');
          resolve(finished);
          return;
        }
        detached += 1;
        const settle = setTimeout(() => void client.destroy(), line.limits.settleMs).unref();
        const late = finished.finally(() => {
          detached -= 1;
          clearTimeout(settle);
        });
        resolve({ kind: 'unknown', reason: 'timeout', late });
      }, request.timeoutMs);
    });
    const outcome = await Promise.race([finished, overdue]);
    clearTimeout(deadline);
    return outcome;
  };

  return {
    write,
    close() {
      for (const client of underWay) void client.destroy();
    },
  };
}
