/** Ledgers in files of their own, removed with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteRecords } from '../../src/records/open-sqlite.js';
import type { DurableRecordsUnderTest, RecordsUnderTest } from '../contract/ledger.contract.js';
import type { ExpiringRecords } from '../contract/retention.contract.js';
import { NOW } from './samples.js';

export const KEY = Buffer.alloc(32, 'ledger test key ');
export const clock = { now: () => NOW };

export async function newFolder(): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'slotbridge-records-'));
  return { file: join(folder, 'ledger.db'), remove: () => rm(folder, { recursive: true, force: true }) };
}

export const openFile = (file: string) => openSqliteRecords({ file, key: KEY, clock });

async function under(file: string, remove: () => Promise<void>): Promise<DurableRecordsUnderTest & ExpiringRecords> {
  const records = await openFile(file);
  return {
    ledger: records.ledger,
    audit: records.audit,
    expire: records.expire,
    async reopen() {
      await records.close();
      return under(file, remove);
    },
    async dispose() {
      await records.close();
      await remove();
    },
  };
}

export async function openInFile(): Promise<DurableRecordsUnderTest & ExpiringRecords> {
  const { file, remove } = await newFolder();
  return under(file, remove);
}

export async function openInMemory(): Promise<RecordsUnderTest> {
  const { ledger, audit, close } = await openFile(':memory:');
  return { ledger, audit, dispose: close };
}
