/** Tables of cases: resources that are valid or have one fault, each naming the rule it is about. */
import { describe, expect, it } from 'vitest';
import { createRunner, expectedOutcome, RULE_CLASSES, type Case } from './cases/harness.js';
import { R4_CASES } from './cases/r4/index.js';
import { STU3_CASES } from './cases/stu3/index.js';
import type { Release } from '../../src/validation/types.js';

const TABLES: readonly (readonly [Release, readonly Case[]])[] = [
  ['stu3', STU3_CASES],
  ['r4', R4_CASES],
];

describe.each(TABLES)('the table of %s', (_release, cases) => {
  it('holds at least 400 cases, each under a title of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(400);
    const titles = cases.map((one) => one.title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it.each(RULE_CLASSES)('has at least eight cases of %s, valid and invalid ones', (rule) => {
    const ofRule = cases.filter((one) => one.rule === rule);
    expect(ofRule.length).toBeGreaterThanOrEqual(8);
    expect(ofRule.some((one) => one.errors.length === 0)).toBe(true);
    expect(ofRule.some((one) => one.errors.length > 0 || one.notes !== undefined)).toBe(true);
  });

  it('names the place of each issue from the root of its resource', () => {
    for (const one of cases)
      for (const { at } of [...one.errors, ...(one.notes ?? []), ...(one.absent ?? [])])
        expect(at, one.title).toMatch(/^[A-Za-z]+(\.|$)/);
  });

  it('has no two cases that are the same', () => {
    const seen = new Map<string, string>();
    for (const { title, rule, resource, type, profiles, definitions } of cases) {
      const key = JSON.stringify([rule, resource, type, profiles, definitions]);
      expect(seen.get(key), `${title} repeats`).toBeUndefined();
      seen.set(key, title);
    }
  });
});

const runTable = (release: Release, cases: readonly Case[]) => {
  const run = createRunner(release);

  it.each(cases.map((one) => [one.title, one] as const))('%s', (_title, one) => {
    expect(run(one)).toEqual(expectedOutcome(one));
  });
};

describe('the engine on the table of stu3', () => {
  runTable('stu3', STU3_CASES);
});

describe('the engine on the table of r4', () => {
  runTable('r4', R4_CASES);
});
