import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLogicalId, parseNhsNumber, parseOdsCode } from '../../src/domain/identifiers.js';

describe('NHS number', () => {
  it.each(['9000000009', '9990000018', '9434765919'])('%s has a valid check digit', (text) => {
    expect(parseNhsNumber(text)).toBe(text);
  });

  it.each([
    ['a wrong check digit', '9990000019'],
    ['a check digit of ten, which is never valid', '9000000050'],
    ['all noughts, which passes the sum', '0000000000'],
    ['nine digits', '999000001'],
    ['eleven digits', '99900000188'],
    ['spaces', '999 000 0018'],
    ['letters', '99900000A8'],
    ['other digits', '９９９００００１８１'],
    ['nothing', ''],
  ])('%s is refused', (_title, text) => {
    expect(parseNhsNumber(text)).toBeUndefined();
  });

  it('one changed digit is always noticed', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.nat(9), fc.integer({ min: 1, max: 9 }), (body, position, change) => {
        const nine = String(body).padStart(9, '0');
        const valid = [...'0123456789'].map((digit) => parseNhsNumber(nine + digit)).find((one) => one !== undefined);
        if (valid === undefined) return;
        const digits = [...valid];
        digits[position] = String((Number(digits[position]) + change) % 10);
        expect(parseNhsNumber(digits.join(''))).toBeUndefined();
      }),
    );
  });
});

describe('ODS code and logical id', () => {
  it.each(['A99901', 'Z99', 'Y12345678'])('%s is an ODS code', (text) => {
    expect(parseOdsCode(text)).toBe(text);
  });
  it.each(['a99901', 'A9', 'A9990-1', '', 'A1234567890'])('%j is none', (text) => {
    expect(parseOdsCode(text)).toBeUndefined();
  });
  it('a logical id has at most 64 characters of the FHIR set', () => {
    expect(isLogicalId('a-B.9'.padEnd(64, 'x'))).toBe(true);
    expect(isLogicalId('x'.repeat(65))).toBe(false);
    expect(isLogicalId('a/b')).toBe(false);
    expect(isLogicalId('')).toBe(false);
  });
});
