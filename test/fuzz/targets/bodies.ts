/**
 * Bodies of requests, from their bytes to what the core is asked to do: read within bounds, judged against the profiles,
 * and taken apart.
 */
import { createPracticeZone } from '../../../src/domain/time.js';
import { stu3Representation as stu3 } from '../../../src/fhir/stu3/index.js';
import { createXmlCodec } from '../../../src/fhir/xml/index.js';
import { validBody, type BodyRules } from '../../../src/http/request/faults.js';
import { BODY_LIMITS, parseJsonBody } from '../../../src/http/request/json-body.js';
import { parseXmlBody } from '../../../src/http/request/xml-body.js';
import { createValidator, loadBaseDefinitions } from '../../../src/validation/index.js';
import { toXml } from '../../support/xml-bodies.js';
import { BrokenPromise, CANARIES, CANARY, fixturesOf, isNamed, refusedOr, type Target } from './target.js';

const zone = createPracticeZone('Europe/London');
const validator = createValidator({ release: 'stu3', quoteValues: false, quietTerminology: true, maxIssues: 20 });
const APPOINTMENT: BodyRules = { type: 'Appointment', holds: ['Organization'] };
const REGISTRATION: BodyRules = { type: 'Parameters', holds: ['Patient'] };

const bodies = ['parse-a-booking', 'parse-a-cancellation', 'parse-an-amendment', 'parse-a-registration'].flatMap(
  (operation) => fixturesOf(`stu3/${operation}/`, '.input.json'),
);
/** The same once more with what a patient may have written in every text of a free kind. */
const marked = JSON.parse(
  JSON.stringify(bodies).replace(
    /"(description|comment|text|family|valueString|display)":"[^"]*"/g,
    `"$1":"${CANARY}"`,
  ),
) as unknown[];

function judge(body: unknown): void {
  const named = isNamed(body);
  const { resourceType } = (body ?? {}) as { resourceType?: unknown };
  const rules = resourceType === 'Parameters' ? REGISTRATION : APPOINTMENT;
  if (resourceType === 'Appointment') refusedOr(() => stu3.refuseBlankReason(body), named);
  const valid = refusedOr(() => validBody(validator, body, rules), named);
  if (!valid) return;
  if (rules === REGISTRATION) refusedOr(() => stu3.parseRegistration(valid.value), named);
  else {
    refusedOr(() => stu3.parseBooking(valid.value, zone), named);
    refusedOr(() => stu3.parseAmendment(valid.value, zone), named);
    refusedOr(() => stu3.parseCancellation(valid.value, zone), named);
  }
}

/** Counts members on the way, and holds what was let through to the bounds. */
function membersOf(value: unknown, depth = 1): number {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new BrokenPromise('a number that is none');
  if (typeof value === 'string') expectClean(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > BODY_LIMITS.depth) throw new BrokenPromise('deeper than the bound');
  if (Array.isArray(value)) {
    if (value.length > BODY_LIMITS.arrayItems) throw new BrokenPromise('more items than the bound');
    return value.reduce((sum: number, item) => sum + membersOf(item, depth + 1), 0);
  }
  return Object.entries(value).reduce((sum, [key, part]) => {
    expectClean(key);
    if (['__proto__', 'constructor', 'prototype'].includes(key)) throw new BrokenPromise('a forbidden name');
    return sum + 1 + membersOf(part, depth + 1);
  }, 0);
}

function expectClean(text: string): void {
  if (text.includes('\u0000') || !text.isWellFormed()) throw new BrokenPromise('a text that cannot be kept');
  if (text.length > BODY_LIMITS.stringLength) throw new BrokenPromise('a text longer than the bound');
}

const WORDS = [
  ...CANARIES,
  '"__proto__":',
  '"constructor"',
  '\\u0000',
  '\\ud800',
  '\u0000',
  '{"a":',
  '[[[[[[[[',
  ']]]]]]]]',
  '1e999',
  'resourceType',
  'Appointment',
  'Parameters',
  'Patient',
  'Organization',
  'contained',
  'extension',
  'modifierExtension',
  'url',
  'valueString',
  'valueReference',
  'valueCodeableConcept',
  'reference',
  '#booking-org',
  'Patient/1',
  'https://example.org/Patient/1',
  'identifier',
  'https://fhir.nhs.uk/Id/nhs-number',
  '9990000018',
  'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-GPConnect-AppointmentCancellationReason-1',
  'https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-Appointment-1',
  'cancelled',
  'booked',
  'participant',
  'description',
  'comment',
  '2027-01-14T09:20:00+00:00',
  '2027-02-30',
  'id',
  'fhir_comments',
  '_status',
  'start',
];

export const jsonBody: Target = {
  name: 'json-body',
  seeds: [...bodies, ...marked].map((body) => Buffer.from(JSON.stringify(body))),
  dictionary: WORDS,
  run(bytes) {
    const read = refusedOr(() => parseJsonBody(bytes));
    if (!read) return;
    const members = membersOf(read.value);
    // Members that the parser has dropped without a word stand in the text and not in the value.
    const written = bytes.toString('utf8').match(/"(?:[^"\\]|\\.)*"\s*:/g)?.length ?? 0;
    const colons = JSON.stringify(read.value).match(/"(?:[^"\\]|\\.)*"\s*:/g)?.length ?? 0;
    if (written > colons || members > BODY_LIMITS.keys) throw new BrokenPromise('a member was lost, or one too many');
    judge(read.value);
  },
};

const codec = createXmlCodec(loadBaseDefinitions('stu3'));

export const xmlBody: Target = {
  name: 'xml-body',
  seeds: [...bodies, ...marked].flatMap((body) => {
    const xml = toXml(body);
    return xml === undefined ? [] : [Buffer.from(xml)];
  }),
  dictionary: [
    ...WORDS.filter((word) => !word.includes('"')),
    '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></text>',
    '<div xmlns="http://www.w3.org/1999/xhtml">',
    '</div>',
    'xmlns="http://hl7.org/fhir"',
    'xmlns:f="http://hl7.org/fhir"',
    'xml:lang="en"',
    'xsi:schemaLocation=""',
    'value=""',
    `value="${CANARY}"`,
    '<__proto__ value="1"/>',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '&b;',
    '&amp;',
    '&#0;',
    '&#xD800;',
    '<![CDATA[x]]>',
    '<!-- x -->',
    '<?x y?>',
    '<?xml version="1.1" encoding="UTF-16"?>',
    '<contained><Patient/></contained>',
    '<minutesDuration value="10"/>',
    '/>',
    '\u00ef\u00bb\u00bf',
  ],
  run(bytes) {
    const read = refusedOr(() => parseXmlBody(bytes, codec));
    if (read) judge(read.value);
  },
};
