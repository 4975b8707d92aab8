/** A GP Connect consumer for tests: right in everything unless a test bends one thing. */
import { randomUUID } from 'node:crypto';

const INTERACTION = 'urn:nhs:names:services:gpconnect:fhir:';

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
} as const;
export type InteractionName = keyof typeof INTERACTIONS;

/** Part of an answer, of whatever shape; what a test expects of it is asserted, not typed. */
export type Json = any;

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `undefined` when it is empty. */
  readonly body: Json;
}

/** What a test may bend. `undefined` as a value takes the header or claim away. */
export interface Bend {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Instead of the token made of the claims. */
  readonly authorization?: string;
}

export interface TestConsumer {
  readonly baseUrl: string;
  claims(interaction: InteractionName, bend?: Bend['claims']): Record<string, unknown>;
  get(interaction: InteractionName, path: string, bend?: Bend): Promise<TestAnswer>;
  /** An object is sent as JSON, a text as it stands. */
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

export function createConsumer(url: string, addressee: string, asid: string, now: () => number): TestConsumer {
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
    const headers: Record<string, string | undefined> = {
      'Ssp-TraceID': randomUUID(),
      'Ssp-From': '200000009999',
      'Ssp-To': asid,
      'Ssp-InteractionID': INTERACTIONS[interaction][0],
      Authorization: bend.authorization ?? `Bearer ${unsignedToken(claims(interaction, bend.claims))}`,
      Accept: 'application/fhir+json',
      ...(body !== undefined && { 'Content-Type': 'application/fhir+json' }),
      ...bend.headers,
    };
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(baseUrl + path, {
      method,
      headers: given,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };

  return {
    baseUrl,
    claims,
    send,
    get: (interaction, path, bend) => send('GET', interaction, path, bend),
    post: (interaction, path, body, bend) => send('POST', interaction, path, bend, body),
  };
}
