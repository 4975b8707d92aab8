/** Which number a booking gets, and whether there is a place for it: rules of the real product, observed in dialect B. */
import type { Booking, Session } from './state.js';

export function isCancelled({ status }: Booking): boolean {
  return status === 'PATIENT_CANCELED' || status === 'DOCTOR_CANCELED';
}

/** Bookings that take a place: pending ones do not, cancelled ones no longer do. */
export function bookedCount(session: Session): number {
  let count = 0;
  for (const booking of session.bookings) {
    if (!booking.retired && booking.status !== 'PENDING' && !isCancelled(booking)) count += 1;
  }
  return count;
}

/** Places left, numbers kept back by the desk counting as taken; `undefined` where there is no limit. */
export function placesLeft(session: Session): number | undefined {
  if (session.maxNo === 0) return undefined;
  const live = session.bookings.filter((booking) => !booking.retired && !isCancelled(booking));
  const keptBack = session.reserved.filter((number) => !live.some((booking) => booking.serialNo === number));
  return Math.max(0, session.maxNo - bookedCount(session) - keptBack.length);
}

/**
 * Released numbers (below the stored next one, in no booking's hands) come first, one of them at random. A cancelled
 * booking keeps its number for ever, so numbers exceed the capacity in time. The desk's numbers are not protected.
 */
export function allotSerial(session: Session, random: () => number, reuseCancelled: boolean): number {
  const used = new Set<number>();
  for (const booking of session.bookings) {
    if (!booking.retired && !(reuseCancelled && isCancelled(booking))) used.add(booking.serialNo);
  }
  const released: number[] = [];
  for (let number = 1; number < (session.storedNext ?? 1); number += 1) if (!used.has(number)) released.push(number);
  const drawn = released[Math.floor(random() * released.length)];
  if (drawn !== undefined) return drawn;
  let number = session.startNo;
  while (used.has(number)) number += 1;
  return number;
}

/** What a session's counters do after each change: the next number is only a hint to readers. */
export function recount(session: Session): void {
  session.json = undefined;
  let highest = session.startNo - 1;
  for (const booking of session.bookings) {
    if (booking.retired || booking.status === 'PENDING' || session.reserved.includes(booking.serialNo)) continue;
    highest = Math.max(highest, booking.serialNo);
  }
  let next = highest + 1;
  while (session.reserved.includes(next)) next += 1;
  session.storedNext = next;
}

export type SessionStatus = 'Available' | 'Started' | 'Ended' | 'Hold' | 'Full' | 'Cancelled' | 'Holiday';

export function statusOf(session: Session, enforceCapacity: boolean): SessionStatus {
  if (session.cancelled) return 'Cancelled';
  if (session.completed) return 'Ended';
  if (session.doctorHoliday) return 'Holiday';
  if (!session.acceptOnlineBookings) return 'Hold';
  if (enforceCapacity && placesLeft(session) === 0) return 'Full';
  return session.started ? 'Started' : 'Available';
}
