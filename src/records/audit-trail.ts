/**
 * The audit trail: rows numbered without gaps, each hashed together with the one before it (SHA-256), so that a row
 * that was changed, moved or taken out shows. The table refuses updates and deletions by itself.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { GatewayError } from '../domain/errors.js';
import type { AuditEvent, AuditRow, AuditTrail } from '../ports/audit.js';
import { reading, type Chain, type CommitQueue } from './commit-queue.js';
import { prepare } from './prepared.js';
import type { AuditTable, Schema } from './schema.js';

const FIRST_PREVIOUS_HASH = '0'.repeat(64);
const MOST_BUFFERED = 10_000;
const VERIFY_PAGE = 1000;

interface Head {
  readonly seq: number;
  readonly hash: string;
}
const NO_ROWS: Head = { seq: 0, hash: FIRST_PREVIOUS_HASH };

export interface AuditChain extends Chain {
  /** The last row whose commit is proven. */
  head(): Head | undefined;
}

function hashOf(previousHash: string, seq: number, eventText: string): string {
  return createHash('sha256').update(`${previousHash}\n${seq}\n${eventText}`).digest('hex');
}

/**
 * `alone`, where several processes write: makes the transaction the only one that writes until it ends, so that the head
 * of the chain, read after it, is the head.
 */
export function createAuditChain(
  db: Kysely<Schema>,
  alone?: (transaction: Kysely<Schema>) => Promise<void>,
): AuditChain {
  const last = prepare<object>()(() => db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1));
  const insert = prepare<AuditTable>()((p) =>
    db
      .insertInto('audit')
      .values({ seq: p('seq'), previous_hash: p('previous_hash'), hash: p('hash'), event: p('event') }),
  );
  const hashAt = prepare<{ seq: number }>()((p) => db.selectFrom('audit').select('hash').where('seq', '=', p('seq')));
  let proven: Head | undefined;
  let working = NO_ROWS;
  /** Where the chain would end if the last commit that has failed had happened. */
  let doubtful: Head | undefined;

  return {
    head: () => proven,
    async begin(transaction) {
      doubtful = undefined;
      if (alone) {
        proven = undefined;
        await alone(transaction);
      }
      proven ??= (await last(transaction, {}))[0] ?? NO_ROWS;
      working = proven;
    },
    async append(transaction, eventText) {
      const seq = working.seq + 1;
      const hash = hashOf(working.hash, seq, eventText);
      await insert(transaction, { seq, previous_hash: working.hash, hash, event: eventText });
      working = { seq, hash };
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
  const page = prepare<{ from: number; limit: number }>()((p) =>
    db.selectFrom('audit').selectAll().where('seq', '>=', p('from')).orderBy('seq').limit(p('limit')),
  );

  return {
    record(event) {
      const text = JSON.stringify(event);
      const room = commits.deferred() < MOST_BUFFERED;
      if (room && commits.defer((transaction) => chain.append(transaction, text))) return;
      throw new GatewayError('ledger-unavailable', 'The audit trail cannot take any more; repeat the request.', {
        retryAfterSeconds: 5,
      });
    },

    flush: () => commits.commit(() => Promise.resolve()),

    rows: (fromSeq, limit) =>
      reading(async () => {
        const rows = await page(db, { from: fromSeq, limit });
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
        let expected = NO_ROWS;
        for (;;) {
          const rows = await page(db, { from: expected.seq + 1, limit: VERIFY_PAGE });
          for (const row of rows) {
            const seq = expected.seq + 1;
            const hash = hashOf(expected.hash, seq, row.event);
            if (row.seq !== seq || row.previous_hash !== expected.hash || row.hash !== hash) return row.seq;
            expected = { seq, hash };
          }
          if (rows.length < VERIFY_PAGE) return expected.seq < atLeast ? expected.seq + 1 : undefined;
          await nextTurn();
        }
      }),
  };
}
