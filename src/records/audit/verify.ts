/** An audit trail held against heads that were kept elsewhere. Reads only: the gateway may run meanwhile. */
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import type { LedgerSettings } from '../open-records.js';
import type { Schema } from '../schema.js';
import { ImmediateSqliteDialect, keep } from '../sqlite-dialect.js';
import { createHeadSigning, type SignedHead } from './heads.js';
import { createAuditPage, walkChain } from './walk.js';

export type Finding =
  /** It, or one before it, was changed, moved, taken out or put in. */
  | { readonly kind: 'broken'; readonly seq: number }
  /** The chain is another one than that which the head was made of. */
  | { readonly kind: 'other-row'; readonly seq: number }
  /** The head names a row behind the last one. */
  | { readonly kind: 'missing'; readonly seq: number }
  | { readonly kind: 'forged-head'; readonly seq: number };

export interface Verified {
  readonly rows: number;
  /** Heads that are genuine and agree. */
  readonly agreed: number;
  readonly findings: readonly Finding[];
}

async function openToRead({ file, postgres }: LedgerSettings): Promise<Kysely<Schema>> {
  if (postgres === undefined) {
    const database = keep(new Database(file, { readonly: true, fileMustExist: true }));
    return new Kysely<Schema>({ dialect: new ImmediateSqliteDialect(database) });
  }
  const [{ createPool }, { PooledPostgresDialect }] = await Promise.all([
    import('../postgres/connection.js'),
    import('../postgres/dialect.js'),
  ]);
  return new Kysely<Schema>({ dialect: new PooledPostgresDialect(createPool(postgres, 'gateway')) });
}

/** Throws what the database throws where it cannot be read. */
export async function verifyTrail(settings: LedgerSettings, heads: readonly SignedHead[]): Promise<Verified> {
  const signing = createHeadSigning(settings.key);
  const findings: Finding[] = [];
  const kept = new Map<number, Set<string>>();
  for (const head of heads) {
    const { seq, hash } = head;
    if (signing.isGenuine(head)) kept.set(seq, (kept.get(seq) ?? new Set()).add(hash));
    else findings.push({ kind: 'forged-head', seq });
  }
  const db = await openToRead(settings);
  try {
    let agreed = 0;
    const { head, brokenAt } = await walkChain(createAuditPage(db), ({ seq, hash }) => {
      const expected = kept.get(seq);
      if (expected === undefined) return;
      if (expected.size === 1 && expected.has(hash)) agreed += 1;
      else findings.push({ kind: 'other-row', seq });
    });
    if (brokenAt !== undefined) findings.push({ kind: 'broken', seq: brokenAt });
    else {
      for (const seq of kept.keys()) if (seq > head.seq) findings.push({ kind: 'missing', seq });
    }
    return { rows: head.seq, agreed, findings };
  } finally {
    await db.destroy();
  }
}
