/** The ledger where the configuration says it is: one file of one process, or a database that several share. */
import type { Leases } from '../ports/leases.js';
import type { Runtime } from '../ports/runtime.js';
import { openSqliteRecords, type Records } from './open-sqlite.js';
import type { PostgresConnection } from './postgres/connection.js';
import { startSweep } from './retention/sweep.js';
import { sparing, watchDiskSpace } from './space/disk-space.js';

export type LedgerSettings = {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** How long an attempt is kept after its end, or an appointment after its time; 90 days unless it says so. */
  readonly keptDays?: number | undefined;
} & (
  | {
      /** Absolute path, or `:memory:`. */
      readonly file: string;
      readonly postgres?: undefined;
    }
  | { readonly file?: undefined; readonly postgres: PostgresConnection }
);

export interface OpenedRecords extends Records {
  /** Present where several processes share the ledger. */
  readonly leases?: Leases;
}

/** What every ledger does beside what it is asked for. */
function withSweep(records: OpenedRecords, runtime: Pick<Runtime, 'clock' | 'timers'>): OpenedRecords {
  const { expire, isBusy, leases } = records;
  const sweep = startSweep({ expire, isBusy, leases, runtime });
  const close = async (): Promise<void> => {
    await sweep.close();
    await records.close();
  };
  return { ...records, ledger: { ...records.ledger, close }, close };
}

async function openFile(
  file: string,
  { key, keptDays }: LedgerSettings,
  { clock }: Pick<Runtime, 'clock'>,
): Promise<OpenedRecords> {
  const records = await openSqliteRecords({ file, key: Buffer.from(key), clock, keptDays });
  if (file === ':memory:') return records;
  const space = watchDiskSpace(file);
  const close = async (): Promise<void> => {
    await space.close();
    await records.close();
  };
  return { ...records, ledger: { ...sparing(records.ledger, space), close }, close };
}

/** Throws `GatewayError` `ledger-unavailable`, saying why, rather than open the ledger half. */
export async function openRecords(
  settings: LedgerSettings,
  runtime: Pick<Runtime, 'clock' | 'timers'>,
): Promise<OpenedRecords> {
  if (settings.postgres === undefined) return withSweep(await openFile(settings.file, settings, runtime), runtime);
  // Who keeps the ledger in a file does not load the driver.
  const { openPostgresRecords } = await import('./postgres/open-postgres.js');
  const { postgres: connection, keptDays } = settings;
  return withSweep(
    await openPostgresRecords({ connection, key: Buffer.from(settings.key), runtime, keptDays }),
    runtime,
  );
}
