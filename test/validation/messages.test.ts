/** What issues say to the person who has to mend them. */
import { describe, expect, it } from 'vitest';
import { createValidator } from '../../src/validation/index.js';

const GP_CONNECT = 'https://fhir.nhs.uk/STU3/StructureDefinition';
const stu3 = createValidator({ release: 'stu3', quietTerminology: true });
const messages = (resource: unknown): readonly string[] => stu3.validate(resource).map(({ message }) => message);
const kinds = (resource: unknown): readonly string[] => stu3.validate(resource).map(({ rule }) => rule.kind);

/** A profile of Patient with one rule of its own. */
const patientRule = (url: string, key: string, expression: string, human?: string) => ({
  resourceType: 'StructureDefinition',
  url,
  name: 'Own',
  status: 'draft',
  kind: 'resource',
  type: 'Patient',
  abstract: false,
  derivation: 'constraint',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  differential: {
    element: [{ id: 'Patient', path: 'Patient', constraint: [{ key, severity: 'error', human, expression }] }],
  },
});

describe('a slice', () => {
  const patient = (identifier: object, ...names: readonly object[]) => ({
    resourceType: 'Patient',
    meta: { profile: [`${GP_CONNECT}/CareConnect-GPC-Patient-1`] },
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018', ...identifier }],
    name: names,
    gender: 'other',
    birthDate: '2000-01-01',
  });
  const official = { use: 'official', family: 'Example' };
  const status = `${GP_CONNECT}/Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`;
  const verified = {
    url: status,
    valueCodeableConcept: {
      coding: [
        {
          system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-NHSNumberVerificationStatus-1',
          code: '01',
          display: 'Number present and verified',
        },
      ],
    },
  };
  const registration = (...parts: readonly object[]) => ({
    ...patient({ extension: [verified] }, official),
    extension: [{ url: `${GP_CONNECT}/Extension-CareConnect-GPC-RegistrationDetails-1`, extension: parts }],
  });
  const period = { url: 'registrationPeriod', valuePeriod: { start: '2020-01-01' } };

  it('of extensions is named by their url', () => {
    expect(messages(patient({}, official))).toEqual([
      `Patient.identifier[0] has no extension with url ${status}, which CareConnect-GPC-Patient-1 requires; add it.`,
    ]);
    expect(messages(patient({ extension: [verified, verified] }, official))).toEqual([
      `Patient.identifier[0].extension has 2 items with url ${status}, but at most 1 is allowed; leave some out.`,
    ]);
    expect(messages(registration(period, period))).toEqual([
      'Patient.extension[0].extension has 2 items with url registrationPeriod, but at most 1 is allowed; leave some out.',
    ]);
  });

  it('of anything else is named by its name', () => {
    expect(messages(patient({ extension: [verified] }, { family: 'Example' }))).toEqual([
      'Patient.name has no item that is its "official", which CareConnect-GPC-Patient-1 requires; add it.',
    ]);
    expect(messages(patient({ extension: [verified] }, official, official))).toEqual([
      'Patient.name has 2 items that are its "official", but at most 1 is allowed; leave some out.',
    ]);
  });

  it('out of its order is told from one that is missing', () => {
    const late = patient({ extension: [verified] }, { family: 'Sample' }, official);
    expect(kinds(late)).toEqual(['order']);
    expect(messages(late)).toEqual(['Patient.name[0] is none of "official" and must stand after the last of those.']);
    const location = (...systems: readonly string[]) => ({
      resourceType: 'Location',
      meta: { profile: [`${GP_CONNECT}/CareConnect-GPC-Location-1`] },
      physicalType: { coding: systems.map((system) => ({ system, code: '1', display: 'A room' })) },
    });
    const swapped = location('http://read.info/readv2', 'http://snomed.info/sct');
    expect(kinds(swapped)).toEqual(['order']);
    expect(messages(swapped)).toEqual([
      'Location.physicalType.coding[1], the one that is its "snomedCT", stands after one that must follow it; put them into the order of the profile.',
    ]);
    expect(kinds(location('urn:x'))).toEqual(['slicing']);
  });
});

describe('a broken constraint', () => {
  const contained = { resourceType: 'Patient', contained: [{ resourceType: 'Location', id: 'nowhere' }] };

  it.each([
    [
      'of a base type',
      contained,
      'Patient breaks the rule dom-3: If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource.',
    ],
    [
      'of an element of a base type',
      { resourceType: 'Patient', contact: [{ gender: 'other' }] },
      "Patient.contact[0] breaks the rule pat-1: SHALL at least contain a contact's details or a reference to an organization.",
    ],
    [
      'of a data type',
      { resourceType: 'Patient', telecom: [{ value: '01632 960000' }] },
      'Patient.telecom[0] breaks the rule cpt-2: A system is required if a value is provided.',
    ],
  ])('%s is told in words', (_what, resource, message) => {
    expect(messages(resource)).toEqual([message]);
  });

  it('of a profile is told in words as they are, and in FHIRPath only where nobody wrote any', () => {
    // A profile of FHIR's that has a vs-2 of its own: what is given stands in its place.
    const url = 'http://hl7.org/fhir/StructureDefinition/vitalsigns';
    const told = (human?: string): readonly string[] =>
      createValidator({ release: 'r4', definitions: [patientRule(url, 'vs-2', 'name.exists()', human)] })
        .validate({ resourceType: 'Patient', active: true }, { profiles: [url] })
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => message);
    expect(told('A patient\n  has a name. ')).toEqual(['Patient breaks the rule vs-2: A patient has a name.']);
    expect(told()).toEqual(['Patient breaks the rule vs-2: name.exists().']);
  });
});

describe('a code', () => {
  const CODES = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland';
  const SYSTEMS = `${CODES} or ${CODES.replace('England', 'Wales')}`;
  const verified = (...coding: readonly object[]) => ({
    resourceType: 'Patient',
    identifier: [
      {
        extension: [
          {
            url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus',
            valueCodeableConcept: { coding },
          },
        ],
        system: 'https://fhir.nhs.uk/Id/nhs-number',
        value: '9990000018',
      },
    ],
  });
  const told = (quoteValues: boolean, ...coding: readonly object[]): string | undefined =>
    createValidator({ release: 'r4', quoteValues })
      .validate(verified(...coding))
      .find(({ rule }) => rule.kind === 'binding')
      ?.message.replace('Patient.identifier[0].extension[0].valueCodeableConcept', 'It');

  it('that is right in another system is told the system', () => {
    const of = (system: string) => ({ system, code: '01' });
    expect(told(true, of(CODES))).toBeUndefined();
    expect(told(true, of('urn:x'))).toBe(
      `It has a code ("01") of another system ("urn:x"); its system must be ${SYSTEMS}.`,
    );
    expect(told(true, { code: '01' })).toBe(`It has a code ("01") without a system; its system must be ${SYSTEMS}.`);
    expect(told(false, of('urn:x'))).toBe(`It has a code of another system; its system must be ${SYSTEMS}.`);
  });

  it('of another set is told what is in the set', () => {
    expect(told(true, { system: CODES, code: '1' })).toMatch(
      /^It has a code \("1"\) that is not allowed; use one of: 01, 02/,
    );
    expect(told(false, { system: CODES, code: '1' })).toMatch(/^It has a code that is not allowed; use one of: 01, 02/);
  });
});

describe('a constraint that could not be checked', () => {
  const url = 'https://clinic.example/fhir/StructureDefinition/own';
  const told = (expression: string): readonly string[] => {
    const definition = patientRule(url, 'own-1', expression, 'x');
    const resource = { resourceType: 'Patient', managingOrganization: { reference: 'Organization/1' } };
    return createValidator({ release: 'r4', definitions: [definition] })
      .validate(resource, { profiles: [url] })
      .filter(({ severity }) => severity === 'information')
      .map(({ message }) => message);
  };

  it.each([
    ['managingOrganization.shout()', 'shout() is no function that is known here'],
    ['managingOrganization.resolve().active', 'it depends on a resource that is not here'],
    ["'a' + 1 = 2", "its expression can't be evaluated on what is there"],
    ["managingOrganization.memberOf('x')", 'memberOf() needs a terminology server'],
  ])('says why: %s', (expression, reason) => {
    expect(told(expression)).toEqual([`The rule own-1 on Patient could not be checked (${reason}).`]);
  });
});
