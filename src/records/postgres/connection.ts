/** Connections to the database: nobody waits long, on this side or on that. */
import pg, { type Pool } from 'pg';

export interface PostgresConnection {
  /** `postgresql://user:password@host:port/database?...`; a secret. */
  readonly url: string;
  /** Certificates (PEM) that the server's must come from, instead of those that Node trusts. */
  readonly ca?: string;
}

const STATEMENT_MS = 2000;
const LOCK_MS = 500;
const IDLE_IN_TRANSACTION_MS = 5000;
/** Longer than the server's own limit: without an answer by then the connection is given up. */
const ANSWER_MS = 3000;
const CONNECT_MS = 2000;
const MOST_CONNECTIONS = 8;
const MIGRATION_MS = 300_000;

/** `bigint` columns hold milliseconds and counts, far below 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

export function createPool({ url, ca }: PostgresConnection, use: 'gateway' | 'migrations'): Pool {
  const patient = use === 'migrations';
  const pool = new pg.Pool({
    connectionString: url,
    ...(ca !== undefined && { ssl: { ca, rejectUnauthorized: true } }),
    types,
    application_name: 'slotbridge',
    max: patient ? 1 : MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: patient ? MIGRATION_MS : STATEMENT_MS,
    lock_timeout: patient ? MIGRATION_MS : LOCK_MS,
    query_timeout: patient ? MIGRATION_MS : ANSWER_MS,
    idle_in_transaction_session_timeout: patient ? MIGRATION_MS : IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
  });
  // Whoever uses a connection that is lost learns it from its statement; without a listener it would end the process.
  const learnt = (): void => undefined;
  pool.on('error', learnt);
  pool.on('connect', (client) => client.on('error', learnt));
  return pool;
}
