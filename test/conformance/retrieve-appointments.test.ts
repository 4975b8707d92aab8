/** Retrieve a patient's appointments: the window, what belongs to it, and appointments that the desk made. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/consumer.js';
import {
  booked,
  expectRefusal,
  freeSlots,
  NHS_NUMBER,
  patientId,
  PROFILE,
  registrationBody,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';
import {
  amended,
  ANOTHER_ORGANISATION,
  appointmentsIn,
  cancelled,
  exactSlots,
  put,
  read,
  REASON_URL,
  retrieve,
  retrievePath,
  sessionOf,
  standing,
  writes,
  SHOWN_AFTER_MS,
} from '../support/appointments.js';
import { riversideWith } from '../support/riverside.js';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.js';

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((one) => one.stop())));
async function start(options?: TestGatewayOptions): Promise<TestGateway> {
  const one = await startTestGateway(options);
  started.push(one);
  return one;
}

let gateway: TestGateway;
let patient: string;
beforeAll(async () => {
  gateway = await start();
  patient = await patientId(gateway.consumer());
});

const DAY_SLOTS = (day: string): string => slotPath(day, day);
/** The record of the n-th patient in the practice system. */
const recordOf = (person: number): number => 67001 + person;
const idsIn = (found: readonly Json[]): string[] => found.map(({ id }) => id);

describe("retrieve a patient's appointments: the window", () => {
  it.each<[string, string]>([
    ['no start', ''],
    ['ge alone', '?start=ge2026-05-18'],
    ['le alone', '?start=le2026-05-30'],
    ['three starts', '?start=ge2026-05-18&start=le2026-05-30&start=le2026-05-31'],
    ['an empty start', '?start=&start='],
    ['another letter case of the name', '?Start=ge2026-05-18&Start=le2026-05-30'],
    ['start and end instead', '?start=ge2026-05-18&end=le2026-05-30'],
    ['both in one', '?start=ge2026-05-18,le2026-05-30'],
  ])("retrieve a patient's appointments: %s is 422 INVALID_PARAMETER [10.3-1 10.3-11]", async (_what, query) => {
    const answer = await gateway.consumer().get('retrieveAppointments', `/Patient/${patient}/Appointment${query}`);
    expect(expectRefusal(answer, 422, 'INVALID_PARAMETER').diagnostics).toContain("'start'");
  });

  it.each<[string, string, string]>([
    ['ge twice', 'ge2026-05-18', 'ge2026-05-30'],
    ['le twice', 'le2026-05-18', 'le2026-05-30'],
    ['no prefix', '2026-05-18', '2026-05-30'],
    ['no prefix on the first', '2026-05-18', 'le2026-05-30'],
    ['no prefix on the second', 'ge2026-05-18', '2026-05-30'],
    ['gt and lt', 'gt2026-05-18', 'lt2026-05-30'],
    ['eq', 'eq2026-05-18', 'le2026-05-30'],
    ['ne', 'ne2026-05-18', 'le2026-05-30'],
    ['sa and eb', 'sa2026-05-18', 'eb2026-05-30'],
    ['ap', 'ap2026-05-18', 'le2026-05-30'],
    ['a prefix that is none', 'zz2026-05-18', 'le2026-05-30'],
    ['capital letters', 'GE2026-05-18', 'LE2026-05-30'],
    ['a blank behind the prefix', 'ge 2026-05-18', 'le2026-05-30'],
  ])("retrieve a patient's appointments: %s is 422 INVALID_PARAMETER [10.3-12]", async (_what, one, two) => {
    const query = `?start=${encodeURIComponent(one)}&start=${encodeURIComponent(two)}`;
    const answer = await gateway.consumer().get('retrieveAppointments', `/Patient/${patient}/Appointment${query}`);
    expectRefusal(answer, 422, 'INVALID_PARAMETER');
  });

  it.each([
    '2026',
    '2026-05',
    '2026-5-18',
    '18-05-2026',
    '20260518',
    '2026-02-30',
    '2026-13-01',
    '2026-05-18T10:00:00',
    '2026-05-18T10:00:00+01:00',
    '2026-05-18T00:00:00Z',
    'today',
    '',
  ])("retrieve a patient's appointments: the date [%s] is 422 INVALID_PARAMETER [10.3-13]", async (date) => {
    for (const [from, to] of [
      [date, '2026-06-30'],
      ['2026-05-18', date],
    ]) {
      const query = `?start=ge${encodeURIComponent(from ?? '')}&start=le${encodeURIComponent(to ?? '')}`;
      const answer = await gateway.consumer().get('retrieveAppointments', `/Patient/${patient}/Appointment${query}`);
      expectRefusal(answer, 422, 'INVALID_PARAMETER');
    }
  });

  it.each([
    ['2026-05-17', '2026-05-30'],
    ['2026-05-17', '2026-05-17'],
    ['2020-01-01', '2026-05-30'],
    ['1900-01-01', '1900-01-02'],
  ])(
    "retrieve a patient's appointments: from %s to %s is 422 INVALID_PARAMETER, and says that the past cannot be asked for [10.3-14]",
    async (from, to) => {
      const calls = gateway.practiceCalls();
      const issue = expectRefusal(await retrieve(gateway.consumer(), patient, from, to), 422, 'INVALID_PARAMETER');
      expect(issue.diagnostics).toMatch(/past/);
      expect(gateway.practiceCalls()).toBe(calls);
    },
  );

  it("retrieve a patient's appointments: an end before the start is 422 INVALID_PARAMETER [10.3-15]", async () => {
    const answer = await retrieve(gateway.consumer(), patient, '2026-05-20', '2026-05-19');
    expect(expectRefusal(answer, 422, 'INVALID_PARAMETER').diagnostics).toMatch(/before|first/);
  });

  it("retrieve a patient's appointments: the two starts may come in either order, and no range is too long [10.3-1 10.3-19]", async () => {
    const path = `/Patient/${patient}/Appointment`;
    for (const query of ['?start=le2026-05-30&start=ge2026-05-18', '?start=ge2026-05-18&start=le2099-12-31']) {
      expect((await gateway.consumer().get('retrieveAppointments', path + query)).status).toBe(200);
    }
  });

  it("retrieve a patient's appointments: none is 200 with an empty Bundle [10.3-8]", async () => {
    const none = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[7]);
    const answer = await retrieve(gateway.consumer(), none);
    expect([answer.status, answer.body]).toEqual([200, { resourceType: 'Bundle', type: 'searchset' }]);
  });

  it("retrieve a patient's appointments: other parameters are ignored [10.3-18]", async () => {
    const more = '&_sort=-start&_count=1&status=cancelled&end=le2026-05-19&_summary=true';
    const plain = await retrieve(gateway.consumer(), patient);
    const answer = await gateway.consumer().get('retrieveAppointments', retrievePath(patient) + more);
    expect([answer.status, answer.body]).toEqual([200, plain.body]);
  });

  it.each(['patient/*.write', 'organization/*.write', 'organization/*.read', undefined])(
    "retrieve a patient's appointments: the scope %s is 400 BAD_REQUEST [10.3-17]",
    async (requested_scope) => {
      const answer = await gateway
        .consumer()
        .get('retrieveAppointments', retrievePath(patient), { claims: { requested_scope } });
      expectRefusal(answer, 400, 'BAD_REQUEST');
    },
  );
});

describe("retrieve a patient's appointments: what is found", () => {
  it("retrieve a patient's appointments: those whose start lies in the range, both days whole, in order of their start [10.3-2 10.3-3]", async () => {
    const own = await start();
    const consumer = own.consumer();
    const person = await patientId(consumer);
    const made: Json[] = [];
    for (const day of ['2026-05-22', '2026-05-20', '2026-05-21', '2026-05-19']) {
      const slots = await freeSlots(consumer, DAY_SLOTS(day));
      for (const slot of [slots.at(-1), slots[0]]) if (slot) made.push((await booked(consumer, slot, person)).body);
    }
    made.sort((a, b) => (a.start < b.start ? -1 : 1));
    expect(appointmentsIn(await retrieve(consumer, person))).toEqual(made);
    const within = (from: string, to: string): Json[] =>
      made.filter(({ start: at }) => at.slice(0, 10) >= from && at.slice(0, 10) <= to);
    for (const [from, to] of [
      ['2026-05-20', '2026-05-21'],
      ['2026-05-19', '2026-05-19'],
      ['2026-05-22', '2026-05-22'],
      ['2026-05-23', '2026-06-30'],
    ] as const) {
      expect(appointmentsIn(await retrieve(consumer, person, from, to))).toEqual(within(from, to));
    }
  });

  it("retrieve a patient's appointments: one that starts in the range and ends after it is found, one that began before is not [10.3-2 10.3-3]", async () => {
    const session = { name: 'Night clinic', consultantId: 42, duration: 60 };

    const sessions = [
      { id: 10001, ...session, start: '+1d 23:30' },
      { id: 10002, ...session, start: '+2d 23:30' },
    ];
    const own = await start({ riverside: riversideWith(sessions) });
    const consumer = own.consumer();
    const person = await patientId(consumer);
    const ids: string[] = [];
    for (const slot of await freeSlots(consumer)) ids.push((await booked(consumer, slot, person)).body.id);
    expect(ids).toHaveLength(2);
    const found = appointmentsIn(await retrieve(consumer, person, '2026-05-20', '2026-05-20'));
    expect(idsIn(found)).toEqual([ids[1]]);
    expect(found[0].end).toBe('2026-05-21T00:30:00+01:00');
  });

  it("retrieve a patient's appointments: the day is that of the practice, on both sides of midnight and of summer time", async () => {
    const session = { name: 'Late clinic', consultantId: 42, duration: 10 };

    const own = await start({
      riverside: riversideWith([
        { id: 10001, ...session, start: '+1d 00:05' },
        { id: 10002, ...session, start: '+1d 23:45' },
      ]),
    });
    const consumer = own.consumer();
    const person = await patientId(consumer);
    for (const slot of await freeSlots(consumer)) await booked(consumer, slot, person);
    // 00:05 in summer is the day before in UTC.
    expect(appointmentsIn(await retrieve(consumer, person, '2026-05-19', '2026-05-19'))).toHaveLength(2);
    expect(appointmentsIn(await retrieve(consumer, person, '2026-05-18', '2026-05-18'))).toEqual([]);
  });

  it("retrieve a patient's appointments: those of earlier today are found, though they can no longer be read [10.3-7]", async () => {
    const own = await start();
    const consumer = own.consumer();
    const person = await patientId(consumer);
    const nextSlot = await exactSlots(consumer, DAY_SLOTS('2026-05-18'));
    const made = (await booked(consumer, nextSlot(), person)).body;
    own.clock.set(Date.parse('2026-05-18T20:00:00Z'));
    const [found] = appointmentsIn(await retrieve(consumer, person, '2026-05-18', '2026-05-18'));
    expect(found).toEqual(made);
    expectRefusal(await read(consumer, made.id), 422, 'INVALID_RESOURCE');
    // Five minutes past midnight they are past.
    own.clock.set(Date.parse('2026-05-18T23:05:00Z'));
    expectRefusal(await retrieve(consumer, person, '2026-05-18', '2026-05-20'), 422, 'INVALID_PARAMETER');
    expect(appointmentsIn(await retrieve(consumer, person, '2026-05-19', '2026-05-20'))).toEqual([]);
  });

  it("retrieve a patient's appointments: each entry is as it is read, whoever booked it, also when it was amended or cancelled [10.3-4 10.3-6 10.3-10 10.4-4]", async () => {
    const own = await start();
    const consumer = own.consumer();
    const person = await patientId(consumer);
    const nextSlot = await exactSlots(consumer);
    const one = (await booked(consumer, nextSlot(), person)).body;
    const two = (await booked(consumer, nextSlot(), person, ANOTHER_ORGANISATION)).body;
    const three = (await booked(consumer, nextSlot(), person)).body;
    await put(
      consumer,
      'amend',
      amended(two, (body) => (body.description = 'Amended')),
    );
    await put(consumer, 'cancel', cancelled(three));
    const { status, body } = await retrieve(consumer, person);
    expect([status, Object.keys(body).sort()]).toEqual([200, ['entry', 'resourceType', 'type']]);
    const found = body.entry.map((entry: Json) => entry.resource);
    expect(idsIn(found).sort()).toEqual(idsIn([one, two, three]).sort());
    expect(found.map((each: Json) => each.status).sort()).toEqual(['booked', 'booked', 'cancelled']);
    for (const each of found) {
      expect((await read(consumer, each.id)).body).toEqual(each);
      expect(each.meta.profile).toEqual([`${PROFILE}GPConnect-Appointment-1`]);
    }
    const gone = found.find((each: Json) => each.status === 'cancelled');
    expect(gone.extension.map(({ url }: Json) => url)).toContain(REASON_URL);
  });

  it("retrieve a patient's appointments: only this patient's, and nothing is written at the practice [10.3-20]", async () => {
    const own = await start();
    const consumer = own.consumer();
    const [one, two] = [await patientId(consumer), await patientId(consumer, RIVERSIDE_PATIENTS[1])];
    const nextSlot = await exactSlots(consumer);
    const mine = (await booked(consumer, nextSlot(), one)).body;
    const theirs = (await booked(consumer, nextSlot(), two)).body;
    const before = writes(own);
    expect(appointmentsIn(await retrieve(consumer, one))).toEqual([mine]);
    expect(appointmentsIn(await retrieve(consumer, two))).toEqual([theirs]);
    expect(writes(own)).toBe(before);
    // At another practice of the same installation there is no such patient.
    expectRefusal(await retrieve(own.consumer('A99902'), one), 404, 'PATIENT_NOT_FOUND');
  });

  it("retrieve a patient's appointments: Patient, Location and Practitioner are not in the Bundle but can be read [10.3-9]", async () => {
    const own = await start();
    const consumer = own.consumer();
    const person = await patientId(consumer);
    await booked(consumer, (await exactSlots(consumer))(), person);
    const found = appointmentsIn(await retrieve(consumer, person));
    expect(found.map(({ resourceType }) => resourceType)).toEqual(['Appointment']);
    const interactions = {
      Patient: 'readPatient',
      Location: 'readLocation',
      Practitioner: 'readPractitioner',
    } as const;
    for (const { actor } of found[0].participant) {
      const [type] = String(actor.reference).split('/') as [keyof typeof interactions];
      const { status, body } = await consumer.get(interactions[type], `/${String(actor.reference)}`);
      expect([status, `${String(body.resourceType)}/${String(body.id)}`]).toEqual([200, actor.reference]);
    }
    expect(found[0].participant).toHaveLength(3);
  });
});

describe("retrieve a patient's appointments: made at the desk", () => {
  let own: TestGateway;
  let person: string;
  let nextSlot: () => FoundSlot;
  beforeAll(async () => {
    own = await start();
    person = await patientId(own.consumer(), RIVERSIDE_PATIENTS[3]);
    nextSlot = await exactSlots(own.consumer());
  });
  const deskBooks = (slot: FoundSlot): void =>
    void own.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(slot), patientId: recordOf(3) });
  const found = async (slot: FoundSlot): Promise<Json> =>
    appointmentsIn(await retrieve(own.consumer(), person)).find((one) => one.slot[0].reference === `Slot/${slot.id}`);
  const bookingOf = (slot: FoundSlot): Json =>
    own.riverside.hmis.bookings().find((one) => one.sessionInstanceId === sessionOf(slot));

  it("retrieve a patient's appointments: one made at the desk is found with all that its profile asks for, and without a booking organisation [10.3-5 10.4-3 10.4-7 10.4-9]", async () => {
    const slot = nextSlot();
    deskBooks(slot);
    const one = await found(slot);
    expect(one).toMatchObject({
      status: 'booked',
      start: slot.start,
      end: slot.end,
      slot: [{ reference: `Slot/${slot.id}` }],
      serviceCategory: { text: slot.scheduleType },
      serviceType: [{ text: 'GP routine' }],
    });
    expect(one.description).toMatch(/\S/);
    expect(one.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+01:00$/);
    expect(one).not.toHaveProperty('contained');
    expect(one.extension.map(({ url }: Json) => url.slice(PROFILE.length))).toEqual([
      'Extension-GPConnect-PractitionerRole-1',
      'Extension-GPConnect-DeliveryChannel-2',
    ]);
    expect(one.participant.map(({ actor }: Json) => actor.reference)).toEqual([
      `Patient/${person}`,
      slot.location,
      slot.practitioner,
    ]);
  });

  it("retrieve a patient's appointments: its id stays from one call to the next, by it the appointment is read [4.4-8 10.3-5 10.4-3]", async () => {
    const slot = nextSlot();
    deskBooks(slot);
    const first = await found(slot);
    for (let round = 0; round < 3; round += 1) expect(await found(slot)).toEqual(first);
    const answers = await Promise.all(Array.from({ length: 5 }, () => found(slot)));
    for (const answer of answers) expect(answer).toEqual(first);
    const answer = await read(own.consumer(), first.id);
    expect([answer.status, answer.body]).toEqual([200, first]);
  });

  it("retrieve a patient's appointments: seen by ten at once for the first time, it has one id", async () => {
    const slot = nextSlot();
    deskBooks(slot);
    const seen = await Promise.all(Array.from({ length: 10 }, () => found(slot)));
    expect(new Set(idsIn(seen)).size).toBe(1);
  });

  it("retrieve a patient's appointments: cancelled at the desk later it keeps its id and has another version [4.4-11 10.3-6]", async () => {
    const slot = nextSlot();
    deskBooks(slot);
    const before = await found(slot);
    own.riverside.hmis.desk({ action: 'cancel', bookingId: bookingOf(slot).bookingId });
    const after = await found(slot);
    expect([after.id, after.status]).toEqual([before.id, 'cancelled']);
    expect(after.meta.versionId).not.toBe(before.meta.versionId);
    expect((await read(own.consumer(), after.id)).body).toEqual(after);
  });

  it("retrieve a patient's appointments: cancelled at the desk before anybody looked, it is found as cancelled [10.3-6]", async () => {
    const slot = nextSlot();
    deskBooks(slot);
    own.riverside.hmis.desk({ action: 'cancel', bookingId: bookingOf(slot).bookingId });
    const one = await found(slot);
    expect(one.status).toBe('cancelled');
    expect(one.extension.find(({ url }: Json) => url === REASON_URL).valueString).toMatch(/\S/);
    expect(await found(slot)).toEqual(one);
  });

  it("retrieve a patient's appointments: one that the desk has taken away without a trace is no longer found", async () => {
    const slot = nextSlot();
    deskBooks(slot);
    const one = await found(slot);
    own.riverside.hmis.desk({ action: 'retire', bookingId: bookingOf(slot).bookingId });
    own.clock.advance(SHOWN_AFTER_MS);
    expect(await found(slot)).toBeUndefined();
    expectRefusal(await read(own.consumer(), one.id), 404, 'NO_RECORD_FOUND');
  });

  it("retrieve a patient's appointments: one booked through here and one made at the desk stand side by side [13-2]", async () => {
    const [ours, theirs] = [nextSlot(), nextSlot()];
    const made = (await booked(own.consumer(), ours, person)).body;
    deskBooks(theirs);
    expect(await found(ours)).toEqual(made);
    expect((await found(theirs)).id).not.toBe(made.id);
    expect(
      standing(own).filter((one) => [sessionOf(ours), sessionOf(theirs)].includes(one.sessionInstanceId)),
    ).toHaveLength(2);
  });
});

describe("retrieve a patient's appointments: whom it is refused for", () => {
  it.each(['unknown', 'test-000000000000009999', '67001', 'a'.repeat(64), 'a'.repeat(65), '%20', '__proto__'])(
    "retrieve a patient's appointments: the patient %s, whom nobody knows, is 404 PATIENT_NOT_FOUND [10.3-16]",
    async (id) => {
      const answer = await gateway.consumer().get('retrieveAppointments', retrievePath(id));
      expect(expectRefusal(answer, 404, 'PATIENT_NOT_FOUND').code).toBe('not-found');
    },
  );

  it("retrieve a patient's appointments: a patient who has become sensitive is 404 PATIENT_NOT_FOUND [10.3-16 13-12]", async () => {
    const own = await start();
    const person = await patientId(own.consumer());
    await booked(own.consumer(), (await exactSlots(own.consumer()))(), person);
    const entry = own.register.pds.people().find(({ nhsNumber }) => nhsNumber === RIVERSIDE_PATIENTS[0]);
    Object.assign(entry ?? {}, { kind: 'sensitive', security: 'R' });
    own.clock.advance(13 * 3_600_000);
    expectRefusal(await retrieve(own.consumer(), person), 404, 'PATIENT_NOT_FOUND');
  });

  it("retrieve a patient's appointments: a patient whose registration has run out is 404 PATIENT_NOT_FOUND until registered again", async () => {
    const own = await start({
      practices: (yaml) => yaml.replace('ledger:', 'limits: { temporaryRegistrationDays: 2 }\n\nledger:'),
    });
    const consumer = own.consumer();
    const register = (): Promise<Json> =>
      consumer.post('register', '/Patient/$gpc.registerpatient', registrationBody());
    const person: string = (await register()).body.entry[0].resource.id;
    const [slot] = await freeSlots(consumer, slotPath('2026-05-25', '2026-05-25'));
    if (!slot) throw new Error('no slot');
    const made = (await booked(consumer, slot, person)).body;
    expect(appointmentsIn(await retrieve(consumer, person))).toEqual([made]);
    own.clock.advance(3 * 86_400_000);
    expectRefusal(await retrieve(consumer, person, '2026-05-21'), 404, 'PATIENT_NOT_FOUND');
    expect((await register()).status).toBe(200);
    expect(appointmentsIn(await retrieve(consumer, person, '2026-05-21'))).toEqual([made]);
  });

  it("retrieve a patient's appointments: where Appointment Management is off it is 403 ACCESS_DENIED", async () => {
    const own = await start({
      practices: (yaml) => yaml.replace('appointmentManagement: true', 'appointmentManagement: false'),
    });
    expectRefusal(await retrieve(own.consumer(), patient), 403, 'ACCESS DENIED');
  });

  it.each([
    ['cannot be reached', { kind: 'drop' }, 503],
    ['answers nonsense', { kind: 'not-json' }, 502],
    ['does not answer in time', { kind: 'hang' }, 504],
  ] as const)(
    "retrieve a patient's appointments: while the practice %s it is an error, never a part of them",
    async (_, fault, status) => {
      const own = await start();
      const person = await patientId(own.consumer());
      await booked(own.consumer(), (await exactSlots(own.consumer()))(), person);
      own.riverside.faults.script({ match: { path: '/rh/api/channel/bookings/patient/*' }, times: 'always', fault });
      expectRefusal(await retrieve(own.consumer(), person), status, 'INTERNAL_SERVER_ERROR');
      own.riverside.faults.clear();
    },
  );

  it("retrieve a patient's appointments: the NHS number is no part of its address", async () => {
    const answer = await gateway
      .consumer()
      .get('retrieveAppointments', retrievePath(encodeURIComponent(`${NHS_NUMBER}|9990000018`)));
    expectRefusal(answer, 404, 'PATIENT_NOT_FOUND');
  });
});
