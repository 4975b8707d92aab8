import { describe, expect, test } from 'vitest';
import { parseRegistration as read, refuseMissingIdentity } from '../../../src/fhir/stu3/requests/registration.js';
import { readInput } from '../golden.js';
import { refusalOf } from '../refusal.js';
import { validated } from '../validated.js';

type Json = Record<string, unknown>;
interface Body {
  resourceType: string;
  parameter: { name: string; resource?: Json }[];
}

const PATIENT = 'Parameters.parameter[0].resource';
const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const LANGUAGE_SYSTEM = 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-HumanLanguage-1';

function parseRegistration(resource: unknown): ReturnType<typeof read> {
  const sent: unknown = JSON.parse(JSON.stringify(resource));
  refuseMissingIdentity(sent);
  return read(validated(sent, { type: 'Parameters', holds: ['Patient'] }));
}

const body = (): Body => readInput<Body>('parse-a-registration', 'everything-allowed');

function withPatient(change: (patient: Json) => void): Body {
  const changed = body();
  const patient = changed.parameter[0]?.resource;
  if (patient === undefined) throw new Error('the golden input holds no patient');
  change(patient);
  return changed;
}

const set = (name: string, value: unknown) => withPatient((patient) => (patient[name] = value));
const without = (name: string) => withPatient((patient) => delete patient[name]);
const patientOf = (from: Body): Json => from.parameter[0]?.resource ?? {};
const listOf = (name: string): Json[] => patientOf(body())[name] as Json[];
const first = (name: string): Json => listOf(name)[0] ?? {};

const phone = (use: string): Json => ({ system: 'phone', value: '01632960777', use });
const official = (part: Json): Json => ({ use: 'official', family: 'Brackley', given: ['Otis'], ...part });
const communication = (...extension: Json[]): Json[] => [{ url: first('extension')['url'], extension }];
const language = (code: string, system = LANGUAGE_SYSTEM): Json => ({
  url: 'language',
  valueCodeableConcept: { coding: [{ system, code }] },
});

describe('register a patient: accepted', () => {
  test.each<[string, Body]>([
    ['no gender', without('gender')],
    ['several given names', set('name', [official({ given: ['Otis', 'Jay'] })])],
    ['a nickname beside the official name', set('name', [{ use: 'nickname', text: 'Otie' }, official({})])],
    [
      'an extra identifier with system and value',
      set('identifier', [...listOf('identifier'), { system: 'x:y', value: '1' }]),
    ],
    ['the temporary address before the home one', set('address', listOf('address').reverse())],
    ['an email with use temp', set('telecom', [{ system: 'email', value: 'otis@example.net', use: 'temp' }])],
    ['an email without use', set('telecom', [{ system: 'email', value: 'otis@example.net' }])],
    ['one phone for each use', set('telecom', ['home', 'work', 'mobile', 'temp'].map(phone))],
    [
      'no address, no telecom, no language',
      withPatient((patient) => {
        for (const name of ['address', 'telecom', 'extension']) delete patient[name];
      }),
    ],
  ])('%s', (_rule, accepted) => {
    expect(parseRegistration(accepted).nhsNumber).toBe('9990000026');
  });

  test('the display of the language is the code list’s, whatever was sent', () => {
    const request = parseRegistration(set('extension', communication(language('cy'))));
    expect(request.demographics.language).toEqual({ code: 'cy', display: 'Welsh', interpreterRequired: undefined });
  });
});

const FORBIDDEN: readonly (readonly [string, unknown])[] = [
  ['active', true],
  ['multipleBirthBoolean', false],
  ['generalPractitioner', [{ reference: 'Practitioner/1' }]],
  ['contact', [{ name: { use: 'official', text: 'x' } }]],
  ['managingOrganization', { reference: 'Organization/A99901' }],
  ['maritalStatus', { coding: [{ system: 'http://hl7.org/fhir/v3/MaritalStatus', code: 'M', display: 'Married' }] }],
  ['animal', {}],
  ['communication', []],
  ['photo', []],
  ['deceasedDateTime', '2020-01-01'],
  ['link', []],
  ['id', 'x'],
];

describe('register a patient: refused', () => {
  test.each(FORBIDDEN)('%s must not be sent', (name, value) => {
    expect(refusalOf(() => parseRegistration(set(name, value)))).toMatchObject({
      status: 422,
      code: 'INVALID_RESOURCE',
      path: `${PATIENT}.${name}`,
    });
  });

  const nhsNumber = first('identifier');
  test.each<[string, unknown, number, string, string]>([
    ['a body that is no resource', null, 422, 'INVALID_RESOURCE', 'Parameters'],
    ['another resource type', patientOf(body()), 422, 'INVALID_RESOURCE', 'Parameters'],
    ['no parameter', { resourceType: 'Parameters' }, 422, 'INVALID_RESOURCE', 'Parameters.parameter'],
    [
      'a parameter name in another letter case',
      { ...body(), parameter: [{ ...body().parameter[0], name: 'registerpatient' }] },
      422,
      'INVALID_RESOURCE',
      'Parameters.parameter',
    ],
    [
      'registerPatient repeated',
      { ...body(), parameter: [...body().parameter, ...body().parameter] },
      400,
      'BAD_REQUEST',
      'Parameters.parameter',
    ],
    [
      'another parameter beside it',
      { ...body(), parameter: [...body().parameter, { name: 'x', valueString: 'y' }] },
      422,
      'INVALID_RESOURCE',
      'Parameters.parameter',
    ],
    ['another resource in the parameter', set('resourceType', 'Person'), 422, 'INVALID_RESOURCE', PATIENT],
    ['no profile', without('meta'), 422, 'INVALID_RESOURCE', `${PATIENT}.meta.profile`],
    ['another profile', set('meta', { profile: ['x:y'] }), 422, 'INVALID_RESOURCE', `${PATIENT}.meta.profile`],
    ['no identifier', without('identifier'), 400, 'INVALID_NHS_NUMBER', `${PATIENT}.identifier`],
    [
      'no NHS number',
      set('identifier', [{ system: 'x:y', value: '1' }]),
      400,
      'INVALID_NHS_NUMBER',
      `${PATIENT}.identifier`,
    ],
    [
      'an identifier without system',
      set('identifier', [nhsNumber, { value: '1' }]),
      400,
      'BAD_REQUEST',
      `${PATIENT}.identifier[1].system`,
    ],
    [
      'an identifier without value',
      set('identifier', [nhsNumber, { system: 'x:y' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.identifier[1].value`,
    ],
    [
      'a bad check digit',
      set('identifier', [{ ...nhsNumber, value: '9990000027' }]),
      400,
      'INVALID_NHS_NUMBER',
      `${PATIENT}.identifier[0].value`,
    ],
    [
      'an NHS number without value',
      set('identifier', [{ ...nhsNumber, value: undefined }]),
      400,
      'INVALID_NHS_NUMBER',
      `${PATIENT}.identifier[0].value`,
    ],
    ['two NHS numbers', set('identifier', [nhsNumber, nhsNumber]), 422, 'INVALID_RESOURCE', `${PATIENT}.identifier`],
    [
      'a use on the NHS number',
      set('identifier', [{ ...nhsNumber, use: 'official' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.identifier[0].use`,
    ],
    [
      'no verification status',
      set('identifier', [{ system: NHS, value: '9990000026' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.identifier[0].extension`,
    ],
    [
      'a verification status outside the list',
      set('identifier', [JSON.parse(JSON.stringify(nhsNumber).replace('"01"', '"99"'))]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.identifier[0].extension[0].valueCodeableConcept`,
    ],
    ['no name', without('name'), 400, 'BAD_REQUEST', `${PATIENT}.name`],
    ['no official name', set('name', [official({ use: 'usual' })]), 400, 'BAD_REQUEST', `${PATIENT}.name`],
    ['no family name', set('name', [official({ family: undefined })]), 400, 'BAD_REQUEST', `${PATIENT}.name[0].family`],
    ['no given name', set('name', [official({ given: [] })]), 422, 'INVALID_RESOURCE', `${PATIENT}.name[0].given`],
    ['two official names', set('name', [official({}), official({})]), 422, 'INVALID_RESOURCE', `${PATIENT}.name`],
    ['no birth date', without('birthDate'), 400, 'BAD_REQUEST', `${PATIENT}.birthDate`],
    ['a partial birth date', set('birthDate', '1991-02'), 422, 'INVALID_RESOURCE', `${PATIENT}.birthDate`],
    ['a gender outside the list', set('gender', 'm'), 422, 'INVALID_RESOURCE', `${PATIENT}.gender`],
    ['another extension', set('extension', [{ url: 'x:y' }]), 422, 'INVALID_RESOURCE', `${PATIENT}.extension[0]`],
    [
      'two nhsCommunication',
      set('extension', [first('extension'), first('extension')]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.extension[1]`,
    ],
    [
      'no language in it',
      set('extension', communication()),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.extension[0].extension`,
    ],
    [
      'an unlisted language',
      set('extension', communication(language('xx'))),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.extension[0].extension[0].valueCodeableConcept`,
    ],
    [
      'a language of another code system',
      set('extension', communication(language('pl', 'x:y'))),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.extension[0].extension[0].valueCodeableConcept`,
    ],
    [
      'an unlisted part of nhsCommunication',
      set('extension', communication(language('pl'), { url: 'preferred', valueBoolean: true })),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.extension[0].extension`,
    ],
    [
      'an interpreterRequired that is no boolean',
      set('extension', communication(language('pl'), { url: 'interpreterRequired', valueString: 'yes' })),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.extension[0].extension[1].valueString`,
    ],
    [
      'two home addresses',
      set('address', [{ use: 'home' }, { use: 'home' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.address[1].use`,
    ],
    ['a work address', set('address', [{ use: 'work' }]), 422, 'INVALID_RESOURCE', `${PATIENT}.address[0].use`],
    ['an old address', set('address', [{ use: 'old' }]), 422, 'INVALID_RESOURCE', `${PATIENT}.address[0].use`],
    [
      'an address without use',
      set('address', [{ city: 'Trent' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.address[0].use`,
    ],
    [
      'a state in an address',
      set('address', [{ use: 'home', state: 'x' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.address[0].state`,
    ],
    [
      'two phones of one use',
      set('telecom', [phone('work'), phone('work')]),
      400,
      'BAD_REQUEST',
      `${PATIENT}.telecom[1]`,
    ],
    [
      'two emails',
      set(
        'telecom',
        ['home', 'work'].map((use) => ({ system: 'email', value: 'otis@example.net', use })),
      ),
      400,
      'BAD_REQUEST',
      `${PATIENT}.telecom[1]`,
    ],
    ['an old phone', set('telecom', [phone('old')]), 422, 'INVALID_RESOURCE', `${PATIENT}.telecom[0].use`],
    [
      'a fax',
      set('telecom', [{ ...phone('home'), system: 'fax' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.telecom[0].system`,
    ],
    [
      'a telecom without system',
      set('telecom', [{ value: '1' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.telecom[0].system`,
    ],
    [
      'a telecom without value',
      set('telecom', [{ system: 'phone' }]),
      422,
      'INVALID_RESOURCE',
      `${PATIENT}.telecom[0].value`,
    ],
  ])('%s', (_rule, refused, status, code, path) => {
    const refusal = refusalOf(() => parseRegistration(refused));
    expect(refusal).toMatchObject({ status, code, path });
    expect(refusal.message).not.toMatch(/99900000|Brackley|1991/);
  });

  test('the profile is asked for before forbidden elements, and these before minimums', () => {
    const all = withPatient((patient) => {
      delete patient['birthDate'];
      patient['active'] = true;
      patient['meta'] = { versionId: '1' };
    });
    expect(refusalOf(() => parseRegistration(all)).path).toBe(`${PATIENT}.meta.profile`);
    patientOf(all)['meta'] = patientOf(body())['meta'];
    expect(refusalOf(() => parseRegistration(all)).path).toBe(`${PATIENT}.active`);
  });
});
