import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  booked,
  bookingBody,
  expectRefusal,
  freeSlots,
  patientId,
  RIVERSIDE_PATIENTS,
  slotPath,
} from '../support/flow.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('book an appointment', () => {
  it('a slot booked once is gone from the next search, and booked again it is 409 DUPLICATE_REJECTED', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer);
    if (!slot) throw new Error('no slot');
    const [one, other] = [await patientId(consumer), await patientId(consumer, RIVERSIDE_PATIENTS[1])];
    await booked(consumer, slot, one);
    expect((await freeSlots(consumer)).map(({ id }) => id)).not.toContain(slot.id);
    for (const patient of [other, one]) {
      expectRefusal(await consumer.post('book', '/Appointment', bookingBody(slot, patient)), 409, 'DUPLICATE_REJECTED');
    }
  });

  it('two hundred parallel bookings of one place give exactly one 201', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-20', '2026-05-20'));
    if (!slot) throw new Error('no slot');
    const patients = await Promise.all(RIVERSIDE_PATIENTS.map((nhsNumber) => patientId(consumer, nhsNumber)));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        consumer.post(
          'book',
          '/Appointment',
          bookingBody(slot, patients[index % patients.length] ?? '', (body) => {
            body.description = `Request ${index}`;
          }),
        ),
      ),
    );
    const counts = new Map<number, number>();
    for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ 201: 1, 409: 199 });
    const made = gateway.riverside.hmis
      .bookings()
      .filter(({ appointmentAt }) => appointmentAt.startsWith('2026-05-20'));
    expect(made).toHaveLength(1);
  });
});
