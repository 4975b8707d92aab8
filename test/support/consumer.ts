/**
 * A GP Connect consumer for tests: right in everything unless a test bends one thing. Every answer that reaches a test
 * through it has been held against the rules of its profile and page first.
 *
 * With SLOTBRIDGE_TEST_FORMAT=xml it speaks XML wherever a test does not say otherwise.
 */
import { randomUUID } from 'node:crypto';
import { createXmlCodec } from '../../src/fhir/xml/index.js';
import { loadBaseDefinitions } from '../../src/validation/index.js';
import { assertAnswer, formatOf } from './profile-rules/answer.js';
import { toXml } from './xml-bodies.js';

const INTERACTION = 'urn:nhs:names:services:gpconnect:fhir:';

/** What every provenance token SHALL hold. */
export const TOKEN_CLAIMS = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'reason_for_request',
  'requested_scope',
  'requesting_device',
  'requesting_organization',
  'requesting_practitioner',
] as const;

export const INTERACTIONS = {
  metadata: [`${INTERACTION}rest:read:metadata-1`, 'organization/*.read'],
  findPatient: [`${INTERACTION}rest:search:patient-1`, 'patient/*.read'],
  readPatient: [`${INTERACTION}rest:read:patient-1`, 'patient/*.read'],
  register: [`${INTERACTION}operation:gpc.registerpatient-1`, 'patient/*.write'],
  findPractitioner: [`${INTERACTION}rest:search:practitioner-1`, 'organization/*.read'],
  readPractitioner: [`${INTERACTION}rest:read:practitioner-1`, 'organization/*.read'],
  findOrganization: [`${INTERACTION}rest:search:organization-1`, 'organization/*.read'],
  readOrganization: [`${INTERACTION}rest:read:organization-1`, 'organization/*.read'],
  readLocation: [`${INTERACTION}rest:read:location-1`, 'organization/*.read'],
  searchSlots: [`${INTERACTION}rest:search:slot-1`, 'organization/*.read'],
  book: [`${INTERACTION}rest:create:appointment-1`, 'patient/*.write'],
  readAppointment: [`${INTERACTION}rest:read:appointment-1`, 'patient/*.read'],
  retrieveAppointments: [`${INTERACTION}rest:search:patient_appointments-1`, 'patient/*.read'],
  amend: [`${INTERACTION}rest:update:appointment-1`, 'patient/*.write'],
  cancel: [`${INTERACTION}rest:cancel:appointment-1`, 'patient/*.write'],
} as const;
export type InteractionName = keyof typeof INTERACTIONS;

/** Part of an answer, of whatever shape; what a test expects of it is asserted, not typed. */
export type Json = any;

export type TestFormat = 'json' | 'xml';
const TEST_FORMAT: TestFormat = process.env['SLOTBRIDGE_TEST_FORMAT'] === 'xml' ? 'xml' : 'json';
export const MEDIA_TYPE = { json: 'application/fhir+json', xml: 'application/fhir+xml' } as const;
/** What the `Content-Type` of an answer says, to the letter. */
export const CONTENT_TYPE = {
  json: `${MEDIA_TYPE.json};charset=utf-8`,
  xml: `${MEDIA_TYPE.xml};charset=utf-8`,
} as const;

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly format: TestFormat;
  /** The body in its JSON form, whatever format it came in; `undefined` when it is empty. */
  readonly body: Json;
}

/** What a test may bend. `undefined` as a value takes the header or claim away. */
export interface Bend {
  /** Of the body sent and of the answer; JSON for a test of JSON itself. `Accept` and `Content-Type` follow it. */
  readonly format?: TestFormat;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Instead of the token made of the claims. */
  readonly authorization?: string;
}

export interface TestConsumer {
  readonly baseUrl: string;
  claims(interaction: InteractionName, bend?: Bend['claims']): Record<string, unknown>;
  get(interaction: InteractionName, path: string, bend?: Bend): Promise<TestAnswer>;
  /** An object is sent in the format, a text as it stands: as JSON, unless `format` says XML. */
  post(interaction: InteractionName, path: string, body: unknown, bend?: Bend): Promise<TestAnswer>;
  send(method: string, interaction: InteractionName, path: string, bend?: Bend, body?: unknown): Promise<TestAnswer>;
}

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Unsigned: the third part is empty. */
export function unsignedToken(claims: unknown, header: unknown = { alg: 'none', typ: 'JWT' }): string {
  return `${base64url(header)}.${base64url(claims)}.`;
}

const xml = createXmlCodec(loadBaseDefinitions('stu3'), { elements: Infinity, repeats: Infinity });

/** The JSON form of an answer's body. */
export function parseAnswer(text: string, headers: Headers): Json {
  if (text === '') return undefined;
  return formatOf(headers) === 'xml' ? xml.parse(text) : JSON.parse(text);
}

/** A body as it goes over the wire. What only JSON can say is said in JSON. */
function wireBody(body: unknown, bend: Bend): { readonly text: string; readonly format: TestFormat } {
  if (typeof body === 'string') return { text: body, format: bend.format ?? 'json' };
  const asXml = (bend.format ?? TEST_FORMAT) === 'xml' ? toXml(body) : undefined;
  return asXml === undefined ? { text: JSON.stringify(body), format: 'json' } : { text: asXml, format: 'xml' };
}

/** The format that a request asks for beyond doubt: one media type, and no `_format` that says otherwise. */
function askedFormat(accept: string | undefined, path: string): TestFormat | undefined {
  if (/[?&]_format=/.test(path)) return undefined;
  return accept === MEDIA_TYPE.json ? 'json' : accept === MEDIA_TYPE.xml ? 'xml' : undefined;
}

export interface ConsumerOptions {
  /** The zone in which the practice writes its times. */
  readonly zone?: string;
}

export function createConsumer(
  url: string,
  addressee: string,
  asid: string,
  now: () => number,
  { zone = 'Europe/London' }: ConsumerOptions = {},
): TestConsumer {
  const baseUrl = `${url}/${addressee}/STU3/1/gpconnect`;

  const claims = (interaction: InteractionName, bend: Bend['claims'] = {}): Record<string, unknown> => {
    const issued = Math.floor(now() / 1000);
    const complete: Record<string, unknown> = {
      iss: 'https://hub.example.nhs.uk/',
      sub: 'user-1',
      aud: baseUrl,
      exp: issued + 300,
      iat: issued,
      reason_for_request: 'directcare',
      requested_scope: INTERACTIONS[interaction][1],
      requesting_device: {
        resourceType: 'Device',
        identifier: [{ system: 'https://hub.example.nhs.uk/Id/device', value: 'HUB-1' }],
        model: 'Test hub',
        version: '1.0',
      },
      requesting_organization: {
        resourceType: 'Organization',
        identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Z99902' }],
        name: 'Northdale 111 Service',
      },
      requesting_practitioner: {
        resourceType: 'Practitioner',
        id: 'user-1',
        identifier: [
          { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: 'UNK' },
          { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: 'UNK' },
        ],
        name: [{ family: 'Handler', given: ['Casey'], prefix: ['Mx'] }],
      },
      ...bend,
    };
    return Object.fromEntries(Object.entries(complete).filter(([, value]) => value !== undefined));
  };

  const send: TestConsumer['send'] = async (method, interaction, path, bend = {}, body) => {
    const wire = body === undefined ? undefined : wireBody(body, bend);
    const headers: Record<string, string | undefined> = {
      'Ssp-TraceID': randomUUID(),
      'Ssp-From': '200000009999',
      'Ssp-To': asid,
      'Ssp-InteractionID': INTERACTIONS[interaction][0],
      Authorization: bend.authorization ?? `Bearer ${unsignedToken(claims(interaction, bend.claims))}`,
      Accept: MEDIA_TYPE[bend.format ?? TEST_FORMAT],
      ...(wire && { 'Content-Type': MEDIA_TYPE[wire.format] }),
      ...bend.headers,
    };
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(baseUrl + path, {
      method,
      headers: given,
      ...(wire && { body: wire.text }),
      redirect: 'manual',
    });
    const text = await response.text();
    const answer: TestAnswer = {
      status: response.status,
      headers: response.headers,
      text,
      format: formatOf(response.headers),
      body: parseAnswer(text, response.headers),
    };
    assertAnswer({
      ...answer,
      method,
      path,
      interactionId: headers['Ssp-InteractionID'],
      prefer: headers['Prefer'],
      addressee,
      zone,
      asked: askedFormat(headers['Accept'], path),
    });
    return answer;
  };

  return {
    baseUrl,
    claims,
    send,
    get: (interaction, path, bend) => send('GET', interaction, path, bend),
    post: (interaction, path, body, bend) => send('POST', interaction, path, bend, body),
  };
}
