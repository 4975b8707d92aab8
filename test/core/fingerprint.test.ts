/** The fingerprint of a booking: what makes two requests the same one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, transportKey, versionOf } from '../../src/core/rows/fingerprint.js';
import type { BookingRequest } from '../../src/domain/appointment.js';
import type { LocationId, PatientId, PractitionerId } from '../../src/domain/identifiers.js';
import { ods, OTHER_PRACTICE, PRACTICE, slotId } from '../records/samples.js';
import { bookingOf, NOW, slotNumber } from './bench.js';

const text = fc.string({ maxLength: 12 });
const booking: fc.Arbitrary<BookingRequest> = fc
  .record({
    description: text,
    comment: fc.option(text, { nil: undefined }),
    practitionerId: fc.option(text, { nil: undefined }),
    slots: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
    identifiers: fc.array(fc.record({ system: text, value: text }), { maxLength: 2 }),
  })
  .map(({ practitionerId, slots, ...rest }) => {
    const plain = bookingOf([slotNumber(1)]);
    return {
      ...plain,
      ...rest,
      practitionerId: practitionerId as PractitionerId | undefined,
      slots: slots.map(slotId),
    };
  });

/** The same content, its keys written the other way round and its undefined ones left out. */
function turnedRound<T>(value: T): T {
  if (Array.isArray(value)) return value.map(turnedRound) as T;
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.reverse().map(([key, part]) => [key, turnedRound<unknown>(part)])) as T;
}

describe('fingerprint of a booking', () => {
  it('does not depend on the order of keys, on undefined ones, on the order of slots or on the stamp of creation', () => {
    fc.assert(
      fc.property(booking, fc.integer(), (one, created) => {
        const other = { ...turnedRound(one), slots: [...one.slots].reverse(), created };
        expect(fingerprintOf(PRACTICE, other)).toBe(fingerprintOf(PRACTICE, one));
      }),
    );
  });

  it('tells any two different requests apart', () => {
    fc.assert(
      fc.property(booking, booking, (one, other) => {
        const asked = ({ slots, ...rest }: BookingRequest): string =>
          JSON.stringify([Object.entries(turnedRound(rest)), [...slots].sort()]);
        fc.pre(asked(one) !== asked(other));
        expect(fingerprintOf(PRACTICE, one)).not.toBe(fingerprintOf(PRACTICE, other));
      }),
    );
  });

  const plain = bookingOf([slotNumber(1)]);
  it.each<[string, Partial<BookingRequest>]>([
    ['slots', { slots: [slotId('slot-2')] }],
    ['one slot more', { slots: [slotId('slot-1'), slotId('slot-2')] }],
    ['start', { start: plain.start + 1000 }],
    ['end', { end: plain.end + 1000 }],
    ['patient', { patientId: 'another' as PatientId }],
    ['location', { locationId: 'another' as LocationId }],
    ['practitioner', { practitionerId: undefined }],
    ['description', { description: 'Sore throat for two weeks' }],
    ['comment', { comment: '' }],
    ['organisation', { bookingOrganisation: { ...plain.bookingOrganisation, odsCode: ods('Z99903') } }],
    ['channel', { channel: 'Video' }],
    ['role', { roleCode: 'R0260' }],
    ['identifiers', { identifiers: [{ system: 'https://consumer.example', value: '1' }] }],
  ])('changes with: %s', (_what, change) => {
    expect(fingerprintOf(PRACTICE, { ...plain, ...change })).not.toBe(fingerprintOf(PRACTICE, plain));
  });

  it('does not change with how the organisation is written down', () => {
    const written = { ...plain.bookingOrganisation, localId: 'org-2', name: 'Northdale NHS 111', telecom: [] };
    expect(fingerprintOf(PRACTICE, { ...plain, bookingOrganisation: written })).toBe(fingerprintOf(PRACTICE, plain));
  });

  it('changes with the practice, and is a SHA-256 in hex', () => {
    expect(fingerprintOf(OTHER_PRACTICE, plain)).not.toBe(fingerprintOf(PRACTICE, plain));
    expect(fingerprintOf(PRACTICE, plain)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintOf(PRACTICE, { ...plain, created: NOW + 1 })).toBe(fingerprintOf(PRACTICE, plain));
  });
});

describe('key of the transport', () => {
  it.each([
    ['the consumer', transportKey('b', 'trace', 'print')],
    ['the trace id', transportKey('a', 'trace2', 'print')],
    ['the fingerprint', transportKey('a', 'trace', 'print2')],
    ['where one part ends', transportKey('at', 'race', 'print')],
  ])('changes with %s', (_what, key) => {
    expect(key).not.toBe(transportKey('a', 'trace', 'print'));
  });
});

describe('version of content', () => {
  it('is the same for the same content and another for any other', () => {
    expect(versionOf({ a: 1, b: undefined, c: [{ d: 2, e: 3 }] })).toBe(versionOf({ c: [{ e: 3, d: 2 }], a: 1 }));
    expect(versionOf({ a: [1, 2] })).not.toBe(versionOf({ a: [2, 1] }));
    expect(versionOf({ a: 1 })).not.toBe(versionOf({ a: '1' }));
    expect(versionOf({ a: 1 })).toMatch(/^[0-9a-f]{12}$/);
  });
});
