import Database from 'better-sqlite3';
import { open } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keep } from '../../../src/records/sqlite-dialect.js';
import { isFileWhole } from '../../../src/records/trouble/check-file.js';
import { newFolder } from '../sqlite-files.js';

const never = new AbortController().signal;
let folder: Awaited<ReturnType<typeof newFolder>>;
let database: Database.Database;
beforeEach(async () => {
  folder = await newFolder();
  database = keep(new Database(folder.file));
  database.pragma('journal_mode = wal');
  database.exec('create table attempt (id text primary key, words text) without rowid');
  const insert = keep(database.prepare('insert into attempt values (?, ?)'));
  for (let n = 0; n < 500; n += 1) insert.run(String(n), 'x'.repeat(100));
});
afterEach(async () => {
  database.close();
  await folder.remove();
});

it('a file that is in order is whole, while another connection writes to it', async () => {
  database.exec('begin immediate');
  database.exec("insert into attempt values ('more', 'x')");
  expect(await isFileWhole(folder.file, never)).toBe(true);
  database.exec('commit');
});

it('one that is damaged in the middle is not', async () => {
  database.pragma('wal_checkpoint(truncate)');
  const file = await open(folder.file, 'r+');
  await file.write(Buffer.alloc(4096, 0xff), 0, 4096, 4096 * 3);
  await file.close();
  expect(await isFileWhole(folder.file, never)).toBe(false);
});

it('nothing is said of one that cannot be read, or when nobody waits any more', async () => {
  await expect(isFileWhole(`${folder.file}-gone`, never)).rejects.toThrow();
  await expect(isFileWhole(folder.file, AbortSignal.abort())).rejects.toThrow();
});
