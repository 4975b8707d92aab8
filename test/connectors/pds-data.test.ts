import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DataFileError } from '../../src/connectors/simulation/data-file.js';
import { loadPdsData } from '../../src/connectors/pds/simulator/index.js';
import { parseNhsNumber } from '../../src/domain/identifiers.js';

const FILE = 'fixtures/pds/people.yaml';
const { people } = loadPdsData(FILE);

describe('the people on the simulated register', () => {
  it('are of every kind, with real check digits', () => {
    const count = (kind: string): number => people.filter((entry) => entry.kind === kind).length;
    expect(people.length).toBeGreaterThanOrEqual(20);
    for (const kind of ['superseded', 'invalidated', 'sensitive', 'deceased']) {
      expect(count(kind), kind).toBeGreaterThanOrEqual(2);
    }
    for (const { nhsNumber } of people) expect(parseNhsNumber(nhsNumber), nhsNumber).toBe(nhsNumber);
  });

  const HmisFile = z.object({
    patients: z.array(
      z.object({ name: z.string(), dob: z.string(), sex: z.string(), title: z.string(), phn: z.string().optional() }),
    ),
  });
  const atPractices = readdirSync('fixtures/hmis')
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => HmisFile.parse(parse(readFileSync(`fixtures/hmis/${name}`, 'utf8'))).patients);

  it('include every patient of the demo practices, under the same name and birth date', () => {
    expect(atPractices.length).toBeGreaterThan(0);
    for (const { phn, name, dob, sex, title } of atPractices) {
      if (phn === undefined) continue;
      const person = people.find(({ nhsNumber }) => nhsNumber === phn);
      expect(person, phn).toMatchObject({ kind: 'traced', birthDate: dob, gender: sex.toLowerCase(), prefix: [title] });
      if (person?.kind === 'traced') expect([...person.given, person.family].join(' ')).toBe(name);
    }
  });

  it('include some whom no practice knows, to be registered', () => {
    const known = new Set(atPractices.map(({ phn }) => phn));
    const strangers = people.filter(({ kind, nhsNumber }) => kind === 'traced' && !known.has(nhsNumber));
    expect(strangers.length).toBeGreaterThanOrEqual(6);
  });

  it('can be reached only by numbers and codes kept for fiction', () => {
    const text = readFileSync(FILE, 'utf8');
    for (const [phone] of text.matchAll(/\b0\d{4} \d{6}\b/g)) expect(phone).toMatch(/^(01632 960|07700 900)\d{3}$/);
    for (const [postcode] of text.matchAll(/\b[A-Z]{1,2}\d\d? \d[A-Z]{2}\b/g))
      expect(postcode).toMatch(/^HG9 9Z[A-Z]$/);
    for (const [, domain] of text.matchAll(/@([a-z.]+)/g)) expect(domain).toBe('example.org');
  });
});

describe('a data file', () => {
  const somebody = { kind: 'traced', nhsNumber: '9990000018', family: 'A', given: ['B'], birthDate: '2000-01-01' };
  const problemsOf = (source: object): string => {
    try {
      loadPdsData(source);
      return '';
    } catch (error) {
      if (error instanceof DataFileError) return error.message;
      throw error;
    }
  };
  it('may be as short as one person', () => expect(problemsOf({ people: [somebody] })).toBe(''));
  it.each([
    ['has a wrong check digit', [{ ...somebody, nhsNumber: '9990000019' }]],
    ['999 test range', [{ ...somebody, nhsNumber: '9434765919' }]],
    ['is that of people[0] already', [somebody, somebody]],
    ['must be the number of a person', [{ kind: 'superseded', nhsNumber: '9990000026', by: '9990000018' }]],
  ])('is refused when it %s', (message, list) => expect(problemsOf({ people: list })).toContain(message));

  it('counts relative dates from the day the simulator starts, in its own zone', () => {
    // Half past midnight of the 19th in London.
    const now = Date.UTC(2026, 4, 18, 23, 30);
    const address = { lines: ['1 Quay Lane'], postcode: 'HG9 9ZZ', start: '-30d', end: '+1d' };
    const dead = { ...somebody, kind: 'deceased', nhsNumber: '9990000026', on: '-7d', addresses: [] };
    const { people } = loadPdsData({ people: [{ ...somebody, addresses: [address] }, dead] }, now);
    expect(people).toEqual([
      expect.objectContaining({ addresses: [expect.objectContaining({ start: '2026-04-19', end: '2026-05-20' })] }),
      expect.objectContaining({ on: '2026-05-12' }),
    ]);
  });
});
