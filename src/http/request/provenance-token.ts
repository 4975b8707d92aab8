/**
 * The GP Connect bearer token: an unsigned container of who asks and why. It is audit data, not authentication: who
 * may connect at all is decided by the transport in front of this face.
 *
 * Source: GP Connect API 1.2.7, cross-organisation audit and provenance. Any claim missing or with a wrong value SHALL
 * be 400 `BAD_REQUEST`; an embedded resource that is no valid STU3 resource SHALL be 422 `INVALID_RESOURCE`.
 *
 * Contradiction 10: one page asks for the bearer errors of RFC 6750, the error guidance for 400 `BAD_REQUEST`, which is the
 * more specific one and what is answered here.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Caller } from '../../domain/caller.js';
import { GatewayError } from '../../domain/errors.js';
import { parseOdsCode, type OdsCode } from '../../domain/identifiers.js';
import { SECOND } from '../../domain/time.js';
import type { Validator } from '../../validation/index.js';
import { faultsOf } from './faults.js';
import type { ProxyHeaders } from './preconditions.js';

const LONGEST_TOKEN = 16 * 1024;
const LIFETIME_SECONDS = 300;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const ODS_SYSTEM = 'https://fhir.nhs.uk/Id/ods-organization-code';
const SDS_USER_SYSTEM = 'https://fhir.nhs.uk/Id/sds-user-id';
const SDS_ROLE_SYSTEM = 'https://fhir.nhs.uk/Id/sds-role-profile-id';

type Json = Readonly<Record<string, unknown>>;

function refuse(what: string, where = 'Authorization'): never {
  throw new GatewayError('bad-request', what, { fhirPath: where });
}

function decode(authorization: string | undefined): Json {
  const match = /^Bearer ([^ ]+)$/.exec(authorization ?? '');
  const token = match?.[1];
  if (token === undefined) refuse('Header Authorization is missing or is not "Bearer" and one token');
  if (token.length > LONGEST_TOKEN) refuse('The bearer token is longer than 16 KiB');
  const [header, payload, signature, ...rest] = token.split('.');
  // The token SHALL be unsigned: three parts, base64url, the third one empty.
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    refuse('The bearer token must have three parts, the third one empty');
  }
  if (!BASE64URL.test(header) || !BASE64URL.test(payload)) refuse('The bearer token is not base64url encoded');
  if (signature !== '') refuse('The bearer token must be unsigned: its third part must be empty');
  try {
    if (decodeProtectedHeader(token).alg !== 'none') refuse('The bearer token must have "alg": "none"');
    return decodeJwt(token);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    refuse('The bearer token does not hold a JSON object');
  }
}

function text(claims: Json, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || value === '')
    refuse(`Claim ${name} of the bearer token is missing or not a text`, name);
  return value;
}

function seconds(claims: Json, name: string): number {
  const value = claims[name];
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    refuse(`Claim ${name} of the bearer token is missing or not a whole number of seconds`, name);
  }
  return value;
}

/** Claims that hold a minimal STU3 resource; they need not meet a GP Connect profile. */
function resource(claims: Json, name: string, type: string, validator: Validator): Json {
  const value = claims[name];
  if (value === undefined || value === null || typeof value !== 'object') {
    refuse(`Claim ${name} of the bearer token is missing`, name);
  }
  const found = (value as Json)['resourceType'];
  // Contradiction 11: another FHIR type is 400 by the error page, and 422 by the testing and the same page's text. A valid
  // resource of another type is a wrong claim, 400; anything that is no STU3 resource is an invalid resource, 422.
  if (found !== type && faultsOf(validator, value, { ignoreClaims: true }).length === 0) {
    refuse(`Claim ${name} of the bearer token must be a ${type}`, name);
  }
  const [issue] = faultsOf(validator, value, { type, ignoreClaims: true });
  if (issue) {
    throw new GatewayError('invalid-resource', `Claim ${name} of the bearer token: ${issue.message}`, {
      fhirPath: name,
    });
  }
  return value as Json;
}

function identifier(of: Json, system: string): string | undefined {
  const identifiers = (of['identifier'] ?? []) as readonly { readonly system?: string; readonly value?: string }[];
  return identifiers.find((candidate) => candidate.system === system)?.value;
}

function organisationOf(claims: Json, validator: Validator): Caller['organisation'] {
  const organisation = resource(claims, 'requesting_organization', 'Organization', validator);
  const odsCode: OdsCode | undefined = parseOdsCode(identifier(organisation, ODS_SYSTEM) ?? '');
  const name = organisation['name'];
  if (odsCode === undefined)
    refuse('Claim requesting_organization needs an ODS organisation code', 'requesting_organization');
  if (typeof name !== 'string') refuse('Claim requesting_organization needs a name', 'requesting_organization');
  return { odsCode, name };
}

function userOf(claims: Json, validator: Validator): Caller['user'] {
  const practitioner = resource(claims, 'requesting_practitioner', 'Practitioner', validator);
  const names = (practitioner['name'] ?? []) as readonly { family?: string; given?: string[]; prefix?: string[] }[];
  const name = names[0];
  if (practitioner['id'] !== text(claims, 'sub')) {
    refuse('Claim sub of the bearer token must equal requesting_practitioner.id', 'sub');
  }
  if (name?.family === undefined)
    refuse('Claim requesting_practitioner needs a name with a family name', 'requesting_practitioner');
  return {
    id: text(claims, 'sub'),
    name: [...(name.prefix ?? []), ...(name.given ?? []), name.family].join(' '),
    sdsUserId: identifier(practitioner, SDS_USER_SYSTEM),
    sdsRoleProfileId: identifier(practitioner, SDS_ROLE_SYSTEM),
  };
}

function deviceOf(claims: Json, validator: Validator): Caller['device'] {
  const device = resource(claims, 'requesting_device', 'Device', validator);
  const { model, version } = device;
  const named = (device['identifier'] as readonly unknown[] | undefined)?.length;
  if (!named || typeof model !== 'string' || typeof version !== 'string') {
    refuse('Claim requesting_device needs identifier, model and version', 'requesting_device');
  }
  return { model, version };
}

/** `now` in milliseconds; `scope` is the only one that fits the interaction. */
export function parseProvenanceToken(
  authorization: string | undefined,
  proxy: ProxyHeaders,
  expected: { readonly interactionId: string; readonly scope: string },
  validator: Validator,
  now: number,
): Caller {
  const claims = decode(authorization);
  text(claims, 'iss');
  // Version 1.1.0 withdrew this claim, which could carry an NHS number into every log on the way.
  if ('requested_record' in claims) {
    refuse('Claim requested_record of the bearer token was withdrawn; leave it out', 'requested_record');
  }
  // aud SHALL be present. Contradiction 29: it is the service root URL, and the specification's own examples leave out the
  // routing segment. Its value is not compared.
  text(claims, 'aud');
  const [issued, expires] = [seconds(claims, 'iat'), seconds(claims, 'exp')];
  // exp SHALL be iat + 300 exactly. Contradiction 16: iat is not to be validated, and yet the 300 seconds count from it. It
  // has to be there for the sum, and is not compared with the clock, so that consumers' clocks may be ahead.
  if (expires - issued !== LIFETIME_SECONDS) refuse('Claim exp of the bearer token must be iat + 300', 'exp');
  if (now >= expires * SECOND) refuse('The bearer token has expired. Make a new one for each request', 'exp');
  if (text(claims, 'reason_for_request') !== 'directcare') {
    refuse('Claim reason_for_request of the bearer token must be "directcare"', 'reason_for_request');
  }
  if (text(claims, 'requested_scope') !== expected.scope) {
    refuse(
      `Claim requested_scope of the bearer token must be "${expected.scope}" for this interaction`,
      'requested_scope',
    );
  }
  return {
    asid: proxy.from,
    traceId: proxy.traceId,
    interactionId: expected.interactionId,
    scope: expected.scope,
    device: deviceOf(claims, validator),
    organisation: organisationOf(claims, validator),
    user: userOf(claims, validator),
  };
}
