import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_TYPE, type Json, type TestAnswer } from '../support/consumer.js';
import {
  booked,
  bookingBody,
  CODES,
  expectRefusal,
  freeSlots,
  patientId,
  PROFILE,
  registrationBody,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  // So that two hundred requests at once are all worked on: what happens to them otherwise is told in test/overload.
  gateway = await startTestGateway({ overload: { limit: { start: 256, least: 256, most: 256 } } });
});
afterAll(() => gateway.stop());

describe('book an appointment', () => {
  it('a slot booked once is gone from the next search, and booked again it is 409 DUPLICATE_REJECTED [10.2-36 10.2-46]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer);
    if (!slot) throw new Error('no slot');
    const [one, other] = [await patientId(consumer), await patientId(consumer, RIVERSIDE_PATIENTS[1])];
    await booked(consumer, slot, one);
    expect((await freeSlots(consumer)).map(({ id }) => id)).not.toContain(slot.id);
    const another = { ...bookingBody(slot, one), description: 'Another reason' };
    for (const body of [bookingBody(slot, other), another]) {
      expectRefusal(await consumer.post('book', '/Appointment', body), 409, 'DUPLICATE_REJECTED');
    }
  });

  it('an equal booking soon after is the same one, whatever trace id or key it comes with', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer);
    if (!slot) throw new Error('no slot');
    const patient = await patientId(consumer);
    const first = await booked(consumer, slot, patient);
    const headers = { 'Idempotency-Key': 'a-repeat' };
    for (const bend of [{}, { headers }, { headers }]) {
      const again = await booked(consumer, slot, patient, bend);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(again.body).toEqual(first.body);
    }
    const another = bookingBody(slot, patient, (body) => (body.description = 'Another reason'));
    expectRefusal(await consumer.post('book', '/Appointment', another, { headers }), 422, 'INVALID_RESOURCE');
  });

  it.each([
    ['in Z', '2026-05-18T05:59:30Z'],
    ['with a fraction of a second', '2026-05-18T06:59:30.123+01:00'],
    ['as a clock elsewhere writes it', '2026-05-18T07:59:30.9999999+02:00'],
  ])('book an appointment: created %s is given back in local time, and can be sent back', async (_title, created) => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer);
    if (!slot) throw new Error('no slot');
    const sent = bookingBody(slot, await patientId(consumer), (body) => (body.created = created));
    const { status, body } = await consumer.post('book', '/Appointment', sent);
    expect([status, body.created]).toEqual([201, '2026-05-18T06:59:30+01:00']);
    for (const again of [body.created, created]) {
      const change = { ...body, created: again, comment: `Sent back as ${again}` };
      expect((await consumer.send('PUT', 'amend', `/Appointment/${body.id}`, {}, change)).status).toBe(200);
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

/** Slots with exact times on days that no other test books on; each is taken once. */
let unused: FoundSlot[] = [];
async function nextSlot(): Promise<FoundSlot> {
  if (unused.length === 0) {
    const found = await freeSlots(gateway.consumer(), slotPath('2026-05-25', '2026-05-29'));
    unused = found.filter(({ scheduleType }) => scheduleType !== 'Walk-in nurse clinic');
  }
  const slot = unused.shift();
  if (!slot) throw new Error('no slot');
  return slot;
}
const bookingsOf = (slot: FoundSlot): readonly Json[] =>
  gateway.riverside.hmis
    .bookings()
    .filter(({ sessionInstanceId }) => String(sessionInstanceId) === slot.id.split('-')[0]);
const TRACE = { headers: { 'Ssp-TraceID': 'b6a1c1de-1111-4222-8333-444455556666' } };

describe('book an appointment: the answer', () => {
  let slot: FoundSlot;
  let patient: string;
  let answer: TestAnswer;
  beforeAll(async () => {
    slot = await nextSlot();
    patient = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[2]);
    answer = await booked(gateway.consumer(), slot, patient);
  });

  it('book an appointment: it is 201 with Location, ETag, Last-Modified and Content-Type [4.2-4 4.2-6 4.2-8 4.7-3 10.2-39]', () => {
    const { id, meta } = answer.body;
    const url = `https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/Appointment/${id}`;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`${url}/_history/${meta.versionId}`);
    expect(answer.headers.get('etag')).toBe(`W/"${meta.versionId}"`);
    expect(answer.headers.get('last-modified')).toBe(new Date(gateway.clock.now()).toUTCString());
    expect(answer.headers.get('content-type')).toBe(CONTENT_TYPE[answer.format]);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
  });

  it('book an appointment: the body is the Appointment with all that was sent and all that the practice knows [4.1-14 10.2-40 10.2-41 10.2-42 10.2-43 10.2-45]', () => {
    const sent = bookingBody(slot, patient);
    const { body } = answer;
    expect(body).toEqual({
      resourceType: 'Appointment',
      id: expect.stringMatching(/^[A-Za-z0-9\-.]{1,64}$/),
      meta: {
        versionId: expect.stringMatching(/^[A-Za-z0-9\-.]{1,64}$/),
        profile: [`${PROFILE}GPConnect-Appointment-1`],
      },
      // The booking organisation with its type, as it was sent.
      contained: sent.contained,
      extension: expect.any(Array),
      status: 'booked',
      serviceCategory: { text: 'Morning surgery' },
      serviceType: [{ text: 'GP routine' }],
      description: sent.description,
      start: slot.start,
      end: slot.end,
      minutesDuration: 10,
      slot: sent.slot,
      created: sent.created,
      comment: sent.comment,
      participant: expect.any(Array),
    });
    expect(body.participant).toHaveLength(3);
    expect(body.participant).toEqual(expect.arrayContaining(sent.participant));
    const extensions = Object.fromEntries(body.extension.map((one: Json) => [one.url.slice(PROFILE.length), one]));
    expect(Object.keys(extensions).sort()).toEqual([
      'Extension-GPConnect-BookingOrganisation-1',
      'Extension-GPConnect-DeliveryChannel-2',
      'Extension-GPConnect-PractitionerRole-1',
    ]);
    expect(extensions['Extension-GPConnect-DeliveryChannel-2'].valueCode).toBe('In-person');
    expect(extensions['Extension-GPConnect-BookingOrganisation-1'].valueReference.reference).toBe('#booking-org');
    expect(extensions['Extension-GPConnect-PractitionerRole-1'].valueCodeableConcept.coding).toEqual([
      { system: `${CODES}CareConnect-SDSJobRoleName-1`, code: 'R0260', display: 'General Medical Practitioner' },
    ]);
  });

  it('book an appointment: the practice has exactly this booking, for this patient at this time [10.2-67]', () => {
    const [made, ...more] = bookingsOf(slot);
    expect(more).toEqual([]);
    expect(made).toMatchObject({ patientId: 67003, cancelled: false });
    expect(made.appointmentAt.replace(' ', 'T').slice(0, 16)).toBe(slot.start.slice(0, 16));
  });

  it('book an appointment: Prefer return=minimal is 201 with the headers and an empty body [4.1-15]', async () => {
    const again = await nextSlot();
    const answered = await gateway
      .consumer()
      .post('book', '/Appointment', bookingBody(again, patient), { headers: { Prefer: 'return=minimal' } });
    expect(answered.status).toBe(201);
    expect(answered.text).toBe('');
    expect(answered.headers.get('location')).toContain('/Appointment/');
    expect(answered.headers.get('etag')).toMatch(/^W\/".+"$/);
    expect(bookingsOf(again)).toHaveLength(1);
  });
});

describe('book an appointment: what a request may hold', () => {
  const SENT: readonly (readonly [string, (body: Json) => void])[] = [
    ['no practitioner', (body) => body.participant.pop()],
    ['no comment', (body) => delete body.comment],
    ['no type of the booking organisation', (body) => delete body.contained[0].type],
    [
      'an address and a second telecom of the booking organisation',
      (body) => {
        body.contained[0].telecom.push({ system: 'email', value: 'desk@example.nhs.uk', use: 'work' });
        body.contained[0].address = [{ use: 'work', line: ['1 Hub Road'], city: 'Northdale', postalCode: 'HG9 9ZX' }];
      },
    ],
    [
      'another local id of the booking organisation',
      (body) => {
        body.contained[0].id = '1';
        body.extension[0].valueReference.reference = '#1';
      },
    ],
    ['a description of 100 characters', (body) => (body.description = 'é'.repeat(100))],
    ['a comment of 500 characters', (body) => (body.comment = '\u{1F600}'.repeat(500))],
    ['an identifier of the consumer', (body) => (body.identifier = [{ system: 'https://hub.example/id', value: '1' }])],
  ];

  it.each(SENT)(
    'book an appointment: %s is accepted, stored in full and returned as it was sent [10.2-4 10.2-7 10.2-13 10.2-16 10.2-24 10.2-32 10.2-34 11-2]',
    async (_, change) => {
      const [slot, patient] = [await nextSlot(), await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[3])];
      const sent = bookingBody(slot, patient, change);
      const answer = await gateway.consumer().post('book', '/Appointment', sent);
      expect(answer.text && answer.status).toBe(201);
      const { body } = await gateway.consumer().get('readAppointment', `/Appointment/${answer.body.id}`);
      expect(body).toEqual(answer.body);
      for (const name of ['contained', 'description', 'comment', 'identifier', 'created']) {
        expect(body[name]).toEqual(sent[name]);
      }
      // The practitioner of the schedule is told whether or not the consumer named one.
      expect(body.participant.map(({ actor }: Json) => actor.reference)).toContain(slot.practitioner);
    },
  );

  it('book an appointment: serviceCategory and serviceType are ignored; the own ones of the practice are returned [10.2-19]', async () => {
    const [slot, patient] = [await nextSlot(), await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[3])];
    const sent = bookingBody(slot, patient, (body) => {
      body.serviceCategory = { text: 'Something else' };
      body.serviceType = [{ text: 'Something else' }, { text: 'and more' }];
    });
    const { status, body, text } = await gateway.consumer().post('book', '/Appointment', sent);
    expect(text && status).toBe(201);
    expect(body.serviceType).toEqual([{ text: 'GP routine' }]);
    expect(body.serviceCategory).toEqual({ text: slot.scheduleType });
    expect(text).not.toContain('Something else');
  });

  it('book an appointment: participant types, the right channel and the right role are accepted [10.2-15 10.2-17]', async () => {
    const [slot, patient] = [await nextSlot(), await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[3])];
    const found = await gateway.consumer().get('searchSlots', slotPath('2026-05-25', '2026-05-29'));
    const resources: Json[] = found.body.entry.map((entry: Json) => entry.resource);
    const own = resources.find(({ id }) => id === slot.id);
    const schedule = resources.find(({ id }) => `Schedule/${id}` === own.schedule.reference);
    const sent = bookingBody(slot, patient, (body) => {
      body.extension.push(...own.extension, ...schedule.extension);
      body.participant.forEach((one: Json, index: number) => {
        const code = index === 2 ? 'PPRF' : 'PART';
        one.type = [{ coding: [{ system: 'http://hl7.org/fhir/encounter-participant-type', code }] }];
      });
    });
    const { status, body, text } = await gateway.consumer().post('book', '/Appointment', sent);
    expect(text && status).toBe(201);
    // Sent or not, each is returned once.
    expect(body.extension).toHaveLength(3);
  });

  it('book an appointment: a patient registered a moment ago can be booked for [10.2-35]', async () => {
    const consumer = gateway.consumer();
    const registered = await consumer.post('register', '/Patient/$gpc.registerpatient', registrationBody());
    expect(registered.text && registered.status).toBe(200);
    const slot = await nextSlot();
    const { body } = await booked(consumer, slot, registered.body.entry[0].resource.id);
    expect(body.status).toBe('booked');
    expect(bookingsOf(slot)).toHaveLength(1);
  });

  it('book an appointment: a slot that the practice keeps is 422 for others and 201 for whom it is kept [10.2-26 10.2-62 12-3]', async () => {
    const consumer = gateway.consumer('A99903');
    const filter = `&searchFilter=${encodeURIComponent(`${CODES}GPConnect-OrganisationType-1|urgent-care`)}`;
    const kept = (await freeSlots(consumer, slotPath('2026-05-21', '2026-05-21', filter))).find(
      ({ scheduleType }) => scheduleType === 'Evening walk-in surgery',
    );
    if (!kept) throw new Error('no slot');
    const patient = await patientId(consumer, '9990000131');
    for (const change of [
      (body: Json) => delete body.contained[0].type,
      (body: Json) => (body.contained[0].type[0].coding[0].code = 'gp-practice'),
    ]) {
      const refused = await consumer.post('book', '/Appointment', bookingBody(kept, patient, change));
      expectRefusal(refused, 422, 'INVALID_RESOURCE');
      expect(gateway.hillside.hmis.bookings()).toEqual([]);
    }
    await booked(consumer, kept, patient);
    expect(gateway.hillside.hmis.bookings()).toHaveLength(1);
  });
});

describe('book an appointment: repeats', () => {
  it('book an appointment: the same request with the same trace id is the same 201, replayed, and one booking', async () => {
    const [slot, patient] = [await nextSlot(), await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[4])];
    const first = await booked(gateway.consumer(), slot, patient, TRACE);
    const second = await booked(gateway.consumer(), slot, patient, TRACE);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
    for (const name of ['location', 'etag', 'last-modified']) {
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(bookingsOf(slot)).toHaveLength(1);
  });

  it('book an appointment: fifty parallel copies of one request are fifty equal 201 and one booking', async () => {
    const [slot, patient] = [await nextSlot(), await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[4])];
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => booked(gateway.consumer(), slot, patient, TRACE)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(49);
    expect(bookingsOf(slot)).toHaveLength(1);
  });

  it('book an appointment: one Idempotency-Key is one booking; with another body it is 422 and nothing is booked', async () => {
    const [slot, other] = [await nextSlot(), await nextSlot()];
    const patient = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[5]);
    const bend = { headers: { 'Idempotency-Key': '"key-1"' } };
    const first = await booked(gateway.consumer(), slot, patient, bend);
    const again = await booked(gateway.consumer(), slot, patient, { headers: { 'Idempotency-Key': 'key-1' } });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const refused = await gateway.consumer().post('book', '/Appointment', bookingBody(other, patient), bend);
    expectRefusal(refused, 422, 'INVALID_RESOURCE');
    expect(bookingsOf(other)).toEqual([]);
    // The key of another organisation is another key.
    const { headers } = await booked(gateway.consumer(), other, patient, {
      ...bend,
      claims: {
        requesting_organization: {
          resourceType: 'Organization',
          identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Z99903' }],
          name: 'Southdale 111 Service',
        },
      },
    });
    expect(headers.get('idempotent-replayed')).toBeNull();
  });

  it.each(['', ' ', 'x'.repeat(256), 'two words'])(
    'book an appointment: the Idempotency-Key "%s" is 400 BAD_REQUEST and nothing is booked',
    async (key) => {
      const [slot] = await freeSlots(gateway.consumer(), slotPath('2026-05-30', '2026-05-30'));
      if (!slot) throw new Error('no slot');
      const body = bookingBody(slot, await patientId(gateway.consumer()));
      const answer = await gateway
        .consumer()
        .post('book', '/Appointment', body, { headers: { 'Idempotency-Key': key } });
      expectRefusal(answer, 400, 'BAD_REQUEST');
      expect(bookingsOf(slot)).toEqual([]);
    },
  );
});
