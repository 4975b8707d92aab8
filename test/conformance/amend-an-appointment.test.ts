/** Amend an appointment: what may change, what may be left out, and everything else, which is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, TestAnswer } from '../support/consumer.js';
import { booked, expectRefusal, patientId, PROFILE, RIVERSIDE_PATIENTS, type FoundSlot } from '../support/flow.js';
import {
  amended,
  ANOTHER_ORGANISATION,
  cancelled,
  exactSlots,
  put,
  read,
  REASON_URL,
  standing,
  writes,
  SHOWN_AFTER_MS,
} from '../support/appointments.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let nextSlot: () => FoundSlot;
let patient: string;
/** Refused changes leave it as it is, so that all of them can be tried on it. */
let kept: Json;
beforeAll(async () => {
  gateway = await startTestGateway();
  nextSlot = await exactSlots(gateway.consumer());
  patient = await patientId(gateway.consumer());
  kept = await book();
});
afterAll(() => gateway.stop());

const book = async (): Promise<Json> => (await booked(gateway.consumer(), nextSlot(), patient)).body;
const amend = (body: Json, bend?: Parameters<typeof put>[3], id?: string): Promise<TestAnswer> =>
  put(gateway.consumer(), 'amend', body, bend, id);
const stored = async ({ id }: Json): Promise<Json> => (await read(gateway.consumer(), id)).body;
const newText = (body: Json): void => {
  body.description = 'Sore throat, now with a fever';
  body.comment = 'Please call before noon';
};

describe('amend an appointment: what may change', () => {
  it('amend an appointment: description and comment are stored as sent; all else but the version stays [4.2-5 4.3-2 10.5-1 10.5-2 10.5-17]', async () => {
    const made = await book();
    const answer = await amend(amended(made, newText), { headers: { 'If-Match': 'W/"1"' } });
    expect(answer.text && answer.status).toBe(200);
    expect(answer.body.meta.versionId).not.toBe(made.meta.versionId);
    expect(answer.headers.get('etag')).toBe(`W/"${String(answer.body.meta.versionId)}"`);
    expect(answer.headers.get('content-location')).toContain(`/Appointment/${String(made.id)}`);
    expect(answer.body).toEqual(amended({ ...made, meta: answer.body.meta }, newText));
    expect(await stored(made)).toEqual(answer.body);
  });

  it.each<[string, (body: Json) => void]>([
    ['the description alone', (body) => (body.description = 'Only this')],
    ['the comment alone', (body) => (body.comment = 'Only this')],
    ['no comment any more', (body) => delete body.comment],
    [
      'a description of 100 and a comment of 500 characters',
      (body) => {
        body.description = 'd'.repeat(100);
        body.comment = 'c'.repeat(500);
      },
    ],
    [
      'characters of every kind',
      (body) => {
        body.description = 'Ünïcode “quotes” & <tags> 👩‍⚕️';
        body.comment = 'two\nlines\tand a tab';
      },
    ],
  ])('amend an appointment: %s is stored in full [10.5-1]', async (_what, change) => {
    const made = await book();
    const answer = await amend(amended(made, change));
    expect(answer.text && answer.status).toBe(200);
    expect(answer.body).toEqual(amended({ ...made, meta: answer.body.meta }, change));
    expect(await stored(made)).toEqual(answer.body);
  });

  it('amend an appointment: each amendment has a version of its own, and the next one builds on it', async () => {
    let body = await book();
    const versions = [body.meta.versionId];
    for (const text of ['first', 'second', 'third']) {
      const headers = { 'If-Match': `W/"${String(body.meta.versionId)}"` };
      ({ body } = await amend(
        amended(body, (one) => (one.description = text)),
        { headers },
      ));
      versions.push(body.meta.versionId);
    }
    expect(new Set(versions).size).toBe(4);
    expect(body.description).toBe('third');
  });

  it('amend an appointment: any organisation may amend it, whoever booked it [10.5-18]', async () => {
    const answer = await amend(amended(await book(), newText), ANOTHER_ORGANISATION);
    expect(answer.status).toBe(200);
    // Who booked stays who booked.
    expect(answer.body.contained[0].name).toBe('Northdale 111 Service');
  });

  it('amend an appointment: nothing is written at the practice, whose booking stays as it is', async () => {
    const made = await book();
    const before = [writes(gateway), standing(gateway)];
    expect((await amend(amended(made, newText))).status).toBe(200);
    expect([writes(gateway), standing(gateway)]).toEqual(before);
  });

  it('amend an appointment: with Prefer: return=minimal it is 200 without a body, and is amended [4.1-16 10.5-15]', async () => {
    const made = await book();
    const answer = await amend(amended(made, newText), { headers: { Prefer: 'return=minimal' } });
    expect([answer.status, answer.text]).toEqual([200, '']);
    const now = await stored(made);
    expect(now.description).toBe('Sore throat, now with a fever');
    expect(answer.headers.get('etag')).toBe(`W/"${String(now.meta.versionId)}"`);
  });

  it('amend an appointment: one that the desk made is amended under its id here', async () => {
    const slot = nextSlot();
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: Number(slot.id.split('-')[0]), patientId: 67002 });
    const other = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[1]);
    const path = `/Patient/${other}/Appointment?start=ge2026-05-18&start=le2026-05-30`;
    const { resource } = (await gateway.consumer().get('retrieveAppointments', path)).body.entry[0];
    const answer = await amend(amended(resource, newText));
    expect(answer.text && answer.status).toBe(200);
    expect(await stored(resource)).toEqual(amended({ ...resource, meta: answer.body.meta }, newText));
  });
});

describe('amend an appointment: what may be left out or differ', () => {
  const extensionsWithout = (body: Json, part: string): Json[] =>
    body.extension.filter(({ url }: Json) => !url.includes(part));

  it.each<[string, (body: Json) => void]>([
    ['no serviceType', (body) => delete body.serviceType],
    ['no serviceCategory', (body) => delete body.serviceCategory],
    ['another serviceType', (body) => (body.serviceType = [{ text: 'Something else' }])],
    ['another serviceCategory', (body) => (body.serviceCategory = { text: 'Something else' })],
    ['no delivery channel', (body) => (body.extension = extensionsWithout(body, 'DeliveryChannel'))],
    ['no practitioner role', (body) => (body.extension = extensionsWithout(body, 'PractitionerRole'))],
    ['no minutesDuration', (body) => delete body.minutesDuration],
    ['no versionId in the body', (body) => delete body.meta.versionId],
    [
      'participant types',
      (body) => {
        const system = 'http://hl7.org/fhir/encounter-participant-type';
        for (const { type, actor } of body.participant) expect([type, actor.display]).toEqual([undefined, undefined]);
        body.participant[0].type = [{ coding: [{ system, code: 'PART' }] }];
      },
    ],
    ['participants in another order', (body) => body.participant.reverse()],
  ])(
    'amend an appointment: %s is tolerated, and the answer has what the provider has [10.2-15 10.5-8 10.5-9]',
    async (_what, change) => {
      const made = await book();
      const answer = await amend(amended(made, (body) => (newText(body), change(body))));
      expect(answer.text && answer.status).toBe(200);
      expect(answer.body).toEqual(amended({ ...made, meta: answer.body.meta }, newText));
    },
  );
});

const organisation = (body: Json): Json => body.contained[0];
const participant = (body: Json, type: string): Json =>
  body.participant.find(({ actor }: Json) => actor.reference.startsWith(type));
const extension = (body: Json, part: string): Json => body.extension.find(({ url }: Json) => url.includes(part));

const OTHER_CHANGES: readonly (readonly [string, (body: Json) => void])[] = [
  ['an id that is not the one of the address', (body) => (body.id = 'another')],
  ['no id', (body) => delete body.id],
  ['another start', (body) => (body.start = body.start.replace('T', 'T').replace(/:(\d)0:00/, ':$15:00'))],
  ['another end', (body) => (body.end = '2026-05-22T23:00:00+01:00')],
  ['another slot', (body) => (body.slot[0].reference = 'Slot/10002-1-1000')],
  ['one more slot', (body) => body.slot.push({ reference: 'Slot/10002-1-1000' })],
  ['no slot', (body) => delete body.slot],
  ['another created', (body) => (body.created = '2026-05-17T07:00:00+01:00')],
  ['another patient', (body) => (participant(body, 'Patient').actor.reference = 'Patient/another')],
  ['another location', (body) => (participant(body, 'Location').actor.reference = 'Location/another')],
  ['another practitioner', (body) => (participant(body, 'Practitioner').actor.reference = 'Practitioner/another')],
  ['no practitioner', (body) => (body.participant = body.participant.slice(0, 2))],
  ['no participants', (body) => delete body.participant],
  [
    'a participant that was added',
    (body) => body.participant.push({ actor: { reference: 'Practitioner/p-2' }, status: 'accepted' }),
  ],
  [
    'a device as participant',
    (body) => body.participant.push({ actor: { reference: 'Device/d-1' }, status: 'accepted' }),
  ],
  ['another participation status', (body) => (body.participant[0].status = 'declined')],
  ['a participant that is required', (body) => (body.participant[0].required = 'optional')],
  ['a priority', (body) => (body.priority = 1)],
  ['the priority 0', (body) => (body.priority = 0)],
  ['another minutesDuration', (body) => (body.minutesDuration = 55)],
  ['another delivery channel', (body) => (extension(body, 'DeliveryChannel').valueCode = 'Video')],
  [
    'another practitioner role',
    (body) => (extension(body, 'PractitionerRole').valueCodeableConcept.coding[0].code = 'R0600'),
  ],
  [
    'one more practitioner role',
    (body) => {
      const second = structuredClone(extension(body, 'PractitionerRole'));
      second.valueCodeableConcept.coding[0].code = 'R0600';
      body.extension.push(second);
    },
  ],
  ['one more contained resource', (body) => body.contained.push({ resourceType: 'Location', id: 'extra' })],
  [
    'an extension that nobody knows',
    (body) => body.extension.push({ url: 'https://consumer.example/extra', valueString: 'x' }),
  ],
  ['an identifier', (body) => (body.identifier = [{ system: 'https://consumer.example/id', value: '1' }])],
  ['another name of the booking organisation', (body) => (organisation(body).name = 'Another name')],
  ['another ODS code of the booking organisation', (body) => (organisation(body).identifier[0].value = 'Z99999')],
  ['another phone of the booking organisation', (body) => (organisation(body).telecom[0].value = '01632 960111')],
  ['another type of the booking organisation', (body) => (organisation(body).type[0].coding[0].code = 'gp-practice')],
  [
    'no booking organisation',
    (body) => {
      delete body.contained;
      body.extension = body.extension.filter(({ url }: Json) => !url.includes('BookingOrganisation'));
    },
  ],
  ['the status cancelled', (body) => (body.status = 'cancelled')],
  ['the status noshow', (body) => (body.status = 'noshow')],
  ['the status pending', (body) => (body.status = 'pending')],
  ['no status', (body) => delete body.status],
  ['no start', (body) => delete body.start],
  ['no end', (body) => delete body.end],
  ['no profile', (body) => delete body.meta.profile],
  ['another profile', (body) => (body.meta.profile = [`${PROFILE}GPConnect-Slot-1`])],
  ['no description', (body) => delete body.description],
  ['a reason', (body) => (body.reason = [{ text: 'Cough' }])],
  ['a specialty', (body) => (body.specialty = [{ text: 'GP' }])],
  ['an appointmentType', (body) => (body.appointmentType = { text: 'Routine' })],
  ['an indication', (body) => (body.indication = [{ reference: 'Condition/1' }])],
  ['supportingInformation', (body) => (body.supportingInformation = [{ reference: 'DocumentReference/1' }])],
  ['an incomingReferral', (body) => (body.incomingReferral = [{ reference: 'ReferralRequest/1' }])],
  ['a requestedPeriod', (body) => (body.requestedPeriod = [{ start: '2026-05-19' }])],
];

describe('amend an appointment: everything else', () => {
  const refused = async (body: Json, bend?: Parameters<typeof put>[3]): Promise<Json> => {
    const before = [writes(gateway), await stored(kept)];
    const issue = expectRefusal(await amend(body, bend, kept.id), 422, 'INVALID_RESOURCE');
    expect([writes(gateway), await stored(kept)]).toEqual(before);
    return issue;
  };

  it.each(OTHER_CHANGES)(
    'amend an appointment: %s is 422 INVALID_RESOURCE and changes nothing [10.5-3 10.5-6 10.5-14 10.5-19]',
    async (_what, change) => {
      const issue = await refused(amended(kept, (body) => (newText(body), change(body))));
      expect(issue.expression[0]).toMatch(/^Appointment/);
    },
  );

  it('amend an appointment: a cancellation reason is 422 INVALID_RESOURCE [10.5-7]', async () => {
    await refused(amended(kept, (body) => body.extension.push({ url: REASON_URL, valueString: 'Not needed' })));
  });

  it.each<[string, (body: Json) => void]>([
    ['a description of 101 characters', (body) => (body.description = 'd'.repeat(101))],
    ['a comment of 501 characters', (body) => (body.comment = 'c'.repeat(501))],
    ['a blank description', (body) => (body.description = ' ')],
  ])('amend an appointment: %s is 422 INVALID_RESOURCE and never cut short [10.5-10]', async (_what, change) => {
    await refused(amended(kept, change));
  });

  it.each<[string, (body: Json, root: string) => void]>([
    ['slot', (body, root) => (body.slot[0].reference = `${root}/${String(body.slot[0].reference)}`)],
    ['patient', (body, root) => (participant(body, 'Patient').actor.reference = `${root}/Patient/${patient}`)],
    [
      'location',
      (body, root) => {
        const { actor } = participant(body, 'Location');
        actor.reference = `${root}/${String(actor.reference)}`;
      },
    ],
    [
      'booking organisation',
      (body, root) =>
        (extension(body, 'BookingOrganisation').valueReference.reference =
          `${root}/Appointment/${String(body.id)}#booking-org`),
    ],
  ])(
    'amend an appointment: an absolute reference to the %s is 422 INVALID_RESOURCE [10.5-11]',
    async (_what, change) => {
      await refused(amended(kept, (body) => change(body, gateway.consumer().baseUrl)));
    },
  );

  it.each<[string, (body: Json) => void]>([
    ['another resource type', (body) => (body.resourceType = 'Slot')],
    ['no resource type', (body) => delete body.resourceType],
    ['an unknown element', (body) => (body.unknownElement = 'x')],
    ['an unknown element in a participant', (body) => (body.participant[0].unknownElement = 'x')],
    ['a wrong type', (body) => (body.description = 7)],
  ])('amend an appointment: %s is 422 INVALID_RESOURCE [10.5-12]', async (_what, change) => {
    await refused(amended(kept, change), { format: 'json' });
  });

  it('amend an appointment: a malformed body, or none, is 400 BAD_REQUEST', async () => {
    expectRefusal(
      await put(gateway.consumer(), 'amend', '{"resourceType":', { format: 'json' }, kept.id),
      400,
      'BAD_REQUEST',
    );
    expectRefusal(await put(gateway.consumer(), 'amend', '', { format: 'json' }, kept.id), 400, 'BAD_REQUEST');
  });

  it('amend an appointment: with the interaction id of a cancellation it is read as one [5.1-13]', async () => {
    const answer = await put(gateway.consumer(), 'cancel', amended(kept, newText));
    expectRefusal(answer, 422, 'INVALID_RESOURCE');
    expect(await stored(kept)).toEqual(kept);
  });

  it.each(['patient/*.read', 'organization/*.write', undefined])(
    'amend an appointment: the scope %s is 400 BAD_REQUEST',
    async (scope) => {
      const claims = { requested_scope: scope };
      expectRefusal(await amend(amended(kept, newText), { claims }), 400, 'BAD_REQUEST');
    },
  );

  it.each(['unknown', 'test-000000000000009999', 'a'.repeat(64), 'a'.repeat(65), 'with%20space', '__proto__'])(
    'amend an appointment: the id "%s" is 404 NO_RECORD_FOUND, and nothing is made of it [4.3-6 10.5-13]',
    async (id) => {
      const before = gateway.practiceCalls();
      const body = amended(kept, (one) => (newText(one), (one.id = id)));
      expectRefusal(await amend(body, undefined, id), 404, 'NO_RECORD_FOUND');
      expect((await read(gateway.consumer(), id)).status).toBe(404);
      expect(gateway.practiceCalls()).toBe(before);
    },
  );

  it('amend an appointment: one of another practice is 404 NO_RECORD_FOUND here', async () => {
    const answer = await put(gateway.consumer('A99902'), 'amend', amended(kept, newText));
    expectRefusal(answer, 404, 'NO_RECORD_FOUND');
  });
});

describe('amend an appointment: versions', () => {
  it.each(['W/"2"', 'W/"0"', 'W/"nonsense"'])(
    'amend an appointment: If-Match %s, which is not its version, is 409 FHIR_CONSTRAINT_VIOLATION [4.3-4 10.5-16]',
    async (version) => {
      const answer = await amend(amended(kept, newText), { headers: { 'If-Match': version } });
      const issue = expectRefusal(answer, 409, 'FHIR_CONSTRAINT_VIOLATION');
      expect(issue.code).toBe('conflict');
      // It says what would do.
      expect(issue.diagnostics).toContain('W/"1"');
      expect(await stored(kept)).toEqual(kept);
    },
  );

  it.each(['invalidEtag', '1', '"1"', 'W/1', 'W/""', 'w/"1"', 'W/"1", W/"2"', 'W/"ä"', ''])(
    'amend an appointment: If-Match [%s], which is no weak tag, is 409 as well [4.3-4]',
    async (version) => {
      const latin = Buffer.from(version, 'utf8').toString('latin1');
      const answer = await amend(amended(kept, newText), { headers: { 'If-Match': latin } });
      expect(expectRefusal(answer, 409, 'FHIR_CONSTRAINT_VIOLATION').diagnostics).toContain('W/"1"');
    },
  );

  it.each([undefined, '*', 'W/"1"', ' W/"1" '])(
    'amend an appointment: If-Match %s is accepted [4.3-5]',
    async (version) => {
      const made = await book();
      const headers = { 'If-Match': version };
      expect((await amend(amended(made, newText), { headers })).status).toBe(200);
    },
  );

  it('amend an appointment: of ten at once with one version one is carried out, nine are 409', async () => {
    const made = await book();
    const headers = { 'If-Match': 'W/"1"' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        amend(
          amended(made, (body) => (body.description = `by ${n}`)),
          { headers },
        ),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    const won = answers.find(({ status }) => status === 200);
    expect(await stored(made)).toEqual(won?.body);
  });

  it('amend an appointment: sent again after a lost answer, against the same version, it gets that answer', async () => {
    const made = await book();
    const bend = { headers: { 'If-Match': 'W/"1"' } };
    const first = await amend(amended(made, newText), bend);
    const again = await amend(amended(made, newText), bend);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([200, first.body, 'true']);
    // Another text against the old version is no repeat.
    const other = await amend(
      amended(made, (body) => (body.comment = 'Another')),
      bend,
    );
    expectRefusal(other, 409, 'FHIR_CONSTRAINT_VIOLATION');
  });

  it('amend an appointment: with the texts it has already it is 200, and its version stays', async () => {
    const made = await book();
    const answer = await amend(made);
    expect([answer.status, answer.body]).toEqual([200, made]);
  });
});

describe('amend an appointment: when it can no longer be', () => {
  it('amend an appointment: a cancelled one is 422 INVALID_RESOURCE [10.5-4]', async () => {
    const made = await book();
    expect((await put(gateway.consumer(), 'cancel', cancelled(made))).status).toBe(200);
    expectRefusal(await amend(amended(made, newText)), 422, 'INVALID_RESOURCE');
    expect((await stored(made)).description).toBe(made.description);
  });

  it('amend an appointment: one that the desk has cancelled is 422 INVALID_RESOURCE, and shows it [4.4-11 10.5-4]', async () => {
    const slot = nextSlot();
    const made = (await booked(gateway.consumer(), slot, patient)).body;
    const booking = standing(gateway).find((one) => one.sessionInstanceId === Number(slot.id.split('-')[0]));
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: booking.bookingId });
    expectRefusal(await amend(amended(made, newText)), 422, 'INVALID_RESOURCE');
    expect((await stored(made)).status).toBe('cancelled');
  });

  it('amend an appointment: one that the practice no longer has is 404 NO_RECORD_FOUND', async () => {
    const slot = nextSlot();
    const made = (await booked(gateway.consumer(), slot, patient)).body;
    const booking = standing(gateway).find((one) => one.sessionInstanceId === Number(slot.id.split('-')[0]));
    gateway.riverside.hmis.desk({ action: 'retire', bookingId: booking.bookingId });
    gateway.clock.advance(SHOWN_AFTER_MS);
    expectRefusal(await amend(amended(made, newText)), 404, 'NO_RECORD_FOUND');
  });

  it('amend an appointment: one whose start has come is 422 INVALID_RESOURCE and the practice is not asked [10.5-5]', async () => {
    const own = await startTestGateway();
    const slot = (await exactSlots(own.consumer()))();
    const made = (await booked(own.consumer(), slot, await patientId(own.consumer()))).body;
    own.clock.set(Date.parse(made.start) - 1);
    expect((await put(own.consumer(), 'amend', amended(made, newText))).status).toBe(200);
    own.clock.set(Date.parse(made.start));
    const calls = own.practiceCalls();
    const answer = await put(own.consumer(), 'amend', amended(made, newText));
    expect(expectRefusal(answer, 422, 'INVALID_RESOURCE').diagnostics).toContain('past');
    expect(own.practiceCalls()).toBe(calls);
    await own.stop();
  });

  it('amend an appointment: where Appointment Management is off it is 403 ACCESS_DENIED', async () => {
    const own = await startTestGateway({
      practices: (yaml) => yaml.replace('appointmentManagement: true', 'appointmentManagement: false'),
    });
    expectRefusal(await put(own.consumer(), 'amend', amended(kept, newText)), 403, 'ACCESS DENIED');
    await own.stop();
  });
});
