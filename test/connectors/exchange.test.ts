import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createExchange,
  type Exchange,
  type ExchangeLimits,
  type WriteOutcome,
} from '../../src/connectors/exchange/index.js';
import type { LogFields, Runtime } from '../../src/ports/runtime.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Logged {
  readonly event: string;
  readonly fields: LogFields;
}

function exchangeFor(baseUrl: string, limits: Partial<ExchangeLimits> = {}): { exchange: Exchange; logged: Logged[] } {
  const logged: Logged[] = [];
  const record = (event: string, fields: LogFields = {}): void => void logged.push({ event, fields });
  const runtime: Runtime = {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: { sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 10)) },
    ids: { next: () => 'not-used' },
    random: { fraction: () => 0.5 },
  };
  const exchange = createExchange({
    baseUrl,
    headers: { finance: 'key-of-tests' },
    system: 'hmis',
    practice: 'A99901',
    log: { info: record, warn: record, error: record },
    runtime,
    limits,
  });
  cleanups.push(() => exchange.close());
  return { exchange, logged };
}

async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}

async function http(
  listener: RequestListener,
): Promise<{ url: string; requests: IncomingMessage[]; ports: (number | undefined)[] }> {
  const requests: IncomingMessage[] = [];
  const ports: (number | undefined)[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    ports.push(request.socket.remotePort);
    request.resume();
    listener(request, response);
  });
  const port = await listen(server);
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${port}/rh`, requests, ports };
}

async function tcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  const port = await listen(server);
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return port;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

const read = (exchange: Exchange, path = '/things', timeoutMs = 1000, signal = new AbortController().signal) =>
  exchange.read({ operation: 'list', path, timeoutMs, signal });
const write = (exchange: Exchange, timeoutMs = 1000, signal = new AbortController().signal) =>
  exchange.write({ operation: 'book', method: 'POST', path: '/things', body: { a: 1 }, timeoutMs, signal });

describe('exchange: reads', () => {
  it('answers JSON below the base path and sends the credential', async () => {
    const { url, requests } = await http((_, response) => answer(response, 200, { ok: true }));
    const { exchange } = exchangeFor(url);
    expect(await read(exchange)).toEqual({ status: 200, json: { ok: true }, bytes: 11 });
    expect(requests[0]?.url).toBe('/rh/things');
    expect(requests[0]?.headers['finance']).toBe('key-of-tests');
  });

  it('gives a 404 with JSON back as an answer', async () => {
    const { url } = await http((_, response) => answer(response, 404, { no: 1 }));
    expect((await read(exchangeFor(url).exchange)).status).toBe(404);
  });

  it('uses one connection for reads one after the other', async () => {
    const { url, ports } = await http((_, response) => answer(response, 200, []));
    const { exchange } = exchangeFor(url, { connections: 1 });
    await read(exchange);
    await read(exchange);
    expect(ports[0]).toBe(ports[1]);
  });

  it('decodes gzip', async () => {
    const body = gzipSync('{"a":1}');
    const { url } = await http((_, response) => answer(response, 200, body, { 'content-encoding': 'gzip' }));
    expect((await read(exchangeFor(url).exchange)).json).toEqual({ a: 1 });
  });

  const nonsense: [string, RequestListener, string][] = [
    ['HTML', (_, r) => answer(r, 200, '<html>', { 'content-type': 'text/html' }), 'content-type'],
    ['HTML called JSON', (_, r) => answer(r, 200, '<html>'), 'not-json'],
    ['an empty body', (_, r) => answer(r, 200, ''), 'not-json'],
    ['a byte order mark', (_, r) => answer(r, 200, Buffer.from('\ufeff{}')), 'not-json'],
    [
      'another charset',
      (_, r) => answer(r, 200, '{}', { 'content-type': 'application/json; charset=utf-16' }),
      'content-type',
    ],
    ['bytes that are no UTF-8', (_, r) => answer(r, 200, Buffer.from([0x22, 0xff, 0x22])), 'not-utf8'],
    ['a redirect', (_, r) => answer(r, 302, '{}', { location: 'http://127.0.0.1:1/' }), 'redirect'],
    ['too long a body', (_, r) => answer(r, 200, JSON.stringify('x'.repeat(5000))), 'too-large'],
    [
      'a gzip bomb',
      (_, r) => answer(r, 200, gzipSync(JSON.stringify('x'.repeat(500_000))), { 'content-encoding': 'gzip' }),
      'too-large',
    ],
    ['another encoding', (_, r) => answer(r, 200, '{}', { 'content-encoding': 'br' }), 'content-encoding'],
    [
      'an answer that breaks off',
      (_, r) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        r.write('{"a":');
        setTimeout(() => r.destroy(), 20);
      },
      'truncated',
    ],
  ];
  it.each(nonsense)('calls %s a fault, at the first try', async (_, listener, reason) => {
    const { url, requests } = await http(listener);
    const { exchange, logged } = exchangeFor(url, { maxBytes: 2000 });
    await expect(read(exchange)).rejects.toMatchObject({ code: 'practice-system-fault', practice: 'A99901' });
    expect(logged.map((line) => line.fields.reason)).toEqual([reason]);
    expect(requests).toHaveLength(1);
  });

  it('calls an answer that is no HTTP a fault', async () => {
    const port = await tcp((socket) => socket.once('data', () => socket.end('SSH-2.0-whatever\r\n\r\n')));
    await expect(read(exchangeFor(`http://127.0.0.1:${port}`).exchange)).rejects.toMatchObject({
      code: 'practice-system-fault',
    });
  });

  it('asks once more after a 5xx, and no third time', async () => {
    let status = 200;
    const { url, requests } = await http((_, response) => answer(response, status, '{}'));
    const { exchange } = exchangeFor(url);
    // Enough repeats saved up that only the rule itself can stop a third try.
    for (let i = 0; i < 30; i += 1) await read(exchange);
    requests.length = 0;
    status = 503;
    await expect(read(exchange)).rejects.toMatchObject({ code: 'practice-unavailable' });
    expect(requests).toHaveLength(2);
  });

  it('answers what the second try gives', async () => {
    let tries = 0;
    const { url } = await http((_, response) => answer(response, (tries += 1) === 1 ? 500 : 200, '{}'));
    expect((await read(exchangeFor(url).exchange)).status).toBe(200);
  });

  it('does not ask again when told to slow down', async () => {
    const { url, requests } = await http((_, response) => answer(response, 429, '{}', { 'retry-after': '1' }));
    await expect(read(exchangeFor(url).exchange)).rejects.toMatchObject({ code: 'practice-unavailable' });
    expect(requests).toHaveLength(1);
  });

  it('spends few repeats while everything fails', async () => {
    const { url, requests } = await http((_, response) => answer(response, 500, '{}'));
    const { exchange } = exchangeFor(url);
    for (let i = 0; i < 20; i += 1) await read(exchange).catch(() => undefined);
    expect(requests.length).toBeLessThanOrEqual(25);
  });

  it('calls a refused connection and an unknown host unavailable', async () => {
    const refused = exchangeFor(`http://127.0.0.1:${await closedPort()}`).exchange;
    await expect(read(refused)).rejects.toMatchObject({ code: 'practice-unavailable' });
    await expect(read(exchangeFor('http://nowhere.invalid').exchange)).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
  });

  it('gives up at the deadline, precisely', async () => {
    const { url } = await http(() => undefined);
    const started = performance.now();
    await expect(read(exchangeFor(url).exchange, '/slow', 150)).rejects.toMatchObject({ code: 'practice-timeout' });
    expect(performance.now() - started).toBeLessThan(900);
  });

  it('gives up at the deadline while a body trickles', async () => {
    const { url } = await http((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    await expect(read(exchangeFor(url).exchange, '/slow', 150)).rejects.toMatchObject({ code: 'practice-timeout' });
  });

  it('ends when nobody waits any more', async () => {
    const { url, requests } = await http(() => undefined);
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(), 50);
    await expect(read(exchangeFor(url).exchange, '/slow', 5000, waiting.signal)).rejects.toMatchObject({
      code: 'practice-timeout',
    });
    expect(requests).toHaveLength(1);
  });

  it('logs neither path nor body, and tells the consumer nothing of either', async () => {
    const { url } = await http((_, response) => answer(response, 200, 'Jane Roe 9990000018'));
    const { exchange, logged } = exchangeFor(url);
    const error: unknown = await read(exchange, '/patients/search?phn=9990000018').catch((thrown: unknown) => thrown);
    expect(JSON.stringify(logged) + String(error)).not.toMatch(/9990000018|Jane|search/);
    expect(logged).toHaveLength(1);
  });
});

describe('exchange: writes', () => {
  it('answers, and opens a connection for each', async () => {
    const { url, requests, ports } = await http((_, response) => answer(response, 201, { id: 1 }));
    const { exchange } = exchangeFor(url);
    await write(exchange);
    expect(await write(exchange)).toEqual({ kind: 'answered', answer: { status: 201, json: { id: 1 }, bytes: 8 } });
    expect(ports[0]).not.toBe(ports[1]);
    expect(requests[0]?.headers.connection).toBe('close');
  });

  it('proves "not sent" for a refused connection and an unknown host', async () => {
    const refused = exchangeFor(`http://127.0.0.1:${await closedPort()}`).exchange;
    expect(await write(refused)).toEqual({ kind: 'not-sent', reason: 'ECONNREFUSED' });
    expect((await write(exchangeFor('http://nowhere.invalid').exchange)).kind).toBe('not-sent');
  });

  it('proves "not sent" for a TLS handshake that fails or never ends', async () => {
    const wrong = await tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await write(exchangeFor(`https://127.0.0.1:${wrong}`).exchange)).kind).toBe('not-sent');
    const silent = await tcp(() => undefined);
    const { exchange } = exchangeFor(`https://127.0.0.1:${silent}`, { connectMs: 50 });
    expect(await write(exchange)).toEqual({ kind: 'not-sent', reason: 'connect-timeout' });
  });

  it('proves "not sent" when the deadline comes before the connection', async () => {
    const silent = await tcp(() => undefined);
    const { exchange } = exchangeFor(`https://127.0.0.1:${silent}`);
    expect(await write(exchange, 60)).toEqual({ kind: 'not-sent', reason: 'deadline-before-connection' });
  });

  it('sends nothing for a caller that has gone', async () => {
    const { url, requests } = await http((_, response) => answer(response, 200, '{}'));
    expect(await write(exchangeFor(url).exchange, 1000, AbortSignal.abort())).toEqual({
      kind: 'not-sent',
      reason: 'nobody-waits',
    });
    expect(requests).toHaveLength(0);
  });

  it('asks whether it may still send when the connection stands, and sends nothing when it may not', async () => {
    let connections = 0;
    const received: Buffer[] = [];
    const port = await tcp((socket) => {
      connections += 1;
      socket.on('data', (chunk) => void received.push(chunk));
    });
    const { exchange } = exchangeFor(`http://127.0.0.1:${port}`);
    const { signal } = new AbortController();
    let asked = 0;
    const maySend = (): boolean => (asked += 1) === 0;
    const request = { operation: 'book', method: 'POST', path: '/things', timeoutMs: 1000, signal, maySend } as const;
    expect(await exchange.write(request)).toEqual({ kind: 'not-sent', reason: 'lease-too-old' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([asked, connections, received]).toEqual([1, 1, []]);
  });

  it('is not stopped by a caller that goes while it is under way', async () => {
    const { url } = await http((_, response) => void setTimeout(() => answer(response, 200, '{"a":1}'), 120));
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(), 60);
    expect((await write(exchangeFor(url).exchange, 1000, waiting.signal)).kind).toBe('answered');
  });

  const unknown: [string, RequestListener, string][] = [
    ['500', (_, r) => answer(r, 500, '{}'), 'server-error'],
    ['503 with Retry-After', (_, r) => answer(r, 503, '{}', { 'retry-after': '1' }), 'server-error'],
    ['429', (_, r) => answer(r, 429, '{}'), 'throttled'],
    ['408', (_, r) => answer(r, 408, '{}'), 'throttled'],
    ['a redirect', (_, r) => answer(r, 308, '{}', { location: 'http://127.0.0.1:1/' }), 'redirect'],
    ['HTML', (_, r) => answer(r, 200, '<p>', { 'content-type': 'text/html' }), 'content-type'],
    ['no body', (_, r) => answer(r, 200, ''), 'not-json'],
    ['too much', (_, r) => answer(r, 200, JSON.stringify('x'.repeat(3000))), 'too-large'],
    ['a reset', (request) => request.socket.resetAndDestroy(), 'ECONNRESET'],
    ['an early end', (request) => request.socket.end(), 'UND_ERR_SOCKET'],
  ];
  it.each(unknown)('is unknown after %s, and sent once only', async (_, listener, reason) => {
    const { url, requests } = await http(listener);
    const { exchange } = exchangeFor(url, { maxBytes: 2000 });
    expect(await write(exchange)).toEqual({ kind: 'unknown', reason });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(requests).toHaveLength(1);
  });

  it('answers "unknown" at the deadline and the truth when it comes', async () => {
    const { url, requests } = await http(
      (_, response) => void setTimeout(() => answer(response, 201, '{"id":7}'), 250),
    );
    const { exchange } = exchangeFor(url);
    const outcome = await write(exchange, 100);
    expect(outcome).toMatchObject({ kind: 'unknown', reason: 'timeout' });
    const late = await (outcome as Extract<WriteOutcome, { kind: 'unknown' }>).late;
    expect(late).toMatchObject({ kind: 'answered', answer: { status: 201, json: { id: 7 } } });
    expect(requests[0]?.destroyed).toBe(true);
  });

  it('stops listening after the settle time', async () => {
    const { url } = await http(() => undefined);
    const outcome = await write(exchangeFor(url, { settleMs: 100 }).exchange, 50);
    const late = await (outcome as Extract<WriteOutcome, { kind: 'unknown' }>).late;
    expect(late?.kind).toBe('unknown');
  });

  it('refuses further writes while too many are open', async () => {
    const { url, requests } = await http(() => undefined);
    const { exchange } = exchangeFor(url, { maxDetached: 1, settleMs: 300 });
    const first = (await write(exchange, 50)) as Extract<WriteOutcome, { kind: 'unknown' }>;
    expect(await write(exchange, 50)).toEqual({ kind: 'not-sent', reason: 'too-many-open-writes' });
    expect(requests).toHaveLength(1);
    await first.late;
    expect((await write(exchange, 50)).kind).toBe('unknown');
  });

  it('takes an empty answer where the request allows one', async () => {
    const { url } = await http((_, response) => void response.writeHead(204).end());
    const { exchange } = exchangeFor(url);
    const signal = new AbortController().signal;
    const outcome = await exchange.write({
      operation: 'cancel',
      method: 'DELETE',
      path: '/things/1',
      timeoutMs: 500,
      signal,
      allowEmpty: true,
    });
    expect(outcome).toEqual({ kind: 'answered', answer: { status: 204, json: undefined, bytes: 0 } });
  });
});
