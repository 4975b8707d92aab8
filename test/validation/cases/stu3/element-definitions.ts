/** Rules of single elements that the GP Connect profiles do not use, and how definitions build on each other. */
import { casesOf, type Case } from '../harness.js';
import { binding, codes, element, extension, own, profile } from './definitions.js';
import { BARE_PATIENT, OBSERVATION, PATIENT } from './examples.js';

const named = (name: string) => ({ profiles: [own(name)] });
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });

const weight = profile('Weight', 'Observation', [
  element('Observation.code', { patternCodeableConcept: coded('http://loinc.org', '29463-7') }),
  element('Observation.method', { fixedCodeableConcept: { text: 'Scales' } }),
  element('Observation.value[x]', { type: [{ code: 'Quantity' }] }),
  element('Observation.value[x].unit', { patternString: 'kg' }),
]);
const WEIGHED = { ...OBSERVATION, code: coded('http://loinc.org', '29463-7') };
const SHARED = { ...named('Weight'), definitions: [weight] };

const PATTERN = casesOf(
  'pattern',
  WEIGHED,
  [
    ['a concept that is the pattern', {}],
    ['a concept that holds the pattern and more', { 'code.text': 'Weight', 'code.coding.0.display': 'Body weight' }],
    [
      'a concept with the pattern in its second coding',
      {
        'code.coding': [
          { system: 'urn:x', code: 'y' },
          { system: 'http://loinc.org', code: '29463-7' },
        ],
      },
    ],
    ['a concept of another code', { 'code.coding.0.code': '29463-8' }, 'pattern Observation.code'],
    [
      'a concept whose codings hold the pattern only between them',
      {
        'code.coding': [
          { system: 'http://loinc.org', code: 'y' },
          { system: 'urn:x', code: '29463-7' },
        ],
      },
      'pattern Observation.code',
    ],
    ['a concept without the coding of the pattern', { code: { text: 'Weight' } }, 'pattern Observation.code'],
    ['a pattern inside a choice', { valueQuantity: { value: 80, unit: 'kg' } }],
    [
      'a pattern inside a choice that is broken',
      { valueQuantity: { value: 80, unit: 'Kg' } },
      'pattern Observation.valueQuantity.unit',
    ],
    ['a pattern inside a choice whose element is not there', { valueQuantity: { value: 80 } }],
  ],
  SHARED,
);

const FIXED = casesOf(
  'fixed',
  WEIGHED,
  [
    ['a fixed concept to the letter', { method: { text: 'Scales' } }],
    [
      'a fixed concept with more than is fixed',
      { method: { text: 'Scales', coding: [{ code: 'x' }] } },
      'fixed Observation.method',
    ],
    ['a fixed concept in other words', { method: { text: 'scales' } }, 'fixed Observation.method'],
  ],
  SHARED,
);

const most = profile('MostCodes', 'Patient', [
  element('Patient.maritalStatus', binding('extensible', 'https://example.org/ValueSet/narrow', maximum('wide'))),
  element(
    'Patient.communication.language',
    binding('preferred', 'https://example.org/ValueSet/narrow', maximum('wide')),
  ),
]);
function maximum(name: string): Readonly<Record<string, unknown>> {
  const valueUri = `https://example.org/ValueSet/${name}`;
  return { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet', valueUri }] };
}
const narrow = codes('narrow', ['a', 'b']);
const [wideSystem, wideSet] = codes('wide', ['c', 'd']);
const both = {
  ...wideSet,
  compose: { include: ['narrow', 'wide'].map((name) => ({ system: `https://example.org/CodeSystem/${name}` })) },
};
const of = (system: string, code: string) => coded(`https://example.org/CodeSystem/${system}`, code);

const MAXIMUM = casesOf(
  'max-value-set',
  BARE_PATIENT,
  [
    [
      'a code of the value set and of its maximum',
      { maritalStatus: of('narrow', 'a') },
      'no warning binding Patient.maritalStatus',
    ],
    ['a code of the maximum alone', { maritalStatus: of('wide', 'c') }, 'warning binding Patient.maritalStatus'],
    ['a code outside the maximum', { maritalStatus: of('wide', 'e') }, 'binding Patient.maritalStatus'],
    ['a code of the maximum in another system', { maritalStatus: of('narrow', 'c') }, 'binding Patient.maritalStatus'],
    [
      'a concept with one coding of two in the maximum',
      { maritalStatus: { coding: [{ system: 'urn:x', code: 'y' }, ...of('wide', 'd').coding] } },
    ],
    ['the second code of the narrow value set', { maritalStatus: of('narrow', 'b') }],
    ['a preferred binding with a code of its maximum', { communication: [{ language: of('wide', 'd') }] }],
    [
      'a preferred binding with a code outside its maximum',
      { communication: [{ language: of('other', 'd') }] },
      'binding Patient.communication[0].language',
    ],
    ['an element with a maximum that is not there', {}],
  ],
  { ...named('MostCodes'), definitions: [most, ...narrow, wideSystem, both] },
);

const bounded = profile('Bounded', 'Patient', [
  element('Patient.name.family', { maxLength: 6 }),
  element('Patient.birthDate', { minValueDate: '1900-01-01', maxValueDate: '2026-12-31' }),
  element('Patient.multipleBirth[x]', { type: [{ code: 'integer' }], minValueInteger: 1, maxValueInteger: 8 }),
]);
const RANGES = casesOf(
  'length-range',
  BARE_PATIENT,
  [
    ['a text of the greatest length', {}],
    ['a text one character too long', { 'name.0.family': 'Okaforo' }, 'range Patient.name[0].family'],
    [
      'a text of six characters outside the basic plane',
      { 'name.0.family': '\u{20000}\u{20001}\u{20002}\u{20003}\u{20004}\u{20005}' },
    ],
    ['the first date of a range', { birthDate: '1900-01-01' }],
    ['the day before the first date', { birthDate: '1899-12-31' }, 'range Patient.birthDate'],
    ['the last date of a range', { birthDate: '2026-12-31' }],
    ['the day after the last date', { birthDate: '2027-01-01' }, 'range Patient.birthDate'],
    ['the greatest number of a range', { multipleBirthInteger: 8 }],
    ['a number above its range', { multipleBirthInteger: 9 }, 'range Patient.multipleBirthInteger'],
    ['a number below its range', { multipleBirthInteger: 0 }, 'range Patient.multipleBirthInteger'],
  ],
  { ...named('Bounded'), definitions: [bounded] },
);

const numbered = profile(
  'Numbered',
  'Identifier',
  [
    element('Identifier.value', { min: 1, maxLength: 4 }),
    element('Identifier.assigner', { max: '0' }),
    element('Identifier.type', { min: 0, patternCodeableConcept: { text: 'Number' } }),
  ],
  { kind: 'complex-type' },
);
const holder = profile('Holder', 'Patient', [
  element('Patient.identifier', { type: [{ code: 'Identifier', profile: own('Numbered') }] }),
]);
const TYPED = [
  ...casesOf(
    'type-profile',
    BARE_PATIENT,
    [
      ['identifiers that meet the profile of their type', {}],
      [
        'an identifier without what the profile of its type wants',
        { 'identifier.1.value': undefined },
        'cardinality Patient.identifier[1].value',
      ],
      [
        'an identifier with what the profile of its type forbids',
        { 'identifier.0.assigner': { display: 'x' } },
        'cardinality Patient.identifier[0].assigner',
      ],
      [
        'an identifier longer than the profile of its type allows',
        { 'identifier.0.value': '12345' },
        'range Patient.identifier[0].value',
      ],
      ['an identifier as long as the profile of its type allows', { 'identifier.0.value': '1234' }],
      [
        'an identifier against the pattern in the profile of its type',
        { 'identifier.0.type': { text: 'Letter' } },
        'pattern Patient.identifier[0].type',
      ],
      ['an identifier by the pattern in the profile of its type', { 'identifier.0.type': { text: 'Number' } }],
    ],
    { ...named('Holder'), definitions: [numbered, holder] },
  ),
  ...casesOf('type-profile', { ...OBSERVATION, referenceRange: [{ low: { value: 1, unit: 'kg' } }] }, [
    ['a simple quantity', {}],
    [
      'a simple quantity with a comparator',
      { 'referenceRange.0.low.comparator': '<' },
      'cardinality Observation.referenceRange[0].low.comparator',
      'invariant sqty-1 Observation.referenceRange[0].low',
    ],
    ['a plain quantity with a comparator', { valueQuantity: { value: 1, comparator: '<' } }],
  ]),
];

const first = profile('First', 'Patient', [
  element('Patient.name', { min: 1 }),
  element('Patient.name.family', { min: 1 }),
  element('Patient.photo', { max: '0' }),
]);
const second = profile(
  'Second',
  'Patient',
  [element('Patient.birthDate', { min: 1 }), element('Patient.name', { max: '2' })],
  { baseDefinition: own('First') },
);
const third = profile(
  'Third',
  'Patient',
  [
    element('Patient', {
      constraint: [
        {
          key: 'own-1',
          severity: 'error',
          human: 'A language or a name',
          expression: "name.where(family = 'None').empty() or language.exists()",
        },
      ],
    }),
    element('Patient.name', { max: '1' }),
    element('Patient.active', { min: 1, fixedBoolean: true }),
  ],
  { baseDefinition: own('Second') },
);
const nickname = extension('Nickname', [{ code: 'string' }], ['Patient']);
const DERIVED = [
  ...casesOf(
    'derivation',
    BARE_PATIENT,
    [
      ['a Patient of three profiles above each other', {}],
      ['a rule of the first profile, two below', { 'name.0.family': undefined }, 'cardinality Patient.name[0].family'],
      ['what the first profile forbids', { photo: [{ title: 'x' }] }, 'cardinality Patient.photo'],
      ['a rule of the second profile', { birthDate: undefined }, 'cardinality Patient.birthDate'],
      [
        'a rule of the second profile that the third tightens',
        { 'name.1': { family: 'x' } },
        'cardinality Patient.name',
      ],
      ['a rule of the third profile', { active: false }, 'fixed Patient.active'],
      [
        'faults of all three',
        { 'name.0.family': undefined, birthDate: undefined, active: undefined },
        'cardinality Patient.name[0].family',
        'cardinality Patient.birthDate',
        'cardinality Patient.active',
      ],
      ['an invariant of the third profile', { 'name.0.family': 'None' }, 'invariant own-1 Patient'],
      ['an invariant of the third profile that is met', { 'name.0.family': 'None', language: 'en' }],
    ],
    { ...named('Third'), definitions: [third, first, second] },
  ),
  ...casesOf(
    'derivation',
    BARE_PATIENT,
    [['two names, which only the third profile refuses', { 'name.1': { family: 'x' } }]],
    { ...named('Second'), definitions: [third, first, second] },
  ),
  ...casesOf('derivation', BARE_PATIENT, [['a profile nobody gave', {}, 'profile Patient']], named('Fourth')),
  ...casesOf(
    'extension',
    PATIENT,
    [
      [
        "an extension of one's own",
        { 'extension.2': { url: own('Nickname'), valueString: 'Addie' } },
        'no warning extension Patient.extension[2]',
      ],
      [
        "an extension of one's own in another place",
        { 'name.0.extension': [{ url: own('Nickname'), valueString: 'Addie' }] },
        'extension Patient.name[0].extension[0]',
      ],
    ],
    { definitions: [nickname] },
  ),
];

const QUESTIONS = {
  resourceType: 'Questionnaire',
  status: 'draft',
  item: [{ linkId: '1', text: 'Group', type: 'group', item: [{ linkId: '1.1', text: 'Name', type: 'string' }] }],
};
const CONTENT = [
  ...casesOf('content-reference', QUESTIONS, [
    ['an item inside an item', {}],
    [
      'an item inside an item without its id',
      { 'item.0.item.0.linkId': undefined },
      'cardinality Questionnaire.item[0].item[0].linkId',
    ],
    [
      'an item inside an item with a type outside the list',
      { 'item.0.item.0.type': 'text-line' },
      'binding Questionnaire.item[0].item[0].type',
    ],
    [
      'an unknown element of an item inside an item',
      { 'item.0.item.0.label': 'x' },
      'unknown-element Questionnaire.item[0].item[0].label',
    ],
    [
      'three items inside each other',
      { 'item.0.item.0': { linkId: '1.1', type: 'group', item: [{ linkId: '1.1.1', type: 'date' }] } },
    ],
    [
      'the third of three items inside each other without an id',
      { 'item.0.item.0': { linkId: '1.1', type: 'group', item: [{ type: 'date' }] } },
      'cardinality Questionnaire.item[0].item[0].item[0].linkId',
    ],
  ]),
  ...casesOf(
    'content-reference',
    { ...OBSERVATION, component: [{ code: { text: 'x' }, referenceRange: [{ text: 'high' }] }] },
    [
      ['a reference range of a component', {}],
      [
        'a reference range of a component with an unknown element',
        { 'component.0.referenceRange.0.limit': 1 },
        'unknown-element Observation.component[0].referenceRange[0].limit',
      ],
      [
        'a reference range of a component with a low of another type',
        { 'component.0.referenceRange.0.low': 1 },
        'type Observation.component[0].referenceRange[0].low',
      ],
    ],
  ),
];

export const ELEMENT_DEFINITION_CASES: readonly Case[] = [
  ...PATTERN,
  ...FIXED,
  ...MAXIMUM,
  ...RANGES,
  ...TYPED,
  ...DERIVED,
  ...CONTENT,
];
