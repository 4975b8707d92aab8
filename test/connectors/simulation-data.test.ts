import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DataFileError, loadDataFile, repeatedIn } from '../../src/connectors/simulation/data-file.js';
import { createLocalClock, isRelativeTime, parseRelativeTime } from '../../src/connectors/simulation/relative-time.js';

const iso = (text: string, zone: string, now: string): string =>
  new Date(parseRelativeTime(text, { zone, now: Date.parse(now) })).toISOString();

describe('relative times', () => {
  test.each([
    ['+2d 09:00', 'Europe/London', '2026-05-18T12:00:00Z', '2026-05-20T08:00:00.000Z'],
    ['+0d 14:30', 'Europe/London', '2026-01-05T12:00:00Z', '2026-01-05T14:30:00.000Z'],
    ['-1d 23:59:30', 'UTC', '2026-03-01T00:00:00Z', '2026-02-28T23:59:30.000Z'],
    ['2026-05-18 09:00', 'Asia/Colombo', '2026-01-01T00:00:00Z', '2026-05-18T03:30:00.000Z'],
    ['2026-05-18', 'Europe/London', '2026-01-01T00:00:00Z', '2026-05-17T23:00:00.000Z'],
    ['+1d', 'Asia/Colombo', '2026-05-18T20:00:00Z', '2026-05-19T18:30:00.000Z'],
  ])('%s in %s at %s is %s', (text, zone, now, expected) => {
    expect(iso(text, zone, now)).toBe(expected);
  });

  test('today is the day in the zone, not in UTC', () => {
    expect(iso('+0d 09:00', 'Europe/London', '2026-07-01T23:30:00Z')).toBe('2026-07-02T08:00:00.000Z');
  });

  test('nine o’clock stays nine o’clock over a clock change', () => {
    expect(iso('+0d 09:00', 'Europe/London', '2026-10-24T12:00:00Z')).toBe('2026-10-24T08:00:00.000Z');
    expect(iso('+1d 09:00', 'Europe/London', '2026-10-24T12:00:00Z')).toBe('2026-10-25T09:00:00.000Z');
  });

  test('a skipped time moves forward, a repeated one is the first', () => {
    expect(iso('+0d 01:30', 'Europe/London', '2026-03-29T12:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(iso('+0d 01:30', 'Europe/London', '2026-10-25T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
  });

  test.each(['tomorrow', '+2d 9:00', '2d 09:00', '2026-02-30 09:00', '+1d 25:00', '2026-05-18T09:00Z', ''])(
    '%j is none',
    (text) => {
      expect(isRelativeTime(text)).toBe(false);
    },
  );

  test('a local clock follows its zone over a clock change', () => {
    const clock = createLocalClock('Europe/London');
    const before = Date.parse('2026-10-25T00:59:59Z');
    expect([clock.format(before), clock.format(before + 1000)]).toEqual(['2026-10-25 01:59:59', '2026-10-25 01:00:00']);
    expect([clock.weekday(before), clock.weekday(before + 86_400_000)]).toEqual([7, 1]);
  });
});

describe('data files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulation-data-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const schema = z.strictObject({
    zone: z.string(),
    people: z.array(z.strictObject({ id: z.number(), name: z.string() })).default([]),
    size: z.union([z.number(), z.strictObject({ width: z.number() })]).optional(),
  });
  const load = (name: string, text: string): z.output<typeof schema> => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return loadDataFile(file, { schema });
  };
  const problemsOf = (name: string, text: string): string[] => {
    try {
      load(name, text);
    } catch (error) {
      if (error instanceof DataFileError) return error.message.replaceAll(join(folder, name), 'file').split('\n');
      throw error;
    }
    return [];
  };

  test('are YAML or JSON', () => {
    const expected = { zone: 'UTC', people: [{ id: 1, name: 'A' }] };
    expect(load('a.yaml', 'zone: UTC\npeople:\n  - { id: 1, name: A }\n')).toEqual(expected);
    expect(load('a.json', JSON.stringify(expected, undefined, 2))).toEqual(expected);
  });

  test('name every problem at once, each on one line with its own line number', () => {
    const text = 'colour: red\npeople:\n  - id: 1\n    name: A\n  - id: two\n    namme: B\nsize:\n  width: wide\n';
    const problems = problemsOf('b.yaml', text).sort();
    expect(problems).toHaveLength(6);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^file:1:1 {2}colour: is not known here: remove it, or use one of `people`, `size`, `zone`$/,
        ),
        expect.stringMatching(/^file:1:1 {2}zone: is missing: add it$/),
        expect.stringMatching(/^file:5:9 {2}people\[1\]\.id: must be a number$/),
        expect.stringMatching(/^file:5:5 {2}people\[1\]\.name: is missing: add it$/),
        expect.stringMatching(/^file:6:5 {2}people\[1\]\.namme: is not known here: did you mean `name`\?$/),
        expect.stringMatching(/^file:8:10 {2}size\.width: must be a number$/),
      ]),
    );
  });

  test('name the line of a syntax error and of a key written twice', () => {
    expect(problemsOf('c.yaml', 'zone: UTC\npeople: [1, 2\n')[0]).toMatch(
      /^file:\d:\d+ {2}the file is not readable YAML: /,
    );
    expect(problemsOf('d.yaml', 'zone: UTC\npeople: []\nzone: UTC\n')).toEqual([
      expect.stringMatching(/^file:3:1 {2}this key is already there/),
    ]);
    expect(problemsOf('e.json', '{"zone":\n7}')).toEqual([expect.stringMatching(/^file:2:1 {2}zone: must be text/)]);
    expect(problemsOf('f.yaml', '')).toHaveLength(1);
  });

  test('that are not there, or too large, are told in one line', () => {
    expect(() => loadDataFile(join(folder, 'none.yaml'), { schema })).toThrow(
      /none\.yaml:1:1 {2}the file cannot be read: check that it exists and may be read$/,
    );
    expect(problemsOf('g.yaml', `zone: ${'x'.repeat(8 * 1024 * 1024)}`)).toEqual([
      'file:1:1  is larger than 8 MiB: use fewer people or sessions',
    ]);
  });

  test('are told what is wrong between their parts beside what is wrong in them', () => {
    const rules = { schema, crossCheck: (raw: unknown) => repeatedIn(raw, 'people', 'id') };
    expect(() => loadDataFile({ zone: 7, people: [{ id: 1 }, { id: 1 }] }, rules)).toThrow(
      expect.objectContaining({
        problems: ['zone', 'people[0].name', 'people[1].name', 'people[1].id'].map(
          (path) => expect.objectContaining({ path }) as unknown,
        ),
      }),
    );
  });

  test('given as an object have no lines', () => {
    expect(() => loadDataFile({ zone: 1 }, { schema })).toThrow(/^data {2}zone: must be text/);
  });
});
