/**
 * A ledger that has been in use for long: a million attempts that are over, made of one that the gateway itself has made,
 * through the same tables, constraints and indexes.
 */
import Database from 'better-sqlite3';

/** Of the attempts, so many in a hundred each; the rest is booked. */
const CANCELLED_PERCENT = 15;
const REJECTED_PERCENT = 10;
const PATIENTS = 200_000;
const SLOTS_A_SCHEDULE = 20;
const DAY_MS = 86_400_000;
/** Nothing of it is old enough to be forgotten, and some of it lies ahead. */
const OLDEST_DAYS = 80;
const FURTHEST_DAYS = 10;
const SLOT_MS = 600_000;
/** No practice of the benchmark gives out such numbers. */
const FIRST_REF = 10_000_000_000;

/** `file` is the ledger of a gateway that has made one booking and has stopped; gets `count` attempts more. */
export function fillLedger(file: string, count: number): void {
  const database = new Database(file);
  try {
    database.pragma('cache_size = -4000000');
    database.pragma('synchronous = off');
    database.pragma('temp_store = memory');
    const columns = database.prepare("select name from pragma_table_info('attempt')").pluck().all() as string[];
    const own: Readonly<Record<string, string>> = {
      id: 'lower(hex(randomblob(13)))',
      key_hmac: 'lower(hex(randomblob(32)))',
      fingerprint: 'lower(hex(randomblob(32)))',
      client_ref: 'lower(hex(randomblob(13)))',
      patient_hmac: `printf('%064x', (n % ${String(PATIENTS)}) * 2654435761)`,
      schedule_id: `'s' || (n / ${String(SLOTS_A_SCHEDULE)})`,
      state: `case when n % 100 < ${String(REJECTED_PERCENT)} then 'REJECTED'
        when n % 100 < ${String(REJECTED_PERCENT + CANCELLED_PERCENT)} then 'CANCELLED' else 'BOOKED' end`,
      open: '0',
      // What came to nothing is erased after a day.
      details_enc: `case when n % 100 < ${String(REJECTED_PERCENT)} then zeroblob(0) else details_enc end`,
      request_enc: 'null',
      start_at: 'at',
      end_at: `at + ${String(SLOT_MS)}`,
      created_at: `min(at, :now) - ${String(DAY_MS)}`,
      updated_at: `min(at, :now) - ${String(DAY_MS)}`,
      sent_at: `min(at, :now) - ${String(DAY_MS)}`,
      replied_at: `min(at, :now) - ${String(DAY_MS)}`,
    };
    const chosen = columns.map((name) => `${own[name] ?? name} as ${name}`);
    const span = (OLDEST_DAYS + FURTHEST_DAYS) * DAY_MS;
    database.transaction(() => {
      database
        .prepare(
          `create temp table filled as
           with recursive series(n) as (select 1 union all select n + 1 from series where n < :count)
           select n, ${chosen.join(', ')} from (
             select n, :now - ${String(OLDEST_DAYS * DAY_MS)} + abs(random() % ${String(span)}) as at, template.*
             from series, (select * from attempt where state = 'BOOKED' limit 1) as template
           )`,
        )
        .run({ count, now: Date.now() });
      // Made whole afterwards, out of what is sorted: a row at a time takes several times as long.
      const indexes = database
        .prepare(
          "select name, sql from sqlite_master where type = 'index' and tbl_name like 'attempt%' and sql is not null",
        )
        .all() as { readonly name: string; readonly sql: string }[];
      for (const { name } of indexes) database.exec(`drop index ${name}`);
      const all = columns.join(', ');
      database.exec(`insert into attempt (${all}) select ${all} from filled order by id`);
      database.exec(
        `insert into attempt_slot (attempt_id, ordinal, practice, slot_id, start_at, end_at, live)
         select id, 0, practice, 'filled-' || n, start_at, end_at, state = 'BOOKED' from filled order by id`,
      );
      database.exec(
        `insert into attempt_booking (practice, practice_ref, attempt_id)
         select practice, ${String(FIRST_REF)} + n, id from filled where state <> 'REJECTED'`,
      );
      for (const { sql } of indexes) database.exec(sql);
    })();
    database.pragma('wal_checkpoint(truncate)');
  } finally {
    database.close();
  }
}
