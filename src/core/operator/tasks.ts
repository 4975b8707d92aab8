/** What an operator looks after: attempts that are open, that wait for a person's word, or that nobody was told of. */
import type { Instant } from '../../domain/time.js';
import { MINUTE } from '../../domain/time.js';
import { OPEN_STATES, type AttemptState, type AttemptSummary, type Ledger } from '../../ports/ledger.js';
import type { Directory } from '../directory.js';
import { NEEDS_HUMAN_AFTER_MS } from '../recovery/evidence.js';
import { TASK_LISTS, type Question, type TaskList } from './answers.js';

export interface Task {
  readonly attempt: AttemptSummary;
  readonly list: TaskList;
  /** Absent while no person is asked. */
  readonly question: Question | undefined;
  /** Milliseconds since it was made; for an unclaimed one since it was booked. */
  readonly ageMs: number;
}

export const UNCLAIMED_AFTER_MS = 10 * MINUTE;

const CANCELLATION: ReadonlySet<AttemptState> = new Set<AttemptState>(['CANCELLING', 'CANCEL_OPEN']);

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
  if (CANCELLATION.has(state)) return 'cancellation';
  // Where the gateway looks itself, it puts the attempt into NEEDS_HUMAN when its time has come.
  return isServed ? undefined : 'booking';
}

export function taskOf(attempt: AttemptSummary, now: Instant, isServed: boolean): Task | undefined {
  const question = questionOf(attempt, now, isServed);
  const isOpen = OPEN_STATES.has(attempt.state);
  if (question === undefined && !isOpen) return undefined;
  const list = question === undefined ? 'open' : question === 'unclaimed' ? 'unclaimed' : 'needs-human';
  const since = list === 'unclaimed' ? attempt.updatedAt : attempt.createdAt;
  return { attempt, list, question, ageMs: Math.max(0, now - since) };
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
  const attempts = await ledger.unsettled();
  return attempts.flatMap((attempt) => {
    const task = taskOf(attempt, now, directory.practice(attempt.practice) !== undefined);
    if (!task || !lists.includes(task.list) || task.ageMs < olderThanMs) return [];
    return practice === undefined || attempt.practice === practice ? [task] : [];
  });
}
