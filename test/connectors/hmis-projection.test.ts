import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placesOf, timeOfToken } from '../../src/connectors/hmis/projection.js';
import type { HmisSession } from '../../src/connectors/hmis/session.js';
import type { SlotPolicy } from '../../src/connectors/hmis/settings.js';
import { parseSlotId, slotIdOf } from '../../src/connectors/hmis/slot-id.js';
import { isLogicalId } from '../../src/domain/identifiers.js';
import { HOUR, MINUTE } from '../../src/domain/time.js';

const NINE = Date.UTC(2026, 4, 18, 8, 0);

function session(changes: Partial<HmisSession> = {}): HmisSession {
  return {
    id: 5001,
    name: 'Morning surgery',
    consultantId: '42',
    institutionId: '10',
    start: NINE,
    end: NINE + 3 * HOUR,
    duration: 10,
    capacity: 18,
    free: 11,
    nextToken: 8,
    open: true,
    itemId: undefined,
    version: 'v',
    ...changes,
  };
}

const estimate: SlotPolicy = { kind: 'estimate', toleranceMinutes: 15 };
const windowed: SlotPolicy = { kind: 'window', toleranceMinutes: 15 };
const strict: SlotPolicy = { kind: 'strict', toleranceMinutes: 15 };

/** Minutes after nine, and the number. */
const shown = (value: HmisSession, policy = estimate, minutes = 12) =>
  placesOf(value, minutes, policy).map(({ token, start, end }) => [
    token,
    (start - NINE) / MINUTE,
    (end - NINE) / MINUTE,
  ]);

describe('places of a queue', () => {
  it('are those that the next booking gets within the tolerance', () => {
    expect(shown(session())).toEqual([
      [8, 70, 80],
      [9, 80, 90],
    ]);
    expect(shown(session(), { kind: 'estimate', toleranceMinutes: 0 })).toEqual([[8, 70, 80]]);
    expect(shown(session(), { kind: 'estimate', toleranceMinutes: 30 })).toHaveLength(4);
  });

  it('are only the next one under the strict policy, whatever the tolerance', () => {
    expect(shown(session(), strict)).toEqual([[8, 70, 80]]);
  });

  it('are all the free ones, with the whole session as their time, under the window policy', () => {
    const places = shown(session({ free: 3 }), windowed);
    expect(places).toEqual([
      [8, 0, 180],
      [9, 0, 180],
      [10, 0, 180],
    ]);
  });

  it('are as long as end and capacity say where there is no duration, else as configured', () => {
    expect(shown(session({ duration: undefined, capacity: 12 }))[0]).toEqual([8, 105, 120]);
    expect(shown(session({ duration: 0, capacity: 17 }))[0]).toEqual([8, 74, 84]);
    expect(shown(session({ duration: undefined, end: undefined }))[0]).toEqual([8, 84, 96]);
  });

  it('are none where nothing is free, nothing is known, or the session is closed', () => {
    expect(shown(session({ free: 0 }))).toEqual([]);
    expect(shown(session({ free: undefined }))).toEqual([]);
    expect(shown(session({ open: false }))).toEqual([]);
  });

  it('never run past the end of the session', () => {
    expect(shown(session({ nextToken: 18 }))).toEqual([[18, 170, 180]]);
    expect(shown(session({ nextToken: 19 }))).toEqual([]);
    // Numbers burnt by cancelled bookings take no time of a windowed session.
    expect(shown(session({ nextToken: 25, free: 2 }), windowed)).toHaveLength(2);
  });

  it('of an unlimited session go on to its end', () => {
    const unlimited = session({ capacity: 0, free: undefined, nextToken: 17 });
    expect(shown(unlimited)).toEqual([
      [17, 160, 170],
      [18, 170, 180],
    ]);
    expect(shown(unlimited, windowed)).toHaveLength(2);
    expect(shown({ ...unlimited, end: undefined }, windowed)).toHaveLength(1);
  });

  it('are each kept by a booking made at once: never further off than the tolerance, in order, without overlap', () => {
    const sessions = fc.record({
      duration: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      capacity: fc.option(fc.integer({ min: 2, max: 60 }), { nil: undefined }),
      free: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      nextToken: fc.integer({ min: 1, max: 80 }),
      end: fc.option(
        fc.integer({ min: 1, max: 600 }).map((m) => NINE + m * MINUTE),
        { nil: undefined },
      ),
    });
    const tolerances = fc.integer({ min: 0, max: 120 });
    fc.assert(
      fc.property(sessions, tolerances, fc.integer({ min: 1, max: 60 }), (changes, toleranceMinutes, minutes) => {
        const value = session(changes);
        const policy: SlotPolicy = { kind: 'estimate', toleranceMinutes };
        const places = placesOf(value, minutes, policy);
        const real = timeOfToken(value, minutes, policy, value.nextToken);
        for (const [index, place] of places.entries()) {
          expect(Math.abs(place.start - (real?.start ?? NaN))).toBeLessThanOrEqual(toleranceMinutes * MINUTE);
          expect(place.end).toBeGreaterThan(place.start);
          expect(place.end).toBeLessThanOrEqual(value.end ?? Infinity);
          const following = places[index + 1];
          if (following) expect(following.start).toBeGreaterThanOrEqual(place.end);
        }
        expect(places.length).toBeLessThanOrEqual(value.free ?? 0);
      }),
    );
  });
});

describe('an exact place', () => {
  const exact = session({ capacity: 1, free: 1, nextToken: 1, end: NINE + 15 * MINUTE, duration: 15 });

  it('has the time of its session, whatever number is next', () => {
    for (const nextToken of [1, 4]) {
      expect(placesOf({ ...exact, nextToken }, 10, estimate)).toEqual([
        { token: 1, start: NINE, end: NINE + 15 * MINUTE, timing: 'exact' },
      ]);
    }
  });

  it('ends by its duration or as configured where the session does not say', () => {
    expect(shown({ ...exact, end: undefined })).toEqual([[1, 0, 15]]);
    expect(shown({ ...exact, end: undefined, duration: undefined })).toEqual([[1, 0, 12]]);
  });

  it('keeps its time whatever number the booking has', () => {
    expect(timeOfToken(exact, 10, strict, 7)).toEqual({ start: NINE, end: NINE + 15 * MINUTE });
    expect(timeOfToken(exact, 10, strict, undefined)).toEqual({ start: NINE, end: NINE + 15 * MINUTE });
  });
});

describe('slot ids', () => {
  it('say what they mean, in letters that FHIR allows', () => {
    const id = slotIdOf(Number.MAX_SAFE_INTEGER, 99_999, Date.UTC(2500, 0, 1));
    expect(isLogicalId(id)).toBe(true);
    expect(parseSlotId(slotIdOf(5001, 8, NINE))).toEqual({ sessionId: 5001, token: 8, startMinute: NINE / MINUTE });
  });

  it('are told from any other text, and from themselves with one letter changed', () => {
    const id = slotIdOf(5001, 8, NINE);
    expect(parseSlotId(id.toUpperCase())).toBeUndefined();
    for (let at = 0; at < id.length; at += 1) {
      for (const letter of '019az-') {
        if (id[at] === letter) continue;
        expect(parseSlotId(id.slice(0, at) + letter + id.slice(at + 1))).toBeUndefined();
      }
    }
    fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => parseSlotId(text) === undefined));
  });
});
