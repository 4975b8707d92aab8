/** The ledger where the configuration says it is: one file of one process, or a database that several share. */
import type { Leases } from '../ports/leases.js';
import type { Hindrance, LedgerCondition } from '../ports/ledger-condition.js';
import type { Log, Runtime } from '../ports/runtime.js';
import { openSqliteRecords, type Records } from './open-sqlite.js';
import type { PostgresConnection } from './postgres/connection.js';
import { startSweep } from './retention/sweep.js';
import { watchDiskSpace } from './space/disk-space.js';
import { sparing } from './trouble/sparing.js';

export type LedgerSettings = {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** How long an attempt is kept after its end, or an appointment after its time; 90 days unless it says so. */
  readonly keptDays?: number | undefined;
  /** From which time of its commits on a ledger takes nothing new; 100 ms unless it says so. */
  readonly slowCommitMs?: number;
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

export interface ConditionedRecords extends OpenedRecords {
  readonly condition: () => LedgerCondition;
}

/** What every ledger does beside what it is asked for; `hindrance` is what only a ledger of its kind can have. */
function accompanied(
  records: OpenedRecords,
  runtime: Pick<Runtime, 'clock' | 'timers'>,
  { slowCommitMs }: LedgerSettings,
  hindrance: () => Hindrance | undefined,
): ConditionedRecords {
  const { expire, isBusy, commitTimes, leases } = records;
  const shed = new Map<Hindrance, number>();
  const anyHindrance = (): Hindrance | undefined =>
    hindrance() ?? (commitTimes.isSlow(slowCommitMs) ? 'slow-commits' : undefined);
  const count = (reason: Hindrance): void => void shed.set(reason, (shed.get(reason) ?? 0) + 1);
  const ledger = sparing(records.ledger, anyHindrance, count);
  const sweep = startSweep({ expire, isBusy: () => isBusy() || anyHindrance() !== undefined, leases, runtime });
  const close = async (): Promise<void> => {
    await sweep.close();
    await records.close();
  };
  return {
    ...records,
    ledger: { ...ledger, close },
    condition: () => ({ hindrance: anyHindrance(), commitP95Ms: commitTimes.p95Ms(), shed }),
    close,
  };
}

async function openFile(
  file: string,
  settings: LedgerSettings,
  runtime: Pick<Runtime, 'clock' | 'timers'>,
  log: Log | undefined,
): Promise<ConditionedRecords> {
  const { clock } = runtime;
  const { key, keptDays } = settings;
  const records = await openSqliteRecords({ file, key: Buffer.from(key), clock, keptDays, log });
  if (file === ':memory:') return accompanied(records, runtime, settings, () => undefined);
  const space = watchDiskSpace(file);
  const close = async (): Promise<void> => {
    await space.close();
    await records.close();
  };
  return accompanied({ ...records, ledger: { ...records.ledger, close }, close }, runtime, settings, () => {
    if (!records.isSound()) return 'disk-error';
    return space.scarce() ? 'disk-full' : undefined;
  });
}

/** Throws `GatewayError` `ledger-unavailable`, saying why, rather than open the ledger half. */
export async function openRecords(
  settings: LedgerSettings,
  runtime: Pick<Runtime, 'clock' | 'timers'>,
  log?: Log,
): Promise<ConditionedRecords> {
  if (settings.postgres === undefined) return openFile(settings.file, settings, runtime, log);
  // Who keeps the ledger in a file does not load the driver.
  const { openPostgresRecords } = await import('./postgres/open-postgres.js');
  const { postgres: connection, keptDays } = settings;
  const records = await openPostgresRecords({ connection, key: Buffer.from(settings.key), runtime, keptDays });
  return accompanied(records, runtime, settings, () => undefined);
}
