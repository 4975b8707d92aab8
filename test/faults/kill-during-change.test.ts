/** Killing the gateway during a cancellation, and between the two calls of a booking of two slots. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/connectors/simulation/faults.js';
import type { Json, TestConsumer } from '../support/consumer.js';
import { booked, freeSlots, patientId, slotPath, type FoundSlot } from '../support/flow.js';
import { BOOKING_CALL, bookingOfSlots, CANCEL_CALL, cancelled, put, read } from '../support/appointments.js';
import { dayFromNow, fateOf, setUpKillableGateway, until } from './killable-gateway.js';

const killable = setUpKillableGateway();
const nextWeek = slotPath(dayFromNow(1), dayFromNow(6));

const calls = (method: string): number => killable.practice.requests.count({ method });

/** Two slots of one clinician's surgery, one after the other. */
async function adjacent(consumer: TestConsumer): Promise<[FoundSlot, FoundSlot]> {
  const slots = await freeSlots(consumer, nextWeek);
  for (const first of slots) {
    const second = slots.find(
      (one) =>
        one.start === first.end && one.practitioner === first.practitioner && one.scheduleType === first.scheduleType,
    );
    if (second) return [first, second];
  }
  throw new Error('no adjacent slots');
}

describe('SIGKILL during a cancellation', () => {
  async function bookedAndAsked(fault: Fault): Promise<{ readonly body: Json; readonly kill: () => Promise<void> }> {
    const { gateway, consumer } = await killable.start();
    const [slot] = await adjacent(consumer);
    const { body } = await booked(consumer, slot, await patientId(consumer));
    killable.practice.faults.script({ match: CANCEL_CALL, fault });
    const fate = fateOf(put(consumer, 'cancel', cancelled(body)));
    return {
      body,
      async kill() {
        await gateway.kill();
        expect(await fate).toBe('lost');
        killable.practice.faults.clear();
      },
    };
  }

  it('after the practice has carried it out: the same request again is answered with the cancelled appointment', async () => {
    const { body, kill } = await bookedAndAsked({ kind: 'delay', ms: 20_000, when: 'after' });
    await until(() => killable.standing() === 0);
    await kill();
    const { consumer } = await killable.start();
    const again = await put(consumer, 'cancel', cancelled(body));
    expect(again.text && again.status).toBe(200);
    expect(again.body).toEqual(cancelled({ ...body, meta: again.body.meta }));
    expect(calls('PUT')).toBe(1);
    expect((await read(consumer, body.id)).body).toEqual(again.body);
  }, 60_000);

  it('before the practice has carried it out: neither yes nor no, and the appointment stands', async () => {
    const { body, kill } = await bookedAndAsked({ kind: 'hang', when: 'before' });
    await until(() => calls('PUT') === 1);
    await kill();
    const { consumer } = await killable.start();
    const again = await put(consumer, 'cancel', cancelled(body));
    expect([again.status, again.body.issue[0].code]).toEqual([504, 'timeout']);
    expect(killable.standing()).toBe(1);
    expect(calls('PUT')).toBe(1);
    expect((await read(consumer, body.id)).body).toEqual(body);
  }, 60_000);
});

describe('SIGKILL between the two calls of a booking of two slots', () => {
  it('after the first booking, before the second: the repeat is not told that it is booked, and half of it is nobody’s appointment', async () => {
    const { gateway, consumer: before } = await killable.start();
    const pair = await adjacent(before);
    const patient = await patientId(before);
    killable.practice.faults.script({ match: BOOKING_CALL, skip: 1, fault: { kind: 'hang', when: 'before' } });
    const fate = fateOf(before.post('book', '/Appointment', bookingOfSlots(pair, patient)));
    await until(() => killable.practice.requests.count(BOOKING_CALL) === 2);
    expect(killable.standing()).toBe(1);
    await gateway.kill();
    expect(await fate).toBe('lost');
    killable.practice.faults.clear();

    const { consumer: after } = await killable.start();
    const again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    // Until the settle time is over the second call may still be carried out.
    expect([again.status, again.body.issue[0].code]).toEqual([504, 'timeout']);
    expect(killable.practice.requests.count(BOOKING_CALL)).toBe(2);
    const path = `/Patient/${patient}/Appointment?start=ge${dayFromNow(0)}&start=le${dayFromNow(9)}`;
    const retrieved = await after.get('retrieveAppointments', path);
    expect([retrieved.status, retrieved.body.entry]).toEqual([200, undefined]);
    const free = new Set((await freeSlots(after, nextWeek)).map(({ id }) => id));
    expect(pair.map(({ id }) => free.has(id))).toEqual([false, false]);
  }, 60_000);

  it('after both bookings: the repeat is the one appointment over both slots', async () => {
    const { gateway, consumer: before } = await killable.start();
    const pair = await adjacent(before);
    const patient = await patientId(before);
    killable.practice.faults.script({
      match: BOOKING_CALL,
      skip: 1,
      fault: { kind: 'delay', ms: 20_000, when: 'after' },
    });
    const fate = fateOf(before.post('book', '/Appointment', bookingOfSlots(pair, patient)));
    await until(() => killable.standing() === 2);
    await gateway.kill();
    expect(await fate).toBe('lost');
    killable.practice.faults.clear();

    const { consumer: after } = await killable.start();
    const again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    expect(again.text && again.status).toBe(201);
    expect(again.body).toMatchObject({ start: pair[0].start, end: pair[1].end });
    expect([killable.standing(), killable.practice.requests.count(BOOKING_CALL)]).toEqual([2, 2]);
    expect((await put(after, 'cancel', cancelled(again.body))).status).toBe(200);
    expect(killable.standing()).toBe(0);
  }, 60_000);

  it('while the first is being taken back: after the restart it is gone', async () => {
    const { gateway, consumer: before } = await killable.start();
    const pair = await adjacent(before);
    const patient = await patientId(before);
    const body = { status: 'error', code: 409, message: 'Session is Full' };
    killable.practice.faults.script({ match: BOOKING_CALL, skip: 1, fault: { kind: 'status', status: 409, body } });
    killable.practice.faults.script({ match: CANCEL_CALL, times: 'always', fault: { kind: 'hang', when: 'before' } });
    const fate = fateOf(before.post('book', '/Appointment', bookingOfSlots(pair, patient)));
    await until(() => calls('PUT') === 1);
    expect(killable.standing()).toBe(1);
    await gateway.kill();
    expect(await fate).toBe('lost');
    killable.practice.faults.clear();

    const { consumer: after } = await killable.start();
    await until(() => killable.standing() === 0);
    // A repeat that meets the old attempt is told that nothing was booked; the next one is a new attempt.
    let again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    if (again.status === 503) again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    expect(again.text && again.status).toBe(201);
    expect(killable.standing()).toBe(2);
  }, 60_000);
});
