/** Book an appointment over several slots: which of them go together, and all or none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, TestAnswer } from '../support/consumer.js';
import { expectRefusal, freeSlots, patientId, RIVERSIDE_PATIENTS, slotPath, type FoundSlot } from '../support/flow.js';
import {
  amended,
  appointmentsIn,
  bookingOfSlots,
  BOOKING_CALL,
  cancelled,
  impatient,
  put,
  read,
  retrieve,
  sessionOf,
  standing,
  writes,
} from '../support/appointments.js';
import { riversideWith } from '../support/riverside.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const surgery = { consultantId: 42, duration: 10 };
const DIARY = [
  { id: 10001, ...surgery, name: 'Long surgery', start: '+1d 08:00', repeat: { every: '10m', count: 40 } },
  { id: 11001, ...surgery, name: 'Phone surgery', start: '+1d 14:40', repeat: { every: '10m', count: 3 } },
  { id: 12001, ...surgery, name: 'Travel clinic', start: '+1d 15:10', repeat: { every: '10m', count: 3 } },
  { id: 13001, ...surgery, name: 'Spaced surgery', start: '+2d 08:00', repeat: { every: '15m', count: 4 } },
  {
    id: 14001,
    ...surgery,
    consultantId: 43,
    name: 'Long surgery',
    start: '+1d 14:30',
    repeat: { every: '10m', count: 4 },
  },
];
const RULES = `rules:
        - when: { schedule: Phone surgery }
          set: { channel: Telephone }
        - when: { schedule: Travel clinic }
          set: { type: Travel advice }
`;

let gateway: TestGateway;
let patient: string;
/** Slots of each surgery in their order. */
let diary: ReadonlyMap<string, readonly FoundSlot[]>;
/** Where the slots of the long surgery that no test has touched yet begin. */
let untouched = 0;

const start = (): Promise<TestGateway> =>
  startTestGateway({
    riverside: riversideWith(DIARY),
    practices: (yaml) => impatient(yaml.replace('rules:\n', RULES)),
  });

async function readDiary(from: TestGateway): Promise<ReadonlyMap<string, readonly FoundSlot[]>> {
  const found = new Map<string, FoundSlot[]>();
  for (const slot of await freeSlots(from.consumer(), slotPath('2026-05-18', '2026-05-22'))) {
    const key = `${slot.scheduleType} ${slot.practitioner?.split('-').at(-1) ?? ''}`;
    found.set(key, [...(found.get(key) ?? []), slot]);
  }
  for (const slots of found.values()) slots.sort((a, b) => (a.start < b.start ? -1 : 1));
  return found;
}

beforeAll(async () => {
  gateway = await start();
  patient = await patientId(gateway.consumer());
  diary = await readDiary(gateway);
});
afterAll(() => gateway.stop());

function slotsOf(name: string, from: number, count: number): FoundSlot[] {
  const slots = diary.get(name)?.slice(from, from + count) ?? [];
  expect(slots).toHaveLength(count);
  return slots;
}
/** Slots that follow one another and that no other test has touched. */
function run(count: number): FoundSlot[] {
  untouched += count;
  return slotsOf('Long surgery 42', untouched - count, count);
}
const book = (slots: readonly FoundSlot[], change?: (body: Json) => void): Promise<TestAnswer> =>
  gateway.consumer().post('book', '/Appointment', bookingOfSlots(slots, patient, change));
const standingAt = (slots: readonly FoundSlot[]): readonly Json[] =>
  standing(gateway).filter((one) => slots.some((slot) => sessionOf(slot) === one.sessionInstanceId));
const isFree = async (slots: readonly FoundSlot[]): Promise<boolean[]> => {
  const free = new Set((await freeSlots(gateway.consumer())).map(({ id }) => id));
  return slots.map(({ id }) => free.has(id));
};

describe('book an appointment: several slots', () => {
  it.each([2, 3, 6])(
    'book an appointment: %i adjacent slots are one appointment, from the first start to the last end [10.2-8 10.2-27 10.2-67]',
    async (count) => {
      const slots = run(count);
      const answer = await book(slots);
      expect(answer.text && answer.status).toBe(201);
      expect(answer.body).toMatchObject({
        start: slots[0]?.start,
        end: slots.at(-1)?.end,
        minutesDuration: count * 10,
      });
      expect(answer.body.slot).toEqual(slots.map(({ id }) => ({ reference: `Slot/${id}` })));
      expect(standingAt(slots)).toHaveLength(count);
      expect(new Set(standingAt(slots).map((one) => one.patientId)).size).toBe(1);
      expect(await isFree(slots)).toEqual(slots.map(() => false));
      expect((await read(gateway.consumer(), answer.body.id)).body).toEqual(answer.body);
    },
  );

  it('book an appointment: of several slots it is retrieved once, amended as one and cancelled with all its slots [10.6-9]', async () => {
    const slots = run(3);
    const made = (await book(slots)).body;
    const consumer = gateway.consumer();
    const found = appointmentsIn(await retrieve(consumer, patient)).filter(({ start: at }) => at >= made.start);
    expect(found).toEqual([made]);
    const changed = (
      await put(
        consumer,
        'amend',
        amended(made, (body) => (body.comment = 'For three')),
      )
    ).body;
    expect(changed).toEqual({ ...made, meta: changed.meta, comment: 'For three' });
    const answer = await put(consumer, 'cancel', cancelled(changed));
    expect(answer.text && answer.status).toBe(200);
    expect(answer.body.slot).toEqual(made.slot);
    expect(standingAt(slots)).toEqual([]);
    expect(await isFree(slots)).toEqual([true, true, true]);
    expect((await book(slots, (body) => (body.description = 'Once more'))).status).toBe(201);
  });

  it('book an appointment: several slots sent again are the same appointment, and the practice is asked once', async () => {
    const slots = run(2);
    const headers = { 'Idempotency-Key': 'several-1' };
    const body = bookingOfSlots(slots, patient);
    const first = await gateway.consumer().post('book', '/Appointment', body, { headers });
    const before = writes(gateway);
    const again = await gateway.consumer().post('book', '/Appointment', body, { headers });
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    expect(writes(gateway)).toBe(before);
  });
});

describe('book an appointment: slots that do not go together', () => {
  const refused = async (
    slots: readonly FoundSlot[],
    status: number,
    code: string,
    change?: (body: Json) => void,
  ): Promise<Json> => {
    const before = writes(gateway);
    const issue = expectRefusal(await book(slots, change), status, code);
    expect(writes(gateway)).toBe(before);
    return issue;
  };

  it('book an appointment: slots with one between them are 422 INVALID_RESOURCE, and nothing is booked [10.2-28]', async () => {
    const [first, , third] = run(3);
    if (!first || !third) throw new Error('no slots');
    await refused([first, third], 422, 'INVALID_RESOURCE');
  });

  it('book an appointment: slots with minutes between them are 422 INVALID_RESOURCE [10.2-28]', async () => {
    await refused(slotsOf('Spaced surgery 42', 0, 2), 422, 'INVALID_RESOURCE');
  });

  it('book an appointment: adjacent slots in another order than that of time are 422 INVALID_RESOURCE [10.2-28]', async () => {
    const [first, second] = run(2);
    if (!first || !second) throw new Error('no slots');
    await refused([first, second], 422, 'INVALID_RESOURCE', (body) => body.slot.reverse());
  });

  it('book an appointment: slots of two clinicians are 422 INVALID_RESOURCE [10.2-29]', async () => {
    const pair = [...slotsOf('Long surgery 42', 38, 1), ...slotsOf('Long surgery 43', 0, 1)];
    expect(pair[0]?.end).toBe(pair[1]?.start);
    await refused(pair, 422, 'INVALID_RESOURCE');
  });

  it('book an appointment: adjacent slots of two schedules of different channels are 422 INVALID_RESOURCE [10.2-29 10.2-30]', async () => {
    await refused(
      [...slotsOf('Long surgery 42', 39, 1), ...slotsOf('Phone surgery 42', 0, 1)],
      422,
      'INVALID_RESOURCE',
    );
  });

  it('book an appointment: adjacent slots of two schedules of different types are 422 INVALID_RESOURCE [10.2-29 10.2-31]', async () => {
    await refused(
      [...slotsOf('Phone surgery 42', 2, 1), ...slotsOf('Travel clinic 42', 0, 1)],
      422,
      'INVALID_RESOURCE',
    );
  });

  it('book an appointment: one slot named twice is 422 INVALID_RESOURCE', async () => {
    const [slot] = run(1);
    if (!slot) throw new Error('no slot');
    await refused([slot, slot], 422, 'INVALID_RESOURCE');
  });

  it.each<[string, (body: Json, slots: readonly FoundSlot[]) => void]>([
    ['the start of the second slot', (body, [, second]) => (body.start = second?.start)],
    ['the end of the first slot', (body, [first]) => (body.end = first?.end)],
  ])('book an appointment: with %s it is 422 INVALID_RESOURCE [10.2-8 10.2-60]', async (_what, change) => {
    const slots = run(2);
    await refused(slots, 422, 'INVALID_RESOURCE', (body) => change(body, slots));
  });

  it('book an appointment: two slots of which one does not exist are 422, and nothing is booked [10.2-58]', async () => {
    const [slot] = run(1);
    if (!slot) throw new Error('no slot');
    const before = writes(gateway);
    const answer = await book([slot], (body) => body.slot.push({ reference: `Slot/99999${slot.id.slice(5)}` }));
    expect(answer.status).toBe(422);
    expect(writes(gateway)).toBe(before);
  });

  it('book an appointment: two slots of which one is taken are 409 DUPLICATE_REJECTED, and the other stays free [10.2-36 10.2-46]', async () => {
    const [first, second, third] = run(3);
    if (!first || !second || !third) throw new Error('no slots');
    expect((await book([second])).status).toBe(201);
    await refused([first, second], 409, 'DUPLICATE_REJECTED');
    await refused([second, third], 409, 'DUPLICATE_REJECTED');
    expect(await isFree([first, second, third])).toEqual([true, false, true]);
  });

  it('book an appointment: two slots of which the desk has given one away are 409, and the other stays free [10.2-36 10.2-46]', async () => {
    const [first, second] = run(2);
    if (!first || !second) throw new Error('no slots');
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(second) });
    await refused([first, second], 409, 'DUPLICATE_REJECTED');
    expect(await isFree([first, second])).toEqual([true, false]);
  });
});

describe('book an appointment: all of several slots or none', () => {
  it('book an appointment: the desk takes the last slot while the first is being booked: 409, and nothing is left behind [10.2-36]', async () => {
    const slots = run(2);
    const last = slots.at(-1);
    if (!last) throw new Error('no slots');
    gateway.riverside.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 300, when: 'after' } });
    const before = gateway.riverside.requests.count(BOOKING_CALL);
    const answering = book(slots);
    while (gateway.riverside.requests.count(BOOKING_CALL) === before) await new Promise((go) => setTimeout(go, 5));
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(last) });
    expectRefusal(await answering, 409, 'DUPLICATE_REJECTED');
    expect(standingAt(slots)).toHaveLength(1);
    expect(await isFree(slots)).toEqual([true, false]);
  });

  it('book an appointment: a refusal after two of three is 409, and the two are taken back [10.2-36]', async () => {
    const slots = run(3);
    const body = { status: 'error', code: 409, message: 'Session is Full' };
    gateway.riverside.faults.script({ match: BOOKING_CALL, skip: 2, fault: { kind: 'status', status: 409, body } });
    expectRefusal(await book(slots), 409, 'DUPLICATE_REJECTED');
    expect(standingAt(slots)).toEqual([]);
    expect(await isFree(slots)).toEqual([true, true, true]);
    // What was taken back does not stand in the way of another try.
    expect((await book(slots, (one) => (one.description = 'Another try'))).status).toBe(201);
  });

  it('book an appointment: of twenty overlapping pairs at once no slot is sold twice and none is half booked [10.2-36]', async () => {
    const own = await start();
    const all = (await readDiary(own)).get('Long surgery 42') ?? [];
    const consumer = own.consumer();
    const people = await Promise.all(RIVERSIDE_PATIENTS.map((number) => patientId(consumer, number)));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        consumer.post('book', '/Appointment', bookingOfSlots(all.slice(n, n + 2), people[n % people.length] ?? '')),
      ),
    );
    for (const { status } of answers) expect([201, 409, 503]).toContain(status);
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThanOrEqual(7);
    const sold = made.flatMap(({ body }) => body.slot.map(({ reference }: Json) => reference));
    expect(new Set(sold).size).toBe(sold.length);
    const bookings = standing(own);
    expect(bookings).toHaveLength(sold.length);
    expect(new Set(bookings.map((one) => one.sessionInstanceId)).size).toBe(bookings.length);
    await own.stop();
  }, 30_000);
});
