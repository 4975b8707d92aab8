/** Any request: one that is right, and one thing of it bent, now and then two. For properties that hold whatever is sent. */
import * as fc from 'fast-check';
import {
  INTERACTIONS,
  TOKEN_CLAIMS,
  type Bend,
  type InteractionName,
  type Json,
  type TestConsumer,
} from './consumer.js';
import { booked, bookingBody, freeSlots, patientId, registrationBody, slotPath } from './flow.js';

export interface Base {
  readonly name: InteractionName;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: Json;
}

/** Every interaction once; what they are about has been booked on the way. */
export async function basesOf(consumer: TestConsumer): Promise<readonly Base[]> {
  const [first, second] = await freeSlots(consumer);
  if (!first || !second) throw new Error('no slots');
  const patient = await patientId(consumer);
  const { body: appointment } = await booked(consumer, first, patient);
  const identifier = (system: string, value: string): string =>
    `?identifier=${encodeURIComponent(`https://fhir.nhs.uk/Id/${system}|${value}`)}`;
  const cancelled = {
    ...appointment,
    status: 'cancelled',
    extension: [
      ...(appointment.extension as Json[]),
      {
        url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-GPConnect-AppointmentCancellationReason-1',
        valueString: 'No longer needed',
      },
    ],
  };
  return [
    { name: 'metadata', method: 'GET', path: '/metadata' },
    { name: 'findPatient', method: 'GET', path: `/Patient${identifier('nhs-number', '9990000018')}` },
    { name: 'readPatient', method: 'GET', path: `/Patient/${patient}` },
    { name: 'register', method: 'POST', path: '/Patient/$gpc.registerpatient', body: registrationBody() },
    { name: 'findPractitioner', method: 'GET', path: `/Practitioner${identifier('sds-user-id', '555000111242')}` },
    { name: 'readPractitioner', method: 'GET', path: '/Practitioner/practitioner-a99901-42' },
    { name: 'findOrganization', method: 'GET', path: `/Organization${identifier('ods-organization-code', 'A99901')}` },
    { name: 'readOrganization', method: 'GET', path: '/Organization/A99901' },
    { name: 'readLocation', method: 'GET', path: '/Location/location-a99901-10' },
    { name: 'searchSlots', method: 'GET', path: slotPath() },
    { name: 'book', method: 'POST', path: '/Appointment', body: bookingBody(second, patient) },
    {
      name: 'retrieveAppointments',
      method: 'GET',
      path: `/Patient/${patient}/Appointment?start=ge2026-05-18&start=le2026-06-18`,
    },
    { name: 'readAppointment', method: 'GET', path: `/Appointment/${String(appointment.id)}` },
    { name: 'amend', method: 'PUT', path: `/Appointment/${String(appointment.id)}`, body: appointment },
    { name: 'cancel', method: 'PUT', path: `/Appointment/${String(appointment.id)}`, body: cancelled },
  ];
}

const HEADERS = [
  'Ssp-TraceID',
  'Ssp-From',
  'Ssp-To',
  'Ssp-InteractionID',
  'Accept',
  'Accept-Charset',
  'Content-Type',
  'Prefer',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'Accept-Encoding',
  'X-HTTP-Method-Override',
] as const;
/** What a header can hold at all: anything else never leaves the consumer's own HTTP library. */
const headerValue = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '*/*',
    'application/fhir+json',
    'application/fhir+xml',
    'text/html',
    'W/"1"',
    '"1"',
    'W/"99"',
    'return=minimal',
    'identity',
    ...Object.values(INTERACTIONS).map(([id]) => id),
  ),
  fc.string({ maxLength: 300, unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
);
const headers = fc.dictionary(fc.constantFrom(...HEADERS), fc.option(headerValue, { nil: undefined }), { maxKeys: 3 });

const CLAIMS = [...TOKEN_CLAIMS, 'requested_record', '__proto__'];
const claims = fc.dictionary(fc.constantFrom(...CLAIMS), fc.option(fc.jsonValue(), { nil: undefined }), { maxKeys: 2 });

const parameterName = fc.oneof(
  fc.constantFrom(
    'start',
    'end',
    'status',
    'identifier',
    '_include',
    '_include:recurse',
    'searchFilter',
    '_format',
    '_count',
    '_sort',
  ),
  fc.string({ maxLength: 20, unit: 'binary' }),
);
const parameterValue = fc.oneof(
  fc.constantFrom(
    'ge2026-05-18',
    'le2026-05-20',
    'ge2026-05-18T09:00:00+01:00',
    'le',
    'free',
    'busy',
    'xml',
    'json',
    'Slot:schedule',
    'https://fhir.nhs.uk/Id/nhs-number|9990000018',
    '|',
    'constructor',
  ),
  fc.string({ maxLength: 200, unit: 'binary' }),
);
const parameters = fc.array(fc.tuple(parameterName, parameterValue), { maxLength: 4 });

/** One place of a body and what happens to it, or a body that is something else altogether. */
const bodyChange = fc.oneof(
  fc.record({ at: fc.nat(), become: fc.oneof(fc.constantFrom('gone', 'twice', 'wrapped'), fc.jsonValue()) }),
  fc.record({ at: fc.nat(), add: fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.jsonValue()) }),
  fc.record({ text: fc.oneof(fc.string({ maxLength: 500, unit: 'binary' }), fc.json(), fc.constant('<Patient/>')) }),
);

interface Place {
  readonly holder: Json;
  readonly key: string | number;
}

function placesOf(value: Json, into: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return into;
  for (const key of Object.keys(value)) {
    into.push({ holder: value, key });
    placesOf(value[key], into);
  }
  return into;
}

function changedBody(body: Json, change: Json): unknown {
  if (typeof change.text === 'string') return change.text;
  const copy: Json = structuredClone(body);
  const places = placesOf(copy);
  const place = places[change.at % places.length];
  if (!place) return copy;
  const { holder, key } = place;
  const add = change.add as [string, Json] | undefined;
  if (add) {
    Object.defineProperty(Array.isArray(holder) ? copy : holder, add[0], { value: add[1], enumerable: true });
  } else if (change.become === 'gone') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (change.become === 'twice') holder[key] = [holder[key], holder[key]];
  else if (change.become === 'wrapped') holder[key] = { value: holder[key] };
  else holder[key] = change.become;
  return copy;
}

export interface Asked {
  readonly base: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly authorization?: string;
  readonly parameters?: readonly (readonly [string, string])[];
  readonly replaceQuery?: boolean;
  readonly body?: Json;
}

/** One thing is bent at a time, now and then two: with everything bent at once only the first check would be met. */
const bend: fc.Arbitrary<Omit<Asked, 'base'>> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      path: fc.constantFrom(
        '/Schedule/1',
        '/metadata/',
        '/Patient/%00',
        '/Patient/..%2f',
        '/$everything',
        '/',
        '/metaData',
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ headers }) },
  { weight: 3, arbitrary: fc.record({ claims }) },
  {
    weight: 1,
    arbitrary: fc.record({
      authorization: fc.oneof(
        headerValue,
        fc.base64String().map((text) => `Bearer ${text}.${text}.`),
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ parameters, replaceQuery: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ body: bodyChange }) },
);
export const anyRequest: fc.Arbitrary<Asked> = fc
  .tuple(fc.nat(), bend, fc.option(bend, { freq: 4, nil: undefined }))
  .map(([base, first, second]) => ({ base, ...first, ...second }));

export interface Sendable {
  readonly name: InteractionName;
  readonly method: string;
  readonly path: string;
  readonly bend: Bend;
  readonly body: unknown;
}

export function toSendable(bases: readonly Base[], asked: Asked): Sendable {
  const base = bases[asked.base % bases.length];
  if (!base) throw new Error('no such base');
  const [path = '', query = ''] = (asked.path ?? base.path).split('?');
  const search = new URLSearchParams(asked.replaceQuery === true ? '' : query);
  for (const [name, value] of asked.parameters ?? []) search.append(name, value);
  const bend: Bend = {
    ...(asked.headers && { headers: asked.headers }),
    ...(asked.claims && { claims: asked.claims }),
    ...(asked.authorization !== undefined && { authorization: asked.authorization }),
  };
  const method = asked.method ?? base.method;
  const body: unknown = base.body && asked.body ? changedBody(base.body, asked.body) : base.body;
  const given = method === 'GET' || method === 'OPTIONS' ? undefined : body;
  return { name: base.name, method, path: `${path}?${search.toString()}`, bend, body: given };
}
