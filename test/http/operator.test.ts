/** The operator port: who is served there, what it shows, and what it never shows. */
import { createServer, type AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/http/operator/metrics.js';
import { booked, freeSlots, patientId, RIVERSIDE_PATIENTS } from '../support/flow.js';
import { startTestGateway } from '../support/gateway.js';
import { OPERATOR, startOperatedGateway, TOKEN, type OperatedGateway } from '../support/operator.js';

let gateway: OperatedGateway;
let patient: string;
let id: string;
beforeAll(async () => {
  gateway = await startOperatedGateway();
  const consumer = gateway.consumer();
  patient = await patientId(consumer);
  const [slot] = await freeSlots(consumer);
  if (!slot) throw new Error('no slot');
  ({ id } = (await booked(consumer, slot, patient)).body);
});
afterAll(() => gateway.stop());

const ATTEMPTS: readonly (readonly [string, object?])[] = [
  ['/attempts'],
  ['/attempts/any'],
  ['/attempts/any/answer', { answer: 'told', reason: 'told them' }],
];

describe('who is served', () => {
  it.each(['', 'wrong', `${TOKEN}x`, TOKEN.slice(1)])(
    'attempts need the token of an operator, not "%s"',
    async (token) => {
      for (const [path, send] of ATTEMPTS) {
        const { status, headers, body } = await gateway.operator(path, send, token);
        expect([status, headers.get('www-authenticate'), body.code]).toEqual([401, 'Bearer', 'access-denied']);
      }
    },
  );

  it('a token counts in no other scheme, and not beside another one', async () => {
    for (const authorization of [`Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}, Bearer x`]) {
      expect((await fetch(`${gateway.operatorUrl}/attempts`, { headers: { authorization } })).status).toBe(401);
    }
    expect((await gateway.operator('/attempts')).status).toBe(200);
  });

  it('nothing of it is on the public port', async () => {
    for (const path of ['/attempts', '/metrics', '/status', `/attempts/${id}`]) {
      const { status } = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  it('without operators there are no attempts to be had', async () => {
    const bare = await startTestGateway({ practices: (yaml) => `${yaml}\noperator: { port: 0 }\n` });
    const url = bare.gateway.operator?.url ?? '';
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    expect((await fetch(`${url}/attempts`, { headers: { authorization: 'Bearer ' } })).status).toBe(401);
    await bare.stop();
  });

  it('a gateway without the part has no such port', async () => {
    const bare = await startTestGateway();
    expect(bare.gateway.operator).toBeUndefined();
    await bare.stop();
  });

  it('a port that is taken keeps the gateway from starting, and the ledger is let go', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as AddressInfo;
    const practices = (yaml: string): string => `${yaml}\noperator: { port: ${port} }\n`;
    await expect(startTestGateway({ practices })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    squatter.close();
  });
});

describe('requests', () => {
  it.each([
    ['/attempts?list=lost', /list takes open, needs-human, unclaimed, possible-duplicate/],
    ['/attempts?lists=open', /parameters are list, practice and olderThanSeconds/],
    ['/attempts?list=open&list=open', /there twice/],
    ['/attempts?olderThanSeconds=10m', /whole number/],
  ])('%s is 400 and says why', async (path, detail) => {
    const { status, body } = await gateway.operator(path);
    expect([status, body.code]).toEqual([400, 'invalid-parameter']);
    expect(body.detail).toMatch(detail);
  });

  it.each<[string, object, RegExp]>([
    ['no reason', { answer: 'told' }, /^reason is missing/],
    ['a reason of no words', { answer: 'told', reason: ' ' }, /3 to 300 characters/],
    ['a reason of two lines', { answer: 'told', reason: 'one\ntwo' }, /one line/],
    ['an NHS number in the reason', { answer: 'told', reason: `for ${RIVERSIDE_PATIENTS[0]}` }, /NHS number/],
    ['one in groups', { answer: 'told', reason: 'patient 999 000 0018 rang' }, /NHS number/],
    ['an unknown answer', { answer: 'maybe', reason: 'who knows' }, /answer must be one of/],
    ['a member nobody knows', { answer: 'told', reason: 'told them', force: true }, /remove the others/],
    ['booked without a reference', { answer: 'booked', reason: 'seen it' }, /needs the practice system's own/],
    [
      'not-booked with one',
      { answer: 'not-booked', references: ['7'], reason: 'seen it' },
      /no other answer takes one/,
    ],
    ['a reference that is none', { answer: 'booked', references: ['7 8'], reason: 'seen it' }, /without spaces/],
    ['unchecked that is no yes or no', { answer: 'told', reason: 'told them', unchecked: 1 }, /true or false/],
  ])('an answer with %s is 400', async (_title, send, detail) => {
    const { status, body } = await gateway.operator(`/attempts/${id}/answer`, send);
    expect(status).toBe(400);
    expect(body.detail).toMatch(detail);
  });

  it('an attempt that waits for nobody takes no answer: 409; one that is not there: 404', async () => {
    const { status, body } = await gateway.operator(`/attempts/${id}/answer`, { answer: 'told', reason: 'told them' });
    expect([status, body.detail]).toEqual([
      409,
      expect.stringMatching(/is BOOKED and does not wait .* takes no answer/),
    ]);
    expect((await gateway.operator('/attempts/nobody')).status).toBe(404);
    const send = { answer: 'not-booked', reason: 'never there' };
    expect((await gateway.operator('/attempts/nobody/answer', send)).status).toBe(404);
  });

  it('a body that is no JSON, too long, or of another type is refused', async () => {
    const post = async (body: string, type = 'application/json'): Promise<number> => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': type };
      return (await fetch(`${gateway.operatorUrl}/attempts/${id}/answer`, { method: 'POST', headers, body })).status;
    };
    expect([await post('{'), await post(`"${'x'.repeat(20_000)}"`), await post('{}', 'text/plain')]).toEqual([
      400, 413, 415,
    ]);
  });

  it('each is audited with who asked, also one that was refused', async () => {
    const { audit } = gateway.gateway.records;
    await audit.flush();
    const before = (await audit.rows(1, 10_000)).length;
    await gateway.operator('/attempts');
    await gateway.operator(`/attempts/${id}`);
    await gateway.operator('/attempts', undefined, 'wrong');
    await audit.flush();
    const rows = (await audit.rows(before + 1, 100)).map(({ event }) => event);
    expect(rows).toMatchObject([
      { kind: 'operator-request', interaction: 'attempts list', status: 200, userName: OPERATOR },
      { interaction: 'attempts show', status: 200, resources: [`Appointment/${id}`], practice: 'A99901' },
      { interaction: 'attempts list', status: 401, code: 'access-denied' },
    ]);
    expect(rows[2]?.userName).toBeUndefined();
  });
});

describe('health and metrics', () => {
  it('answer without a token', async () => {
    // To the process, time that goes on without its timers is a loop that stands still.
    gateway.skip(10_000);
    const expected = { '/livez': 503, '/readyz': 200, '/status': 200, '/metrics': 200 };
    for (const [path, right] of Object.entries(expected)) {
      const { status, headers } = await gateway.operator(path, undefined, '');
      expect([path, status, headers.get('cache-control')]).toEqual([path, right, 'no-store']);
    }
    const { body } = await gateway.operator('/status');
    expect(body.practices[0]).toEqual({
      practice: 'A99901',
      name: expect.any(String),
      open: 0,
      needsHuman: 0,
      unclaimed: 0,
      possibleDuplicates: 0,
      oldestOpenSeconds: 0,
      reads: { breaker: 'closed', underWay: 0, waiting: 0, refused: 0 },
      writes: { breaker: 'closed', underWay: 0, waiting: 0, refused: 0 },
      ...(body.practices[0].lastAnswerAt && { lastAnswerAt: expect.stringMatching(/^2026-/) }),
    });
  });

  it('metrics say how it stands between the gateway and a practice system', async () => {
    const condition = (breaker: 'open' | 'half-open', underWay: number, waiting: number, refused: number) => {
      return { breaker, underWay, waiting, refused };
    };
    const text = await createMetrics(new Registry()).write({
      version: '1',
      isReady: true,
      practices: ['A99901'],
      tasks: [],
      conditions: [
        {
          practice: 'A99901',
          reads: condition('half-open', 1, 2, 3),
          writes: condition('open', 4, 5, 6),
          lastAnswerAt: undefined,
        },
      ],
      uptimeSeconds: 1,
      residentBytes: 1,
      loopDelay: { p99Seconds: 0, maxSeconds: 0 },
    });
    const told = [...text.matchAll(/^slotbridge_practice_(\w+)\{practice="A99901",direction="(\w+)"\} (\d+)$/gm)];
    expect(told.map(([, measure, direction, value]) => `${measure} ${direction} ${value}`)).toEqual([
      'breaker_state reads 1',
      'breaker_state writes 2',
      'calls_under_way reads 1',
      'calls_under_way writes 4',
      'calls_waiting reads 2',
      'calls_waiting writes 5',
      'calls_refused reads 3',
      'calls_refused writes 6',
    ]);
  });

  it('metrics are Prometheus text, with bounded labels and nothing personal', async () => {
    const { text, headers } = await gateway.operator('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = text.split('\n').filter((line) => line !== '');
    const sample = /^[a-z_]+(?:\{[a-z]+="[^"\n]*"(?:,[a-z]+="[^"\n]*")*\})? (?:[0-9.e+-]+|NaN)$/;
    for (const line of lines) expect(line).toMatch(line.startsWith('#') ? /^# (?:HELP|TYPE) [a-z_]+ ./ : sample);
    // Each family once, its type before its samples.
    const families = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(families).size).toBe(families.length);
    for (const name of ['slotbridge_open_attempts', 'slotbridge_needs_human_attempts', 'slotbridge_requests_total']) {
      expect(families).toContain(name);
    }
    expect(text).toContain('slotbridge_booking_answers_total{practice="A99901",class="done"} 1\n');
    const measures = ['breaker_state', 'calls_under_way', 'calls_waiting', 'calls_refused'];
    for (const [measure, direction] of measures.flatMap((one) => [[one, 'reads'] as const, [one, 'writes'] as const])) {
      expect(lines).toContain(`slotbridge_practice_${measure}{practice="A99901",direction="${direction}"} 0`);
    }
    expect(lines).toContain('slotbridge_ledger_hindrance{reason="disk-error"} 0');
    expect(lines).toContain('slotbridge_ledger_shed_total{reason="slow-commits"} 0');
    const labels = new Set([...text.matchAll(/[{,]([a-z]+)=/g)].map((match) => match[1]));
    const known = [
      'age',
      'class',
      'direction',
      'event',
      'interaction',
      'le',
      'level',
      'practice',
      'quantile',
      'reason',
      'state',
      'status',
      'version',
    ];
    expect([...labels].filter((label) => !known.includes(label ?? ''))).toEqual([]);
    for (const secret of [patient, id, ...RIVERSIDE_PATIENTS]) expect(text).not.toContain(secret);
  });

  it('requests to practices that nobody knows do not make new series', async () => {
    const count = async (): Promise<number> => (await gateway.operator('/metrics')).text.split('\n').length;
    await gateway.consumer('Z0').get('readPatient', '/Patient/x');
    const before = await count();
    for (let n = 1; n < 20; n += 1) await gateway.consumer(`Z${n}`).get('readPatient', '/Patient/x');
    expect(await count()).toBe(before);
  });
});
