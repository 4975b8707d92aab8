/** Every place of every example under `profiles/` spoilt in each way that suits it, and changes that must not matter. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createValidator } from '../../src/validation/index.js';
import type { Release } from '../../src/validation/types.js';

type Path = readonly (string | number)[];
interface Mutant {
  readonly what: string;
  readonly place: string;
  readonly resource: unknown;
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Appointment: ['status', 'participant'],
  Slot: ['schedule', 'status', 'start', 'end'],
  Schedule: ['actor'],
  OperationOutcome: ['issue'],
  Bundle: ['type'],
};
/** Elements whose codes come from a required list wherever they stand in the examples. */
const CODED: ReadonlySet<string> = new Set(['status', 'gender', 'use', 'severity']);
const DATE = /^\d{4}-\d{2}-\d{2}/;

const EXAMPLES = (['stu3', 'r4'] as const).flatMap((release) => {
  const folder = new URL(`../../profiles/${release}/examples/`, import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((name): readonly [Release, string, Record<string, unknown>] => {
      return [release, name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Record<string, unknown>];
    });
});

function* placesOf(value: unknown, path: Path = []): Generator<readonly [Path, unknown]> {
  yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  for (const step of steps) yield* placesOf((value as Record<string | number, unknown>)[step], [...path, step]);
}

function nameOf(type: string, path: Path): string {
  return path.reduce<string>((name, step) => {
    return typeof step === 'number' ? `${name}[${String(step)}]` : `${name}.${step.replace(/^_/, '')}`;
  }, type);
}

function replaced(example: unknown, path: Path, value: unknown): unknown {
  if (path.length === 0) return value;
  const copy = structuredClone(example);
  let holder = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return copy;
}

function* mutantsOf(example: Record<string, unknown>): Generator<Mutant> {
  const type = String(example['resourceType']);
  for (const name of REQUIRED[type] ?? [])
    yield { what: 'taken away', place: nameOf(type, [name]), resource: replaced(example, [name], undefined) };
  for (const [path, value] of placesOf(example)) {
    const last = path.at(-1);
    if (last === 'resourceType') continue;
    const mutant = (what: string, instead: unknown, at = path): Mutant => {
      return { what, place: nameOf(type, at), resource: replaced(example, at, instead) };
    };
    if (Array.isArray(value)) {
      yield mutant('an empty list', []);
      yield mutant('an item for a list', value[0]);
    } else if (typeof value === 'object' && value !== null) {
      yield mutant('an unknown element', 'x', [...path, 'unheardOf']);
      if (path.length > 0) yield mutant('an empty object', {});
      if (path.length > 0) yield mutant('text for an object', 'x');
      if (typeof last === 'string') yield mutant('a list for an object', [value]);
      if ('url' in value && (last === 'extension' || path.at(-2) === 'extension'))
        yield mutant('no url', undefined, [...path, 'url']);
    } else {
      yield mutant('an object for a primitive', { value });
      yield mutant('another kind of primitive', typeof value === 'string' ? 7 : 'x');
      if (typeof value === 'string') yield mutant('empty text', '');
      if (typeof value === 'string' && DATE.test(value))
        yield mutant('a day that is not', `2026-02-30${value.slice(10)}`);
      if (typeof last === 'string' && CODED.has(last)) yield mutant('a code of no list', 'not-in-any-list');
    }
  }
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inside]) => [name, reversed(inside)]),
  );
}

function isAtOrAbove(expression: string, place: string): boolean {
  return expression === place || place.startsWith(`${expression}.`) || place.startsWith(`${expression}[`);
}

describe('mutants', () => {
  it('are made by the thousand, each at a place of its example', () => {
    const mutants = EXAMPLES.flatMap(([, , example]) => [...mutantsOf(example)]);
    expect(mutants.length).toBeGreaterThan(5000);
    for (const [, name, example] of EXAMPLES)
      for (const { what, place, resource } of mutantsOf(example))
        expect(JSON.stringify(resource) === JSON.stringify(example), `${name}: ${what} at ${place}`).toBe(false);
  });
});

describe.each(['stu3', 'r4'] as const)('the engine on the examples of %s', (release) => {
  const examples = EXAMPLES.filter(([of]) => of === release).map(([, name, example]) => [name, example] as const);

  it.each(examples)('finds each fault put into %s', (_name, example) => {
    const validator = createValidator({ release });
    const missed = [...mutantsOf(example)].filter(({ place, resource }) => {
      const errors = validator.validate(resource).filter((issue) => issue.severity === 'error');
      return !errors.some((issue) => isAtOrAbove(issue.expression, place));
    });
    expect(missed.map(({ what, place }) => `${what} at ${place}`)).toEqual([]);
  });

  it.each(examples)('finds none in %s, nor where what changes does not matter', (_name, example) => {
    const validator = createValidator({ release });
    const extensions = (example['extension'] ?? []) as readonly unknown[];
    const foreign = { url: 'https://example.org/nobody', valueCode: 'x' };
    const alike = [
      example,
      reversed(example),
      { ...example, id: 'another-1' },
      { ...example, ...(example['resourceType'] !== 'Bundle' && { extension: [...extensions, foreign] }) },
    ];
    for (const one of alike) expect(validator.validate(one).filter((issue) => issue.severity === 'error')).toEqual([]);
  });
});
