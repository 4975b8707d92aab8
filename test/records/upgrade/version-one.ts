/** Ledgers as version 1 of the tables kept them: one booking, one attempt whose outcome is open, one refusal. */
import Database from 'better-sqlite3';
import { Kysely, Migrator, sql } from 'kysely';
import { createAttemptRows } from '../../../src/records/attempts/rows.js';
import { createPool } from '../../../src/records/postgres/connection.js';
import { PooledPostgresDialect } from '../../../src/records/postgres/dialect.js';
import { MIGRATIONS as SHARED_MIGRATIONS } from '../../../src/records/postgres/tables.js';
import { MIGRATIONS, type Schema } from '../../../src/records/schema.js';
import { createSealing } from '../../../src/records/sealing.js';
import { ImmediateSqliteDialect, keep } from '../../../src/records/sqlite-dialect.js';
import { newAttempt } from '../samples.js';
import { KEY } from '../sqlite-files.js';

const FIRST = '0001-ledger';
const OLD = [
  { n: 1, state: 'BOOKED', open: 0, version: 3, practiceRef: '777001' },
  { n: 2, state: 'CONFIRM_OPEN', open: 1, version: 2, practiceRef: null },
  { n: 3, state: 'REJECTED', open: 0, version: 2, practiceRef: null },
];

async function createFirstTables(
  db: Kysely<Schema>,
  migrations: typeof MIGRATIONS,
  migrationTableSchema?: string,
): Promise<void> {
  const first = migrations[FIRST];
  if (!first) throw new Error('no first migration');
  const provider = { getMigrations: () => Promise.resolve({ [FIRST]: first }) };
  const migrator = new Migrator({ db, provider, ...(migrationTableSchema !== undefined && { migrationTableSchema }) });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the first migration failed', { cause: error });
}

/** What belongs to version 1 in the one database and not in the other is left to `more`. */
async function fill(db: Kysely<Schema>, more: (id: string, one: (typeof OLD)[number]) => Promise<void>): Promise<void> {
  const rows = createAttemptRows(createSealing(KEY));
  for (const one of OLD) {
    const row = rows.toRow(newAttempt(one.n));
    await sql`
      insert into attempt (id, practice, principal, key_source, key_hmac, key_freed, fingerprint, state, open, version,
        client_ref, patient_hmac, start_at, end_at, details_enc, request_enc, created_at, updated_at)
      values (${row.id}, ${row.practice}, ${row.principal}, ${row.key_source}, ${row.key_hmac}, 0, ${row.fingerprint},
        ${one.state}, ${one.open}, ${one.version}, ${row.client_ref}, ${row.patient_hmac}, ${row.start_at},
        ${row.end_at}, ${row.details_enc}, ${one.open === 1 ? row.request_enc : null}, ${row.created_at},
        ${row.updated_at})
    `.execute(db);
    for (const slot of rows.toSlotRows(newAttempt(one.n))) {
      const live = one.state === 'REJECTED' ? 0 : 1;
      await db
        .insertInto('attempt_slot')
        .values({ ...slot, live })
        .execute();
    }
    await more(row.id, one);
  }
}

export async function writeVersionOne(file: string): Promise<void> {
  const database = keep(new Database(file));
  const db = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect(database) });
  await createFirstTables(db, MIGRATIONS);
  await fill(db, async (id, { practiceRef }) => {
    await sql`update attempt set practice_ref = ${practiceRef} where id = ${id}`.execute(db);
  });
  database.pragma('user_version = 1');
  await db.destroy();
}

/** The first version over PostgreSQL had the tables that the second had over SQLite, and more. */
export async function writeSharedVersionOne(url: string, schema: string): Promise<void> {
  const db = new Kysely<Schema>({ dialect: new PooledPostgresDialect(createPool({ url }, 'migrations')) });
  await createFirstTables(db, SHARED_MIGRATIONS, schema);
  await fill(db, async (id, { version, practiceRef }) => {
    await sql`update attempt set revision = ${version} where id = ${id}`.execute(db);
    if (practiceRef === null) return;
    await sql`
      insert into attempt_booking (practice, practice_ref, attempt_id)
      select practice, ${practiceRef}, id from attempt where id = ${id}
    `.execute(db);
  });
  await db.destroy();
}
