/**
 * Everything that writes to the ledger goes through this one queue, in the order it was asked for. What waits at the
 * same moment is committed together, so that a burst of requests costs one disk sync instead of one each, and the
 * audit chain has a single writer.
 */
import type { Kysely } from 'kysely';
import { GatewayError, isGatewayError } from '../domain/errors.js';
import type { AuditEvent } from '../ports/audit.js';
import type { Schema } from './schema.js';

const DEFERRED_FOR_MS = 50;
const RETRY_AFTER_MS = 1000;
const MOST_PER_COMMIT = 200;

export interface CommitQueueOptions {
  /** Pieces of work in one transaction. */
  readonly mostPerCommit?: number;
  /** Told why each commit has failed. */
  readonly failed?: (error: unknown) => void;
}

/** One transaction in progress. Work may run twice when a neighbour fails, so it changes nothing but the database. */
export interface Commit {
  readonly db: Kysely<Schema>;
  append(event: AuditEvent): void;
}

/** The hash chain as the queue drives it: extended inside a transaction, believed once the commit is proven. */
export interface Chain {
  begin(db: Kysely<Schema>): Promise<void>;
  append(eventText: string): void;
  /** Writes what was appended, all together. */
  complete(db: Kysely<Schema>): Promise<void>;
  committed(): void;
  rolledBack(): void;
  /**
   * For a database that is reached over a network: whether the last commit whose answer was lost has happened. Throws
   * while that cannot be learnt. Absent where a commit that fails has not happened.
   */
  wasCommitted?(): Promise<boolean>;
}

export interface CommitQueue {
  /** Resolves when the work is committed and synced; rejects with `ledger-unavailable` when that is not proven. */
  commit<T>(work: (commit: Commit) => Promise<T>): Promise<T>;
  /**
   * Joins the next commit, within 50 ms if nothing else asks for one, and is tried again while commits fail;
   * `durable` is called when it is committed. Answers `false` when the queue is closed.
   */
  defer(work: (db: Kysely<Schema>) => Promise<void>, durable?: () => void): boolean;
  /** Whether somebody waits for a commit. */
  isBusy(): boolean;
  /** How much of what was deferred is not durable yet. */
  deferred(): number;
  /** Commits what waits and refuses everything after. */
  close(): Promise<void>;
}

interface Entry {
  readonly work: (commit: Commit) => Promise<unknown>;
  committed(value: unknown): void;
  /** Absent for deferred work, which is tried again instead. */
  readonly failed: ((reason: unknown) => void) | undefined;
}

type Outcome = { readonly committed: true; readonly results: readonly unknown[] } | Failure;
interface Failure {
  readonly committed: false;
  readonly error: unknown;
  /** The entry whose own work failed, if it was not the transaction as such. */
  readonly culprit: Entry | undefined;
  /** Present when nothing but the answer to the commit itself is missing. */
  readonly results: readonly unknown[] | undefined;
}

/** What was in a commit whose answer was lost, until the database can say what became of it. */
interface Doubt {
  readonly group: readonly Entry[];
  readonly results: readonly unknown[];
}

export function ledgerUnavailable(cause: unknown): GatewayError {
  return isGatewayError(cause)
    ? cause
    : new GatewayError('ledger-unavailable', 'The ledger cannot be used at the moment; repeat the request unchanged.', {
        cause,
        retryAfterSeconds: 5,
      });
}

/** Runs a read and puts any failure in our own words. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw ledgerUnavailable(error);
  }
}

export function createCommitQueue(
  db: Kysely<Schema>,
  chain: Chain,
  { mostPerCommit = MOST_PER_COMMIT, failed }: CommitQueueOptions = {},
): CommitQueue {
  let doubt: Doubt | undefined;
  let waiting: Entry[] = [];
  let eager = 0;
  let running = false;
  let closed = false;
  let soon: NodeJS.Immediate | undefined;
  let later: NodeJS.Timeout | undefined;

  const attempt = async (group: readonly Entry[]): Promise<Outcome> => {
    let current: Entry | undefined;
    let done: readonly unknown[] | undefined;
    try {
      const results = await db.transaction().execute(async (transaction) => {
        await chain.begin(transaction);
        const commit: Commit = {
          db: transaction,
          append: (event) => chain.append(JSON.stringify(event)),
        };
        const values: unknown[] = [];
        for (const entry of group) {
          current = entry;
          values.push(await entry.work(commit));
        }
        current = undefined;
        await chain.complete(transaction);
        done = values;
        return values;
      });
      chain.committed();
      return { committed: true, results };
    } catch (error) {
      chain.rolledBack();
      failed?.(error);
      return { committed: false, error, culprit: current, results: done };
    }
  };

  const failAll = (group: readonly Entry[], error: unknown): readonly Entry[] => {
    for (const entry of group) entry.failed?.(ledgerUnavailable(error));
    return group.filter((entry) => entry.failed === undefined);
  };

  /**
   * Believes the database about a commit whose answer was lost, and returns what has to be tried again. While it cannot
   * be asked, nobody is told "done", and what was deferred stays in doubt: written twice, it would be in the trail twice.
   */
  const resolveDoubt = async (): Promise<readonly Entry[]> => {
    if (doubt === undefined) return [];
    const { group, results } = doubt;
    try {
      const happened = (await chain.wasCommitted?.()) === true;
      doubt = undefined;
      if (!happened) return failAll(group, new Error('the commit did not happen'));
      group.forEach((entry, index) => entry.committed(results[index]));
      return [];
    } catch (error) {
      const deferred = failAll(group, error);
      doubt = deferred.length > 0 ? { group: deferred, results: [] } : undefined;
      return [];
    }
  };

  /** Returns what has to be tried again. */
  const commitTogether = async (entries: readonly Entry[]): Promise<readonly Entry[]> => {
    let group = entries;
    for (;;) {
      const outcome = await attempt(group);
      if (outcome.committed) {
        group.forEach((entry, index) => entry.committed(outcome.results[index]));
        return [];
      }
      const { culprit, error, results } = outcome;
      if (results !== undefined && chain.wasCommitted !== undefined) {
        doubt = { group, results };
        return resolveDoubt();
      }
      if (culprit?.failed === undefined) {
        return failAll(group, error);
      }
      // One piece of work must not take its neighbours down with it.
      culprit.failed(ledgerUnavailable(error));
      group = group.filter((entry) => entry !== culprit);
    }
  };

  const run = async (): Promise<void> => {
    running = true;
    clearTimeout(later);
    soon = later = undefined;
    const group = waiting.slice(0, mostPerCommit);
    waiting = waiting.slice(mostPerCommit);
    for (const entry of group) if (entry.failed !== undefined) eager -= 1;
    const undone = await resolveDoubt();
    const again = doubt === undefined ? await commitTogether(group) : failAll(group, new Error('a commit is in doubt'));
    waiting = [...undone, ...again, ...waiting];
    running = false;
    schedule(again.length > 0 || doubt !== undefined ? RETRY_AFTER_MS : DEFERRED_FOR_MS);
  };

  /** Never at once: whatever else arrives in this turn of the event loop shares the commit. */
  const schedule = (patienceMs: number): void => {
    if (running || (waiting.length === 0 && doubt === undefined) || (closed && eager === 0)) return;
    const full = waiting.length >= mostPerCommit && patienceMs < RETRY_AFTER_MS;
    if (eager > 0 || full) soon ??= setImmediate(() => void run());
    else later ??= setTimeout(() => void run(), patienceMs);
  };

  const commit: CommitQueue['commit'] = <T>(work: (commit: Commit) => Promise<T>) => {
    if (closed) return Promise.reject(ledgerUnavailable(new Error('the ledger is closed')));
    return new Promise<T>((resolve, reject) => {
      waiting.push({ work, committed: (value) => resolve(value as T), failed: reject });
      eager += 1;
      schedule(DEFERRED_FOR_MS);
    });
  };

  return {
    commit,
    defer(work, durable) {
      if (closed) return false;
      waiting.push({ work: (each) => work(each.db), committed: () => durable?.(), failed: undefined });
      schedule(DEFERRED_FOR_MS);
      return true;
    },
    isBusy: () => running || eager > 0,
    deferred: () => waiting.length - eager + (doubt?.group.length ?? 0),
    async close() {
      if (closed) return;
      const last = commit(() => Promise.resolve());
      closed = true;
      await last.finally(() => clearTimeout(later));
    },
  };
}
