/** docs/conformance.md is true: every rule has its test, every tag its rule, every contradiction its decision. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  claimedByTests,
  claimsIn,
  conformanceDocument,
  decidedInSource,
  decisionsIn,
  type Claim,
} from '../scripts/conformance-document.js';
import {
  checklist,
  contradictions,
  INTERACTIONS,
  requirements,
  stillToCome,
  undecided,
} from './conformance/requirements/index.js';

const ROOT = resolve(import.meta.dirname, '..');

let claims: readonly Claim[];
let claimed: ReadonlySet<string>;
beforeAll(async () => {
  claims = await claimedByTests();
  claimed = new Set(claims.flatMap(({ ids }) => ids));
});
const decisions = decidedInSource();
const decided = new Set(decisions.map(({ number }) => number));

describe('the catalogue of rules', () => {
  it('says each rule once, in one sentence without an end, and where it holds', () => {
    const short = new Set(['all', ...INTERACTIONS.map(([id]) => id)]);
    const texts = new Set<string>();
    for (const [id, { where, text }] of requirements) {
      expect(text, id).toMatch(/^\S.*[^.\s]$/);
      expect(
        where.split(' ').filter((one) => !short.has(one)),
        id,
      ).toEqual([]);
      const said = `${id.split('-')[0]} ${where} ${text}`;
      expect(texts.has(said), id).toBe(false);
      texts.add(said);
    }
    expect(requirements.size).toBeGreaterThan(500);
  });

  it('the list of what is easily missed names rules that exist', () => {
    expect(checklist.flatMap(([, ids]) => ids.split(' ')).filter((id) => !requirements.has(id))).toEqual([]);
    expect(checklist).toHaveLength(20);
  });

  it('numbers the contradictions from 1', () => {
    expect(contradictions.map(({ number }) => number)).toEqual(contradictions.map((_, index) => index + 1));
  });
});

describe('tests and rules', () => {
  it('every tag names a rule', () => {
    const unknown = claims.flatMap(({ file, title, ids }) =>
      ids.filter((id) => !requirements.has(id)).map((id) => `${file}: ${title}: ${id}`),
    );
    expect(unknown).toEqual([]);
  });

  it('every rule has a test, or says why it cannot have one', () => {
    const bare = [...requirements]
      .filter(([id, { outside }]) => outside === undefined && !claimed.has(id) && !stillToCome.includes(id))
      .map(([id, { text }]) => `${id} ${text}`);
    expect(bare).toEqual([]);
  });

  it('what is listed as still to come, or as outside, has no test', () => {
    expect(stillToCome.filter((id) => claimed.has(id) || !requirements.has(id))).toEqual([]);
    expect([...requirements].filter(([id, { outside }]) => outside !== undefined && claimed.has(id))).toEqual([]);
  });

  it('every contradiction is decided in the source, and no other is', () => {
    const open = contradictions.filter(
      ({ number, nowhere }) => nowhere === undefined && !decided.has(number) && !undecided.includes(number),
    );
    expect(open).toEqual([]);
    expect(undecided.filter((number) => decided.has(number))).toEqual([]);
    const known = new Set(contradictions.filter(({ nowhere }) => nowhere === undefined).map(({ number }) => number));
    expect(decisions.filter(({ number }) => !known.has(number))).toEqual([]);
  });
});

describe('docs/conformance.md', () => {
  it('is what scripts/write-conformance.ts writes', () => {
    expect(readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8')).toBe(conformanceDocument(claims, decisions));
  });

  it('reads tags from titles of tests and of groups, and takes them out of what it shows', () => {
    const tests = [
      { file: 'a.ts', name: 'group [4.1-1] > test %s [4.1-2 10.1-3]' },
      { file: 'a.ts', name: 'group [4.1-1] > other' },
      { file: 'a.ts', name: 'group [4.1-1] > test %s [4.1-2 4.1-5]' },
    ];
    expect(claimsIn(tests)).toEqual([
      { file: 'a.ts', title: 'group (the group)', ids: ['4.1-1'] },
      { file: 'a.ts', title: 'group › test %s', ids: ['4.1-2', '10.1-3', '4.1-5'] },
    ]);
    expect(claimsIn([{ file: 'b.ts', name: 'identifier[0] of a list' }])).toEqual([]);
  });

  it.each(['[4.1-1, 4.1-2]', '[ 4.1-1 ]', '[see 10.1-3]'])('refuses the tag %s', (tag) => {
    expect(() => claimsIn([{ file: 'a.ts', name: `test ${tag}` }])).toThrow('broken tag');
  });

  it('reads decisions from comments of both kinds, one paragraph each', () => {
    const source = `
/**
 * What the file is about.
 *
 * 409, never 412:
 * the rule wins (Contradiction 2).
 *
 * More.
 */
const a = 'Contradiction 5'; const b = 'patient/*.read';
  // We ignore what was sent.
  // Contradictions 12, 13 and 17.
  call();`;
    expect(decisionsIn('a.ts', source)).toEqual([
      { number: 2, file: 'a.ts', text: '409, never 412: the rule wins (Contradiction 2).' },
      ...[12, 13, 17].map((number) => ({
        number,
        file: 'a.ts',
        text: 'We ignore what was sent. Contradictions 12, 13 and 17.',
      })),
    ]);
  });
});
