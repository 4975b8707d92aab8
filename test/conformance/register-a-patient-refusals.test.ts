/** Register a patient: every request that is refused, and that nothing was registered at the practice for it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, TestAnswer } from '../support/consumer.js';
import { CODES, expectRefusal, patientId, PROFILE, registrationBody, UNREGISTERED } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const PATH = '/Patient/$gpc.registerpatient';
type Person = typeof UNREGISTERED;

let gateway: TestGateway;
let recordsBefore: { riverside: number; hillside: number };
let writesBefore: number;
const writes = (): number =>
  gateway.riverside.requests.count({ method: 'POST' }) + gateway.hillside.requests.count({ method: 'POST' });
const records = (): typeof recordsBefore => ({
  riverside: gateway.riverside.hmis.patients().length,
  hillside: gateway.hillside.hmis.patients().length,
});

beforeAll(async () => {
  gateway = await startTestGateway();
  recordsBefore = records();
});
afterAll(() => gateway.stop());
beforeEach(() => {
  writesBefore = writes();
});
/** Every refusal of this file: nothing was written at the practice. */
afterEach(() => {
  expect(writes()).toBe(writesBefore);
  expect(records()).toEqual(recordsBefore);
});

const send = (body: unknown): Promise<TestAnswer> => gateway.consumer().post('register', PATH, body);

/** What is wrong, how it is made wrong, and what the diagnostics have to name. */
type Refused = readonly [what: string, change: (patient: Json) => void, names: string];

const communication = (): Json => ({
  url: `${PROFILE}Extension-CareConnect-GPC-NHSCommunication-1`,
  extension: [
    {
      url: 'language',
      valueCodeableConcept: {
        coding: [{ system: `${CODES}CareConnect-HumanLanguage-1`, code: 'pl', display: 'Polish' }],
      },
    },
  ],
});
const address = (use: string | undefined): Json => ({ ...(use && { use }), city: 'Testham', postalCode: 'HG9 9ZZ' });
const phone = (use: string | undefined): Json => ({ system: 'phone', value: '01632 960990', ...(use && { use }) });

const INVALID_RESOURCE: readonly Refused[] = [
  ...Object.entries({
    active: true,
    multipleBirthBoolean: true,
    multipleBirthInteger: 2,
    generalPractitioner: [{ reference: 'Practitioner/1' }],
    contact: [{ name: { use: 'usual', family: 'Test' } }],
    managingOrganization: { reference: 'Organization/A99901' },
    maritalStatus: { text: 'Single' },
    animal: { species: { text: 'Cat' } },
    communication: [{ language: { text: 'Polish' } }],
    photo: [{ title: 'Me' }],
    deceasedBoolean: false,
    deceasedDateTime: '2020-01-01',
    link: [{ other: { reference: 'Patient/1' }, type: 'seealso' }],
    id: 'my-own',
    contained: [{ resourceType: 'Organization', id: 'o', name: 'O' }],
    language: 'en',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
    implicitRules: 'urn:rules',
    modifierExtension: [{ url: 'urn:x', valueBoolean: true }],
    invalidField: 'x',
  }).map(([name, value]): Refused => [`the element ${name}`, (patient) => (patient[name] = value), name]),
  ['no meta', (patient) => delete patient.meta, 'profile'],
  ['the profile of another resource', (patient) => (patient.meta.profile = [`${PROFILE}GPConnect-Slot-1`]), 'profile'],
  ['two languages', (patient) => (patient.extension = [communication(), communication()]), 'extension'],
  [
    'an extension of another kind',
    (patient) =>
      (patient.extension = [{ url: `${PROFILE}Extension-CareConnect-GPC-EthnicCategory-1`, valueString: 'x' }]),
    'extension',
  ],
  ['an extension that nobody knows', (patient) => (patient.extension = [{ url: 'urn:x', valueBoolean: true }]), 'ext'],
  [
    'a language that does not exist',
    (patient) => {
      patient.extension = [communication()];
      patient.extension[0].extension[0].valueCodeableConcept.coding[0].code = 'zzz';
    },
    'extension',
  ],
  ['two home addresses', (patient) => (patient.address = [address('home'), address('home')]), 'address[1]'],
  ['two temp addresses', (patient) => (patient.address = [address('temp'), address('temp')]), 'address[1]'],
  ['a work address', (patient) => (patient.address = [address('work')]), 'address[0].use'],
  ['an old address', (patient) => (patient.address = [address('old')]), 'address[0].use'],
  ['an address without use', (patient) => (patient.address = [address(undefined)]), 'address[0].use'],
  ['an address with state', (patient) => (patient.address = [{ ...address('home'), state: 'X' }]), 'state'],
  ['a telephone of use old', (patient) => (patient.telecom = [phone('old')]), 'telecom[0].use'],
  ['a telephone without use', (patient) => (patient.telecom = [phone(undefined)]), 'telecom[0].use'],
  ['a fax', (patient) => (patient.telecom = [{ ...phone('home'), system: 'fax' }]), 'telecom[0].system'],
  ['a telecom without system', (patient) => (patient.telecom = [{ value: '1', use: 'home' }]), 'telecom[0].system'],
  ['a telecom without value', (patient) => (patient.telecom = [{ system: 'phone', use: 'home' }]), 'telecom[0].value'],
  ['two official names', (patient) => patient.name.push({ ...patient.name[0] }), 'name'],
  ['an official name without given names', (patient) => delete patient.name[0].given, 'given'],
  ['a gender that does not exist', (patient) => (patient.gender = 'Female'), 'gender'],
  ['a birth date without a day', (patient) => (patient.birthDate = '1991-06'), 'birthDate'],
  ['a birth date with a time', (patient) => (patient.birthDate = '1991-06-14T00:00:00Z'), 'birthDate'],
  ['a birth date that does not exist', (patient) => (patient.birthDate = '1991-06-31'), 'birthDate'],
  ['the NHS number twice', (patient) => patient.identifier.push({ ...patient.identifier[0] }), 'identifier'],
  ['an NHS number without verification status', (patient) => delete patient.identifier[0].extension, 'identifier[0]'],
  [
    'a verification status that does not exist',
    (patient) => (patient.identifier[0].extension[0].valueCodeableConcept.coding[0].code = '99'),
    'identifier[0]',
  ],
  ['an NHS number with use', (patient) => (patient.identifier[0].use = 'official'), 'identifier[0].use'],
  ['a nickname without a word', (patient) => patient.name.push({ use: 'nickname', family: '' }), 'name[1].family'],
  ['an identifier without value', (patient) => patient.identifier.push({ system: 'urn:x' }), 'identifier[1].value'],
];

const BAD_REQUEST: readonly Refused[] = [
  ['no birth date', (patient) => delete patient.birthDate, 'birthDate'],
  ['an empty birth date', (patient) => (patient.birthDate = ''), 'birthDate'],
  ['no name', (patient) => delete patient.name, 'name'],
  ['no official name', (patient) => (patient.name[0].use = 'usual'), 'name'],
  ['a name without use', (patient) => delete patient.name[0].use, 'name'],
  ['an official name without family name', (patient) => delete patient.name[0].family, 'family'],
  ['an empty family name', (patient) => (patient.name[0].family = ''), 'family'],
  ['an identifier with an empty system', (patient) => (patient.identifier[0].system = ''), 'identifier[0].system'],
  ['an identifier without system', (patient) => patient.identifier.push({ value: '1' }), 'identifier[1].system'],
  ['an NHS number without system', (patient) => delete patient.identifier[0].system, 'identifier[0].system'],
  ...['home', 'work', 'mobile', 'temp'].map((use): Refused => [
    `two telephones of use ${use}`,
    (patient) => (patient.telecom = [phone(use), phone(use)]),
    'telecom[1]',
  ]),
  [
    'two emails of different use',
    (patient) =>
      (patient.telecom = [
        { system: 'email', use: 'home', value: 'a@example.org' },
        { system: 'email', use: 'work', value: 'b@example.org' },
      ]),
    'telecom[1]',
  ],
];

const INVALID_NHS_NUMBER: readonly Refused[] = [
  ['no identifier', (patient) => delete patient.identifier, 'identifier'],
  ['no NHS number among the identifiers', (patient) => (patient.identifier[0].system = 'urn:x'), 'identifier'],
  ...['9991000012', '999100001', '99910000111', '999 100 0011', '999100001a', '0000000000', '', ' '].map(
    (value): Refused => [
      `the NHS number "${value}"`,
      (patient) => (patient.identifier[0].value = value),
      'identifier[0].value',
    ],
  ),
];

describe('register a patient: refused for what was sent', () => {
  describe.each([
    [422, 'INVALID_RESOURCE', INVALID_RESOURCE],
    [400, 'BAD_REQUEST', BAD_REQUEST],
    [400, 'INVALID_NHS_NUMBER', INVALID_NHS_NUMBER],
  ] as const)('%i %s', (status, code, rows) => {
    it.each(rows)(
      `register a patient: %s is ${status} ${code}, and the parameter is named [7.3-10 9.4-3 9.4-4 9.4-5 9.4-6 9.4-12 9.4-29 9.4-31 9.4-32 9.4-33 9.4-34 9.4-35 9.4-36 9.4-37 9.4-38 9.4-39 9.4-40 9.4-41 9.4-56 9.4-58 21-15]`,
      async (_, change, names) => {
        const calls = gateway.practiceCalls() + gateway.register.requests.count();
        const issue = expectRefusal(await send(registrationBody(UNREGISTERED, change)), status, code);
        expect(issue.diagnostics).toContain(names);
        expect(gateway.practiceCalls() + gateway.register.requests.count()).toBe(calls);
      },
    );
  });

  const PARAMETERS: readonly (readonly [string, (body: Json) => Json, number, string])[] = [
    ['another resource in the body', (body) => body.parameter[0].resource, 422, 'INVALID_RESOURCE'],
    ['a resource type that does not exist', (body) => ({ ...body, resourceType: 'Params' }), 422, 'INVALID_RESOURCE'],
    ['a body without resource type', ({ parameter }) => ({ parameter }), 422, 'INVALID_RESOURCE'],
    ['no parameter', () => ({ resourceType: 'Parameters' }), 422, 'INVALID_RESOURCE'],
    [
      'the parameter under another name',
      (body) => ((body.parameter[0].name = 'registerpatient'), body),
      422,
      'INVALID_RESOURCE',
    ],
    ['the parameter twice', (body) => (body.parameter.push(body.parameter[0]), body), 400, 'BAD_REQUEST'],
    [
      'another parameter beside it',
      (body) => (body.parameter.push({ name: 'more', valueString: 'x' }), body),
      422,
      'INVALID_RESOURCE',
    ],
    ['the parameter without resource', (body) => (delete body.parameter[0].resource, body), 422, 'INVALID_RESOURCE'],
    [
      'another resource in the parameter',
      (body) => ((body.parameter[0].resource = { resourceType: 'Device' }), body),
      422,
      'INVALID_RESOURCE',
    ],
    [
      'a resource in the parameter of a type that does not exist',
      (body) => ((body.parameter[0].resource.resourceType = 'Person2'), body),
      422,
      'INVALID_RESOURCE',
    ],
    ['an unknown element of Parameters', (body) => ({ ...body, invalidField: 1 }), 422, 'INVALID_RESOURCE'],
  ];

  it.each(PARAMETERS)(
    'register a patient: %s is refused [9.4-1 9.4-2 9.4-30 9.4-31 9.4-42]',
    async (_, change, status, code) => {
      expectRefusal(await send(change(registrationBody())), status, code);
    },
  );

  it.each(['{', '', 'hello', '[]'])('register a patient: the body "%s" is refused', async (body) => {
    const answer = await send(body);
    expect([400, 422]).toContain(answer.status);
    expectRefusal(answer, answer.status, answer.status === 400 ? 'BAD_REQUEST' : 'INVALID_RESOURCE');
  });

  it.each(['patient/*.read', 'organization/*.write', undefined])(
    'register a patient: the scope %s is 400 BAD_REQUEST',
    async (scope) => {
      const bend = { claims: { requested_scope: scope } };
      const answer = await gateway.consumer().post('register', PATH, registrationBody(), bend);
      expectRefusal(answer, 400, 'BAD_REQUEST');
    },
  );
});

describe('register a patient: refused for what the national register says', () => {
  const person = (nhsNumber: string, family: string, given: string, birthDate: string): Person => ({
    nhsNumber,
    family,
    given,
    birthDate,
  });

  it.each([
    ['not on the register', person('9993000019', 'Nobody', 'Nina', '1990-01-01'), 'INVALID_PATIENT_DEMOGRAPHICS'],
    ['deceased', person('9992000104', 'Larkin', 'Edmund', '1931-05-05'), 'INVALID_PATIENT_DEMOGRAPHICS'],
    [
      'reported dead informally',
      person('9992000112', 'Ashby', 'Constance', '1944-08-01'),
      'INVALID_PATIENT_DEMOGRAPHICS',
    ],
    ['sensitive', person('9992000074', 'Winterbourne', 'Celia', '1980-10-10'), 'INVALID_PATIENT_DEMOGRAPHICS'],
    ['very sensitive', person('9992000082', 'Blackthorn', 'Owen', '1969-01-21'), 'INVALID_PATIENT_DEMOGRAPHICS'],
    ['redacted', person('9992000090', 'Greysteel', 'Una', '1990-09-19'), 'INVALID_PATIENT_DEMOGRAPHICS'],
    ['marked invalid', person('9992000058', 'Some', 'One', '1990-01-01'), 'INVALID_NHS_NUMBER'],
    ['superseded', person('9992000023', 'Marchbanks', 'Philippa', '1995-07-07'), 'INVALID_NHS_NUMBER'],
  ] as const)(
    'register a patient: %s is 400 with its code, and nothing of the record is told [7.1-7 9.4-43 9.4-44 9.4-46 9.4-47 9.4-58 13-11 13-14]',
    async (_, who, code) => {
      const calls = gateway.practiceCalls();
      const answer = await send(registrationBody(who));
      expectRefusal(answer, 400, code);
      expect(gateway.practiceCalls()).toBe(calls);
      // A refusal SHALL NOT tell a sensitive person from a deceased or an unknown one.
      expect(answer.text.toLowerCase()).not.toMatch(/sensitive|restricted|decease|dead|9992000015/);
    },
  );

  it('register a patient: unknown, deceased, sensitive and not verified are answered alike', async () => {
    const people = [
      person('9993000019', 'Nobody', 'Nina', '1990-01-01'),
      person('9992000104', 'Larkin', 'Edmund', '1931-05-05'),
      person('9992000074', 'Winterbourne', 'Celia', '1980-10-10'),
      { ...UNREGISTERED, birthDate: '1990-01-01' },
    ];
    const texts: string[] = [];
    for (const who of people) texts.push((await send(registrationBody(who))).text);
    expect(new Set(texts).size).toBe(1);
  });

  it.each([
    ['birth date with two parts wrong', { birthDate: '1991-07-15' }],
    ['birth date with one part wrong and another family name', { birthDate: '1991-06-15', family: 'Other' }],
    ['birth date with one part wrong and another initial', { birthDate: '1991-06-15', given: 'Rose' }],
  ])('register a patient: a %s is 400 INVALID_PATIENT_DEMOGRAPHICS [9.4-14 9.4-43]', async (_, wrong) => {
    const answer = await send(registrationBody({ ...UNREGISTERED, ...wrong }));
    expectRefusal(answer, 400, 'INVALID_PATIENT_DEMOGRAPHICS');
  });

  it.each([
    ['Alan Testwell at the first practice', 'A99901', person('9990000018', 'Testwell', 'Alan', '1938-01-03')],
    ['Alan Modelby at the third practice', 'A99903', person('9990000131', 'Modelby', 'Alan', '1938-01-03')],
  ])(
    'register a patient: a regular patient (%s) is 409 DUPLICATE_REJECTED [9.4-49 13-3]',
    async (_, addressee, who) => {
      const ask = (): Promise<TestAnswer> => gateway.consumer(addressee).post('register', PATH, registrationBody(who));
      expectRefusal(await ask(), 409, 'DUPLICATE_REJECTED');
      // Found before or not makes no difference.
      await patientId(gateway.consumer(addressee), who.nhsNumber);
      expectRefusal(await ask(), 409, 'DUPLICATE_REJECTED');
    },
  );

  it.each([
    ['cannot be reached', { kind: 'drop' }],
    ['fails', { kind: 'status', status: 500 }],
    ['answers nonsense', { kind: 'not-json' }],
  ] as const)(
    'register a patient: while the national register %s it is 500 INTERNAL_SERVER_ERROR [9.4-48]',
    async (_, fault) => {
      gateway.register.faults.script({ times: 'always', fault });
      const calls = gateway.practiceCalls();
      expectRefusal(await send(registrationBody()), 500, 'INTERNAL_SERVER_ERROR');
      expect(gateway.practiceCalls()).toBe(calls);
      gateway.register.faults.clear();
    },
  );
});
