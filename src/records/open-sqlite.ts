/**
 * The ledger and the audit trail in one SQLite file: https://sqlite.org/wal.html, https://sqlite.org/pragma.html.
 *
 * One process owns the file, on a local disk. Nothing is opened half: a file that is damaged, in use, written with
 * another key or by a newer version is refused, and so is a disk sync that does not happen.
 */
import Database, { type Database as SqliteDatabase } from 'better-sqlite3';
import { Kysely, Migrator } from 'kysely';
import { isGatewayError } from '../domain/errors.js';
import type { AuditTrail } from '../ports/audit.js';
import type { EnablementRecord } from '../ports/enablement.js';
import type { Ledger } from '../ports/ledger.js';
import type { Clock, Log } from '../ports/runtime.js';
import { createAttempts } from './attempts/attempts.js';
import type { SignedHead } from './audit/heads.js';
import { createAuditChain, createAuditTrail, createSignedHead } from './audit-trail.js';
import { createCommitQueue, ledgerUnavailable } from './commit-queue.js';
import { createEnablementRecord } from './enablement.js';
import { createPatientLinks } from './patient-links.js';
import { createExpire, type Expire } from './retention/expire.js';
import { MIGRATIONS, SCHEMA_VERSION, type Schema } from './schema.js';
import { createSealing, type Sealing } from './sealing.js';
import { ImmediateSqliteDialect, keep } from './sqlite-dialect.js';
import { checkKey, refuse } from './opening/check-key.js';
import { DAMAGED, isFileWhole } from './trouble/check-file.js';
import { createCommitTimes, type CommitTimes } from './trouble/commit-times.js';
import { watchSoundness } from './trouble/soundness.js';

const BUSY_TIMEOUT_MS = 200;
const SYNCHRONOUS_FULL = 2;

export interface SqliteRecordsOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string;
  /** 32 bytes; everything about patients is encrypted with it. */
  readonly key: Buffer;
  /** Replaces the key, derived from `key`, under which NHS numbers are found again. */
  readonly hashKey?: Buffer;
  readonly clock: Pick<Clock, 'now'>;
  /** How long an attempt is kept after its end, or an appointment after its time. */
  readonly keptDays?: number | undefined;
  readonly log?: Log | undefined;
}

export interface Records {
  readonly ledger: Ledger;
  readonly audit: AuditTrail;
  readonly enablement: EnablementRecord;
  /** The head of the audit trail, to be kept somewhere else. */
  readonly auditHead: () => Promise<SignedHead>;
  readonly expire: Expire;
  /** Whether somebody waits for a commit. */
  readonly isBusy: () => boolean;
  readonly commitTimes: Pick<CommitTimes, 'p95Ms' | 'isSlow'>;
  /** Whether what was written can be trusted to be there; the probe fails while not. */
  readonly isSound: () => boolean;
  readonly close: () => Promise<void>;
}

/**
 * Takes `<file>.lock` for the life of the process. The lock is SQLite's own lock on that file, so the operating system
 * gives it up with the process, however it ends: a lock left behind by a dead process is no lock, and a process id
 * that is used again, as in containers, cannot be mistaken for the owner.
 */
function lockFile(file: string): () => void {
  const lock = keep(new Database(`${file}.lock`, { timeout: 0 }));
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
    throw refuse(`the ledger ${file} is in use by another process, which holds ${file}.lock`, error);
  }
  return () => lock.close();
}

/** One value of a pragma, set or read. */
function pragma(database: SqliteDatabase, text: string): unknown {
  const statement = keep(database.prepare(`pragma ${text}`));
  return statement.reader ? statement.pluck().get() : statement.run();
}

function checkHealth(database: SqliteDatabase): unknown {
  try {
    return pragma(database, 'quick_check(1)');
  } catch (error) {
    const broken = error instanceof Database.SqliteError && DAMAGED.includes(error.code);
    if (!broken) throw error;
    return error;
  }
}

/** Checks the file and sets what SQLite forgets with every connection. */
export function prepareFile(database: SqliteDatabase, file: string): void {
  const health = checkHealth(database);
  if (health !== 'ok') throw refuse(`the ledger ${file} is damaged; restore it from a backup`, health);
  const version = Number(pragma(database, 'user_version'));
  if (version > SCHEMA_VERSION) {
    throw refuse(
      `the ledger ${file} was written by a newer version (schema ${version}, known here up to ${SCHEMA_VERSION})`,
    );
  }
  pragma(database, `busy_timeout = ${BUSY_TIMEOUT_MS}`);
  pragma(database, 'foreign_keys = on');
  if (file !== ':memory:' && pragma(database, 'journal_mode = wal') !== 'wal') {
    throw refuse(`the ledger ${file} cannot use a write-ahead log; it must lie on a local disk`);
  }
  // The driver is built so that a file that is a WAL file already opens with NORMAL, which syncs no commit.
  pragma(database, 'synchronous = full');
  if (pragma(database, 'synchronous') !== SYNCHRONOUS_FULL) {
    throw refuse(`the ledger ${file} does not sync its commits`);
  }
}

async function migrate(db: Kysely<Schema>, database: SqliteDatabase): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw refuse('the tables of the ledger could not be brought up to date', error);
  pragma(database, `user_version = ${SCHEMA_VERSION}`);
}

async function assemble(
  database: SqliteDatabase,
  db: Kysely<Schema>,
  unlock: () => void,
  sealing: Sealing,
  commitTimes: CommitTimes,
  options: SqliteRecordsOptions,
): Promise<Records> {
  prepareFile(database, options.file);
  await migrate(db, database);
  await checkKey(db, sealing);

  const chain = createAuditChain(db);
  const commits = createCommitQueue(db, chain, { failed: (error) => soundness.failed(error) });
  // A transaction that changes nothing never reaches the disk, and would prove nothing.
  const probe = (): Promise<void> =>
    commits.commit(async (commit) => {
      const value = String(options.clock.now());
      await commit.db.replaceInto('meta').values({ name: 'probed-at', value }).execute();
    });
  const isWhole = (signal: AbortSignal): Promise<boolean> => isFileWhole(options.file, signal);
  const soundness = watchSoundness({ probe, isWhole, log: options.log });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= commits.close().finally(async () => {
      soundness.close();
      await db.destroy();
      unlock();
    });
    return closing;
  };
  const ledger: Ledger = {
    ...createAttempts(db, commits, sealing),
    ...createPatientLinks(db, commits, sealing),
    probe: async () => {
      await probe();
      if (!soundness.isSound()) throw ledgerUnavailable(new Error('the file has not been checked yet'));
    },
    close,
  };
  return {
    ledger,
    audit: createAuditTrail(db, commits, chain),
    enablement: createEnablementRecord(db, commits),
    auditHead: createSignedHead(db, options.key),
    expire: createExpire(db, commits, options.keptDays),
    isBusy: () => commits.isBusy(),
    commitTimes,
    isSound: () => soundness.isSound(),
    close,
  };
}

/** Opens or creates the file; throws `GatewayError` `ledger-unavailable`, saying why, rather than open it half. */
export async function openSqliteRecords(options: SqliteRecordsOptions): Promise<Records> {
  const sealing = createSealing(options.key, options.hashKey);
  let undo = (): void => undefined;
  try {
    const unlock = options.file === ':memory:' ? undo : lockFile(options.file);
    undo = unlock;
    const database = keep(new Database(options.file));
    undo = () => {
      database.close();
      unlock();
    };
    const times = createCommitTimes();
    const db = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect(database, (ms) => times.note(ms)) });
    return await assemble(database, db, unlock, sealing, times, options);
  } catch (error) {
    undo();
    throw isGatewayError(error) ? error : refuse(`the ledger ${options.file} cannot be opened`, error);
  }
}
