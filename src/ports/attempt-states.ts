/** The states of a booking attempt, and what they have in common. */

/**
 * States of a booking attempt.
 *
 * | State | Meaning | Found at restart |
 * |---|---|---|
 * | RECEIVED | validated and claimed, nothing sent | NOT_BOOKED |
 * | RESERVING | the hold call may have left | RESERVE_OPEN |
 * | HELD | the practice confirmed the hold | NOT_BOOKED (a hold lapses by itself) |
 * | CONFIRMING | the call that creates the booking may have left | CONFIRM_OPEN |
 * | RESERVE_OPEN, CONFIRM_OPEN | outcome open | kept, reconciled |
 * | UNDOING | one of several bookings failed; those made are being taken back | kept, reconciled |
 * | BOOKED | proven | kept |
 * | REJECTED | the practice refused, nothing changed | kept |
 * | NOT_BOOKED | proven that nothing exists | kept |
 * | NEEDS_HUMAN | evidence cannot decide | kept |
 * | CANCELLING, CANCEL_OPEN, CANCELLED | the same for a cancellation | CANCELLING becomes CANCEL_OPEN |
 */
export const ATTEMPT_STATES = [
  'RECEIVED',
  'RESERVING',
  'HELD',
  'CONFIRMING',
  'RESERVE_OPEN',
  'CONFIRM_OPEN',
  'UNDOING',
  'BOOKED',
  'REJECTED',
  'NOT_BOOKED',
  'NEEDS_HUMAN',
  'CANCELLING',
  'CANCEL_OPEN',
  'CANCELLED',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** States that a finished process must not leave behind without a reconciler looking at them. */
export const OPEN_STATES: ReadonlySet<AttemptState> = new Set<AttemptState>([
  'RECEIVED',
  'RESERVING',
  'HELD',
  'CONFIRMING',
  'RESERVE_OPEN',
  'CONFIRM_OPEN',
  'UNDOING',
  'CANCELLING',
  'CANCEL_OPEN',
]);

/** States in which the attempt may still become, or already is, a booking: its slots are not to be sold again. */
export const LIVE_STATES: ReadonlySet<AttemptState> = new Set<AttemptState>([...OPEN_STATES, 'BOOKED', 'NEEDS_HUMAN']);

/** States in which no answer of the practice has told what became of the booking. */
export const UNKNOWN_STATES: ReadonlySet<AttemptState> = new Set<AttemptState>([
  'RESERVE_OPEN',
  'CONFIRM_OPEN',
  'UNDOING',
]);

/** States in which a booking is being cancelled and may be so already. */
export const CANCELLING_STATES: ReadonlySet<AttemptState> = new Set<AttemptState>(['CANCELLING', 'CANCEL_OPEN']);

/** States in which an equal content is the same booking once more. Whoever is cancelling it wants another one. */
export const REPEATABLE_STATES: ReadonlySet<AttemptState> = new Set<AttemptState>(
  [...LIVE_STATES].filter((state) => !CANCELLING_STATES.has(state)),
);
