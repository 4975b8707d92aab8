/** All or nothing: when one of several bookings cannot be made, those made before it are cancelled again. */
import { SECOND } from '../../domain/time.js';
import type { Attempt, AttemptChange } from '../../ports/ledger.js';
import type { PracticeAppointment } from '../../ports/practice-system.js';
import { withinTime } from '../../ports/runtime.js';
import { callFor } from '../context.js';
import { cancelBookings } from './cancel-bookings.js';
import { finish, type Saga } from './saga.js';

export const TAKE_BACK_REASON = 'Another part of the same appointment could not be booked';
const TAKE_BACK_TIMEOUT_MS = 10 * SECOND;

/**
 * Ends the attempt as `end` says once every booking is proven to be gone. Until then it is open, and the reconciler
 * goes on: nobody is told "nothing was booked" while half of it stands.
 */
export async function takeBack(
  saga: Saga,
  attempt: Attempt,
  made: readonly PracticeAppointment[],
  end: Omit<AttemptChange, 'at'>,
): Promise<Attempt> {
  if (made.length === 0) return finish(saga, attempt, end);
  const { context, request } = saga;
  const practiceRefs = made.map(({ ref }) => ref);
  const undoing = await finish(saga, attempt, { ...end, state: 'UNDOING', practiceRefs });
  if (undoing.state !== 'UNDOING') return undoing;
  // The consumer may have gone; what was made for it is taken back all the same.
  const { result } = await withinTime(context.runtime.timers, TAKE_BACK_TIMEOUT_MS, undefined, (signal) =>
    cancelBookings(request.entry.system, practiceRefs, TAKE_BACK_REASON, callFor(request, 'book', signal)),
  );
  if (result === 'gone') return finish(saga, undoing, end);
  context.reconciler.watch(undoing, request.entry);
  return undoing;
}
