/** What the tests of the five directory interactions share: refusals of a search, and of an id that nobody has. */
import { expect, it } from 'vitest';
import type { InteractionName, TestAnswer } from './consumer.js';
import { expectRefusal } from './flow.js';
import type { TestGateway } from './gateway.js';
import { expectValid } from './validity.js';

export interface SearchRules {
  readonly title: string;
  readonly interaction: InteractionName;
  readonly type: 'Practitioner' | 'Organization';
  readonly system: string;
  /** A value that is found. */
  readonly good: string;
  /** Well formed, and nobody's. */
  readonly unknown: readonly string[];
  /** Of a form that no such identifier has. */
  readonly malformed: readonly string[];
}

/** Declares the tests of one search by `identifier`. */
export function searchByIdentifier(gateway: () => TestGateway, rules: SearchRules): void {
  const { title, interaction, type, system, good } = rules;
  const get = (path: string): Promise<TestAnswer> => gateway().consumer().get(interaction, path);
  const asked = (value: string, by = system): string => `/${type}?identifier=${encodeURIComponent(`${by}|${value}`)}`;
  const parameter = encodeURIComponent(`${system}|${good}`);

  it.each<[string, string, number, string]>([
    ['no identifier', `/${type}`, 400, 'BAD_REQUEST'],
    ['a name of another letter case', `/${type}?Identifier=${parameter}`, 400, 'BAD_REQUEST'],
    ['a repeated identifier', `/${type}?identifier=${parameter}&identifier=${parameter}`, 400, 'BAD_REQUEST'],
    ['another parameter instead', `/${type}?name=Perera`, 400, 'BAD_REQUEST'],
    ['an empty identifier', `/${type}?identifier=`, 422, 'INVALID_PARAMETER'],
    ['no system', `/${type}?identifier=${good}`, 422, 'INVALID_PARAMETER'],
    ['an empty system', `/${type}?identifier=%7C${good}`, 422, 'INVALID_PARAMETER'],
    ['a blank system', `/${type}?identifier=%20%7C${good}`, 422, 'INVALID_PARAMETER'],
    ['no value', asked(''), 422, 'INVALID_PARAMETER'],
    ['a system alone', `/${type}?identifier=${encodeURIComponent(system)}`, 422, 'INVALID_PARAMETER'],
    ['a blank value', asked(' '), 422, 'INVALID_PARAMETER'],
    ['an unknown system', asked(good, 'https://fhir.nhs.uk/Id/local'), 400, 'INVALID_IDENTIFIER_SYSTEM'],
    ['a system of another letter case', asked(good, system.toUpperCase()), 400, 'INVALID_IDENTIFIER_SYSTEM'],
    ...rules.malformed.map((value): [string, string, number, string] => [
      `the malformed value "${value}"`,
      asked(value),
      400,
      'INVALID_IDENTIFIER_VALUE',
    ]),
  ])(`${title}: %s: %s is %i %s`, async (_what, path, status, code) => {
    const issue = expectRefusal(await get(path), status, code);
    expect(issue.expression).toEqual(['identifier']);
    expect(issue.diagnostics).toContain('identifier');
  });

  it.each(rules.unknown)(`${title}: %s, which nobody here has, is an empty Bundle`, async (value) => {
    const { status, body } = await get(asked(value));
    expect([status, body]).toEqual([200, { resourceType: 'Bundle', type: 'searchset' }]);
  });

  it(`${title}: a match is a searchset Bundle without profile, fullUrl, total and link, with one ${type}`, async () => {
    const { status, headers, body } = await get(asked(good));
    expect([status, Object.keys(body)]).toEqual([200, ['resourceType', 'type', 'entry']]);
    expect([body.type, body.entry.length, Object.keys(body.entry[0])]).toEqual(['searchset', 1, ['resource']]);
    expect(body.entry[0].resource.resourceType).toBe(type);
    expectValid(body, 'Bundle');
    // A Bundle is no single resource.
    expect(headers.has('etag')).toBe(false);
  });

  it(`${title}: parameters that are not known are ignored`, async () => {
    const { body } = await get(asked(good));
    const more = await get(`${asked(good)}&_count=1&_sort=name&name=x&_summary=true`);
    expect([more.status, more.body]).toEqual([200, body]);
  });
}

/** Declares the tests of one read. `found` and `code` are of the resource that exists and of the refusal. */
export function readById(
  gateway: () => TestGateway,
  rules: {
    readonly title: string;
    readonly interaction: InteractionName;
    readonly type: string;
    readonly found: string;
    readonly code: string;
    /** An id of another practice that is served here. */
    readonly elsewhere: string;
  },
): void {
  const { title, interaction, type, found, code } = rules;
  const read = (id: string): Promise<TestAnswer> => gateway().consumer().get(interaction, `/${type}/${id}`);

  it(`${title}: the answer is valid STU3, with the id asked for, its version as ETag and exactly one profile`, async () => {
    const { status, headers, body } = await read(found);
    expect([status, body.resourceType, body.id]).toEqual([200, type, found]);
    expect(body.meta.profile).toEqual([`https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-${type}-1`]);
    expect(headers.get('etag')).toBe(`W/"${String(body.meta.versionId)}"`);
    expect(headers.get('content-location')).toBe(
      `https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/${type}/${found}`,
    );
    expectValid(body, type);
  });

  it(`${title}: the version stays while nothing changes`, async () => {
    expect((await read(found)).headers.get('etag')).toBe((await read(found)).headers.get('etag'));
  });

  it.each([
    'unknown',
    rules.elsewhere,
    found.toUpperCase() === found ? found.toLowerCase() : found.toUpperCase(),
    'a'.repeat(64),
    'a'.repeat(65),
    'a_b',
    '%20',
    'a%2Fb',
    '%00',
    '%F0%9F%98%80',
    '$other',
    '__proto__',
  ])(`${title}: the id %s, which nothing has, is 404 ${code}`, async (id) => {
    expect(expectRefusal(await read(id), 404, code).code).toBe('not-found');
  });

  it(`${title}: without an id it is 404`, async () => {
    expectRefusal(await read(''), 404, 'BAD_REQUEST');
  });

  it(`${title}: no practice system is asked`, async () => {
    const before = gateway().practiceCalls();
    await read(found);
    await read('unknown');
    expect(gateway().practiceCalls()).toBe(before);
  });
}
