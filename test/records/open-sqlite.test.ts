import { readFile, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteRecords, prepareFile } from '../../src/records/open-sqlite.js';
import { keep } from '../../src/records/sqlite-dialect.js';
import {
  auditEvent,
  claim,
  claimNew,
  id,
  newAttempt,
  NHS_NUMBER,
  patientLink,
  linkEvent,
  PRACTICE,
} from './samples.js';
import { clock, KEY, newFolder, openFile } from './sqlite-files.js';

let folder: Awaited<ReturnType<typeof newFolder>>;
let file: string;
beforeEach(async () => {
  folder = await newFolder();
  file = folder.file;
});
afterEach(() => folder.remove());

function pragmaOf(database: Database.Database, name: string): unknown {
  return keep(database.prepare(`pragma ${name}`))
    .pluck()
    .get();
}

/** Works on the file behind the ledger's back. */
function tamper(sql: string): void {
  const database = keep(new Database(file));
  database.exec(sql);
  database.close();
}

function refusal(part: string) {
  return { code: 'ledger-unavailable', message: expect.stringContaining(part) as string };
}

describe('opening', () => {
  it('syncs every commit, on a file that exists already too', async () => {
    await (await openFile(file)).close();
    const database = keep(new Database(file));
    try {
      expect(pragmaOf(database, 'journal_mode')).toBe('wal');
      // The trap: the driver runs a reopened WAL file with NORMAL.
      expect(pragmaOf(database, 'synchronous')).toBe(1);
      prepareFile(database, file);
      expect(pragmaOf(database, 'synchronous')).toBe(2);
      expect(pragmaOf(database, 'foreign_keys')).toBe(1);
      expect(pragmaOf(database, 'busy_timeout')).toBe(200);
    } finally {
      database.close();
    }
  });

  it('refuses a second opening, and a file that a finished process left is free', async () => {
    const first = await openFile(file);
    await expect(openFile(file)).rejects.toMatchObject(refusal('in use by another process'));
    await first.ledger.probe();
    await first.close();
    await (await openFile(file)).close();
  });

  it('refuses another key, and says so', async () => {
    await (await openFile(file)).close();
    const key = Buffer.alloc(32, 'another key');
    await expect(openSqliteRecords({ file, key, clock })).rejects.toMatchObject(refusal('another key'));
    const hashKey = Buffer.alloc(32, 'another hash key');
    await expect(openSqliteRecords({ file, key: KEY, hashKey, clock })).rejects.toMatchObject(refusal('another key'));
    await (await openFile(file)).close();
  });

  it('refuses a key of the wrong length', async () => {
    await expect(openSqliteRecords({ file, key: Buffer.alloc(16), clock })).rejects.toThrow('32 bytes');
  });

  it('refuses a file of a newer version', async () => {
    await (await openFile(file)).close();
    tamper('pragma user_version = 99');
    await expect(openFile(file)).rejects.toMatchObject(refusal('newer version'));
  });

  it('refuses what is no ledger, and a folder that is not there', async () => {
    await writeFile(file, 'certainly no database, but long enough to be looked at '.repeat(200));
    await expect(openFile(file)).rejects.toMatchObject(refusal('is damaged'));
    await expect(openFile(`${file}/none/ledger.db`)).rejects.toMatchObject(refusal('cannot be opened'));
  });

  it('refuses a damaged file', async () => {
    const records = await openFile(file);
    for (let n = 0; n < 50; n += 1) await claimNew(records.ledger, newAttempt(n));
    await records.close();
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0x5a, bytes.length / 2));
    await expect(openFile(file)).rejects.toMatchObject(refusal('is damaged'));
  });
});

describe('durability', () => {
  it('a claim is committed, with its audit row, when its promise resolves', async () => {
    const records = await openFile(file);
    const other = keep(new Database(file, { readonly: true }));
    const count = (table: string): unknown =>
      keep(other.prepare(`select count(*) from ${table}`))
        .pluck()
        .get();
    await claimNew(records.ledger, newAttempt(1));
    expect([count('attempt'), count('audit')]).toEqual([1, 1]);
    other.close();
    await records.close();
  });

  it('a probe is a commit that reaches the file', async () => {
    const records = await openFile(file);
    const other = keep(new Database(file, { readonly: true }));
    const before: unknown = pragmaOf(other, 'data_version');
    await records.ledger.probe();
    expect(pragmaOf(other, 'data_version')).not.toBe(before);
    other.close();
    await records.close();
  });

  it('a claim decides only on what it has locked', async () => {
    const records = await openFile(file);
    await claimNew(records.ledger, newAttempt(1));
    const other = keep(new Database(file));
    other.exec('begin immediate');
    await expect(claim(records.ledger, newAttempt(1))).rejects.toMatchObject({ code: 'ledger-unavailable' });
    other.close();
    expect((await claim(records.ledger, newAttempt(1))).kind).toBe('existing');
    await records.close();
  });

  it('a locked file refuses writes soon, keeps the audit of reads, and recovers', async () => {
    const records = await openFile(file);
    const other = keep(new Database(file));
    other.exec('begin immediate');
    records.audit.record(auditEvent({ code: 'kept' }));
    const started = performance.now();
    await expect(claim(records.ledger, newAttempt(1))).rejects.toMatchObject({
      code: 'ledger-unavailable',
      retryAfterSeconds: 5,
    });
    expect(performance.now() - started).toBeLessThan(2000);
    await expect(records.ledger.probe()).rejects.toMatchObject({ code: 'ledger-unavailable' });
    expect(await records.ledger.readAttempt(PRACTICE, id('appointment-1'))).toBeUndefined();
    other.exec('rollback');
    other.close();
    await claimNew(records.ledger, newAttempt(1));
    const rows = await records.audit.rows(1, 10);
    expect(rows.map((row) => row.event.code ?? row.event.state)).toEqual(['kept', 'RECEIVED']);
    await records.close();
  });

  it('the audit trail takes no more than it can keep', async () => {
    const records = await openFile(file);
    const other = keep(new Database(file));
    other.exec('begin immediate');
    let refused: unknown;
    let taken = 0;
    try {
      for (; taken < 20_000; taken += 1) records.audit.record(auditEvent());
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'ledger-unavailable' });
    expect(taken).toBe(10_000);
    other.exec('rollback');
    other.close();
    await records.audit.flush();
    expect(await records.audit.rows(10_000, 10)).toHaveLength(1);
    await records.close();
  });
});

describe('tampering with the audit trail', () => {
  const free = 'drop trigger audit_no_update; drop trigger audit_no_delete;';
  const verifyAfter = async (sql: string): Promise<number | undefined> => {
    const records = await openFile(file);
    for (let n = 0; n < 5; n += 1) records.audit.record(auditEvent({ status: n }));
    await records.audit.flush();
    tamper(sql);
    const found = await records.audit.verify();
    await records.close();
    return found;
  };

  it.each([
    ['a changed event', 'update audit set event = replace(event, \'"status":2\', \'"status":9\') where seq = 3', 3],
    ['a changed hash', "update audit set hash = 'x' where seq = 2", 2],
    ['a row taken out', 'delete from audit where seq = 2', 3],
    ['rows cut off at the end', 'delete from audit where seq > 3', 4],
    ['a row put in', "insert into audit values (6, 'x', 'y', '{}')", 6],
    [
      'two events exchanged',
      'update audit set event = (select a.event from audit a where a.seq = 7 - audit.seq) where seq in (3, 4)',
      3,
    ],
  ])('%s shows [14-11]', async (_, sql, seq) => {
    expect(await verifyAfter(`${free} ${sql}`)).toBe(seq);
  });

  it.each(["update audit set event = '{}'", 'delete from audit'])('the table itself refuses: %s', async (sql) => {
    await expect(verifyAfter(sql)).rejects.toThrow('append-only');
    // The failed attempt left the ledger open; its process would have ended here.
    await expect(openFile(file)).rejects.toMatchObject(refusal('in use'));
  });
});

it('a sealed value copied to another row does not open', async () => {
  const records = await openFile(file);
  await claimNew(records.ledger, newAttempt(1));
  await claimNew(records.ledger, newAttempt(2));
  await records.ledger.savePatientLink(patientLink(), linkEvent);
  tamper(`update attempt set details_enc = (select details_enc from attempt where id = 'appointment-1')
    where id = 'appointment-2'`);
  await expect(records.ledger.readAttempt(PRACTICE, id('appointment-2'))).rejects.toMatchObject({
    code: 'ledger-unavailable',
  });
  tamper('update patient_link set link_enc = substr(link_enc, 1, length(link_enc) - 1)');
  await expect(records.ledger.findPatientLink(PRACTICE, NHS_NUMBER)).rejects.toMatchObject({
    code: 'ledger-unavailable',
  });
  await records.close();
});
