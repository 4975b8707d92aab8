import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import { bookingBody, expectRefusal, freeSlots, patientId, PROFILE, registrationBody } from '../support/flow.js';
import { FIXTURES, startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPath } from '../support/every-interaction.js';
import { expectValid } from '../support/validity.js';

const DATA = loadHmisData(`${FIXTURES}/hmis/riverside.yaml`);
const DAY = 86_400_000;
const REGISTER = '/Patient/$gpc.registerpatient';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const read = (id: string, from = gateway): Promise<TestAnswer> => from.consumer().get('readPatient', `/Patient/${id}`);

async function patient(nhsNumber = '9990000018'): Promise<Json> {
  const { status, body } = await read(await patientId(gateway.consumer(), nhsNumber));
  expect(status).toBe(200);
  return body;
}

/** With practices of its own, for a test that changes what they hold or what time it is. */
async function alone(test: (own: TestGateway) => Promise<void>): Promise<void> {
  const own = await startTestGateway();
  try {
    await test(own);
  } finally {
    await own.stop();
  }
}

/** From now on the practice's record of the patient holds something else. */
function change(own: TestGateway, nhsNumber: string, to: object): void {
  const record = DATA.patients.find(({ phn }) => phn === nhsNumber);
  own.riverside.faults.script({
    match: { path: '*/patients/search' },
    times: 'always',
    fault: { kind: 'status', status: 200, body: { status: 'success', code: 200, data: [{ ...record, ...to }] } },
  });
}

async function gone(id: string, from = gateway): Promise<void> {
  const issue = expectRefusal(await read(id, from), 404, 'PATIENT_NOT_FOUND');
  expect(issue.code).toBe('not-found');
}

describe('read a patient', () => {
  it('read a patient: the id of the answer is the id asked for [4.4-8]', async () => {
    const id = await patientId(gateway.consumer());
    expect((await read(id)).body).toMatchObject({ resourceType: 'Patient', id, active: true });
  });

  it('read a patient: the answer is the one that find a patient gives [9.3-2]', async () => {
    for (const { phn = '' } of DATA.patients) {
      const found = await gateway.consumer().get('findPatient', findPath(phn));
      expect(await patient(phn)).toEqual(found.body.entry[0].resource);
    }
  });

  it('read a patient: the answer is valid STU3 with exactly one profile', async () => {
    const body = await patient();
    expectValid(body, 'Patient');
    expect(body.meta.profile).toEqual([`${PROFILE}CareConnect-GPC-Patient-1`]);
  });

  it('read a patient: ETag is the weak form of meta.versionId, and the address is given [4.2-3 4.2-9 9.3-1]', async () => {
    const { headers, body } = await read(await patientId(gateway.consumer()));
    expect(headers.get('etag')).toBe(`W/"${String(body.meta.versionId)}"`);
    expect(headers.get('content-location')).toBe(
      `https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/Patient/${String(body.id)}`,
    );
  });

  it('read a patient: the version stays while nothing changes, and changes when the record does [4.3-2 4.3-3]', () =>
    alone(async (own) => {
      const id = await patientId(own.consumer());
      const first = await read(id, own);
      expect((await read(id, own)).headers.get('etag')).toBe(first.headers.get('etag'));
      change(own, '9990000018', { phone: '01632 960299' });
      const second = await read(id, own);
      expect(second.body.telecom[0].value).toBe('01632 960299');
      expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'));
      expect(second.headers.get('etag')).toBe(`W/"${String(second.body.meta.versionId)}"`);
    }));

  it('read a patient: a patient registered here reads as the registration answered', async () => {
    const registered = await gateway.consumer().post('register', REGISTER, registrationBody());
    const resource = registered.body.entry[0].resource;
    expect((await read(resource.id)).body).toEqual(resource);
  });

  it('read a patient: with the register away one verified before can still be read', () =>
    alone(async (own) => {
      const id = await patientId(own.consumer());
      own.register.faults.script({ times: 'always', fault: { kind: 'status', status: 503 } });
      own.clock.advance(3 * DAY);
      expect((await read(id, own)).status).toBe(200);
    }));
});

describe('read a patient: not found', () => {
  it.each([
    'unknown',
    'test-999999999999999999',
    '67001',
    '9990000018',
    'A.b-9',
    'a'.repeat(64),
    'a'.repeat(65),
    'a_b',
    '%20',
    'a%2Fb',
    '..%2F..%2Fetc%2Fpasswd',
    '%00',
    "1'%20OR%20'1'='1",
    'ü',
    '%F0%9F%98%80',
    '$other',
  ])('read a patient: the id %s, which nobody has, is 404 PATIENT_NOT_FOUND [4.7-7 9.3-3]', async (id) => {
    const before = gateway.practiceCalls();
    await gone(id);
    expect(gateway.practiceCalls()).toBe(before);
  });

  it('read a patient: without an id it is 404 [9.3-4]', async () => {
    expectRefusal(await read(''), 404, 'BAD_REQUEST');
  });

  it('read a patient: ids are case sensitive [3-5]', async () => {
    const id = await patientId(gateway.consumer());
    expect(id.toUpperCase()).not.toBe(id);
    await gone(id.toUpperCase());
  });

  it('read a patient: an id of another practice is 404 PATIENT_NOT_FOUND [13-17]', async () => {
    const id = await patientId(gateway.consumer('A99901'));
    const answer = await gateway.consumer('A99903').get('readPatient', `/Patient/${id}`);
    expectRefusal(answer, 404, 'PATIENT_NOT_FOUND');
  });

  it('read a patient: the refusal does not tell an unknown id from one that is not disclosed [9.3-8]', () =>
    alone(async (own) => {
      const id = await patientId(own.consumer());
      const person = own.register.pds.people().find(({ nhsNumber }) => nhsNumber === '9990000018');
      if (!person) throw new Error('not on the register');
      Object.assign(person, { kind: 'sensitive', security: 'R' });
      own.clock.advance(DAY);
      expect((await read(id, own)).text).toBe((await read('unknown', own)).text);
      Object.assign(person, { kind: 'traced' });
    }));
});

describe('read a patient: who must not be returned any more', () => {
  it.each<[string, object]>([
    ['became sensitive', { kind: 'sensitive', security: 'R' }],
    ['died', { kind: 'deceased', notification: 'formal', on: '2026-05-18' }],
    ['had their number superseded', { kind: 'superseded', by: '9990000026' }],
    ['had their number invalidated', { kind: 'invalidated' }],
    ['turned out to be somebody else', { birthDate: '1977-07-07', family: 'Otherwise' }],
  ])('read a patient: one who %s since they were found is 404 PATIENT_NOT_FOUND [9.3-5 9.3-7]', (_what, change) =>
    alone(async (own) => {
      const id = await patientId(own.consumer());
      const person = own.register.pds.people().find(({ nhsNumber }) => nhsNumber === '9990000018');
      if (!person) throw new Error('not on the register');
      const before = { ...person };
      try {
        Object.assign(person, change);
        own.clock.advance(DAY);
        await gone(id, own);
      } finally {
        Object.assign(person, before);
      }
    }),
  );

  it('read a patient: a record that was given another number is 404 PATIENT_NOT_FOUND', () =>
    alone(async (own) => {
      const id = await patientId(own.consumer());
      change(own, '9990000018', { phn: '9990000131' });
      await gone(id, own);
    }));

  it('read a patient: one whose temporary registration has run out is 404 PATIENT_NOT_FOUND [13-18]', () =>
    alone(async (own) => {
      const registered = await own.consumer().post('register', REGISTER, registrationBody());
      const { id } = registered.body.entry[0].resource;
      expect((await read(id, own)).status).toBe(200);
      own.clock.set(Date.parse(registered.body.entry[0].resource.extension[0].extension[0].valuePeriod.end));
      await gone(id, own);
    }));
});

describe('book an appointment: patient-level access rules', () => {
  it('book an appointment: for one whose temporary registration has run out it is 422 REFERENCE_NOT_FOUND [13-15 13-18]', () =>
    alone(async (own) => {
      // Registered so long ago that it runs out while the slots of this week are still ahead.
      const monday = own.clock.now();
      own.clock.set(monday - 100 * DAY);
      const registered = await own.consumer().post('register', REGISTER, registrationBody());
      own.clock.set(monday);
      const [slot] = await freeSlots(own.consumer());
      if (!slot) throw new Error('no slot');
      const body = bookingBody(slot, registered.body.entry[0].resource.id);
      expectRefusal(await own.consumer().post('book', '/Appointment', body), 422, 'REFERENCE_NOT_FOUND');
      expect(own.riverside.hmis.bookings()).toHaveLength(0);
    }));
});
