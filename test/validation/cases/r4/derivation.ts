/** Profiles that build on others: levels of derivation, and profiles of data types. */
import type { Case } from '../harness.js';
import { CODES, OBSERVATION, OTHER_CODES, PATIENT, SLOT } from './examples.js';
import { bad, BASE, bound, cases, change, concept, NHS_NUMBER, ok, OWN, profile, sliced, UK, valueSet } from './kit.js';

const none = undefined;
const B = 'https://b.example/id';

const FIRST = profile('First', 'Patient', {
  'Patient.name': { min: 1 },
  'Patient.name.given': { max: '2' },
  'Patient.maritalStatus': bound('required', 'three'),
  'Patient.identifier': sliced(['value:system']),
  'Patient.identifier:nhs': { max: '2' },
  'Patient.identifier:nhs.system': { min: 1, fixedUri: NHS_NUMBER },
  'Patient.contact': {
    constraint: [{ key: 'own-1', severity: 'error', human: 'A contact has a name.', expression: 'name.exists()' }],
  },
});
const SECOND = profile(
  'Second',
  'Patient',
  {
    'Patient.name': { max: '1' },
    'Patient.birthDate': { min: 1 },
    'Patient.maritalStatus': bound('required', 'two'),
    'Patient.identifier:nhs': { min: 1, max: '1' },
    'Patient.identifier:nhs.value': { min: 1 },
  },
  { base: `${OWN}/First` },
);
const THIRD = profile(
  'Third',
  'Patient',
  {
    'Patient.identifier:nhs.use': { min: 1, fixedCode: 'official' },
    'Patient.identifier:b': { min: 0, max: '1' },
    'Patient.identifier:b.system': { min: 1, fixedUri: B },
    'Patient.identifier:b.value': { min: 1 },
    'Patient.gender': { min: 1 },
    'Patient.name.given': { min: 1 },
  },
  { base: `${OWN}/Second` },
);
const definitions = [
  THIRD,
  FIRST,
  SECOND,
  valueSet('three', CODES, ['a', 'b', 'c']),
  valueSet('two', CODES, ['a', 'b']),
];
const third = { of: PATIENT, profiles: [`${OWN}/Third`], definitions };

const PRACTICE = profile(
  'PracticePatient',
  'Patient',
  { 'Patient.identifier:nhsNumber': { min: 1 }, 'Patient.gender': { min: 1 }, 'Patient.address': { max: '1' } },
  { base: `${UK}/UKCore-Patient` },
);
const practice = { of: PATIENT, profiles: [`${OWN}/PracticePatient`], definitions: [PRACTICE] };

const LOOP_A = profile('LoopA', 'Slot', {}, { base: `${OWN}/LoopB` });
const LOOP_B = profile('LoopB', 'Slot', {}, { base: `${OWN}/LoopA` });
const ORPHAN = profile('Orphan', 'Slot', {}, { base: `${OWN}/NobodyKnows` });
const broken = { of: SLOT, definitions: [LOOP_A, LOOP_B, ORPHAN] };

const NHS_ID = profile('NhsIdentifier', 'Identifier', {
  'Identifier.system': { min: 1, fixedUri: NHS_NUMBER },
  'Identifier.value': { min: 1, maxLength: 10 },
  'Identifier.period': { max: '0' },
});
const PLAIN_NAME = profile(
  'PlainName',
  'HumanName',
  {
    'HumanName.id': { min: 0, max: '1', type: [{ code: 'string' }] },
    'HumanName.extension': { min: 0, max: '*', type: [{ code: 'Extension' }] },
    'HumanName.use': { min: 0, max: '1', type: [{ code: 'code' }] },
    'HumanName.text': { min: 0, max: '0', type: [{ code: 'string' }] },
    'HumanName.family': { min: 1, max: '1', type: [{ code: 'string' }] },
    'HumanName.given': { min: 1, max: '2', type: [{ code: 'string' }] },
    'HumanName.prefix': { min: 0, max: '1', type: [{ code: 'string' }] },
    'HumanName.suffix': { min: 0, max: '1', type: [{ code: 'string' }] },
    'HumanName.period': { min: 0, max: '1', type: [{ code: 'Period' }] },
  },
  { snapshot: true },
);
const TYPED = profile('TypedPatient', 'Patient', {
  'Patient.identifier': { type: [{ code: 'Identifier', profile: [`${OWN}/NhsIdentifier`] }] },
  'Patient.name': { type: [{ code: 'HumanName', profile: [`${OWN}/PlainName`] }] },
});
const typed = { of: PATIENT, profiles: [`${OWN}/TypedPatient`], definitions: [NHS_ID, PLAIN_NAME, TYPED] };

const CATEGORY = concept('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs');
const vitalSign = {
  of: change(OBSERVATION, { category: [CATEGORY], effectiveDateTime: '2026-07-01' }),
  profiles: [`${BASE}/vitalsigns`],
};
const LOINC = 'http://loinc.org';
const pressure = (code: string) => ({
  code: concept(LOINC, code),
  valueQuantity: { value: 80, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
});
/** Its slices are told apart by codes that stand in slices of their codings. */
const bloodPressure = {
  of: change(vitalSign.of, {
    valueQuantity: none,
    code: concept(LOINC, '85354-9'),
    component: [pressure('8480-6'), pressure('8462-4')],
  }),
  profiles: [`${BASE}/bp`],
};

export const DERIVATION_CASES: readonly Case[] = [
  ...cases('derivation', third, [
    ok('three levels that are all met', {}),
    ok('a code of the narrower set', { maritalStatus: concept(CODES, 'b') }),
    ok('the slice of the third level', { 'identifier.1': { system: B, value: '1' } }),
    ok('a contact that meets the invariant of the first level', { contact: [{ name: { text: 'Bo' } }] }),
    bad('the first level wants a name', { name: none }, 'cardinality Patient.name'),
    bad(
      'the first level allows two given names',
      { 'name.0.given': ['A', 'B', 'C'] },
      'cardinality Patient.name[0].given',
    ),
    bad('the second level allows one name', { 'name.1': { given: ['Bo'] } }, 'cardinality Patient.name'),
    bad('the second level wants a birth date', { birthDate: none }, 'cardinality Patient.birthDate'),
    bad('the second level narrows a binding', { maritalStatus: concept(CODES, 'c') }, 'binding Patient.maritalStatus'),
    bad(
      'the second level narrows a slice of the first',
      { 'identifier.1': { use: 'official', system: NHS_NUMBER, value: '9990000026' } },
      'slicing Patient.identifier',
    ),
    bad('the second level wants a slice of the first', { identifier: none }, 'slicing Patient.identifier'),
    bad(
      'the second level adds a child to a slice of the first',
      { 'identifier.0.value': none },
      'cardinality Patient.identifier[0].value',
    ),
    bad(
      'the third level adds a child to a slice of the first',
      { 'identifier.0.use': none },
      'cardinality Patient.identifier[0].use',
    ),
    bad(
      'the third level fixes a child of a slice of the first',
      { 'identifier.0.use': 'usual' },
      'fixed Patient.identifier[0].use',
    ),
    bad('the third level adds a slice', { 'identifier.1': { system: B } }, 'cardinality Patient.identifier[1].value'),
    bad('the third level wants a given name', { 'name.0.given': none }, 'cardinality Patient.name[0].given'),
    bad(
      'an invariant of the first level',
      { contact: [{ telecom: [{ system: 'phone', value: '01632 960123' }] }] },
      'invariant:own-1 Patient.contact[0]',
    ),
    bad(
      'an invariant of the base',
      { contact: [{ gender: 'male' }] },
      'invariant:own-1 Patient.contact[0]',
      'invariant:pat-1 Patient.contact[0]',
    ),
  ]),
  ...cases('derivation', { ...third, profiles: [`${OWN}/First`] }, [
    ok('the first level by itself is not narrowed', {
      birthDate: none,
      gender: none,
      identifier: none,
      maritalStatus: concept(CODES, 'c'),
    }),
    bad(
      'the set of the first level has its end too',
      { maritalStatus: concept(OTHER_CODES, 'a') },
      'binding Patient.maritalStatus',
    ),
  ]),
  ...cases('derivation', practice, [
    ok('a profile of ours on UK Core', {}),
    bad('a profile of ours wants the NHS number of UK Core', { identifier: none }, 'slicing Patient.identifier'),
    bad(
      'what UK Core says of the NHS number holds',
      { 'identifier.0.value': none },
      'cardinality Patient.identifier[0].value',
    ),
    bad('what the profile adds to UK Core', { gender: none }, 'cardinality Patient.gender'),
  ]),
  ...cases('derivation', vitalSign, [
    ok('vital signs of FHIR itself', {}),
    bad(
      'vs-1: vital signs are known to the day',
      { effectiveDateTime: '2026' },
      'invariant:vs-1 Observation.effectiveDateTime',
    ),
    bad('vital signs are of a Patient', { 'subject.reference': 'Group/g-1' }, 'reference-target Observation.subject'),
    bad('vs-2: vital signs have a value or a reason', { valueQuantity: none }, 'invariant:vs-2 Observation'),
  ]),
  ...cases('derivation', bloodPressure, [
    ok('blood pressure of FHIR itself', {}),
    bad(
      'a unit that blood pressure fixes',
      { 'component.1.valueQuantity.code': '/min' },
      'fixed Observation.component[1].valueQuantity.code',
    ),
  ]),
  ...cases('derivation', { ...broken, profiles: [`${OWN}/LoopA`] }, [
    bad('profiles that derive from each other', {}, 'profile Slot'),
  ]),
  ...cases('derivation', { ...broken, profiles: [`${OWN}/Orphan`] }, [
    bad('a profile on one nobody knows', {}, 'profile Slot'),
  ]),
  ...cases('derivation', { of: SLOT, profiles: [`${UK}/UKCore-Patient`] }, [
    bad('a profile for another type', {}, 'profile Slot'),
  ]),
  ...cases('derivation', { of: SLOT, profiles: ['https://elsewhere.example/P'] }, [
    bad('a profile nobody knows that the caller wants', {}, 'profile Slot'),
  ]),
  ...cases('derivation', { of: SLOT }, [
    ok(
      'a profile nobody knows that the resource names',
      { meta: { profile: ['https://elsewhere.example/P'] } },
      'warning profile Slot.meta.profile[0]',
    ),
    ok(
      'a profile that the resource names with its version',
      { meta: { profile: [`${UK}/UKCore-Slot|1.3.0`] } },
      'no warning profile Slot.meta.profile[0]',
    ),
  ]),
  ...cases('type-profile', typed, [
    ok('profiles of data types are met', {}),
    ok('a snapshot leaves what it allows', { 'name.0.prefix': ['Dr'], 'name.0.period': { start: '2001' } }),
    ok('a value of the greatest length in a profiled type', { 'identifier.0.value': '9990000026' }),
    bad(
      'a fixed value of a type profile',
      { 'identifier.0.system': 'https://other.example/id' },
      'fixed Patient.identifier[0].system',
    ),
    bad(
      'a required element of a type profile',
      { 'identifier.0.value': none },
      'cardinality Patient.identifier[0].value',
    ),
    bad(
      'a prohibited element of a type profile',
      { 'identifier.0.period': { start: '2001' } },
      'cardinality Patient.identifier[0].period',
    ),
    bad('a length of a type profile', { 'identifier.0.value': '99900000180' }, 'range Patient.identifier[0].value'),
    bad(
      'each repetition meets the type profile',
      { 'identifier.1': { system: NHS_NUMBER } },
      'cardinality Patient.identifier[1].value',
    ),
    bad('an element a snapshot wants', { 'name.0.family': none }, 'cardinality Patient.name[0].family'),
    bad('an element a snapshot prohibits', { 'name.0.text': 'Ada Okafor' }, 'cardinality Patient.name[0].text'),
    bad(
      'a number of items a snapshot limits',
      { 'name.0.given': ['A', 'B', 'C'] },
      'cardinality Patient.name[0].given',
    ),
  ]),
  ...cases('type-profile', { of: change(OBSERVATION, { referenceRange: [{ low: { value: 60 } }] }) }, [
    ok('base: a simple Quantity', {}),
    bad(
      'base: a simple Quantity has no comparator',
      { 'referenceRange.0.low.comparator': '<' },
      'cardinality Observation.referenceRange[0].low.comparator',
      'invariant:sqty-1 Observation.referenceRange[0].low',
    ),
    ok('base: a Quantity that is not simple has one', { 'valueQuantity.comparator': '<' }),
  ]),
];
