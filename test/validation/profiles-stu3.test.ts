import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type {
  BaseCodesFile,
  BaseDefinitionsFile,
  BaseProfilesFile,
  ConceptFacts,
  ElementFacts,
} from '../../src/validation/definitions/facts.js';

const ROOT = new URL('../../profiles/', import.meta.url);
const read = (path: string): any => JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
const folder = (name: string): { name: string; content: any }[] =>
  readdirSync(new URL(`stu3/${name}/`, ROOT))
    .sort()
    .map((file) => ({ name: file.replace(/\.json$/, ''), content: read(`stu3/${name}/${file}`) }));

const { types } = read('base/stu3.json') as BaseDefinitionsFile;
const structures = folder('structure-definitions');
const valueSets = folder('value-sets');
const codeSystems = folder('code-systems');
const examples = folder('examples');
const profiles = structures.filter(({ content }) => content.kind === 'resource');
const extensions = structures.filter(({ content }) => content.kind === 'complex-type');
const own = new Map<string, any>(
  [...structures, ...valueSets, ...codeSystems].map(({ content }) => [content.url, content]),
);

const SD = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const FHIR = 'http://hl7.org/fhir/';
/** What comes with FHIR besides its types. */
const { codeSystems: fhirSystems, valueSets: fhirSets } = read('base/stu3-codes.json') as BaseCodesFile;
const { profiles: fhirProfiles } = read('base/stu3-extensions.json') as BaseProfilesFile;
const fhirOwn = new Set([
  ...Object.keys(types).map((type) => `${FHIR}StructureDefinition/${type}`),
  ...fhirProfiles.map(({ url }) => url),
  ...Object.keys(fhirSystems),
  ...Object.keys(fhirSets),
]);

function* strings(value: unknown, keys: ReadonlySet<string>, key = ''): Generator<string> {
  if (typeof value === 'string') {
    if (keys.has(key)) yield value;
  } else if (Array.isArray(value)) for (const item of value) yield* strings(item, keys, key);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* strings(inner, keys, name);
}

/** An element of the base definitions by its absolute path, with its place among its siblings. */
function baseElement(path: string): { facts: ElementFacts; place: number } | undefined {
  const [root = '', ...names] = path.split('.');
  let type = root;
  let inner = '';
  let found: { facts: ElementFacts; place: number } | undefined;
  for (const name of names) {
    if (found !== undefined) {
      const { facts } = found;
      const shared = facts.contentReference?.replace('#', '').split('.');
      if (shared !== undefined) [type = '', inner] = [shared[0], shared.slice(1).join('.')];
      else if (types[type]?.elements.some((one) => one.path.startsWith(`${facts.path}.`))) inner = facts.path;
      else [type, inner] = [facts.types?.[0]?.code ?? '', ''];
    }
    found = lookUp(type, inner === '' ? name : `${inner}.${name}`, name);
    if (found === undefined) return undefined;
  }
  return found;
}

function lookUp(type: string, path: string, name: string): { facts: ElementFacts; place: number } | undefined {
  const facts = types[type];
  if (facts === undefined) return undefined;
  const place = facts.elements.findIndex((one) => one.path === path);
  const element = facts.elements[place];
  if (element !== undefined) return { facts: element, place: place + 1000 };
  const inherited = path === name ? (facts.base ?? '') : 'BackboneElement';
  const holder = lookUp(inherited, name, name);
  return holder && { facts: holder.facts, place: holder.place - 100 };
}

const toNumber = (max: string): number => (max === '*' ? Infinity : Number(max));
const parent = (path: string): string => path.slice(0, path.lastIndexOf('.'));
const elementOf = (profile: string, id: string): any =>
  own.get(SD + profile)?.differential.element.find((element: any) => element.id === id);

describe('GP Connect definitions', () => {
  it('are all there, each under its own name', () => {
    expect(profiles).toHaveLength(11);
    expect(extensions).toHaveLength(15);
    for (const [kind, files] of [
      ['StructureDefinition', structures],
      ['ValueSet', valueSets],
      ['CodeSystem', codeSystems],
    ] as const)
      for (const { name, content } of files) {
        expect(content).toMatchObject({ resourceType: kind, id: name, name });
        expect(content.url).toBe(`https://fhir.nhs.uk/STU3/${kind}/${name}`);
        expect(content.version, name).toMatch(/^\d\.\d\.\d$/);
      }
    for (const { content } of structures)
      expect(content).toMatchObject({ fhirVersion: '3.0.1', derivation: 'constraint', abstract: false });
  });

  it('refer to nothing that is not known', () => {
    const keys = new Set(['baseDefinition', 'profile', 'targetProfile', 'reference', 'system', 'valueSet']);
    const used = new Set(
      [...structures, ...valueSets, ...codeSystems].flatMap((one) => [...strings(one.content, keys)]),
    );
    const elsewhere = [...used].filter((url) => !own.has(url) && !fhirOwn.has(url));
    expect(elsewhere).toEqual([]);
    const referenced = [...valueSets, ...codeSystems].filter(({ content }) => !used.has(content.url));
    expect(referenced.map(({ name }) => name)).toEqual([]);
  });

  it('keep the withdrawn delivery channel as retired', () => {
    const { status, purpose } = own.get(`${SD}Extension-GPConnect-DeliveryChannel-1`);
    expect(status).toBe('retired');
    expect(purpose).toContain('must not be sent');
    expect(structures.filter(({ content }) => content.status === 'retired')).toHaveLength(1);
  });

  it.each([
    ['GPConnect-DeliveryChannel-1', 'complete', 3],
    ['GPConnect-OrganisationType-1', 'complete', 2],
    ['CareConnect-NHSNumberVerificationStatus-1', 'complete', 8],
    ['CareConnect-RegistrationType-1', 'complete', 7],
    ['CareConnect-RegistrationStatus-1', 'complete', 4],
    ['Spine-ErrorOrWarningCode-1', 'complete', 39],
    ['CareConnect-LanguageAbilityMode-1', 'complete', 6],
    ['CareConnect-LanguageAbilityProficiency-1', 'complete', 4],
    ['CareConnect-HumanLanguage-1', 'complete', 189],
    ['CareConnect-DeathNotificationStatus-1', 'complete', 2],
    ['CareConnect-ResidentialStatus-1', 'complete', 2],
    ['CareConnect-TreatmentCategory-1', 'complete', 6],
    ['CareConnect-SDSJobRoleName-1', 'fragment', 150],
    ['CareConnect-EthnicCategory-1', 'not-present', 0],
    ['CareConnect-ReligiousAffiliation-1', 'not-present', 0],
  ])('code system %s is %s with %i codes', (name, content, count) => {
    const system = own.get(`https://fhir.nhs.uk/STU3/CodeSystem/${name}`);
    const codes: string[] = (system.concept ?? []).map((concept: any) => concept.code);
    expect(system.content).toBe(content);
    expect(new Set(codes).size).toBe(count);
    expect(codes).toHaveLength(count);
  });

  it('list codes of FHIR that FHIR has', () => {
    const codesOf = (concept: ConceptFacts): readonly string[] =>
      typeof concept === 'string' ? [concept] : concept.flatMap(codesOf);
    const listed = valueSets.flatMap(({ content }) => content.compose.include as any[]);
    const ofFhir = listed.filter(({ system, concept }) => concept !== undefined && !own.has(system));
    expect(ofFhir).toHaveLength(4);
    for (const { system, concept } of ofFhir)
      expect(fhirSystems[system]?.concepts.flatMap(codesOf)).toEqual(
        expect.arrayContaining(concept.map((one: any) => one.code)),
      );
  });

  it('list the job roles of practices among the job roles', () => {
    const roles = own.get('https://fhir.nhs.uk/STU3/ValueSet/GPConnect-PractitionerRole-1').compose.include[0];
    const all = new Map(own.get(roles.system).concept.map((one: any) => [one.code, one.display]));
    expect(roles.concept).toHaveLength(20);
    for (const { code, display } of roles.concept) expect(all.get(code), code).toBe(display);
  });
});

describe.each(structures.map(({ name, content }) => [name, content] as const))('%s', (_name, definition) => {
  const elements: any[] = definition.differential.element;

  it('begins with the type itself', () => {
    expect(elements[0]).toMatchObject({ id: definition.type, path: definition.type });
    expect(elements[0].slicing).toBeUndefined();
  });

  it('has ids that say path and slices, each once', () => {
    const ids = elements.map((element) => element.id as string);
    expect(new Set(ids).size).toBe(ids.length);
    const holders = new Map(elements.map((element) => [element.id, element]));
    for (const { id, path, sliceName } of elements) {
      const parts = (id as string).split('.').map((part) => part.split(':'));
      expect(parts.map(([name]) => name).join('.'), id).toBe(path);
      expect(parts.at(-1)?.[1], id).toBe(sliceName);
      // A slice is no use without its slicing, and what is inside a slice belongs to one.
      if (sliceName !== undefined) expect(holders.get(id.slice(0, id.lastIndexOf(':')))?.slicing, id).toBeDefined();
      if (parent(id).includes(':')) expect(holders.has(parent(id)), id).toBe(true);
    }
  });

  it('narrows elements that the base has, in its order', () => {
    const places = new Map<string, number>();
    for (const { id, path, min, max, type } of elements) {
      if (!path.includes('.')) continue;
      const base = baseElement(path);
      expect(base, id).toBeDefined();
      if (base === undefined) continue;
      const { facts, place } = base;
      if (id !== 'Extension.url') {
        expect(place, id).toBeGreaterThanOrEqual(places.get(parent(id)) ?? 0);
        places.set(parent(id), place);
      }
      expect(toNumber(max ?? facts.max), id).toBeLessThanOrEqual(toNumber(facts.max));
      if (!id.split('.').at(-1).includes(':')) expect(min ?? facts.min, id).toBeGreaterThanOrEqual(facts.min);
      expect(min ?? 0, id).toBeLessThanOrEqual(toNumber(max ?? facts.max));
      for (const { code, targetProfile } of type ?? []) {
        const allowed = facts.types?.find((one) => one.code === code || one.code === '*');
        expect(allowed, `${id}: ${code}`).toBeDefined();
        if (targetProfile === undefined || allowed?.targets === undefined) continue;
        const target = own.get(targetProfile)?.type ?? targetProfile.slice(`${FHIR}StructureDefinition/`.length);
        const ofBase = allowed.targets.map((url) => url.replace(`${FHIR}StructureDefinition/`, ''));
        expect(ofBase.includes(target) || ofBase.includes('Resource'), `${id}: ${target}`).toBe(true);
      }
    }
  });

  it('places extensions only where they may stand', () => {
    for (const { id, path, type } of elements) {
      const extension = path.endsWith('.extension') ? own.get(type?.[0]?.profile) : undefined;
      if (extension === undefined) continue;
      expect(extension.context, id).toContain(parent(path));
      expect(toNumber(elements.find((one) => one.id === id).max)).toBeLessThanOrEqual(
        toNumber(extension.differential.element[0].max),
      );
    }
  });
});

describe('extensions', () => {
  it.each(extensions.map(({ name, content }) => [name, content] as const))('%s has its own url', (_name, extension) => {
    const elements: any[] = extension.differential.element;
    expect(elements.find((element) => element.id === 'Extension.url').fixedUri).toBe(extension.url);
    const slices = elements.filter((element) => element.sliceName !== undefined);
    const value = elements.find((element) => element.id === 'Extension.value[x]');
    if (slices.length === 0) expect(value.type.length).toBeGreaterThan(0);
    else expect(value.max).toBe('0');
    for (const { id, sliceName } of slices)
      expect(elements.find((element) => element.id === `${id}.url`).fixedUri).toBe(sliceName);
  });
});

describe('the rules that matter most', () => {
  it.each([
    ['GPConnect-Appointment-1', 'Appointment.extension:bookingOrganisation', '0..1'],
    ['GPConnect-Appointment-1', 'Appointment.extension:practitionerRole', '0..*'],
    ['GPConnect-Appointment-1', 'Appointment.identifier.system', '1..1'],
    ['GPConnect-Appointment-1', 'Appointment.identifier.period', '0..0'],
    ['GPConnect-Appointment-1', 'Appointment.appointmentType', '0..0'],
    ['GPConnect-Appointment-1', 'Appointment.reason', '0..1'],
    ['GPConnect-Appointment-1', 'Appointment.reason.coding.display', '1..1'],
    ['GPConnect-Appointment-1', 'Appointment.reason.coding.version', '0..0'],
    ['GPConnect-Appointment-1', 'Appointment.indication', '0..0'],
    ['GPConnect-Appointment-1', 'Appointment.description', '1..1'],
    ['GPConnect-Appointment-1', 'Appointment.supportingInformation', '0..0'],
    ['GPConnect-Appointment-1', 'Appointment.start', '1..1'],
    ['GPConnect-Appointment-1', 'Appointment.end', '1..1'],
    ['GPConnect-Appointment-1', 'Appointment.slot', '1..*'],
    ['GPConnect-Appointment-1', 'Appointment.incomingReferral', '0..0'],
    ['GPConnect-Appointment-1', 'Appointment.participant.actor', '1..1'],
    ['GPConnect-Appointment-1', 'Appointment.requestedPeriod', '0..0'],
    ['GPConnect-Slot-1', 'Slot.serviceCategory', '0..0'],
    ['GPConnect-Slot-1', 'Slot.schedule.reference', '1..1'],
    ['GPConnect-Schedule-1', 'Schedule.active', '0..0'],
    ['GPConnect-Schedule-1', 'Schedule.planningHorizon.start', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.identifier:nhsNumber', '0..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.identifier:nhsNumber.extension:nhsNumberVerificationStatus', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.identifier:nhsNumber.use', '0..0'],
    ['CareConnect-GPC-Patient-1', 'Patient.name:official', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.name:official.family', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.telecom.value', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.maritalStatus.coding', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.contact.name.use', '1..1'],
    ['CareConnect-GPC-Patient-1', 'Patient.photo', '0..0'],
    ['CareConnect-GPC-Patient-1', 'Patient.communication', '0..0'],
    ['CareConnect-GPC-Patient-1', 'Patient.generalPractitioner', '0..1'],
    ['CareConnect-GPC-Practitioner-1', 'Practitioner.identifier:sdsRoleProfileID', '0..*'],
    ['CareConnect-GPC-Practitioner-1', 'Practitioner.name', '1..1'],
    ['CareConnect-GPC-Organization-1', 'Organization.name', '1..1'],
    ['CareConnect-GPC-Organization-1', 'Organization.type', '0..1'],
    ['CareConnect-GPC-Organization-1', 'Organization.contact.name.family', '1..1'],
    ['CareConnect-GPC-Location-1', 'Location.mode', '0..0'],
    ['CareConnect-GPC-Location-1', 'Location.physicalType.coding:readCTV3.display', '1..1'],
    ['CareConnect-GPC-PractitionerRole-1', 'PractitionerRole.code:sdsJobRoleName.coding', '1..1'],
    ['GPConnect-OperationOutcome-1', 'OperationOutcome.issue.details', '1..1'],
    ['GPConnect-OperationOutcome-1', 'OperationOutcome.issue.details.coding', '1..1'],
    ['GPConnect-Searchset-Bundle-1', 'Bundle.entry', '1..*'],
    ['GPConnect-Searchset-Bundle-1', 'Bundle.total', '0..0'],
    ['GPConnect-Device-1', 'Device.type.coding', '1..1'],
    ['Extension-CareConnect-GPC-RegistrationDetails-1', 'Extension.extension:registrationStatus', '0..0'],
    ['Extension-CareConnect-GPC-NHSCommunication-1', 'Extension.extension:language', '1..1'],
    ['Extension-CareConnect-GPC-NHSCommunication-1', 'Extension.extension:preferred', '0..*'],
    ['Extension-GPConnect-AppointmentCancellationReason-1', 'Extension.value[x]', '1..1'],
    ['Extension-GPConnect-DeliveryChannel-2', 'Extension.value[x]', '0..1'],
  ])('%s: %s is %s', (profile, id, cardinality) => {
    const element = elementOf(profile, id);
    expect(`${element?.min}..${element?.max}`).toBe(cardinality);
  });

  it.each([
    ['CareConnect-GPC-Patient-1', 'Patient.identifier', 'system', false, 'openAtEnd'],
    ['CareConnect-GPC-Patient-1', 'Patient.name', 'use', false, 'openAtEnd'],
    ['CareConnect-GPC-Patient-1', 'Patient.extension', 'url', false, 'open'],
    ['CareConnect-GPC-Practitioner-1', 'Practitioner.identifier', 'system', false, 'openAtEnd'],
    ['CareConnect-GPC-Organization-1', 'Organization.identifier', 'system', false, 'openAtEnd'],
    ['CareConnect-GPC-Location-1', 'Location.physicalType.coding', 'system', true, 'closed'],
    ['CareConnect-GPC-PractitionerRole-1', 'PractitionerRole.code', 'coding.system', false, 'openAtEnd'],
  ])('%s slices %s by %s', (profile, id, path, ordered, rules) => {
    expect(elementOf(profile, id).slicing).toEqual({ discriminator: [{ type: 'value', path }], ordered, rules });
  });
});

describe('examples', () => {
  it('show each profile at least twice and say so in their name', () => {
    for (const { name, content } of examples)
      expect([name, content.meta.profile]).toEqual([name, [`${SD}${name.slice(0, name.indexOf('.'))}`]]);
    for (const { name, content } of profiles) {
      const of = examples.filter((example) => example.name.startsWith(`${name}.`));
      expect(of.length, name).toBeGreaterThanOrEqual(2);
      for (const example of of) expect(example.content.resourceType).toBe(content.type);
    }
  });

  it('use every extension but the withdrawn one and those whose codes are not held', () => {
    const used = new Set(examples.flatMap(({ content }) => [...strings(content, new Set(['url']))]));
    const unused = extensions.filter(({ content }) => !used.has(content.url)).map(({ name }) => name);
    expect(unused).toEqual([
      'Extension-CareConnect-GPC-EthnicCategory-1',
      'Extension-CareConnect-GPC-ReligiousAffiliation-1',
      'Extension-GPConnect-DeliveryChannel-1',
    ]);
  });
});
