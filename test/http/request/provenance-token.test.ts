/** The bearer token, whatever is sent in its place: a caller, a bad request or an invalid resource, never a crash. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import type { Asid } from '../../../src/domain/identifiers.js';
import { parseProvenanceToken } from '../../../src/http/request/provenance-token.js';
import { createValidator } from '../../../src/validation/index.js';
import { base64url, createConsumer, INTERACTIONS, unsignedToken } from '../../support/consumer.js';

const NOW = Date.parse('2026-05-18T06:00:00Z');
const [interactionId, scope] = INTERACTIONS.findPatient;
const proxy = { traceId: 'trace-1', from: '200000009999' as Asid };
const validator = createValidator({ release: 'stu3', quoteValues: false });
const consumer = createConsumer('https://gateway.example.nhs.uk', 'A99901', '200000009901', () => NOW);
const CLAIMS = consumer.claims('findPatient');

function outcome(authorization: string | undefined): string {
  try {
    parseProvenanceToken(authorization, proxy, { interactionId, scope }, validator, NOW);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.code;
  }
}

const of = (claims: unknown, header?: unknown): string => outcome(`Bearer ${unsignedToken(claims, header)}`);
const ALLOWED = ['accepted', 'bad-request', 'invalid-resource'];

/** All places in a value, as paths of keys. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => places(part, [...path, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (value === null || typeof value !== 'object') return value;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('bearer token', () => {
  it('as a consumer makes it is read in full', () => {
    const authorization = `Bearer ${unsignedToken(CLAIMS)}`;
    expect(parseProvenanceToken(authorization, proxy, { interactionId, scope }, validator, NOW)).toEqual({
      asid: '200000009999',
      traceId: 'trace-1',
      interactionId,
      scope,
      device: { model: 'Test hub', version: '1.0' },
      organisation: { odsCode: 'Z99902', name: 'Northdale 111 Service' },
      user: { id: 'user-1', name: 'Mx Casey Handler', sdsUserId: 'UNK', sdsRoleProfileId: 'UNK' },
    });
  });

  it('of any text is a bad request', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `Bearer ${rest}`),
      fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => `Bearer ${parts.join('.')}`),
      fc.tuple(fc.json(), fc.json()).map(([head, body]) => `Bearer ${base64url(head)}.${base64url(body)}.`),
      fc.json().map((body) => `Bearer ${unsignedToken(body)}`),
    );
    fc.assert(
      fc.property(text, (authorization) => {
        expect(outcome(authorization)).toBe('bad-request');
      }),
      { numRuns: 1000 },
    );
    expect(outcome(undefined)).toBe('bad-request');
  });

  it('with one character changed, added or lost is read or refused, and nothing else', () => {
    const good = `Bearer ${unsignedToken(CLAIMS)}`;
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ maxLength: 1 }), fc.boolean(), (at, put, keep) => {
        const result = outcome(good.slice(0, at) + put + good.slice(keep ? at : at + 1));
        expect(ALLOWED).toContain(result);
        seen.add(result);
      }),
      { numRuns: 1500 },
    );
    expect(seen).toContain('bad-request');
  });

  it('with any claim, or any part of one, replaced by any value is read or refused, and nothing else', () => {
    const seen = new Set<string>();
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, [], {}, [[]], [null], [{}], { __proto__: null }, '', ' ', 0, -1, 1e300, true),
      fc.constantFrom('constructor', 'Patient', '\u0000', 'x'.repeat(3000), { resourceType: 'Organization' }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places(CLAIMS)), hostile, (path, by) => {
        const result = of(replaced(CLAIMS, path, by));
        expect(ALLOWED).toContain(result);
        seen.add(result);
      }),
      { numRuns: 3000 },
    );
    expect(seen).toEqual(new Set(ALLOWED));
  });

  it('with any part left out is read or refused, and nothing else', () => {
    for (const path of places(CLAIMS).slice(1)) expect(ALLOWED).toContain(of(replaced(CLAIMS, path, undefined)));
  });

  it.each<[string, string]>([
    ['of two parts', `Bearer ${base64url({ alg: 'none' })}.${base64url(CLAIMS)}`],
    ['of four parts', `Bearer ${unsignedToken(CLAIMS)}.`],
    ['with a signature', `Bearer ${unsignedToken(CLAIMS)}c2ln`],
    ['padded', `Bearer ${base64url({ alg: 'none' })}=.${base64url(CLAIMS)}.`],
    ['of another scheme', `Basic ${unsignedToken(CLAIMS)}`],
    ['of two blanks', `Bearer  ${unsignedToken(CLAIMS)}`],
    ['longer than 16 KiB', `Bearer ${unsignedToken({ ...CLAIMS, more: 'x'.repeat(16 * 1024) })}`],
    ['of a list', `Bearer ${unsignedToken([CLAIMS])}`],
    ['of a text', `Bearer ${unsignedToken('"text"')}`],
    ['with alg HS256', `Bearer ${unsignedToken(CLAIMS, { alg: 'HS256' })}`],
    ['with alg None', `Bearer ${unsignedToken(CLAIMS, { alg: 'None' })}`],
    ['without alg', `Bearer ${unsignedToken(CLAIMS, { typ: 'JWT' })}`],
    ['with a list as head', `Bearer ${unsignedToken(CLAIMS, [])}`],
  ])('%s is a bad request', (_title, authorization) => {
    expect(outcome(authorization)).toBe('bad-request');
  });

  it('refused never quotes what it held', () => {
    const secret = 'Testwell-9990000018';
    const tokens = places(CLAIMS).map((path) => `Bearer ${unsignedToken(replaced(CLAIMS, path, secret))}`);
    for (const authorization of [...tokens, `Bearer ${secret}`, secret]) {
      try {
        parseProvenanceToken(authorization, proxy, { interactionId, scope }, validator, NOW);
      } catch (error) {
        expect((error as Error).message).not.toContain(secret);
      }
    }
  });
});
