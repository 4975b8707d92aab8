/** Cancel an appointment: what becomes of it and of its slots, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bend, Json, TestAnswer } from '../support/consumer.js';
import { booked, expectRefusal, freeSlots, patientId, RIVERSIDE_PATIENTS, type FoundSlot } from '../support/flow.js';
import {
  amended,
  ANOTHER_ORGANISATION,
  appointmentsIn,
  cancelled,
  exactSlots,
  put,
  read,
  REASON,
  REASON_URL,
  retrieve,
  sessionOf,
  standing,
  writes,
  SHOWN_AFTER_MS,
} from '../support/appointments.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let nextSlot: () => FoundSlot;
let patient: string;
/** Refused cancellations leave it as it is, so that all of them can be tried on it. */
let kept: Json;
beforeAll(async () => {
  gateway = await startTestGateway();
  nextSlot = await exactSlots(gateway.consumer());
  patient = await patientId(gateway.consumer());
  kept = await book();
});
afterAll(() => gateway.stop());

const book = async (slot = nextSlot()): Promise<Json> => (await booked(gateway.consumer(), slot, patient)).body;
const cancel = (body: Json, bend?: Bend, id?: string): Promise<TestAnswer> =>
  put(gateway.consumer(), 'cancel', body, bend, id);
const stored = async ({ id }: Json): Promise<Json> => (await read(gateway.consumer(), id)).body;
const slotOf = (made: Json): string => String(made.slot[0].reference).slice('Slot/'.length);
const bookingAt = (made: Json): Json =>
  gateway.riverside.hmis.bookings().find((one) => one.sessionInstanceId === sessionOf({ id: slotOf(made) }));

describe('cancel an appointment: done', () => {
  it('cancel an appointment: it is 200 with the whole appointment; only status, reason and version have changed [4.3-2 10.4-8 10.6-1 10.6-2 10.6-3]', async () => {
    const made = await book();
    gateway.clock.advance(1000);
    const answer = await cancel(cancelled(made), { headers: { 'If-Match': 'W/"1"' } });
    expect(answer.text && answer.status).toBe(200);
    expect(answer.body.meta.versionId).not.toBe(made.meta.versionId);
    expect(answer.headers.get('etag')).toBe(`W/"${String(answer.body.meta.versionId)}"`);
    expect(answer.headers.get('last-modified')).toBe(new Date(gateway.clock.now()).toUTCString());
    expect(answer.body).toEqual(cancelled({ ...made, meta: answer.body.meta }));
    expect(answer.body.extension.filter(({ url }: Json) => url === REASON_URL)).toEqual([
      { url: REASON_URL, valueString: REASON },
    ]);
    expect(await stored(made)).toEqual(answer.body);
  });

  it('cancel an appointment: the practice system has it as cancelled, by one call [10.6-18]', async () => {
    const made = await book();
    expect(bookingAt(made).cancelled).toBe(false);
    const before = gateway.riverside.requests.count({ method: 'PUT' });
    expect((await cancel(cancelled(made))).status).toBe(200);
    expect(bookingAt(made).cancelled).toBe(true);
    expect(gateway.riverside.requests.count({ method: 'PUT' })).toBe(before + 1);
  });

  it('cancel an appointment: its slot is free at once, and anybody can book it again [10.6-9]', async () => {
    const slot = nextSlot();
    const made = await book(slot);
    const found = async (): Promise<boolean> => (await freeSlots(gateway.consumer())).some(({ id }) => id === slot.id);
    expect(await found()).toBe(false);
    expect((await cancel(cancelled(made))).status).toBe(200);
    expect(await found()).toBe(true);
    const other = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[1]);
    const again = await booked(gateway.consumer(), slot, other, ANOTHER_ORGANISATION);
    expect(again.body.id).not.toBe(made.id);
    expect((await stored(made)).status).toBe('cancelled');
    expect(await found()).toBe(false);
  });

  it('cancel an appointment: it is still retrieved, as cancelled [10.3-6 10.6-10]', async () => {
    const made = await book();
    const answer = await cancel(cancelled(made));
    const all = appointmentsIn(await retrieve(gateway.consumer(), patient));
    expect(all.find(({ id }) => id === made.id)).toEqual(answer.body);
  });

  it('cancel an appointment: any organisation may cancel it, whoever booked it [10.6-17]', async () => {
    const answer = await cancel(cancelled(await book()), ANOTHER_ORGANISATION);
    expect(answer.status).toBe(200);
    expect(answer.body.contained[0].name).toBe('Northdale 111 Service');
  });

  it('cancel an appointment: one that was amended is cancelled with its new texts', async () => {
    const made = await book();
    const changed = await put(
      gateway.consumer(),
      'amend',
      amended(made, (body) => (body.comment = 'Other words')),
    );
    expectRefusal(await cancel(cancelled(made)), 422, 'INVALID_RESOURCE');
    const answer = await cancel(cancelled(changed.body), { headers: { 'If-Match': 'W/"2"' } });
    expect(answer.text && answer.status).toBe(200);
    expect([answer.body.comment, answer.body.meta.versionId]).toEqual(['Other words', '3']);
  });

  it('cancel an appointment: one that the desk made is cancelled by its id here', async () => {
    const slot = nextSlot();
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: sessionOf(slot), patientId: 67002 });
    const other = await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[1]);
    const theirs = appointmentsIn(await retrieve(gateway.consumer(), other)).find(({ start }) => start === slot.start);
    const answer = await cancel(cancelled(theirs));
    expect(answer.text && answer.status).toBe(200);
    expect(standing(gateway).some((one) => one.sessionInstanceId === sessionOf(slot))).toBe(false);
    expect((await stored(theirs)).status).toBe('cancelled');
  });

  it('cancel an appointment: a reason of any length and any characters is returned as it was stored [10.6-8]', async () => {
    for (const reason of ['x', 'Ünïcode & <tags> 👩‍⚕️', `${'very '.repeat(1000)}long`]) {
      const made = await book();
      const answer = await cancel(cancelled(made, undefined, reason));
      expect(answer.text && answer.status).toBe(200);
      expect(answer.body.extension.at(-1)).toEqual({ url: REASON_URL, valueString: reason });
      expect(await stored(made)).toEqual(answer.body);
    }
  });

  it('cancel an appointment: with Prefer: return=minimal it is 200 without a body, and is cancelled [4.1-16 10.6-20]', async () => {
    const made = await book();
    const answer = await cancel(cancelled(made), { headers: { Prefer: 'return=minimal' } });
    expect([answer.status, answer.text]).toEqual([200, '']);
    const now = await stored(made);
    expect(now.status).toBe('cancelled');
    expect(answer.headers.get('etag')).toBe(`W/"${String(now.meta.versionId)}"`);
  });

  it.each<[string, (body: Json) => void]>([
    ['no serviceType', (body) => delete body.serviceType],
    ['no serviceCategory', (body) => delete body.serviceCategory],
    ['neither of them', (body) => (delete body.serviceCategory, delete body.serviceType)],
    [
      'the reason and the booking organisation as its only extensions',
      (body) =>
        (body.extension = body.extension.filter(({ url }: Json) => /BookingOrganisation|Cancellation/.test(url))),
    ],
    ['no minutesDuration', (body) => delete body.minutesDuration],
    ['participants in another order', (body) => body.participant.reverse()],
  ])('cancel an appointment: %s is tolerated, and the answer has all of it [10.6-15]', async (_what, change) => {
    const made = await book();
    const answer = await cancel(cancelled(made, change));
    expect(answer.text && answer.status).toBe(200);
    expect(answer.body).toEqual(cancelled({ ...made, meta: answer.body.meta }));
  });
});

const participant = (body: Json, type: string): Json =>
  body.participant.find(({ actor }: Json) => actor.reference.startsWith(type));
const extension = (body: Json, part: string): Json => body.extension.find(({ url }: Json) => url.includes(part));

describe('cancel an appointment: refused', () => {
  const refused = async (body: Json, code: string, bend?: Bend): Promise<Json> => {
    const before = [writes(gateway), await stored(kept)];
    const issue = expectRefusal(await cancel(body, bend, kept.id), 422, code);
    expect([writes(gateway), await stored(kept)]).toEqual(before);
    return issue;
  };

  it.each<[string, (body: Json) => void]>([
    ['another description', (body) => (body.description = 'Another')],
    ['another comment', (body) => (body.comment = 'Another')],
    ['no comment', (body) => delete body.comment],
    ['another text of the service type', (body) => (body.serviceType[0].text = 'Another')],
    ['another text of the service category', (body) => (body.serviceCategory.text = 'Another')],
    ['an id that is not the one of the address', (body) => (body.id = 'another')],
    ['another start', (body) => (body.start = '2026-05-22T22:00:00+01:00')],
    ['another end', (body) => (body.end = '2026-05-22T23:00:00+01:00')],
    ['another slot', (body) => (body.slot[0].reference = 'Slot/10002-1-1000')],
    ['another created', (body) => (body.created = '2026-05-17T07:00:00+01:00')],
    ['another patient', (body) => (participant(body, 'Patient').actor.reference = 'Patient/another')],
    [
      'no location',
      (body) => (body.participant = body.participant.filter((one: Json) => one !== participant(body, 'Location'))),
    ],
    ['no practitioner', (body) => (body.participant = body.participant.slice(0, 2))],
    [
      'a participant that was added',
      (body) => body.participant.push({ actor: { reference: 'Practitioner/p-2' }, status: 'accepted' }),
    ],
    ['another participation status', (body) => (body.participant[0].status = 'declined')],
    ['a priority', (body) => (body.priority = 3)],
    ['another minutesDuration', (body) => (body.minutesDuration = 55)],
    ['another delivery channel', (body) => (extension(body, 'DeliveryChannel').valueCode = 'Video')],
    ['another name of the booking organisation', (body) => (body.contained[0].name = 'Another')],
    ['an identifier', (body) => (body.identifier = [{ system: 'https://consumer.example/id', value: '1' }])],
    [
      'an extension that nobody knows',
      (body) => body.extension.push({ url: 'https://consumer.example/x', valueString: 'x' }),
    ],
    ['a reason of the appointment', (body) => (body.reason = [{ text: 'Cough' }])],
    ['another resource type', (body) => (body.resourceType = 'Slot')],
    ['no profile', (body) => delete body.meta.profile],
  ])('cancel an appointment: %s is 422 INVALID_RESOURCE, and nothing is cancelled [10.6-4]', async (_what, change) => {
    await refused(cancelled(kept, change), 'INVALID_RESOURCE');
  });

  it.each(['booked', 'noshow', 'fulfilled', 'pending', 'canceled', 'Cancelled'])(
    'cancel an appointment: the status %s is 422 INVALID_RESOURCE [10.6-19]',
    async (status) => {
      await refused(
        cancelled(kept, (body) => (body.status = status)),
        'INVALID_RESOURCE',
        { format: 'json' },
      );
    },
  );

  it.each<[string, (reason: Json, body: Json) => void]>([
    ['no reason', (reason, body) => (body.extension = body.extension.filter((one: Json) => one !== reason))],
    ['no extensions at all', (_, body) => delete body.extension],
    ['the reason twice', (reason, body) => body.extension.push({ ...reason })],
    ['a reason that is a code', (reason) => (delete reason.valueString, (reason.valueCode = 'x'))],
    ['a reason without a value', (reason) => delete reason.valueString],
  ])('cancel an appointment: %s is 422 INVALID_RESOURCE [10.6-5]', async (_what, change) => {
    await refused(
      cancelled(kept, (body) => change(extension(body, 'Cancellation'), body)),
      'INVALID_RESOURCE',
    );
  });

  it.each([
    '',
    ' ',
    'https://fhir.nhs.uk/STU3/StructureDefinition/Another-1',
    REASON_URL.toLowerCase(),
    `${REASON_URL} `,
  ])(
    'cancel an appointment: a reason whose extension has the address "%s" is 422 INVALID_RESOURCE [10.6-6]',
    async (url) => {
      await refused(
        cancelled(kept, (body) => (extension(body, 'Cancellation').url = url)),
        'INVALID_RESOURCE',
        {
          format: 'json',
        },
      );
    },
  );

  it.each(['', ' ', '\t \n', '\u00a0'])(
    'cancel an appointment: the blank reason "%s" is 422 INVALID_PARAMETER [10.6-7]',
    async (reason) => {
      const issue = await refused(cancelled(kept, undefined, reason), 'INVALID_PARAMETER', { format: 'json' });
      expect(issue.diagnostics).toContain('reason');
    },
  );

  it.each<[string, (body: Json, root: string) => void]>([
    ['slot', (body, root) => (body.slot[0].reference = `${root}/${String(body.slot[0].reference)}`)],
    ['patient', (body, root) => (participant(body, 'Patient').actor.reference = `${root}/Patient/${patient}`)],
    [
      'booking organisation',
      (body, root) =>
        (extension(body, 'BookingOrganisation').valueReference.reference =
          `${root}/Appointment/${String(body.id)}#booking-org`),
    ],
  ])(
    'cancel an appointment: an absolute reference to the %s is 422 INVALID_RESOURCE [10.6-11]',
    async (_what, change) => {
      await refused(
        cancelled(kept, (body) => change(body, gateway.consumer().baseUrl)),
        'INVALID_RESOURCE',
      );
    },
  );

  it.each(['unknown', 'test-000000000000009999', 'a'.repeat(65), '%20'])(
    'cancel an appointment: the id "%s" is 404 NO_RECORD_FOUND, and the practice is not asked [10.6-14]',
    async (id) => {
      const before = gateway.practiceCalls();
      expectRefusal(
        await cancel(
          cancelled(kept, (body) => (body.id = id)),
          undefined,
          id,
        ),
        404,
        'NO_RECORD_FOUND',
      );
      expect(gateway.practiceCalls()).toBe(before);
    },
  );

  it('cancel an appointment: one of another practice is 404 NO_RECORD_FOUND here', async () => {
    expectRefusal(await put(gateway.consumer('A99902'), 'cancel', cancelled(kept)), 404, 'NO_RECORD_FOUND');
    expect(await stored(kept)).toEqual(kept);
  });

  it.each(['patient/*.read', 'organization/*.write', undefined])(
    'cancel an appointment: the scope %s is 400 BAD_REQUEST',
    async (requested_scope) => {
      expectRefusal(await cancel(cancelled(kept), { claims: { requested_scope } }), 400, 'BAD_REQUEST');
    },
  );

  it('cancel an appointment: with the interaction id of an amendment it is read as one [5.1-13]', async () => {
    const answer = await put(gateway.consumer(), 'amend', cancelled(kept));
    expectRefusal(answer, 422, 'INVALID_RESOURCE');
    expect(await stored(kept)).toEqual(kept);
  });

  it.each(['W/"2"', 'W/"nonsense"', 'invalidEtag', '1', '"1"', 'W/"1", W/"2"'])(
    'cancel an appointment: If-Match %s, which is not its version, is 409 FHIR_CONSTRAINT_VIOLATION and cancels nothing [4.3-4 10.6-12]',
    async (version) => {
      const before = writes(gateway);
      const answer = await cancel(cancelled(kept), { headers: { 'If-Match': version } });
      expect(expectRefusal(answer, 409, 'FHIR_CONSTRAINT_VIOLATION').code).toBe('conflict');
      expect(writes(gateway)).toBe(before);
      expect(await stored(kept)).toEqual(kept);
    },
  );

  it.each(['*', undefined])('cancel an appointment: If-Match %s is accepted [4.3-5]', async (version) => {
    const answer = await cancel(cancelled(await book()), { headers: { 'If-Match': version } });
    expect(answer.text && answer.status).toBe(200);
  });

  it('cancel an appointment: one whose start has come is 422 INVALID_RESOURCE and the practice is not asked [10.6-13]', async () => {
    const own = await startTestGateway();
    const slot = (await exactSlots(own.consumer()))();
    const made = (await booked(own.consumer(), slot, await patientId(own.consumer()))).body;
    own.clock.set(Date.parse(made.start));
    const calls = own.practiceCalls();
    const answer = await put(own.consumer(), 'cancel', cancelled(made));
    expect(expectRefusal(answer, 422, 'INVALID_RESOURCE').diagnostics).toContain('past');
    expect(own.practiceCalls()).toBe(calls);
    own.clock.set(Date.parse(made.start) - 1);
    expect((await put(own.consumer(), 'cancel', cancelled(made))).status).toBe(200);
    await own.stop();
  });
});

describe('cancel an appointment: more than once', () => {
  const sent = (): number => gateway.riverside.requests.count({ method: 'PUT' });

  it('cancel an appointment: the same request again gets the same answer, and the practice is called once [10.6-16]', async () => {
    const made = await book();
    for (const headers of [{ 'If-Match': 'W/"1"' }, {}]) {
      const before = sent();
      const first = await cancel(cancelled(made), { headers });
      expect(first.status).toBe(200);
      const again = await cancel(cancelled(made), { headers });
      expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([200, first.body, 'true']);
      expect(sent() - before).toBeLessThanOrEqual(1);
    }
    expect(standing(gateway).filter((one) => one.bookingId === bookingAt(made).bookingId)).toEqual([]);
  });

  it('cancel an appointment: cancelled already, and for another reason, is 422 INVALID_RESOURCE; its slot stays with its next owner [10.6-16]', async () => {
    const slot = nextSlot();
    const made = await book(slot);
    expect((await cancel(cancelled(made))).status).toBe(200);
    await booked(gateway.consumer(), slot, await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[2]));
    const before = sent();
    expectRefusal(await cancel(cancelled(made, undefined, 'Another reason')), 422, 'INVALID_RESOURCE');
    expect((await cancel(cancelled(made))).headers.get('idempotent-replayed')).toBe('true');
    expect(sent()).toBe(before);
    expect(standing(gateway).filter((one) => one.sessionInstanceId === sessionOf(slot))).toHaveLength(1);
  });

  it('cancel an appointment: of ten at once with different reasons one is carried out', async () => {
    const made = await book();
    const before = sent();
    const headers = { 'If-Match': 'W/"1"' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => cancel(cancelled(made, undefined, `reason ${n}`), { headers })),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status !== 200) expectRefusal(answer, 409, 'FHIR_CONSTRAINT_VIOLATION');
    }
    expect(sent() - before).toBe(1);
    expect(await stored(made)).toEqual(done[0]?.body);
  });

  it('cancel an appointment: of an amendment and a cancellation at once with one version, one is a conflict', async () => {
    const made = await book();
    const bend = { headers: { 'If-Match': 'W/"1"' } };
    const answers = await Promise.all([
      cancel(cancelled(made), bend),
      put(
        gateway.consumer(),
        'amend',
        amended(made, (body) => (body.comment = 'Meanwhile')),
        bend,
      ),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('cancel an appointment: one that the desk has cancelled is 422 INVALID_RESOURCE, and can be read as cancelled', async () => {
    const made = await book();
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: bookingAt(made).bookingId });
    const before = sent();
    expectRefusal(await cancel(cancelled(made)), 422, 'INVALID_RESOURCE');
    expect(sent()).toBe(before);
    expect((await stored(made)).status).toBe('cancelled');
  });

  it('cancel an appointment: one that the practice no longer has is 404 NO_RECORD_FOUND', async () => {
    const made = await book();
    gateway.riverside.hmis.desk({ action: 'retire', bookingId: bookingAt(made).bookingId });
    gateway.clock.advance(SHOWN_AFTER_MS);
    expectRefusal(await cancel(cancelled(made)), 404, 'NO_RECORD_FOUND');
  });

  it('cancel an appointment: one that the practice has completed is 422 INVALID_RESOURCE', async () => {
    const made = await book();
    gateway.riverside.hmis.desk({ action: 'complete', bookingId: bookingAt(made).bookingId });
    const before = sent();
    expectRefusal(await cancel(cancelled(made)), 422, 'INVALID_RESOURCE');
    expect(sent()).toBe(before);
  });
});
