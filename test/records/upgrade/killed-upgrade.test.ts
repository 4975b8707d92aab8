/**
 * An older ledger whose upgrade is killed before any of its statements: the next start makes the rest of it, and nothing
 * is lost. Two versions of the program beside each other need a second release.
 */
import { copyFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Records } from '../../../src/records/open-sqlite.js';
import { MIGRATIONS } from '../../../src/records/postgres/tables.js';
import { startPostgres, withoutPostgres, type PostgresServer } from '../../support/postgres.js';
import { openUrl } from '../postgres/schemas.js';
import { id, newAttempt, PRACTICE } from '../samples.js';
import { newFolder, openFile } from '../sqlite-files.js';
import { writeSharedVersionOne, writeVersionOne } from './version-one.js';

afterEach(() => vi.restoreAllMocks());

/** What changes something; what only looks leaves nothing half done. */
const CHANGES = /^(begin|create|alter|insert|update|delete|drop|commit)/i;

/** What of version 1 is not there as it was. */
async function lost({ ledger, audit }: Records): Promise<readonly string[]> {
  const found: string[] = [];
  const booked = await ledger.readAttempt(PRACTICE, id('appointment-1'));
  if (booked?.state !== 'BOOKED' || booked.practiceRefs.join() !== '777001') found.push('the booking');
  if (booked?.version !== 3 || booked.revision !== 3) found.push('its version');
  const open = await ledger.openAttempts();
  if (open.map((one) => one.id).join() !== 'appointment-2') found.push('the open attempt');
  const request = (await ledger.findAttempt(id('appointment-2')))?.request;
  if (JSON.stringify(request) !== JSON.stringify(newAttempt(2).request)) found.push('its request');
  const refused = await ledger.readAttempt(PRACTICE, id('appointment-3'));
  if (refused?.state !== 'REJECTED') found.push('the refusal');
  const held = await ledger.heldSlots(PRACTICE, { start: 0, end: Number.MAX_SAFE_INTEGER });
  if (held.length !== 2) found.push('what is held');
  if ((await audit.verify()) !== undefined) found.push('the trail');
  await ledger.probe();
  return found;
}

describe('a file', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>;
  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(() => folder.remove());

  /** What a kill would leave on the disk now. */
  const copyTo = (copy: string): void => {
    for (const end of ['', '-wal']) if (existsSync(folder.file + end)) copyFileSync(folder.file + end, copy + end);
  };
  const lostFrom = async (file: string): Promise<readonly string[]> => {
    const records = await openFile(file);
    return lost(records).finally(() => records.close());
  };

  it('is whole after a kill before any statement of the upgrade', async () => {
    await writeVersionOne(folder.file);
    const copies: { readonly file: string; readonly before: string }[] = [];
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the database that it was called on
    const prepare = Database.prototype.prepare;
    vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database.Database, text: string) {
      const file = `${folder.file}.${copies.length}`;
      copyTo(file);
      copies.push({ file, before: text });
      return prepare.call(this, text);
    });
    const records = await openFile(folder.file);
    vi.restoreAllMocks();
    const last = `${folder.file}.last`;
    copyTo(last);
    expect(await lost(records)).toEqual([]);
    await records.close();

    expect(copies.filter(({ before }) => CHANGES.test(before.trim())).length).toBeGreaterThan(10);
    for (const { file, before } of [...copies, { file: last, before: 'the end' }]) {
      expect(await lostFrom(file), `killed before: ${before}`).toEqual([]);
    }
  }, 60_000);

  it('is whole after a kill in the middle of the writes of a commit', async () => {
    await writeVersionOne(folder.file);
    const records = await openFile(folder.file);
    const sizes = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map((part) =>
      Math.floor(readFileSync(`${folder.file}-wal`).length * part),
    );
    expect(Math.max(...sizes)).toBeGreaterThan(4096);
    for (const size of sizes) {
      const copy = `${folder.file}.${size}`;
      copyTo(copy);
      truncateSync(`${copy}-wal`, size);
    }
    await records.close();
    for (const size of sizes) expect(await lostFrom(`${folder.file}.${size}`), `${size} bytes`).toEqual([]);
  }, 60_000);
});

describe.skipIf(withoutPostgres)(`a PostgreSQL database ${withoutPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.remove());

  async function oldDatabase(): Promise<string> {
    const url = await server.newSchema();
    schemas += 1;
    await writeSharedVersionOne(url, `test_${schemas}`);
    return url;
  }

  /** Opens the ledger with its connection cut at the n-th change, as the process's end cuts it; what it was. */
  async function cut(url: string, nth: number, when: 'before' | 'after'): Promise<string | undefined> {
    let count = 0;
    let at: string | undefined;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the client that it was called on
    const query = pg.Client.prototype.query as (this: pg.Client, ...given: unknown[]) => unknown;
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...given: unknown[]) {
      const text = (given[0] as { text?: string }).text ?? String(given[0]);
      if (CHANGES.test(text.trim())) count += 1;
      else return query.apply(this, given);
      const { stream } = (this as unknown as { connection: { stream: { destroy(): void } } }).connection;
      if (count === nth) {
        at = text.trim();
        if (when === 'before') stream.destroy();
      }
      const asked = query.apply(this, given);
      // What has been written is on its way, and the answer to it comes to nobody.
      if (count === nth && when === 'after') setImmediate(() => stream.destroy());
      return asked;
    });
    const records = await openUrl(url).catch(() => undefined);
    vi.restoreAllMocks();
    await records?.close();
    return at;
  }

  const lostFrom = async (url: string): Promise<readonly string[]> => {
    const records = await openUrl(url);
    return lost(records).finally(() => records.close());
  };

  it('is whole after a kill before any change of the upgrade, and when its commit is in doubt', async () => {
    expect(Object.keys(MIGRATIONS).length).toBeGreaterThan(1);
    const seen: string[] = [];
    for (let nth = 1; ; nth += 1) {
      const url = await oldDatabase();
      const at = await cut(url, nth, 'before');
      if (at === undefined) break;
      seen.push(at);
      expect(await lostFrom(url), `killed before: ${at}`).toEqual([]);
      if (at === 'commit') break;
    }
    expect(seen.some((text) => text.includes('create table'))).toBe(true);
    expect(seen.at(-1)).toBe('commit');
    const url = await oldDatabase();
    expect(await cut(url, seen.length, 'after')).toBe('commit');
    expect(await lostFrom(url)).toEqual([]);
  }, 120_000);
});
