/** docs/data-files.md describes every key that a simulator's data file may have. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../scripts/published-schemas.js';

const text = readFileSync(resolve(import.meta.dirname, '../../docs/data-files.md'), 'utf8');
const knobs = readFileSync(resolve(import.meta.dirname, '../../fixtures/hmis/README.md'), 'utf8');

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly [key: string]: unknown;
}

function keysOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties = {} } = node as SchemaNode;
  return [...Object.keys(properties), ...Object.values(node).flatMap(keysOf)];
}

/** Of the named section, to the next heading of the same rank. */
function section(heading: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
}

/** Whether it stands in code, by itself or as the last part of a path: `keys[].expires`, `{ id: 1 }`. */
function isDescribed(key: string, where: string): boolean {
  return new RegExp(`\`[^\`\\n]*\\b${key.replace('$', '\\$')}\\b[^\`\\n]*\``).test(where);
}

describe('docs/data-files.md', () => {
  it.each([
    ['hmis-simulator.schema.json', () => section('An HMIS installation') + knobs],
    ['pds-simulator.schema.json', () => section('The register of patients')],
  ])('describes every key of %s', (name, where) => {
    const keys = [...new Set(keysOf(publishedSchemas().get(name)))].filter((key) => key !== '$schema');
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter((key) => !isDescribed(key, where()))).toEqual([]);
  });
});
