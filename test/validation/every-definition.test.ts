/** Everything that comes with the package compiles, and its examples are valid. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createValidator, loadBaseDefinitions, type Release } from '../../src/validation/index.js';

const RELEASES: readonly Release[] = ['stu3', 'r4'];
const root = new URL('../../profiles/', import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

describe.each(RELEASES)('%s', (release) => {
  const { types } = loadBaseDefinitions(release);
  const resources = [...types].filter(([, facts]) => facts.kind === 'resource' && facts.abstract !== true);

  it('has every resource type compiled with all that can stand in it', () => {
    const validator = createValidator({ release });
    validator.prepare(resources.map(([name]) => name));
    expect(validator.problems).toEqual([]);
  }, 120_000);

  it('has every profile and extension under profiles/ compiled', () => {
    const folder = `${release}/structure-definitions/`;
    const definitions = readdirSync(new URL(folder, root)).map((file) => read(folder + file));
    const validator = createValidator({ release, definitions });
    expect(validator.checkDefinitions()).toEqual([]);
  }, 120_000);

  const examples = readdirSync(new URL(`${release}/examples/`, root));
  const validator = createValidator({ release });
  it.each(examples)('has a valid example %s', (file) => {
    const errors = validator
      .validate(read(`${release}/examples/${file}`))
      .filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
  });
});
