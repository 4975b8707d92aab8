import { describe, expect, it } from 'vitest';
import { PRIMITIVE_CHECKS } from '../../src/validation/primitives.js';

type Values = readonly (string | number)[];

const TABLE: readonly (readonly [type: string, right: Values, wrong: Values])[] = [
  [
    'base64Binary',
    ['QQ==', 'QUI=', 'QUJD', 'QU\nJD', 'a+/9', 'QUJD'.repeat(500_000)],
    ['', 'Q', 'QQ', 'QQ=', 'Q===', '====', 'QQ==QQ==', 'Q-_D'],
  ],
  ['code', ['a', 'a b', 'a-b.c', 'é'], ['', ' ', ' a', 'a ', 'a  b', 'a\tb', 'a\u00a0b', 'a\nb']],
  [
    'date',
    ['2026', '2026-02', '2024-02-29', '9999-12-31'],
    ['26', '2026-00', '2026-02-29', '2026-04-31', '-044', '2026-01-00'],
  ],
  [
    'dateTime',
    ['2026', '2026-05', '2026-05-06', '2026-05-06T07:08:09Z', '2026-05-06T07:08:09.1-00:00'],
    ['2026-05-06T07:08Z', '2026-05-06T07:08:09', '2026-05-06T', '2026-05-06T07:08:60Z', '2026-05-06T07:08:09.Z'],
  ],
  ['decimal', [0, -1.5, 1e21], [Infinity, NaN]],
  ['id', ['a', 'A-1.b', 'x'.repeat(64)], ['', 'x'.repeat(65), 'a b', 'a_b', 'é', 'a\n']],
  [
    'instant',
    ['2026-05-06T07:08:09Z', '2026-05-06T23:59:59+14:00'],
    ['2026', '2026-05-06', '2026-05-06T07:08:09+14:01', '2026-05-06t07:08:09z'],
  ],
  ['integer', [0, -2_147_483_648, 2_147_483_647], [0.5, 2_147_483_648, -2_147_483_649, NaN]],
  ['markdown', ['# a', 'a\n\nb'], ['', '\u0000']],
  [
    'oid',
    ['urn:oid:1.2.3', 'urn:oid:0.0', 'urn:oid:2.16.840.0'],
    ['1.2.3', 'urn:oid:', 'urn:oid:0', 'urn:oid:3.1', 'urn:oid:1..2', 'urn:oid:01', 'urn:oid:1.'],
  ],
  ['positiveInt', [1, 2_147_483_647], [0, -1, 1.5]],
  [
    'string',
    ['a', ' ', 'a\r\n\tb', '\u{1F600}', 'x'.repeat(1_048_576)],
    ['', '\u0007', '\ud83d', '\ude00', '\ude00\ud83d', 'x'.repeat(1_048_577)],
  ],
  ['time', ['00:00:00', '23:59:59.999'], ['24:00:00', '10:60:00', '10:00:60', '10:00', '1:00:00', '10:00:00Z']],
  ['unsignedInt', [0, 1], [-1, 0.1]],
  ['uri', ['urn:x', 'a/b?c=d', 'é'], ['', ' ', 'a b', 'a\u2003b', 'a\n']],
  [
    'uuid',
    ['urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'],
    ['urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0', '0c3151bd'],
  ],
  ['xhtml', ['<div>a</div>', '<div xmlns="x"/>'], ['', 'a', '<p>a</p>', '<div>a', '<divider></div>']],
];

describe.each(TABLE)('%s', (type, right, wrong) => {
  const check = PRIMITIVE_CHECKS.get(type);

  it('accepts its values', () => {
    expect(right.filter((value) => check?.accepts(value) !== true)).toEqual([]);
  });

  it('refuses everything else', () => {
    expect(wrong.filter((value) => check?.accepts(value) !== false)).toEqual([]);
  });
});

describe('dates', () => {
  it('are exactly the days of the calendar', () => {
    const accepts = (text: string): boolean => PRIMITIVE_CHECKS.get('date')?.accepts(text) ?? false;
    const two = (number: number): string => String(number).padStart(2, '0');
    for (const year of [1900, 2000, 2023, 2024, 2100])
      for (let month = 0; month <= 13; month += 1)
        for (let day = 0; day <= 32; day += 1) {
          const real = new Date(Date.UTC(year, month - 1, day));
          const exists = real.getUTCMonth() === month - 1 && real.getUTCDate() === day;
          expect(accepts(`${year}-${two(month)}-${two(day)}`), `${year}-${month}-${day}`).toBe(exists);
        }
  });
});
