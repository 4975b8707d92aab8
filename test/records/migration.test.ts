/** A ledger that the first version wrote, opened by this one: nothing is lost, nothing is told otherwise than before. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../src/records/schema.js';
import { keep } from '../../src/records/sqlite-dialect.js';
import { claim, id, move, newAttempt, NOW, PRACTICE, practiceRef } from './samples.js';
import { newFolder, openFile } from './sqlite-files.js';
import { writeVersionOne } from './upgrade/version-one.js';

let folder: Awaited<ReturnType<typeof newFolder>>;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => folder.remove());

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
  expect((await ledger.findAttempt(id('appointment-2')))?.request).toEqual(newAttempt(2).request);
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
