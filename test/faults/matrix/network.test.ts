/**
 * The part of the fault matrix that lies between the gateway and the practice: a connection that does not come about
 * (F01, F02) and one that does not hold (F17), at the moment of a booking or a cancellation, with a proxy in between.
 */
import dns from 'node:dns';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cancelled, put } from '../../support/appointments.js';
import { createAuthority, type Authority } from '../../support/certificates.js';
import type { TestAnswer } from '../../support/consumer.js';
import { booked, bookingBody, expectRefusal, slotPath } from '../../support/flow.js';
import { startTcpProxy, type NetworkTrouble, type TcpProxy, type TlsPaper } from '../../support/tcp-proxy.js';
import type { AttemptState } from '../../../src/ports/ledger.js';
import { startMatrixWorld, type MatrixWorld } from './world.js';

type Step = 'book' | 'cancel';

interface Ending {
  readonly answer: number | readonly [number, string];
  readonly trail: readonly AttemptState[];
  readonly effects: 0 | 1;
  readonly later: readonly [AttemptState, 0 | 1];
}

const SENT: readonly AttemptState[] = ['RECEIVED', 'CONFIRMING'];
/** What is true when nothing has left, when it has been carried out and proven, and when it has been lost on the way. */
const ENDINGS: Readonly<Record<Step, Readonly<Record<'unsent' | 'plain' | 'proven' | 'lost', Ending>>>> = {
  book: {
    unsent: { answer: [503, 'transient'], trail: [...SENT, 'NOT_BOOKED'], effects: 0, later: ['NOT_BOOKED', 0] },
    plain: { answer: 201, trail: [...SENT, 'BOOKED'], effects: 1, later: ['BOOKED', 1] },
    proven: { answer: 201, trail: [...SENT, 'CONFIRM_OPEN', 'BOOKED'], effects: 1, later: ['BOOKED', 1] },
    lost: { answer: [504, 'timeout'], trail: [...SENT, 'CONFIRM_OPEN'], effects: 0, later: ['NOT_BOOKED', 0] },
  },
  cancel: {
    unsent: { answer: [503, 'transient'], trail: ['CANCELLING', 'BOOKED'], effects: 1, later: ['BOOKED', 1] },
    plain: { answer: 200, trail: ['CANCELLING', 'CANCELLED'], effects: 0, later: ['CANCELLED', 0] },
    proven: { answer: 200, trail: ['CANCELLING', 'CANCEL_OPEN', 'CANCELLED'], effects: 0, later: ['CANCELLED', 0] },
    lost: { answer: [504, 'timeout'], trail: ['CANCELLING', 'CANCEL_OPEN'], effects: 1, later: ['CANCELLED', 0] },
  },
};

/** Makes the trouble after the practice has been read, plays the step, and holds all of it to the ending. */
async function play(
  world: MatrixWorld,
  step: Step,
  ending: keyof (typeof ENDINGS)[Step],
  trouble: () => unknown,
  over: () => unknown,
): Promise<void> {
  const { gateway, patient, standsAt } = world;
  const consumer = gateway.consumer();
  const slot = world.nextSlot();
  // From here on there are connections for all the reads of a step.
  const { body: made } = await booked(consumer, step === 'cancel' ? slot : world.nextSlot(), patient);
  const seq = await world.nextSeq();
  await trouble();
  const answer: TestAnswer =
    step === 'cancel'
      ? await put(consumer, 'cancel', cancelled(made))
      : await consumer.post('book', '/Appointment', bookingBody(slot, patient));
  await over();
  const { id, states, requests } = await world.auditedSince(seq);
  // On a slow machine there may be no time left for the proof: then nobody knows until later.
  const isLate = ending === 'proven' && answer.status === 504;
  const { later } = ENDINGS[step][ending];
  const expected = isLate ? { ...ENDINGS[step].lost, effects: later[1] } : ENDINGS[step][ending];
  const [status, code] = typeof expected.answer === 'number' ? [expected.answer, undefined] : expected.answer;
  expect({
    status: answer.status,
    code: answer.status < 300 ? undefined : answer.body.issue[0].code,
    trail: states,
    effects: standsAt(slot),
    requests,
  }).toEqual({ status, code, trail: expected.trail, effects: expected.effects, requests: 1 });
  for (let waited = 0; waited < 15_000 && (await world.isOpen(id ?? '')); waited += 50) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const attempt = await gateway.gateway.records.ledger.findAttempt(id as never);
  expect([attempt?.state, standsAt(slot)]).toEqual(later);
}

const RIVERSIDE = 'baseUrl: { env: SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_URL }';
const isLong = process.env['SLOTBRIDGE_FAULTS'] === 'all';
const STEPS: readonly Step[] = ['book', 'cancel'];
const eachStep = <T>(rows: readonly T[]): readonly (readonly [T, Step])[] =>
  rows.flatMap((row) => STEPS.map((step) => [row, step] as const));

describe('over a bare connection', () => {
  let world: MatrixWorld;
  let proxy: TcpProxy;
  let isKnown = true;
  const lookup = dns.lookup;
  beforeAll(async () => {
    proxy = await startTcpProxy();
    // The name resolver of the machine, as far as the practice's name goes.
    const resolve = (name: string, ...rest: unknown[]): void => {
      if (name !== 'riverside-practice') return void Reflect.apply(lookup, dns, [name, ...rest]);
      if (isKnown) return void Reflect.apply(lookup, dns, ['127.0.0.1', ...rest]);
      const answer = rest.at(-1) as (error: Error) => void;
      setImmediate(() => answer(Object.assign(new Error('not known'), { code: 'ENOTFOUND' })));
    };
    dns.lookup = resolve as typeof dns.lookup;
    world = await startMatrixWorld(
      (yaml) => yaml.replaceAll(RIVERSIDE, `baseUrl: 'http://riverside-practice:${proxy.port}'`),
      ({ riverside }) => proxy.to(Number(new URL(riverside.url).port)),
    );
  });
  afterEach(() => proxy.make(undefined));
  afterAll(async () => {
    await world.stop();
    await proxy.close();
    dns.lookup = lookup;
  });

  it.each(STEPS)('F01 %s: a port that refuses', async (step) => {
    const before = proxy.writes();
    await play(
      world,
      step,
      'unsent',
      () => proxy.refuse(true),
      () => proxy.refuse(false),
    );
    // The booking that was made before.
    expect(proxy.writes() - before).toBe(1);
  });

  it.each(isLong ? STEPS : STEPS.slice(0, 1))('F01 %s: a name that nobody knows', async (step) => {
    await play(
      world,
      step,
      'unsent',
      () => (isKnown = false),
      () => (isKnown = true),
    );
  });

  it('F01: where the practice cannot be read either, nothing is claimed', async () => {
    const { gateway, patient } = world;
    const slot = world.nextSlot();
    const seq = await world.nextSeq();
    isKnown = false;
    proxy.drop();
    const answers = [
      await gateway.consumer().get('searchSlots', slotPath()),
      await gateway.consumer().post('book', '/Appointment', bookingBody(slot, patient)),
    ];
    isKnown = true;
    for (const answer of answers) expect(expectRefusal(answer, 503, 'INTERNAL_SERVER_ERROR').code).toBe('transient');
    expect(await world.auditedSince(seq)).toEqual({ id: undefined, states: [], requests: 2 });
    expect(world.standsAt(slot)).toBe(0);
  });

  type Row = readonly [title: string, ending: 'plain' | 'proven' | 'lost', trouble: NetworkTrouble, short?: true];
  const cut = (direction: 'up' | 'down', bytes: number, how: 'end' | 'reset' | 'silence'): NetworkTrouble => ({
    cut: { direction, bytes, how },
  });
  const ROWS: readonly Row[] = [
    ['latency', 'plain', { latencyMs: 80 }],
    ['latency with jitter', 'plain', { latencyMs: 20, jitterMs: 100 }],
    ['pieces of 16 bytes', 'plain', { slice: 16 }, true],
    ['four kilobytes a second', 'plain', { bytesPerSecond: 4_000 }],
    ['an end that is seen late', 'plain', { slowCloseMs: 400 }],
    ['too slow for our patience', 'proven', { latencyMs: 350 }],
    ['reset before the first byte', 'lost', cut('up', 0, 'reset')],
    ['reset after 40 bytes of the request', 'lost', cut('up', 40, 'reset')],
    ['ended after 40 bytes of the request', 'lost', cut('up', 40, 'end')],
    ['silent after 40 bytes of the request', 'lost', cut('up', 40, 'silence')],
    ['reset before the answer', 'proven', cut('down', 0, 'reset')],
    ['reset after 40 bytes of the answer', 'proven', cut('down', 40, 'reset'), true],
    ['ended after 40 bytes of the answer', 'proven', cut('down', 40, 'end')],
    ['silent after 40 bytes of the answer', 'proven', cut('down', 40, 'silence')],
  ];
  it.each(eachStep(ROWS.filter(([, , , short]) => isLong || short)).map(([row, step]) => [step, ...row] as const))(
    'F17 %s: %s',
    (step, _title, ending, trouble) =>
      play(
        world,
        step,
        ending,
        () => proxy.make(trouble),
        () => proxy.make(undefined),
      ),
  );
});

describe('over TLS', () => {
  let world: MatrixWorld;
  let proxy: TcpProxy;
  let authority: Authority;
  let good: TlsPaper;
  const { createSecureContext } = tls;
  beforeAll(async () => {
    authority = await createAuthority('Practices');
    good = await authority.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
    // The authority of the practice, which a machine would have among those that it trusts.
    tls.createSecureContext = (options) => createSecureContext({ ...options, ca: authority.certificate });
    proxy = await startTcpProxy(good);
    world = await startMatrixWorld(
      (yaml) => yaml.replaceAll(RIVERSIDE, `baseUrl: 'https://localhost:${proxy.port}'`),
      ({ riverside }) => proxy.to(Number(new URL(riverside.url).port)),
    );
  });
  afterAll(async () => {
    await world.stop();
    await proxy.close();
    tls.createSecureContext = createSecureContext;
  });

  const PAPERS: readonly (readonly [title: string, reason: string, issue: () => Promise<TlsPaper>])[] = [
    [
      'a certificate that has expired',
      'CERT_HAS_EXPIRED',
      () => authority.issue({ commonName: 'localhost', dnsNames: ['localhost'], from: -2, until: -1 }),
    ],
    [
      'a certificate with another name',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      () => authority.issue({ commonName: 'elsewhere', dnsNames: ['elsewhere.example.org'] }),
    ],
    [
      'a certificate of an unknown authority',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      async () => (await createAuthority('Strangers')).issue({ commonName: 'localhost', dnsNames: ['localhost'] }),
    ],
  ];
  it.each(eachStep(isLong ? PAPERS : PAPERS.slice(0, 1)).map(([row, step]) => [step, ...row] as const))(
    'F02 %s: %s',
    async (step, _title, reason, issue) => {
      const paper = await issue();
      const lines = world.gateway.logLines.length;
      await play(
        world,
        step,
        'unsent',
        () => proxy.present(paper),
        () => proxy.present(good),
      );
      const warned = world.gateway.logLines.slice(lines).filter(({ event }) => event === 'practice.write');
      expect(warned.map(({ level, fields }) => [level, fields?.class, fields?.reason])).toContainEqual([
        'warn',
        'not-sent',
        reason,
      ]);
    },
  );
});
