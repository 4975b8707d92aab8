/** Kinds of slicing that the GP Connect profiles do not use: other discriminators and re-slices. */
import { casesOf, type Case } from '../harness.js';
import { element, own, profile, slicing } from './definitions.js';
import { BARE_PATIENT, OBSERVATION, PATIENT, SLOT } from './examples.js';

const LOINC = 'http://loinc.org';
const code = (value: string) => ({ coding: [{ system: LOINC, code: value }] });
const part = (value: string, more = {}) => ({ code: code(value), valueQuantity: { value: 80, unit: 'mm' }, ...more });
const named = (name: string) => ({ profiles: [own(name)] });

const pressure = profile('Pressure', 'Observation', [
  element('Observation.component', { ...slicing('open', 'pattern:code'), min: 1 }),
  element('Observation.component:upper', { min: 1, max: '1' }),
  element('Observation.component:upper.code', { patternCodeableConcept: code('8480-6') }),
  element('Observation.component:upper.value[x]', { min: 1, type: [{ code: 'Quantity' }] }),
  element('Observation.component:lower', { min: 0, max: '1' }),
  element('Observation.component:lower.code', { patternCodeableConcept: code('8462-4') }),
]);

const PATTERN = casesOf(
  'discriminator-pattern',
  { ...OBSERVATION, component: [part('8480-6'), part('8462-4')] },
  [
    ['both components, told by a pattern', {}],
    ['the required component in words too', { 'component.0.code.text': 'Systolic' }],
    ['the required component with a second coding', { 'component.0.code.coding.1': { system: 'urn:x', code: 'y' } }],
    ['the required component missing', { 'component.0': undefined }, 'slicing Observation.component'],
    ['the pattern in another system', { 'component.0.code.coding.0.system': 'urn:x' }, 'slicing Observation.component'],
    ['an optional component twice', { 'component.2': part('8462-4') }, 'slicing Observation.component'],
    ['another component besides', { 'component.2': part('1-8') }],
    [
      'a component without what its slice wants',
      { 'component.0.valueQuantity': undefined },
      'cardinality Observation.component[0].value',
    ],
    [
      'a component with a type its slice does not take',
      { 'component.0': { code: code('8480-6'), valueString: 'x' } },
      'type Observation.component[0].valueString',
    ],
  ],
  { ...named('Pressure'), definitions: [pressure] },
);

const collected = profile('Collected', 'Bundle', [
  element('Bundle.entry', { ...slicing('open', 'type:resource'), min: 1 }),
  element('Bundle.entry:patient', { min: 1, max: '1' }),
  element('Bundle.entry:patient.resource', { min: 1, type: [{ code: 'Patient' }] }),
  element('Bundle.entry:slot', { min: 0, max: '2' }),
  element('Bundle.entry:slot.fullUrl', { min: 1 }),
  element('Bundle.entry:slot.resource', { min: 1, type: [{ code: 'Slot' }] }),
]);
const entry = (resource: object, id: string) => ({ fullUrl: `https://provider.example/x/${id}`, resource });
const bareSlot = { resourceType: 'Slot', schedule: SLOT.schedule, status: 'free', start: SLOT.start, end: SLOT.end };

const TYPE = casesOf(
  'discriminator-type',
  { resourceType: 'Bundle', type: 'collection', entry: [entry(BARE_PATIENT, '1'), entry(bareSlot, '2')] },
  [
    ['a Patient and a Slot, told by their types', {}],
    ['a Patient alone', { 'entry.1': undefined }],
    ['no Patient', { 'entry.0': undefined }, 'slicing Bundle.entry'],
    ['two Patients', { 'entry.1': entry(BARE_PATIENT, '3') }, 'slicing Bundle.entry'],
    ['two Slots', { 'entry.2': entry(bareSlot, '3') }],
    ['three Slots', { 'entry.2': entry(bareSlot, '3'), 'entry.3': entry(bareSlot, '4') }, 'slicing Bundle.entry'],
    [
      'a Slot without the address its slice wants',
      { 'entry.1.fullUrl': undefined },
      'cardinality Bundle.entry[1].fullUrl',
    ],
    ['a Patient without an address, which its slice does not want', { 'entry.0.fullUrl': undefined }],
    ['a resource of a third type', { 'entry.2': entry(OBSERVATION, '3') }],
  ],
  { ...named('Collected'), definitions: [collected] },
);

const free = profile('FreeSlot', 'Slot', [element('Slot.status', { fixedCode: 'free' })]);
const taken = profile('TakenSlot', 'Slot', [element('Slot.status', { fixedCode: 'busy' })]);
const offered = profile('Offered', 'Bundle', [
  element('Bundle.entry', slicing('closed', 'profile:resource')),
  element('Bundle.entry:free', { min: 1, max: '2' }),
  element('Bundle.entry:free.resource', { min: 1, type: [{ code: 'Slot', profile: own('FreeSlot') }] }),
  element('Bundle.entry:taken', { min: 0, max: '1' }),
  element('Bundle.entry:taken.resource', { min: 1, type: [{ code: 'Slot', profile: own('TakenSlot') }] }),
]);
const slot = (status: string, id: string) => entry({ ...bareSlot, status }, id);

const PROFILE = casesOf(
  'discriminator-profile',
  { resourceType: 'Bundle', type: 'collection', entry: [slot('free', '1'), slot('busy', '2')] },
  [
    ['a free and a taken Slot, told by the profiles they meet', {}],
    ['the taken Slot before the free one', { entry: [slot('busy', '2'), slot('free', '1')] }],
    ['two free Slots', { 'entry.1': slot('free', '3') }],
    ['a free Slot alone', { 'entry.1': undefined }],
    ['no free Slot', { 'entry.0': undefined }, 'slicing Bundle.entry'],
    ['three free Slots', { 'entry.1': slot('free', '3'), 'entry.2': slot('free', '4') }, 'slicing Bundle.entry'],
    ['two taken Slots', { 'entry.2': slot('busy', '3') }, 'slicing Bundle.entry'],
    ['a Slot that meets neither profile', { 'entry.1': slot('busy-tentative', '2') }, 'slicing Bundle.entry[1]'],
    ['a Patient where both slices are Slots', { 'entry.1': entry(BARE_PATIENT, '2') }, 'slicing Bundle.entry[1]'],
  ],
  { ...named('Offered'), definitions: [free, taken, offered] },
);

const dated = profile('Dated', 'Patient', [
  element('Patient.telecom', slicing('open', 'exists:period')),
  element('Patient.telecom:current', { min: 1, max: '2' }),
  element('Patient.telecom:current.period', { max: '0' }),
  element('Patient.telecom:former', { min: 0, max: '1' }),
  element('Patient.telecom:former.period', { min: 1 }),
  element('Patient.telecom:former.use', { min: 1, fixedCode: 'old' }),
]);
const telephone = { system: 'phone', value: '01632 960126' };
const old = { ...telephone, use: 'old', period: { end: '2020' } };

const EXISTS = casesOf(
  'discriminator-exists',
  BARE_PATIENT,
  [
    ['a telephone without a period', {}],
    ['a telephone of now and one of then', { 'telecom.1': old }],
    ['two telephones of now', { 'telecom.1': telephone }],
    ['three telephones of now', { telecom: [telephone, telephone, telephone] }, 'slicing Patient.telecom'],
    ['a telephone of then alone', { telecom: [old] }, 'slicing Patient.telecom'],
    ['no telephone', { telecom: undefined }, 'slicing Patient.telecom'],
    ['two telephones of then', { 'telecom.1': old, 'telecom.2': old }, 'slicing Patient.telecom'],
    [
      'a telephone of then that has no use',
      { 'telecom.1': { ...telephone, period: { end: '2020' } } },
      'cardinality Patient.telecom[1].use',
    ],
    ['a telephone of then for work', { 'telecom.1': { ...old, use: 'work' } }, 'fixed Patient.telecom[1].use'],
  ],
  { ...named('Dated'), definitions: [dated] },
);

const resliced = profile('Resliced', 'Patient', [
  element('Patient.identifier', slicing('open', 'value:system')),
  element('Patient.identifier:a', { min: 1, max: '3', ...slicing('open', 'value:use') }),
  element('Patient.identifier:a.system', { min: 1, fixedUri: 'urn:a' }),
  element('Patient.identifier:a/main', { min: 1, max: '1' }),
  element('Patient.identifier:a/main.system', { min: 1, fixedUri: 'urn:a' }),
  element('Patient.identifier:a/main.use', { min: 1, fixedCode: 'official' }),
  element('Patient.identifier:a/main.value', { min: 1 }),
  element('Patient.identifier:a/past', { min: 0, max: '1' }),
  element('Patient.identifier:a/past.system', { min: 1, fixedUri: 'urn:a' }),
  element('Patient.identifier:a/past.use', { min: 1, fixedCode: 'secondary' }),
  element('Patient.identifier:a/past.period', { min: 1 }),
]);
const main = { system: 'urn:a', value: '1', use: 'official' };
const past = { system: 'urn:a', value: '2', use: 'secondary', period: { end: '2020' } };

const RESLICE = casesOf(
  'reslice',
  { ...BARE_PATIENT, identifier: [main, past] },
  [
    ['both re-slices', {}],
    ['the required re-slice alone', { 'identifier.1': undefined }],
    [
      'the required re-slice missing while its slice is there',
      { 'identifier.0': undefined },
      'slicing Patient.identifier',
    ],
    ['a re-slice twice', { 'identifier.2': main }, 'slicing Patient.identifier'],
    ['the optional re-slice twice', { 'identifier.2': past }, 'slicing Patient.identifier'],
    ['an item of the slice that no re-slice takes', { 'identifier.2': { system: 'urn:a', use: 'temp' } }],
    ["an item with the re-slice's value in another slice", { 'identifier.2': { system: 'urn:b', use: 'official' } }],
    [
      'a re-slice without what it wants',
      { 'identifier.0.value': undefined },
      'cardinality Patient.identifier[0].value',
    ],
    [
      'the other re-slice without what it wants',
      { 'identifier.1.period': undefined },
      'cardinality Patient.identifier[1].period',
    ],
  ],
  { ...named('Resliced'), definitions: [resliced] },
);

const NAME = 'name.0.family';
const layered = profile(
  'WholeName',
  'Patient',
  [
    element('Patient.name:official', { sliceName: 'official' }),
    element('Patient.name:official.given', { min: 1, max: '2' }),
  ],
  { baseDefinition: 'https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Patient-1' },
);
const CHILDREN = casesOf(
  'slice-children',
  PATIENT,
  [
    ['a slice that a further profile tightens', {}],
    [
      'a slice without what the further profile wants',
      { 'name.0.given': undefined },
      'cardinality Patient.name[0].given',
    ],
    [
      'a slice with more than the further profile takes',
      { 'name.0.given': ['A', 'B', 'C'] },
      'cardinality Patient.name[0].given',
    ],
    ['a slice without what the first profile wants', { [NAME]: undefined }, 'cardinality Patient.name[0].family'],
    ['an item outside the slice with more than the slice takes', { 'name.1.given': ['A', 'B', 'C'] }],
  ],
  { ...named('WholeName'), definitions: [layered] },
);

export const SLICED_DEFINITION_CASES: readonly Case[] = [
  ...PATTERN,
  ...TYPE,
  ...PROFILE,
  ...EXISTS,
  ...RESLICE,
  ...CHILDREN,
];
