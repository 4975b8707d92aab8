/** Register a patient: the temporary registration, what is accepted, and what becomes of it at the practice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_TYPE, type Json, type TestAnswer } from '../support/consumer.js';
import { CODES, expectRefusal, NHS_NUMBER, PROFILE, registrationBody, UNREGISTERED } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const DAY = 86_400_000;
const PATH = '/Patient/$gpc.registerpatient';
type Person = typeof UNREGISTERED;
const person = (nhsNumber: string, family: string, given: string, birthDate: string): Person => ({
  nhsNumber,
  family,
  given,
  birthDate,
});
/** People of fixtures/pds without a record at any practice. */
const DANIEL = person('9991000038', 'Okonjo-Bell', 'Daniel', '1978-02-03');
const KATARZYNA = person('9991000046', 'Zielona', 'Katarzyna', '1965-11-30');
const ROBIN = person('9991000054', 'Fairweather', 'Robin', '2001-08-22');
const GEORGE = person('9991000062', 'Penhallow', 'George', '1939-04-09');
const FUNKE = person('9991000070', 'Adeyemi-Cross', 'Funke', '1987-12-25');
const ISLA = person('9991000089', 'Thistlewood', 'Isla', '2018-03-17');
const AMBROSE = person('9991000097', 'Quill', 'Ambrose', '1972-02-29');
const PHILIPPA = person('9992000015', 'Marchbanks', 'Philippa', '1995-07-07');
/** Reported dead by mistake, and the report taken back. */
const MARK = person('9992000120', 'Lazenby', 'Mark', '1958-06-30');

const phone = (use: string, value = '01632 960990'): Json => ({ system: 'phone', use, value });
const home = { use: 'home', line: ['8 Quayside'], city: 'Saltby', district: 'Testshire', postalCode: 'HG9 9ZP' };
const temp = { use: 'temp', line: ['Flat 2', '30 Market Place'], city: 'Testham', postalCode: 'HG9 9ZQ' };

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));
async function start(): Promise<TestGateway> {
  const gateway = await startTestGateway();
  started.push(gateway);
  return gateway;
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await start();
});

const send = (who: Person, change?: (patient: Json) => void, addressee = 'A99901', at = gateway): Promise<TestAnswer> =>
  at.consumer(addressee).post('register', PATH, registrationBody(who, change));

/** Registers, expects that it worked, and gives the patient of the answer. */
async function registered(who: Person, change?: (patient: Json) => void, addressee = 'A99901'): Promise<Json> {
  const answer = await send(who, change, addressee);
  expect(answer.text && answer.status).toBe(200);
  expect(answer.body.entry).toHaveLength(1);
  return answer.body.entry[0].resource;
}

const find = async (who: Person, addressee = 'A99901', at = gateway): Promise<Json> =>
  (
    await at
      .consumer(addressee)
      .get('findPatient', `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${who.nhsNumber}`)}`)
  ).body.entry?.[0].resource;

const recordsOf = (who: Person, at = gateway): Json[] =>
  at.riverside.hmis.patients().filter(({ phn }) => phn === who.nhsNumber);

const extensionOf = (patient: Json, name: string): Json[] =>
  (patient.extension ?? []).filter((one: Json) => one.url === `${PROFILE}Extension-CareConnect-GPC-${name}-1`);

const registrationOf = (patient: Json): Json => {
  const details = extensionOf(patient, 'RegistrationDetails');
  expect(details).toHaveLength(1);
  return Object.fromEntries(details[0].extension.map((part: Json) => [part.url, part]));
};

describe('register a patient: the answer', () => {
  let answer: TestAnswer;
  let patient: Json;
  beforeAll(async () => {
    answer = await send(UNREGISTERED, (body) => {
      body.telecom = [phone('temp', '01632 960888'), { system: 'phone', use: 'mobile', value: '07700 900999' }];
      body.address = [temp, home];
    });
    patient = answer.body.entry?.[0].resource;
  });

  it('register a patient: it is 200, not 201, with a searchset bundle of its profile and exactly one Patient [4.7-5 9.4-20 9.4-21 9.4-22]', () => {
    expect(answer.text && answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(CONTENT_TYPE[answer.format]);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.body).toEqual({
      resourceType: 'Bundle',
      meta: { profile: [`${PROFILE}GPConnect-Searchset-Bundle-1`] },
      type: 'searchset',
      entry: [{ resource: expect.objectContaining({ resourceType: 'Patient' }) }],
    });
  });

  it('register a patient: the Patient is identified, verified, named and managed by the practice [9.2-16 9.2-17 9.2-18 9.2-20 9.2-24]', () => {
    expect(patient.id).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
    expect(patient.meta).toEqual({
      versionId: expect.any(String),
      profile: [`${PROFILE}CareConnect-GPC-Patient-1`],
    });
    expect(patient.identifier).toEqual([
      {
        extension: [
          {
            url: `${PROFILE}Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
            valueCodeableConcept: {
              coding: [
                {
                  system: `${CODES}CareConnect-NHSNumberVerificationStatus-1`,
                  code: '01',
                  display: 'Number present and verified',
                },
              ],
            },
          },
        ],
        system: NHS_NUMBER,
        value: UNREGISTERED.nhsNumber,
      },
    ]);
    expect(patient.name).toHaveLength(1);
    expect(patient.name[0]).toMatchObject({ use: 'official', family: 'Hollingbeck', given: ['Tamsin'] });
    expect(patient).toMatchObject({ birthDate: '1991-06-14', gender: 'female' });
    expect(patient.managingOrganization).toEqual({ reference: 'Organization/A99901' });
    const never = ['text', 'photo', 'animal', 'communication', 'maritalStatus', 'deceasedDateTime', 'deceasedBoolean'];
    for (const name of never) expect(patient).not.toHaveProperty(name);
  });

  it('register a patient: the registration is temporary, once, with its period in local time and no status [9.4-23 9.4-24 9.4-26 9.4-27]', () => {
    const parts = registrationOf(patient);
    expect(Object.keys(parts).sort()).toEqual(['preferredBranchSurgery', 'registrationPeriod', 'registrationType']);
    expect(parts.registrationType.valueCodeableConcept.coding).toEqual([
      { system: `${CODES}CareConnect-RegistrationType-1`, code: 'T', display: 'Temporary' },
    ]);
    expect(parts.registrationPeriod.valuePeriod).toEqual({
      start: '2026-05-18T07:00:00+01:00',
      end: '2026-08-16T00:00:00+01:00',
    });
  });

  it('register a patient: temporary address and telephone end with the registration, the others do not [9.4-18]', () => {
    const ends = (list: Json[], use: string): Json[] => list.filter((one) => one.use === use).map((one) => one.period);
    expect(ends(patient.address, 'temp')).toEqual([{ end: '2026-08-16' }]);
    expect(ends(patient.telecom, 'temp')).toEqual([{ end: '2026-08-16' }]);
    expect(ends(patient.address, 'home')).toEqual([undefined]);
    expect(ends(patient.telecom, 'mobile')).toEqual([undefined]);
  });

  it('register a patient: the practice has one record of the patient, and find and read give the same Patient [9.4-15 13-7]', async () => {
    const records = recordsOf(UNREGISTERED);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ dob: '1991-06-14', sex: 'Female', mobile: '07700 900999' });
    expect(records[0].name).toContain('Hollingbeck');
    expect(await find(UNREGISTERED)).toEqual(patient);
    const read = await gateway.consumer().get('readPatient', `/Patient/${patient.id}`);
    expect(read.body).toEqual(patient);
    expect(read.headers.get('etag')).toBe(`W/"${patient.meta.versionId}"`);
  });

  it('register a patient: a repeat is 409 DUPLICATE_REJECTED and the practice still has one record [9.4-49]', async () => {
    expectRefusal(await send(UNREGISTERED), 409, 'DUPLICATE_REJECTED');
    expect(recordsOf(UNREGISTERED)).toHaveLength(1);
  });

  it('register a patient: the registration holds at its practice only', async () => {
    expect(await find(UNREGISTERED, 'A99903')).toBeUndefined();
    const elsewhere = await registered(UNREGISTERED, undefined, 'A99903');
    expect(elsewhere.managingOrganization).toEqual({ reference: 'Organization/A99903' });
    expect(gateway.hillside.hmis.patients().filter(({ phn }) => phn === UNREGISTERED.nhsNumber)).toHaveLength(1);
    expect(recordsOf(UNREGISTERED)).toHaveLength(1);
  });
});

describe('register a patient: what is accepted', () => {
  const ACCEPTED: readonly (readonly [string, Person, (patient: Json) => void])[] = [
    ['no gender', DANIEL, (patient) => delete patient.gender],
    ['several given names', ISLA, (patient) => (patient.name[0].given = ['Isla', 'Mae', 'Rowan'])],
    ['a nickname beside the official name', FUNKE, (patient) => patient.name.push({ use: 'nickname', given: ['F'] })],
    [
      'a nickname before the official name',
      GEORGE,
      (patient) => patient.name.unshift({ use: 'nickname', given: ['Geo'] }),
    ],
    [
      'another identifier with system and value',
      ROBIN,
      (patient) => patient.identifier.push({ system: 'https://hub.example/id', value: 'P1' }),
    ],
    [
      'one telephone for each use and one email',
      AMBROSE,
      (patient) => {
        patient.telecom = ['home', 'work', 'mobile', 'temp'].map((use) => phone(use));
        patient.telecom.push({ system: 'email', use: 'temp', value: 'a.quill@example.org' });
      },
    ],
    ['home and temp address', PHILIPPA, (patient) => (patient.address = [home, temp])],
    ['temp and home address', MARK, (patient) => (patient.address = [temp, home])],
  ];

  it.each(ACCEPTED)(
    'register a patient: %s is accepted and returned [9.4-7 9.4-8 9.4-9 9.4-11 9.4-28 9.4-50 9.4-51 9.4-52 9.4-53 9.4-54 9.4-55]',
    async (_, who, change) => {
      const sent = registrationBody(who, change).parameter[0].resource;
      const patient = await registered(who, change);
      const official = sent.name.find((name: Json) => name.use === 'official');
      expect(patient.name[0]).toMatchObject({ use: 'official', family: official.family, given: official.given });
      const bare = (list: Json[] = []): Json[] => list.map(({ period: _period, ...rest }) => rest);
      expect(bare(patient.telecom)).toEqual(expect.arrayContaining(sent.telecom));
      expect(bare(patient.address)).toEqual(expect.arrayContaining(sent.address ?? []));
      // Nothing but the NHS number identifies the patient in an answer.
      expect(patient.identifier).toHaveLength(1);
      expect(recordsOf(who)).toHaveLength(1);
    },
  );

  it('register a patient: two parts of the birth date, the family name and the initial are enough to verify [9.4-14]', async () => {
    const almost = { ...FUNKE, birthDate: '1987-12-24', family: 'ADEyinka', given: 'folake' };
    const patient = await registered(almost, undefined, 'A99903');
    expect(patient.name[0]).toMatchObject({ family: 'ADEyinka', given: ['folake'] });
    expect(patient.birthDate).toBe('1987-12-24');
  });

  it('register a patient: what the consumer left out is taken from the national register [9.4-13]', async () => {
    const patient = await registered(KATARZYNA, (body) => {
      for (const name of ['telecom', 'gender', 'address']) delete body[name];
    });
    expect(patient.gender).toBe('female');
    expect(patient.telecom).toEqual([{ system: 'phone', use: 'home', value: '01632 960103' }]);
    expect(patient.address).toHaveLength(1);
    expect(patient.address[0]).toMatchObject({ use: 'home', postalCode: 'HG9 9ZD' });
    expect(extensionOf(patient, 'NHSCommunication')).toEqual([
      {
        url: `${PROFILE}Extension-CareConnect-GPC-NHSCommunication-1`,
        extension: [
          {
            url: 'language',
            valueCodeableConcept: {
              coding: [{ system: `${CODES}CareConnect-HumanLanguage-1`, code: 'pl', display: 'Polish' }],
            },
          },
          { url: 'interpreterRequired', valueBoolean: true },
        ],
      },
    ]);
  });

  it('register a patient: each detail left out is supplemented by itself, and what was sent stays as sent [9.4-7 9.4-13]', async () => {
    const patient = await registered(
      DANIEL,
      (body) => {
        body.gender = 'other';
        body.telecom = [phone('mobile', '07700 900111'), { system: 'email', value: 'd@example.org' }];
        body.address = [temp];
      },
      'A99903',
    );
    expect(patient.gender).toBe('other');
    const contacts = patient.telecom.map((one: Json) => `${one.system} ${one.use ?? ''} ${one.value}`);
    expect(contacts).toEqual(['phone mobile 07700 900111', 'email home d@example.org', 'phone work 01632 960102']);
    expect(patient.address.map((one: Json) => `${one.use} ${one.postalCode}`)).toEqual([
      'temp HG9 9ZQ',
      'home HG9 9ZB',
    ]);
  });

  it('register a patient: the language and the need of an interpreter are kept as sent [9.4-10]', async () => {
    const communication = {
      url: `${PROFILE}Extension-CareConnect-GPC-NHSCommunication-1`,
      extension: [
        {
          url: 'language',
          valueCodeableConcept: {
            coding: [{ system: `${CODES}CareConnect-HumanLanguage-1`, code: 'fr', display: 'French' }],
          },
        },
        { url: 'interpreterRequired', valueBoolean: false },
      ],
    };
    const patient = await registered(KATARZYNA, (body) => (body.extension = [communication]), 'A99903');
    expect(extensionOf(patient, 'NHSCommunication')).toEqual([communication]);
  });
});

describe('register a patient: who is registered already', () => {
  it('register a patient: ten parallel copies of one request make one record', async () => {
    const own = await start();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(GEORGE, undefined, 'A99901', own)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
    expect(recordsOf(GEORGE, own)).toHaveLength(1);
  });

  it('register a patient: a lapsed registration is re-activated as temporary, in the record and with the id it had', async () => {
    const own = await start();
    const first = (await send(UNREGISTERED, undefined, 'A99901', own)).body.entry[0].resource;
    own.clock.advance(89 * DAY);
    expectRefusal(await send(UNREGISTERED, undefined, 'A99901', own), 409, 'DUPLICATE_REJECTED');
    own.clock.advance(2 * DAY);
    // Lapsed: neither found nor read any more.
    expect(await find(UNREGISTERED, 'A99901', own)).toBeUndefined();
    const gone = await own.consumer().get('readPatient', `/Patient/${first.id}`);
    expectRefusal(gone, 404, 'PATIENT_NOT_FOUND');

    const again = await send(UNREGISTERED, (body) => (body.telecom = [phone('mobile', '07700 900222')]), 'A99901', own);
    expect(again.text && again.status).toBe(200);
    const patient = again.body.entry[0].resource;
    expect(patient.id).toBe(first.id);
    expect(patient.meta.versionId).not.toBe(first.meta.versionId);
    expect(patient.telecom).toContainEqual({ system: 'phone', use: 'mobile', value: '07700 900222' });
    const { registrationPeriod, registrationType } = registrationOf(patient);
    expect(registrationType.valueCodeableConcept.coding[0].code).toBe('T');
    expect(registrationPeriod.valuePeriod).toEqual({
      start: '2026-08-17T07:00:00+01:00',
      // Ninety days on the clock has gone back: local midnight, with the offset of that day.
      end: '2026-11-15T00:00:00+00:00',
    });
    expect(recordsOf(UNREGISTERED, own)).toHaveLength(1);
    expect(await find(UNREGISTERED, 'A99901', own)).toEqual(patient);
  });
});
