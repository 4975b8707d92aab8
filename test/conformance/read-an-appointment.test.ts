/** Read an appointment: its population, its versions, what the desk changes, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOWN_AFTER_MS } from '../support/appointments.js';
import { CONTENT_TYPE, type Json, type TestAnswer } from '../support/consumer.js';
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
import { createTestClock, startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.js';

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));
async function start(options?: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await startTestGateway(options);
  started.push(gateway);
  return gateway;
}

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
const book = async (index: number, at = gateway): Promise<TestAnswer> =>
  booked(at.consumer(), pick(index), await patientId(at.consumer(), RIVERSIDE_PATIENTS[index % 8]));
const read = (id: string, at = gateway): Promise<TestAnswer> =>
  at.consumer().get('readAppointment', `/Appointment/${id}`);
const bookingIdOf = (index: number, at = gateway): number => {
  const session = Number(pick(index).id.split('-')[0]);
  const booking = at.riverside.hmis.bookings().find((one) => one.sessionInstanceId === session && !one.cancelled);
  return booking?.bookingId ?? 0;
};

describe('read an appointment: the answer', () => {
  let made: TestAnswer;
  beforeAll(async () => {
    made = await book(0);
  });

  it('read an appointment: it is 200 with ETag, Last-Modified and Content-Location, and the body of the booking [4.2-3 4.2-7 4.2-9 4.3-3 4.4-8 10.4-1]', async () => {
    const answer = await read(made.body.id);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(made.body);
    expect(answer.headers.get('etag')).toBe(`W/"${made.body.meta.versionId}"`);
    expect(answer.headers.get('etag')).toBe(made.headers.get('etag'));
    expect(answer.headers.get('last-modified')).toBe(made.headers.get('last-modified'));
    expect(answer.headers.get('content-location')).toBe(
      `https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/Appointment/${made.body.id}`,
    );
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('content-type')).toBe(CONTENT_TYPE[answer.format]);
    expect(answer.headers.get('cache-control')).toContain('no-store');
  });

  it('read an appointment: every element that it SHALL have is populated, and none that it SHALL NOT have [4.4-20 4.6-2 4.6-4 10.2-41 10.2-42 10.2-43 10.2-44 10.4-4 10.4-5 10.4-6 10.4-9]', async () => {
    const { body } = await read(made.body.id);
    const slot = pick(0);
    expect(body).toMatchObject({
      resourceType: 'Appointment',
      id: made.body.id,
      meta: { profile: [`${PROFILE}GPConnect-Appointment-1`] },
      status: 'booked',
      serviceCategory: { text: slot.scheduleType },
      serviceType: [{ text: 'GP routine' }],
      description: 'Sore throat for a week',
      comment: 'Please call if late',
      start: slot.start,
      end: slot.end,
      slot: [{ reference: `Slot/${slot.id}` }],
      created: '2026-05-18T07:00:00+01:00',
    });
    for (const time of [body.start, body.end, body.created]) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+01:00$/);
    }
    const actors = body.participant.map(({ actor }: Json) => actor.reference);
    expect(actors.filter((actor: string) => actor.startsWith('Patient/'))).toHaveLength(1);
    expect(actors).toContain(slot.location);
    expect(actors).toContain(slot.practitioner);
    for (const { status } of body.participant) expect(status).toBe('accepted');
    const extensions = body.extension.map(({ url }: Json) => url.slice(PROFILE.length));
    expect(extensions.sort()).toEqual([
      'Extension-GPConnect-BookingOrganisation-1',
      'Extension-GPConnect-DeliveryChannel-2',
      'Extension-GPConnect-PractitionerRole-1',
    ]);
    const never = ['text', 'reason', 'specialty', 'appointmentType', 'indication', 'supportingInformation'];
    for (const name of [...never, 'incomingReferral', 'requestedPeriod']) expect(body).not.toHaveProperty(name);
  });

  it('read an appointment: the contained booking organisation has all that was sent and no version [10.2-34 10.2-45 10.4-7]', async () => {
    const { body } = await read(made.body.id);
    expect(body.contained).toEqual([
      {
        resourceType: 'Organization',
        id: 'booking-org',
        meta: { profile: [`${PROFILE}CareConnect-GPC-Organization-1`] },
        identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Z99902' }],
        type: [
          {
            coding: [{ system: `${CODES}GPConnect-OrganisationType-1`, code: 'urgent-care', display: 'Urgent Care' }],
          },
        ],
        name: 'Northdale 111 Service',
        telecom: [{ system: 'phone', value: '01632 960999', use: 'work' }],
      },
    ]);
  });

  it('read an appointment: any organisation may read it, whoever booked it [10.4-2 13-16]', async () => {
    const answer = await gateway.consumer().get('readAppointment', `/Appointment/${made.body.id}`, {
      headers: { 'Ssp-From': '200000008888' },
      claims: {
        requesting_organization: {
          resourceType: 'Organization',
          identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Y99908' }],
          name: 'Another Organisation',
        },
      },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(made.body);
  });

  it('read an appointment: reading it again and again neither changes its version nor writes at the practice', async () => {
    const writes =
      gateway.riverside.requests.count({ method: 'POST' }) + gateway.riverside.requests.count({ method: 'PUT' });
    for (let round = 0; round < 3; round += 1) expect((await read(made.body.id)).body).toEqual(made.body);
    expect(
      gateway.riverside.requests.count({ method: 'POST' }) + gateway.riverside.requests.count({ method: 'PUT' }),
    ).toBe(writes);
  });

  it('read an appointment: in winter its times have the offset +00:00 [4.6-3]', async () => {
    const own = await start({ clock: createTestClock(Date.parse('2026-11-16T06:00:00Z')) });
    const [slot] = await freeSlots(own.consumer(), slotPath('2026-11-17', '2026-11-17'));
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(own.consumer()), (one) => {
      one.created = '2026-11-16T06:00:00+00:00';
    });
    const answer = await own.consumer().post('book', '/Appointment', body);
    expect(answer.text && answer.status).toBe(201);
    const { start: from, end, created } = (await read(answer.body.id, own)).body;
    expect([from, end, created]).toEqual([
      '2026-11-17T09:00:00+00:00',
      '2026-11-17T09:10:00+00:00',
      '2026-11-16T06:00:00+00:00',
    ]);
  });
});

describe('read an appointment: what the practice has done with it', () => {
  it('read an appointment: cancelled at the desk it is cancelled here, with a reason, a new version and all else as it was [4.3-2 4.4-11 10.4-8]', async () => {
    const made = await book(1);
    gateway.clock.advance(60_000);
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: bookingIdOf(1) });
    const answer = await read(made.body.id);
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe('cancelled');
    expect(answer.body.meta.versionId).not.toBe(made.body.meta.versionId);
    expect(answer.headers.get('etag')).toBe(`W/"${answer.body.meta.versionId}"`);
    expect(answer.headers.get('last-modified')).toBe(new Date(gateway.clock.now()).toUTCString());
    const reasonUrl = `${PROFILE}Extension-GPConnect-AppointmentCancellationReason-1`;
    const reasons = answer.body.extension.filter((one: Json) => one.url === reasonUrl);
    expect(reasons).toEqual([{ url: reasonUrl, valueString: expect.stringMatching(/\S/) }]);
    const others = answer.body.extension.filter((one: Json) => one.url !== reasonUrl);
    expect({ ...answer.body, status: 'booked', meta: made.body.meta, extension: others }).toEqual(made.body);
    // Once noticed it stays as it is.
    expect((await read(made.body.id)).body).toEqual(answer.body);
  });

  it('read an appointment: a whole session cancelled at the desk cancels the appointment in it', async () => {
    const made = await book(2);
    const sessionInstanceId = Number(pick(2).id.split('-')[0]);
    gateway.riverside.hmis.desk({ action: 'cancel-session', sessionInstanceId });
    expect((await read(made.body.id)).body.status).toBe('cancelled');
  });

  it('read an appointment: one that the practice no longer has is 404 NO_RECORD_FOUND [4.4-11 10.4-10]', async () => {
    const made = await book(3);
    gateway.riverside.hmis.desk({ action: 'retire', bookingId: bookingIdOf(3) });
    gateway.clock.advance(SHOWN_AFTER_MS);
    expectRefusal(await read(made.body.id), 404, 'NO_RECORD_FOUND');
  });

  it.each([
    ['cannot be reached', { kind: 'drop' }, 503],
    ['answers nonsense', { kind: 'not-json' }, 502],
    ['does not answer in time', { kind: 'hang' }, 504],
  ] as const)(
    'read an appointment: while the practice %s it is an error, not a stale answer [7.3-15]',
    async (_, fault, status) => {
      const own = await start();
      const made = await book(4, own);
      own.riverside.faults.script({ times: 'always', fault });
      expectRefusal(await read(made.body.id, own), status, 'INTERNAL_SERVER_ERROR');
      own.riverside.faults.clear();
    },
  );
});

describe('read an appointment: refused', () => {
  it.each([
    'unknown',
    'test-000000000000009999',
    'appt-7781',
    '1',
    'a'.repeat(64),
    'a'.repeat(65),
    'with%20space',
    '%2e%2e',
  ])('read an appointment: the id "%s" is 404 and the practice is not asked [4.7-7 10.4-10]', async (id) => {
    const calls = gateway.practiceCalls();
    const answer = await read(id);
    expect(answer.status).toBe(404);
    expect(answer.body.resourceType).toBe('OperationOutcome');
    expect(gateway.practiceCalls()).toBe(calls);
  });

  it('read an appointment: an id in other letter case is 404: ids are case sensitive [3-5]', async () => {
    const made = await book(5);
    const other = String(made.body.id).toUpperCase();
    expect(other).not.toBe(made.body.id);
    expectRefusal(await read(other), 404, 'NO_RECORD_FOUND');
  });

  it('read an appointment: an appointment of another practice is 404 NO_RECORD_FOUND here [13-17]', async () => {
    const made = await book(6);
    const answer = await gateway.consumer('A99902').get('readAppointment', `/Appointment/${made.body.id}`);
    expectRefusal(answer, 404, 'NO_RECORD_FOUND');
  });

  it('read an appointment: one whose start has come is 422 INVALID_RESOURCE, one that starts in a moment is not [10.4-11]', async () => {
    const own = await start();
    const made = await book(7, own);
    own.clock.set(Date.parse(pick(7).start) - 1);
    expect((await read(made.body.id, own)).status).toBe(200);
    own.clock.set(Date.parse(pick(7).start));
    const calls = own.practiceCalls();
    expect(expectRefusal(await read(made.body.id, own), 422, 'INVALID_RESOURCE').diagnostics).toContain('past');
    expect(own.practiceCalls()).toBe(calls);
    own.clock.advance(30 * 86_400_000);
    expectRefusal(await read(made.body.id, own), 422, 'INVALID_RESOURCE');
  });

  it.each(['organization/*.read', 'patient/*.write', undefined])(
    'read an appointment: the scope %s is 400 BAD_REQUEST',
    async (scope) => {
      const answer = await gateway
        .consumer()
        .get('readAppointment', '/Appointment/unknown', { claims: { requested_scope: scope } });
      expectRefusal(answer, 400, 'BAD_REQUEST');
    },
  );
});
