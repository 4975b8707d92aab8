/** The chain of the audit trail, recomputed from its first row on. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { prepare } from '../prepared.js';
import type { AuditTable, Schema } from '../schema.js';

const FIRST_PREVIOUS_HASH = '0'.repeat(64);
const PAGE = 1000;

/** Where a chain ends: its last row, and with it all rows before. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export const NO_ROWS: AuditHead = { seq: 0, hash: FIRST_PREVIOUS_HASH };

export function hashOf(previousHash: string, seq: number, eventText: string): string {
  return createHash('sha256').update(`${previousHash}\n${seq}\n${eventText}`).digest('hex');
}

export type AuditPage = (fromSeq: number, limit: number) => Promise<readonly AuditTable[]>;

export function createAuditPage(db: Kysely<Schema>): AuditPage {
  const page = prepare<{ from: number; limit: number }>()((p) =>
    db.selectFrom('audit').selectAll().where('seq', '>=', p('from')).orderBy('seq').limit(p('limit')),
  );
  return (from, limit) => page(db, { from, limit });
}

export interface Walked {
  /** The last row up to which the chain is whole. */
  readonly head: AuditHead;
  /** Number of the first row that does not fit. */
  readonly brokenAt: number | undefined;
}

/** `pass` is told each row that fits, in order. */
export async function walkChain(page: AuditPage, pass?: (head: AuditHead) => void): Promise<Walked> {
  let head = NO_ROWS;
  for (;;) {
    const rows = await page(head.seq + 1, PAGE);
    for (const row of rows) {
      const seq = head.seq + 1;
      const hash = hashOf(head.hash, seq, row.event);
      if (row.seq !== seq || row.previous_hash !== head.hash || row.hash !== hash) return { head, brokenAt: row.seq };
      head = { seq, hash };
      pass?.(head);
    }
    if (rows.length < PAGE) return { head, brokenAt: undefined };
    await nextTurn();
  }
}
