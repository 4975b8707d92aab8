/**
 * The bearer token. An input that begins with "Bearer " is the header as it stands; any other is the two JSON parts and
 * the signature, a line each, which are encoded here: chance alone never makes a change behind base64url that can be read.
 */
import type { Asid } from '../../../src/domain/identifiers.js';
import { parseProvenanceToken } from '../../../src/http/request/provenance-token.js';
import { createValidator } from '../../../src/validation/index.js';
import { base64url, createConsumer, INTERACTIONS } from '../../support/consumer.js';
import { CANARIES, CANARY, isNamed, refusedOr, type Target } from './target.js';

const NOW = Date.parse('2026-05-18T06:00:00Z');
const [interactionId, scope] = INTERACTIONS.findPatient;
const proxy = { traceId: 'trace-1', from: '200000009999' as Asid };
const validator = createValidator({ release: 'stu3', quoteValues: false, quietTerminology: true, maxIssues: 20 });
const consumer = createConsumer('https://gateway.example.nhs.uk', 'A99901', '200000009901', () => NOW);
const claims = consumer.claims('findPatient');
const HEADER = '{"alg":"none","typ":"JWT"}';

const lines = (payload: unknown): string => `${HEADER}\n${JSON.stringify(payload)}\n`;
const bearer = (payload: unknown): string => `Bearer ${base64url(HEADER)}.${base64url(payload)}.`;
const marked = {
  ...claims,
  iss: CANARY,
  requesting_practitioner: { ...(claims['requesting_practitioner'] as object), name: [{ text: CANARY }] },
  requesting_device: { resourceType: 'Device', id: CANARY },
};

/** Names in the claims, which may be repeated in a path. */
function holdsName(payload: string): boolean {
  try {
    return isNamed(JSON.parse(payload));
  } catch {
    return false;
  }
}

export const token: Target = {
  name: 'token',
  seeds: [lines(claims), lines(marked), bearer({ iss: 'x' })].map((text) => Buffer.from(text)),
  dictionary: [
    ...CANARIES,
    ...Object.keys(claims),
    'requested_record',
    'resourceType',
    'Practitioner',
    'Organization',
    'Device',
    'Patient',
    'identifier',
    'https://fhir.nhs.uk/Id/ods-organization-code',
    'https://fhir.nhs.uk/Id/sds-user-id',
    'value',
    'family',
    'given',
    'model',
    'version',
    'contained',
    'extension',
    'valueString',
    '"alg":"none"',
    '"alg":"RS256"',
    '"b64":false',
    '"crit":["b64"]',
    'Bearer ',
    'eyJ',
    '..',
    '"__proto__":{}',
    String(NOW / 1000),
    String(NOW / 1000 + 300),
  ],
  run(bytes) {
    // A header comes as one byte a character.
    const text = bytes.toString('latin1');
    const [header = '', payload = '', signature = ''] = bytes.toString('utf8').split('\n');
    const isRaw = text.startsWith('Bearer ');
    const authorization = isRaw ? text : `Bearer ${base64url(header)}.${base64url(payload)}.${signature}`;
    const named = !isRaw && holdsName(payload);
    refusedOr(() => parseProvenanceToken(authorization, proxy, { interactionId, scope }, validator, NOW), named);
  },
};
