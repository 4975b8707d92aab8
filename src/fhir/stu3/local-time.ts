/** Date-times as GP Connect writes them: local to the practice, with the offset in force, to the second. */
import { SECOND, type Instant, type PracticeZone } from '../../domain/time.js';

const LOCAL_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * `undefined` for everything else: `Z`, fractions, a missing offset, an offset that is not the zone's at that moment,
 * and dates that do not exist (which `Date` would move to the next month).
 */
export function parseLocalDateTime(text: string, zone: PracticeZone): Instant | undefined {
  if (!LOCAL_DATE_TIME.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) || zone.toLocal(instant) !== text ? undefined : instant;
}

/** A date-time with any offset, to the second: FHIR's own rule, for what a consumer's clock has written. */
export function parseDateTime(text: string): Instant | undefined {
  const [, seconds, offset] = DATE_TIME.exec(text) ?? [];
  if (seconds === undefined || offset === undefined) return undefined;
  const instant = Date.parse(seconds + offset);
  return Number.isNaN(instant) ? undefined : Math.floor(instant / SECOND) * SECOND;
}
