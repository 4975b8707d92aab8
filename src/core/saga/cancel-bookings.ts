/** The calls that take bookings of one attempt away again, and what their answers come to together. */
import type { PracticeAppointmentRef } from '../../domain/identifiers.js';
import type { Call, PracticeSystem, Refusal } from '../../ports/practice-system.js';

/**
 * - `gone`: proven of every booking.
 * - `refused`, `not-sent`: nothing has changed.
 * - `open`: anything else; the same call may be sent again, because a booking cannot be cancelled twice.
 */
export type Cancellation =
  | { readonly result: 'gone' }
  | { readonly result: 'refused'; readonly reason: Refusal }
  | { readonly result: 'not-sent' }
  | { readonly result: 'open'; readonly reason: string };

/** Refusals that say that there is nothing left to cancel. */
const GONE: ReadonlySet<Refusal> = new Set<Refusal>(['already-cancelled', 'not-found']);

export async function cancelBookings(
  system: PracticeSystem,
  refs: readonly PracticeAppointmentRef[],
  reason: string,
  call: Call,
): Promise<Cancellation> {
  if (!system.cancel) return { result: 'refused', reason: 'not-allowed' };
  let gone = 0;
  for (const ref of refs) {
    let answer = await system.cancel(ref, reason, call);
    if (answer.class === 'not-sent' && !call.signal.aborted) answer = await system.cancel(ref, reason, call);
    if (answer.class === 'done' || (answer.class === 'refused' && GONE.has(answer.reason))) {
      gone += 1;
    } else if (answer.class === 'unknown') {
      return { result: 'open', reason: answer.reason };
    } else if (gone > 0) {
      return { result: 'open', reason: `${answer.class} after ${gone} of ${refs.length}` };
    } else {
      return answer.class === 'refused' ? { result: 'refused', reason: answer.reason } : { result: 'not-sent' };
    }
  }
  return { result: 'gone' };
}
