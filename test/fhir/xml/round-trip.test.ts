/** From JSON to XML and back nothing is lost and nothing is added. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../validation/cases/stu3/base/examples.js';
import { anyResource, asJson, codec, type Json } from './codec.js';

const FIXTURES = new URL('../../../fixtures/stu3/', import.meta.url);

interface Golden {
  readonly file: string;
  readonly value: Json;
}

/** Golden files hold domain objects too; what has a resourceType, at whatever level, is a resource. */
const golden = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file): Golden => ({ file, value: JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')) as Json }));
const resources = golden.flatMap(({ file, value }) =>
  resourcesIn(value).map((resource) => ({ file, value: resource })),
);

function resourcesIn(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('resourceType' in value) return [value];
  return Object.values(value).flatMap(resourcesIn);
}

describe('JSON to XML to JSON', () => {
  it('finds the resources of the golden files', () => {
    expect(resources.length).toBeGreaterThan(15);
  });

  it.each(resources)('is identity for the resource of $file', ({ value }) => {
    expect(codec.parse(codec.write(value))).toStrictEqual(value);
  });

  it.each(Object.entries(EXAMPLES))('is identity for a valid %s', (_type, resource) => {
    expect(codec.parse(codec.write(resource))).toStrictEqual(resource);
  });

  it('is identity for any resource of the element tables', () => {
    fc.assert(
      fc.property(anyResource, (resource) => {
        expect(codec.parse(codec.write(resource))).toStrictEqual(asJson(resource));
      }),
      { numRuns: 500 },
    );
  });

  it('writes the same text for what it has read as for what was there first', () => {
    fc.assert(
      fc.property(anyResource, (resource) => {
        const written = codec.write(resource);
        expect(codec.write(codec.parse(written))).toBe(written);
      }),
      { numRuns: 200 },
    );
  });
});
