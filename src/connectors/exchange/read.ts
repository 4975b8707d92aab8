/** Reads: pooled, aborted at their deadline, repeated at most once within it. */
import type { Pool } from 'undici';
import { GatewayError } from '../../domain/errors.js';
import type { Call as GuardedCall, Passage, Verdict } from './guard/guard.js';
import { AnswerFault, errorCode, isMalformedHttp, takeAnswer, type Answer } from './answer.js';
import type { Line } from './line.js';

export interface ReadRequest {
  /** Name of the operation, for the log. */
  readonly operation: string;
  /** Path and query below the base URL, encoded; never logged. */
  readonly path: string;
  /** Total time, a repeat included. */
  readonly timeoutMs: number;
  /** Of the call; ends the read when nobody waits any more. */
  readonly signal: AbortSignal;
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  /** What it is for: who has to wait goes by it. */
  readonly purpose?: Exclude<GuardedCall['errand'], 'finish'>;
}

const PROBE_MS = 2000;
const LEAST_PAUSE_MS = 50;
const PAUSE_SPREAD_MS = 200;
/** Repeats are a tenth of the reads of the last ten seconds, and one a second besides. */
const BUDGET_SHARE = 0.1;
const BUDGET_MOST = 10;

interface RetryBudget {
  credit(): void;
  take(): boolean;
}

function createRetryBudget(monotonic: () => number): RetryBudget {
  let tokens = 1;
  let at = monotonic();
  const refill = (): void => {
    const now = monotonic();
    tokens = Math.min(BUDGET_MOST, tokens + Math.max(0, now - at) / 1000);
    at = now;
  };
  return {
    credit() {
      tokens = Math.min(BUDGET_MOST, tokens + BUDGET_SHARE);
    },
    take() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** Why one try failed, and whether the same read may be tried again. */
interface Failure {
  readonly code: 'practice-timeout' | 'practice-unavailable' | 'practice-system-fault';
  readonly reason: string;
  readonly status: number | undefined;
  readonly repeatable: boolean;
}

function failureOf(error: unknown, stopped: boolean): Failure {
  if (stopped) return { code: 'practice-timeout', reason: 'timeout', status: undefined, repeatable: false };
  if (error instanceof AnswerFault) {
    const { reason, status } = error;
    if (reason === 'server-error') return { code: 'practice-unavailable', reason, status, repeatable: true };
    if (reason === 'throttled') return { code: 'practice-unavailable', reason, status, repeatable: false };
    return { code: 'practice-system-fault', reason, status, repeatable: false };
  }
  if (isMalformedHttp(error)) {
    return { code: 'practice-system-fault', reason: 'malformed-http', status: undefined, repeatable: false };
  }
  return { code: 'practice-unavailable', reason: errorCode(error), status: undefined, repeatable: true };
}

const MESSAGES: Readonly<Record<Failure['code'], string>> = {
  'practice-timeout': 'The practice system did not answer in time.',
  'practice-unavailable': 'The practice system cannot be reached at present.',
  'practice-system-fault': 'The practice system gave an answer that cannot be used.',
};

export function practiceError(
  code: Failure['code'],
  practice: string,
  reason: string,
  retryAfterSeconds?: number,
): GatewayError {
  const options = { practice, cause: new Error(reason) };
  return new GatewayError(
    code,
    MESSAGES[code],
    retryAfterSeconds === undefined ? options : { ...options, retryAfterSeconds },
  );
}

export interface Reader {
  read(request: ReadRequest): Promise<Answer>;
  /** Whether the system gives any answer at all to a GET of this path. Passes no guard, and never rejects. */
  answers(path: string): Promise<boolean>;
}

export function createReader(line: Line, pool: Pool): Reader {
  const { clock, timers, random } = line.options.runtime;
  const budget = createRetryBudget(() => clock.monotonic());
  const rules = { contentTypes: line.contentTypes, maxBytes: line.limits.maxBytes, allowEmpty: false };
  /** Running mean of the time a good answer takes; a repeat with less time left than that is no use. */
  let typicalMs = 0;

  const tryOnce = async (request: ReadRequest, signal: AbortSignal): Promise<Answer> => {
    let begun = false;
    try {
      const response = await pool.request({
        method: request.method ?? 'GET',
        path: line.prefix + request.path,
        headers: request.body === undefined ? line.headers : { ...line.headers, 'content-type': 'application/json' },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
      });
      begun = true;
      return await takeAnswer(response, rules);
    } catch (error) {
      // An answer that began and broke off is nonsense, not an outage.
      if (begun && !signal.aborted && !(error instanceof AnswerFault)) throw new AnswerFault('truncated', undefined);
      throw error;
    }
  };

  /** Nobody waits any more: that is only the system's doing when it had a good part of its time. */
  const verdictOf = ({ code, reason }: Failure, isUnheard: boolean, tookMs: number, timeoutMs: number): Verdict => {
    if (isUnheard && reason === 'timeout') return tookMs >= timeoutMs / 2 ? 'bad' : 'neither';
    return code === 'practice-system-fault' ? 'neither' : 'bad';
  };

  const pass = async (request: ReadRequest, signal: AbortSignal): Promise<Passage> => {
    const { guard } = line.options;
    if (!guard) return { done: () => undefined };
    // At least half of the time is kept for the call: one that is given up half-way has cost the system all the same.
    const patienceMs = Math.min(request.timeoutMs / 2, request.timeoutMs - 2 * typicalMs);
    return guard.pass('reads', { errand: request.purpose ?? 'search', patienceMs, signal });
  };

  const read = async (request: ReadRequest): Promise<Answer> => {
    const stop = new AbortController();
    const onAbort = (): void => stop.abort();
    const started = clock.monotonic();
    const timer = setTimeout(onAbort, request.timeoutMs);
    request.signal.addEventListener('abort', onAbort, { once: true });
    if (request.signal.aborted) stop.abort();
    let passage: Passage | undefined;
    let verdict: Verdict = 'neither';
    try {
      passage = await pass(request, stop.signal);
      if ('refused' in passage) {
        const { refused, retryAfterSeconds } = passage;
        line.log('info', 'practice.read.refused', { operation: request.operation, reason: refused });
        if (request.signal.aborted) throw practiceError('practice-timeout', line.options.practice, 'nobody-waits');
        throw practiceError('practice-unavailable', line.options.practice, refused, retryAfterSeconds);
      }
      budget.credit();
      for (let repeated = false; ; repeated = true) {
        const begun = clock.monotonic();
        try {
          const answer = await tryOnce(request, stop.signal);
          typicalMs += (clock.monotonic() - begun - typicalMs) / 8;
          verdict = 'good';
          return answer;
        } catch (error) {
          const failure = failureOf(error, stop.signal.aborted);
          const now = clock.monotonic();
          verdict = verdictOf(failure, request.signal.aborted, now - begun, request.timeoutMs);
          line.log('warn', 'practice.read.failed', {
            operation: request.operation,
            code: failure.code,
            reason: failure.reason,
            durationMs: Math.round(now - begun),
            ...(failure.status === undefined ? {} : { status: failure.status }),
          });
          const pause = LEAST_PAUSE_MS + random.fraction() * PAUSE_SPREAD_MS;
          const enoughTime = request.timeoutMs - (now - started) - pause >= typicalMs;
          if (!failure.repeatable || repeated || !enoughTime || !budget.take()) {
            throw practiceError(failure.code, line.options.practice, failure.reason);
          }
          await timers.sleep(pause, stop.signal);
        }
      }
    } finally {
      if (passage && 'done' in passage) passage.done(verdict);
      clearTimeout(timer);
      request.signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    read,
    async answers(path) {
      try {
        const request = { operation: 'probe', path, timeoutMs: PROBE_MS, signal: AbortSignal.timeout(PROBE_MS) };
        await tryOnce(request, request.signal);
        return true;
      } catch {
        return false;
      }
    },
  };
}
