/** Killing the gateway between the practice's yes and the consumer's answer: the booking exists once, and is found. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BOOKING_CALL } from '../support/appointments.js';
import { bookingBody, freeSlots, patientId, RIVERSIDE_PATIENTS, slotPath } from '../support/flow.js';
import { dayFromNow, fateOf, setUpKillableGateway, until } from './killable-gateway.js';

const killable = setUpKillableGateway();
const nextWeek = slotPath(dayFromNow(1), dayFromNow(6));

describe('SIGKILL after the booking reached the practice and before the answer', () => {
  it.each([
    ['with the same trace id', true],
    ['with a new trace id, as the specification asks of each request', false],
  ])(
    'repeating the same request %s gives the one booking',
    async (_title, sameTrace) => {
      const { gateway: before, consumer } = await killable.start();
      const [slot] = await freeSlots(consumer, nextWeek);
      if (!slot) throw new Error('no slot');
      const patient = await patientId(consumer);
      const body = bookingBody(slot, patient);
      const trace = randomUUID();

      killable.practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 20_000, when: 'after' } });
      const fate = fateOf(consumer.post('book', '/Appointment', body, { headers: { 'Ssp-TraceID': trace } }));
      await until(() => killable.standing() === 1);
      await before.kill();
      expect(await fate).toBe('lost');

      const { gateway: after, consumer: again } = await killable.start();
      const headers = { 'Ssp-TraceID': sameTrace ? trace : randomUUID() };
      const answer = await again.post('book', '/Appointment', body, { headers });
      expect(answer.text && answer.status).toBe(201);
      expect(answer.headers.get('idempotent-replayed')).toBe('true');
      expect(answer.body.start).toBe(slot.start);
      expect(killable.standing()).toBe(1);
      const read = await again.get('readAppointment', `/Appointment/${answer.body.id}`);
      expect(read.status).toBe(200);
      expect(read.body).toEqual(answer.body);

      // For anybody else the slot is taken.
      const other = bookingBody(slot, await patientId(again, RIVERSIDE_PATIENTS[1]));
      expect((await again.post('book', '/Appointment', other)).status).toBe(409);
      expect(await after.terminate()).toBe(0);
    },
    60_000,
  );

  it('a booking that never reached the practice is not invented', async () => {
    const { gateway: before, consumer } = await killable.start();
    const [slot] = await freeSlots(consumer, nextWeek);
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));
    killable.practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'hang', when: 'before' } });
    void consumer.post('book', '/Appointment', body).catch(() => undefined);
    await until(() => killable.practice.requests.count(BOOKING_CALL) === 1);
    await before.kill();

    const { consumer: again } = await killable.start();
    // Within the settle time nothing has been proved: the answer is neither yes nor no.
    const answer = await again.post('book', '/Appointment', body);
    expect(answer.status).toBe(504);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.body.issue[0].code).toBe('timeout');
    expect(killable.standing()).toBe(0);
    expect(killable.practice.requests.count(BOOKING_CALL)).toBe(1);
  }, 60_000);
});
