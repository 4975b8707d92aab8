/** What values may be: formats, fixed values and patterns, lengths and ranges, and invariants of base R4. */
import type { Case } from '../harness.js';
import {
  APPOINTMENT,
  BUNDLE,
  CODES,
  OBSERVATION,
  ORGANIZATION,
  OTHER_CODES,
  PARAMETERS,
  PATIENT,
  QUESTIONNAIRE,
  SLOT,
} from './examples.js';
import { bad, cases, change, coding, concept, NHS_NUMBER, ok, OWN, profile } from './kit.js';

const FIXED = profile('FixedPatient', 'Patient', {
  'Patient.active': { fixedBoolean: true },
  'Patient.gender': { fixedCode: 'female' },
  'Patient.maritalStatus': { fixedCodeableConcept: concept(CODES, 'm') },
  'Patient.multipleBirth[x]': { fixedInteger: 1 },
  'Patient.name.use': { fixedCode: 'official' },
  'Patient.contact.relationship.coding': { fixedCoding: coding(CODES, 'cy') },
});
const fixed = { of: PATIENT, profiles: [`${OWN}/FixedPatient`], definitions: [FIXED] };

const PATTERN = profile('PatternPatient', 'Patient', {
  'Patient.maritalStatus': { patternCodeableConcept: concept(CODES, 'm') },
  'Patient.identifier': { patternIdentifier: { system: NHS_NUMBER, type: { text: 'n' } } },
  'Patient.birthDate': { patternDate: '1984-02-29' },
  'Patient.name.period': { patternPeriod: { start: '2001' } },
});
const pattern = {
  of: { ...PATIENT, identifier: [{ system: NHS_NUMBER, value: '9990000018', type: { text: 'n' } }] },
  profiles: [`${OWN}/PatternPatient`],
  definitions: [PATTERN],
};

const LIMITED = profile('LimitedObservation', 'Observation', {
  'Observation.code.text': { maxLength: 5 },
  'Observation.value[x]': { type: [{ code: 'integer' }], minValueInteger: 10, maxValueInteger: 20 },
  'Observation.issued': { minValueInstant: '2026-01-01T00:00:00Z' },
  'Observation.effective[x]': { type: [{ code: 'dateTime' }], maxValueDateTime: '2026-12-31' },
  'Observation.referenceRange.text': { maxLength: 3 },
});
const limited = {
  of: change(OBSERVATION, { valueQuantity: undefined, valueInteger: 15 }),
  profiles: [`${OWN}/LimitedObservation`],
  definitions: [LIMITED],
};

export const VALUE_CASES: readonly Case[] = [
  ...cases('format', { of: PATIENT }, [
    ok('a date of a year only', { birthDate: '1984' }),
    ok('a date of year and month', { birthDate: '1984-12' }),
    ok('the leap day of 2000', { birthDate: '2000-02-29' }),
    ok('an id of 64 characters', { id: 'x'.repeat(64) }),
    ok('rank 1 is the least positiveInt', { 'telecom.0.rank': 1 }),
    ok('a dateTime with fractions and zone', { deceasedDateTime: '2026-07-01T10:00:00.123456+01:00' }),
    ok('an oid', { extension: [{ url: 'urn:x', valueOid: 'urn:oid:2.16.840.1' }] }),
    ok('a code with one blank inside', { extension: [{ url: 'urn:x', valueCode: 'a b' }] }),
    bad('no leap day in 1900', { birthDate: '1900-02-29' }, 'format Patient.birthDate'),
    bad('no 31st of April', { birthDate: '1984-04-31' }, 'format Patient.birthDate'),
    bad('a date in local order', { birthDate: '29/02/1984' }, 'format Patient.birthDate'),
    bad('a date has no time', { birthDate: '1984-02-29T10:00:00Z' }, 'format Patient.birthDate'),
    bad('a month without its zero', { birthDate: '1984-2' }, 'format Patient.birthDate'),
    bad('a date with a blank behind it', { birthDate: '1984-02-29 ' }, 'format Patient.birthDate'),
    bad(
      'a dateTime with a time has a zone',
      { deceasedDateTime: '2026-07-01T10:00:00' },
      'format Patient.deceasedDateTime',
    ),
    bad(
      'a dateTime with a time has seconds',
      { deceasedDateTime: '2026-07-01T10:00Z' },
      'format Patient.deceasedDateTime',
    ),
    bad('an id of 65 characters', { id: 'x'.repeat(65) }, 'format Patient.id'),
    bad('an id with an underscore', { id: 'p_1' }, 'format Patient.id'),
    bad('zero is no positiveInt', { 'telecom.0.rank': 0 }, 'format Patient.telecom[0].rank'),
    bad('a fraction is no integer', { multipleBirthInteger: 1.5 }, 'format Patient.multipleBirthInteger'),
    bad('an integer beyond 32 bits', { multipleBirthInteger: 2_147_483_648 }, 'format Patient.multipleBirthInteger'),
    bad('a uri with a blank', { 'identifier.0.system': 'https://a b' }, 'format Patient.identifier[0].system'),
    bad('a code with two blanks together', { language: 'en  GB' }, 'format Patient.language'),
    bad(
      'base64 that is cut off',
      { photo: [{ contentType: 'image/png', data: 'QUJ' }] },
      'format Patient.photo[0].data',
    ),
    bad(
      'an oid without its prefix',
      { extension: [{ url: 'urn:x', valueOid: '2.16.840.1' }] },
      'format Patient.extension[0].valueOid',
    ),
    bad(
      'a uuid in capitals',
      { extension: [{ url: 'urn:x', valueUuid: 'urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0' }] },
      'format Patient.extension[0].valueUuid',
    ),
    bad(
      'a time with a zone',
      { extension: [{ url: 'urn:x', valueTime: '10:00:00Z' }] },
      'format Patient.extension[0].valueTime',
    ),
    bad(
      'an unsignedInt below zero',
      { extension: [{ url: 'urn:x', valueUnsignedInt: -1 }] },
      'format Patient.extension[0].valueUnsignedInt',
    ),
  ]),
  ...cases('format', { of: SLOT }, [
    ok('the second 60 of R4, for a leap', { start: '2026-06-30T23:59:60Z' }),
    ok('an instant in UTC with fractions', { start: '2026-07-01T13:15:00.000Z' }),
    bad('an instant is no date', { start: '2026-07-01' }, 'format Slot.start'),
    bad('an instant has a zone', { start: '2026-07-01T14:15:00' }, 'format Slot.start'),
    bad('an instant has seconds', { start: '2026-07-01T14:15+01:00' }, 'format Slot.start'),
    bad('no hour 25', { end: '2026-07-01T25:00:00Z' }, 'format Slot.end'),
    bad('no minute 60', { end: '2026-07-01T14:60:00Z' }, 'format Slot.end'),
    bad('a blank in place of the T', { end: '2026-07-01 14:30:00Z' }, 'format Slot.end'),
    bad('no zone 15 hours away', { end: '2026-07-01T14:30:00+15:00' }, 'format Slot.end'),
  ]),
  ...cases('fixed', fixed, [
    ok('fixed values that are met', { maritalStatus: concept(CODES, 'm'), multipleBirthInteger: 1 }),
    ok('a fixed value does not ask for the element', { gender: undefined, active: undefined }),
    ok('a fixed Coding with its members in another order', {
      contact: [{ name: { text: 'Bo' }, relationship: [{ coding: [{ code: 'cy', system: CODES }] }] }],
    }),
    bad('another boolean', { active: false }, 'fixed Patient.active'),
    bad('another code', { gender: 'male' }, 'fixed Patient.gender'),
    bad('another code in the second item', { 'name.1': { use: 'usual', family: 'Ade' } }, 'fixed Patient.name[1].use'),
    bad('another integer', { multipleBirthInteger: 2 }, 'fixed Patient.multipleBirthInteger'),
    bad('another code in a fixed concept', { maritalStatus: concept(CODES, 'M') }, 'fixed Patient.maritalStatus'),
    bad(
      'a fixed concept has nothing besides',
      { maritalStatus: { ...concept(CODES, 'm'), text: 'Married' } },
      'fixed Patient.maritalStatus',
    ),
    bad(
      'a fixed concept has no second coding',
      { maritalStatus: { coding: [coding(CODES, 'm'), coding(OTHER_CODES, 'm')] } },
      'fixed Patient.maritalStatus',
    ),
    bad(
      'a fixed Coding without its system',
      { contact: [{ name: { text: 'Bo' }, relationship: [{ coding: [{ code: 'cy' }] }] }] },
      'fixed Patient.contact[0].relationship[0].coding[0]',
    ),
    bad(
      'each repetition has the fixed value',
      { contact: [{ name: { text: 'Bo' }, relationship: [{ coding: [coding(CODES, 'cy'), coding(CODES, 'en')] }] }] },
      'fixed Patient.contact[0].relationship[0].coding[1]',
    ),
  ]),
  ...cases('pattern', pattern, [
    ok('patterns that are met', { maritalStatus: concept(CODES, 'm') }),
    ok('more than the pattern asks for', {
      maritalStatus: { coding: [{ ...coding(CODES, 'm'), display: 'Married' }], text: 'Married' },
    }),
    ok('the pattern in the second coding', {
      maritalStatus: { coding: [coding(OTHER_CODES, 'x'), coding(CODES, 'm')] },
    }),
    ok('a Period with an end besides', { 'name.0.period': { start: '2001', end: '2002' } }),
    ok('a pattern does not ask for the element', { birthDate: undefined }),
    bad('a concept of another code', { maritalStatus: concept(CODES, 'x') }, 'pattern Patient.maritalStatus'),
    bad(
      'the right code of another system',
      { maritalStatus: concept(OTHER_CODES, 'm') },
      'pattern Patient.maritalStatus',
    ),
    bad(
      'system and code of the pattern in two codings',
      { maritalStatus: { coding: [coding(CODES, 'x'), coding(OTHER_CODES, 'm')] } },
      'pattern Patient.maritalStatus',
    ),
    bad('text in place of the coding', { maritalStatus: { text: 'm' } }, 'pattern Patient.maritalStatus'),
    bad(
      'another system in an Identifier',
      { 'identifier.0.system': 'https://other.example/id' },
      'pattern Patient.identifier[0]',
    ),
    bad('an inner part of the pattern is missing', { 'identifier.0.type': undefined }, 'pattern Patient.identifier[0]'),
    bad(
      'each repetition meets the pattern',
      { 'identifier.1': { system: NHS_NUMBER, value: '9990000026' } },
      'pattern Patient.identifier[1]',
    ),
    bad('a primitive pattern is its value', { birthDate: '1984-02' }, 'pattern Patient.birthDate'),
    bad(
      'a Period that starts at another time',
      { 'name.0.period': { start: '2001-01' } },
      'pattern Patient.name[0].period',
    ),
  ]),
  ...cases('length-range', limited, [
    ok('a text of the greatest length', { 'code.text': '12345' }),
    ok('length is counted in characters, not bytes', { 'code.text': 'äöüßé' }),
    ok('the least integer', { valueInteger: 10 }),
    ok('the greatest integer', { valueInteger: 20 }),
    ok('the first instant allowed, in another zone', { issued: '2026-01-01T01:00:00+01:00' }),
    ok('the last day allowed', { effectiveDateTime: '2026-12-31' }),
    bad('a text one character too long', { 'code.text': '123456' }, 'range Observation.code.text'),
    bad('an integer one too small', { valueInteger: 9 }, 'range Observation.valueInteger'),
    bad('an integer one too great', { valueInteger: 21 }, 'range Observation.valueInteger'),
    bad('an instant a second too early', { issued: '2025-12-31T23:59:59Z' }, 'range Observation.issued'),
    bad('an instant too early by its zone', { issued: '2026-01-01T00:30:00+01:00' }, 'range Observation.issued'),
    bad('a day too late', { effectiveDateTime: '2027-01-01' }, 'range Observation.effectiveDateTime'),
    bad(
      'a text too long in the second item',
      { referenceRange: [{ text: 'abc' }, { text: 'abcd' }] },
      'range Observation.referenceRange[1].text',
    ),
  ]),
  ...cases('invariant', { of: APPOINTMENT }, [
    ok('app-1: a type does for an actor', { 'participant.0': { type: [{ text: 'x' }], status: 'accepted' } }),
    bad(
      'app-1: a participant has type or actor',
      { 'participant.0.actor': undefined },
      'invariant:app-1 Appointment.participant[0]',
    ),
    ok('app-2, app-3: a proposal without times', { status: 'proposed', start: undefined, end: undefined }),
    ok('app-3: waiting without times', { status: 'waitlist', start: undefined, end: undefined }),
    bad('app-3: booked without times', { start: undefined, end: undefined }, 'invariant:app-3 Appointment'),
    bad('app-2: a start without an end', { status: 'proposed', end: undefined }, 'invariant:app-2 Appointment'),
    bad(
      'app-2, app-3: booked with a start only',
      { end: undefined },
      'invariant:app-2 Appointment',
      'invariant:app-3 Appointment',
    ),
    ok('app-4: a reason for one who did not come', { status: 'noshow', cancelationReason: { text: 'x' } }),
    bad(
      'app-4: a reason for cancelling what is booked',
      { cancelationReason: { text: 'x' } },
      'invariant:app-4 Appointment',
    ),
    bad(
      'ref-1: a fragment without a contained resource',
      { 'participant.0.actor.reference': '#p' },
      'invariant:ref-1 Appointment.participant[0].actor',
    ),
    ok('per-1: a period of one day', { requestedPeriod: [{ start: '2026-07-01', end: '2026-07-01' }] }),
    bad(
      'per-1: a period that ends before it starts',
      { requestedPeriod: [{ start: '2026-07-02', end: '2026-07-01' }] },
      'invariant:per-1 Appointment.requestedPeriod[0]',
    ),
    bad(
      'ext-1: value and extensions in one',
      { extension: [{ url: 'urn:x', valueCode: 'x', extension: [{ url: 'y', valueCode: 'y' }] }] },
      'invariant:ext-1 Appointment.extension[0]',
    ),
    bad(
      'ext-1: neither value nor extensions',
      { extension: [{ url: 'urn:x' }] },
      'invariant:ext-1 Appointment.extension[0]',
    ),
  ]),
  ...cases('invariant', { of: PATIENT }, [
    ok('pat-1: a contact by telecom only', { contact: [{ telecom: [{ system: 'phone', value: '01632 960123' }] }] }),
    bad('pat-1: a contact of a gender only', { contact: [{ gender: 'male' }] }, 'invariant:pat-1 Patient.contact[0]'),
    bad('cpt-2: a number without its system', { 'telecom.0.system': undefined }, 'invariant:cpt-2 Patient.telecom[0]'),
    bad('att-1: data without its media type', { photo: [{ data: 'QUJD' }] }, 'invariant:att-1 Patient.photo[0]'),
  ]),
  ...cases('invariant', { of: ORGANIZATION }, [
    ok('org-1: a name without identifier', { identifier: undefined }),
    bad(
      'org-1: neither name nor identifier',
      { identifier: undefined, name: undefined },
      'invariant:org-1 Organization',
    ),
    bad('org-3: a home telephone', { 'telecom.0.use': 'home' }, 'invariant:org-3 Organization.telecom[0]'),
  ]),
  ...cases('invariant', { of: OBSERVATION }, [
    bad(
      'obs-6: a value and a reason for its absence',
      { dataAbsentReason: { text: 'x' } },
      'invariant:obs-6 Observation',
    ),
    bad(
      'obs-3: a range without limits or text',
      { referenceRange: [{ type: { text: 'x' } }] },
      'invariant:obs-3 Observation.referenceRange[0]',
    ),
    bad(
      'qty-3: a unit code without its system',
      { 'valueQuantity.code': '/min' },
      'invariant:qty-3 Observation.valueQuantity',
    ),
  ]),
  ...cases('invariant', { of: QUESTIONNAIRE }, [
    bad('que-2: a linkId that stands twice', { 'item.0.item.0.linkId': '1' }, 'invariant:que-2 Questionnaire'),
    bad(
      'que-12: three conditions without a behaviour',
      {
        'item.0.item.0.item.0.enableWhen': ['1', '2', '3'].map((question) => ({
          question,
          operator: '=',
          answerString: 'x',
        })),
      },
      'invariant:que-12 Questionnaire.item[0].item[0].item[0]',
    ),
  ]),
  ...cases('invariant', { of: PARAMETERS }, [
    ok('inv-1: a value', { 'parameter.0': { name: 'a', valueBoolean: false } }),
    bad(
      'inv-1: a parameter without content',
      { 'parameter.0': { name: 'a' } },
      'invariant:inv-1 Parameters.parameter[0]',
    ),
    bad('inv-1: a value and parts', { 'parameter.0.valueString': 'x' }, 'invariant:inv-1 Parameters.parameter[0]'),
  ]),
  ...cases('bundle-entry', { of: BUNDLE }, [
    ok('a searchset with matches and what they include', {}),
    bad(
      'bdl-1: a total in a collection',
      { type: 'collection', 'entry.0.search': undefined, 'entry.1.search': undefined },
      'invariant:bdl-1 Bundle',
    ),
    bad('bdl-2: search modes in a collection', { type: 'collection', total: undefined }, 'invariant:bdl-2 Bundle'),
    bad(
      'bdl-3: a request in a searchset',
      { 'entry.0.request': { method: 'GET', url: 'x' } },
      'invariant:bdl-3 Bundle',
    ),
    bad(
      'bdl-5: an entry of a search mode only',
      { 'entry.2': { search: { mode: 'match' } } },
      'invariant:bdl-5 Bundle.entry[2]',
    ),
    bad(
      'bdl-7: the same fullUrl twice',
      { 'entry.2': { fullUrl: 'https://gateway.example/R4/Patient/p-1', resource: PATIENT } },
      'invariant:bdl-7 Bundle',
    ),
  ]),
];
