/** An exchange behind its guard, over sockets: what counts as failure, and what no longer leaves. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createExchange,
  createResilience,
  type Exchange,
  type Resilience,
} from '../../src/connectors/exchange/index.js';
import type { Log } from '../../src/ports/runtime.js';
import { createSystemRuntime } from '../../src/system.js';

const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** Each call has its own, as each request of a consumer has. */
const waiting = (): AbortSignal => new AbortController().signal;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Desk {
  readonly exchange: Exchange;
  readonly resilience: Resilience;
  readonly paths: string[];
}

/** With a pause of a tenth of a second, so that its end need not be waited for long. */
async function open(answer: RequestListener): Promise<Desk> {
  const paths: string[] = [];
  const server: Server = createServer((request, response) => {
    paths.push(`${request.method ?? ''} ${request.url ?? ''}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const runtime = { ...createSystemRuntime(), random: { fraction: () => 0.5 } };
  const breaker = { ...RULES, firstPauseMs: 100 };
  const resilience = createResilience(runtime, log, { breaker });
  const exchange = createExchange({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: {},
    system: 'test',
    practice: 'A99901',
    log,
    runtime,
    guard: resilience.guardOf('A99901', 'one'),
    probePath: '/probe',
  });
  closing.push(() => exchange.close());
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { exchange, resilience, paths };
}

const RULES = { inARow: 5, share: 0.5, leastCalls: 10, windowMs: 10_000, firstPauseMs: 5000, longestPauseMs: 60_000 };
const json = (status: number): RequestListener => {
  return (_request, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
};

async function read({ exchange }: Desk, timeoutMs = 1000, signal = waiting()): Promise<string> {
  return exchange.read({ operation: 'list', path: '/list', timeoutMs, signal }).then(
    () => 'answered',
    (error: unknown) => (error as { code: string }).code,
  );
}
async function write({ exchange }: Desk, timeoutMs = 1000, signal = waiting()): Promise<string> {
  const outcome = await exchange.write({ operation: 'book', method: 'POST', path: '/book', timeoutMs, signal });
  return outcome.kind === 'answered' ? 'answered' : `${outcome.kind}: ${outcome.reason}`;
}
async function repeat(times: number, call: () => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  for (let count = 0; count < times; count += 1) answers.push(await call());
  return answers;
}
const breakers = ({ resilience }: Desk): unknown => {
  const [one] = resilience.status();
  return [one?.reads.breaker, one?.writes.breaker];
};

describe('a guarded exchange', () => {
  it.each<[string, RequestListener, string]>([
    ['server errors', json(500), 'practice-unavailable'],
    ['being throttled', json(429), 'practice-unavailable'],
    ['dropped connections', (request) => request.socket.destroy(), 'practice-unavailable'],
    ['silence', () => undefined, 'practice-timeout'],
  ])('%s open the breaker for reads; then nothing leaves', async (_name, answer, code) => {
    const desk = await open(answer);
    const timeoutMs = code === 'practice-timeout' ? 60 : 10_000;
    expect(await repeat(5, () => read(desk, timeoutMs))).toEqual(Array(5).fill(code));
    expect(breakers(desk)).toEqual(['open', 'closed']);
    const calls = desk.paths.length;
    const error: unknown = await desk.exchange
      .read({ operation: 'list', path: '/list', timeoutMs: 60, signal: waiting() })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'practice-unavailable', retryAfterSeconds: 1 });
    expect(desk.paths).toHaveLength(calls);
  });

  it.each<[string, RequestListener]>([
    ['refusals', json(409)],
    ['a key that is not taken', json(401)],
    ['nonsense', (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ])('%s do not open it for reads', async (_name, answer) => {
    const desk = await open(answer);
    await repeat(12, () => read(desk));
    expect(breakers(desk)).toEqual(['closed', 'closed']);
  });

  it.each<[string, RequestListener]>([
    ['server errors', json(500)],
    ['nonsense', (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ])('%s open it for writes, which are then proven not sent', async (_name, answer) => {
    const desk = await open(answer);
    await repeat(5, () => write(desk));
    expect(breakers(desk)).toEqual(['closed', 'open']);
    expect(await write(desk)).toBe('not-sent: breaker-open');
    expect(desk.paths.filter((path) => path === 'POST /book')).toHaveLength(5);
  });

  it('refusals do not open it for writes', async () => {
    const desk = await open(json(409));
    await repeat(12, () => write(desk));
    expect(breakers(desk)).toEqual(['closed', 'closed']);
  });

  it('a consumer that goes is not the fault of the system', async () => {
    const desk = await open(() => undefined);
    await repeat(6, () => read(desk, 10_000, AbortSignal.timeout(20)));
    expect(breakers(desk)).toEqual(['closed', 'closed']);
  });

  it('a deadline of the caller that comes a little before our own is', async () => {
    const desk = await open(() => undefined);
    await repeat(5, () => read(desk, 100, AbortSignal.timeout(70)));
    expect(breakers(desk)).toEqual(['open', 'closed']);
  });

  it('after the pause a read that changes nothing finds out, never a booking', async () => {
    let isWell = false;
    const desk = await open((request, response) => json(isWell ? 404 : 500)(request, response));
    await repeat(5, () => write(desk));
    isWell = true;
    desk.paths.length = 0;
    const answers: string[] = [];
    while (answers.at(-1) !== 'answered') {
      answers.push(await write(desk));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(desk.paths).toEqual(['GET /probe', 'POST /book']);
    expect(new Set(answers.slice(0, -1))).toEqual(new Set(['not-sent: breaker-open']));
  });

  it('during an outage hardly more reads reach it than were asked for', async () => {
    const desk = await open(json(500));
    await repeat(100, () => read(desk));
    expect(desk.paths.length).toBeLessThanOrEqual(110);
    expect(desk.paths.length).toBeLessThanOrEqual(12);
  });

  it('no more than six reads and four writes are with it at a time', async () => {
    let [most, now] = [0, 0];
    const desk = await open((request, response) => {
      most = Math.max(most, (now += 1));
      setTimeout(() => {
        now -= 1;
        json(200)(request, response);
      }, 20);
    });
    const reads = await Promise.all(Array.from({ length: 22 }, () => read(desk)));
    expect([most, new Set(reads)]).toEqual([6, new Set(['answered'])]);
    most = 0;
    const writes = await Promise.all(Array.from({ length: 12 }, () => write(desk)));
    expect([most, new Set(writes)]).toEqual([4, new Set(['answered'])]);
  });
});
