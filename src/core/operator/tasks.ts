/**
 * What an operator looks after: attempts that are open, that wait for a person's word, that nobody was told of, or that
 * may be second ones.
 */
import type { AppointmentId } from '../../domain/identifiers.js';
import type { Instant } from '../../domain/time.js';
import { MINUTE } from '../../domain/time.js';
import {
  byAge,
  CANCELLING_STATES,
  OPEN_STATES,
  type AttemptSummary,
  type Ledger,
  type PossibleDuplicate,
} from '../../ports/ledger.js';
import type { Directory } from '../directory.js';
import { NEEDS_HUMAN_AFTER_MS } from '../recovery/evidence.js';
import { TASK_LISTS, type Question, type TaskList } from './answers.js';

export interface Task {
  readonly attempt: AttemptSummary;
  readonly list: TaskList;
  /** Absent while no person is asked. */
  readonly question: Question | undefined;
  /** Earlier attempts of which its consumer did not know when it made this one, and still does not. */
  readonly duplicateOf: readonly AppointmentId[];
  /** Milliseconds since it was made; for an unclaimed one since it was booked. */
  readonly ageMs: number;
}

export const UNCLAIMED_AFTER_MS = 10 * MINUTE;
/** Who books for a patient once more within that time may have given the first booking up for lost. */
export const DUPLICATE_WITHIN_MS = 10 * MINUTE;

/** `isServed`: its practice is in the practices file, so that the gateway itself is looking. */
export function questionOf(
  { state, settleAt, repliedAt, updatedAt }: AttemptSummary,
  now: Instant,
  isServed: boolean,
): Question | undefined {
  if (state === 'NEEDS_HUMAN') return 'booking';
  if (state === 'BOOKED') {
    return repliedAt === undefined && now >= updatedAt + UNCLAIMED_AFTER_MS ? 'unclaimed' : undefined;
  }
  if (!OPEN_STATES.has(state)) return undefined;
  const isLate = now >= (settleAt ?? updatedAt) + NEEDS_HUMAN_AFTER_MS;
  if (!isLate) return undefined;
  if (CANCELLING_STATES.has(state)) return 'cancellation';
  // Where the gateway looks itself, it puts the attempt into NEEDS_HUMAN when its time has come.
  return isServed ? undefined : 'booking';
}

export function taskOf(
  attempt: AttemptSummary,
  now: Instant,
  isServed: boolean,
  duplicateOf: readonly AppointmentId[] = [],
): Task | undefined {
  const question = questionOf(attempt, now, isServed);
  const list = listOf(attempt, question, duplicateOf.length > 0);
  if (list === undefined) return undefined;
  const since = list === 'unclaimed' ? attempt.updatedAt : attempt.createdAt;
  return { attempt, list, question, duplicateOf, ageMs: Math.max(0, now - since) };
}

function listOf({ state }: AttemptSummary, question: Question | undefined, mayBeSecond: boolean): TaskList | undefined {
  if (question === 'unclaimed') return 'unclaimed';
  if (question !== undefined) return 'needs-human';
  if (OPEN_STATES.has(state)) return 'open';
  return mayBeSecond ? 'possible-duplicate' : undefined;
}

/** Its outcome is open, whoever finds it out. */
export function isUnsettled({ list }: Task): boolean {
  return list === 'open' || list === 'needs-human';
}

export interface TaskFilter {
  readonly lists?: readonly TaskList[];
  readonly practice?: string;
  readonly olderThanMs?: number;
}

/** Oldest attempt first. */
export async function listTasks(
  ledger: Ledger,
  directory: Directory,
  now: Instant,
  { lists = TASK_LISTS, practice, olderThanMs = 0 }: TaskFilter = {},
): Promise<readonly Task[]> {
  const [unsettled, pairs] = await Promise.all([ledger.unsettled(), ledger.possibleDuplicates(DUPLICATE_WITHIN_MS)]);
  const duplicates = earlierOf(pairs);
  const attempts = new Map([...unsettled, ...pairs.map(({ attempt }) => attempt)].map((one) => [one.id, one]));
  return [...attempts.values()].sort(byAge).flatMap((attempt) => {
    const isServed = directory.practice(attempt.practice) !== undefined;
    const task = taskOf(attempt, now, isServed, duplicates.get(attempt.id));
    if (!task || !isOn(task, lists) || task.ageMs < olderThanMs) return [];
    return practice === undefined || attempt.practice === practice ? [task] : [];
  });
}

/** The earlier attempts of which this one may be a duplicate. */
export async function duplicateOf(ledger: Ledger, id: AppointmentId): Promise<readonly AppointmentId[]> {
  return earlierOf(await ledger.possibleDuplicates(DUPLICATE_WITHIN_MS)).get(id) ?? [];
}

function earlierOf(pairs: readonly PossibleDuplicate[]): ReadonlyMap<AppointmentId, readonly AppointmentId[]> {
  const found = new Map<AppointmentId, AppointmentId[]>();
  for (const { attempt, of } of pairs) found.set(attempt.id, [...(found.get(attempt.id) ?? []), of]);
  return found;
}

function isOn({ list, duplicateOf: earlier }: Task, lists: readonly TaskList[]): boolean {
  return lists.includes(list) || (earlier.length > 0 && lists.includes('possible-duplicate'));
}
