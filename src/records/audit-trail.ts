/**
 * The audit trail: rows numbered without gaps, each hashed together with the one before it (SHA-256), so that a row
 * that was changed, moved or taken out shows. The table refuses updates and deletions by itself.
 */
import type { Kysely } from 'kysely';
import { GatewayError } from '../domain/errors.js';
import type { AuditEvent, AuditRow, AuditTrail } from '../ports/audit.js';
import { createHeadSigning, type SignedHead } from './audit/heads.js';
import { createAuditPage, hashOf, NO_ROWS, walkChain, type AuditHead } from './audit/walk.js';
import { reading, type Chain, type CommitQueue } from './commit-queue.js';
import { prepare } from './prepared.js';
import type { AuditTable, Schema } from './schema.js';

const MOST_BUFFERED = 10_000;

export interface AuditChain extends Chain {
  /** The last row whose commit is proven. */
  head(): AuditHead | undefined;
}

/** Where several processes write. */
export interface SharedChain {
  /** Makes the transaction the only one that writes until it ends, so that the head of the chain, read after it, is the head. */
  readonly alone: (transaction: Kysely<Schema>) => Promise<void>;
  /** All in one statement: each would be a journey over the network, while everybody else waits. */
  readonly insertAll: (transaction: Kysely<Schema>, rows: readonly AuditTable[]) => Promise<void>;
}

export function createAuditChain(db: Kysely<Schema>, shared?: SharedChain): AuditChain {
  const alone = shared?.alone;
  const last = prepare<object>()(() => db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1));
  const insert = prepare<AuditTable>()((p) =>
    db
      .insertInto('audit')
      .values({ seq: p('seq'), previous_hash: p('previous_hash'), hash: p('hash'), event: p('event') }),
  );
  const insertEach: SharedChain['insertAll'] = async (transaction, rows) => {
    for (const row of rows) await insert(transaction, row);
  };
  const insertAll = shared?.insertAll ?? insertEach;
  const hashAt = prepare<{ seq: number }>()((p) => db.selectFrom('audit').select('hash').where('seq', '=', p('seq')));
  let proven: AuditHead | undefined;
  let working = NO_ROWS;
  let appended: AuditTable[] = [];
  /** Where the chain would end if the last commit that has failed had happened. */
  let doubtful: AuditHead | undefined;

  return {
    head: () => proven,
    async begin(transaction) {
      doubtful = undefined;
      appended = [];
      if (alone) {
        proven = undefined;
        await alone(transaction);
      }
      proven ??= (await last(transaction, {}))[0] ?? NO_ROWS;
      working = proven;
    },
    append(eventText) {
      const seq = working.seq + 1;
      const hash = hashOf(working.hash, seq, eventText);
      appended.push({ seq, previous_hash: working.hash, hash, event: eventText });
      working = { seq, hash };
    },
    async complete(transaction) {
      if (appended.length > 0) await insertAll(transaction, appended);
    },
    committed() {
      proven = working;
    },
    // After a failed commit only the database knows where the chain ends.
    rolledBack() {
      doubtful = working.seq === proven?.seq ? undefined : working;
      proven = undefined;
    },
    ...(alone && {
      async wasCommitted() {
        const end = doubtful;
        if (end === undefined) return false;
        return db.transaction().execute(async (transaction) => {
          // A transaction that is still under way holds the right to write: after it, the chain tells.
          await alone(transaction);
          return (await hashAt(transaction, { seq: end.seq }))[0]?.hash === end.hash;
        });
      },
    }),
  };
}

export function createAuditTrail(db: Kysely<Schema>, commits: CommitQueue, chain: AuditChain): AuditTrail {
  const page = createAuditPage(db);

  return {
    record(event) {
      const text = JSON.stringify(event);
      const room = commits.deferred() < MOST_BUFFERED;
      if (room && commits.defer(() => Promise.resolve(chain.append(text)))) return;
      throw new GatewayError('ledger-unavailable', 'The audit trail cannot take any more; repeat the request.', {
        retryAfterSeconds: 5,
      });
    },

    flush: () => commits.commit(() => Promise.resolve()),

    rows: (fromSeq, limit) =>
      reading(async () => {
        const rows = await page(fromSeq, limit);
        return rows.map((row): AuditRow => ({
          seq: row.seq,
          previousHash: row.previous_hash,
          hash: row.hash,
          event: JSON.parse(row.event) as AuditEvent,
        }));
      }),

    verify: () =>
      reading(async () => {
        // Rows cut off at the end leave a chain that is sound in itself: only the writer knows how far it went.
        const atLeast = chain.head()?.seq ?? 0;
        const { head, brokenAt } = await walkChain(page);
        return brokenAt ?? (head.seq < atLeast ? head.seq + 1 : undefined);
      }),
  };
}

/** The last row that is committed, whoever has written it. `key` is the ledger's. */
export function createSignedHead(db: Kysely<Schema>, key: Buffer): () => Promise<SignedHead> {
  const last = prepare<object>()(() => db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1));
  const signing = createHeadSigning(key);
  return () => reading(async () => signing.sign((await last(db, {}))[0] ?? NO_ROWS));
}
