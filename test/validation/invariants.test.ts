/** Constraints of base definitions and of packages: what compiles, what holds, and what can't be asked here. */
import { readFileSync } from 'node:fs';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { describe, expect, it } from 'vitest';
import type { BaseDefinitionsFile, Constraint } from '../../src/validation/definitions/facts.js';
import { createInvariants, type InvariantContext } from '../../src/validation/invariants/index.js';
import { ARGUMENTS } from '../../src/validation/invariants/fhirpath/arguments.js';
import { toPatternTest } from '../../src/validation/invariants/pattern.js';
import type { Release } from '../../src/validation/types.js';

const ROOT = { resourceType: 'Patient', contained: [{ resourceType: 'Organization', id: 'a', name: 'Surgery' }] };
const CONTEXT: InvariantContext = { resource: ROOT, root: ROOT };

function base(release: Release): BaseDefinitionsFile {
  return JSON.parse(readFileSync(`profiles/base/${release}.json`, 'utf8')) as BaseDefinitionsFile;
}

/** The base constraint of a key at a path, compiled. */
function own(release: Release, key: string, path: string): (value: unknown, context?: InvariantContext) => unknown {
  const [name = '', ...rest] = path.split('.');
  const type = base(release).types[name];
  const holder = rest.length > 0 ? type?.elements.find((element) => element.path === rest.join('.')) : type;
  const constraint = holder?.constraints?.find((item) => item.key === key);
  if (!constraint) throw new Error(`${key} is not at ${path}`);
  const { check } = createInvariants(release).compile(constraint, path);
  return (value, context = CONTEXT) => check(value, context);
}

/** A constraint of a package. */
function theirs(
  expression: string,
  path = 'Patient',
  key = 'pkg-1',
): ReturnType<ReturnType<typeof createInvariants>['compile']> {
  return createInvariants('r4').compile({ key, severity: 'error', expression }, path);
}

describe('constraints of the base definitions', () => {
  it.each(['stu3', 'r4'] as const)('all compile: %s', (release) => {
    const invariants = createInvariants(release);
    const seen: string[] = [];
    const compile = (path: string, constraints: readonly Constraint[] = []): void => {
      for (const constraint of constraints) {
        const { unsupported } = invariants.compile(constraint, path);
        if (unsupported !== undefined) seen.push(`${path} ${constraint.key}: ${unsupported}`);
      }
    };
    for (const [name, type] of Object.entries(base(release).types)) {
      compile(name, type.constraints);
      for (const element of type.elements) compile(`${name}.${element.path}`, element.constraints);
    }
    expect(seen).toEqual([]);
  });

  it('keep periods in order, as far as precision and zones tell it', () => {
    for (const release of ['stu3', 'r4'] as const) {
      const holds = own(release, 'per-1', 'Period');
      const order = (start: string, end: string): unknown => holds({ start, end });
      expect(order('2024-05-02', '2024-05-01')).toBe(false);
      expect(order('2024-05', '2024-05-01')).toBe(true);
      expect(order('2024-06', '2024-05-31')).toBe(false);
      expect(order('2024-05-01T10:00:00Z', '2024-05-01T10:30:00+01:00')).toBe(false);
      expect(order('2024-05-01T10:00:00+01:00', '2024-05-01T09:30:00Z')).toBe(true);
      expect(order('2024-05-01T10:00:00.500Z', '2024-05-01T10:00:00Z')).toBe(false);
      expect(order('not a date', '2024')).toBe(true);
    }
  });

  it('find contained resources that nothing refers to', () => {
    for (const release of ['stu3', 'r4'] as const) {
      const holds = own(release, 'dom-3', 'DomainResource');
      expect(holds({ ...ROOT })).toBe(false);
      expect(holds({ ...ROOT, managingOrganization: { reference: '#a' } })).toBe(true);
      expect(holds({ ...ROOT, managingOrganization: { reference: '#b' } })).toBe(false);
      expect(holds({ ...ROOT, name: [{ text: '#a' }] })).toBe(false);
      expect(holds({ resourceType: 'Patient' })).toBe(true);
    }
    const backwards = { resourceType: 'Observation', id: 'a', subject: { reference: '#' } };
    expect(own('r4', 'dom-3', 'DomainResource')({ resourceType: 'Patient', contained: [backwards] })).toBe(true);
    expect(own('stu3', 'dom-3', 'DomainResource')({ resourceType: 'Patient', contained: [backwards] })).toBe(false);
    const listed = { ...ROOT, instantiatesUri: ['#a'] };
    expect(own('r4', 'dom-3', 'DomainResource')(listed)).toBe(true);
    expect(own('stu3', 'dom-3', 'DomainResource')(listed)).toBe(false);
  });

  it('follow references into the container', () => {
    const [stu3, r4] = [own('stu3', 'ref-1', 'Reference'), own('r4', 'ref-1', 'Reference')];
    for (const holds of [stu3, r4]) {
      expect(holds({ reference: '#a' })).toBe(true);
      expect(holds({ reference: '#b' })).toBe(false);
      expect(holds({ display: 'Surgery' })).toBe(true);
      expect(holds({ reference: '#a' }, { resource: { resourceType: 'Slot' }, root: ROOT })).toBe(true);
    }
    expect(r4({ reference: '#' })).toBe(true);
    expect(stu3({ reference: '#' })).toBe(false);
  });

  it('know an extension by its value or its extensions, never both', () => {
    const holds = own('r4', 'ext-1', 'Extension');
    expect(holds({ url: 'urn:x', valueString: 'a' })).toBe(true);
    expect(holds({ url: 'urn:x', _valueDate: { extension: [] } })).toBe(true);
    expect(holds({ url: 'urn:x' })).toBe(false);
    expect(holds({ url: 'urn:x', valueString: 'a', extension: [{ url: 'urn:y' }] })).toBe(false);
    expect(holds({ url: 'urn:x', value: 'a', values: 'b' })).toBe(false);
  });

  const page = (inner: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;

  it.each([
    ['<p>Text</p>', true, true],
    ['<b title="x">a &amp; b &#160;</b>', true, true],
    ['<img src="#pic" alt="x"/>', true, true],
    ['<a href="http://example.org">x</a><table><tr><td colspan="2">y</td></tr></table>', true, true],
    [' \n ', true, false],
    ['<p> </p>', true, false],
    ['<script>alert(1)</script>', false, true],
    ['<p onclick="x()">a</p>', false, true],
    ['<form>x</form>', false, true],
    ['<p href="x">a</p>', false, true],
    ['<p>a', false, true],
    ['a&nbsp;b', false, true],
    ['<?php x ?>a', false, true],
    ['</div><div xmlns="http://www.w3.org/1999/xhtml">two', false, true],
  ])('read narratives: %j', (inner, allowed, content) => {
    for (const release of ['stu3', 'r4'] as const) {
      expect(own(release, 'txt-1', 'Narrative.div')(page(inner))).toBe(allowed);
      expect(own(release, 'txt-2', 'Narrative.div')(page(inner))).toBe(content);
    }
  });

  it('want a div of XHTML', () => {
    const holds = own('r4', 'txt-1', 'Narrative.div');
    expect(holds('<div>no namespace</div>')).toBe(false);
    expect(holds('<p xmlns="http://www.w3.org/1999/xhtml">no div</p>')).toBe(false);
    expect(holds('text')).toBe(false);
    expect(holds(page('<p>'.repeat(50_000)))).toBe(false);
  });

  it('compare quantities of different units by UCUM', () => {
    const holds = own('r4', 'rng-2', 'Range');
    const ucum = (value: number, code: string): object => ({ value, system: 'http://unitsofmeasure.org', code });
    expect(holds({ low: ucum(1, 'kg'), high: ucum(5, 'g') })).toBe(false);
    expect(holds({ low: ucum(1, 'g'), high: ucum(5, 'kg') })).toBe(true);
    expect(holds({ low: { value: 2, unit: 'cm' }, high: { value: 1, unit: 'cm' } })).toBe(false);
  });

  it('allow what a definition means and says badly', () => {
    const observation = { resourceType: 'Observation', code: { text: 'x' }, valueString: 'y' };
    expect(own('stu3', 'obs-7', 'Observation')(observation)).toBe(true);
    expect(own('stu3', 'obs-7', 'Observation')({ ...observation, component: [{ code: { text: 'x' } }] })).toBe(false);
    for (const release of ['stu3', 'r4'] as const) {
      expect(own(release, 'opd-2', 'OperationDefinition.parameter')({ type: 'code' })).toBe(true);
      expect(own(release, 'opd-2', 'OperationDefinition.parameter')({ type: 'code', searchType: 'token' })).toBe(false);
      expect(own(release, 'ras-2', 'RiskAssessment.prediction')({})).toBe(true);
      expect(own(release, 'ras-2', 'RiskAssessment.prediction')({ probabilityDecimal: 101 })).toBe(false);
      expect(own(release, 'md-1', 'MessageDefinition.focus')({ max: '0' })).toBe(false);
      expect(own(release, 'md-1', 'MessageDefinition.focus')({})).toBe(true);
    }
    const exists = own('r4', 'que-7', 'Questionnaire.item.enableWhen');
    expect(exists({ operator: 'exists', answerBoolean: false })).toBe(true);
    expect(exists({ operator: 'exists', answerString: 'no' })).toBe(false);
    const onBehalf = own('stu3', 'mps-1', 'MedicationRequest.requester');
    const organisation = { reference: 'Organization/1' };
    expect(onBehalf({ agent: { reference: 'Practitioner/1' }, onBehalfOf: organisation })).toBe(true);
    expect(onBehalf({ agent: organisation, onBehalfOf: organisation })).toBe(false);
    expect(onBehalf({ agent: { reference: '#a' }, onBehalfOf: organisation })).toBe(false);
  });

  it('are checked by their own words, not by their key alone', () => {
    const lenient = theirs('true', 'Period', 'per-1');
    expect([lenient.native, lenient.check({ start: '2024', end: '2023' }, CONTEXT)]).toEqual([false, true]);
  });
});

describe('constraints of packages', () => {
  const patient = { ...ROOT, id: 'p', managingOrganization: { reference: '#a' }, birthDate: '1980-01-01' };
  const context = { resource: patient, root: patient };

  it.each([
    ["id = 'p' and %resource.id = 'p' and %rootResource.id = 'p' and %context.id = 'p'", true],
    ["%sct = 'http://snomed.info/sct' and %`vs-x` = 'http://hl7.org/fhir/ValueSet/x'", true],
    ['managingOrganization.resolve() is Organization', true],
    ['managingOrganization.resolve() is Practitioner', false],
    ["managingOrganization.resolve().name = 'Surgery'", true],
    ['birthDate <= today()', true],
    // Nothing is not true.
    ["gender = 'male'", false],
    ["id.trace('seen').exists()", true],
  ])('%s', (expression, expected) => {
    expect(theirs(expression).check(patient, context)).toBe(expected);
  });

  it('know the type of the place they stand at', () => {
    const check = theirs("value.ofType(Quantity).unit = 'cm' and value is Quantity", 'Observation').check;
    const observation = { resourceType: 'Observation', valueQuantity: { unit: 'cm' } };
    expect(check(observation, { resource: observation, root: observation })).toBe(true);
    expect(theirs('start < end', 'Appointment.requestedPeriod').check({ start: '2023', end: '2024' }, CONTEXT)).toBe(
      true,
    );
  });

  it.each([
    ["gender.memberOf('urn:x')", 'memberOf() needs a terminology server'],
    ["conformsTo('urn:x')", 'conformsTo() needs another profile'],
    ['id.', 'the expression is no FHIRPath'],
    ["id.matches('(?=a)')", "the pattern of matches() can't be matched: it looks ahead"],
    ["id.matches('(a)\\\\1')", 'it refers back to a group'],
    ["id.replaceMatches('(a+)+$', '') = 'x'", 'could take too long'],
  ])('say why they cannot be evaluated: %s', (expression, reason) => {
    const { check, unsupported } = theirs(expression);
    expect(unsupported).toContain(reason);
    expect(check(patient, context)).toBeUndefined();
  });

  it('give nothing where evaluation fails, and never throw', () => {
    for (const expression of ['nothing()', "'a' + 1 = 2", "'x'.single() * 'y'"]) {
      expect(theirs(expression).check(patient, context)).toBeUndefined();
    }
    const value = { ...patient, generalPractitioner: [{ reference: 'Practitioner/1' }] };
    expect(theirs('generalPractitioner.resolve() is Practitioner').check(value, context)).toBe('elsewhere');
    for (const value of [null, undefined, 1, 'x', [], [null], { __proto__: null }]) {
      expect(() => theirs('name.exists()').check(value, context)).not.toThrow();
    }
  });

  it('that call what is no function say so before anything is evaluated', () => {
    expect(theirs('name.family.shout()').unsupported).toBe('shout() is no function that is known here');
    expect(theirs('name.where()').unsupported).toBe("where() can't be called with 0 arguments");
    expect(theirs('name.iif(true, 1, 2).exists()').unsupported).toBeUndefined();
  });

  it('may call each function that is said to be known', () => {
    const unknown = [...ARGUMENTS].filter(([name, { least }]) => {
      const given = Array.from({ length: least }, () => (/^(is|as|ofType)$/.test(name) ? 'Patient' : '{}'));
      try {
        void fhirpath.evaluate({}, `{}.${name}(${given.join(', ')})`, {}, r4);
        return false;
      } catch (error) {
        return String(error).includes('Not implemented');
      }
    });
    expect(unknown).toEqual([]);
  });

  it('leave the resource as it was', () => {
    const frozen = JSON.stringify(patient);
    theirs('descendants().where(reference.exists()).resolve().exists()').check(patient, context);
    expect(JSON.stringify(patient)).toBe(frozen);
  });
});

describe('patterns', () => {
  it.each([
    '(a+)+$',
    '(a|a)*b',
    '(a|aa)+$',
    '^(a*)*$',
    '([a-z]+)*\\d',
    '(.*a){20}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(x+x+)+y',
  ])('cannot block: %s', (pattern) => {
    const started = performance.now();
    const { check } = theirs(`value.matches('${pattern.replaceAll('\\', '\\\\')}')`, 'Extension');
    expect(check({ url: 'urn:x', valueString: `${'a'.repeat(20_000)}!` }, CONTEXT)).toBe(false);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it.each([
    ['a{2,3}', ['xaax', 'xax', 'aaaa']],
    ['^(ab|c)*$', ['', 'ababc', 'abx', 'aba']],
    ['^(ab|c)+$', ['', 'cab', 'b']],
    ['^(a*)+b$', ['aab', 'b', 'a']],
    ['^(a?){3}$', ['', 'aaa', 'aaaa']],
    ['^a{0}b$', ['b', 'ab']],
    ['^[A-Z]([A-Za-z0-9_]){0,4}$', ['A', 'Abcde', 'Abcdef', 'a']],
    ['[^\\s\\.\\]]+x?', ['.', ' ]', 'a']],
    ['\\bfoo\\b', ['a foo b', 'afoo']],
    ['^(?:a|b)??c{2,}.$', ['accc', 'cc', 'bccé']],
    ['^\\p{Lu}\\d\\w\\u0041', ['É1aA', 'é1aA']],
    ['^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$', ['a.b@c-d.org', '@c.org', 'a@b']],
    ['|a', ['b']],
    ['', ['', 'x']],
  ])('match as JavaScript does: %s', (pattern, texts) => {
    for (const text of texts)
      expect([text, toPatternTest(pattern)(text)]).toEqual([text, new RegExp(pattern, 'us').test(text)]);
  });

  it('take escapes that need none, which definitions have', () => {
    expect(toPatternTest('^[a-z\\-\\_\\@]+\\:$')('a-_@:')).toBe(true);
  });

  it.each(['(', ')', 'a**', '*a', '[a', 'a{1', 'a{2,1}', '(a{999}){999}', '\\', '(?<n>a)', '[z-a]', '('.repeat(200)])(
    'refuse what is no pattern, or too much of one: %s',
    (pattern) => {
      expect(() => toPatternTest(pattern)).toThrow();
    },
  );
});
