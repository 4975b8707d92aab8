/**
 * Schedules of HMIS have no ids of their own. A queue is a schedule by itself. Appointments sold one by one belong
 * together: those of one consultant, at one institution, on one local day, under one name are one schedule, so that
 * adjacent ones can be booked as one appointment. The id comes from these four alone: the search, which sees all of
 * them, and a booking, which reads one, come to the same.
 */
import type { ScheduleId } from '../../domain/identifiers.js';
import { DAY, MINUTE, type PracticeZone } from '../../domain/time.js';
import { fingerprint } from './fingerprint.js';
import { isExact } from './projection.js';
import type { HmisSession } from './session.js';

/** At most 56 characters: ids of HMIS are whole numbers of at most sixteen digits. */
export function scheduleIdOf(session: HmisSession, zone: PracticeZone): ScheduleId {
  if (!isExact(session)) return `s${session.id}` as ScheduleId;
  const { consultantId, institutionId, name, start } = session;
  const day = Math.floor((start + zone.offsetMinutesAt(start) * MINUTE) / DAY).toString(36);
  return `d${consultantId ?? 0}-${institutionId ?? 0}-${day}-${printOf(name ?? '')}` as ScheduleId;
}

const MOST_REMEMBERED = 2048;
const prints = new Map<string, string>();

/** A practice has few names, and each search reads them all again. */
function printOf(name: string): string {
  let print = prints.get(name);
  if (print === undefined) {
    if (prints.size >= MOST_REMEMBERED) prints.clear();
    prints.set(name, (print = fingerprint(name)));
  }
  return print;
}
