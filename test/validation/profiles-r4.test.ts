/** The UK Core definitions under `profiles/r4`, read as data: what they name exists, and they say what UK Core says. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { describe, expect, it } from 'vitest';
import { createValidator } from '../../src/validation/index.js';

const FOLDER = resolve(import.meta.dirname, '../../profiles/r4');
const HL7 = 'http://hl7.org/fhir/StructureDefinition/';
const UK = 'https://fhir.hl7.org.uk';
const NHS_ID = 'https://fhir.nhs.uk/Id/';
const PROFILES = [
  ...['Appointment', 'HealthcareService', 'Location', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole'],
  ...['Schedule', 'Slot'],
];

/** Canonicals that none of our files define, and what they are. */
const FROM_ELSEWHERE = {
  types: [...PROFILES, 'Extension'],
  extensions: [
    ...['birthPlace', 'birthTime', 'cadavericDonor', 'interpreterRequired', 'proficiency'].map((n) => `patient-${n}`),
    'organization-period',
  ],
  valueSets: [
    // The whole of BCP 47: nobody can list it, so it gives a note.
    'http://hl7.org/fhir/ValueSet/all-languages',
    'http://hl7.org/fhir/ValueSet/marital-status',
  ],
  // What it holds was not at hand, so it is named and not defined: a note, instead of warnings that may be wrong.
  undefined: [`${UK}/ValueSet/UKCore-OrganisationType`],
  systems: ['v2-0131', 'v2-0276', 'v3-AdministrativeGender', 'v3-NullFlavor', 'v3-RoleCode'],
};

interface Artefact {
  readonly file: string;
  readonly content: any;
}

const read = (folder: string): readonly Artefact[] =>
  readdirSync(`${FOLDER}/${folder}`)
    .sort()
    .map((name) => ({
      file: name.replace(/\.json$/, ''),
      content: JSON.parse(readFileSync(`${FOLDER}/${folder}/${name}`, 'utf8')),
    }));

const definitions = read('structure-definitions');
const valueSets = read('value-sets');
const codeSystems = read('code-systems');
const examples = read('examples');
const canonical = (artefact: Artefact): string => artefact.content.url as string;
const elements = definitions.flatMap(({ content }) => content.differential.element as readonly any[]);
const elementOf = (definition: string, id: string): any =>
  definitions.find(({ file }) => file === definition)?.content.differential.element.find((e: any) => e.id === id);

describe('profiles/r4', () => {
  it('has each profile and extension once, under its own address and version', () => {
    expect(definitions.filter(({ content }) => content.kind === 'resource').map(({ file }) => file)).toEqual(
      PROFILES.map((name) => `UKCore-${name}`),
    );
    expect(definitions).toHaveLength(PROFILES.length + 14);
    for (const { file, content } of [...definitions, ...valueSets, ...codeSystems]) {
      expect(content.id).toBe(file);
      expect(content.url).toBe(`${UK}/${content.resourceType}/${file}`);
      expect(content.version, file).toMatch(/^\d\.\d\.\d$/);
    }
    for (const { file, content } of definitions)
      expect([content.fhirVersion, content.derivation, content.abstract], file).toEqual(['4.0.1', 'constraint', false]);
  });

  it('names only what exists here or in the base', () => {
    const known = new Set([
      ...[...definitions, ...valueSets, ...codeSystems].map(canonical),
      ...[...FROM_ELSEWHERE.types, ...FROM_ELSEWHERE.extensions].map((name) => `${HL7}${name}`),
      ...FROM_ELSEWHERE.valueSets,
      ...FROM_ELSEWHERE.undefined,
      ...FROM_ELSEWHERE.systems.map((name) => `http://terminology.hl7.org/CodeSystem/${name}`),
    ]);
    // Nothing points to a profile.
    const offered = new Set(PROFILES.map((name) => `${UK}/StructureDefinition/UKCore-${name}`));
    const named = [
      ...definitions.map(({ content }) => content.baseDefinition as string),
      ...elements.flatMap((e) => (e.binding ? [e.binding.valueSet as string] : [])),
      ...elements.flatMap((e) => e.type ?? []).flatMap((t: any) => [...(t.profile ?? []), ...(t.targetProfile ?? [])]),
      ...valueSets.flatMap(({ content }) =>
        content.compose.include.flatMap((i: any) => [...(i.system ? [i.system] : []), ...(i.valueSet ?? [])]),
      ),
    ] as readonly string[];
    expect([...new Set(named)].filter((url) => !known.has(url))).toEqual([]);
    expect([...known].filter((url) => !named.includes(url) && !offered.has(url))).toEqual([]);
  });

  it.each(definitions.map((d) => [d.file, d.content] as const))('%s: ids say path and slice', (_file, content) => {
    const all = content.differential.element as readonly any[];
    expect(new Set(all.map((e) => e.id)).size).toBe(all.length);
    for (const { id, path, sliceName } of all) {
      const parts = (id as string).split('.').map((part) => part.split(':'));
      expect(parts.map(([name]) => name).join('.')).toBe(path);
      expect(parts.at(-1)?.[1]).toBe(sliceName);
      const holder = (id as string).split('.').slice(0, -1).join('.');
      // A slice needs the array that says how it is told apart, before it.
      if (sliceName === undefined) continue;
      const array = all.findIndex((e) => e.id === [...(holder ? [holder] : []), parts.at(-1)?.[0]].join('.'));
      expect(all[array]?.slicing?.discriminator, id).toHaveLength(1);
      expect(array).toBeLessThan(all.findIndex((e) => e.id === id));
    }
  });

  it.each(definitions.filter((d) => d.content.type === 'Extension').map((d) => [d.file, d.content] as const))(
    '%s: stands somewhere, has its own url, and a value or parts',
    (file, content) => {
      expect(content.context.length).toBeGreaterThan(0);
      expect(elementOf(file, 'Extension.url').fixedUri).toBe(content.url);
      const value = elementOf(file, 'Extension.value[x]');
      const parts = elementOf(file, 'Extension.extension');
      expect(parts.max === '0' ? value.min : parts.slicing && value.max).toBe(parts.max === '0' ? 1 : '0');
    },
  );

  // definition, element id, cardinality as far as the profile says it, and anything more
  it.each([
    ['UKCore-Patient', 'identifier:nhsNumber', '0..1', { mustSupport: true }],
    ['UKCore-Patient', 'identifier:nhsNumber.system', '1..', { fixedUri: `${NHS_ID}nhs-number` }],
    ['UKCore-Patient', 'identifier:nhsNumber.value', '1..', {}],
    ['UKCore-Patient', 'identifier:nhsNumber.extension:nhsNumberVerificationStatus', '0..1', { mustSupport: true }],
    ['UKCore-Patient', 'extension:nhsNumberUnavailableReason', '0..1', {}],
    ['UKCore-Patient', 'extension:birthSex', '0..1', {}],
    ['UKCore-Patient', 'communication.language', '..', { binding: { strength: 'required' } }],
    ['UKCore-Patient', 'maritalStatus', '..', { binding: { strength: 'extensible' } }],
    ['UKCore-Appointment', 'extension:bookingOrganization', '0..1', {}],
    ['UKCore-Appointment', 'extension:deliveryChannel', '0..1', {}],
    ['UKCore-Appointment', 'appointmentType', '..', { binding: { strength: 'extensible' }, mustSupport: true }],
    ['UKCore-Slot', 'extension:deliveryChannel', '0..1', {}],
    ['UKCore-Slot', 'specialty', '..', { binding: { strength: 'extensible' }, mustSupport: true }],
    ['UKCore-Schedule', 'actor', '..', { mustSupport: true }],
    ['UKCore-Practitioner', 'communication', '..', { binding: { strength: 'required' } }],
    ['UKCore-PractitionerRole', 'location', '..', { mustSupport: true }],
    ['UKCore-Organization', 'identifier:odsOrganisationCode', '0..1', {}],
    ['UKCore-Organization', 'identifier:odsOrganisationCode.value', '1..', {}],
    ['UKCore-Organization', 'identifier:odsSiteCode.system', '1..', { fixedUri: `${NHS_ID}ods-site-code` }],
    ['UKCore-Organization', 'identifier:odsSiteCode.value', '1..', {}],
    ['UKCore-Organization', 'extension:mainLocation', '0..1', {}],
    ['UKCore-Location', 'identifier:odsSiteCode', '0..1', { mustSupport: true }],
    ['UKCore-HealthcareService', 'communication', '..', { binding: { strength: 'required' } }],
    ['Extension-UKCore-NHSNumberVerificationStatus', 'value[x]', '1..', { binding: { strength: 'required' } }],
    ['Extension-UKCore-BirthSex', 'value[x]', '1..', { binding: { strength: 'required' } }],
    ['Extension-UKCore-DeliveryChannel', 'value[x]', '1..', { type: [{ code: 'CodeableConcept' }] }],
    ['Extension-UKCore-AddressKey', 'extension:type', '1..1', {}],
    ['Extension-UKCore-AddressKey', 'extension:value', '1..1', {}],
    ['Extension-UKCore-DeathNotificationStatus', 'extension:deathNotificationStatus', '1..1', {}],
    ['Extension-UKCore-DeathNotificationStatus', 'extension:systemEffectiveDate', '0..1', {}],
  ])('%s: %s is %s', (definition, id, cardinality, more) => {
    const type = definitions.find(({ file }) => file === definition)?.content.type as string;
    const element = elementOf(definition, `${type}.${id}`);
    expect(`${element?.min ?? ''}..${element?.max ?? ''}`).toBe(cardinality);
    expect(element).toMatchObject(more);
  });

  it.each(PROFILES)('UKCore-%s has a least and a rich example', (type) => {
    const own = examples.filter(({ file }) => file.startsWith(`UKCore-${type}.`));
    expect(own.map(({ file }) => file)).toEqual(
      expect.arrayContaining([`UKCore-${type}.least`, `UKCore-${type}.rich`]),
    );
    for (const { content } of own) {
      expect(content.resourceType).toBe(type);
      expect(content.meta.profile).toEqual([`${UK}/StructureDefinition/UKCore-${type}`]);
    }
  });

  it('knows an NHS number by its check digit', () => {
    const { constraint } = elementOf('UKCore-Patient', 'Patient.identifier:nhsNumber.value');
    expect(constraint[0]).toMatchObject({ key: 'nhs-number-1', severity: 'warning' });
    const holds = (value: string): unknown =>
      fhirpath.evaluate(
        { resourceType: 'Patient', active: true, id: value },
        `Patient.id.select(${constraint[0].expression})`,
        {},
        r4,
      );
    for (const value of ['9990000018', '9000000009', '9999999999', '9658218873', '9434765919', '9690937278'])
      expect(holds(value), value).toEqual([true]);
    // 9000000050 and its kind would need a check digit of ten; the next two are printed in standards as examples.
    const wrong = ['9476719932', '1234567890', '9000000050', '9000000051', '9912003890', '4857773456', '0000000000'];
    for (const value of [...wrong, '999 000 0018', '99900000018', 'NHS']) expect(holds(value), value).toEqual([false]);
  });
});

describe('the engine on profiles/r4', () => {
  const validator = createValidator({ release: 'r4' });

  it('compiles each definition', () => {
    validator.prepare(definitions.map(canonical));
    expect(validator.problems).toEqual([]);
  });

  it.each(examples.map(({ file, content }) => [file, content] as const))('%s is valid', (_file, content) => {
    // That a resource should have a text for people (dom-6) is all that may be said of it.
    const issues = validator
      .validate(content)
      .filter(({ severity, rule }) => severity !== 'information' && rule.constraint !== 'dom-6');
    expect(issues).toEqual([]);
  });

  it('warns of a wrong check digit, and refuses a code that the required list lacks', () => {
    const patient = structuredClone(examples.find(({ file }) => file === 'UKCore-Patient.traced')?.content);
    patient.identifier[0].value = '9990000019';
    patient.identifier[0].extension[0].valueCodeableConcept.coding[0].code = 'number-present-and-verified';
    const said = validator.validate(patient).map(({ severity, expression }) => `${severity} ${expression}`);
    expect(said).toContain('warning Patient.identifier[0].value');
    expect(said).toContain('error Patient.identifier[0].extension[0].valueCodeableConcept');
  });
});
