import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ConfigurationError } from '../../src/config.js';
import { load, practicesFile } from './practices-file.js';

/** Every way to end is one of the two; anything else is the crash these tests look for. */
function outcomeOf(text: string): string {
  try {
    return load(text).practices.length > 0 ? 'configuration' : 'no practices';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { line, column, message } of error.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(message).toMatch(/^[^\n]+$/);
    }
    return error.problems.length > 0 ? 'problems' : 'an empty list of problems';
  }
}

const isGoodEnd = (outcome: string): boolean => outcome === 'configuration' || outcome === 'problems';

interface Change {
  readonly at: number;
  readonly value: unknown;
}

/** Every object and list of the file that something can be changed in. */
function partsOf(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(partsOf)];
}

describe('whatever a practices file holds', () => {
  it('any text ends in a configuration or in problems', () => {
    const token = fc.constantFrom(
      'practices',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '&a',
      '*a',
      '{',
      '}',
      '[',
      ']',
      '!!set',
      '? ',
      '"',
      "'",
      '<<',
      '|',
      '#',
      '---',
      '__proto__',
      'null',
      '1',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join('')),
    );
    fc.assert(
      fc.property(text, (source) => isGoodEnd(outcomeOf(source))),
      { numRuns: 300, seed: 1 },
    );
  });

  it('any data ends in a configuration or in problems', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => isGoodEnd(outcomeOf(JSON.stringify(value)))),
      { numRuns: 100, seed: 2 },
    );
  });

  it('a file bent in up to three places ends in a configuration or in problems', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('A99901', '200000009901', '10', {}, [], { env: 'X' }),
    );
    const changes: fc.Arbitrary<Change[]> = fc.array(fc.record({ at: fc.nat(), value }), {
      minLength: 1,
      maxLength: 3,
    });
    let bentAndWhole = 0;
    fc.assert(
      fc.property(changes, (list) => {
        const file = practicesFile();
        for (const { at, value: replacement } of list) {
          const places = partsOf(file).flatMap((part) => Object.keys(part).map((key) => ({ part, key })));
          const place = places[at % Math.max(1, places.length)];
          if (place !== undefined) Object.assign(place.part, { [place.key]: replacement });
        }
        const outcome = outcomeOf(stringify(file));
        if (outcome === 'problems') bentAndWhole += 1;
        return isGoodEnd(outcome);
      }),
      { numRuns: 200, seed: 3 },
    );
    expect(bentAndWhole).toBeGreaterThan(0);
  });
});
