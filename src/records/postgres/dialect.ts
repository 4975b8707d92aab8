/**
 * Kysely over node-postgres: https://kysely.dev, https://node-postgres.com. Kysely's own PostgreSQL dialect with three
 * differences: statements are prepared once for each connection, a connection that failed is never used again, and a
 * rollback that fails does not hide why there was one.
 */
import {
  CompiledQuery,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import pg, { type Pool, type PoolClient } from 'pg';

/** Statements that come again and again; what changes the tables is sent once. */
const PREPARED: ReadonlySet<string> = new Set([
  'SelectQueryNode',
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
]);
const names = new Map<string, string>();

function nameOf({ query, sql }: CompiledQuery): string | undefined {
  if (!PREPARED.has(query.kind)) return undefined;
  let name = names.get(sql);
  if (name === undefined) {
    name = `s${names.size + 1}`;
    names.set(sql, name);
  }
  return name;
}

/** An error that the server has answered with, on a connection that lives on. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC';
}

class PooledConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  #broken = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    const name = nameOf(compiled);
    try {
      const { rows, rowCount } = await this.#client.query<R & object>({
        text: compiled.sql,
        values: [...compiled.parameters],
        ...(name !== undefined && { name }),
      });
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      // After a timeout of ours the statement may still run: whoever came next would wait for it, or read its answer.
      if (!isAnswer(error)) this.#broken = true;
      throw error;
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- nothing of ours streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed');
  }

  async rollBack(): Promise<void> {
    if (this.#broken) return;
    await this.executeQuery(CompiledQuery.raw('rollback')).catch(() => {
      this.#broken = true;
    });
  }

  release(): void {
    this.#client.release(this.#broken);
  }
}

class PooledDriver implements Driver {
  readonly #pool: Pool;
  readonly #timed: ((ms: number) => void) | undefined;

  constructor(pool: Pool, timed: ((ms: number) => void) | undefined) {
    this.#pool = pool;
    this.#timed = timed;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(await this.#pool.connect());
  }

  async beginTransaction(connection: PooledConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    const began = performance.now();
    await connection.executeQuery(CompiledQuery.raw('commit'));
    this.#timed?.(performance.now() - began);
  }

  rollbackTransaction(connection: PooledConnection): Promise<void> {
    return connection.rollBack();
  }

  releaseConnection(connection: PooledConnection): Promise<void> {
    connection.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.#pool.end();
  }
}

export class PooledPostgresDialect implements Dialect {
  readonly #pool: Pool;
  readonly #timed: ((ms: number) => void) | undefined;

  /** `timed` is told how long each commit took, milliseconds. */
  constructor(pool: Pool, timed?: (ms: number) => void) {
    this.#pool = pool;
    this.#timed = timed;
  }

  createDriver(): Driver {
    return new PooledDriver(this.#pool, this.#timed);
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}
