import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStructureValidator, loadBaseDefinitions } from '../../src/validation/index.js';
import { VALID_TYPES, validResource, type Json, type Resource } from './resources.js';

const definitions = loadBaseDefinitions('stu3');
const validator = createStructureValidator(definitions);
const RUNS = { numRuns: 600, seed: 20260701 };

/** A place in a resource: the object or array that holds a value, and the key there. */
interface Spot {
  readonly holder: Resource | Json[];
  readonly key: string;
}

function spotsOf(value: Json, found: Spot[] = []): Spot[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push({ holder: value, key });
    spotsOf((value as Resource)[key] ?? null, found);
  }
  return found;
}

const valueAt = ({ holder, key }: Spot): Json => (holder as Resource)[key] ?? null;
const put = ({ holder, key }: Spot, value: Json): void => {
  (holder as Resource)[key] = value;
};
const isObject = (value: Json): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One fault each; every one of them is wrong wherever it is put. `undefined`: nothing to spoil here. */
const FAULTS: Readonly<Record<string, (spot: Spot) => true | undefined>> = {
  'null in place of a value': (spot) => (put(spot, null), true),
  'an empty object': (spot) => (put(spot, {}), true),
  'an empty array': (spot) => (put(spot, []), true),
  'an empty string': (spot) => (put(spot, ''), true),
  'a value twice wrapped': (spot) => (put(spot, [[valueAt(spot)]]), true),
  'an unknown element': (spot) => {
    const value = valueAt(spot);
    if (!isObject(value)) return undefined;
    value['zzUnknown'] = 'x';
    return true;
  },
  'an unknown element beside a primitive': ({ holder, key }) => {
    if (!isObject(holder)) return undefined;
    holder[`${key}Zz`] = 'x';
    return true;
  },
  'another JSON type': (spot) => {
    const value = valueAt(spot);
    put(spot, typeof value === 'boolean' ? 'true' : typeof value === 'number' ? String(value) : 1);
    return true;
  },
  'a control character': (spot) => {
    const value = valueAt(spot);
    if (typeof value !== 'string') return undefined;
    put(spot, `${value}\u0001`);
    return true;
  },
};

describe('one fault in a valid resource', () => {
  it.each(Object.entries(FAULTS))('is found: %s', (_name, spoil) => {
    let spoilt = 0;
    fc.assert(
      fc.property(fc.constantFrom(...VALID_TYPES), fc.nat(), (type, seed) => {
        const resource = validResource(type);
        const spots = spotsOf(resource);
        const spot = spots[seed % spots.length];
        if (spot === undefined || spoil(spot) === undefined) return;
        spoilt += 1;
        const issues = validator.validate(resource, type);
        expect(issues, `${type} ${spot.key}`).not.toEqual([]);
        for (const issue of issues) expect(issue.fhirPath.split(/[.[]/)[0]).toBe(type);
      }),
      RUNS,
    );
    expect(spoilt).toBeGreaterThan(100);
  });
});

describe('anything at all', () => {
  const names = [...definitions.structure('Patient').properties.keys(), '__proto__', 'constructor', 'toString'];
  const almostPatient = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }), {
    noNullPrototype: true,
  });

  it('gets an answer and no exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (value) => {
        expect(validator.validate(value)).toHaveLength(1);
        expect(validator.validate(value, 'Patient')).toHaveLength(1);
      }),
      RUNS,
    );
  });

  it('gets an answer inside a resource', () => {
    fc.assert(
      fc.property(almostPatient, (content) => {
        const issues = validator.validate({ ...content, resourceType: 'Patient' }, 'Patient');
        expect(issues.length).toBeLessThanOrEqual(50);
        expect(validator.validate({ ...content, resourceType: 'Patient' }, 'Patient')).toEqual(issues);
      }),
      RUNS,
    );
  });

  it('is no JSON value and still no exception', () => {
    const odd = [undefined, Symbol('x'), 1n, () => 1, new Date(0), new Map(), NaN, Object.create(null) as unknown];
    for (const value of odd)
      expect(validator.validate({ resourceType: 'Patient', name: value, active: value }).length).toBeLessThan(4);
    const circular: Record<string, unknown> = { resourceType: 'Patient' };
    circular['contained'] = [circular];
    expect(validator.validate(circular).map((issue) => issue.rule)).toEqual(['too-large']);
  });
});
