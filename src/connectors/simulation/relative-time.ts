/**
 * Times in data files, `+2d 09:00` or `2026-05-18 09:00`, so that a data set stays useful whatever day it is; and the
 * local wall-clock text that practice systems speak. Deliberately not the gateway's own time arithmetic: a simulator
 * must not share its mistakes.
 */
import { Temporal } from 'temporal-polyfill';

export interface ZoneAndNow {
  /** IANA name. */
  readonly zone: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const FORM = /^(?:([+-]\d{1,4})d|(\d{4}-\d{2}-\d{2}))(?:[ T](\d{2}:\d{2}(?::\d{2})?))?$/;
const TIME = /^\d{2}:\d{2}(?::\d{2})?$/;

export function isRelativeTime(text: string): boolean {
  try {
    parseRelativeTime(text, { zone: 'UTC', now: 0 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Milliseconds since the epoch. Day offsets count from today in the zone; without a time of day it is the start of
 * that day. A time the clocks skip moves forward, one they show twice means the first. Throws `RangeError` for
 * anything else.
 */
export function parseRelativeTime(text: string, { zone, now }: ZoneAndNow): number {
  const form = FORM.exec(text);
  if (!form) throw new RangeError(`'${text}' is neither '+2d 09:00' nor '2026-05-18 09:00'`);
  const [, offset, date, time] = form;
  const day =
    date === undefined
      ? Temporal.Instant.fromEpochMilliseconds(now)
          .toZonedDateTimeISO(zone)
          .toPlainDate()
          .add({ days: Number(offset) })
      : Temporal.PlainDate.from(date, { overflow: 'reject' });
  if (time === undefined) return day.toZonedDateTime(zone).epochMilliseconds;
  return day.toZonedDateTime({ timeZone: zone, plainTime: parseTimeOfDay(time) }).epochMilliseconds;
}

/** `09:00` or `09:00:30`; throws `RangeError` for anything else. */
export function parseTimeOfDay(text: string): Temporal.PlainTime {
  if (!TIME.test(text)) throw new RangeError(`'${text}' is no time of day`);
  return Temporal.PlainTime.from(text, { overflow: 'reject' });
}

export interface LocalClock {
  /** `yyyy-mm-dd hh:mm:ss` on the wall of this zone. */
  format(instant: number): string;
  /** 1 for Monday to 7 for Sunday. */
  weekday(instant: number): number;
}

export function isZone(name: string): boolean {
  try {
    createLocalClock(name);
    return true;
  } catch {
    return false;
  }
}

export function isTimeOfDay(text: string): boolean {
  try {
    parseTimeOfDay(text);
    return true;
  } catch {
    return false;
  }
}

const QUARTER_HOUR = 900_000;

/** Throws `RangeError` when the zone is none. */
export function createLocalClock(zone: string): LocalClock {
  const offsetAt = (instant: number): number =>
    Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;
  // Clocks change on quarters of an hour only, and a simulation asks for the same one again and again.
  let quarter = 0;
  let offset = offsetAt(0);
  const wall = (instant: number): Date => {
    const asked = Math.floor(instant / QUARTER_HOUR);
    if (asked !== quarter) {
      quarter = asked;
      offset = offsetAt(instant);
    }
    return new Date(instant + offset);
  };
  return {
    format: (instant) => wall(instant).toISOString().slice(0, 19).replace('T', ' '),
    weekday: (instant) => wall(instant).getUTCDay() || 7,
  };
}
