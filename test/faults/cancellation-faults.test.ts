/** What a consumer is told, and how the practice ends up, when its system misbehaves during a cancellation. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import { booked, expectRefusal, freeSlots, patientId, RIVERSIDE_PATIENTS, type FoundSlot } from '../support/flow.js';
import {
  amended,
  CANCEL_CALL,
  cancelled,
  exactSlots,
  impatient,
  put,
  read,
  sessionOf,
  standing,
} from '../support/appointments.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let nextSlot: () => FoundSlot;
let patient: string;
beforeAll(async () => {
  gateway = await startTestGateway({ practices: impatient });
  nextSlot = await exactSlots(gateway.consumer());
  patient = await patientId(gateway.consumer());
});
afterAll(() => gateway.stop());
afterEach(() => gateway.riverside.faults.clear());

type Fault = FaultScript['fault'];

const cancel = (body: Json): Promise<TestAnswer> => put(gateway.consumer(), 'cancel', body);
const calls = (): number => gateway.riverside.requests.count({ method: 'PUT' });
const stands = (slot: FoundSlot): boolean => standing(gateway).some((one) => one.sessionInstanceId === sessionOf(slot));
const statusOf = async (id: string): Promise<string> => (await read(gateway.consumer(), id)).body.status;
async function made(): Promise<{ readonly slot: FoundSlot; readonly body: Json }> {
  const slot = nextSlot();
  return { slot, body: (await booked(gateway.consumer(), slot, patient)).body };
}

describe('the answer to the cancellation is lost or spoilt', () => {
  it.each<[string, Fault, number]>([
    ['connection dropped before the effect', { kind: 'drop', when: 'before' }, 504],
    ['connection dropped after the effect', { kind: 'drop', when: 'after' }, 200],
    ['no answer, not executed', { kind: 'hang', when: 'before' }, 504],
    ['no answer, executed', { kind: 'hang', when: 'after' }, 200],
    ['500 with a page of HTML, not executed', { kind: 'html', when: 'before' }, 504],
    ['500 with a page of HTML, executed', { kind: 'html', when: 'after' }, 200],
    ['503 before the effect', { kind: 'status', status: 503, body: {}, when: 'before' }, 504],
    ['half an answer', { kind: 'truncated' }, 200],
    ['another shape, not executed', { kind: 'wrong-envelope', when: 'before' }, 504],
    ['another shape, executed', { kind: 'wrong-envelope', when: 'after' }, 200],
    ['no JSON, executed', { kind: 'not-json', when: 'after' }, 200],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/decoy', when: 'before' }, 504],
    ['executed after our patience', { kind: 'delay', ms: 1300, when: 'before' }, 200],
  ])('%s', async (_title, fault, status) => {
    const { slot, body } = await made();
    gateway.riverside.faults.script({ match: CANCEL_CALL, fault });
    const before = calls();
    const answer = await cancel(cancelled(body));
    expect(answer.text && answer.status).toBe(status);
    expect(calls() - before).toBe(1);
    if (status === 200) {
      expect(stands(slot)).toBe(false);
      expect(answer.body).toEqual(cancelled({ ...body, meta: answer.body.meta }));
      return;
    }
    const issue = expectRefusal(answer, 504, 'INTERNAL_SERVER_ERROR');
    expect([issue.code, answer.headers.get('retry-after')]).toEqual(['timeout', '5']);
    expect(issue.diagnostics).toMatch(/not yet known/);
    // Until it is proven to be cancelled it stands, for its readers and for those who look for a slot.
    expect(await statusOf(body.id)).toBe('booked');
    expect((await freeSlots(gateway.consumer())).map(({ id }) => id)).not.toContain(slot.id);
    expect((await read(gateway.consumer(), body.id)).body).toEqual(body);
    // An amendment has to wait for the truth too.
    const amendment = amended(body, (one) => (one.comment = 'Meanwhile'));
    expectRefusal(await put(gateway.consumer(), 'amend', amendment), 504, 'INTERNAL_SERVER_ERROR');
    expect(calls() - before).toBe(1);
  });

  it('cancelled at the desk while the outcome is open: the next request is told, and nothing more is sent', async () => {
    const { slot, body } = await made();
    gateway.riverside.faults.script({ match: CANCEL_CALL, fault: { kind: 'drop', when: 'before' } });
    expect((await cancel(cancelled(body))).status).toBe(504);
    const before = calls();
    const booking = standing(gateway).find((one) => one.sessionInstanceId === sessionOf(slot));
    const again = cancel(cancelled(body));
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: booking.bookingId });
    // Its watcher looks every few seconds: within one or two requests the answer is there.
    let answer = await again;
    for (let tries = 0; answer.status === 504 && tries < 8; tries += 1) answer = await cancel(cancelled(body));
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
    expect(calls()).toBe(before);
    const other = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[1]);
    await booked(gateway.consumer(), slot, other);
  }, 40_000);
});

describe('the practice says no, or cannot be reached', () => {
  it.each<[string, Fault]>([
    [
      'completed',
      { kind: 'status', status: 409, body: { status: 'error', code: 409, message: 'Booking is already completed' } },
    ],
    ['refused', { kind: 'status', status: 400, body: { status: 'error', code: 400, message: 'Not possible' } }],
  ])('%s: 422, and the appointment stands as it was', async (_title, fault) => {
    const { slot, body } = await made();
    gateway.riverside.faults.script({ match: CANCEL_CALL, fault });
    expectRefusal(await cancel(cancelled(body)), 422, 'INVALID_RESOURCE');
    expect(stands(slot)).toBe(true);
    expect((await read(gateway.consumer(), body.id)).body).toEqual(body);
    // Nothing of it is left: the next try works.
    expect((await cancel(cancelled(body))).status).toBe(200);
    expect(stands(slot)).toBe(false);
  });

  it('a refused key: 503, and the request can be sent again', async () => {
    const { slot, body } = await made();
    gateway.riverside.faults.script({ match: CANCEL_CALL, fault: { kind: 'system', name: 'key-expired' } });
    expectRefusal(await cancel(cancelled(body)), 503, 'INTERNAL_SERVER_ERROR');
    expect(stands(slot)).toBe(true);
    expect((await cancel(cancelled(body))).status).toBe(200);
  });

  it('the practice cannot be read before the call: an error, and nothing is sent', async () => {
    const { slot, body } = await made();
    gateway.riverside.faults.script({ times: 'always', fault: { kind: 'drop' } });
    const before = calls();
    expectRefusal(await cancel(cancelled(body)), 503, 'INTERNAL_SERVER_ERROR');
    expect(calls()).toBe(before);
    gateway.riverside.faults.clear();
    expect(stands(slot)).toBe(true);
    expect((await cancel(cancelled(body))).status).toBe(200);
  });
});
