/**
 * Kysely over better-sqlite3 (SQLite 3, WAL): https://kysely.dev, https://github.com/WiseLibs/better-sqlite3.
 * Kysely's own SQLite dialect with four differences, each explained where it is made.
 */
import type { Database as SqliteDatabase, Statement } from 'better-sqlite3';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type SqliteDatabase as KyselyDatabase,
} from 'kysely';

const kept = new Set<object>();

/**
 * Keeps a native object of the database driver until the process ends.
 *
 * From 24.19 on, Node's headers make every native object that is wrapped the way better-sqlite3 12 wraps databases and
 * statements take back a hook in its destructor, and abort the process when the garbage collector is what runs that
 * destructor. A driver compiled against those headers would end the gateway some time after it has dropped a statement.
 * So none is dropped: a process opens one ledger and prepares a few dozen statements, each once.
 */
export function keep<T extends object>(native: T): T {
  kept.add(native);
  return native;
}

/**
 * Preparing a statement costs more than running it, and Kysely's driver prepares anew for every query. Our queries are
 * written once with parameters, so there are a few dozen of them.
 */
function rememberStatements(database: SqliteDatabase): KyselyDatabase {
  const statements = new Map<string, Statement>();
  return {
    prepare(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = keep(database.prepare(sql));
        statements.set(sql, statement);
      }
      return statement;
    },
    close: () => void database.close(),
  };
}

/** Told how long each commit took, milliseconds. */
export type CommitTimed = (ms: number) => void;

class ImmediateDriver extends SqliteDriver {
  readonly #database: SqliteDatabase;
  readonly #timed: CommitTimed | undefined;

  constructor(database: SqliteDatabase, timed: CommitTimed | undefined) {
    super({ database: rememberStatements(database) });
    this.#database = database;
    this.#timed = timed;
  }

  /** Here the disk is waited for, and the event loop with it. */
  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const began = performance.now();
    await super.commitTransaction(connection);
    this.#timed?.(performance.now() - began);
  }

  /** A plain BEGIN takes the write lock at the first write, too late to be sure of what was read before it. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** SQLite itself rolls back on a full disk or an I/O error; a second rollback would hide the first failure. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

/** SQLite can change its schema inside a transaction: a migration that is killed half-way leaves nothing behind. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

export class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;
  readonly #timed: CommitTimed | undefined;

  constructor(database: SqliteDatabase, timed?: CommitTimed) {
    super({ database });
    this.#database = database;
    this.#timed = timed;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#database, this.#timed);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}
