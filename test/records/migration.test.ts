/** A ledger that the first version wrote, opened by this one: nothing is lost, nothing is told otherwise than before. */
import Database from 'better-sqlite3';
import { Kysely, Migrator, sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAttemptRows } from '../../src/records/attempts/rows.js';
import { MIGRATIONS, SCHEMA_VERSION, type Schema } from '../../src/records/schema.js';
import { createSealing } from '../../src/records/sealing.js';
import { ImmediateSqliteDialect, keep } from '../../src/records/sqlite-dialect.js';
import { claim, id, move, newAttempt, NOW, PRACTICE, practiceRef } from './samples.js';
import { KEY, newFolder, openFile } from './sqlite-files.js';

let folder: Awaited<ReturnType<typeof newFolder>>;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => folder.remove());

/** One booking, one attempt whose outcome is open, one refusal: as version 1 of the tables kept them. */
async function writeVersionOne(file: string): Promise<void> {
  const database = keep(new Database(file));
  const db = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect(database) });
  const first = MIGRATIONS['0001-ledger'];
  if (!first) throw new Error('no first migration');
  const provider = { getMigrations: () => Promise.resolve({ '0001-ledger': first }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw new Error('the first migration failed', { cause: error });
  const rows = createAttemptRows(createSealing(KEY));
  const old = [
    { n: 1, state: 'BOOKED', open: 0, version: 3, practiceRef: '777001' },
    { n: 2, state: 'CONFIRM_OPEN', open: 1, version: 2, practiceRef: null },
    { n: 3, state: 'REJECTED', open: 0, version: 2, practiceRef: null },
  ];
  for (const { n, state, open, version, practiceRef: ref } of old) {
    const row = rows.toRow(newAttempt(n));
    await sql`
      insert into attempt (id, practice, principal, key_source, key_hmac, key_freed, fingerprint, state, open, version,
        client_ref, practice_ref, patient_hmac, start_at, end_at, details_enc, request_enc, created_at, updated_at)
      values (${row.id}, ${row.practice}, ${row.principal}, ${row.key_source}, ${row.key_hmac}, 0, ${row.fingerprint},
        ${state}, ${open}, ${version}, ${row.client_ref}, ${ref}, ${row.patient_hmac}, ${row.start_at}, ${row.end_at},
        ${row.details_enc}, ${open === 1 ? row.request_enc : null}, ${row.created_at}, ${row.updated_at})
    `.execute(db);
    for (const slot of rows.toSlotRows(newAttempt(n))) {
      const live = state === 'REJECTED' ? 0 : 1;
      await db
        .insertInto('attempt_slot')
        .values({ ...slot, live })
        .execute();
    }
  }
  database.pragma('user_version = 1');
  await db.destroy();
}

it('keeps every attempt with its slots, its booking at the practice and the version its readers know', async () => {
  await writeVersionOne(folder.file);
  const { ledger, close } = await openFile(folder.file);
  const booked = await ledger.readAttempt(PRACTICE, id('appointment-1'));
  expect(booked).toMatchObject({
    state: 'BOOKED',
    version: 3,
    // Until then the version of the row was what its readers saw.
    revision: 3,
    practiceRefs: ['777001'],
    slots: newAttempt(1).slots,
  });
  expect(booked?.details).toEqual(newAttempt(1).details);
  expect(await ledger.ownersOf(PRACTICE, [practiceRef('777001')])).toEqual(new Map([['777001', booked]]));
  expect((await ledger.openAttempts()).map((one) => one.id)).toEqual(['appointment-2']);
  expect((await ledger.openAttempts())[0]?.request).toEqual(newAttempt(2).request);
  expect(await ledger.readAttempt(PRACTICE, id('appointment-3'))).toMatchObject({
    state: 'REJECTED',
    practiceRefs: [],
  });
  const held = await ledger.heldSlots(PRACTICE, { start: 0, end: Number.MAX_SAFE_INTEGER });
  expect(held.map(({ slot }) => slot)).toEqual(['slot-1', 'slot-2']);
  expect((await claim(ledger, newAttempt(4, { key: newAttempt(1).key }))).kind).toBe('existing');
  const amended = booked && (await move(ledger, booked, 'BOOKED', { revises: true, at: NOW }));
  expect([amended?.version, amended?.revision]).toEqual([4, 4]);
  await close();
});

it('is of the present version from then on, and opens again', async () => {
  await writeVersionOne(folder.file);
  await (await openFile(folder.file)).close();
  const database = keep(new Database(folder.file));
  expect(database.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  database.close();
  const { ledger, close } = await openFile(folder.file);
  expect((await ledger.readAttempt(PRACTICE, id('appointment-1')))?.practiceRefs).toEqual(['777001']);
  await close();
});
