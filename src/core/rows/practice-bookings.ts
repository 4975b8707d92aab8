/** One appointment of ours may be several bookings of the practice: what they come to together. */
import type { Period } from '../../domain/time.js';
import type { AttemptChange, HeldSlot } from '../../ports/ledger.js';
import type { PracticeAppointment } from '../../ports/practice-system.js';

/** What a reader is told where the practice gives no reason. */
export const CANCELLED_BY_PRACTICE = 'Cancelled by the practice';

/** From the first start to the last end; `undefined` when somebody else is seen in between. */
export function unbroken(bookings: readonly PracticeAppointment[]): Period | undefined {
  const [first, ...rest] = [...bookings].sort((a, b) => a.start - b.start);
  if (!first) return undefined;
  let { end } = first;
  for (const next of rest) {
    if (next.start !== end) return undefined;
    ({ end } = next);
  }
  return { start: first.start, end };
}

/** The change that makes an attempt the owner of these bookings. */
export function bookedAs(
  bookings: readonly PracticeAppointment[],
  { start, end }: Period,
  evidence: string,
): Omit<AttemptChange, 'at'> {
  return { state: 'BOOKED', practiceRefs: bookings.map(({ ref }) => ref), start, end, evidence };
}

/** Of an open cancellation the bookings are known; of every other open attempt a booking seen may be its own. */
export function mayOwnUnknown({ state }: HeldSlot): boolean {
  return state !== 'CANCELLING' && state !== 'CANCEL_OPEN';
}
