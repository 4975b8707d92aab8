/** An attempt as an operator sees it: what it takes to find the booking at the practice, and nothing of the patient. */
import { ANSWERS, type Question } from '../../core/operator/answers.js';
import { taskOf, type Task } from '../../core/operator/tasks.js';
import { findLocation, findPractitioner, type Directory } from '../../core/directory.js';
import type { AppointmentId } from '../../domain/identifiers.js';
import { SECOND, type Instant } from '../../domain/time.js';
import type { Attempt } from '../../ports/ledger.js';

const stamp = (instant: Instant | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString();

/** What to do about each question. */
const ADVICE: Readonly<Record<Question, string>> = {
  booking:
    'Look in the practice system for a booking at this time that was made at or after sentAt. It is there: answer ' +
    'booked with its reference. It is not: answer not-booked. The practice system works again: answer look-again',
  cancellation:
    'See in the practice system whether every booking of practiceReferences is cancelled. All are: answer cancelled. ' +
    'All stand: answer still-booked. Some stand: cancel the rest there, or book again, so that it is one or the other',
  unclaimed:
    'The appointment is booked and the consumer has not learnt of it. Tell the organisation that booked it, then ' +
    'answer told; or have it read the appointment, which clears it too',
};

/** Where nothing is asked: the other attempt is the one to look after. */
const ADVICE_ON_DUPLICATE =
  'The consumer booked this while it did not know what had become of possibleDuplicateOf, for the same patient. Look ' +
  'after that attempt first. Both are booked: ask the organisation whether it wants both. This stands here until the ' +
  'consumer has been told of the other one, or one of the two has come to nothing';

export function toListed({ attempt, list, question, duplicateOf, ageMs }: Task): object {
  return {
    id: attempt.id,
    practice: attempt.practice,
    list,
    state: attempt.state,
    start: stamp(attempt.start),
    end: stamp(attempt.end),
    ageSeconds: Math.floor(ageMs / SECOND),
    evidence: attempt.evidence,
    answers: question ? ANSWERS[question] : [],
    possibleDuplicateOf: unlessNone(duplicateOf),
  };
}

function unlessNone(ids: readonly AppointmentId[]): readonly AppointmentId[] | undefined {
  return ids.length > 0 ? ids : undefined;
}

function adviceOn(task: Task | undefined): string | undefined {
  if (task?.question) return ADVICE[task.question];
  return task?.duplicateOf.length ? ADVICE_ON_DUPLICATE : undefined;
}

export function toShown(
  attempt: Attempt,
  directory: Directory,
  now: Instant,
  duplicateOf: readonly AppointmentId[],
): object {
  const entry = directory.practice(attempt.practice);
  const task = taskOf(attempt, now, entry !== undefined, duplicateOf);
  const { details } = attempt;
  const practitioner =
    entry && details.practitionerId && findPractitioner(entry.practice, details.practitionerId)?.name;
  return {
    id: attempt.id,
    practice: attempt.practice,
    practiceName: entry?.practice.name,
    list: task?.list,
    state: attempt.state,
    evidence: attempt.evidence,
    answers: task?.question ? ANSWERS[task.question] : [],
    advice: adviceOn(task),
    possibleDuplicateOf: unlessNone(duplicateOf),
    start: stamp(attempt.start),
    end: stamp(attempt.end),
    slots: attempt.slots.map(({ id, start, end }) => ({ id, start: stamp(start), end: stamp(end) })),
    location: entry && findLocation(entry.practice, details.locationId)?.name,
    practitioner: practitioner && [...practitioner.prefix, ...practitioner.given, practitioner.family].join(' '),
    schedule: details.scheduleType,
    // To look for in the practice system, where it keeps a reference of ours.
    clientReference: entry?.system.capabilities.clientReference ? attempt.clientReference : undefined,
    practiceReferences: attempt.practiceRefs,
    bookedBy: details.bookingOrganisation && {
      odsCode: details.bookingOrganisation.odsCode,
      name: details.bookingOrganisation.name,
    },
    consumer: attempt.principal,
    createdAt: stamp(attempt.createdAt),
    sentAt: stamp(attempt.sentAt),
    settleAt: stamp(attempt.settleAt),
    updatedAt: stamp(attempt.updatedAt),
    consumerToldAt: stamp(attempt.repliedAt),
  };
}
