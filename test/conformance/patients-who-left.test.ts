/** Patients whose record at the practice says that they have left or died: what each interaction makes of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import { bookingBody, expectRefusal, freeSlots, patientId, registrationBody } from '../support/flow.js';
import { FIXTURES, startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPath } from '../support/every-interaction.js';

const DATA = loadHmisData(`${FIXTURES}/hmis/riverside.yaml`);
const REGISTER = '/Patient/$gpc.registerpatient';
const DAY = 86_400_000;

/** All of them are alive and traced on the national register. */
const LEFT = { nhsNumber: '9991000011', family: 'Hollingbeck', given: 'Tamsin', birthDate: '1991-06-14' };
const DIED = { nhsNumber: '9991000062', family: 'Rutherglen', given: 'George', birthDate: '1939-04-09' };
/** Nothing but the number agrees with the register. */
const MISFILED_ACTIVE = { nhsNumber: '9991000054', family: 'Fairweather', given: 'Robin', birthDate: '' };
const MISFILED_LEFT = { nhsNumber: '9991000089', family: 'Thistlewood', given: 'Isla', birthDate: '2018-03-17' };

let gateway: TestGateway;
const start = (): Promise<TestGateway> =>
  startTestGateway({
    riverside: {
      patients: [
        ...DATA.patients,
        { id: 1, name: 'Tamsin Hollingbeck', dob: '1991-06-14', phn: LEFT.nhsNumber, status: 'inactive' },
        { id: 2, name: 'George Rutherglen', dob: '1939-04-09', phn: DIED.nhsNumber, status: 'deceased' },
        { id: 3, name: 'Somebody Else', dob: '2001-01-01', phn: MISFILED_ACTIVE.nhsNumber },
        { id: 4, name: 'Somebody Else', dob: '2001-01-01', phn: MISFILED_LEFT.nhsNumber, status: 'inactive' },
      ],
    },
  });
beforeAll(async () => {
  gateway = await start();
});
afterAll(() => gateway.stop());

const find = (nhsNumber: string, from = gateway): Promise<TestAnswer> =>
  from.consumer().get('findPatient', findPath(nhsNumber));
const register = (who: typeof LEFT, from = gateway): Promise<TestAnswer> =>
  from.consumer().post('register', REGISTER, registrationBody(who));

/** The person as the register has them, so that only the practice's record decides. */
function asOnRegister(nhsNumber: string): typeof LEFT {
  const person = gateway.register.pds.people().find((one) => one.nhsNumber === nhsNumber);
  if (person?.kind !== 'traced') throw new Error('not traced');
  return { nhsNumber, family: person.family, given: person.given[0] ?? '', birthDate: person.birthDate };
}

async function alone(test: (own: TestGateway) => Promise<void>): Promise<void> {
  const own = await start();
  try {
    await test(own);
  } finally {
    await own.stop();
  }
}

/** What the practice's record of a patient says from now on. */
function mark(own: TestGateway, nhsNumber: string, status: 'inactive' | 'deceased'): void {
  const record = DATA.patients.find(({ phn }) => phn === nhsNumber);
  const said = status === 'inactive' ? { active: false } : { deceased: true };
  own.riverside.faults.script({
    match: { path: '*/patients/search' },
    times: 'always',
    fault: { kind: 'status', status: 200, body: { status: 'success', code: 200, data: [{ ...record, ...said }] } },
  });
}

describe('find a patient: who has left or died by the record of the practice', () => {
  it.each([
    ['left', LEFT],
    ['died', DIED],
  ])(
    'find a patient: one who has %s is an empty Bundle, and the register is not asked [9.2-4 9.2-5 13-5 13-8]',
    async (_what, who) => {
      const asked = gateway.register.requests.count({ method: 'GET' });
      const { status, body } = await find(who.nhsNumber);
      expect([status, body]).toEqual([200, { resourceType: 'Bundle', type: 'searchset' }]);
      expect(gateway.register.requests.count({ method: 'GET' })).toBe(asked);
    },
  );
});

describe('read a patient: who has left or died since they were found', () => {
  it.each(['inactive', 'deceased'] as const)(
    'read a patient: one whose record becomes %s is 404 PATIENT_NOT_FOUND, and is not found any more [9.3-6 9.3-7 13-5 13-8]',
    (status) =>
      alone(async (own) => {
        const id = await patientId(own.consumer(), '9990000018');
        mark(own, '9990000018', status);
        const answer = await own.consumer().get('readPatient', `/Patient/${id}`);
        expectRefusal(answer, 404, 'PATIENT_NOT_FOUND');
        expect(answer.text).toBe((await own.consumer().get('readPatient', '/Patient/unknown')).text);
        expect((await find('9990000018', own)).body.entry).toBeUndefined();
      }),
  );
});

describe('book an appointment: for one who has left or died since they were found', () => {
  it.each(['inactive', 'deceased'] as const)(
    'book an appointment: for one whose record becomes %s it is 422 REFERENCE_NOT_FOUND, and nothing is booked [13-15]',
    (status) =>
      alone(async (own) => {
        const [slot] = await freeSlots(own.consumer());
        const id = await patientId(own.consumer(), '9990000018');
        if (!slot) throw new Error('no slot');
        mark(own, '9990000018', status);
        const answer = await own.consumer().post('book', '/Appointment', bookingBody(slot, id));
        expectRefusal(answer, 422, 'REFERENCE_NOT_FOUND');
        expect(own.riverside.hmis.bookings()).toHaveLength(0);
      }),
  );
});

describe('register a patient: who has left or died by the record of the practice', () => {
  it('register a patient: one who has left is re-activated as temporary, in the record that is there [9.4-16 9.4-23 9.4-25 13-6]', () =>
    alone(async (own) => {
      const records = own.riverside.hmis.patients().length;
      const answer = await register(LEFT, own);
      expect(answer.status).toBe(200);
      const patient = answer.body.entry[0].resource;
      const [details] = patient.extension;
      const part = (url: string): Json => details.extension.find((one: Json) => one.url === url);
      expect(patient.active).toBe(true);
      expect(part('registrationType').valueCodeableConcept.coding[0]).toMatchObject({
        code: 'T',
        display: 'Temporary',
      });
      expect(part('registrationPeriod').valuePeriod.start).toBe('2026-05-18T07:00:00+01:00');
      expect(part('preferredBranchSurgery').valueReference.reference).toBe('Location/location-a99901-10');
      expect(own.riverside.hmis.patients()).toHaveLength(records);
    }));

  it('register a patient: one who was re-activated is found, read and booked for until the registration ends [9.4-49 13-2 13-18]', () =>
    alone(async (own) => {
      const patient = (await register(LEFT, own)).body.entry[0].resource;
      expect((await find(LEFT.nhsNumber, own)).body.entry[0].resource).toEqual(patient);
      const read = (): Promise<TestAnswer> => own.consumer().get('readPatient', `/Patient/${patient.id as string}`);
      expect((await read()).body).toEqual(patient);
      const [slot] = await freeSlots(own.consumer());
      if (!slot) throw new Error('no slot');
      expect((await own.consumer().post('book', '/Appointment', bookingBody(slot, patient.id))).status).toBe(201);
      expectRefusal(await register(LEFT, own), 409, 'DUPLICATE_REJECTED');

      own.clock.advance(91 * DAY);
      expect((await find(LEFT.nhsNumber, own)).body.entry).toBeUndefined();
      expectRefusal(await read(), 404, 'PATIENT_NOT_FOUND');
      const again = await register(LEFT, own);
      expect([again.status, again.body.entry[0].resource.id]).toEqual([200, patient.id]);
    }));

  it('register a patient: one who has died is 400 INVALID_PATIENT_DEMOGRAPHICS, told like one not verified [9.4-45 13-8]', async () => {
    const issue = expectRefusal(await register(asOnRegister(DIED.nhsNumber)), 400, 'INVALID_PATIENT_DEMOGRAPHICS');
    expect(issue.code).toBe('business-rule');
    const unverified = await register({ ...LEFT, birthDate: '1950-01-01' });
    expect(issue.diagnostics).toBe(unverified.body.issue[0].diagnostics);
  });

  it.each([
    ['active', MISFILED_ACTIVE],
    ['inactive', MISFILED_LEFT],
  ])(
    'register a patient: an %s record whose number was never verified and is not verified now is 400 INVALID_PATIENT_DEMOGRAPHICS [9.4-17 9.4-43 13-4]',
    async (_status, who) => {
      expectRefusal(await register(asOnRegister(who.nhsNumber)), 400, 'INVALID_PATIENT_DEMOGRAPHICS');
      expect((await find(who.nhsNumber)).body.entry).toBeUndefined();
    },
  );
});

describe('dissent to share', () => {
  it('find a patient, register a patient: a note of dissent in the record is ignored [9.2-7 13-9]', () =>
    alone(async (own) => {
      const record = DATA.patients.find(({ phn }) => phn === '9990000018');
      own.riverside.faults.script({
        match: { path: '*/patients/search' },
        times: 'always',
        fault: {
          kind: 'status',
          status: 200,
          body: {
            status: 'success',
            code: 200,
            data: [{ ...record, comments: 'Dissents from sharing', consent: false }],
          },
        },
      });
      expect((await find('9990000018', own)).body.entry).toHaveLength(1);
    }));
});
