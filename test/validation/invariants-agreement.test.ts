/** Constraints written in code say what FHIRPath says, on generated pieces of resources of both releases. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BaseDefinitionsFile, ElementFacts } from '../../src/validation/definitions/facts.js';
import { createInvariants, NATIVE_CONSTRAINTS } from '../../src/validation/invariants/index.js';
import type { Release } from '../../src/validation/types.js';

const RELEASES = ['stu3', 'r4'] as const;

interface Place {
  readonly release: Release;
  readonly path: string;
  readonly key: string;
  readonly expression: string;
}

const BASES = Object.fromEntries(
  RELEASES.map((release) => [
    release,
    JSON.parse(readFileSync(`profiles/base/${release}.json`, 'utf8')) as BaseDefinitionsFile,
  ]),
) as Record<Release, BaseDefinitionsFile>;

function placesOf(release: Release): Place[] {
  return Object.entries(BASES[release].types).flatMap(([name, type]) => [
    ...(type.constraints ?? []).map(({ key, expression }) => ({ release, path: name, key, expression })),
    ...type.elements.flatMap((element) =>
      (element.constraints ?? []).map(({ key, expression }) => ({
        release,
        path: `${name}.${element.path}`,
        key,
        expression,
      })),
    ),
  ]);
}

const PLACES = RELEASES.flatMap(placesOf);

/** Where code and FHIRPath differ on purpose, and why. */
const APART: Readonly<Record<string, string>> = {
  'ele-1': 'checked with the structure',
  'txt-1': 'STU3 has another name for the function; see the tests of narratives',
  'txt-2': 'the library asks both rules at once',
  'opd-2': 'word for word STU3 refuses every parameter that is not a string',
  'ras-2': 'word for word it refuses a prediction without a probability',
  'md-1': 'word for word it refuses a focus without a maximum',
  'obs-7': 'word for word STU3 refuses every value without components',
  'que-7': 'the library does not take boolean for Boolean',
  'eld-12': 'word for word STU3 refuses a binding without a value set',
  'cmr-1': 'leads out of the resource',
  'rfr-1': 'leads out of the resource',
  'mps-1': 'leads out of the resource',
  'ctm-1': 'leads out of the resource',
};

const TIMES = [
  '2024',
  '2024-05',
  '2024-05-01',
  '2024-05-01T10:00:00Z',
  '2024-05-01T09:30:00+01:00',
  '2024-05-01T10:00:00.500Z',
  '2023-12-31T23:00:00-02:00',
];

const quoted = (expression: string): string[] => expression.split("'").filter((_, at) => at % 2 === 1);

const wordsOf = (expression: string): ReadonlySet<string> => new Set(expression.split(/[^A-Za-z]/));

/** Values of an element with what an expression looks at; undefined leaves it out. */
function valueOf(place: Place, type: string, path: string, depth: number): fc.Arbitrary<unknown> {
  const words = [...quoted(place.expression).filter((word) => word !== ''), 'x', '1', 'http://unitsofmeasure.org'];
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'decimal':
    case 'integer':
    case 'unsignedInt':
    case 'positiveInt':
      return fc.constantFrom(-1, 0, 1, 2.5);
    case 'date':
    case 'dateTime':
    case 'instant':
      return fc.constantFrom(...TIMES);
    case 'Resource':
      return fragmentOf(place, 'DomainResource', depth + 1).map((resource) => ({
        resourceType: 'Composition',
        ...resource,
      }));
    case 'Reference':
      return fc.record(
        { reference: fc.constantFrom('#a', '#b', 'Organization/1') },
        { requiredKeys: [], noNullPrototype: true },
      );
    case 'BackboneElement':
    case 'Element':
      return fragmentOf(place, path, depth + 1);
    default:
      return BASES[place.release].types[type]?.kind === 'complex-type'
        ? fragmentOf(place, type, depth + 1)
        : fc.constantFrom(...words);
  }
}

function elementsAt(release: Release, path: string): readonly ElementFacts[] {
  const [name = '', ...rest] = path.split('.');
  const type = BASES[release].types[name];
  if (!type) return [];
  const prefix = rest.length > 0 ? `${rest.join('.')}.` : '';
  const own = type.elements.filter(
    (element) => element.path.startsWith(prefix) && !element.path.slice(prefix.length).includes('.'),
  );
  return prefix === '' && type.base ? [...elementsAt(release, type.base), ...own] : own;
}

function fragmentOf(place: Place, path: string, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  if (depth > 3) return fc.constant({ id: 'a' });
  const words = wordsOf(place.expression);
  const prefix = path.includes('.') ? `${path.slice(path.indexOf('.') + 1)}.` : '';
  const properties: Record<string, fc.Arbitrary<unknown>> = { id: fc.constantFrom('a', 'b') };
  for (const element of elementsAt(place.release, path)) {
    const bare = element.path.slice(prefix.length);
    const name = bare.replace('[x]', '');
    if (!words.has(name)) continue;
    const type = element.types?.[0]?.code;
    if (type === undefined) continue;
    const choice = bare.endsWith('[x]') || (element.types?.length ?? 0) > 1;
    const property = choice ? `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}` : name;
    const value = valueOf(place, type, `${path}.${bare}`, depth);
    const many = element.max !== '1' && !choice;
    properties[property] = many ? fc.array(value, { minLength: 1, maxLength: 3 }) : value;
    if (BASES[place.release].types[type]?.kind === 'primitive-type' && name !== 'id') {
      const half = { extension: [{ url: 'urn:x', valueString: 'x' }] };
      properties[`_${property}`] = fc.constant(many ? [half] : half);
    }
  }
  return fc.record(properties, { requiredKeys: depth > 0 ? ['id'] : [], noNullPrototype: true });
}

/** An absent item stands as null in JSON; here no fragment is to be empty, for the library takes {} as an item. */
const isResource = ({ release, path }: Place): boolean => BASES[release].types[path]?.kind === 'resource';

describe('constraints in code', () => {
  it('are constraints of FHIR, by their exact words', () => {
    const known = new Set(PLACES.map(({ key, expression }) => `${key}|${expression}`));
    const unknown = NATIVE_CONSTRAINTS.filter((constraint) => !known.has(constraint));
    expect(unknown).toEqual([]);
  });

  const natives = PLACES.filter(
    ({ key, expression }) => !(key in APART) && NATIVE_CONSTRAINTS.includes(`${key}|${expression}`),
  );

  it.each(natives.map((place) => [`${place.release} ${place.key} at ${place.path}`, place] as const))(
    '%s',
    (_, place) => {
      const invariants = createInvariants(place.release);
      const native = invariants.compile({ ...place, severity: 'error' }, place.path);
      const asked = invariants.compile({ ...place, key: 'asked', severity: 'error' }, place.path);
      const empty = invariants.compile(
        { key: 'empty', severity: 'error', expression: `(${place.expression}).empty()` },
        place.path,
      );
      expect([native.native, asked.native, asked.unsupported]).toEqual([true, false, undefined]);
      const type = place.path === 'DomainResource' ? 'Patient' : place.path;
      const root = { resourceType: 'Patient', contained: [{ resourceType: 'Organization', id: 'a' }] };
      let compared = 0;
      fc.assert(
        fc.property(fragmentOf(place, place.path), (fragment) => {
          const value = isResource(place) ? { resourceType: type, ...fragment } : fragment;
          const context = isResource(place) ? { resource: value, root: value } : { resource: root, root };
          const answer = native.check(value, context);
          const expected = asked.check(value, context);
          // Where FHIRPath itself says nothing, because something is absent or too many, the code decides.
          if (expected === undefined || empty.check(value, context) === true) return;
          compared += 1;
          expect(answer).toBe(expected);
        }),
        { numRuns: 300 },
      );
      expect(compared).toBeGreaterThan(20);
    },
  );
});
