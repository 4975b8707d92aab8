/** What slices do to an array: closed, open at the end, in order, slices of slices, and what stands inside them. */
import type { Case } from '../harness.js';
import { CODES, OBSERVATION, PATIENT, UK_ORGANIZATION, UK_PATIENT } from './examples.js';
import { bad, cases, change, concept, extension, NHS_NUMBER, ok, OWN, profile, sliced } from './kit.js';

const none = undefined;
const A = 'https://a.example/id';
const B = 'https://b.example/id';
const other = { system: 'https://c.example/id', value: '3' };
const nhs = { system: NHS_NUMBER, value: '9990000018' };
const a = { system: A, value: '1' };
const b = { system: B, value: '2' };

/** Identifiers in three slices: `nhs` 1..1, `a` 0..2 and `b` 0..1. */
function threeSlices(name: string, rules: 'open' | 'closed' | 'openAtEnd', ordered = false): object {
  return profile(name, 'Patient', {
    'Patient.identifier': sliced(['value:system'], rules, ordered),
    'Patient.identifier:nhs': { min: 1, max: '1' },
    'Patient.identifier:nhs.system': { min: 1, fixedUri: NHS_NUMBER },
    'Patient.identifier:a': { min: 0, max: '2' },
    'Patient.identifier:a.system': { min: 1, fixedUri: A },
    'Patient.identifier:b': { min: 0, max: '1' },
    'Patient.identifier:b.system': { min: 1, fixedUri: B },
  });
}

function group(name: string, rules: 'open' | 'closed' | 'openAtEnd', ordered = false) {
  return { of: PATIENT, profiles: [`${OWN}/${name}`], definitions: [threeSlices(name, rules, ordered)] };
}

const MARK = `${OWN}/Mark`;
const mark = { url: MARK, valueInteger: 1 };
const CLOSED_EXTENSIONS = profile('ClosedExtensions', 'Patient', {
  'Patient.name.extension': sliced(['value:url'], 'closed'),
  'Patient.name.extension:mark': { max: '1', type: [{ code: 'Extension', profile: [MARK] }] },
});
const closedExtensions = {
  of: PATIENT,
  profiles: [`${OWN}/ClosedExtensions`],
  definitions: [extension('Mark', ['HumanName'], ['integer']), CLOSED_EXTENSIONS],
};

const RESLICED = profile('Resliced', 'Patient', {
  'Patient.identifier': sliced(['value:system']),
  'Patient.identifier:nhs': { min: 1, max: '3', ...sliced(['value:use'], 'closed') },
  'Patient.identifier:nhs.system': { min: 1, fixedUri: NHS_NUMBER },
  'Patient.identifier:nhs/official': { min: 1, max: '1' },
  'Patient.identifier:nhs/official.system': { min: 1, fixedUri: NHS_NUMBER },
  'Patient.identifier:nhs/official.use': { min: 1, fixedCode: 'official' },
  'Patient.identifier:nhs/official.value': { min: 1 },
  'Patient.identifier:nhs/old': { min: 0, max: '1' },
  'Patient.identifier:nhs/old.system': { min: 1, fixedUri: NHS_NUMBER },
  'Patient.identifier:nhs/old.use': { min: 1, fixedCode: 'old' },
  'Patient.identifier:nhs/old.period': { min: 1 },
  'Patient.identifier:a': { max: '1' },
  'Patient.identifier:a.system': { min: 1, fixedUri: A },
});
const resliced = { of: PATIENT, profiles: [`${OWN}/Resliced`], definitions: [RESLICED] };
const old = { ...nhs, use: 'old', period: { end: '2020' } };

const CHILDREN = profile('SliceChildren', 'Patient', {
  'Patient.identifier': sliced(['value:system']),
  'Patient.identifier:nhs': { max: '1' },
  'Patient.identifier:nhs.system': { min: 1, fixedUri: NHS_NUMBER },
  'Patient.identifier:nhs.use': { fixedCode: 'official' },
  'Patient.identifier:nhs.value': { min: 1, maxLength: 10 },
  'Patient.identifier:nhs.period': { max: '0' },
  'Patient.identifier:nhs.type': { patternCodeableConcept: concept(CODES, 'nhs') },
  'Patient.identifier:nhs.extension': sliced(['value:url']),
  'Patient.identifier:nhs.extension:mark': { min: 1, max: '1', type: [{ code: 'Extension', profile: [MARK] }] },
  'Patient.identifier:nhs.assigner': {
    type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'] }],
  },
  'Patient.identifier:nhs.assigner.display': { min: 1 },
});
const children = {
  of: change(PATIENT, { 'identifier.0.extension': [mark] }),
  profiles: [`${OWN}/SliceChildren`],
  definitions: [extension('Mark', ['Identifier'], ['integer']), CHILDREN],
};

const NESTED = profile('NestedSlices', 'Observation', {
  'Observation.component': sliced(['pattern:code']),
  'Observation.component:pair': { min: 1, max: '1' },
  'Observation.component:pair.code': { patternCodeableConcept: concept(CODES, 'pair') },
  'Observation.component:pair.interpretation': sliced(['pattern:$this'], 'closed'),
  'Observation.component:pair.interpretation:high': {
    min: 1,
    max: '1',
    patternCodeableConcept: concept(CODES, 'high'),
  },
  'Observation.component:pair.interpretation:odd': { max: '1', patternCodeableConcept: concept(CODES, 'odd') },
  'Observation.component:pair.interpretation:odd.text': { min: 1 },
});
const pair = { code: concept(CODES, 'pair'), interpretation: [concept(CODES, 'high')] };
const nested = {
  of: change(OBSERVATION, { component: [pair] }),
  profiles: [`${OWN}/NestedSlices`],
  definitions: [NESTED],
};

export const SLICE_CASES: readonly Case[] = [
  ...cases('slicing-open', group('OpenIdentifiers', 'open'), [
    ok('open: items of no slice before, between and behind', { identifier: [other, nhs, other, a, other] }),
    ok('open: as many as the slice allows', { identifier: [nhs, a, a] }),
    ok('open: the slices in any order', { identifier: [b, a, nhs] }),
    bad('open: one more than the slice allows', { identifier: [nhs, a, a, a] }, 'slicing Patient.identifier'),
    bad(
      'open: the required slice is missing among others',
      { identifier: [a, b, other] },
      'slicing Patient.identifier',
    ),
    bad('open: the array is absent and with it the required slice', { identifier: none }, 'slicing Patient.identifier'),
  ]),
  ...cases('slicing-open', { of: UK_PATIENT }, [
    ok('UK Core: one NHS number', {}),
    ok('UK Core: no identifier at all', { identifier: none }),
    ok('UK Core: local identifiers beside', {
      'identifier.1': { system: A, value: '1' },
      'identifier.2': { system: A },
    }),
    bad(
      'UK Core: two NHS numbers',
      { 'identifier.1': { system: NHS_NUMBER, value: '9990000026' } },
      'slicing Patient.identifier',
    ),
    bad(
      'UK Core: an NHS number without its value',
      { 'identifier.0.value': none },
      'cardinality Patient.identifier[0].value',
    ),
  ]),
  ...cases('slicing-open', { of: UK_ORGANIZATION }, [
    ok('UK Core: an organisation code and a site code', {
      'identifier.1': { system: 'https://fhir.nhs.uk/Id/ods-site-code', value: 'A9997701' },
    }),
    bad(
      'UK Core: two organisation codes',
      { 'identifier.1': { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'B99977' } },
      'slicing Organization.identifier',
    ),
    bad(
      'UK Core: a site code without value',
      { 'identifier.1': { system: 'https://fhir.nhs.uk/Id/ods-site-code' } },
      'cardinality Organization.identifier[1].value',
    ),
  ]),
  ...cases('slicing-closed', group('ClosedIdentifiers', 'closed'), [
    ok('closed: only items of slices', { identifier: [nhs, a, b] }),
    ok('closed: in any order when not ordered', { identifier: [b, a, nhs, a] }),
    ok('closed: the required slice alone', { identifier: [nhs] }),
    bad('closed: an item of no slice', { identifier: [nhs, other] }, 'slicing Patient.identifier[1]'),
    bad(
      'closed: each item of no slice is named',
      { identifier: [other, nhs, other] },
      'slicing Patient.identifier[0]',
      'slicing Patient.identifier[2]',
    ),
    bad(
      'closed: an item without the discriminator',
      { identifier: [nhs, { value: '9' }] },
      'slicing Patient.identifier[1]',
    ),
    bad('closed: the required slice is missing', { identifier: [a] }, 'slicing Patient.identifier'),
    bad('closed: the array is absent', { identifier: none }, 'slicing Patient.identifier'),
    bad('closed: one more than the slice allows', { identifier: [nhs, b, b] }, 'slicing Patient.identifier'),
  ]),
  ...cases('slicing-closed', closedExtensions, [
    ok('closed: the extension of the slice', { 'name.0.extension': [mark] }),
    bad(
      'closed: an extension of no slice',
      { 'name.0.extension': [mark, { url: 'https://elsewhere.example/x', valueCode: 'x' }] },
      'slicing Patient.name[0].extension[1]',
    ),
  ]),
  ...cases('slicing-openAtEnd', group('OpenAtEndIdentifiers', 'openAtEnd', true), [
    ok('openAtEnd: only items of slices', { identifier: [nhs, a, b] }),
    ok('openAtEnd: an item of no slice behind them', { identifier: [nhs, a, other] }),
    ok('openAtEnd: several items of no slice behind them', { identifier: [nhs, other, other] }),
    ok('openAtEnd: the required slice alone', { identifier: [nhs] }),
    bad(
      'openAtEnd: an item of no slice before the slices',
      { identifier: [other, nhs] },
      'order Patient.identifier[0]',
    ),
    bad(
      'openAtEnd: an item of no slice between the slices',
      { identifier: [nhs, other, b] },
      'order Patient.identifier[1]',
    ),
    bad('openAtEnd: the required slice is missing', { identifier: [a, other] }, 'slicing Patient.identifier'),
    bad('openAtEnd: the array is absent', { identifier: none }, 'slicing Patient.identifier'),
    bad(
      'openAtEnd: one more than the slice allows',
      { identifier: [nhs, a, b, b, other] },
      'slicing Patient.identifier',
    ),
  ]),
  ...cases('slicing-openAtEnd', group('OpenAtEndUnordered', 'openAtEnd'), [
    ok('openAtEnd without order: slices in any order, the rest behind', { identifier: [b, nhs, a, other] }),
    bad(
      'openAtEnd without order: an item of no slice before the last slice',
      { identifier: [b, other, nhs] },
      'order Patient.identifier[1]',
    ),
  ]),
  ...cases('slicing-ordered', group('OrderedIdentifiers', 'closed', true), [
    ok('ordered: the slices in their order', { identifier: [nhs, a, b] }),
    ok('ordered: a slice may repeat in its place', { identifier: [nhs, a, a, b] }),
    ok('ordered: an optional slice may be left out', { identifier: [nhs, b] }),
    bad('ordered: the first slice stands last', { identifier: [a, nhs] }, 'order Patient.identifier[1]'),
    bad('ordered: the last two slices change places', { identifier: [nhs, b, a] }, 'order Patient.identifier[2]'),
    bad('ordered: a slice comes back', { identifier: [nhs, a, b, a] }, 'order Patient.identifier[3]'),
    bad('ordered: the required slice is missing', { identifier: [a, b] }, 'slicing Patient.identifier'),
  ]),
  ...cases('slicing-ordered', group('OrderedOpen', 'open', true), [
    ok('ordered and open: items of no slice between', { identifier: [other, nhs, other, b] }),
    bad('ordered and open: slices out of order', { identifier: [other, b, nhs] }, 'order Patient.identifier[2]'),
  ]),
  ...cases('reslice', resliced, [
    ok('reslice: the inner slice that is required', {}),
    ok('reslice: both inner slices', { 'identifier.1': old }),
    ok('reslice: an outer slice beside', { 'identifier.1': a }),
    ok('reslice: an item of no outer slice is not held against the inner ones', {
      'identifier.1': { ...other, use: 'usual' },
    }),
    ok('reslice: the discriminator of the inner slice in another outer slice', {
      'identifier.1': { ...a, use: 'old' },
    }),
    bad(
      'reslice: a second item in the inner slice',
      { 'identifier.1': { ...nhs, use: 'official' } },
      'slicing Patient.identifier',
    ),
    bad(
      'reslice: an item the closed inner slicing refuses',
      { 'identifier.1': { ...nhs, use: 'usual' } },
      'slicing Patient.identifier[1]',
    ),
    bad('reslice: an item without the inner discriminator', { 'identifier.1': nhs }, 'slicing Patient.identifier[1]'),
    bad('reslice: the inner slice is missing', { 'identifier.0': old }, 'slicing Patient.identifier'),
    bad(
      'reslice: a child of the inner slice',
      { 'identifier.0.value': none },
      'cardinality Patient.identifier[0].value',
    ),
    bad(
      'reslice: a child of the second inner slice',
      { 'identifier.1': { ...nhs, use: 'old' } },
      'cardinality Patient.identifier[1].period',
    ),
  ]),
  ...cases('slice-children', children, [
    ok('children of a slice are met', {}),
    ok('children of a slice do not bind other items', {
      'identifier.1': { system: A, use: 'usual', period: { start: '2001' } },
    }),
    ok('a value of the greatest length and an assigner', { 'identifier.0.assigner': { display: 'NHS England' } }),
    bad('a required child of a slice', { 'identifier.0.value': none }, 'cardinality Patient.identifier[0].value'),
    bad('a fixed child of a slice', { 'identifier.0.use': 'usual' }, 'fixed Patient.identifier[0].use'),
    bad(
      'a prohibited child of a slice',
      { 'identifier.0.period': { start: '2001' } },
      'cardinality Patient.identifier[0].period',
    ),
    bad(
      'a child of a slice that is too long',
      { 'identifier.0.value': '99900000180' },
      'range Patient.identifier[0].value',
    ),
    bad('a pattern in a slice', { 'identifier.0.type': { text: 'x' } }, 'pattern Patient.identifier[0].type'),
    bad(
      'an extension slice in a slice, the array absent',
      { 'identifier.0.extension': none },
      'slicing Patient.identifier[0].extension',
    ),
    bad(
      'an extension slice in a slice stands twice',
      { 'identifier.0.extension': [mark, mark] },
      'slicing Patient.identifier[0].extension',
    ),
    bad(
      'a child two levels down in a slice',
      { 'identifier.0.assigner': { reference: 'Organization/o-1' } },
      'cardinality Patient.identifier[0].assigner.display',
    ),
    bad(
      'the slice stands second and its child is named there',
      {
        identifier: [
          { system: A, value: '1' },
          { ...nhs, extension: [mark], use: 'temp' },
        ],
      },
      'fixed Patient.identifier[1].use',
    ),
  ]),
  ...cases('slice-children', nested, [
    ok('slices inside a slice', {}),
    ok('slices inside a slice do not bind other items', {
      'component.1': { code: { text: 'x' }, interpretation: [{ text: 'any' }] },
    }),
    bad(
      'a required slice inside a slice',
      { 'component.0.interpretation': [{ ...concept(CODES, 'odd'), text: 'x' }] },
      'slicing Observation.component[0].interpretation',
    ),
    bad(
      'a required slice inside a slice, the array absent',
      { 'component.0.interpretation': none },
      'slicing Observation.component[0].interpretation',
    ),
    bad(
      'closed slicing inside a slice',
      { 'component.0.interpretation.1': { text: 'x' } },
      'slicing Observation.component[0].interpretation[1]',
    ),
    bad(
      'a child of a slice inside a slice',
      { 'component.0.interpretation.1': concept(CODES, 'odd') },
      'cardinality Observation.component[0].interpretation[1].text',
    ),
  ]),
];
