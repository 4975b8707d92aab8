/** The key of a booking, from the header or from the consumer's own identifier. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import { idempotencyKey } from '../../../src/http/request/idempotency.js';
import { bookingOf, slotNumber } from '../../core/bench.js';

const plain = bookingOf([slotNumber(1)]);
const identified = { ...plain, identifiers: [{ system: 'https://hub.example', value: 'b-1' }] };

const keyOf = (header: string): unknown => idempotencyKey({ 'idempotency-key': header }, plain);

function refused(header: string | string[]): boolean {
  try {
    idempotencyKey({ 'idempotency-key': header }, plain);
    return false;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error).toMatchObject({ code: 'bad-request', fhirPath: 'Idempotency-Key' });
    return true;
  }
}

describe('idempotency key', () => {
  it.each([
    ['key-1', 'key-1'],
    ['"key-1"', 'key-1'],
    ['"', '"'],
    ['a"b', 'a"b'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('header %s', (header, key) => {
    expect(keyOf(header)).toEqual({ source: 'idempotency-key', key });
  });

  it.each([
    '',
    '""',
    ' ',
    'two words',
    'one, two',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
    'naïve',
    'a\tb',
    'a\nb',
    'a\u0000',
  ])('header %j is refused', (header) => {
    expect(refused(header)).toBe(true);
  });

  it('given twice is refused', () => {
    expect(refused(['a', 'b'])).toBe(true);
    expect(refused(['a'])).toBe(true);
  });

  it('of any text is that text without its quotes, or is a bad request', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary' })), (header) => {
        const bare = /^"(.*)"$/.exec(header)?.[1] ?? header;
        const fits = /^[!-~]{1,255}$/.test(bare);
        expect(refused(header)).toBe(!fits);
        if (fits) expect(keyOf(header)).toEqual({ source: 'idempotency-key', key: bare });
      }),
      { numRuns: 500 },
    );
  });

  it('is the identifier of the appointment where there is no header, and nothing where there is neither', () => {
    expect(idempotencyKey({}, identified)).toEqual({ source: 'identifier', key: 'https://hub.example|b-1' });
    expect(idempotencyKey({}, plain)).toBeUndefined();
    expect(idempotencyKey({ 'idempotency-key': 'k' }, identified)).toEqual({ source: 'idempotency-key', key: 'k' });
  });
});
