/** A schema is interpreted until it is worth compiling: both ways find the same, in the same order. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createCompiler, type ResourceCompiler } from '../../src/validation/compile/compiler.js';
import { isJson } from '../../src/validation/definitions/json.js';
import { createRegistry } from '../../src/validation/definitions/registry.js';
import type { Release } from '../../src/validation/types.js';
import type { Case } from './cases/harness.js';
import { R4_CASES } from './cases/r4/index.js';
import { STU3_CASES } from './cases/stu3/index.js';

const TABLES: readonly (readonly [Release, readonly Case[]])[] = [
  ['stu3', STU3_CASES],
  ['r4', R4_CASES],
];

function compilerOf(release: Release, worthCompiling: number, compilesBetweenTurns = false): ResourceCompiler {
  const registry = createRegistry(release, [], true);
  return createCompiler(registry, { mostFaults: 800, quietTerminology: false, worthCompiling, compilesBetweenTurns });
}

/** All that the report is made of. */
function faultsOf(compiler: ResourceCompiler, resource: unknown, profiles: readonly string[]): unknown {
  if (!isJson(resource)) return 'no object';
  const trees = profiles.flatMap((url) => compiler.profile(url) ?? []);
  compiler.check(resource, trees, false);
  return compiler.units.faults
    .take()
    .map(({ node, ...fault }) => ({ ...fault, element: node.id, of: node.definition }));
}

/** What only JSON Schema's own keywords refuse, several at once and at several depths. */
const ODD: Readonly<Record<string, readonly unknown[]>> = {
  status: [null, 7, '', [], {}, ['booked'], true],
  participant: [null, [], {}, [null], [7, 'x', []], [[]], [{}, {}], [{ status: [], actor: 'x', unheardOf: null }]],
  meta: [[], {}, { profile: 'x' }, { profile: [] }, { profile: [null, 7, ''] }, { versionId: 7, b: 1, a: 2 }],
  minutesDuration: ['15', 1.5, -1, null, {}, 1e300],
  contained: [{}, [null], [{ resourceType: 'Patient', name: [{ given: [null, 5, {}] }], nobody: {} }]],
};

describe.each(TABLES)('interpreted and compiled schemas of %s', (release, cases) => {
  const interpreted = compilerOf(release, Infinity);
  const compiled = compilerOf(release, 0);
  const shared = cases.filter(({ definitions }) => definitions === undefined);

  it('find the same in every case of the table', () => {
    expect(shared.length).toBeGreaterThan(200);
    for (const { title, resource, profiles = [] } of shared)
      expect(faultsOf(interpreted, resource, profiles), title).toEqual(faultsOf(compiled, resource, profiles));
  });

  it('find the same where nothing is as it should be', () => {
    for (const [name, values] of Object.entries(ODD))
      for (const value of values) {
        const resource = { resourceType: 'Appointment', unheardOf: 1, [name]: value, id: 'no id', _status: [null, {}] };
        const found = faultsOf(interpreted, resource, []);
        expect(found, JSON.stringify(resource)).toEqual(faultsOf(compiled, resource, []));
        expect(found).not.toEqual([]);
      }
  });

  it('find the same of faults in plenty', () => {
    const plenty = {
      resourceType: 'Appointment',
      ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`unheardOf${String(index)}`, index])),
      participant: Array.from({ length: 500 }, (_, index) => index),
    };
    expect(faultsOf(interpreted, plenty, [])).toEqual(faultsOf(compiled, plenty, []));
  });

  it('find the same before and after they are compiled between turns', async () => {
    const later = compilerOf(release, 5, true);
    const resource = { resourceType: 'Appointment', participant: Array.from({ length: 50 }, () => ({ unheardOf: 1 })) };
    const found = faultsOf(interpreted, resource, []);
    for (let round = 0; round < 4; round += 1) {
      expect(faultsOf(later, resource, []), `round ${String(round)}`).toEqual(found);
      await turn();
    }
  });
});
