/** What a consumer is told when the gateway has too much to do, over sockets and before the body is read. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.js';
import type { TestAnswer, TestConsumer } from '../../support/consumer.js';
import { bookingBody, expectRefusal, freeSlots, patientId, slotPath } from '../../support/flow.js';

let gateway: TestGateway;
let consumer: TestConsumer;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gateway.stop();
});

/** Room for two, and for two who wait. */
const NARROW = { limit: { start: 2, least: 2, most: 2 } };
async function open(
  overload: TestGatewayOptions['overload'] = NARROW,
  resilience?: TestGatewayOptions['resilience'],
): Promise<void> {
  gateway = await startTestGateway({ overload, ...(resilience && { resilience }) });
  consumer = gateway.consumer();
}

const LISTING = { method: 'GET', path: '/rh/api/channel/sessions' };
const search = (format: 'json' | 'xml' = 'json'): Promise<TestAnswer> =>
  consumer.get('searchSlots', slotPath(), { format });
async function settle(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Two searches that the practice does not answer, and two behind them. */
async function crowd(): Promise<Promise<TestAnswer>[]> {
  gateway.riverside.faults.script({ match: LISTING, times: 10, fault: { kind: 'hang', when: 'before' } });
  const before = gateway.practiceCalls();
  const working = [search(), search()];
  await settle(() => gateway.practiceCalls() === before + 2);
  const waiting = [search(), search()];
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(gateway.practiceCalls()).toBe(before + 2);
  return [...working, ...waiting];
}

/** A request as text; answers what has come by the time `until` is in it. */
function raw(text: string, until: RegExp): Promise<string> {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
  sockets.push(socket);
  let got = '';
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
      if (until.test(got)) resolve(got);
    });
    socket.on('error', reject);
  });
}

describe('more requests than there is room for', () => {
  it('are refused at once, in the format asked for, and reach no practice', async () => {
    await open();
    const crowded = await crowd();
    const calls = gateway.practiceCalls();
    for (const format of ['json', 'xml'] as const) {
      const answer = await search(format);
      expectRefusal(answer, 503, 'INTERNAL_SERVER_ERROR');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(5);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expect(gateway.practiceCalls()).toBe(calls);
    await gateway.gateway.records.audit.flush();
    const rows = await gateway.gateway.records.audit.rows(1, 1000);
    const refused = rows.filter(({ event }) => event.kind === 'request' && event.code === 'overloaded');
    expect(refused.map(({ event }) => [event.practice, event.status])).toEqual([
      ['A99901', 503],
      ['A99901', 503],
    ]);
    await Promise.all(crowded);
  });

  it('wait before the door of the gateway, not at that of a practice system that has room for fewer', async () => {
    await open({}, { reads: 3, readsKept: 2, readsWaiting: 0 });
    const delay = { kind: 'delay', when: 'before', ms: 50 } as const;
    gateway.riverside.faults.script({ match: LISTING, times: 10, fault: delay });
    const answers = await Promise.all([search(), search(), search()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('a booking more than the practice system and its line have room for is refused before its body has come', async () => {
    await open({}, { reads: 3, readsKept: 2, writesWaiting: 1 });
    const patient = await patientId(consumer);
    const slots = (await freeSlots(consumer)).slice(0, 2);
    gateway.riverside.faults.script({ times: 1, fault: { kind: 'delay', when: 'before', ms: 900 } });
    const before = gateway.practiceCalls();
    const bookings = slots.map((slot) => consumer.post('book', '/Appointment', bookingBody(slot, patient)));
    await settle(() => gateway.practiceCalls() > before);
    const head = (path: string): string =>
      `POST /A99901/STU3/1/gpconnect/${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n`;
    // Until the second one has come to the line.
    while (!(await raw(`${head('Appointment')}{}`, /OperationOutcome/)).includes('throttled'));
    expect(await raw(head('Appointment'), /throttled/)).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: [1-5]\r\n/i);
    // Registrations take no place: this one is read, and judged.
    expect(await raw(`${head('Patient/$gpc.registerpatient')}{}`, /OperationOutcome/)).toMatch(/^HTTP\/1\.1 4/);
    expect((await Promise.all(bookings)).map(({ status }) => status)).toEqual([201, 201]);
    expect(await raw(`${head('Appointment')}{}`, /OperationOutcome/)).toMatch(/^HTTP\/1\.1 4/);
  });

  it('are refused before their body has come', async () => {
    await open();
    const crowded = await crowd();
    const head = `POST /A99901/STU3/1/gpconnect/Appointment HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`;
    // Bookings wait in place of searches, and are refused when all who wait are bookings.
    const waiting = [raw(head, /never/), raw(head, /never/)].map((one) => one.catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await raw(head, /throttled/)).toMatch(/^HTTP\/1\.1 503 /);
    expect((await Promise.all(crowded.slice(2))).map(({ status }) => status)).toEqual([503, 503]);
    void waiting;
    await Promise.all(crowded);
  });

  it('nothing is booked for a consumer that has gone while it waited', async () => {
    await open();
    const patient = await patientId(consumer);
    const [slot] = await freeSlots(consumer);
    const crowded = await crowd();
    const text = JSON.stringify(bookingBody(slot!, patient));
    const gone = new AbortController();
    const booking = fetch(`${consumer.baseUrl}/Appointment`, { method: 'POST', body: text, signal: gone.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.abort();
    await expect(booking).rejects.toThrow();
    await Promise.all(crowded);
    expect(gateway.riverside.hmis.bookings()).toEqual([]);
    expect(gateway.riverside.requests.all().filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('health is told all the same', async () => {
    await open();
    const crowded = await crowd();
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await Promise.all(crowded);
  });
});

it('room is given back however a request ends', async () => {
  await open();
  const root = '/A99901/STU3/1/gpconnect';
  const post = `POST ${root}/Appointment HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{`;
  for (let round = 0; round < 5; round += 1) {
    await fetch(`${gateway.url}/nothing`);
    await fetch(`${gateway.url}${root}/Slot`);
    await fetch(`${gateway.url}${root}/Nonsense/1`, { method: 'DELETE' });
    await fetch(`${gateway.url}${root}/Appointment`, { method: 'POST', body: 'x'.repeat(300_000) }).catch(
      () => undefined,
    );
    await fetch(`${gateway.url}${root}/Appointment`, {
      method: 'POST',
      headers: { 'content-encoding': 'br' },
      body: 'x',
    });
    // A body that never ends because its consumer has gone.
    const { port } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(post));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
  }
  await settle(() => gateway.logLines.filter(({ event }) => event === 'request').length >= 30);
  expect((await Promise.all([search(), search(), search(), search()])).map(({ status }) => status)).toEqual([
    200, 200, 200, 200,
  ]);
});

it('a consumer over its quota is told to slow down; others are not', async () => {
  await open({ requestsPerSecond: 3 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => consumer.get('metadata', '/metadata')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(3);
  for (const answer of refused) {
    expectRefusal(answer, 429, 'INTERNAL_SERVER_ERROR');
    expect(answer.headers.get('retry-after')).toBe('1');
  }
  const other = await consumer.get('metadata', '/metadata', { headers: { 'Ssp-From': '200000000001' } });
  expect(other.status).not.toBe(429);
});
