/** Each kind of discriminator, with what it has to find and what it has to leave alone. */
import type { Case } from '../harness.js';
import { APPOINTMENT, BUNDLE, CODES, OBSERVATION, ORGANIZATION, OTHER_CODES, PATIENT, UK_PATIENT } from './examples.js';
import {
  bad,
  BASE,
  bound,
  cases,
  change,
  coding,
  concept,
  extension,
  NHS_NUMBER,
  ok,
  OWN,
  profile,
  sliced,
  UK,
  valueSet,
} from './kit.js';

const LOCAL = 'https://practice.example/id';
const none = undefined;

const BY_VALUE = profile('ByValue', 'Patient', {
  'Patient.identifier': sliced(['value:system']),
  'Patient.identifier:nhs': { min: 1, max: '1' },
  'Patient.identifier:nhs.system': { min: 1, fixedUri: NHS_NUMBER },
  'Patient.telecom': sliced(['value:system', 'value:use']),
  'Patient.telecom:mobile': { min: 1, max: '1' },
  'Patient.telecom:mobile.system': { min: 1, fixedCode: 'phone' },
  'Patient.telecom:mobile.use': { min: 1, fixedCode: 'mobile' },
  'Patient.contact': sliced(['value:relationship.coding.code']),
  'Patient.contact:carer': { max: '1' },
  'Patient.contact:carer.relationship': { min: 1 },
  'Patient.contact:carer.relationship.coding': { min: 1 },
  'Patient.contact:carer.relationship.coding.code': { min: 1, fixedCode: 'carer' },
  'Patient.name.given': sliced(['value:$this']),
  'Patient.name.given:ada': { max: '1', fixedString: 'Ada' },
});
const byValue = { of: PATIENT, profiles: [`${OWN}/ByValue`], definitions: [BY_VALUE] };
const carer = { relationship: [concept(CODES, 'carer')], name: { text: 'Bo' } };

const BY_PATTERN = profile('ByPattern', 'Observation', {
  'Observation.category': { min: 1, ...sliced(['pattern:$this']) },
  'Observation.category:vital': { min: 1, max: '1', patternCodeableConcept: concept(CODES, 'vital') },
  'Observation.component': sliced(['pattern:code']),
  'Observation.component:upper': { min: 1, max: '1' },
  'Observation.component:upper.code': { patternCodeableConcept: concept(CODES, 'upper') },
  'Observation.component:upper.value[x]': { min: 1, type: [{ code: 'Quantity' }] },
});
const upper = { code: concept(CODES, 'upper'), valueQuantity: { value: 120 } };
const byPattern = {
  of: change(OBSERVATION, { category: [concept(CODES, 'vital')], component: [upper] }),
  profiles: [`${OWN}/ByPattern`],
  definitions: [BY_PATTERN],
};

const BY_TYPE = profile('ByType', 'Observation', {
  'Observation.value[x]': { min: 1, ...sliced(['type:$this']) },
  'Observation.value[x]:valueQuantity': { type: [{ code: 'Quantity' }] },
  'Observation.value[x]:valueQuantity.unit': { min: 1 },
  'Observation.value[x]:valueCodeableConcept': { type: [{ code: 'CodeableConcept' }] },
  'Observation.value[x]:valueCodeableConcept.text': { min: 1 },
  'Observation.effective[x]': sliced(['type:$this'], 'closed'),
  'Observation.effective[x]:effectivePeriod': { type: [{ code: 'Period' }] },
  'Observation.effective[x]:effectivePeriod.start': { min: 1 },
});
const byType = { of: OBSERVATION, profiles: [`${OWN}/ByType`], definitions: [BY_TYPE] };
const ENTRIES_BY_TYPE = profile('EntriesByType', 'Bundle', {
  'Bundle.entry': sliced(['type:resource'], 'closed'),
  'Bundle.entry:appointment': { min: 1, max: '1' },
  'Bundle.entry:appointment.resource': { min: 1, type: [{ code: 'Appointment' }] },
  'Bundle.entry:patient': { min: 1, max: '1' },
  'Bundle.entry:patient.resource': { min: 1, type: [{ code: 'Patient' }] },
});
const entriesByType = { of: BUNDLE, profiles: [`${OWN}/EntriesByType`], definitions: [ENTRIES_BY_TYPE] };

const SURGERY = profile('Surgery', 'Organization', {
  'Organization.name': { min: 1 },
  'Organization.active': { min: 1 },
});
const BY_PROFILE = profile('ByProfile', 'Bundle', {
  'Bundle.entry': sliced(['profile:resource']),
  'Bundle.entry:surgery': { min: 1, max: '1' },
  'Bundle.entry:surgery.resource': { min: 1, type: [{ code: 'Organization', profile: [`${OWN}/Surgery`] }] },
});
const byProfile = {
  of: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...ORGANIZATION, active: true } }] },
  profiles: [`${OWN}/ByProfile`],
  definitions: [SURGERY, BY_PROFILE],
};
const TARGETS_BY_PROFILE = profile('TargetsByProfile', 'Appointment', {
  'Appointment.supportingInformation': sliced(['profile:resolve()']),
  'Appointment.supportingInformation:surgery': {
    min: 1,
    max: '1',
    type: [{ code: 'Reference', targetProfile: [`${OWN}/Surgery`] }],
  },
});
const targetsByProfile = {
  of: change(APPOINTMENT, {
    contained: [{ ...ORGANIZATION, id: 'o', active: true }],
    supportingInformation: [{ reference: '#o' }],
  }),
  profiles: [`${OWN}/TargetsByProfile`],
  definitions: [SURGERY, TARGETS_BY_PROFILE],
};

const BY_EXISTS = profile('ByExists', 'Patient', {
  'Patient.address': sliced(['exists:period']),
  'Patient.address:dated': { max: '1' },
  'Patient.address:dated.period': { min: 1 },
  'Patient.address:dated.period.start': { min: 1 },
  'Patient.address:current': { min: 1, max: '1' },
  'Patient.address:current.period': { max: '0' },
  'Patient.address:current.postalCode': { min: 1 },
});
const byExists = { of: PATIENT, profiles: [`${OWN}/ByExists`], definitions: [BY_EXISTS] };
const dated = { period: { start: '2001', end: '2004' }, city: 'Leeds' };

const NOTE = `${OWN}/Note`;
const MARK = `${OWN}/Mark`;
const BY_URL = profile('ByUrl', 'Patient', {
  'Patient.extension': { min: 1, ...sliced(['value:url']) },
  'Patient.extension:note': { min: 1, max: '1', type: [{ code: 'Extension', profile: [NOTE] }] },
  'Patient.extension:mark': { max: '1', type: [{ code: 'Extension', profile: [MARK] }] },
  'Patient.name.extension': sliced(['value:url']),
  'Patient.name.extension:mark': { min: 1, max: '1', type: [{ code: 'Extension', profile: [MARK] }] },
});
const note = { url: NOTE, valueString: 'x' };
const mark = { url: MARK, valueInteger: 1 };
const byUrl = {
  of: change(PATIENT, { extension: [note], 'name.0.extension': [mark] }),
  profiles: [`${OWN}/ByUrl`],
  definitions: [extension('Note', ['Patient'], ['string']), extension('Mark', ['Element'], ['integer']), BY_URL],
};

const BY_BINDING = profile('ByBinding', 'Patient', {
  'Patient.contact': sliced(['value:relationship']),
  'Patient.contact:kin': { min: 1, max: '1' },
  'Patient.contact:kin.relationship': { min: 1, max: '1', ...bound('required', 'kin') },
  'Patient.contact:kin.name': { min: 1 },
});
const byBinding = {
  of: change(PATIENT, { contact: [{ relationship: [concept(CODES, 'aunt')], name: { text: 'Bo' } }] }),
  profiles: [`${OWN}/ByBinding`],
  definitions: [BY_BINDING, valueSet('kin', CODES, ['aunt', 'uncle'])],
};

export const DISCRIMINATOR_CASES: readonly Case[] = [
  ...cases('discriminator-value', byValue, [
    ok('the slices are found by their values', {}),
    ok('an identifier of another system is no NHS number', { 'identifier.1': { system: LOCAL, value: '9990000026' } }),
    ok('an identifier without system is in no slice', { 'identifier.1': { value: 'x' } }),
    ok('one of two discriminators does not make the slice', {
      'telecom.1': { system: 'phone', use: 'home', value: '01632 960123' },
    }),
    ok('a value by a path through arrays', { contact: [carer] }),
    ok('values of the items themselves', { 'name.0.given': ['Lin', 'Ada'] }),
    bad(
      'the slice is missing though the array is there',
      { 'identifier.0.system': LOCAL },
      'slicing Patient.identifier',
    ),
    bad(
      'a system that differs in its last letter',
      { 'identifier.0.system': `${NHS_NUMBER}s` },
      'slicing Patient.identifier',
    ),
    bad(
      'the slice stands twice',
      { 'identifier.1': { system: NHS_NUMBER, value: '9990000026' } },
      'slicing Patient.identifier',
    ),
    bad('the second of two discriminators differs', { 'telecom.0.use': 'work' }, 'slicing Patient.telecom'),
    bad('the first of two discriminators differs', { 'telecom.0.system': 'sms' }, 'slicing Patient.telecom'),
    bad('a slice by a path through arrays stands twice', { contact: [carer, carer] }, 'slicing Patient.contact'),
    bad(
      'an item of the array itself stands twice',
      { 'name.0.given': ['Ada', 'Lin', 'Ada'] },
      'slicing Patient.name[0].given',
    ),
  ]),
  ...cases('discriminator-value', byBinding, [
    ok('a slice by a required binding', {}),
    ok('a code outside the binding is in no slice', {
      'contact.1': { relationship: [concept(CODES, 'boss')], telecom: [{ system: 'phone', value: '01632 960124' }] },
    }),
    bad(
      'no item with a code of the binding',
      { 'contact.0.relationship': [concept(CODES, 'boss')] },
      'slicing Patient.contact',
    ),
    bad(
      'children of a slice by a binding',
      { 'contact.0.name': none, 'contact.0.telecom': [{ system: 'phone', value: '01632 960124' }] },
      'cardinality Patient.contact[0].name',
    ),
  ]),
  ...cases('discriminator-pattern', byPattern, [
    ok('the slices are found by their patterns', {}),
    ok('more than the pattern is in the slice all the same', {
      'category.0.text': 'Vital sign',
      'category.0.coding.1': coding(OTHER_CODES, 'x'),
    }),
    ok('items of other codes are in no slice', {
      'category.1': concept(CODES, 'other'),
      'component.1': { code: { text: 'x' }, valueString: 'y' },
    }),
    ok('the same code of another system is in no slice', { 'category.1': concept(OTHER_CODES, 'vital') }),
    bad('the pattern slice is missing', { 'category.0': concept(CODES, 'other') }, 'slicing Observation.category'),
    bad(
      'the pattern slice is missing, text does not do',
      { 'category.0': { text: 'vital' } },
      'slicing Observation.category',
    ),
    bad(
      'the pattern slice stands twice',
      { 'category.1': { ...concept(CODES, 'vital'), text: 'x' } },
      'slicing Observation.category',
    ),
    bad('no array at all, and so no slice', { component: none }, 'slicing Observation.component'),
    bad(
      'a component of another code',
      { 'component.0.code': concept(CODES, 'lower') },
      'slicing Observation.component',
    ),
    bad('a component slice stands twice', { 'component.1': upper }, 'slicing Observation.component'),
    bad(
      'a child of the slice found by its pattern',
      { 'component.0.valueQuantity': none },
      'cardinality Observation.component[0].value',
    ),
    bad(
      'a type the slice removed',
      { 'component.0.valueQuantity': none, 'component.0.valueString': 'x' },
      'type Observation.component[0].valueString',
    ),
  ]),
  ...cases('discriminator-type', byType, [
    ok('a Quantity with its unit', {}),
    ok('a concept with its text', { valueQuantity: none, valueCodeableConcept: { text: 'x' } }),
    ok('a type without a slice, open', { valueQuantity: none, valueString: 'x' }),
    ok('the one type of a closed choice', { effectivePeriod: { start: '2026' } }),
    bad('a child of the Quantity slice', { 'valueQuantity.unit': none }, 'cardinality Observation.valueQuantity.unit'),
    bad(
      'a child of the concept slice',
      { valueQuantity: none, valueCodeableConcept: concept(CODES, 'x') },
      'cardinality Observation.valueCodeableConcept.text',
    ),
    bad(
      'a child of the Period slice',
      { effectivePeriod: { end: '2026' } },
      'cardinality Observation.effectivePeriod.start',
    ),
    bad('a sliced choice that is required', { valueQuantity: none }, 'cardinality Observation.value'),
    bad('two types of a sliced choice', { valueString: 'x' }, 'cardinality Observation.value'),
  ]),
  ...cases('discriminator-type', entriesByType, [
    ok('entries by the types of their resources', {}),
    bad(
      'a resource of a third type',
      { 'entry.2': { resource: ORGANIZATION, search: { mode: 'include' } } },
      'slicing Bundle.entry[2]',
    ),
    bad('an entry of one type is missing', { 'entry.1': none }, 'slicing Bundle.entry'),
    bad(
      'a second entry of one type',
      { 'entry.2': { resource: change(PATIENT, { id: 'p-2' }) } },
      'slicing Bundle.entry',
    ),
  ]),
  ...cases('discriminator-profile', byProfile, [
    ok('an entry that meets the profile', {}),
    ok('an entry that does not meet the profile is in no slice', { 'entry.1': { resource: ORGANIZATION } }),
    ok('an entry of another type is in no slice', { 'entry.1': { resource: PATIENT } }),
    bad('no entry meets the profile', { 'entry.0.resource.active': none }, 'slicing Bundle.entry'),
    bad(
      'two entries meet the profile',
      { 'entry.1': { resource: { ...ORGANIZATION, id: 'o-2', active: false } } },
      'slicing Bundle.entry',
    ),
    bad('no entries at all', { entry: none }, 'slicing Bundle.entry'),
  ]),
  ...cases('discriminator-profile', targetsByProfile, [
    ok('a contained target that meets the profile', {}),
    ok('a target that is not at hand is in no slice', { 'supportingInformation.1': { reference: 'Organization/far' } }),
    bad(
      'the contained target does not meet the profile',
      { 'contained.0.active': none },
      'slicing Appointment.supportingInformation',
    ),
    bad(
      'the target is not at hand',
      { contained: none, 'supportingInformation.0.reference': 'Patient/p-1' },
      'slicing Appointment.supportingInformation',
    ),
    bad(
      'two references to what meets the profile',
      { 'supportingInformation.1': { reference: '#o' } },
      'slicing Appointment.supportingInformation',
    ),
  ]),
  ...cases('discriminator-exists', byExists, [
    ok('an address without period', {}),
    ok('one address of each kind', { 'address.1': dated }),
    ok('the order of open slices is free', { 'address.0': dated, 'address.1': { postalCode: 'HG9 9ZZ' } }),
    ok('an extension is no period', { 'address.0.extension': [{ url: 'urn:x', valueCode: 'x' }] }),
    bad('no address without period', { 'address.0.period': { start: '2001' } }, 'slicing Patient.address'),
    bad('no address at all', { address: none }, 'slicing Patient.address'),
    bad('two addresses without period', { 'address.1': { postalCode: 'LS9 9ZZ' } }, 'slicing Patient.address'),
    bad('two addresses with period', { 'address.1': dated, 'address.2': dated }, 'slicing Patient.address'),
    bad(
      'a child of the slice without period',
      { 'address.0.postalCode': none },
      'cardinality Patient.address[0].postalCode',
    ),
    bad(
      'a child of the slice with period',
      { 'address.1': { period: { end: '2004' } } },
      'cardinality Patient.address[1].period.start',
    ),
  ]),
  ...cases('discriminator-url', byUrl, [
    ok('extensions by their urls', {}),
    ok('both extensions in another order', { 'extension.0': mark, 'extension.1': note }),
    ok(
      'an extension nobody defined is warned of',
      { 'extension.1': { url: 'https://elsewhere.example/x', valueCode: 'x' } },
      'warning extension Patient.extension[1]',
    ),
    bad('a required extension is missing', { 'extension.0': mark }, 'slicing Patient.extension'),
    bad('a url in the wrong case', { 'extension.0.url': NOTE.toUpperCase() }, 'slicing Patient.extension'),
    bad('an extension stands twice', { 'extension.1': note }, 'slicing Patient.extension'),
    bad(
      'an optional extension stands twice',
      { 'extension.1': mark, 'extension.2': mark },
      'slicing Patient.extension',
    ),
    bad(
      'a required extension inside is missing, and with it the array',
      { 'name.0.extension': none },
      'slicing Patient.name[0].extension',
    ),
    bad(
      'the value of an extension found by its url',
      { 'extension.0': { url: NOTE, valueInteger: 1 } },
      'type Patient.extension[0].valueInteger',
    ),
  ]),
  ...cases('discriminator-url', { of: UK_PATIENT }, [
    ok('the birthplace of FHIR itself', {
      extension: [{ url: `${BASE}/patient-birthPlace`, valueAddress: { city: 'Leeds' } }],
    }),
    bad(
      'ethnic category stands twice',
      {
        extension: [0, 1].map(() => ({
          url: `${UK}/Extension-UKCore-EthnicCategory`,
          valueCodeableConcept: { text: 'x' },
        })),
      },
      'slicing Patient.extension',
    ),
  ]),
];
