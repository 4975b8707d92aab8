/** Ledgers on PostgreSQL, each in a schema of its own. */
import { openPostgresRecords, type PostgresRecordsOptions } from '../../../src/records/postgres/open-postgres.js';
import { createSystemRuntime } from '../../../src/system.js';
import type { PostgresServer } from '../../support/postgres.js';
import type { DurableRecordsUnderTest } from '../../contract/ledger.contract.js';
import type { ExpiringRecords } from '../../contract/retention.contract.js';
import { KEY, clock } from '../sqlite-files.js';

const system = createSystemRuntime();
/** The wall time of the samples; leases run by the machine's own clock. */
export const runtime = { timers: system.timers, clock: { ...system.clock, now: clock.now } };

export const openUrl = (url: string, over: Partial<PostgresRecordsOptions> = {}) =>
  openPostgresRecords({ connection: { url }, key: KEY, runtime, ...over });

const free: string[] = [];

async function under(server: PostgresServer, url: string): Promise<DurableRecordsUnderTest & ExpiringRecords> {
  const records = await openUrl(url);
  return {
    ledger: records.ledger,
    audit: records.audit,
    expire: records.expire,
    async reopen() {
      await records.close();
      return under(server, url);
    },
    async dispose() {
      await records.close();
      await server.empty(url);
      free.push(url);
    },
  };
}

export async function openInSchema(server: PostgresServer): Promise<DurableRecordsUnderTest & ExpiringRecords> {
  return under(server, free.pop() ?? (await server.newSchema()));
}
