/** Where the ledger of a case lies: in a file, or in a schema of its own of one PostgreSQL server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { openSqliteRecords, type Records } from '../../../src/records/open-sqlite.js';
import { openPostgresRecords } from '../../../src/records/postgres/open-postgres.js';
import { createSystemRuntime } from '../../../src/system.js';
import { FIXTURES, LEDGER_KEY } from '../../support/gateway.js';
import { startPostgres } from '../../support/postgres.js';

export interface SweptLedger {
  /** The practices file. */
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** Of a ledger that is one. */
  readonly file?: string;
  /** For a look from outside; a file opens only while no gateway has it. */
  records(now: () => number): Promise<Records>;
  /**
   * Lets the leases of all gateways run out, as they do 15 s after these have died. Nobody may be alive who could still
   * believe that it has one.
   */
  bury(): Promise<void>;
}

export interface Ledgers {
  readonly kind: LedgerKind;
  /** Changes the practices file before it is used. */
  create(folder: string, change?: (text: string) => string): Promise<SweptLedger>;
  close(): Promise<void>;
}

export const LEDGER_KINDS = ['sqlite', 'postgres'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

const DEMO = join(FIXTURES, 'demo/practices.yaml');
const FILE_LINE = '  file: { env: SLOTBRIDGE_DEMO_LEDGER_FILE }\n';
const URL_LINE = '  postgres: { url: { env: SLOTBRIDGE_TEST_LEDGER_URL } }\n';
const key = Buffer.from(LEDGER_KEY, 'hex');

/** The demo's file with something else in it; throws where nothing was changed. */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the demo's practices file has no ${from.trim()}`);
  return text.replaceAll(from, to);
}

export function createSqliteLedgers(): Ledgers {
  return {
    kind: 'sqlite',
    create(folder, change) {
      const file = join(folder, 'ledger.sqlite');
      const config = change ? join(folder, 'practices.yaml') : DEMO;
      if (change) writeFileSync(config, change(readFileSync(DEMO, 'utf8')));
      return Promise.resolve({
        config,
        file,
        env: { SLOTBRIDGE_DEMO_LEDGER_FILE: file },
        records: (now) => openSqliteRecords({ file, key, clock: { now } }),
        bury: () => Promise.resolve(),
      });
    },
    close: () => Promise.resolve(),
  };
}

export async function createPostgresLedgers(): Promise<Ledgers> {
  const server = await startPostgres();
  return {
    kind: 'postgres',
    async create(folder, change = (text) => text) {
      const url = await server.newSchema();
      const config = join(folder, 'practices.yaml');
      writeFileSync(config, change(changed(readFileSync(DEMO, 'utf8'), FILE_LINE, URL_LINE)));
      return {
        config,
        env: { SLOTBRIDGE_TEST_LEDGER_URL: url },
        records(now) {
          const system = createSystemRuntime();
          const runtime = { ...system, clock: { ...system.clock, now } };
          return openPostgresRecords({ connection: { url }, key, runtime });
        },
        async bury() {
          const client = new pg.Client({ connectionString: url });
          await client.connect();
          try {
            await client.query("update instance set lease_until = clock_timestamp() - interval '1 second'");
          } finally {
            await client.end();
          }
        },
      };
    },
    close: () => server.remove(),
  };
}

export function createLedgers(kind: LedgerKind): Promise<Ledgers> {
  return kind === 'postgres' ? createPostgresLedgers() : Promise.resolve(createSqliteLedgers());
}
