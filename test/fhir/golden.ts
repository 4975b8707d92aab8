/**
 * Golden files: `fixtures/stu3/<operation>/<case>.input.json` beside `.expected.json`, compared exactly.
 * `npm run fixtures:update` rewrites the expected ones; read its diff as code.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Practice } from '../../src/domain/practice.js';
import { createPracticeZone } from '../../src/domain/time.js';

const ROOT = new URL('../../fixtures/stu3/', import.meta.url);
const UPDATE = process.env['SLOTBRIDGE_UPDATE_GOLDEN'] === '1';
const INPUT = '.input.json';
/** Instants are written as date-times in the files, because nobody can read them as numbers. */
const INSTANT_KEYS = new Set(['start', 'end', 'created', 'lastModified']);

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}

export function goldenCases(operation: string): string[] {
  return readdirSync(new URL(`${operation}/`, ROOT))
    .filter((file) => file.endsWith(INPUT))
    .map((file) => file.slice(0, -INPUT.length));
}

/** A FHIR body or query, as it stands in the file. */
export function readInput<T>(operation: string, name: string): T {
  return read(`${operation}/${name}${INPUT}`) as T;
}

function revive(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => revive(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revive(part, name)]));
  }
  return INSTANT_KEYS.has(key) && typeof value === 'string' ? Date.parse(value) : value;
}

/** Domain objects, with their date-times made instants. */
export function readDomainInput<T>(operation: string, name: string): T {
  return revive(readInput(operation, name)) as T;
}

/** Domain objects in the files' own writing. */
export function dehydrate(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => dehydrate(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, dehydrate(part, name)]));
  }
  return INSTANT_KEYS.has(key) && typeof value === 'number' ? new Date(value).toISOString() : value;
}

/** Compares the text and so the order of the elements too. */
export function expectGolden(operation: string, name: string, actual: unknown): void {
  const file = new URL(`${operation}/${name}.expected.json`, ROOT);
  const text = `${JSON.stringify(actual, null, 2)}\n`;
  if (UPDATE) writeFileSync(file, text);
  expect(existsSync(file), `no golden file ${operation}/${name}`).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

export const londonZone = createPracticeZone('Europe/London');

const practices = (read('practices.json') as (Practice & { readonly zone: unknown })[]).map((practice): Practice => ({
  ...practice,
  zone: londonZone,
}));

export function practiceOf(odsCode: string): Practice {
  const practice = practices.find((candidate) => candidate.odsCode === odsCode);
  if (practice === undefined) throw new Error(`no practice ${odsCode} among the fixtures`);
  return practice;
}
