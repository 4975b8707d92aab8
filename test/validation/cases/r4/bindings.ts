/** Codes of required and extensible bindings and of the greatest value set. */
import type { Case } from '../harness.js';
import { APPOINTMENT, CODES, OTHER_CODES, PATIENT, UK_PATIENT } from './examples.js';
import {
  bad,
  bound,
  cases,
  type Changes,
  coding,
  concept,
  ok,
  OWN,
  profile,
  UK,
  valueSet,
  valueSetUrl,
} from './kit.js';

const COLOURS = 'https://codes.example/CodeSystem/colours';
const SYSTEM = {
  resourceType: 'CodeSystem',
  url: COLOURS,
  name: 'Colours',
  status: 'active',
  caseSensitive: true,
  content: 'complete',
  hierarchyMeaning: 'is-a',
  concept: [
    { code: 'red', concept: [{ code: 'crimson' }, { code: 'scarlet', concept: [{ code: 'poppy' }] }] },
    { code: 'blue' },
    { code: 'green' },
  ],
};
const composed = (name: string, compose: object): object => ({
  resourceType: 'ValueSet',
  url: valueSetUrl(name),
  name,
  status: 'active',
  compose,
});
const SETS = [
  SYSTEM,
  valueSet('all-colours', COLOURS),
  valueSet('one', CODES, ['a', 'b']),
  composed('reds', {
    include: [{ system: COLOURS, filter: [{ property: 'concept', op: 'is-a', value: 'red' }] }],
    exclude: [{ system: COLOURS, concept: [{ code: 'crimson' }] }],
  }),
  composed('mixed', {
    include: [{ valueSet: [valueSetUrl('reds')] }, { system: OTHER_CODES, concept: [{ code: 'a' }] }],
  }),
  composed('snomed', {
    include: [{ system: 'http://snomed.info/sct', filter: [{ property: 'concept', op: 'is-a', value: '404684003' }] }],
  }),
];
const REQUIRED = profile('BoundPatient', 'Patient', {
  'Patient.maritalStatus': bound('required', 'one'),
  'Patient.language': bound('required', 'all-colours'),
  'Patient.contact.relationship': bound('required', 'reds'),
  'Patient.identifier.type': bound('required', 'mixed'),
  'Patient.meta.tag': bound('required', 'one'),
  'Patient.address.use': bound('required', 'snomed'),
});
const required = { of: PATIENT, profiles: [`${OWN}/BoundPatient`], definitions: [...SETS, REQUIRED] };
const EXTENSIBLE = profile('ExtensiblePatient', 'Patient', {
  'Patient.maritalStatus': bound('extensible', 'one'),
  'Patient.contact.relationship': bound('extensible', 'reds'),
  'Patient.name.suffix': bound('preferred', 'mixed'),
  'Patient.meta.tag': bound('extensible', 'all-colours'),
});
const extensible = { of: PATIENT, profiles: [`${OWN}/ExtensiblePatient`], definitions: [...SETS, EXTENSIBLE] };
const MAXIMAL = profile('MaximalPatient', 'Patient', {
  'Patient.maritalStatus': bound('extensible', 'reds', 'all-colours'),
  'Patient.contact.relationship': bound('extensible', 'one', 'mixed'),
  'Patient.meta.tag': bound('extensible', 'reds', 'all-colours'),
});
const maximal = { of: PATIENT, profiles: [`${OWN}/MaximalPatient`], definitions: [...SETS, MAXIMAL] };

const contact = (...relationship: object[]): Changes => ({ contact: [{ name: { text: 'Bo' }, relationship }] });
const kind = (type: object): Changes => ({ 'identifier.0.type': type });
const RELATIONSHIP = 'Patient.contact[0].relationship[0]';
const KIND = 'Patient.identifier[0].type';

export const BINDING_CASES: readonly Case[] = [
  ...cases('required-binding', { of: APPOINTMENT }, [
    ok('a status that is new in R4', { status: 'checked-in' }),
    ok('a status with a hyphen', { status: 'entered-in-error' }),
    bad('a status nobody defined', { status: 'reserved' }, 'binding Appointment.status'),
    bad('a status in the wrong case', { status: 'Booked' }, 'binding Appointment.status'),
    bad('a status of another element', { status: 'accepted' }, 'binding Appointment.status'),
    bad(
      'a status in the second participant',
      { 'participant.1.status': 'booked' },
      'binding Appointment.participant[1].status',
    ),
    bad(
      'required is no boolean in words',
      { 'participant.1.required': 'yes' },
      'binding Appointment.participant[1].required',
    ),
  ]),
  ...cases('required-binding', { of: PATIENT }, [
    ok('every gender is a code: unknown', { gender: 'unknown' }),
    bad('a gender by its first letter', { gender: 'f' }, 'binding Patient.gender'),
    bad('a code inside a data type', { 'telecom.0.system': 'mobile' }, 'binding Patient.telecom[0].system'),
    bad('a use of another data type', { 'name.0.use': 'mobile' }, 'binding Patient.name[0].use'),
    bad('an address type nobody defined', { 'address.0.type': 'house' }, 'binding Patient.address[0].type'),
  ]),
  ...cases('required-binding', required, [
    ok('a coding of the set', { maritalStatus: concept(CODES, 'a') }),
    ok('one coding of the set is enough', {
      maritalStatus: { coding: [coding(OTHER_CODES, 'x'), coding(CODES, 'b')] },
    }),
    ok('a code of a whole system', { language: 'green' }),
    ok('a code deep in the hierarchy', { language: 'poppy' }),
    ok('is-a holds its own root', contact(concept(COLOURS, 'red'))),
    ok('is-a holds the third level', contact(concept(COLOURS, 'poppy'))),
    ok('a set inside a set', kind(concept(COLOURS, 'scarlet'))),
    ok('the other part of a mixed set', kind(concept(OTHER_CODES, 'a'))),
    ok('a Coding of the set', { meta: { tag: [coding(CODES, 'a')] } }),
    ok(
      'a set that cannot be expanded here is noted',
      { 'address.0.use': 'home' },
      'information terminology Patient.address[0].use',
    ),
    bad('a code outside the set', { maritalStatus: concept(CODES, 'c') }, 'binding Patient.maritalStatus'),
    bad(
      'a code of the set in another system',
      { maritalStatus: concept(OTHER_CODES, 'a') },
      'binding Patient.maritalStatus',
    ),
    bad('a coding without system', { maritalStatus: { coding: [{ code: 'a' }] } }, 'binding Patient.maritalStatus'),
    bad('text does not do for a required code', { maritalStatus: { text: 'a' } }, 'binding Patient.maritalStatus'),
    bad(
      'a display does not do for a code',
      { maritalStatus: { coding: [{ system: CODES, display: 'a' }] } },
      'binding Patient.maritalStatus',
    ),
    bad('a code that is not in the system', { language: 'mauve' }, 'binding Patient.language'),
    bad('a code beside the is-a root', contact(concept(COLOURS, 'blue')), `binding ${RELATIONSHIP}`),
    bad('an excluded code', contact(concept(COLOURS, 'crimson')), `binding ${RELATIONSHIP}`),
    bad(
      'the second repetition is outside',
      contact(concept(COLOURS, 'red'), concept(COLOURS, 'green')),
      'binding Patient.contact[0].relationship[1]',
    ),
    bad('a code of neither part', kind(concept(OTHER_CODES, 'b')), `binding ${KIND}`),
    bad(
      'a Coding outside the set',
      { meta: { tag: [coding(CODES, 'a'), coding(CODES, 'z')] } },
      'binding Patient.meta.tag[1]',
    ),
  ]),
  ...cases('required-binding', { of: UK_PATIENT }, [
    bad(
      'a verification status of the old word codes',
      {
        'identifier.0.extension': [
          {
            url: `${UK}/Extension-UKCore-NHSNumberVerificationStatus`,
            valueCodeableConcept: concept(
              'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus',
              'number-present-and-verified',
            ),
          },
        ],
      },
      'binding Patient.identifier[0].extension[0].valueCodeableConcept',
    ),
    ok('a verification status of England', {
      'identifier.0.extension': [
        {
          url: `${UK}/Extension-UKCore-NHSNumberVerificationStatus`,
          valueCodeableConcept: concept(
            'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland',
            '01',
          ),
        },
      ],
    }),
  ]),
  ...cases('extensible-binding', extensible, [
    ok(
      'a code of the extensible set',
      { maritalStatus: concept(CODES, 'a') },
      'no warning binding Patient.maritalStatus',
    ),
    ok(
      'a code of the set beside one of another system',
      { maritalStatus: { coding: [coding(OTHER_CODES, 'x'), coding(CODES, 'a')] } },
      'no warning binding Patient.maritalStatus',
    ),
    ok(
      'a code of another system is warned of',
      { maritalStatus: concept(OTHER_CODES, 'x') },
      'warning binding Patient.maritalStatus',
    ),
    ok(
      'a code of the same system outside the set is warned of',
      { maritalStatus: concept(CODES, 'c') },
      'warning binding Patient.maritalStatus',
    ),
    ok('an excluded code is warned of', contact(concept(COLOURS, 'crimson')), `warning binding ${RELATIONSHIP}`),
    ok('is-a in an extensible set', contact(concept(COLOURS, 'poppy')), `no warning binding ${RELATIONSHIP}`),
    ok(
      'a Coding outside an extensible set',
      { meta: { tag: [coding(CODES, 'a')] } },
      'warning binding Patient.meta.tag[0]',
    ),
    ok('a preferred set is not checked', { 'name.0.suffix': ['zz'] }, 'no warning binding Patient.name[0].suffix[0]'),
    bad(
      'an extensible set leaves other rules as they are',
      { maritalStatus: { coding: [{ system: CODES, code: ' a' }] } },
      'format Patient.maritalStatus.coding[0].code',
    ),
    bad(
      'an empty coding is a fault all the same',
      { maritalStatus: { coding: [] } },
      'empty Patient.maritalStatus.coding',
    ),
  ]),
  ...cases('max-value-set', maximal, [
    ok('a code of both sets', { maritalStatus: concept(COLOURS, 'red') }, 'no warning binding Patient.maritalStatus'),
    ok(
      'a code of the greatest set only is warned of',
      { maritalStatus: concept(COLOURS, 'blue') },
      'warning binding Patient.maritalStatus',
    ),
    ok(
      'a code the small set excludes, in the greatest set',
      { maritalStatus: concept(COLOURS, 'crimson') },
      'warning binding Patient.maritalStatus',
    ),
    ok('a second coding within the greatest set', {
      maritalStatus: { coding: [coding(OTHER_CODES, 'x'), coding(COLOURS, 'red')] },
    }),
    ok(
      'a Coding of the greatest set only',
      { meta: { tag: [coding(COLOURS, 'green')] } },
      'warning binding Patient.meta.tag[0]',
    ),
    ok('a greatest set made of sets', contact(concept(COLOURS, 'poppy')), `warning binding ${RELATIONSHIP}`),
    bad(
      'a code outside the greatest set',
      { maritalStatus: concept(COLOURS, 'mauve') },
      'binding Patient.maritalStatus',
    ),
    bad(
      'a code of another system than the greatest set',
      { maritalStatus: concept(OTHER_CODES, 'red') },
      'binding Patient.maritalStatus',
    ),
    bad('a Coding outside the greatest set', { meta: { tag: [coding(CODES, 'red')] } }, 'binding Patient.meta.tag[0]'),
    bad(
      'the second repetition outside the greatest set',
      contact(concept(COLOURS, 'red'), concept(CODES, 'c')),
      'binding Patient.contact[0].relationship[1]',
    ),
    bad('a code the greatest set excludes', contact(concept(COLOURS, 'crimson')), `binding ${RELATIONSHIP}`),
  ]),
];
