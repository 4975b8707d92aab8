/** FHIRPath of definitions from outside: whatever it asks for, an answer comes soon. */
import { describe, expect, it } from 'vitest';
import { createInvariants, type InvariantContext } from '../../src/validation/invariants/index.js';

const PATIENT = {
  resourceType: 'Patient',
  id: 'a',
  name: [{ family: 'Ade', given: ['Ann', 'Bea'] }],
  active: true,
};
const BUNDLE = {
  resourceType: 'Bundle',
  type: 'collection',
  entry: Array.from({ length: 2_000 }, (_, index) => ({
    fullUrl: `urn:oid:1.2.${index}`,
    resource: { ...PATIENT, id: `p${index}`, identifier: [{ system: 'https://ids.example', value: `${index}` }] },
  })),
};

const COSTLY = [
  '(1|2|3).repeat($this+1).exists()',
  '(1).repeat(iif($this < 1000000, $this + 1, {})).count() > 3',
  'descendants().where(descendants().exists()).exists()',
  'descendants().where(%resource.descendants().where(%resource.descendants().exists()).exists()).exists()',
  'descendants().isDistinct()',
  'descendants().distinct().count() > 3',
  'descendants().all(%resource.descendants().where($this = %context).count() < 3)',
  '(descendants() | descendants()).exists()',
  'descendants().union(descendants()).exists()',
  'descendants().intersect(%resource.descendants()).exists()',
  'descendants().exclude(%resource.descendants()).empty()',
  'descendants().subsetOf(%resource.descendants())',
  'descendants().supersetOf(%resource.descendants())',
  'descendants() ~ descendants()',
  'descendants() = descendants()',
  'repeat(descendants()).exists()',
  'repeat(children()).exists()',
  'descendants().combine(descendants()).combine(descendants()).combine(descendants()).descendants().exists()',
  'descendants().select(%resource).select(entry).exists()',
  'descendants().select(%resource).descendants().exists()',
  'descendants().sort().exists()',
  `${"'aaaaaaaaaa'"}${".replace('', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')".repeat(8)}.length() > 3`,
  "(1|2|3|4|5|6|7|8|9).aggregate($total & $total & $total & $total & $total & $total & $total, 'aaaaa').exists()",
  "'a'.repeat($this & 'a').exists()",
  `${'descendants().select('.repeat(12)}$this${')'.repeat(12)}.exists()`,
  "descendants().where($this is string).join('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').length() > 3",
];

const compile = (expression: string) => {
  const invariants = createInvariants('r4');
  const { check } = invariants.compile({ key: 'own-1', severity: 'error', expression }, 'Resource');
  return { invariants, check };
};
const context = (resource: InvariantContext['resource']): InvariantContext => ({ resource, root: resource });

function timed(check: () => unknown): readonly [answer: unknown, milliseconds: number] {
  const began = performance.now();
  const answer = check();
  return [answer, performance.now() - began];
}

describe('expressions that ask for too much', () => {
  // The library is loaded and warm.
  compile('descendants().exists()').check(PATIENT, context(PATIENT));

  it.each(COSTLY)('%s', (expression) => {
    for (const resource of [PATIENT, BUNDLE]) {
      const { check } = compile(expression);
      const [answer, took] = timed(() => check(resource, context(resource)));
      expect([true, false, undefined, 'too-costly']).toContain(answer);
      expect(took).toBeLessThan(3_000);
    }
  });

  it('say that they are too costly, and are not tried again in the same validation', () => {
    const { invariants, check } = compile('(1|2|3).repeat($this+1).exists()');
    invariants.begin();
    expect(check(PATIENT, context(PATIENT))).toBe('too-costly');
    const [again, took] = timed(() => check(PATIENT, context(PATIENT)));
    expect(again).toBe('too-costly');
    expect(took).toBeLessThan(5);
    invariants.begin();
    expect(timed(() => check(PATIENT, context(PATIENT)))[1]).toBeGreaterThan(30);
  });

  it('share an allowance in one validation', () => {
    const invariants = createInvariants('r4');
    const checks = Array.from({ length: 60 }, (_, index) => {
      const expression = `(1|2|3).repeat($this+${index + 1}).exists()`;
      return invariants.compile({ key: 'own-1', severity: 'error', expression }, 'Patient').check;
    });
    invariants.begin();
    const [, took] = timed(() => {
      for (const check of checks) expect(check(PATIENT, context(PATIENT))).toBe('too-costly');
    });
    expect(took).toBeLessThan(8_000);
  });

  it('leave the others alone', () => {
    const { check } = compile("entry.resource.name.where(family = 'Ade').count() = 2000");
    expect(check(BUNDLE, context(BUNDLE))).toBe(true);
    const item = (linkId: string, inside: readonly object[]): object => ({ linkId, item: inside });
    const form = { resourceType: 'Questionnaire', item: [item('1', [item('1.1', [item('1.1.1', [])])])] };
    const counted = compile('repeat(item).linkId.isDistinct() and repeat(item).count() = 3');
    expect(counted.check(form, context(form))).toBe(true);
    const twice = { resourceType: 'Questionnaire', item: [item('1', [item('2', [])]), item('2', [])] };
    expect(compile('repeat(item).count() = 2').check(twice, context(twice))).toBe(true);
  });

  it("replaces words as FHIRPath's own examples do", () => {
    for (const [expression, text] of [
      ["'abcdefg'.replace('cde', '123')", 'ab123fg'],
      ["'abcdefg'.replace('cde', '')", 'abfg'],
      ["'abc'.replace('', 'x')", 'xaxbxcx'],
      ["'a$b'.replace('$', '$&')", 'a$&b'],
    ])
      expect(compile(`${expression ?? ''} = '${text ?? ''}'`).check(PATIENT, context(PATIENT))).toBe(true);
  });

  it('refuses an expression longer than anybody writes', () => {
    const { invariants } = compile('true');
    const long = { key: 'own-2', severity: 'error', expression: `${'('.repeat(30_000)}true` } as const;
    expect(invariants.compile(long, 'Patient').unsupported).toMatch(/characters/);
    const deep = {
      key: 'own-2',
      severity: 'error',
      expression: `${'('.repeat(9_000)}true${')'.repeat(9_000)}`,
    } as const;
    const [, took] = timed(() => invariants.compile(deep, 'Patient'));
    expect(took).toBeLessThan(5_000);
  });
});
