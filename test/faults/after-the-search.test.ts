/** What may have changed between finding and booking, or between booking and asking again. */
import { createConnection } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestConsumer } from '../support/consumer.js';
import { INTERACTIONS, unsignedToken } from '../support/consumer.js';
import { booked, bookingBody, expectRefusal, freeSlots, patientId, type FoundSlot } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let consumer: TestConsumer;
let slot: FoundSlot;
let patient: string;

beforeEach(async () => {
  gateway = await startTestGateway();
  consumer = gateway.consumer();
  const [first] = await freeSlots(consumer);
  if (!first) throw new Error('no slot');
  slot = first;
  patient = await patientId(consumer);
});
afterEach(() => gateway.stop());

const BOOK = { method: 'POST', path: '/rh/api/channel/bookings' };
const PLACE = { method: 'GET', path: '/rh/api/channel/sessions/*' };

/** A booking as bytes, for tests that write to the socket themselves. */
function bookingRequest(body: Buffer, headers: Record<string, string>): Buffer {
  const all = {
    Host: 'gateway',
    'Ssp-TraceID': 'trace',
    'Ssp-From': '200000009999',
    'Ssp-To': '200000009901',
    'Ssp-InteractionID': INTERACTIONS.book[0],
    Authorization: `Bearer ${unsignedToken(consumer.claims('book'))}`,
    'Content-Type': 'application/fhir+json',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`POST /A99901/STU3/1/gpconnect/Appointment HTTP/1.1\r\n${lines.join('')}\r\n`),
    body,
  ]);
}

describe('the practice has changed its mind', () => {
  it('a patient whose number was moved to another record is not booked for: 422 REFERENCE_NOT_FOUND', async () => {
    const other = { id: 67001, name: 'Somebody Else', dob: '1999-09-09 00:00:00', phn: '9990000123' };
    gateway.riverside.faults.script({
      match: { method: 'GET', path: '/rh/api/patients/search' },
      times: 'always',
      fault: { kind: 'status', status: 200, body: { status: 'success', code: 200, data: [other] } },
    });
    const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expectRefusal(answer, 422, 'REFERENCE_NOT_FOUND');
    expect(gateway.riverside.requests.count(BOOK)).toBe(0);
  });

  it('a repeat of a booking that the desk has cancelled is 409, not the old answer', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    await booked(consumer, slot, patient, { headers });
    const [made] = gateway.riverside.hmis.bookings();
    if (!made) throw new Error('no booking');
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: made.bookingId });
    const again = await consumer.post('book', '/Appointment', bookingBody(slot, patient), { headers });
    expectRefusal(again, 409, 'DUPLICATE_REJECTED');
  });

  it('a repeat is answered as it was while the practice cannot be asked', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const first = await booked(consumer, slot, patient, { headers });
    gateway.riverside.faults.script({ times: 'always', fault: { kind: 'drop', when: 'before' } });
    const again = await consumer.post('book', '/Appointment', bookingBody(slot, patient), { headers });
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
  });
});

describe('the consumer has left', () => {
  it('while its packed body was unpacked: nothing is sent', async () => {
    gateway.riverside.faults.script({
      match: PLACE,
      times: 'always',
      fault: { kind: 'delay', ms: 400, when: 'before' },
    });
    const body = gzipSync(JSON.stringify(bookingBody(slot, patient)));
    const socket = createConnection(Number(new URL(gateway.url).port), '127.0.0.1');
    await new Promise((connected) => socket.once('connect', connected));
    const headers = { 'Content-Encoding': 'gzip', 'Content-Length': String(body.length) };
    await new Promise<void>((written) => socket.write(bookingRequest(body, headers), () => written()));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(gateway.riverside.requests.count(BOOK)).toBe(0);
    expect(gateway.riverside.hmis.bookings()).toHaveLength(0);
  });
});

describe('what a consumer writes into its request', () => {
  it('a POST without any body is 400', async () => {
    const socket = createConnection(Number(new URL(gateway.url).port), '127.0.0.1');
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.once('close', () => resolve(text));
      socket.write(bookingRequest(Buffer.alloc(0), { Connection: 'close' }));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('BAD_REQUEST');
  });

  it('a trace id that is no UUID stands in no log line as it is', async () => {
    await booked(consumer, slot, patient, { headers: { 'Ssp-TraceID': '9990000018' } });
    expect(gateway.logLines.length).toBeGreaterThan(3);
    expect(JSON.stringify(gateway.logLines)).not.toContain('9990000018');
  });
});
