/** Book an appointment: what has changed at the practice since the search, and places in a queue. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, TestAnswer } from '../support/consumer.js';
import {
  booked,
  bookingBody,
  expectRefusal,
  freeSlots,
  patientId,
  registrationBody,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.js';

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));
async function start(options?: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await startTestGateway(options);
  started.push(gateway);
  return gateway;
}

const sessionOf = (slot: FoundSlot): number => Number(slot.id.split('-')[0]);
const live = (gateway: TestGateway, slot: FoundSlot): number =>
  gateway.riverside.hmis
    .bookings()
    .filter(({ sessionInstanceId, cancelled }) => sessionInstanceId === sessionOf(slot) && !cancelled).length;
const timeOf = (slot: { start: string } | undefined): string | undefined => slot?.start.slice(11, 16);

async function request(gateway: TestGateway, slot: FoundSlot, person = 0, addition = ''): Promise<TestAnswer> {
  const patient = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[person]);
  const body = bookingBody(slot, patient, (one) => (one.description += addition));
  return gateway.consumer().post('book', '/Appointment', body);
}

describe('book an appointment: the slot is no longer free', () => {
  let gateway: TestGateway;
  let slots: readonly FoundSlot[];
  beforeAll(async () => {
    gateway = await start();
    slots = (await freeSlots(gateway.consumer())).filter((slot) => slot.scheduleType !== 'Walk-in nurse clinic');
  });
  const pick = (index: number): FoundSlot => {
    const slot = slots[index];
    if (!slot) throw new Error('no slot');
    return slot;
  };

  it.each([
    ['on hold', 0, 'hold'],
    ['cancelled for a holiday', 1, 'holiday'],
    ['begun', 2, 'start'],
    ['ended', 3, 'end'],
  ] as const)(
    'book an appointment: a session %s meanwhile is 409 DUPLICATE_REJECTED [10.2-46]',
    async (_, index, action) => {
      const slot = pick(index);
      gateway.riverside.hmis.desk({ action, sessionInstanceId: sessionOf(slot) });
      const writes = gateway.riverside.requests.count({ method: 'POST' });
      expectRefusal(await request(gateway, slot), 409, 'DUPLICATE_REJECTED');
      expect(gateway.riverside.requests.count({ method: 'POST' })).toBe(writes);
      expect(live(gateway, slot)).toBe(0);
    },
  );

  it('book an appointment: a whole session cancelled at the desk is 409 DUPLICATE_REJECTED', async () => {
    const slot = pick(4);
    gateway.riverside.hmis.desk({ action: 'cancel-session', sessionInstanceId: sessionOf(slot) });
    expectRefusal(await request(gateway, slot), 409, 'DUPLICATE_REJECTED');
    expect(live(gateway, slot)).toBe(0);
  });

  it('book an appointment: a slot given away at the desk is 409, and 201 after the desk has cancelled that [10.2-9 10.2-46]', async () => {
    const slot = pick(5);
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(slot) });
    expectRefusal(await request(gateway, slot), 409, 'DUPLICATE_REJECTED');
    expect(live(gateway, slot)).toBe(1);
    const taken = gateway.riverside.hmis.bookings().find((one) => one.sessionInstanceId === sessionOf(slot));
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: taken?.bookingId ?? 0 });
    expect((await request(gateway, slot)).status).toBe(201);
    expect(live(gateway, slot)).toBe(1);
  });

  it('book an appointment: our own booking cancelled at the desk sets the slot free for the next patient', async () => {
    const slot = pick(6);
    expect((await request(gateway, slot, 1)).status).toBe(201);
    expectRefusal(await request(gateway, slot, 2), 409, 'DUPLICATE_REJECTED');
    const own = gateway.riverside.hmis.bookings().find((one) => one.sessionInstanceId === sessionOf(slot));
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: own?.bookingId ?? 0 });
    expect((await freeSlots(gateway.consumer())).map(({ id }) => id)).toContain(slot.id);
    const next = await request(gateway, slot, 2);
    expect(next.status).toBe(201);
    expect(live(gateway, slot)).toBe(1);
  });

  it('book an appointment: a refusal by the practice itself at the last moment is 409 and nothing is booked', async () => {
    const slot = pick(7);
    gateway.riverside.faults.script({
      match: { method: 'POST', path: '*/bookings' },
      fault: { kind: 'status', status: 409, body: { status: 'error', code: 409, message: 'Session is Full' } },
    });
    expectRefusal(await request(gateway, slot), 409, 'DUPLICATE_REJECTED');
    expect(live(gateway, slot)).toBe(0);
    // Another patient's request is not held up by it.
    expect((await request(gateway, slot, 3)).status).toBe(201);
  });

  it('book an appointment: embargo and booking window are applied at the moment of booking, not of the search [10.2-26 12-8]', async () => {
    const own = await start({ practices: (yaml) => yaml.replace('horizon: 14d', 'embargo: 2h\n      horizon: 14d') });
    const [slot] = await freeSlots(own.consumer());
    if (!slot) throw new Error('no slot');
    expect(timeOf(slot)).toBe('09:10');
    own.clock.advance(10 * 60_000);
    expectRefusal(await request(own, slot), 422, 'INVALID_RESOURCE');
    expect(live(own, slot)).toBe(0);
  });
});

describe('book an appointment: for whom', () => {
  it('book an appointment: a patient whose temporary registration has lapsed is 422 REFERENCE_NOT_FOUND until registered again [13-15 13-18]', async () => {
    const gateway = await start({
      practices: (yaml) => yaml.replace('ledger:', 'limits: { temporaryRegistrationDays: 2 }\n\nledger:'),
    });
    const consumer = gateway.consumer();
    const register = (): Promise<TestAnswer> =>
      consumer.post('register', '/Patient/$gpc.registerpatient', registrationBody());
    const patient: string = (await register()).body.entry[0].resource.id;
    const [slot] = await freeSlots(consumer, slotPath('2026-05-25', '2026-05-25'));
    if (!slot) throw new Error('no slot');
    gateway.clock.advance(3 * 86_400_000);
    const refused = await consumer.post('book', '/Appointment', bookingBody(slot, patient));
    expectRefusal(refused, 422, 'REFERENCE_NOT_FOUND');
    expect(gateway.riverside.hmis.bookings()).toEqual([]);
    expect((await register()).status).toBe(200);
    await booked(consumer, slot, patient);
    expect(live(gateway, slot)).toBe(1);
  });
});

describe('book an appointment: places in a queue', () => {
  const DAY = ['2026-05-20', '2026-05-20'] as const;
  const queue = async (gateway: TestGateway): Promise<readonly FoundSlot[]> =>
    (await freeSlots(gateway.consumer(), slotPath(...DAY))).filter(
      ({ scheduleType }) => scheduleType === 'Walk-in nurse clinic',
    );

  it('book an appointment: an estimated slot is answered with its real time, within the tolerance of the published one', async () => {
    const gateway = await start();
    const published = await queue(gateway);
    // Two places of ten minutes lie within a quarter of an hour of the next one.
    expect(published.map(timeOf)).toEqual(['10:00', '10:10']);
    const [first, second] = published;
    if (!first || !second) throw new Error('no slots');
    const answer = await request(gateway, second);
    expect(answer.status).toBe(201);
    // The queue gave its first number: that is the time the patient is seen, and what the consumer is told.
    expect(answer.body.start).toBe('2026-05-20T10:00:00+01:00');
    expect(answer.body.end).toBe('2026-05-20T10:10:00+01:00');
    expect(answer.body.slot).toEqual([{ reference: `Slot/${second.id}` }]);
    const read = await gateway.consumer().get('readAppointment', `/Appointment/${answer.body.id}`);
    expect(read.body).toEqual(answer.body);
    const [made] = gateway.riverside.hmis.bookings();
    expect(made).toMatchObject({ serialNo: 1, cancelled: false });

    // The place sold is gone although its number is still to come.
    const left = await queue(gateway);
    expect(left.map(({ id }) => id)).not.toContain(second.id);
    expectRefusal(await request(gateway, second, 1), 409, 'DUPLICATE_REJECTED');
    expect(live(gateway, second)).toBe(1);
  });

  it('book an appointment: the slots of a queue are sold in turn, each real time within the tolerance, no number twice', async () => {
    const gateway = await start();
    const serials: number[] = [];
    for (let person = 0; person < 6; person += 1) {
      const slots = await queue(gateway);
      const slot = slots.at(-1);
      if (!slot) throw new Error('no slot');
      const answer = await request(gateway, slot, person);
      expect(answer.text && answer.status).toBe(201);
      expect(Math.abs(Date.parse(answer.body.start) - Date.parse(slot.start))).toBeLessThanOrEqual(15 * 60_000);
    }
    for (const { serialNo } of gateway.riverside.hmis.bookings()) serials.push(serialNo);
    expect(serials).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('book an appointment: a queue that has moved beyond the tolerance meanwhile is 409 and nothing is left behind', async () => {
    const gateway = await start();
    const [first] = await queue(gateway);
    if (!first) throw new Error('no slot');
    for (let place = 0; place < 3; place += 1) {
      gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(first) });
    }
    expectRefusal(await request(gateway, first), 409, 'DUPLICATE_REJECTED');
    expect(live(gateway, first)).toBe(3);
    expect((await queue(gateway)).map(timeOf)).toEqual(['10:30', '10:40']);
  });

  it('book an appointment: a number beyond the tolerance, drawn in the very moment of booking, is taken back: 409', async () => {
    const gateway = await start();
    const [first] = await queue(gateway);
    if (!first) throw new Error('no slot');
    const patient = await patientId(gateway.consumer());
    // The desk sells three places while our request is on its way.
    gateway.riverside.faults.script({
      match: { method: 'POST', path: '*/bookings' },
      fault: { kind: 'delay', ms: 300, when: 'before' },
    });
    const answering = gateway.consumer().post('book', '/Appointment', bookingBody(first, patient));
    const before = gateway.riverside.requests.count({ method: 'POST' });
    while (gateway.riverside.requests.count({ method: 'POST' }) === before) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (let place = 0; place < 3; place += 1) {
      gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(first) });
    }
    expectRefusal(await answering, 409, 'DUPLICATE_REJECTED');
    expect(live(gateway, first)).toBe(3);
    const own = gateway.riverside.hmis.bookings().filter((one: Json) => one.patientId !== undefined);
    expect(own).toHaveLength(1);
    expect(own[0]).toMatchObject({ cancelled: true });
  });

  it('book an appointment: with the strict policy only the next place is published, and its time is exact', async () => {
    const gateway = await start({
      practices: (yaml) => yaml.replaceAll('type: hmis\n', 'type: hmis\n      slotPolicy: { kind: strict }\n'),
    });
    for (const time of ['10:00', '10:10', '10:20']) {
      const [slot, ...more] = await queue(gateway);
      expect(more).toEqual([]);
      expect(timeOf(slot)).toBe(time);
      if (!slot) throw new Error('no slot');
      const answer = await request(gateway, slot, 0, ` at ${time}`);
      expect(answer.text && answer.status).toBe(201);
      expect(answer.body.start).toBe(slot.start);
    }
  });
});
