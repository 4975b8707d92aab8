/** The ledger where the configuration says it is: one file of one process, or a database that several share. */
import type { Leases } from '../ports/leases.js';
import type { Runtime } from '../ports/runtime.js';
import { openSqliteRecords, type Records } from './open-sqlite.js';
import type { PostgresConnection } from './postgres/connection.js';
import { sparing, watchDiskSpace } from './space/disk-space.js';

export type LedgerSettings = {
  /** 32 bytes. */
  readonly key: Uint8Array;
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

async function openFile(file: string, key: Buffer, { clock }: Pick<Runtime, 'clock'>): Promise<OpenedRecords> {
  const records = await openSqliteRecords({ file, key, clock });
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
  const key = Buffer.from(settings.key);
  if (settings.postgres === undefined) return openFile(settings.file, key, runtime);
  // Who keeps the ledger in a file does not load the driver.
  const { openPostgresRecords } = await import('./postgres/open-postgres.js');
  return openPostgresRecords({ connection: settings.postgres, key, runtime });
}
