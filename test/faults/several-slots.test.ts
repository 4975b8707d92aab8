/** Several slots, where one call for each of them is needed and one of these calls goes wrong. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import { expectRefusal, freeSlots, patientId, type FoundSlot } from '../support/flow.js';
import {
  BOOKING_CALL,
  bookingOfSlots,
  CANCEL_CALL,
  cancelled,
  impatient,
  put,
  read,
  sessionOf,
  standing,
} from '../support/appointments.js';
import { riversideWith } from '../support/riverside.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let patient: string;
let slots: FoundSlot[];
beforeAll(async () => {
  const session = { id: 10001, name: 'Long surgery', consultantId: 42, duration: 10, start: '+1d 08:00' };
  gateway = await startTestGateway({
    practices: impatient,
    riverside: riversideWith([{ ...session, repeat: { every: '10m', count: 60 } }]),
  });
  patient = await patientId(gateway.consumer());
  slots = [...(await freeSlots(gateway.consumer()))].sort((a, b) => (a.start < b.start ? -1 : 1));
});
afterAll(() => gateway.stop());
afterEach(() => gateway.riverside.faults.clear());

type Fault = FaultScript['fault'];
const FULL: Fault = { kind: 'status', status: 409, body: { status: 'error', code: 409, message: 'Session is Full' } };
const GONE: Fault = { kind: 'drop', when: 'before' };

const run = (count: number): FoundSlot[] => slots.splice(0, count);
const book = (pair: readonly FoundSlot[], change?: (body: Json) => void): Promise<TestAnswer> =>
  gateway.consumer().post('book', '/Appointment', bookingOfSlots(pair, patient, change));
const standingAt = (pair: readonly FoundSlot[]): number =>
  standing(gateway).filter((one) => pair.some((slot) => sessionOf(slot) === one.sessionInstanceId)).length;
async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 20_000) throw new Error('waited twenty seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the second of two calls', () => {
  it.each<[string, Fault]>([
    ['is executed and not answered', { kind: 'hang', when: 'after' }],
    ['is executed and its answer is spoilt', { kind: 'html', when: 'after' }],
    ['is executed after our patience', { kind: 'delay', ms: 1300, when: 'before' }],
  ])('%s: both bookings are found, and it is 201', async (_title, fault) => {
    const pair = run(2);
    const before = gateway.riverside.requests.count(BOOKING_CALL);
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 1, fault });
    const answer = await book(pair);
    expect(answer.text && answer.status).toBe(201);
    expect(answer.body).toMatchObject({ start: pair[0]?.start, end: pair[1]?.end });
    expect(standingAt(pair)).toBe(2);
    expect(gateway.riverside.requests.count(BOOKING_CALL) - before).toBe(2);
    // Both are its own: they are cancelled with it.
    expect((await put(gateway.consumer(), 'cancel', cancelled(answer.body))).status).toBe(200);
    expect(standingAt(pair)).toBe(0);
  });

  it.each<[string, Fault]>([
    ['is never executed, and dropped', GONE],
    ['is never executed, and not answered', { kind: 'hang', when: 'before' }],
  ])('%s: 504, and nobody is told that half of it is an appointment', async (_title, fault) => {
    const pair = run(2);
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 1, fault });
    const answer = await book(pair);
    const issue = expectRefusal(answer, 504, 'INTERNAL_SERVER_ERROR');
    expect(issue.diagnostics).toMatch(/not yet known/);
    const id = /Reference: ([A-Za-z0-9\-.]+)/.exec(issue.diagnostics)?.[1] ?? '';
    expect((await read(gateway.consumer(), id)).status).toBe(504);
    // Both places stay with the attempt until it is settled.
    const free = new Set((await freeSlots(gateway.consumer())).map((slot) => slot.id));
    expect(pair.map((slot) => free.has(slot.id))).toEqual([false, false]);
    expect(standingAt(pair)).toBe(1);
  });

  it('cannot be sent: 503, and the first booking is taken back', async () => {
    const pair = run(2);
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 1, fault: { kind: 'system', name: 'key-expired' } });
    expectRefusal(await book(pair), 503, 'INTERNAL_SERVER_ERROR');
    expect(standingAt(pair)).toBe(0);
    expect((await book(pair)).status).toBe(201);
  });
});

describe('taking back', () => {
  it('that is not answered at first is carried out all the same, and then the refusal is told', async () => {
    const trio = run(3);
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 2, fault: FULL });
    gateway.riverside.faults.script({ match: CANCEL_CALL, fault: GONE });
    const answer = await book(trio);
    expect([409, 503]).toContain(answer.status);
    expect(standingAt(trio)).toBe(0);
  });

  it('that never works within the deadline is 504, and carried out as soon as it works: nothing is left', async () => {
    const pair = run(2);
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 1, fault: FULL });
    gateway.riverside.faults.script({ match: CANCEL_CALL, times: 'always', fault: GONE });
    const issue = expectRefusal(await book(pair), 504, 'INTERNAL_SERVER_ERROR');
    expect(issue.code).toBe('timeout');
    expect(standingAt(pair)).toBe(1);
    // A repeat asks for the outcome, and books nothing.
    const before = gateway.riverside.requests.count(BOOKING_CALL);
    expect((await book(pair)).status).toBe(504);
    expect(gateway.riverside.requests.count(BOOKING_CALL)).toBe(before);
    gateway.riverside.faults.clear();
    await until(() => standingAt(pair) === 0);
    let again = await book(pair);
    for (let tries = 0; again.status !== 201 && tries < 3; tries += 1) again = await book(pair);
    expect(again.status).toBe(201);
    expect(standingAt(pair)).toBe(2);
  }, 60_000);

  it('is said to the practice with a reason, and to nobody as an appointment', async () => {
    const pair = run(2);
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 1, fault: FULL });
    expectRefusal(await book(pair), 409, 'DUPLICATE_REJECTED');
    const path = `/Patient/${patient}/Appointment?start=ge2026-05-18&start=le2026-05-30`;
    const { body } = await gateway.consumer().get('retrieveAppointments', path);
    const found = (body.entry ?? []).map(({ resource }: Json) => resource);
    expect(found.filter(({ start }: Json) => pair.some((slot) => slot.start === start))).toEqual([]);
  });
});
