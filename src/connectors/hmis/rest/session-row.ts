/** Session instances (A3 and A4 of the documented API) to `HmisSession`. The hot path of every slot search. */
import { MINUTE, type PracticeZone } from '../../../domain/time.js';
import { fingerprint } from '../fingerprint.js';
import type { HmisSession } from '../session.js';
import { BadRow, isRow, readCount, readFlag, readId, readLocalTime, readNumber, readText, type Row } from './fields.js';

const ID = ['id', 'sessionInstanceId', 'sessionID', 'sessionId'];
const NAME = ['name', 'sessionName'];
const CONSULTANT = ['consultantId', 'docNo', 'doctorId'];
const INSTITUTION = ['institutionId', 'hosId'];
const START = ['startingTime', 'sessionAt', 'sessionTime', 'startTime'];
const END = ['endingTime', 'endTime'];
const DATE = ['sessionDate', 'appDate'];
const DURATION = ['duration'];
const CAPACITY = ['maxNo', 'maxPatient'];
const USED = ['bookedPatientCount', 'activePatient'];
const FREE = ['availableSlots', 'remaining'];
// In the product this counts patients booked and not yet seen, so it comes last.
const FREE_LAST = ['remainingPatientCount'];
const NEXT = ['nextAvailableAppointmentNumber', 'nextNo'];
const STATUS = ['status'];
const ONLINE = ['acceptOnlineBookings'];
const CLOSED = [['doctorHoliday'], ['started'], ['completed'], ['cancelled']] as const;
const ITEM = ['itemId'];

const LONGEST_SESSION = 24 * 60 * MINUTE;
const MOST_TOKENS = 99_000;

function freePlaces(row: Row, capacity: number | undefined, used: number | undefined): number | undefined {
  const told = readCount(row, FREE);
  if (told !== undefined || capacity === 0) return told;
  if (capacity !== undefined && used !== undefined) return Math.max(0, capacity - used);
  return readCount(row, FREE_LAST);
}

function isOpen(row: Row): boolean {
  let open = readText(row, STATUS, 40)?.toLowerCase() === 'available';
  if (readFlag(row, ONLINE) === false) open = false;
  for (const names of CLOSED) if (readFlag(row, names) === true) open = false;
  return open;
}

export interface ParsedSession {
  readonly session: HmisSession;
  /** A time the clocks skip or show twice. */
  readonly adjusted: boolean;
}

/** Throws `BadRow`. */
export function parseSession(value: unknown, zone: PracticeZone): ParsedSession {
  if (!isRow(value)) throw new BadRow('session');
  const id = readId(value, ID);
  const start = readLocalTime(value, START, zone, DATE);
  const end = readLocalTime(value, END, zone, DATE);
  if (id === undefined || start === undefined) throw new BadRow(id === undefined ? 'id' : 'startingTime');
  if (end && !(end.instant > start.instant && end.instant - start.instant <= LONGEST_SESSION)) {
    throw new BadRow('endingTime');
  }
  const capacity = readCount(value, CAPACITY);
  const used = readCount(value, USED);
  const consultantId = readId(value, CONSULTANT);
  const institutionId = readId(value, INSTITUTION);
  const name = readText(value, NAME);
  const duration = readNumber(value, DURATION, 0, 24 * 60);
  const free = freePlaces(value, capacity, used);
  const nextToken = Math.max(1, readCount(value, NEXT, MOST_TOKENS) ?? (used ?? 0) + 1);
  const open = isOpen(value);
  const itemId = readId(value, ITEM);
  const content = `${name}|${duration}|${capacity}|${free}|${nextToken}|${open}|${itemId}|${start.instant}|${end?.instant}`;
  const session: HmisSession = {
    id,
    name,
    consultantId: consultantId === undefined ? undefined : String(consultantId),
    institutionId: institutionId === undefined ? undefined : String(institutionId),
    start: start.instant,
    end: end?.instant,
    duration,
    capacity,
    free,
    nextToken,
    open,
    itemId,
    version: fingerprint(`${content}|${consultantId}|${institutionId}`),
  };
  return { session, adjusted: start.adjusted !== undefined || end?.adjusted !== undefined };
}
