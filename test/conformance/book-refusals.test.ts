/** Book an appointment: every request that is refused, and that nothing was booked at the practice for it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bend, Json, TestAnswer } from '../support/consumer.js';
import {
  booked,
  bookingBody,
  CODES,
  expectRefusal,
  freeSlots,
  patientId,
  PROFILE,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let slots: readonly FoundSlot[];
let patient: string;
let writesBefore: number;

const writes = (): number =>
  gateway.riverside.requests.count({ method: 'POST' }) + gateway.riverside.requests.count({ method: 'PUT' });
const at = (time: string, practitioner?: string): FoundSlot => {
  const slot = slots.find(
    (one) => one.start.slice(0, 16) === time && (practitioner === undefined || one.practitioner === practitioner),
  );
  if (!slot) throw new Error(`no slot at ${time}`);
  return slot;
};
const book = (
  change: (body: Json) => void,
  slot: FoundSlot = at('2026-05-19T09:00'),
  bend?: Bend,
): Promise<TestAnswer> => gateway.consumer().post('book', '/Appointment', bookingBody(slot, patient, change), bend);

beforeAll(async () => {
  gateway = await startTestGateway();
  slots = await freeSlots(gateway.consumer());
  patient = await patientId(gateway.consumer());
});
afterAll(() => gateway.stop());
beforeEach(() => {
  writesBefore = writes();
});
/** Every refusal of this file: nothing was written at the practice. */
afterEach(() => {
  expect(writes()).toBe(writesBefore);
  expect(gateway.riverside.hmis.bookings()).toEqual([]);
});

const organisation = (body: Json): Json => body.contained[0];
const extension = (body: Json, name: string): Json =>
  body.extension.find((one: Json) => one.url === `${PROFILE}Extension-GPConnect-${name}`);
const participant = (body: Json, type: string): Json =>
  body.participant.find((one: Json) => one.actor.reference.startsWith(`${type}/`));
const without = (body: Json, type: string): void => {
  body.participant = body.participant.filter((one: Json) => !one.actor.reference.startsWith(`${type}/`));
};

/** What is wrong, how it is made wrong, and what the diagnostics have to speak of. */
type Refused = readonly [what: string, change: (body: Json) => void, speaksOf: string, bend?: Bend];
/** For what is no mistake in XML, which has neither types nor arrays. */
const ONLY_IN_JSON: Bend = { format: 'json' };

const WITHOUT: readonly Refused[] = ['status', 'description', 'start', 'end', 'slot', 'created', 'participant'].map(
  (name) => [`without ${name}`, (body) => delete body[name], name],
);

const RESOURCE: readonly Refused[] = [
  ['without meta', (body) => delete body.meta, 'profile'],
  ['with the profile of another resource', (body) => (body.meta.profile = [`${PROFILE}GPConnect-Slot-1`]), 'profile'],
  ['with an id of the consumer', (body) => (body.id = 'my-own'), 'id'],
  ['with an element that FHIR does not know', (body) => (body.invalidField = 'x'), 'Appointment'],
  ['of another resource type', (body) => (body.resourceType = 'Slot'), 'Appointment'],
  ['of a resource type that does not exist', (body) => (body.resourceType = 'Appointments'), 'Appointment'],
  ['without a resource type', (body) => delete body.resourceType, 'Appointment'],
  ['with an element in the wrong type', (body) => (body.description = 17), 'description', ONLY_IN_JSON],
  ['with an array where one is due', (body) => (body.status = ['booked']), 'status', ONLY_IN_JSON],
  ['with modifierExtension', (body) => (body.modifierExtension = [{ url: 'urn:x', valueBoolean: true }]), 'modifier'],
  ...['proposed', 'pending', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error', 'Booked', ''].map(
    (status): Refused => [`with status "${status}"`, (body) => (body.status = status), 'status'],
  ),
];

const FORBIDDEN: readonly Refused[] = [
  ['reason', (body) => (body.reason = [{ text: 'Cough' }]), 'reason'],
  ['specialty', (body) => (body.specialty = [{ text: 'GP' }]), 'specialty'],
  ['appointmentType', (body) => (body.appointmentType = { text: 'ROUTINE' }), 'appointmentType'],
  ['indication', (body) => (body.indication = [{ reference: 'Condition/1' }]), 'indication'],
  [
    'supportingInformation',
    (body) => (body.supportingInformation = [{ reference: 'Observation/1' }]),
    'supportingInformation',
  ],
  ['incomingReferral', (body) => (body.incomingReferral = [{ reference: 'ReferralRequest/1' }]), 'incomingReferral'],
  ['requestedPeriod', (body) => (body.requestedPeriod = [{ start: '2026-05-19' }]), 'requestedPeriod'],
  [
    'the cancellation reason',
    (body) =>
      body.extension.push({
        url: `${PROFILE}Extension-GPConnect-AppointmentCancellationReason-1`,
        valueString: 'none',
      }),
    'extension',
  ],
  ...['use', 'type', 'period', 'assigner'].map((name): Refused => {
    const values: Record<string, unknown> = { use: 'usual', type: { text: 'x' }, period: {}, assigner: {} };
    values['period'] = { start: '2026-05-19' };
    values['assigner'] = { display: 'x' };
    return [
      `identifier.${name}`,
      (body) => (body.identifier = [{ system: 'urn:x', value: '1', [name]: values[name] }]),
      `identifier[0].${name}`,
    ];
  }),
];

const TIMES: readonly Refused[] = [
  ...['start', 'end'].flatMap((name): Refused[] => [
    [`${name} in Z`, (body) => (body[name] = '2026-05-19T08:00:00Z'), name],
    [`${name} with a fraction of a second`, (body) => (body[name] = '2026-05-19T09:00:00.000+01:00'), name],
    [`${name} with winter time in summer`, (body) => (body[name] = '2026-05-19T08:00:00+00:00'), name],
  ]),
  ...['start', 'end', 'created'].flatMap((name): Refused[] => [
    [`${name} without offset`, (body) => (body[name] = '2026-05-19T09:00:00'), name],
    [`${name} as a date`, (body) => (body[name] = '2026-05-19'), name],
    [`${name} on a day that does not exist`, (body) => (body[name] = '2026-02-30T09:00:00+00:00'), name],
  ]),
];

const REFERENCES: readonly Refused[] = [
  ['without a patient', (body) => without(body, 'Patient'), 'patient'],
  ['without a location', (body) => without(body, 'Location'), 'location'],
  ['with no participant at all', (body) => (body.participant = []), 'participant'],
  ['with a participant without actor', (body) => delete body.participant[0].actor, 'participant[0]'],
  ['with a participant without status', (body) => delete body.participant[1].status, 'participant[1].status'],
  ['with a participation status that FHIR does not know', (body) => (body.participant[0].status = 'yes'), 'status'],
  ['with two patients', (body) => body.participant.push({ ...body.participant[0] }), 'Patient'],
  ['with a participant of another type', (body) => (body.participant[2].actor.reference = 'Device/1'), 'participant'],
  [
    'with an absolute reference to the patient',
    (body) => (body.participant[0].actor.reference = `https://example.org/${body.participant[0].actor.reference}`),
    'participant[0]',
  ],
  ['with an absolute reference to the slot', (body) => (body.slot[0].reference = 'https://e.org/Slot/1'), 'slot'],
  ['with no slot', (body) => (body.slot = []), 'slot'],
  ['with a slot without reference', (body) => (body.slot = [{ display: 'the first' }]), 'slot'],
  ['with the same slot twice', (body) => body.slot.push({ ...body.slot[0] }), 'slot'],
  ['with an identifier without value', (body) => (body.identifier = [{ system: 'urn:x' }]), 'identifier[0].value'],
  ['with an identifier without system', (body) => (body.identifier = [{ value: '1' }]), 'identifier[0].system'],
];

const BOOKING_ORGANISATION: readonly Refused[] = [
  ['without contained organisation', (body) => delete body.contained, 'contained'],
  ['with a contained resource of another type', (body) => (organisation(body).resourceType = 'Location'), 'contained'],
  ['without its name', (body) => delete organisation(body).name, 'name'],
  ['without its telecom', (body) => delete organisation(body).telecom, 'telecom'],
  ['without a single telecom', (body) => (organisation(body).telecom = []), 'telecom'],
  ['without its identifier', (body) => delete organisation(body).identifier, 'identifier'],
  [
    'without an ODS code among its identifiers',
    (body) => (organisation(body).identifier[0].system = 'https://fhir.nhs.uk/Id/ods-site-code'),
    'ODS code',
  ],
  ['with an ODS code that is none', (body) => (organisation(body).identifier[0].value = 'not a code'), 'ODS code'],
  ['without its id', (body) => delete organisation(body).id, 'contained[0].id'],
  ['without its profile', (body) => delete organisation(body).meta, 'profile'],
  ['with two types', (body) => organisation(body).type.push({ ...organisation(body).type[0] }), 'type'],
  ['with a telecom of use home', (body) => (organisation(body).telecom[0].use = 'home'), 'telecom'],
  ['with an address of use home', (body) => (organisation(body).address = [{ use: 'home', city: 'T' }]), 'address'],
  ['with a version', (body) => (organisation(body).meta.versionId = '1'), 'versionId'],
  [
    'without the extension that points at it',
    (body) => (body.extension = [{ url: `${PROFILE}Extension-GPConnect-DeliveryChannel-2`, valueCode: 'In-person' }]),
    'is contained',
  ],
  [
    'with the extension twice',
    (body) => body.extension.push(extension(body, 'BookingOrganisation-1')),
    'BookingOrganisation',
  ],
  ...['https://example.org/Appointment#booking-org', 'booking-org', '#other', 'Organization/booking-org', '#'].map(
    (reference): Refused => [
      `with the reference "${reference}"`,
      (body) => (extension(body, 'BookingOrganisation-1').valueReference.reference = reference),
      'is contained',
    ],
  ),
];

describe('book an appointment: refused for what was sent', () => {
  describe.each([
    ['a request', [...WITHOUT, ...RESOURCE, ...REFERENCES]],
    ['a time that is wrong:', TIMES],
    ['an element that must not be sent:', FORBIDDEN],
    ['the booking organisation', BOOKING_ORGANISATION],
  ] as const)('%s', (kind, rows) => {
    it.each(rows.map(([what, change, speaksOf, bend = {}]) => [what, change, speaksOf, bend] as const))(
      `book an appointment: ${kind} %s is 422 INVALID_RESOURCE [4.4-3 4.4-5 4.4-10 4.4-19 7.3-9 7.3-10 10.2-1 10.2-2 10.2-3 10.2-5 10.2-6 10.2-10 10.2-11 10.2-12 10.2-14 10.2-20 10.2-21 10.2-22 10.2-23 10.2-24 10.2-36 10.2-47 10.2-48 10.2-49 10.2-50 10.2-51 10.2-52 10.2-53 10.2-54 10.2-55 10.2-56 10.2-57 11-14 21-10 21-11 21-12 21-13 21-14 21-16]`,
      async (_, change, speaksOf, bend) => {
        const calls = gateway.practiceCalls();
        const issue = expectRefusal(await book(change, undefined, bend), 422, 'INVALID_RESOURCE');
        expect(issue.diagnostics).toContain(speaksOf);
        expect(gateway.practiceCalls()).toBe(calls);
      },
    );
  });

  it.each([
    ['description', 101],
    ['comment', 501],
    ['description', 5_000],
    ['comment', 5_000],
  ])(
    'book an appointment: %s of %i characters is 422, never cut short [10.2-7 10.2-16 10.2-33 10.2-63]',
    async (name, length) => {
      const issue = expectRefusal(await book((body) => (body[name] = 'é'.repeat(length))), 422, 'INVALID_RESOURCE');
      expect(issue.diagnostics).toContain(name);
    },
  );

  it.each([
    ['text that is no JSON', 'hello'],
    ['JSON that ends too early', '{"resourceType":"Appointment"'],
    ['nothing', ''],
  ])('book an appointment: a body of %s is 400 BAD_REQUEST [10.2-64]', async (_, body) => {
    expectRefusal(await gateway.consumer().post('book', '/Appointment', body), 400, 'BAD_REQUEST');
  });

  it.each([
    ['Patient/test-000000000000009999', 'Patient'],
    ['Location/nowhere', 'Location'],
    ['Practitioner/nobody', 'Practitioner'],
  ])('book an appointment: %s does not exist: 422 REFERENCE_NOT_FOUND [4.4-9 10.2-59]', async (reference, type) => {
    const answer = await book((body) => (participant(body, type).actor.reference = reference));
    expect(expectRefusal(answer, 422, 'REFERENCE_NOT_FOUND').diagnostics).toContain(type.toLowerCase());
  });

  it('book an appointment: a patient of another practice does not exist here: 422 REFERENCE_NOT_FOUND [10.2-59 13-17]', async () => {
    const elsewhere = await patientId(gateway.consumer('A99902'));
    const answer = await book((body) => (participant(body, 'Patient').actor.reference = `Patient/${elsewhere}`));
    expectRefusal(answer, 422, 'REFERENCE_NOT_FOUND');
  });

  it.each(['organization/*.read', 'patient/*.read', undefined])(
    'book an appointment: the scope %s is 400 BAD_REQUEST',
    async (scope) => {
      const body = bookingBody(at('2026-05-19T09:00'), patient);
      const answer = await gateway
        .consumer()
        .post('book', '/Appointment', body, { claims: { requested_scope: scope } });
      expectRefusal(answer, 400, 'BAD_REQUEST');
    },
  );
});

describe('book an appointment: refused for the slot', () => {
  it.each([
    'hello',
    '45555g55555',
    '1',
    '10001-1-zzzzzz',
    '10001-1-0-00000000',
    `${'9'.repeat(64)}`,
    '..',
    'undefined',
  ])('book an appointment: the slot id "%s" is none of this practice: 422 INVALID_RESOURCE [10.2-57]', async (id) => {
    const answer = await book((body) => (body.slot = [{ reference: `Slot/${id}` }]));
    expect(expectRefusal(answer, 422, 'INVALID_RESOURCE').diagnostics).toContain('slot');
  });

  it('book an appointment: a slot id with another session, number or start than it was given out with is 422', async () => {
    const { id } = at('2026-05-19T09:00');
    const [session = '', token = '', start = '', check = ''] = id.split('-');
    const forged = [
      [String(Number(session) + 1), token, start, check],
      [session, '2', start, check],
      [session, token, `${start.slice(0, -1)}0`, check],
      [session, token, start, check.replace(/^./, (first) => (first === '0' ? '1' : '0'))],
    ].map((parts) => parts.join('-'));
    for (const one of forged) {
      expect(one).not.toBe(id);
      expectRefusal(await book((body) => (body.slot = [{ reference: `Slot/${one}` }])), 422, 'INVALID_RESOURCE');
    }
  });

  it('book an appointment: a slot of another practice does not exist here: 422 REFERENCE_NOT_FOUND [10.2-58]', async () => {
    const [other] = await freeSlots(gateway.consumer('A99902'));
    const answer = await book((body) => (body.slot = [{ reference: `Slot/${other?.id}` }]));
    expectRefusal(answer, 422, 'REFERENCE_NOT_FOUND');
  });

  it.each([
    ['start earlier', { start: '2026-05-19T08:50:00+01:00' }],
    ['start later', { start: '2026-05-19T09:05:00+01:00' }],
    ['end earlier', { end: '2026-05-19T09:09:00+01:00' }],
    ['end later', { end: '2026-05-19T09:20:00+01:00' }],
    ['another day', { start: '2026-05-20T09:00:00+01:00', end: '2026-05-20T09:10:00+01:00' }],
    ['end before start', { end: '2026-05-19T08:00:00+01:00' }],
    ['end at start', { end: '2026-05-19T09:00:00+01:00' }],
  ])('book an appointment: %s than the slot is 422 INVALID_RESOURCE [10.2-8 10.2-60]', async (_, times) => {
    expectRefusal(await book((body) => Object.assign(body, times)), 422, 'INVALID_RESOURCE');
  });

  it('book an appointment: a practitioner who is not the one of the schedule is 422 INVALID_RESOURCE [10.2-37]', async () => {
    const slot = at('2026-05-19T09:00');
    const other = slots.find(({ practitioner }) => practitioner !== slot.practitioner)?.practitioner;
    const answer = await book((body) => (participant(body, 'Practitioner').actor.reference = other), slot);
    expect(expectRefusal(answer, 422, 'INVALID_RESOURCE').diagnostics).toContain('practitioner');
  });

  it.each([
    ['delivery channel', { url: `${PROFILE}Extension-GPConnect-DeliveryChannel-2`, valueCode: 'Video' }],
    ['delivery channel', { url: `${PROFILE}Extension-GPConnect-DeliveryChannel-2`, valueCode: 'Visit' }],
    [
      'role',
      {
        url: `${PROFILE}Extension-GPConnect-PractitionerRole-1`,
        valueCodeableConcept: {
          coding: [{ system: `${CODES}CareConnect-SDSJobRoleName-1`, code: 'R0600', display: 'Specialist Nurse' }],
        },
      },
    ],
  ])('book an appointment: another %s than the one of the slot is 422 INVALID_RESOURCE [10.2-18]', async (_, wrong) => {
    expectRefusal(await book((body) => body.extension.push(wrong)), 422, 'INVALID_RESOURCE');
  });

  it('book an appointment: a slot in the past is 422 INVALID_RESOURCE and the practice is not asked [10.2-25 10.2-61]', async () => {
    const own = await startTestGateway();
    try {
      const consumer = own.consumer();
      const [slot] = await freeSlots(consumer);
      const someone = await patientId(consumer, RIVERSIDE_PATIENTS[1]);
      if (!slot) throw new Error('no slot');
      // To the millisecond: the moment it begins is past, the moment before is not.
      own.clock.set(Date.parse(slot.start));
      const calls = own.practiceCalls();
      const refused = await consumer.post('book', '/Appointment', bookingBody(slot, someone));
      expect(expectRefusal(refused, 422, 'INVALID_RESOURCE').diagnostics).toContain('past');
      expect(own.practiceCalls()).toBe(calls);
      own.clock.set(Date.parse(slot.start) - 1);
      await booked(consumer, slot, someone);
      expect(own.riverside.hmis.bookings()).toHaveLength(1);
    } finally {
      await own.stop();
    }
  });

  it('book an appointment: after all these refusals the slot is as free as it was', async () => {
    expect(await freeSlots(gateway.consumer(), slotPath())).toEqual(slots);
  });
});
