/**
 * Time inside the gateway: an instant is milliseconds since the epoch, a local time always belongs to a practice's
 * zone, and the zone of the machine is never asked.
 *
 * Zone rules come from temporal-polyfill. One look-up there costs 10 to 25 µs, so offsets are remembered per zone and
 * day; days on which the clocks change are remembered by the quarter of an hour.
 */
import { Temporal } from 'temporal-polyfill';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Half-open: `start` belongs to it, `end` does not. */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const QUARTER_HOUR = 15 * MINUTE;
const MOST_REMEMBERED = 8192;

/** A local time that the clocks skip (`gap`) or show twice (`overlap`). */
export type LocalTimeAdjustment = 'gap' | 'overlap';

export interface ResolvedLocalTime {
  readonly instant: Instant;
  readonly adjusted?: LocalTimeAdjustment;
}

export interface PracticeZone {
  /** IANA name, for example `Europe/London`. */
  readonly name: string;
  /** Minutes east of UTC in force at this instant. */
  offsetMinutesAt(instant: Instant): number;
  /** `yyyy-mm-ddThh:mm:ss+hh:mm`; never `Z`, never a fraction of a second. */
  toLocal(instant: Instant): string;
  /** `yyyy-mm-dd` on which this instant falls. */
  toLocalDate(instant: Instant): string;
  /**
   * A wall-clock time of this zone. A time shown twice means its first occurrence, a time the clocks skip moves
   * forward; both are marked. Throws `RangeError` unless the parts are a real date and time.
   */
  fromLocal(date: string, time?: string): ResolvedLocalTime;
}

const LOCAL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL_TIME = /^(\d{2}):(\d{2})(?::(\d{2}))?$/;

/** Milliseconds of a wall-clock time as if it were UTC; throws `RangeError` for `2026-02-30` and its like. */
function wallClock(date: string, time: string): number {
  const d = LOCAL_DATE.exec(date);
  const t = LOCAL_TIME.exec(time);
  if (!d || !t) throw new RangeError('not a date and time');
  const [year, month, day] = [Number(d[1]), Number(d[2]), Number(d[3])];
  const [hour, minute, second] = [Number(t[1]), Number(t[2]), Number(t[3] ?? '0')];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(wall);
  // Years below 100 would be read as 19xx.
  if (
    year < 100 ||
    back.getUTCMonth() !== month - 1 ||
    back.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    throw new RangeError('not a date and time');
  }
  return wall;
}

export function isLocalDate(text: string): boolean {
  try {
    wallClock(text, '00:00');
    return true;
  } catch {
    return false;
  }
}

function formatOffset(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  return `${sign}${String(Math.trunc(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
}

/** Throws `RangeError` for a name that is no IANA zone. */
export function createPracticeZone(name: string): PracticeZone {
  const lookUp = (instant: Instant): number =>
    Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(name).offsetNanoseconds / 60e9;
  lookUp(0);

  /** Offset of a whole UTC day, or `undefined` where the clocks change within it. */
  const days = new Map<number, number | undefined>();
  const quarters = new Map<number, number>();
  /** Most slots start where another one ends, and the next search finds the same ones: a time is written once. */
  const written = new Map<Instant, string>();

  const offsetMinutesAt = (instant: Instant): number => {
    const day = Math.floor(instant / DAY);
    if (!days.has(day)) {
      if (days.size > MOST_REMEMBERED) days.clear();
      const first = lookUp(day * DAY);
      days.set(day, first === lookUp((day + 1) * DAY - 1) ? first : undefined);
    }
    const whole = days.get(day);
    if (whole !== undefined) return whole;
    const quarter = Math.floor(instant / QUARTER_HOUR);
    let offset = quarters.get(quarter);
    if (offset === undefined) {
      if (quarters.size > MOST_REMEMBERED) quarters.clear();
      offset = lookUp(instant);
      quarters.set(quarter, offset);
    }
    return offset;
  };

  return {
    name,
    offsetMinutesAt,
    toLocal(instant) {
      let text = written.get(instant);
      if (text === undefined) {
        const offset = offsetMinutesAt(instant);
        text = new Date(instant + offset * MINUTE).toISOString().slice(0, 19) + formatOffset(offset);
        if (written.size > MOST_REMEMBERED) written.clear();
        written.set(instant, text);
      }
      return text;
    },
    toLocalDate(instant) {
      return new Date(instant + offsetMinutesAt(instant) * MINUTE).toISOString().slice(0, 10);
    },
    fromLocal(date, time = '00:00') {
      const wall = wallClock(date, time);
      const before = offsetMinutesAt(wall - DAY);
      const after = offsetMinutesAt(wall + DAY);
      if (before === after) return { instant: wall - before * MINUTE };
      const early = wall - before * MINUTE;
      const late = wall - after * MINUTE;
      const earlyHolds = offsetMinutesAt(early) === before;
      const lateHolds = offsetMinutesAt(late) === after;
      if (earlyHolds && lateHolds && early !== late) return { instant: Math.min(early, late), adjusted: 'overlap' };
      if (earlyHolds) return { instant: early };
      if (lateHolds) return { instant: late };
      return { instant: early, adjusted: 'gap' };
    },
  };
}

/** A whole local day, as long as it is where the clocks change: the one this instant falls on, or so many days later. */
export function localDayOf(zone: PracticeZone, instant: Instant, daysLater = 0): Period {
  const midnight = Date.parse(`${zone.toLocalDate(instant)}T00:00:00Z`) + daysLater * DAY;
  const dateAt = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
  return { start: zone.fromLocal(dateAt(midnight)).instant, end: zone.fromLocal(dateAt(midnight + DAY)).instant };
}
