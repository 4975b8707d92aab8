/** The rules for whole answers: status, headers, and which body an interaction promises. */
import { describe, expect, it } from 'vitest';
import { assertAnswer, SERVED, violationsOf, type AnswerUnderCheck } from '../support/profile-rules/answer.js';
import type { Json } from '../support/profile-rules/engine/shape.js';
import { PAIRS, SPINE } from '../support/profile-rules/lists/spine.js';
import { GROUND, SAMPLES, type SampleName } from './samples.js';

const COMMON = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'content-type': 'application/fhir+json;charset=utf-8',
};
const PLACE = 'https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/Appointment/appt-1/_history/7';

interface Spoiled extends Partial<Omit<AnswerUnderCheck, 'headers' | 'body'>> {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
}

function answer(sample: Json, request: Spoiled, spoiled: Spoiled = {}): AnswerUnderCheck {
  const body = 'body' in spoiled ? spoiled.body : sample;
  const headers = { ...COMMON, ...request.headers, ...spoiled.headers };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    method: 'GET',
    path: '/metadata',
    interactionId: undefined,
    prefer: undefined,
    addressee: 'A99901',
    zone: 'Europe/London',
    status: 200,
    text: body === undefined ? '' : JSON.stringify(body),
    asked: 'json',
    ...request,
    ...spoiled,
    body,
    headers: new Headers(given),
  };
}

const booked: Json = structuredClone<Json>(SAMPLES.Appointment.body);
booked.status = 'booked';
booked.extension.pop();

const slotPath = `/Slot?${GROUND.query.toString()}`;
const ETAG = { etag: 'W/"7"' };
const CREATED = { ...ETAG, location: PLACE, 'last-modified': 'Mon, 07 Jun 2027 09:05:12 GMT' };
const put = (kind: string): Spoiled => ({
  method: 'PUT',
  path: '/Appointment/appt-1',
  interactionId: `urn:nhs:names:services:gpconnect:fhir:rest:${kind}:appointment-1`,
  headers: ETAG,
});

/** One right answer of each interaction. */
const RIGHT: readonly (readonly [title: string, body: Json, request: Spoiled])[] = [
  ['capability statement', SAMPLES.CapabilityStatement.body, { path: '/metadata' }],
  ['find a patient', SAMPLES.patients.body, { path: '/Patient?identifier=x' }],
  ['read a patient', SAMPLES.Patient.body, { path: '/Patient/pat-1', headers: ETAG }],
  ['register a patient', SAMPLES.registered.body, { method: 'POST', path: '/Patient/$gpc.registerpatient' }],
  ['find a practitioner', SAMPLES.practitioners.body, { path: '/Practitioner?identifier=x' }],
  ['read a practitioner', SAMPLES.Practitioner.body, { path: '/Practitioner/prac-1', headers: ETAG }],
  ['find an organisation', SAMPLES.organisations.body, { path: '/Organization?identifier=x' }],
  ['read an organisation', SAMPLES.Organization.body, { path: '/Organization/org-1', headers: ETAG }],
  ['read a location', SAMPLES.Location.body, { path: '/Location/loc-1', headers: ETAG }],
  ['search for free slots', SAMPLES['free slots'].body, { path: slotPath }],
  ['book an appointment', booked, { method: 'POST', path: '/Appointment', status: 201, headers: CREATED }],
  [
    "retrieve a patient's appointments",
    SAMPLES.appointments.body,
    { path: '/Patient/pat-1/Appointment?start=ge2027-06-14&start=le2027-06-20' },
  ],
  ['read an appointment', SAMPLES.Appointment.body, { path: '/Appointment/appt-1', headers: ETAG }],
  ['amend an appointment', booked, put('update')],
  ['cancel an appointment', SAMPLES.Appointment.body, put('cancel')],
  [
    'search for free slots over a group',
    SAMPLES['federated slots'].body,
    { path: slotPath, addressee: 'federation/north', headers: { 'x-practices-answered': '1/2' } },
  ],
];
const of = (title: string): (typeof RIGHT)[number] => {
  const row = RIGHT.find(([name]) => name === title);
  if (!row) throw new Error(title);
  return row;
};
const refusal = (sample: SampleName = 'refusal'): Json => structuredClone<Json>(SAMPLES[sample].body);

describe('a right answer', () => {
  it.each(RIGHT)('to "%s" breaks no rule', (_title, body, request) => {
    expect(violationsOf(answer(body, request))).toEqual([]);
  });

  it('stands here for every interaction', () => {
    const titles = RIGHT.map(([title]) => title);
    expect(SERVED.map(({ title }) => title).filter((title) => !titles.includes(title))).toEqual([]);
    expect(SERVED).toHaveLength(15);
  });

  it.each(['book an appointment', 'amend an appointment', 'cancel an appointment'])(
    'to "%s" with return=minimal has no body',
    (title) => {
      const [, body, request] = of(title);
      const minimal = { prefer: 'return=minimal', body: undefined, headers: { 'content-type': undefined } };
      expect(violationsOf(answer(body, request, minimal))).toEqual([]);
      expect(violationsOf(answer(body, request, { prefer: 'return=minimal' })).map(({ rule }) => rule)).toEqual([
        'a write with return=minimal is answered without a body',
      ]);
    },
  );

  it.each(Object.entries(PAIRS).flatMap(([code, pairs]) => pairs.map((pair) => [code, pair] as const)))(
    'that refuses with %s may be %s',
    (code, pair) => {
      const [status, type] = pair.split(' ');
      const body = refusal();
      const [issue] = body.issue;
      issue.code = type;
      Object.assign(issue.details.coding[0], { code, display: SPINE.codes.get(code) });
      const headers = { 'retry-after': '5' };
      expect(violationsOf(answer(body, { status: Number(status), headers, path: '/anything' }))).toEqual([]);
    },
  );
});

const READ = 'read a patient';
const BOOK = 'book an appointment';

/** To which answer, what is done to it, and the rule that it then breaks. */
const WRONG: readonly (readonly [rule: string, title: string, spoiled: Spoiled])[] = [
  ['the status is one that the specification lists', READ, { status: 202 }],
  ['the status is one that the specification lists', READ, { status: 304 }],
  ['read a patient succeeds with 200', READ, { status: 201 }],
  ['book an appointment succeeds with 201', BOOK, { status: 200 }],
  ['Cache-Control contains no-store', READ, { headers: { 'cache-control': 'no-cache' } }],
  ['Cache-Control contains no-store', READ, { headers: { 'cache-control': undefined } }],
  ['HSTS SHALL be employed', READ, { headers: { 'strict-transport-security': undefined } }],
  ...[
    'application/fhir+json; charset=utf-8',
    'application/fhir+json',
    'application/fhir+json;charset=UTF-8',
    'application/json;charset=utf-8',
    undefined,
  ].map((type) => ['Content-Type is exact, without a space', READ, { headers: { 'content-type': type } }] as const),
  ['the answer comes in the format asked for', READ, { asked: 'xml' }],
  ['nothing but an interaction succeeds', READ, { path: '/Slot/1' }],
  ['nothing but an interaction succeeds', READ, { method: 'DELETE' }],
  ['nothing but an interaction succeeds', 'amend an appointment', { interactionId: 'rest:read:appointment-1' }],
  ...['W/"8"', '"7"', 'W/7', undefined].map(
    (etag) => ['ETag is W/"meta.versionId" of a single resource', READ, { headers: { etag } }] as const,
  ),
  ['the id is the one asked for', READ, { path: '/Patient/pat-2' }],
  ...[
    PLACE.replace('_history/7', '_history/8'),
    PLACE.replace('appt-1', 'appt-2'),
    '/Appointment/appt-1',
    undefined,
  ].map((location) => ['Location of what was created names id and version', BOOK, { headers: { location } }] as const),
  ['what was created says when', BOOK, { headers: { 'last-modified': undefined } }],
  ['only a write with return=minimal is answered without a body', READ, { body: undefined }],
  ['only a write with return=minimal is answered without a body', READ, { body: undefined, prefer: 'return=minimal' }],
  ['only a write with return=minimal is answered without a body', BOOK, { body: undefined }],
  ['book an appointment leaves the Appointment booked', BOOK, { body: { ...booked, status: 'pending' } }],
  ['cancel an appointment leaves the Appointment cancelled', 'cancel an appointment', { body: booked }],
  ['a cancelled Appointment says why', 'cancel an appointment', { body: { ...booked, status: 'cancelled' } }],
  [
    'a federated answer says how many practices answered',
    'search for free slots over a group',
    { headers: { 'x-practices-answered': undefined } },
  ],
  ['CareConnect-GPC-Patient-1.resourceType is always Patient', READ, { body: refusal() }],
  ['Retry-After says when to repeat', READ, { status: 503, body: refusal('missing practice') }],
  ['a refusal has no version and no place', READ, { status: 422, body: refusal() }],
  ['status, issue type and Spine code belong together', READ, { status: 400, body: refusal() }],
  ['OperationOutcome (error).resourceType is always OperationOutcome', READ, { status: 404 }],
  ['OperationOutcome (error) is an object', READ, { status: 500, body: undefined }],
];

describe('a wrong answer', () => {
  it.each(WRONG)('caught: %s (%s)', (rule, title, spoiled) => {
    const [, body, request] = of(title);
    expect(violationsOf(answer(body, request, spoiled)).map((violation) => violation.rule)).toContain(rule);
  });

  it.each([
    ['<Patient/>', 'the root element of XML is in the namespace of FHIR'],
    ['<Basic xmlns="http://hl7.org/fhir"/>', 'the root element of XML is the resource'],
    ['<!DOCTYPE x><Patient xmlns="http://hl7.org/fhir"/>', 'XML has no document type'],
  ])('caught: XML that is %s', (text, rule) => {
    const [, body, request] = of(READ);
    const headers = { 'content-type': 'application/fhir+xml;charset=utf-8' };
    const violations = violationsOf(answer(body, request, { text, asked: 'xml', headers }));
    expect(violations.map((violation) => violation.rule)).toContain(rule);
  });

  it('right XML breaks no rule', () => {
    const [, body, request] = of(READ);
    const text =
      '<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="pat-1"/></Patient>';
    const headers = { 'content-type': 'application/fhir+xml;charset=utf-8' };
    expect(violationsOf(answer(body, request, { text, asked: 'xml', headers }))).toEqual([]);
  });

  it('the complaint says where, which rule, and what was found, and what the validator says', () => {
    const [, body, request] = of(READ);
    const wrong = answer({ ...body, photo: [{ title: 'x' }] }, request);
    expect(() => assertAnswer(wrong)).toThrow(
      'the answer 200 to GET /Patient/pat-1 breaks 2 rule(s):\n' +
        '  Patient.photo: CareConnect-GPC-Patient-1.photo is 0..0: the profile prohibits it; found [{"title":"x"}]\n' +
        '  Patient.photo: Patient has photo, which CareConnect-GPC-Patient-1 prohibits; leave it out.',
    );
  });
});
