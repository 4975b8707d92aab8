/** What base R4 says about elements: which, how many, of which type. */
import type { Case } from '../harness.js';
import {
  APPOINTMENT,
  BUNDLE,
  HOLDER,
  OBSERVATION,
  PATIENT,
  QUESTIONNAIRE,
  SCHEDULE,
  SLOT,
  UK_PATIENT,
} from './examples.js';
import { bad, cases, ok, OWN, profile } from './kit.js';

const WHY = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
const unknown = { extension: [{ url: WHY, valueCode: 'unknown' }] };

/** The second entry where no reference finds it. */
const moved = { 'entry.1.fullUrl': 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' };

const NARROW = profile('NarrowPatient', 'Patient', {
  'Patient.name': { min: 1, max: '2' },
  'Patient.name.family': { min: 1 },
  'Patient.birthDate': { min: 1 },
  'Patient.maritalStatus': { max: '0' },
  'Patient.address.line': { max: '2' },
  'Patient.deceased[x]': { type: [{ code: 'dateTime' }] },
});
const narrow = { of: PATIENT, profiles: [`${OWN}/NarrowPatient`], definitions: [NARROW] };

const MEASURED = profile('MeasuredObservation', 'Observation', {
  'Observation.effective[x]': { min: 1 },
  'Observation.value[x]': { min: 1, type: [{ code: 'Quantity' }, { code: 'string' }] },
});
const measured = {
  of: { ...OBSERVATION, effectiveDateTime: '2026-07-01' },
  profiles: [`${OWN}/MeasuredObservation`],
  definitions: [MEASURED],
};

export const STRUCTURE_CASES: readonly Case[] = [
  ...cases('cardinality', { of: APPOINTMENT }, [
    ok('an Appointment with what it must have', {}),
    ok('one participant is enough', { 'participant.1': undefined }),
    ok('a required code may have an extension in place of its value', {
      status: undefined,
      _status: unknown,
      end: '2026-07-01T15:00:00Z',
    }),
    bad('an Appointment has a status', { status: undefined }, 'cardinality Appointment.status'),
    bad('an Appointment has participants', { participant: undefined }, 'cardinality Appointment.participant'),
    bad(
      'a participant has a status',
      { 'participant.1.status': undefined },
      'cardinality Appointment.participant[1].status',
    ),
    bad(
      'each participant without status is named',
      { 'participant.0.status': undefined, 'participant.1.status': undefined },
      'cardinality Appointment.participant[0].status',
      'cardinality Appointment.participant[1].status',
    ),
    bad('an extension has a url', { extension: [{ valueString: 'x' }] }, 'cardinality Appointment.extension[0].url'),
  ]),
  ...cases('cardinality', { of: SLOT }, [
    bad('a Slot has a schedule', { schedule: undefined }, 'cardinality Slot.schedule'),
    bad('a Slot has a start', { start: undefined }, 'cardinality Slot.start'),
    bad('a Slot has an end', { end: undefined }, 'cardinality Slot.end'),
  ]),
  ...cases('cardinality', { of: SCHEDULE }, [
    ok('a Schedule may have several actors', { 'actor.1': { reference: 'Practitioner/n-1' } }),
    bad('a Schedule has an actor', { actor: undefined }, 'cardinality Schedule.actor'),
  ]),
  ...cases('cardinality', narrow, [
    ok('a profile raises the least number and it is met', {}),
    ok('as many names as the profile allows', { 'name.1': { family: 'Ade' } }),
    ok('as many address lines as the profile allows', { 'address.0.line': ['4', 'Weir Lane'] }),
    bad('a profile wants a name', { name: undefined }, 'cardinality Patient.name'),
    bad('a profile wants a birth date', { birthDate: undefined }, 'cardinality Patient.birthDate'),
    bad(
      'more names than the profile allows',
      { 'name.1': { family: 'Ade' }, 'name.2': { family: 'Bo' } },
      'cardinality Patient.name',
    ),
    bad(
      'a child is missing in the second name only',
      { 'name.1': { given: ['Bo'] } },
      'cardinality Patient.name[1].family',
    ),
    bad('an element the profile prohibits', { maritalStatus: { text: 'x' } }, 'cardinality Patient.maritalStatus'),
    bad('one address line too many', { 'address.0.line': ['1', '2', '3'] }, 'cardinality Patient.address[0].line'),
  ]),
  ...cases('type', { of: PATIENT }, [
    ok('false is a boolean', { active: false }),
    ok('a whole number is a decimal', { 'address.0.extension': [{ url: 'urn:x', valueDecimal: 1 }] }),
    ok('a string of digits is a string', { 'name.0.family': '7' }),
    bad('a boolean is no string', { active: 'true' }, 'type Patient.active'),
    bad('a string is no number', { 'name.0.family': 7 }, 'type Patient.name[0].family'),
    bad('a number is no string', { 'telecom.0.rank': '1' }, 'type Patient.telecom[0].rank'),
    bad('a repeating element is an array', { name: { family: 'Okafor' } }, 'type Patient.name'),
    bad('a single element is no array', { gender: ['female'] }, 'type Patient.gender'),
    bad('an object where a primitive stands', { birthDate: { value: '1984-02-29' } }, 'type Patient.birthDate'),
    bad('a string where an object stands', { 'name.0': 'Ada Okafor' }, 'type Patient.name[0]'),
    bad('null where an object stands', { 'address.0': null }, 'type Patient.address[0]'),
    bad('null where a primitive stands', { gender: null }, 'type Patient.gender'),
    bad('an array inside an array', { 'name.0.given': [['Ada']] }, 'type Patient.name[0].given[0]'),
    bad(
      'a single Reference is no array',
      { managingOrganization: [{ reference: 'Organization/o-1' }] },
      'type Patient.managingOrganization',
    ),
  ]),
  ...cases('type', narrow, [
    bad('a type the profile removed from a choice', { deceasedBoolean: true }, 'type Patient.deceasedBoolean'),
    ok('the type the profile left of a choice', { deceasedDateTime: '2026-01-02' }),
  ]),
  ...cases('choice', { of: OBSERVATION }, [
    ok('a Quantity as value', {}),
    ok('a string as value', { valueQuantity: undefined, valueString: 'x' }),
    ok('false as value', { valueQuantity: undefined, valueBoolean: false }),
    ok('zero as value', { valueQuantity: undefined, valueInteger: 0 }),
    ok('no value at all', { valueQuantity: undefined }),
    ok('a value by its extension alone', { valueQuantity: undefined, _valueString: unknown }),
    ok('two choices of different elements', { effectiveInstant: '2026-07-01T10:00:00Z' }),
    bad('two types of one choice', { valueString: 'x' }, 'cardinality Observation.value'),
    bad(
      'two types of one choice, one by its extension half',
      { _valueString: unknown },
      'cardinality Observation.value',
    ),
    bad('three types of one choice', { valueString: 'x', valueBoolean: true }, 'cardinality Observation.value'),
    bad('a choice without its type', { valueQuantity: undefined, value: 72 }, 'unknown-element Observation.value'),
    bad(
      'a type the choice does not have',
      { valueQuantity: undefined, valueDate: '2026-07-01' },
      'unknown-element Observation.valueDate',
    ),
    bad(
      'a type name in the wrong case',
      { valueQuantity: undefined, valuestring: 'x' },
      'unknown-element Observation.valuestring',
    ),
    bad(
      'a choice value of the wrong JSON type',
      { valueQuantity: undefined, valueBoolean: 'yes' },
      'type Observation.valueBoolean',
    ),
  ]),
  ...cases('choice', measured, [
    ok('a required choice is met by any of its types', {
      effectiveDateTime: undefined,
      effectivePeriod: { start: '2026' },
    }),
    ok('a profile leaves two types, the second one', { valueQuantity: undefined, valueString: 'x' }),
    bad('a required choice is missing', { valueQuantity: undefined }, 'cardinality Observation.value'),
    bad(
      'a required choice without type constraint is missing',
      { effectiveDateTime: undefined },
      'cardinality Observation.effective',
    ),
    bad(
      'a type of a choice that the profile removed',
      { valueQuantity: undefined, valueInteger: 1 },
      'type Observation.valueInteger',
    ),
  ]),
  ...cases('unknown-element', { of: PATIENT }, [
    ok('an element few know', { multipleBirthInteger: 2 }),
    ok('id on an inner element', { 'name.0.id': 'n-1' }),
    ok('implicitRules is an element of each resource', { implicitRules: 'https://rules.example/none' }),
    bad('a name nobody defined', { colour: 'red' }, 'unknown-element Patient.colour'),
    bad('a name in the wrong case', { BirthDate: '1984-02-29' }, 'unknown-element Patient.BirthDate'),
    bad('an unknown name inside', { 'name.0.middle': 'Lin' }, 'unknown-element Patient.name[0].middle'),
    bad('an element of another resource', { slot: [{ reference: 'Slot/s-1' }] }, 'unknown-element Patient.slot'),
    bad(
      'an element of STU3 that R4 dropped',
      { animal: { species: { text: 'cat' } } },
      'unknown-element Patient.animal',
    ),
    bad('an underscore half beside an object', { _name: [{ id: 'a' }] }, 'unknown-element Patient._name'),
    bad(
      'modifierExtension on a data type that has none',
      { 'name.0.modifierExtension': [{ url: 'urn:x', valueCode: 'x' }] },
      'unknown-element Patient.name[0].modifierExtension',
    ),
    bad(
      'resourceType inside a data type',
      { 'name.0.resourceType': 'HumanName' },
      'unknown-element Patient.name[0].resourceType',
    ),
  ]),
  ...cases('unknown-element', { of: APPOINTMENT }, [
    ok('cancelationReason has one l', { status: 'cancelled', cancelationReason: { text: 'x' } }),
    bad(
      'cancellationReason has one l too many',
      { cancellationReason: { text: 'x' } },
      'unknown-element Appointment.cancellationReason',
    ),
    bad('reason of STU3 is reasonCode in R4', { reason: [{ text: 'x' }] }, 'unknown-element Appointment.reason'),
  ]),
  ...cases('empty', { of: PATIENT }, [
    ok('text of one blank character more than nothing', { 'name.0.text': 'x' }),
    ok('an absent array is no empty one', { name: undefined }),
    ok('an object with an extension only', { 'name.0': { extension: [{ url: 'urn:x', valueCode: 'x' }] } }),
    bad('an empty string', { 'name.0.family': '' }, 'empty Patient.name[0].family'),
    bad('an empty array of objects', { name: [] }, 'empty Patient.name'),
    bad('an empty array of primitives', { 'name.0.given': [] }, 'empty Patient.name[0].given'),
    bad('an empty object in an array', { 'telecom.0': {} }, 'empty Patient.telecom[0]'),
    bad('an empty object', { maritalStatus: {} }, 'empty Patient.maritalStatus'),
    bad('an empty extension array', { extension: [] }, 'empty Patient.extension'),
    bad('an empty meta', { meta: {} }, 'empty Patient.meta'),
    bad('an empty string among others', { 'name.0.given': ['Ada', ''] }, 'empty Patient.name[0].given[1]'),
    bad('an empty array of contained resources', { contained: [] }, 'empty Patient.contained'),
    bad('an empty underscore half', { _birthDate: {} }, 'empty Patient.birthDate'),
  ]),
  ...cases('empty', { of: APPOINTMENT }, [
    bad('an empty array does not stand for a required element', { participant: [] }, 'empty Appointment.participant'),
    bad('an empty reference', { 'participant.0.actor': {} }, 'empty Appointment.participant[0].actor'),
  ]),
  ...cases('resource-type', { of: PATIENT, type: 'Patient' }, [
    ok('the type that was asked for', {}),
    ok('the type that was asked for, with nothing in it', {
      identifier: undefined,
      name: undefined,
      telecom: undefined,
    }),
    bad('another type than asked for', { resourceType: 'Practitioner' }, 'resource-type Patient'),
    bad('no resourceType', { resourceType: undefined }, 'resource-type Patient'),
    bad('a resourceType nobody knows', { resourceType: 'Person2' }, 'resource-type Patient'),
    bad('a resourceType in the wrong case', { resourceType: 'patient' }, 'resource-type Patient'),
    bad('a resourceType that is no string', { resourceType: 7 }, 'resource-type Patient'),
    bad('a data type is no resource', { resourceType: 'HumanName' }, 'resource-type Patient'),
    bad('an abstract type is no resource', { resourceType: 'DomainResource' }, 'resource-type Patient'),
  ]),
  ...cases('resource-type', { of: HOLDER }, [
    bad(
      'a contained resource of unknown type',
      { 'contained.0.resourceType': 'Organisation' },
      'resource-type Appointment.contained[0]',
    ),
    bad(
      'a contained resource without type',
      { 'contained.0.resourceType': undefined },
      'resource-type Appointment.contained[0]',
    ),
  ]),
  ...cases('resource-type', { of: BUNDLE }, [
    ok('an entry of a type of its own', {
      ...moved,
      'entry.1.resource': { resourceType: 'Basic', code: { text: 'x' } },
    }),
    bad(
      'an entry of unknown type',
      { ...moved, 'entry.1.resource.resourceType': 'Client' },
      'resource-type Bundle.entry[1].resource',
    ),
    bad(
      'an entry of a type that R4 dropped',
      { ...moved, 'entry.1.resource': { resourceType: 'ReferralRequest' } },
      'resource-type Bundle.entry[1].resource',
    ),
  ]),
  ...cases('primitive-extension', { of: PATIENT }, [
    ok('an extension beside a value', { _birthDate: unknown }),
    ok('an extension in place of a value', { birthDate: undefined, _birthDate: unknown }),
    ok('an id beside a value', { _gender: { id: 'g' } }),
    ok('null fills the place of an extended item', { 'name.0.given': ['Ada', null], 'name.0._given': [null, unknown] }),
    ok('null fills the place of an item without extension', { 'name.0._given': [null, unknown] }),
    ok('both halves at one place', { 'name.0._given': [unknown, null] }),
    ok('all items by extension only', { 'name.0.given': undefined, 'name.0._given': [unknown] }),
    bad(
      'null on both sides',
      { 'name.0.given': ['Ada', null], 'name.0._given': [unknown, null] },
      'empty Patient.name[0].given[1]',
    ),
    bad(
      'null among values without an underscore half',
      { 'name.0.given': ['Ada', null] },
      'empty Patient.name[0].given[1]',
    ),
    bad('the underscore half is no string', { _birthDate: 'x' }, 'type Patient.birthDate'),
    bad('the underscore half of a single primitive is no array', { _birthDate: [unknown] }, 'type Patient.birthDate'),
    bad(
      'the underscore half of a repeating primitive is an array',
      { 'name.0._given': unknown },
      'type Patient.name[0].given',
    ),
    bad(
      'an unknown element in the underscore half',
      { _birthDate: { ...unknown, why: 'x' } },
      'unknown-element Patient.birthDate.why',
    ),
    bad(
      'an extension without url in the underscore half',
      { _gender: { extension: [{ valueCode: 'x' }] } },
      'cardinality Patient.gender.extension[0].url',
    ),
    bad('an underscore half for an element nobody defined', { _colour: unknown }, 'unknown-element Patient._colour'),
    bad(
      'a malformed value inside the underscore half',
      { _gender: { extension: [{ url: 'urn:x', valueCode: ' x' }] } },
      'format Patient.gender.extension[0].valueCode',
    ),
  ]),
  ...cases('primitive-extension', { of: UK_PATIENT }, [
    ok('the time of birth beside the date', {
      _birthDate: {
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: '1984-02-29T04:05:06Z' },
        ],
      },
    }),
    bad(
      'the time of birth has to be a dateTime',
      {
        _birthDate: {
          extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueString: 'noon' }],
        },
      },
      'type Patient.birthDate.extension[0].valueString',
    ),
  ]),
  ...cases('content-reference', { of: QUESTIONNAIRE }, [
    ok('items inside items', {}),
    ok('an item has children of its own kind at any depth', {
      'item.0.item.0.item.0': { linkId: 'x', type: 'group', item: [{ linkId: 'y', type: 'date' }] },
    }),
    bad(
      'a nested item has a linkId',
      { 'item.0.item.0.linkId': undefined },
      'cardinality Questionnaire.item[0].item[0].linkId',
    ),
    bad(
      'an initial value three levels down has its value',
      { 'item.0.item.0.item.0.initial': [{ extension: [{ url: 'urn:x', valueCode: 'x' }] }] },
      'cardinality Questionnaire.item[0].item[0].item[0].initial[0].value',
    ),
    bad(
      'an unknown element in a nested item',
      { 'item.0.item.0.label': 'x' },
      'unknown-element Questionnaire.item[0].item[0].label',
    ),
    bad(
      'a code outside the binding in a nested item',
      { 'item.0.item.0.item.0.type': 'word' },
      'binding Questionnaire.item[0].item[0].item[0].type',
    ),
    bad(
      'a wrong type in a nested item',
      { 'item.0.item.0.item.0.required': 'no' },
      'type Questionnaire.item[0].item[0].item[0].required',
    ),
    bad(
      'an invariant of a nested item',
      {
        'item.0.item.0.item.0.answerOption': [{ valueString: 'a' }],
        'item.0.item.0.item.0.answerValueSet': 'https://codes.example/vs',
      },
      'invariant:que-4 Questionnaire.item[0].item[0].item[0]',
    ),
  ]),
  ...cases('content-reference', { of: BUNDLE }, [
    ok('links of an entry are as those of the Bundle', { 'entry.0.link': [{ relation: 'self', url: 'urn:x' }] }),
    bad(
      'a link of an entry has a url',
      { 'entry.0.link': [{ relation: 'self' }] },
      'cardinality Bundle.entry[0].link[0].url',
    ),
  ]),
];
