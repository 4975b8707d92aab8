/** What a consumer is told, and what a practice ends up with, when the practice system misbehaves at one step. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import type { TestConsumer } from '../support/consumer.js';
import { impatient } from '../support/appointments.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  bookingBody,
  expectRefusal,
  freeSlots,
  patientId,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';

let gateway: TestGateway;
let consumer: TestConsumer;
let patient: string;
let slots: FoundSlot[];
let decoy: Server;
let decoyCalls = 0;

beforeAll(async () => {
  gateway = await startTestGateway({ practices: impatient });
  consumer = gateway.consumer();
  patient = await patientId(consumer);
  slots = (await freeSlots(consumer, slotPath('2026-05-18', '2026-05-29'))).filter(
    ({ scheduleType }) => scheduleType !== 'Walk-in nurse clinic',
  );
  decoy = createServer((_request, response) => {
    decoyCalls += 1;
    response.end();
  });
  await new Promise<void>((resolve) => decoy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  decoy.close();
  await gateway.stop();
});
afterEach(() => gateway.riverside.faults.clear());

/** A slot that no other test of this file has touched. */
function freshSlot(): FoundSlot {
  const slot = slots.shift();
  if (!slot) throw new Error('no slots left');
  return slot;
}

const BOOK = { method: 'POST', path: '/rh/api/channel/bookings' };
const PLACE = { method: 'GET', path: '/rh/api/channel/sessions/*' };
const LISTING = { method: 'GET', path: '/rh/api/channel/sessions' };

function bookingsAt(slot: FoundSlot): number {
  const at = slot.start.slice(0, 19).replace('T', ' ');
  const consultant = slot.practitioner?.split('-').pop();
  const sessions = new Set(
    gateway.riverside.hmis
      .sessions()
      .filter((session) => String(session.consultantId) === consultant)
      .map(({ id }) => id),
  );
  return gateway.riverside.hmis
    .bookings()
    .filter((one) => !one.cancelled && one.appointmentAt === at && sessions.has(one.sessionInstanceId)).length;
}

type Fault = FaultScript['fault'];
const conflict: Fault = {
  kind: 'status',
  status: 409,
  body: { status: 'error', code: 409, message: 'Session is full' },
};

describe('the answer to the booking call is lost or spoilt', () => {
  it.each<[string, Fault, number]>([
    ['connection dropped before the effect', { kind: 'drop', when: 'before' }, 504],
    ['connection dropped after the effect', { kind: 'drop', when: 'after' }, 201],
    ['no answer, not executed', { kind: 'hang', when: 'before' }, 504],
    ['no answer, executed', { kind: 'hang', when: 'after' }, 201],
    ['500 with a page of HTML, not executed', { kind: 'html', when: 'before' }, 504],
    ['500 with a page of HTML, executed', { kind: 'html', when: 'after' }, 201],
    ['503 before the effect', { kind: 'status', status: 503, body: {}, when: 'before' }, 504],
    ['429 before the effect', { kind: 'status', status: 429, body: {}, when: 'before' }, 504],
    ['half an answer', { kind: 'truncated' }, 201],
    ['another shape, not executed', { kind: 'wrong-envelope', when: 'before' }, 504],
    ['another shape, executed', { kind: 'wrong-envelope', when: 'after' }, 201],
    ['no JSON, not executed', { kind: 'not-json', when: 'before' }, 504],
    ['no JSON, executed', { kind: 'not-json', when: 'after' }, 201],
    ['five megabytes, executed', { kind: 'huge', bytes: 5_000_000, when: 'after' }, 201],
    ['executed, answered after our patience', { kind: 'delay', ms: 1300, when: 'after' }, 201],
    ['executed after our patience', { kind: 'delay', ms: 1300, when: 'before' }, 201],
    ['success for another session', { kind: 'system', name: 'other-session', when: 'after' }, 201],
    ['success for another patient', { kind: 'system', name: 'other-patient', when: 'after' }, 201],
  ])('%s', async (_title, fault, status) => {
    const slot = freshSlot();
    gateway.riverside.faults.script({ match: BOOK, fault });
    const sent = gateway.riverside.requests.count(BOOK);
    const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expect(answer.text && answer.status).toBe(status);
    expect(gateway.riverside.requests.count(BOOK) - sent).toBe(1);
    if (status === 201) {
      expect(bookingsAt(slot)).toBe(1);
      expect(answer.body.start).toBe(slot.start);
      expect((await consumer.get('readAppointment', `/Appointment/${answer.body.id}`)).status).toBe(200);
    } else {
      const issue = expectRefusal(answer, 504, 'INTERNAL_SERVER_ERROR');
      expect(issue.code).toBe('timeout');
      expect(issue.diagnostics).toMatch(/not yet known/);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(bookingsAt(slot)).toBe(0);
      // While the outcome is open the slot is neither offered nor sold to anybody else.
      const offered = await freeSlots(consumer, slotPath('2026-05-18', '2026-05-29'));
      expect(offered.map(({ id }) => id)).not.toContain(slot.id);
      const other = await consumer.post(
        'book',
        '/Appointment',
        bookingBody(slot, patient, (body) => {
          body.description = 'Another request';
        }),
      );
      const contended = expectRefusal(other, 503, 'INTERNAL_SERVER_ERROR');
      expect(contended.code).toBe('lock-error');
      expect(bookingsAt(slot)).toBe(0);
    }
  });

  it('a redirect is not followed: the decoy is never called', async () => {
    const slot = freshSlot();
    const to = `http://127.0.0.1:${(decoy.address() as AddressInfo).port}/`;
    gateway.riverside.faults.script({ match: BOOK, fault: { kind: 'redirect', to, when: 'before' } });
    const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expect(answer.status).toBe(504);
    expect(decoyCalls).toBe(0);
  });
});

describe('a queue, where an open booking could be taken for another one of the same patient', () => {
  it('the patient has to wait for it, anybody else has not', async () => {
    const queue = (await freeSlots(consumer, slotPath('2026-05-18', '2026-05-18'))).filter(
      ({ scheduleType }) => scheduleType === 'Walk-in nurse clinic',
    );
    const [first, second] = queue;
    if (!first || !second) throw new Error('no places in the queue');
    gateway.riverside.faults.script({ match: BOOK, fault: { kind: 'drop', when: 'before' } });
    expect((await consumer.post('book', '/Appointment', bookingBody(first, patient))).status).toBe(504);
    const sent = gateway.riverside.requests.count(BOOK);
    const again = await consumer.post('book', '/Appointment', bookingBody(second, patient));
    expect(expectRefusal(again, 503, 'INTERNAL_SERVER_ERROR').code).toBe('lock-error');
    expect(gateway.riverside.requests.count(BOOK)).toBe(sent);
    const other = await patientId(consumer, RIVERSIDE_PATIENTS[1]);
    expect((await consumer.post('book', '/Appointment', bookingBody(second, other))).status).toBe(201);
  });
});

describe('the practice says no', () => {
  it('a refusal that changes nothing is 409 DUPLICATE_REJECTED, and the slot can be booked afterwards', async () => {
    const slot = freshSlot();
    gateway.riverside.faults.script({ match: BOOK, fault: conflict });
    const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expectRefusal(answer, 409, 'DUPLICATE_REJECTED');
    expect(bookingsAt(slot)).toBe(0);
    expect((await consumer.post('book', '/Appointment', bookingBody(slot, patient))).status).toBe(201);
    expect(bookingsAt(slot)).toBe(1);
  });

  it('a refused key is 503: nothing was booked', async () => {
    const slot = freshSlot();
    gateway.riverside.faults.script({ match: BOOK, fault: { kind: 'system', name: 'key-expired', when: 'before' } });
    const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expect(expectRefusal(answer, 503, 'INTERNAL_SERVER_ERROR').code).toBe('transient');
    expect(bookingsAt(slot)).toBe(0);
    expect((await consumer.post('book', '/Appointment', bookingBody(slot, patient))).status).toBe(201);
  });
});

describe('the place cannot be read before the booking', () => {
  it.each<[string, Fault, number, string]>([
    ['no answer', { kind: 'hang', when: 'before' }, 504, 'timeout'],
    ['a page of HTML with 200', { kind: 'html', status: 200, when: 'before' }, 502, 'exception'],
    ['no JSON', { kind: 'not-json', when: 'before' }, 502, 'exception'],
    ['503', { kind: 'status', status: 503, body: {}, when: 'before' }, 503, 'transient'],
  ])('%s: nothing is sent', async (_title, fault, status, issueCode) => {
    const slot = freshSlot();
    gateway.riverside.faults.script({ match: PLACE, times: 'always', fault });
    const sent = gateway.riverside.requests.count(BOOK);
    const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expect(expectRefusal(answer, status, 'INTERNAL_SERVER_ERROR').code).toBe(issueCode);
    expect(gateway.riverside.requests.count(BOOK)).toBe(sent);
    expect(answer.text).not.toContain('<');
  });
});

describe('a search meets a practice that is down, slow or speaks nonsense', () => {
  it.each<[string, Fault, number, string]>([
    ['slow', { kind: 'hang', when: 'before' }, 504, 'timeout'],
    ['nonsense', { kind: 'wrong-envelope', when: 'before' }, 502, 'exception'],
    ['half an answer', { kind: 'truncated' }, 502, 'exception'],
    ['down', { kind: 'status', status: 503, body: {}, when: 'before' }, 503, 'transient'],
  ])('%s', async (_title, fault, status, issueCode) => {
    gateway.riverside.faults.script({ match: LISTING, times: 'always', fault });
    const answer = await consumer.get('searchSlots', slotPath());
    expect(expectRefusal(answer, status, 'INTERNAL_SERVER_ERROR').code).toBe(issueCode);
  });

  it('one failed read is repeated once, and the consumer never notices', async () => {
    gateway.riverside.faults.script({ match: LISTING, fault: { kind: 'drop', when: 'before' } });
    expect((await consumer.get('searchSlots', slotPath())).status).toBe(200);
  });
});

describe('logs', () => {
  it('hold no patient data, no query and no text of the practice', () => {
    const text = JSON.stringify(gateway.logLines);
    expect(gateway.logLines.length).toBeGreaterThan(20);
    for (const canary of ['9990000018', 'Testwell', 'Sore throat', 'identifier=', 'Session is full', '<html']) {
      expect(text).not.toContain(canary);
    }
  });
});
