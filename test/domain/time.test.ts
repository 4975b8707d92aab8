import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { createPracticeZone, DAY, HOUR, isLocalDate, MINUTE } from '../../src/domain/time.js';

const london = createPracticeZone('Europe/London');
/** Zones with half-hour changes, quarter-hour offsets and none at all. */
const ZONES = ['Europe/London', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Asia/Colombo', 'UTC'];
const from = Date.parse('2020-01-01T00:00:00Z');
const until = Date.parse('2035-01-01T00:00:00Z');

describe('practice zone', () => {
  it('writes local time with the offset of that moment, never Z', () => {
    expect(london.toLocal(Date.parse('2026-01-15T09:00:00Z'))).toBe('2026-01-15T09:00:00+00:00');
    expect(london.toLocal(Date.parse('2026-07-15T09:00:00Z'))).toBe('2026-07-15T10:00:00+01:00');
    expect(london.toLocalDate(Date.parse('2026-07-15T23:30:00Z'))).toBe('2026-07-16');
    expect(createPracticeZone('America/St_Johns').toLocal(Date.parse('2026-01-15T09:00:00Z'))).toBe(
      '2026-01-15T05:30:00-03:30',
    );
  });

  it('a time the clocks show twice is its first occurrence, and marked', () => {
    expect(london.fromLocal('2026-10-25', '01:30')).toEqual({
      instant: Date.parse('2026-10-25T00:30:00Z'),
      adjusted: 'overlap',
    });
  });

  it('a time the clocks skip moves forward, and is marked', () => {
    const { instant, adjusted } = london.fromLocal('2026-03-29', '01:30');
    expect(adjusted).toBe('gap');
    expect(london.toLocal(instant)).toBe('2026-03-29T02:30:00+01:00');
  });

  it('the days of a clock change have 23 and 25 hours', () => {
    const hours = (date: string, next: string): number =>
      (london.fromLocal(next).instant - london.fromLocal(date).instant) / HOUR;
    expect(hours('2026-03-29', '2026-03-30')).toBe(23);
    expect(hours('2026-10-25', '2026-10-26')).toBe(25);
  });

  it.each(['2026-02-29', '2026-13-01', '2026-00-10', '0026-01-01', '26-01-01', '2026-1-1', '', 'today'])(
    '%j is no date',
    (text) => {
      expect(isLocalDate(text)).toBe(false);
      expect(() => london.fromLocal(text)).toThrow(RangeError);
    },
  );

  it.each(['24:00', '12:60', '12:00:60', '1:00', 'noon'])('%j is no time', (text) => {
    expect(() => london.fromLocal('2026-05-18', text)).toThrow(RangeError);
  });

  it('agrees with the zone rules at every moment', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.integer({ min: from, max: until }), (name, instant) => {
        const expected = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(name);
        expect(createPracticeZone(name).offsetMinutesAt(instant)).toBe(expected.offsetNanoseconds / 60e9);
      }),
      { numRuns: 300 },
    );
  });

  it('what it writes reads back as the same moment, except in the hour shown twice', () => {
    const zones = new Map(ZONES.map((name) => [name, createPracticeZone(name)]));
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: from / MINUTE, max: until / MINUTE }),
        (name, minute) => {
          const zone = zones.get(name);
          if (!zone) return;
          const instant = minute * MINUTE;
          const local = zone.toLocal(instant);
          const back = zone.fromLocal(local.slice(0, 10), local.slice(11, 19));
          if (back.adjusted === 'overlap') expect(instant - back.instant).toBeLessThanOrEqual(HOUR);
          else expect(back).toEqual({ instant });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('keeps answering rightly when more days were asked for than are remembered', () => {
    const zone = createPracticeZone('Europe/London');
    for (let day = 0; day < 9000; day += 1) zone.offsetMinutesAt(from + day * DAY);
    expect(zone.toLocal(Date.parse('2026-07-15T09:00:00Z'))).toBe('2026-07-15T10:00:00+01:00');
  });
});
