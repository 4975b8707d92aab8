/**
 * The ledger and the audit trail in a PostgreSQL database that several processes share: https://www.postgresql.org/docs.
 *
 * Every commit of every process waits for its turn, so that what is read in one cannot be changed by another, and the
 * audit trail is one chain. Nothing is opened half: a server that does not sync its commits, a database that cannot be
 * written, that was written with another key or by a newer version is refused.
 */
import { Kysely, Migrator, sql } from 'kysely';
import type { Pool } from 'pg';
import { isGatewayError } from '../../domain/errors.js';
import type { AttemptSummary, Ledger } from '../../ports/ledger.js';
import type { Leases } from '../../ports/leases.js';
import type { Runtime } from '../../ports/runtime.js';
import { createAttempts } from '../attempts/attempts.js';
import { createAuditChain, createAuditTrail, createSignedHead, type SharedChain } from '../audit-trail.js';
import { createCommitQueue } from '../commit-queue.js';
import { createEnablementRecord } from '../enablement.js';
import type { Records } from '../open-sqlite.js';
import { createPatientLinks } from '../patient-links.js';
import { createCommitTimes } from '../trouble/commit-times.js';
import { createExpire } from '../retention/expire.js';
import { prepare } from '../prepared.js';
import type { AuditTable, Schema } from '../schema.js';
import { createSealing, type Sealing } from '../sealing.js';
import { createPool, type PostgresConnection } from './connection.js';
import { PooledPostgresDialect } from './dialect.js';
import { openLeases, type LeaseTimes } from './leases.js';
import { INSTANCE_SETTING, MIGRATIONS, type SharedSchema } from './tables.js';
import { createTakeOver } from './take-over.js';
import { checkKey, refuse } from '../opening/check-key.js';

/** Short, because every process waits for every other one's commits. */
const MOST_PER_COMMIT = 50;
/** Below the limit of a statement. */
const TURN_MS = '1800ms';
const DURABLE: ReadonlySet<string> = new Set(['on', 'remote_write', 'remote_apply']);

export interface PostgresRecordsOptions {
  readonly connection: PostgresConnection;
  /** 32 bytes; everything about patients is encrypted with it. The same for every process. */
  readonly key: Buffer;
  /** Replaces the key, derived from `key`, under which NHS numbers are found again. */
  readonly hashKey?: Buffer;
  readonly runtime: Pick<Runtime, 'clock' | 'timers'>;
  readonly leaseTimes?: LeaseTimes;
  /** How long an attempt is kept after its end, or an appointment after its time. */
  readonly keptDays?: number | undefined;
}

export interface SharedRecords extends Records {
  readonly leases: Leases;
}

interface Server {
  readonly commits: string;
  readonly fsync: string;
  readonly readonly: boolean;
  readonly encoding: string;
  readonly schema: string | null;
}

/** Answers the schema that the tables lie in. */
async function checkServer(db: Kysely<SharedSchema>): Promise<string> {
  const { rows } = await sql<Server>`
    select current_setting('synchronous_commit') as commits, current_setting('fsync') as fsync,
      current_setting('transaction_read_only')::boolean as readonly, current_setting('server_encoding') as encoding,
      current_schema() as schema
  `.execute(db);
  const [server] = rows;
  if (!server || server.schema === null) {
    throw refuse('the database of the ledger has no schema to write to: name one in the search_path of its user');
  }
  if (!DURABLE.has(server.commits) || server.fsync !== 'on') {
    throw refuse(
      `the database of the ledger does not sync its commits (synchronous_commit=${server.commits}, ` +
        `fsync=${server.fsync}): set synchronous_commit and fsync to on`,
    );
  }
  if (server.readonly) throw refuse('the database of the ledger is read-only: name the primary server');
  if (server.encoding !== 'UTF8') {
    throw refuse(`the database of the ledger has the encoding ${server.encoding}: make one with UTF8`);
  }
  return server.schema;
}

/** Processes that start together wait for each other here. */
async function migrate(connection: PostgresConnection): Promise<void> {
  const db = new Kysely<SharedSchema>({ dialect: new PooledPostgresDialect(createPool(connection, 'migrations')) });
  try {
    const schema = await checkServer(db);
    const { rows } = await sql<{ there: boolean }>`
      select to_regclass(${`${quoteName(schema)}.kysely_migration`}) is not null as there
    `.execute(db);
    if (rows[0]?.there === true) {
      const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
      const unknown = done.rows.find(({ name }) => !(name in MIGRATIONS));
      if (unknown)
        throw refuse(`the ledger was written by a newer version (migration ${unknown.name} is not known here)`);
      if (done.rows.length === Object.keys(MIGRATIONS).length) return;
    }
    const provider = { getMigrations: () => Promise.resolve(MIGRATIONS) };
    const { error } = await new Migrator({ db, provider, migrationTableSchema: schema }).migrateToLatest();
    if (error !== undefined) throw refuse('the tables of the ledger could not be brought up to date', error);
  } finally {
    await db.destroy();
  }
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** As many rows as there are, in one statement that is the same for any number of them. */
function prepareInsertAll(db: Kysely<Schema>): SharedChain['insertAll'] {
  const insert = prepare<Record<keyof AuditTable, readonly unknown[]>>()((p) =>
    db
      .insertInto('audit')
      .columns(['seq', 'previous_hash', 'hash', 'event'])
      .expression(
        sql`select * from unnest(${p('seq')}::bigint[], ${p('previous_hash')}::text[], ${p('hash')}::text[], ${p('event')}::text[])`,
      ),
  );
  return async (transaction, rows) => {
    const column = <K extends keyof AuditTable>(name: K): readonly AuditTable[K][] => rows.map((row) => row[name]);
    await insert(transaction, {
      seq: column('seq'),
      previous_hash: column('previous_hash'),
      hash: column('hash'),
      event: column('event'),
    });
  };
}

async function assemble(
  pool: Pool,
  sealing: Sealing,
  { connection, key, runtime, leaseTimes, keptDays }: PostgresRecordsOptions,
): Promise<SharedRecords> {
  await migrate(connection);
  const commitTimes = createCommitTimes();
  const timed = (ms: number): void => commitTimes.note(ms);
  const shared = new Kysely<SharedSchema>({ dialect: new PooledPostgresDialect(pool, timed) });
  // The tables have the same columns and more.
  const db = shared as unknown as Kysely<Schema>;
  await checkKey(db, sealing);
  const leases = await openLeases(shared, (place) => sealing.fingerprint('place', place), runtime, leaseTimes);

  const alone: SharedChain['alone'] = async (transaction) => {
    // What is read after this is what the last commit of any process has left. Waiting for one's turn is not waiting
    // for somebody's lock: it may take longer.
    await sql`
      select set_config('lock_timeout', ${TURN_MS}, true), pg_advisory_xact_lock('audit'::regclass::oid::bigint),
        set_config(${INSTANCE_SETTING}, ${String(leases.id() ?? '')}, true)
    `.execute(transaction);
  };
  const chain = createAuditChain(db, { alone, insertAll: prepareInsertAll(db) });
  const commits = createCommitQueue(db, chain, { mostPerCommit: MOST_PER_COMMIT });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= commits
      .close()
      .finally(() => leases.close())
      .finally(() => shared.destroy());
    return closing;
  };
  const attempts = createAttempts(db, commits, sealing);
  const takeOver = createTakeOver(shared, commits, leases);
  const ledger: Ledger = {
    ...attempts,
    ...createPatientLinks(db, commits, sealing),
    async takeOver(): Promise<readonly AttemptSummary[]> {
      const ids = await takeOver();
      if (ids.size === 0) return [];
      return (await attempts.openAttempts()).filter(({ id }) => ids.has(id));
    },
    probe: () =>
      commits.commit(async (commit) => {
        const value = String(runtime.clock.now());
        await commit.db
          .insertInto('meta')
          .values({ name: 'probed-at', value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
      }),
    close,
  };
  return {
    ledger,
    audit: createAuditTrail(db, commits, chain),
    enablement: createEnablementRecord(db, commits),
    auditHead: createSignedHead(db, key),
    expire: createExpire(db, commits, keptDays),
    isBusy: () => commits.isBusy(),
    commitTimes,
    // Whether a server is sound is the server's to say.
    isSound: () => true,
    leases,
    close,
  };
}

/**
 * Connects, and makes the tables where there are none; throws `GatewayError` `ledger-unavailable`, saying why, rather
 * than open the ledger half. No message names the address of the database: it may hold a password.
 */
export async function openPostgresRecords(options: PostgresRecordsOptions): Promise<SharedRecords> {
  const sealing = createSealing(options.key, options.hashKey);
  const pool = createPool(options.connection, 'gateway');
  try {
    return await assemble(pool, sealing, options);
  } catch (error) {
    if (!pool.ended) await pool.end();
    if (isGatewayError(error)) throw error;
    const code = (error as { readonly code?: unknown }).code;
    const reason = typeof code === 'string' ? ` (${code})` : '';
    throw refuse(`the database of the ledger cannot be opened${reason}`, error);
  }
}
