/** What a person may be asked about an attempt, and what may be answered. */

/**
 * - `open`: the gateway is still finding out.
 * - `needs-human`: it could not, and waits for an operator's answer.
 * - `unclaimed`: booked, and the consumer has never learnt of it.
 * - `possible-duplicate`: booked soon after another, for the same patient by the same consumer, that did not know what
 *   had become of that one. It may be on one of the other lists too.
 */
export const TASK_LISTS = ['open', 'needs-human', 'unclaimed', 'possible-duplicate'] as const;
export type TaskList = (typeof TASK_LISTS)[number];

/** What a person is asked: was it booked, was it cancelled, has somebody told the consumer? */
export type Question = 'booking' | 'cancellation' | 'unclaimed';

/** What may be answered to each question. */
export const ANSWERS = {
  booking: ['booked', 'not-booked', 'look-again'],
  cancellation: ['cancelled', 'still-booked'],
  unclaimed: ['told'],
} as const satisfies Record<Question, readonly string[]>;
export type AnswerKind = (typeof ANSWERS)[Question][number];
