/**
 * From places in a queue to times. HMIS sells the next number of a session, never a chosen one, so a published slot is
 * a promise about time that the number must keep. Published is only what the next booking can really get.
 */
import { MINUTE, type Instant, type Period } from '../../domain/time.js';
import type { HmisSession } from './session.js';
import type { SlotPolicy } from './settings.js';

export interface Place {
  readonly token: number;
  readonly start: Instant;
  readonly end: Instant;
  readonly timing: 'exact' | 'estimated';
}

/** The only number of an exact place: numbers burnt by cancelled bookings leave its time as it is. */
const EXACT_TOKEN = 1;
const MOST_PLACES = 200;

/** A session with one place is no queue: it is an appointment with a time of its own. */
export function isExact(session: HmisSession): boolean {
  return session.capacity === 1;
}

function toleranceOf(policy: SlotPolicy): number {
  return policy.kind === 'strict' ? 0 : policy.toleranceMinutes * MINUTE;
}

/** Milliseconds for one patient. */
function stepOf(session: HmisSession, minutes: number): number {
  if (session.duration !== undefined && session.duration >= 1) return session.duration * MINUTE;
  if (session.end !== undefined && session.capacity !== undefined && session.capacity > 0) {
    return Math.max(MINUTE, (session.end - session.start) / session.capacity);
  }
  return minutes * MINUTE;
}

function startOfToken(session: HmisSession, step: number, token: number): Instant {
  return session.start + Math.floor(((token - 1) * step) / MINUTE) * MINUTE;
}

function wholeSession(session: HmisSession, step: number): Period {
  return { start: session.start, end: session.end ?? session.start + step * Math.max(1, session.capacity ?? 1) };
}

function exactTime(session: HmisSession, minutes: number): Period {
  const length = session.duration !== undefined && session.duration >= 1 ? session.duration : minutes;
  return { start: session.start, end: session.end ?? session.start + length * MINUTE };
}

/**
 * When a patient with this number is seen; `undefined` when it depends on a number and there is none.
 * `minutes` is the length of an appointment where the session does not tell it.
 */
export function timeOfToken(
  session: HmisSession,
  minutes: number,
  policy: SlotPolicy,
  token: number | undefined,
): Period | undefined {
  if (isExact(session)) return exactTime(session, minutes);
  const step = stepOf(session, minutes);
  if (policy.kind === 'window') return wholeSession(session, step);
  if (token === undefined) return undefined;
  return { start: startOfToken(session, step, token), end: startOfToken(session, step, token + 1) };
}

/** Whether a booking at `start` keeps what the slot promised. */
export function keepsTime(
  session: HmisSession,
  policy: SlotPolicy,
  slot: { readonly startMinute: number },
  start: Instant,
): boolean {
  if (isExact(session)) return true;
  return Math.abs(Math.floor(start / MINUTE) - slot.startMinute) * MINUTE <= toleranceOf(policy);
}

/** Places that a booking made now would really get, within the policy's tolerance. */
export function placesOf(session: HmisSession, minutes: number, policy: SlotPolicy): readonly Place[] {
  const free = session.capacity === 0 ? (session.free ?? MOST_PLACES) : (session.free ?? 0);
  if (!session.open || free <= 0) return [];
  if (isExact(session)) return [{ token: EXACT_TOKEN, ...exactTime(session, minutes), timing: 'exact' }];

  const step = stepOf(session, minutes);
  const first = session.nextToken;
  const tolerance = toleranceOf(policy);
  const most = policy.kind === 'strict' ? 1 : Math.min(free, MOST_PLACES);
  const unlimited = session.capacity === 0;
  const places: Place[] = [];
  for (let token = first; token < first + most; token += 1) {
    const start = startOfToken(session, step, token);
    const end = startOfToken(session, step, token + 1);
    if (policy.kind === 'window') {
      // Any of these numbers is seen some time in the session; only an unlimited queue ends with it.
      if (unlimited && (session.end === undefined ? token > first : end > session.end)) break;
      places.push({ token, ...wholeSession(session, step), timing: 'estimated' });
      continue;
    }
    if (session.end !== undefined && end > session.end) break;
    // A slot further than this from the next number's time could be sold, but not kept.
    if (start - startOfToken(session, step, first) > tolerance) break;
    places.push({ token, start, end, timing: 'estimated' });
  }
  return places;
}
