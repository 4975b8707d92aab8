/** Limits of Quantities, and where the resource a reference leads to may be. */
import type { Case } from '../harness.js';
import { APPOINTMENT, OBSERVATION, ORGANIZATION, PATIENT } from './examples.js';
import { bad, BASE, cases, ok, OWN, profile, sliced } from './kit.js';

const kilogram = { system: 'http://unitsofmeasure.org', code: 'kg', unit: 'kg' };
const BOUNDED = profile('BoundedObservation', 'Observation', {
  'Observation.value[x]': {
    type: [{ code: 'Quantity' }],
    minValueQuantity: { value: 1, ...kilogram },
    maxValueQuantity: { value: 300, ...kilogram },
  },
});
const bounded = {
  of: { ...OBSERVATION, valueQuantity: { value: 70.5, ...kilogram } },
  profiles: [`${OWN}/BoundedObservation`],
  definitions: [BOUNDED],
};

const QUANTITY_ONLY = profile('QuantityOnly', 'Observation', {
  'Observation.value[x]': sliced(['type:$this'], 'closed'),
  'Observation.value[x]:valueQuantity': { type: [{ code: 'Quantity' }] },
  'Observation.value[x]:valueQuantity.unit': { min: 1 },
});
const quantityOnly = {
  of: { ...OBSERVATION, valueQuantity: { value: 70.5, ...kilogram } },
  profiles: [`${OWN}/QuantityOnly`],
  definitions: [QUANTITY_ONLY],
};

const URN = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';
const NAMED = profile('NamedPatient', 'Patient', { 'Patient.name': { min: 1 } });
const ONLY_PATIENTS = profile('OnlyPatients', 'Bundle', {
  'Bundle.entry.resource': { type: [{ code: 'Patient', profile: [`${OWN}/NamedPatient`] }] },
});
const OLD = profile('OldPatient', 'Patient', { 'Patient.birthDate': { min: 1 } });
const onlyPatients = {
  of: { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: URN, resource: PATIENT }] },
  profiles: [`${OWN}/OnlyPatients`],
  definitions: [NAMED, OLD, ONLY_PATIENTS],
};
const WITH_IDS = profile('BundleWithIds', 'Bundle', { 'Bundle.entry.resource.id': { min: 1 } });
const withIds = { ...onlyPatients, profiles: [`${OWN}/BundleWithIds`], definitions: [WITH_IDS] };

const NEVER = profile('Never', 'Extension', {
  'Extension.url': { fixedUri: `${OWN}/Never` },
  'Extension.value[x]': { min: 1, type: [{ code: 'boolean' }] },
});
const [root, ...parts] = (NEVER as { differential: { element: readonly object[] } }).differential.element;
const MODIFIER = { ...NEVER, differential: { element: [{ ...root, isModifier: true }, ...parts] } };
const never = [{ url: `${OWN}/Never`, valueBoolean: true }];

const placed = (name: string, ...aggregation: readonly string[]) =>
  profile(name, 'Appointment', {
    'Appointment.supportingInformation': { type: [{ code: 'Reference', aggregation }] },
  });
const within = (name: string, ...modes: readonly string[]) => ({
  of: APPOINTMENT,
  profiles: [`${OWN}/${name}`],
  definitions: [placed(name, ...modes)],
});
const CONTAINED = {
  contained: [{ ...ORGANIZATION, id: 'o' }],
  supportingInformation: [{ reference: '#o' }],
};
const ELSEWHERE = { supportingInformation: [{ reference: 'Organization/1' }] };
const INFORMATION = 'Appointment.supportingInformation[0]';

export const LIMIT_CASES: readonly Case[] = [
  ...cases('length-range', bounded, [
    ok('a Quantity between its limits', {}, 'no information range Observation.valueQuantity'),
    ok('a Quantity at its lower limit', { 'valueQuantity.value': 1 }),
    ok('a Quantity at its upper limit', { 'valueQuantity.value': 300 }),
    bad('a Quantity below its limit', { 'valueQuantity.value': 0.9 }, 'range Observation.valueQuantity'),
    bad('a Quantity above its limit', { 'valueQuantity.value': 300.1 }, 'range Observation.valueQuantity'),
    ok(
      'a Quantity in another unit than its limit',
      { 'valueQuantity.value': 70_500, 'valueQuantity.code': 'g', 'valueQuantity.unit': 'g' },
      'information range Observation.valueQuantity',
    ),
    ok('a Quantity without a value', { 'valueQuantity.value': undefined }),
  ]),
  ...cases('slicing-closed', quantityOnly, [
    ok('a choice of the type that closed slicing has', {}),
    ok('a choice left out where its slicing is closed', { valueQuantity: undefined }),
    bad(
      'a choice of a sliced type without what it needs',
      { 'valueQuantity.unit': undefined },
      'cardinality Observation.valueQuantity.unit',
    ),
    bad(
      'a choice of a type that closed slicing does not have',
      { valueQuantity: undefined, valueString: 'much' },
      'slicing Observation.valueString',
    ),
  ]),
  ...cases('bundle-entry', onlyPatients, [
    ok('an entry of the type and profile that the Bundle wants', {}),
    bad(
      'an entry of another type than the Bundle wants',
      { 'entry.0.resource': ORGANIZATION },
      'resource-type Bundle.entry[0].resource',
    ),
    bad(
      'an entry that does not meet the profile the Bundle wants',
      { 'entry.0.resource.name': undefined },
      'cardinality Bundle.entry[0].resource.name',
    ),
    bad(
      'an entry that meets the profile of the Bundle, but not its own',
      { 'entry.0.resource.meta': { profile: [`${OWN}/OldPatient`] }, 'entry.0.resource.birthDate': undefined },
      'cardinality Bundle.entry[0].resource.birthDate',
    ),
  ]),
  ...cases('bundle-entry', withIds, [
    ok('an entry with the id that the Bundle wants', { 'entry.0.resource.id': 'p-1' }),
    bad(
      'an entry without the id that the Bundle wants',
      { 'entry.0.resource.id': undefined },
      'cardinality Bundle.entry[0].resource.id',
    ),
    bad(
      'an entry with the id that the Bundle wants, and an element nobody has',
      { 'entry.0.resource.id': 'p-1', 'entry.0.resource.colour': 'red' },
      'unknown-element Bundle.entry[0].resource.colour',
    ),
  ]),
  ...cases('extension', { of: PATIENT, definitions: [MODIFIER] }, [
    ok('an extension that changes meanings, where those stand', { modifierExtension: never }),
    bad('an extension that changes meanings, among the others', { extension: never }, 'extension Patient.extension[0]'),
  ]),
  ...cases('reference-target', within('ContainedOnly', 'contained'), [
    ok('a contained resource where one is wanted', CONTAINED),
    ok('a reference by display alone is nowhere', { supportingInformation: [{ display: 'Letter' }] }),
    bad('a resource elsewhere where a contained one is wanted', ELSEWHERE, `reference-target ${INFORMATION}`),
  ]),
  ...cases('reference-target', within('ReferencedOnly', 'referenced'), [
    ok('a resource elsewhere where one is wanted', ELSEWHERE),
    bad('a contained resource where one elsewhere is wanted', CONTAINED, `reference-target ${INFORMATION}`),
  ]),
  ...cases('reference-target', within('Anywhere', 'contained', 'referenced', 'bundled'), [
    ok('a contained resource where anything will do', CONTAINED),
    ok('a resource elsewhere where anything will do', ELSEWHERE),
  ]),
  ...cases('reference-target', { ...within('BundledOnly', 'bundled'), of: APPOINTMENT }, [
    bad('a resource elsewhere where one of the Bundle is wanted', ELSEWHERE, `reference-target ${INFORMATION}`),
  ]),
  ...cases('reference-target', { of: OBSERVATION }, [
    ok('a contained resource refers to its container', {
      contained: [
        { ...ORGANIZATION, id: 'o', extension: [{ url: `${OWN}/unknown`, valueReference: { reference: '#' } }] },
      ],
      performer: [{ reference: '#o' }],
    }),
    bad(
      'a contained resource refers to a container of a wrong type',
      {
        contained: [{ ...ORGANIZATION, id: 'o', partOf: { reference: '#' } }],
        performer: [{ reference: '#o' }],
      },
      'reference-target Observation.contained[0].partOf',
    ),
  ]),
  ...cases('type-profile', { of: PATIENT }, [
    ok('the base definition of the type as profile', { 'meta.profile': [`${BASE}/Patient`] }),
    ok('the base definition of all resources as profile', { 'meta.profile': [`${BASE}/DomainResource`] }),
    bad(
      'the base definition of another type as profile',
      { 'meta.profile': [`${BASE}/Observation`] },
      'profile Patient.meta.profile[0]',
    ),
    bad(
      'the base definition of another type in a version',
      { 'meta.profile': [`${BASE}/Observation|4.0.1`] },
      'profile Patient.meta.profile[0]',
    ),
  ]),
];
