import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import { CODES, expectRefusal, freeSlots, NHS_NUMBER, PROFILE, registrationBody } from '../support/flow.js';
import { FIXTURES, startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPath } from '../support/every-interaction.js';
import { expectValid } from '../support/validity.js';

const DATA = loadHmisData(`${FIXTURES}/hmis/riverside.yaml`);
type Record = (typeof DATA.patients)[number];

/** How the practice system answers a search. */
const answerOf = (...data: object[]): object => ({ status: 'success', code: 200, data });

/** Records that the practice holds of people whom the register sees otherwise, or of whom it holds too many. */
const SPECIAL: readonly Record[] = [
  { id: 1, name: 'Philippa Marchbanks', dob: '1995-07-07', phn: '9992000023' },
  { id: 2, name: 'Nobody Anymore', dob: '1970-01-01', phn: '9992000058' },
  { id: 3, name: 'Celia Winterbourne', dob: '1980-10-10', phn: '9992000074' },
  { id: 4, name: 'Owen Blackthorn', dob: '1969-01-21', phn: '9992000082' },
  { id: 5, name: 'Una Greysteel', dob: '1990-09-19', phn: '9992000090' },
  { id: 6, name: 'Edmund Larkin', dob: '1931-05-05', phn: '9992000104' },
  { id: 7, name: 'Constance Ashby', dob: '1944-08-01', phn: '9992000112' },
  { id: 8, name: 'Mark Lazenby', dob: '1958-06-30', phn: '9992000120' },
  // Nobody on the register has this number.
  { id: 9, name: 'Stranger Unlisted', dob: '1958-06-30', phn: '9990000271' },
  // Two parts of the date of birth, start of the family name and initial agree with Hollingbeck, Tamsin, 1991-06-14.
  { id: 10, name: 'Tammy Holloway', dob: '1991-06-15', phn: '9991000011' },
  // As above with another initial.
  { id: 11, name: 'Xavier Okonjo-Bell', dob: '1978-02-04', phn: '9991000038' },
  // As above with another family name.
  { id: 12, name: 'Katarzyna Zaba', dob: '1965-11-29', phn: '9991000046' },
  // One part of the date of birth only.
  { id: 13, name: 'Robin Fairweather', dob: '2001-01-01', phn: '9991000054' },
  // The date of birth is equal, the name another one.
  { id: 14, name: 'Wholly Different', dob: '1939-04-09', phn: '9991000062', email: 'post@example.org' },
  { id: 15, name: 'Funke Adeyemi', dob: '1987-12-25', phn: '9991000070', sex: 'Female' },
  { id: 16, name: 'Isla Thistlewood', dob: '2018-03-17', phn: '9991000089' },
  { id: 17, name: 'Isla Thistlewood', dob: '2018-03-17', phn: '9991000089' },
  // Without a date of birth nobody can be told from it.
  { id: 18, name: 'Ambrose Quill', phn: '9991000097' },
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ riverside: { patients: [...DATA.patients, ...SPECIAL] } });
});
afterAll(() => gateway.stop());

const find = (nhsNumber: string, from = gateway): Promise<TestAnswer> =>
  from.consumer().get('findPatient', findPath(nhsNumber));
const get = (path: string): Promise<TestAnswer> => gateway.consumer().get('findPatient', path);

async function found(nhsNumber: string, from = gateway): Promise<Json> {
  const { status, body } = await find(nhsNumber, from);
  expect([status, body.resourceType, body.type, body.entry?.length]).toEqual([200, 'Bundle', 'searchset', 1]);
  return body.entry[0].resource;
}

async function nobody(nhsNumber: string, from = gateway): Promise<void> {
  const { status, body } = await find(nhsNumber, from);
  // FHIR JSON has no empty arrays.
  expect([status, body]).toEqual([200, { resourceType: 'Bundle', type: 'searchset' }]);
}

describe('find a patient: parameters', () => {
  const good = encodeURIComponent(`${NHS_NUMBER}|9990000018`);
  it.each<[string, string, number, string]>([
    ['no identifier', '/Patient', 400, 'BAD_REQUEST'],
    ['a name of another letter case', `/Patient?Identifier=${good}`, 400, 'BAD_REQUEST'],
    ['a repeated identifier', `/Patient?identifier=${good}&identifier=${good}`, 400, 'BAD_REQUEST'],
    ['another parameter instead', '/Patient?birthdate=1938-01-03', 400, 'BAD_REQUEST'],
    ['an empty identifier', '/Patient?identifier=', 422, 'INVALID_PARAMETER'],
    ['no system', '/Patient?identifier=9990000018', 422, 'INVALID_PARAMETER'],
    ['an empty system', '/Patient?identifier=%7C9990000018', 422, 'INVALID_PARAMETER'],
    ['a blank system', '/Patient?identifier=%20%7C9990000018', 422, 'INVALID_PARAMETER'],
    ['no value', findPath(''), 422, 'INVALID_PARAMETER'],
    ['a blank value', findPath('  '), 422, 'INVALID_PARAMETER'],
    ['an unknown system', findPath('9990000018', 'https://fhir.nhs.uk/Id/local'), 400, 'INVALID_IDENTIFIER_SYSTEM'],
    [
      'a system of another letter case',
      findPath('9990000018', NHS_NUMBER.toUpperCase()),
      400,
      'INVALID_IDENTIFIER_SYSTEM',
    ],
    ['nine digits', findPath('999000001'), 400, 'INVALID_NHS_NUMBER'],
    ['eleven digits', findPath('99900000180'), 400, 'INVALID_NHS_NUMBER'],
    ['a wrong check digit', findPath('9990000019'), 400, 'INVALID_NHS_NUMBER'],
    ['letters', findPath('999000001X'), 400, 'INVALID_NHS_NUMBER'],
    ['spaces between the digits', findPath('999 000 0018'), 400, 'INVALID_NHS_NUMBER'],
    ['digits of another script', findPath('٩٩٩٠٠٠٠٠١٨'), 400, 'INVALID_NHS_NUMBER'],
    ['ten noughts', findPath('0000000000'), 400, 'INVALID_NHS_NUMBER'],
  ])(
    'find a patient: %s: %s is %i %s [4.4-18 9.2-32 9.2-33 9.2-34 9.2-35 9.2-36]',
    async (_what, path, status, code) => {
      const before = gateway.practiceCalls();
      expect(expectRefusal(await get(path), status, code).expression).toEqual(['identifier']);
      expect(gateway.practiceCalls()).toBe(before);
    },
  );
});

describe('find a patient: what is answered', () => {
  it('find a patient: a searchset Bundle with exactly the patient asked for [4.4-15 4.6-1 9.2-1 9.2-2 9.2-20 13-1]', async () => {
    const patient = await found('9990000018');
    expect(patient).toMatchObject({ resourceType: 'Patient', active: true, gender: 'male', birthDate: '1938-01-03' });
    expect(patient.id).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
  });

  it('find a patient: the answer is valid STU3', async () => {
    for (const { phn = '' } of DATA.patients) expectValid((await find(phn)).body, 'Bundle');
  });

  it('find a patient: meta has a versionId and exactly one profile [4.3-1 4.4-1 4.4-2 9.2-16]', async () => {
    const { meta } = await found('9990000018');
    expect(meta).toEqual({ versionId: expect.stringMatching(/\S/), profile: [`${PROFILE}CareConnect-GPC-Patient-1`] });
  });

  it('find a patient: the only identifier is the verified NHS number [9.2-17 9.2-18]', async () => {
    expect((await found('9990000018')).identifier).toEqual([
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
        value: '9990000018',
      },
    ]);
  });

  it('find a patient: exactly one official name, as the register writes it [9.2-19]', async () => {
    expect((await found('9991000070')).name).toEqual([
      { use: 'official', family: 'Adeyemi-Cross', given: ['Funke'], prefix: ['Dr'] },
    ]);
  });

  it('find a patient: each telecom has system, value and use, each address a use and no state or text [9.2-21 9.2-31 11-4 11-5 11-6 11-7 11-8 11-10]', async () => {
    const { telecom, address } = await found('9990000018');
    expect(telecom).toEqual([
      { system: 'phone', value: '01632 960200', use: 'home' },
      { system: 'phone', value: '07700 900200', use: 'mobile' },
    ]);
    expect(address).toEqual([{ use: 'home', line: ['1 Quay Lane', 'Testham', 'HG9 9ZZ'] }]);
  });

  it('find a patient: everything known is populated, such as an email and a gender [9.2-25 11-1]', async () => {
    expect((await found('9991000062')).telecom).toContainEqual(
      expect.objectContaining({ system: 'email', value: 'post@example.org' }),
    );
    expect((await found('9991000062')).gender).toBe('male');
  });

  it('find a patient: the language that the register knows, and the need of an interpreter [9.2-23]', async () => {
    const patients = [{ id: 1, name: 'Katarzyna Zielona', dob: '1965-11-30', phn: '9991000046' }];
    const own = await startTestGateway({ riverside: { patients } });
    try {
      const coding = [{ system: `${CODES}CareConnect-HumanLanguage-1`, code: 'pl', display: 'Polish' }];
      expect((await found('9991000046', own)).extension.slice(1)).toEqual([
        {
          url: `${PROFILE}Extension-CareConnect-GPC-NHSCommunication-1`,
          extension: [
            { url: 'language', valueCodeableConcept: { coding } },
            { url: 'interpreterRequired', valueBoolean: true },
          ],
        },
      ]);
    } finally {
      await own.stop();
    }
  });

  it('find a patient: the managing organisation is the one of the URL [9.2-24]', async () => {
    expect((await found('9990000018')).managingOrganization).toEqual({ reference: 'Organization/A99901' });
    const elsewhere = await gateway.consumer('A99902').get('findPatient', findPath('9990000018'));
    expect(elsewhere.body.entry[0].resource.managingOrganization).toEqual({ reference: 'Organization/A99902' });
  });

  it('find a patient: what SHALL NOT be populated is not there [4.4-20 9.2-26 9.2-27 9.2-28 9.2-29]', async () => {
    const patient = await found('9991000062');
    const barred = [
      'maritalStatus',
      'multipleBirthBoolean',
      'multipleBirthInteger',
      'photo',
      'animal',
      'communication',
      'link',
      'text',
      'deceasedBoolean',
    ];
    expect(Object.keys(patient).filter((key) => barred.includes(key))).toEqual([]);
    const urls = ['RegistrationDetails', 'NHSCommunication'].map(
      (name) => `${PROFILE}Extension-CareConnect-GPC-${name}-1`,
    );
    for (const { url, extension } of (patient.extension ?? []) as Json[]) {
      expect(urls).toContain(url);
      expect(extension.map((part: Json) => part.url)).not.toContain('registrationStatus');
    }
  });

  it('find a patient: every reference is relative [4.4-4]', async () => {
    const text = JSON.stringify((await find('9990000018')).body);
    for (const [, reference] of text.matchAll(/"reference":"([^"]*)"/g)) {
      expect(reference).toMatch(/^(Organization|Practitioner|Location)\/[A-Za-z0-9\-.]{1,64}$/);
    }
  });

  it('find a patient: the id and the version stay while the record does [4.3-3 4.4-7]', async () => {
    const [one, two] = [await found('9990000018'), await found('9990000018')];
    expect(two).toEqual(one);
  });

  it('find a patient: one registered here is found, with the registration period and type', async () => {
    const person = { nhsNumber: '9992000015', family: 'Marchbanks', given: 'Philippa', birthDate: '1995-07-07' };
    await nobody(person.nhsNumber);
    const registered = await gateway
      .consumer()
      .post('register', '/Patient/$gpc.registerpatient', registrationBody(person));
    expect(registered.status).toBe(200);
    const patient = await found(person.nhsNumber);
    expect(patient).toEqual(registered.body.entry[0].resource);
    expect(patient.extension[0].extension.map(({ url }: Json) => url)).toEqual([
      'registrationPeriod',
      'registrationType',
      'preferredBranchSurgery',
    ]);
  });

  it('find a patient: the preferred surgery is the only site of the practice, as slots name it [9.2-22 11-13]', async () => {
    const [details] = (await found('9990000018')).extension;
    expect(details.url).toBe(`${PROFILE}Extension-CareConnect-GPC-RegistrationDetails-1`);
    const slots = await freeSlots(gateway.consumer());
    const reference = slots[0]?.location;
    expect(details.extension).toEqual([{ url: 'preferredBranchSurgery', valueReference: { reference } }]);
  });
});

describe('find a patient: an empty Bundle', () => {
  it.each([
    ['a patient with no record at the practice', '9990000131'],
    ['a number that nobody has', '9990000263'],
    ['a number that is not on the register', '9990000271'],
    ['a superseded number', '9992000023'],
    ['an invalidated number', '9992000058'],
    ['a sensitive patient', '9992000074'],
    ['a very sensitive patient', '9992000082'],
    ['a redacted patient', '9992000090'],
    ['a patient whose death is certified', '9992000104'],
    ['a patient whose death is reported', '9992000112'],
    ['another initial', '9991000038'],
    ['another family name', '9991000046'],
    ['one equal part of the date of birth', '9991000054'],
  ])(
    'find a patient: %s is an empty Bundle [4.4-16 9.2-3 9.2-6 9.2-11 9.2-12 9.2-13 9.2-14 13-10 13-13]',
    (_what, nhsNumber) => nobody(nhsNumber),
  );

  it('find a patient: a temporary registration that has run out is an empty Bundle [13-18]', async () => {
    const own = await startTestGateway();
    try {
      await own.consumer().post('register', '/Patient/$gpc.registerpatient', registrationBody());
      await found('9991000011', own);
      own.clock.advance(100 * 86_400_000);
      await nobody('9991000011', own);
    } finally {
      await own.stop();
    }
  });
});

describe('find a patient: a record whose number was never verified', () => {
  it.each([
    ['two parts of the date of birth, start of the family name and initial', '9991000011'],
    ['the date of birth', '9991000062'],
  ])(
    'find a patient: %s agree with the register: the patient is returned as verified [9.2-8 9.2-9 9.2-10 9.2-15]',
    async (_what, nhsNumber) => {
      const patient = await found(nhsNumber);
      expect(patient.identifier[0].extension[0].valueCodeableConcept.coding[0].code).toBe('01');
    },
  );

  it('find a patient: one whose death was taken back is returned', async () => {
    expect((await found('9992000120')).name[0].family).toBe('Lazenby');
  });

  it('find a patient: the register is asked once, and not again while the finding is fresh', async () => {
    await found('9990000026');
    const asked = gateway.register.requests.count({ method: 'GET' });
    await found('9990000026');
    expect(gateway.register.requests.count({ method: 'GET' })).toBe(asked);
  });
});

describe('find a patient: what is an error', () => {
  it('find a patient: several records with the number are 500 INTERNAL_SERVER_ERROR, never one of them [9.2-37]', async () => {
    const issue = expectRefusal(await find('9991000089'), 500, 'INTERNAL_SERVER_ERROR');
    expect(issue.code).toBe('processing');
  });

  it('find a patient: a record that makes no valid Patient is 500 INTERNAL_SERVER_ERROR [7.2-18 7.3-12]', async () => {
    const issue = expectRefusal(await find('9991000097'), 500, 'INTERNAL_SERVER_ERROR');
    expect([issue.code, issue.diagnostics]).toEqual(['processing', expect.stringContaining('date of birth')]);
  });

  it('find a patient: with the register away an unverified patient is 500, a verified one is still found [9.2-38]', async () => {
    const own = await startTestGateway();
    try {
      await found('9990000018', own);
      own.register.faults.script({ times: 'always', fault: { kind: 'status', status: 503 } });
      expectRefusal(await find('9990000026', own), 500, 'INTERNAL_SERVER_ERROR');
      // Long after the finding was fresh.
      own.clock.advance(3 * 86_400_000);
      await found('9990000018', own);
      own.register.faults.clear();
    } finally {
      await own.stop();
    }
  });

  it('find a patient: another person with the number in a linked record is not returned as this one', async () => {
    const own = await startTestGateway();
    try {
      await found('9990000018', own);
      // The practice had noted the number in the wrong record, and mends it.
      const record = DATA.patients.find(({ phn }) => phn === '9990000018');
      own.riverside.faults.script({
        match: { path: '*/patients/search' },
        times: 'always',
        fault: { kind: 'status', status: 200, body: answerOf({ ...record, phn: '9990000131' }) },
      });
      await nobody('9990000018', own);
    } finally {
      await own.stop();
    }
  });

  it('find a patient: the name follows the register when the finding is no longer fresh [4.3-2 9.2-19]', async () => {
    const own = await startTestGateway();
    try {
      const before = await found('9990000026', own);
      const person = own.register.pds.people().find(({ nhsNumber }) => nhsNumber === '9990000026');
      if (person?.kind !== 'traced') throw new Error('not traced');
      person.family = 'Newlywed';
      own.clock.advance(86_400_000);
      const after = await found('9990000026', own);
      expect([before.name[0].family, after.name[0].family]).toEqual(['Sampleton', 'Newlywed']);
      expect(after.meta.versionId).not.toBe(before.meta.versionId);
    } finally {
      await own.stop();
    }
  });
});
