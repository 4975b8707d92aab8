/** What has run out is found without reading the rows that have not. */
import { sql, type Kysely } from 'kysely';

/** Conditions, as literal text: a partial index is used only where a query shows its own. */
export const REFUSED = sql<boolean>`state in ('REJECTED', 'NOT_BOOKED')`;
export const TOLD = sql<boolean>`length(details_enc) > 0`;
export const ERASED = sql<boolean>`length(details_enc) = 0`;
export const MADE = sql<boolean>`state in ('BOOKED', 'CANCELLED')`;

/** The same on both databases. */
export async function indexExpiry(db: Kysely<unknown>): Promise<void> {
  await sql`create index attempt_told on attempt (updated_at) where ${REFUSED} and ${TOLD}`.execute(db);
  await sql`create index attempt_erased on attempt (updated_at) where ${REFUSED} and ${ERASED}`.execute(db);
  await sql`create index attempt_past on attempt (end_at) where ${MADE}`.execute(db);
}
