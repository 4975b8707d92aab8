import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BaseCodesFile, CodeSystemFacts, ValueSetFacts } from '../../src/validation/definitions/facts.js';
import { type CodeCheck, createTerminology } from '../../src/validation/terminology/index.js';

const SYSTEMS: Readonly<Record<string, CodeSystemFacts>> = {
  animals: { concepts: [['animal', ['dog', 'poodle', 'pug'], ['cat', 'siamese']], 'stone'] },
  loud: { concepts: ['Yes', 'No'], caseInsensitive: true },
  part: { concepts: [['a', 'b'], 'c'], incomplete: true },
};
const isA = (value: string, op = 'is-a', property = 'concept'): ValueSetFacts => ({
  include: [{ system: 'animals', filters: [{ property, op, value }] }],
});
const SETS: Readonly<Record<string, ValueSetFacts>> = {
  listed: { include: [{ system: 'animals', codes: ['dog', 'cat'] }] },
  whole: { include: [{ system: 'animals' }] },
  two: { include: [{ system: 'animals', codes: ['dog'] }, { system: 'loud' }] },
  dogs: isA('dog'),
  breeds: isA('dog', 'descendent-of'),
  'not dogs': isA('dog', 'is-not-a'),
  'is cat': isA('cat', '='),
  'in list': isA('cat, pug', 'in'),
  'not in list': isA('cat, pug', 'not-in', 'code'),
  regex: isA('(a+)+$', 'regex'),
  'by status': isA('active', '=', 'status'),
  'is nothing': isA('bird'),
  'not cats': { include: [{ system: 'animals' }], exclude: isA('cat').include },
  'not part': { include: [{ system: 'part' }], exclude: [{ system: 'part', codes: ['b'] }] },
  'of another': { include: [{ valueSets: ['listed|2.0'] }] },
  'of both': { include: [{ valueSets: ['listed', 'dogs'] }] },
  'of another, within a system': { include: [{ system: 'animals', valueSets: ['two'] }] },
  'of a missing one': { include: [{ valueSets: ['nowhere'] }, { system: 'animals', codes: ['dog'] }] },
  'of itself': { include: [{ valueSets: ['of itself'] }, { system: 'animals', codes: ['dog'] }] },
  'circle one': { include: [{ valueSets: ['circle two'] }, { system: 'animals', codes: ['dog'] }] },
  'circle two': { include: [{ valueSets: ['circle one'] }, { system: 'animals', codes: ['cat'] }] },
  insensitive: { include: [{ system: 'loud', codes: ['Yes'] }] },
  partly: { include: [{ system: 'part' }] },
  'partly filtered': { include: [{ system: 'part', filters: [{ property: 'concept', op: 'is-a', value: 'a' }] }] },
  snomed: {
    include: [{ system: 'http://snomed.info/sct', filters: [{ property: 'concept', op: 'is-a', value: '1' }] }],
  },
  'some of snomed': { include: [{ system: 'http://snomed.info/sct', codes: ['1'] }] },
  'all of snomed': { include: [{ system: 'http://snomed.info/sct' }] },
  languages: { include: [{ system: 'urn:ietf:bcp:47' }] },
  'mime types': { include: [{ system: 'urn:ietf:bcp:13' }] },
  empty: { include: [] },
  odd: { include: [{}] },
};

const terminology = createTerminology({ valueSet: (url) => SETS[url], codeSystem: (url) => SYSTEMS[url] });

function set(name: string): CodeCheck {
  const check = terminology.valueSet(name);
  if (check === undefined) throw new Error(`There is no value set ${name}.`);
  return check;
}

describe('value sets', () => {
  it.each([
    ['listed', 'animals', 'dog', 'in'],
    ['listed', 'animals', 'pug', 'out'],
    ['listed', 'loud', 'dog', 'out'],
    ['whole', 'animals', 'siamese', 'in'],
    ['whole', 'animals', 'bird', 'out'],
    ['two', 'loud', 'No', 'in'],
    ['dogs', 'animals', 'dog', 'in'],
    ['dogs', 'animals', 'pug', 'in'],
    ['dogs', 'animals', 'cat', 'out'],
    ['breeds', 'animals', 'dog', 'out'],
    ['breeds', 'animals', 'pug', 'in'],
    ['not dogs', 'animals', 'pug', 'out'],
    ['not dogs', 'animals', 'stone', 'in'],
    ['is cat', 'animals', 'cat', 'in'],
    ['is cat', 'animals', 'siamese', 'out'],
    ['in list', 'animals', 'pug', 'in'],
    ['in list', 'animals', 'dog', 'out'],
    ['not in list', 'animals', 'pug', 'out'],
    ['not in list', 'animals', 'dog', 'in'],
    ['regex', 'animals', 'dog', 'unknown'],
    ['regex', 'animals', 'bird', 'out'],
    ['by status', 'animals', 'dog', 'unknown'],
    ['is nothing', 'animals', 'dog', 'out'],
    ['not cats', 'animals', 'siamese', 'out'],
    ['not cats', 'animals', 'pug', 'in'],
    ['not part', 'part', 'a', 'in'],
    ['not part', 'part', 'b', 'out'],
    ['not part', 'part', 'z', 'unknown'],
    ['of another', 'animals', 'cat', 'in'],
    ['of another', 'animals', 'pug', 'out'],
    ['of both', 'animals', 'dog', 'in'],
    ['of both', 'animals', 'cat', 'out'],
    ['of another, within a system', 'animals', 'dog', 'in'],
    ['of another, within a system', 'loud', 'Yes', 'out'],
    ['of a missing one', 'animals', 'dog', 'in'],
    ['of a missing one', 'animals', 'cat', 'unknown'],
    ['of itself', 'animals', 'dog', 'in'],
    ['of itself', 'animals', 'cat', 'unknown'],
    ['circle one', 'animals', 'cat', 'in'],
    ['circle two', 'animals', 'cat', 'in'],
    ['circle two', 'animals', 'pug', 'unknown'],
    ['insensitive', 'loud', 'YES', 'in'],
    ['insensitive', 'loud', 'no', 'out'],
    ['whole', 'animals', 'DOG', 'out'],
    ['partly', 'part', 'b', 'in'],
    ['partly', 'part', 'z', 'unknown'],
    ['partly', 'other', 'z', 'out'],
    ['partly filtered', 'part', 'b', 'in'],
    ['partly filtered', 'part', 'z', 'unknown'],
    ['snomed', 'http://snomed.info/sct', '1', 'unknown'],
    ['snomed', 'animals', 'dog', 'out'],
    ['some of snomed', 'http://snomed.info/sct', '1', 'in'],
    ['some of snomed', 'http://snomed.info/sct', '2', 'out'],
    ['all of snomed', 'http://snomed.info/sct', '2', 'unknown'],
    ['empty', 'animals', 'dog', 'unknown'],
    ['odd', 'animals', 'dog', 'unknown'],
    ['listed', '__proto__', 'constructor', 'out'],
  ])('%s: %s#%s is %s', (name, system, code, membership) => {
    expect(set(name).coding(system, code)).toBe(membership);
  });

  it('have no coding without a system or a code', () => {
    expect(set('whole').coding(undefined, 'dog')).toBe('out');
    expect(set('whole').coding('animals', undefined)).toBe('out');
  });

  it.each([
    ['two', 'dog', 'in'],
    ['two', 'YES', 'in'],
    ['two', 'cat', 'out'],
    ['not cats', 'cat', 'out'],
    ['not cats', 'pug', 'in'],
    ['snomed', '1', 'unknown'],
    ['of a missing one', 'dog', 'in'],
    ['of a missing one', 'pug', 'unknown'],
  ])('%s: the bare code %s is %s', (name, code, membership) => {
    expect(set(name).code(code)).toBe(membership);
  });

  it.each([
    ['listed', 10, ['dog', 'cat']],
    ['listed', 2, ['dog', 'cat']],
    ['listed', 1, undefined],
    ['two', 10, ['dog', 'Yes', 'No']],
    ['not cats', 10, ['animal', 'dog', 'poodle', 'pug', 'stone']],
    ['of both', 10, ['dog']],
    ['dogs', 10, ['dog', 'poodle', 'pug']],
    ['partly', 10, undefined],
    ['snomed', 10, undefined],
    ['of a missing one', 10, undefined],
    ['languages', 10, undefined],
  ])('%s lists at most %i codes', (name, limit, codes) => {
    expect(set(name).list(limit)).toEqual(codes);
  });

  it.each([
    ['snomed', 'SNOMED CT'],
    ['regex', 'regex'],
    ['of a missing one', 'the value set nowhere is not at hand'],
    ['of itself', 'includes itself'],
    ['partly', 'only a part of the code system part'],
    ['empty', 'does not say which codes'],
    ['listed', undefined],
  ])('%s says what is unknown', (name, gap) => {
    if (gap === undefined) expect(set(name).gap).toBeUndefined();
    else expect(set(name).gap).toContain(gap);
  });

  it('are undefined when nobody gave them', () => {
    expect(terminology.valueSet('nowhere')).toBeUndefined();
    expect(terminology.valueSet('listed|9')).toBeDefined();
  });

  it('are worked out once', () => {
    let asked = 0;
    const counted = createTerminology({
      valueSet: (url) => ((asked += 1), SETS[url]),
      codeSystem: (url) => SYSTEMS[url],
    });
    for (let time = 0; time < 5; time += 1) counted.valueSet('of another')?.coding('animals', 'dog');
    expect(asked).toBe(2);
  });

  it('bear a chain and a tree of any depth', () => {
    const chain = createTerminology({
      valueSet: (url) => ({ include: [{ valueSets: [String(Number(url) + 1)] }] }),
      codeSystem: () => undefined,
    });
    expect(chain.valueSet('0')?.coding('a', 'b')).toBe('unknown');
    let concept: CodeSystemFacts['concepts'][number] = 'end';
    for (let level = 0; level < 100_000; level += 1) concept = [`c${level}`, concept];
    const deep = createTerminology({
      valueSet: () => ({ include: [{ system: 's', filters: [{ property: 'concept', op: 'is-a', value: 'c5' }] }] }),
      codeSystem: () => ({ concepts: [concept] }),
    });
    expect(deep.valueSet('any')?.coding('s', 'end')).toBe('in');
    expect(deep.valueSet('any')?.coding('s', 'c6')).toBe('out');
  });
});

describe('codes with a syntax', () => {
  it.each(['en', 'en-GB', 'zh-Hant-TW', 'de-CH-1996', 'x-private', 'i-klingon', 'en-x-a', 'sgn-BE-FR'])(
    'the language %s',
    (code) => {
      expect(set('languages').code(code)).toBe('in');
    },
  );

  it.each(['', 'e', 'englishlanguage', 'en_GB', 'en-', '-en', 'en GB', 'x', '1en', 'en-a', 'é'])(
    'no language: "%s"',
    (code) => {
      expect(set('languages').coding('urn:ietf:bcp:47', code)).toBe('out');
    },
  );

  it.each(['text/plain', 'application/fhir+json', 'text/html; charset=utf-8', 'image/svg+xml;a=b;c="d"'])(
    'the media type %s',
    (code) => {
      expect(set('mime types').code(code)).toBe('in');
    },
  );

  it.each([
    '',
    'text',
    '/plain',
    'text/',
    'text/plain/more',
    'te xt/plain',
    'text/plain;charset',
    'pdf',
    'text/plain;=a',
  ])('no media type: "%s"', (code) => {
    expect(set('mime types').code(code)).toBe('out');
  });
});

describe.each(['stu3', 'r4'])('the value sets of %s', (release) => {
  const path = new URL(`../../profiles/base/${release}-codes.json`, import.meta.url);
  const file = JSON.parse(readFileSync(path, 'utf8')) as BaseCodesFile;
  const base = createTerminology({
    valueSet: (url) => file.valueSets[url],
    codeSystem: (url) => file.codeSystems[url],
  });

  it('answer, or say why not', () => {
    const silent = Object.keys(file.valueSets).filter((url) => {
      const check = base.valueSet(url);
      return check === undefined || (check.coding('none', 'none') === 'unknown' && check.gap === undefined);
    });
    expect(silent).toEqual([]);
  });

  it.each([
    ['http://hl7.org/fhir/ValueSet/administrative-gender', 'male', 'in'],
    ['http://hl7.org/fhir/ValueSet/administrative-gender', 'man', 'out'],
    ['http://hl7.org/fhir/ValueSet/appointmentstatus', 'booked', 'in'],
    ['http://hl7.org/fhir/ValueSet/appointmentstatus', 'done', 'out'],
    ['http://hl7.org/fhir/ValueSet/resource-types', 'Patient', 'in'],
    ['http://hl7.org/fhir/ValueSet/resource-types', 'Dog', 'out'],
  ])('%s: %s is %s', (url, code, membership) => {
    expect(base.valueSet(url)?.code(code)).toBe(membership);
  });
});
