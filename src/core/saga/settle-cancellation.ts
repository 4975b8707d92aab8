/** What an open cancellation has come to: the bookings themselves say it, and after the settle time it is sent again. */
import { isGatewayError } from '../../domain/errors.js';
import type { Attempt, AttemptChange } from '../../ports/ledger.js';
import type { Call, PracticeAppointment, PracticeSystem } from '../../ports/practice-system.js';
import { cancelBookings } from './cancel-bookings.js';

type Change = Omit<AttemptChange, 'at'>;

export function cancelledAs(evidence: string): Change {
  return { state: 'CANCELLED', revises: true, evidence };
}

/** The appointment stands as before, and no reader sees a difference. */
export function stillBooked(attempt: Attempt, evidence: string): Change {
  return { state: 'BOOKED', evidence, details: { ...attempt.details, cancellationReason: undefined } };
}

export interface SeenCancellation {
  /** `undefined` while nothing is proven. The appointment stays in sight as booked, however long that takes. */
  readonly to: Change | undefined;
  /** Whether the practice could be asked. */
  readonly isAnswered: boolean;
}

export async function settleCancellation(
  system: PracticeSystem,
  attempt: Attempt,
  call: Call,
  settled: boolean,
): Promise<SeenCancellation> {
  let standing: readonly (PracticeAppointment | undefined)[];
  try {
    standing = await Promise.all(attempt.practiceRefs.map((ref) => system.readAppointment(ref, call)));
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return { to: undefined, isAnswered: false };
  }
  const answered = (to?: Change): SeenCancellation => ({ to, isAnswered: true });
  if (standing.every((booking) => booking?.status === 'cancelled')) {
    return answered(cancelledAs('cancelled at the practice'));
  }
  // Until then the practice may still act on what was sent.
  if (!settled) return answered();
  const reason = attempt.details.cancellationReason ?? '';
  const cancellation = await cancelBookings(system, attempt.practiceRefs, reason, call);
  if (cancellation.result === 'gone') return answered(cancelledAs('cancelled when sent again'));
  if (cancellation.result === 'refused') {
    return answered(stillBooked(attempt, `cancellation refused: ${cancellation.reason}`));
  }
  return answered();
}
