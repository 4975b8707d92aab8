import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import { createSimulationServer, type Simulation } from '../../src/connectors/simulation/server.js';

const NOON = Date.UTC(2026, 4, 18, 12);

let effects = 0;
let simulation: Simulation;

afterEach(async () => {
  await simulation.close();
});

async function start(): Promise<void> {
  effects = 0;
  simulation = await createSimulationServer({
    now: () => NOON,
    handle: ({ method, path, query, body, rawBody }) => {
      effects += 1;
      return { status: 200, body: { method, path, query: query.toString(), body, rawBody, proper: true } };
    },
    malformedJson: () => ({ status: 422, body: 'no JSON' }),
    systemFaults: { 'key-expired': () => ({ status: 401, body: { message: 'key' } }) },
    actions: { 'POST desk': ({ body }) => ({ status: 200, body: { did: body } }) },
  });
}

function call(path = '/thing', init?: RequestInit): Promise<Response> {
  return fetch(`${simulation.url}${path}`, { redirect: 'manual', ...init });
}

function post(path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return call(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

describe('simulation server', () => {
  test('hands the request over parsed and sends the answer with the date of its own clock', async () => {
    await start();
    const answer = await post('/a/b?x=1&y=z%20z', { n: 1 });
    expect(answer.headers.get('date')).toBe('Mon, 18 May 2026 12:00:00 GMT');
    expect(await answer.json()).toMatchObject({ method: 'POST', path: '/a/b', query: 'x=1&y=z+z', body: { n: 1 } });
  });

  test('keeps connections open between calls', async () => {
    await start();
    const ports = new Set<number | undefined>();
    const { Agent } = await import('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise<void>((resolve, reject) => {
        httpRequest(`${simulation.url}/x`, { agent }, (response) => {
          ports.add(response.socket.localPort);
          response.resume().on('end', resolve);
        })
          .on('error', reject)
          .end();
      });
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  test('answers malformed JSON as the simulated system would, without acting', async () => {
    await start();
    const answer = await post('/a', '{"n":');
    expect([answer.status, await answer.text(), effects]).toEqual([422, 'no JSON', 0]);
  });

  test('leaves bodies of other types unparsed', async () => {
    await start();
    const answer = await call('/a', { method: 'POST', body: new URLSearchParams({ grant: 'x' }) });
    expect(await answer.json()).toMatchObject({ rawBody: 'grant=x' });
  });
});

describe('scripted faults', () => {
  const cases: readonly [FaultScript['fault'], number, (answer: Promise<Response>) => Promise<void>][] = [
    [{ kind: 'drop' }, 0, (answer) => expect(answer).rejects.toThrow()],
    [{ kind: 'drop', when: 'after' }, 1, (answer) => expect(answer).rejects.toThrow()],
    [
      { kind: 'status', status: 503, body: { a: 1 }, headers: { 'retry-after': '2' } },
      0,
      async (answer) => {
        const { status, headers } = await answer;
        expect([status, headers.get('retry-after')]).toEqual([503, '2']);
        expect(await (await answer).json()).toEqual({ a: 1 });
      },
    ],
    [{ kind: 'status', status: 500, when: 'after' }, 1, async (answer) => expect((await answer).status).toBe(500)],
    [{ kind: 'html' }, 0, (answer) => expectHtml(answer, 500)],
    [{ kind: 'html', status: 200, when: 'after' }, 1, (answer) => expectHtml(answer, 200)],
    [{ kind: 'truncated' }, 1, expectCut],
    [{ kind: 'truncated', when: 'before' }, 0, expectCut],
    [
      { kind: 'wrong-envelope' },
      0,
      async (answer) => expect(await (await answer).json()).toEqual({ ok: true, result: [] }),
    ],
    [
      { kind: 'wrong-envelope', when: 'after', body: [1] },
      1,
      async (answer) => expect(await (await answer).json()).toEqual([1]),
    ],
    [
      { kind: 'redirect', to: 'http://decoy.invalid/', status: 308 },
      0,
      async (answer) => {
        const { status, headers } = await answer;
        expect([status, headers.get('location')]).toEqual([308, 'http://decoy.invalid/']);
      },
    ],
    [
      { kind: 'huge', bytes: 1_000_001 },
      0,
      async (answer) => expect(((await (await answer).json()) as string).length).toBe(999_999),
    ],
    [
      { kind: 'not-json', when: 'after' },
      1,
      async (answer) => {
        expect((await answer).headers.get('content-type')).toBe('application/json');
        await expect((await answer).json()).rejects.toThrow();
      },
    ],
    [
      { kind: 'trickle', bytes: 40, ms: 1 },
      1,
      async (answer) => expect(await (await answer).json()).toMatchObject({ proper: true }),
    ],
    [{ kind: 'system', name: 'key-expired' }, 0, async (answer) => expect((await answer).status).toBe(401)],
  ];

  async function expectHtml(answer: Promise<Response>, status: number): Promise<void> {
    const { status: got, headers } = await answer;
    expect([got, headers.get('content-type')]).toEqual([status, 'text/html;charset=utf-8']);
    expect(await (await answer).text()).toMatch(/^<!DOCTYPE html>/);
  }

  async function expectCut(answer: Promise<Response>): Promise<void> {
    expect((await answer).status).toBe(200);
    await expect((await answer).text()).rejects.toThrow();
  }

  test.each(cases)('%j acts %i times', async (fault, acted, check) => {
    await start();
    simulation.faults.script({ fault });
    await check(call());
    expect(effects).toBe(acted);
    expect(await (await call()).json()).toMatchObject({ proper: true });
  });

  test.each([
    ['before' as const, 0],
    ['after' as const, 1],
  ])('a delay %s the effect answers properly in the end', async (when, soon) => {
    await start();
    simulation.faults.script({ fault: { kind: 'delay', ms: 120, when } });
    const answer = call();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(effects).toBe(soon);
    expect(await (await answer).json()).toMatchObject({ proper: true });
    expect(effects).toBe(1);
  });

  test('a delayed effect comes about although the caller has left', async () => {
    await start();
    simulation.faults.script({ fault: { kind: 'delay', ms: 800 } });
    await expect(call('/thing', { signal: AbortSignal.timeout(20) })).rejects.toThrow();
    expect(effects).toBe(0);
    await expect.poll(() => effects, { timeout: 10_000 }).toBe(1);
  });

  test.each([
    ['before' as const, 0],
    ['after' as const, 1],
  ])('a hang %s the effect never answers and does not keep the simulation from closing', async (when, acted) => {
    await start();
    simulation.faults.script({ times: 2, fault: { kind: 'hang', when } });
    await expect(call('/thing', { signal: AbortSignal.timeout(60) })).rejects.toThrow(/timeout/);
    const left = call().catch((error: unknown) => error);
    await expect.poll(() => simulation.requests.all().length).toBe(2);
    await simulation.close();
    expect(await left).toBeInstanceOf(TypeError);
    expect(effects).toBe(2 * acted);
  });

  test('hit the calls they match, after those to be skipped, as often as they say', async () => {
    await start();
    const scripted = simulation.faults.script({
      match: { method: 'post', path: '/a/*/c' },
      skip: 1,
      times: 2,
      fault: { kind: 'status', status: 500 },
    });
    const statuses = [];
    for (const [method, path] of [
      ['GET', '/a/b/c'],
      ['POST', '/a/b'],
      ['POST', '/a/b/c'],
      ['POST', '/a/b/c?q=1'],
      ['POST', '/a/x/y/c'],
      ['POST', '/a/b/c'],
    ] as const) {
      statuses.push((await call(path, { method })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 500, 500, 200]);
    expect(scripted.used()).toBe(2);
    expect(simulation.faults.pending()).toEqual([]);
  });

  test('stay until removed when they are for always', async () => {
    await start();
    const scripted = simulation.faults.script({ times: 'always', fault: { kind: 'status', status: 500 } });
    expect([(await call()).status, (await call()).status]).toEqual([500, 500]);
    scripted.remove();
    expect((await call()).status).toBe(200);
  });

  test('of an unknown name are refused when scripted', async () => {
    await start();
    expect(() => simulation.faults.script({ fault: { kind: 'system', name: 'fire' } })).toThrow(/key-expired/);
  });
});

describe('control addresses', () => {
  test('script and forget faults', async () => {
    await start();
    expect((await post('/__simulation/faults', { times: 2, fault: { kind: 'status', status: 500 } })).status).toBe(201);
    expect((await call()).status).toBe(500);
    const listed = (await (await call('/__simulation/faults')).json()) as { faults: unknown[] };
    expect(listed.faults).toHaveLength(1);
    expect((await call('/__simulation/faults', { method: 'DELETE' })).status).toBe(204);
    expect((await call()).status).toBe(200);
  });

  test('name every problem of a bad script', async () => {
    await start();
    const answer = await post('/__simulation/faults', { times: 0, fault: { kind: 'explode' } });
    const { problems } = (await answer.json()) as { problems: string[] };
    expect(answer.status).toBe(400);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(expect.arrayContaining(['times', 'fault.kind']));
    expect((await post('/__simulation/faults', { fault: { kind: 'system', name: 'fire' } })).status).toBe(400);
  });

  test('show what was asked, without the values of parameters', async () => {
    await start();
    simulation.faults.script({ fault: { kind: 'drop' } });
    await call('/p?phone=07700900123').catch(() => undefined);
    await call('/p?phone=07700900123&nic=1');
    const text = await (await call('/__simulation/requests')).text();
    expect(text).not.toContain('07700900123');
    const at = '2026-05-18T12:00:00.000Z';
    expect(JSON.parse(text)).toEqual({
      requests: [
        { method: 'GET', path: '/p', parameters: ['phone'], at, status: null, effect: false, fault: 'drop' },
        { method: 'GET', path: '/p', parameters: ['phone', 'nic'], at, status: 200, effect: true },
      ],
      counts: { 'GET /p': 2 },
    });
    expect(simulation.requests.count({ method: 'GET', path: '/p' })).toBe(2);
    expect((await call('/__simulation/requests', { method: 'DELETE' })).status).toBe(204);
    expect(simulation.requests.count()).toBe(0);
  });

  test('say that it is up, do what the system adds and list themselves', async () => {
    await start();
    expect(await (await call('/__simulation/health')).json()).toEqual({ status: 'ok' });
    expect(await (await post('/__simulation/desk', { a: 1 })).json()).toEqual({ did: { a: 1 } });
    const unknown = await call('/__simulation/nothing');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({
      actions: expect.arrayContaining(['POST desk', 'GET health']) as unknown,
    });
    expect(effects).toBe(0);
  });
});
