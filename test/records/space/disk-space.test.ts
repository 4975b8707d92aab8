/** A disk that runs full: nothing new is begun, what was begun is finished, and it goes on by itself. */
import { existsSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Records } from '../../../src/records/open-sqlite.js';
import { openRecords } from '../../../src/records/open-records.js';
import { watchDiskSpace, type DiskSpace } from '../../../src/records/space/disk-space.js';
import { sparing } from '../../../src/records/trouble/sparing.js';
import { createSystemRuntime } from '../../../src/system.js';
import { claim, claimNew, move, newAttempt, PRACTICE } from '../samples.js';
import { KEY, newFolder, openFile } from '../sqlite-files.js';

const MIB = 1024 * 1024;
const unavailable = { name: 'GatewayError', code: 'ledger-unavailable', retryAfterSeconds: 5 };

let folder: Awaited<ReturnType<typeof newFolder>>;
let records: Records;
let space: DiskSpace;
let free: number;
beforeEach(async () => {
  folder = await newFolder();
  records = await openFile(folder.file);
  free = 1000 * MIB;
  space = watchDiskSpace(folder.file, () => Promise.resolve(free));
  await space.look();
});
afterEach(async () => {
  await space.close();
  await records.close();
  await folder.remove();
});
const reserve = (): string => `${folder.file}.reserve`;

it('keeps sixteen mebibytes for the day when there are none', () => {
  expect(statSync(reserve()).size).toBe(16 * MIB);
  expect(space.scarce()).toBe(false);
});

it('begins nothing new while little is left, and finishes what was begun', async () => {
  const ledger = sparing(records.ledger, () => (space.scarce() ? 'disk-full' : undefined));
  const sent = await move(ledger, await claimNew(ledger, newAttempt(1)), 'CONFIRMING');
  const booked = await move(ledger, await claimNew(ledger, newAttempt(2)), 'BOOKED');
  free = 63 * MIB;
  await space.look();
  expect(existsSync(reserve())).toBe(false);
  await expect(claim(ledger, newAttempt(3))).rejects.toMatchObject(unavailable);
  await expect(move(ledger, booked, 'CANCELLING')).rejects.toMatchObject(unavailable);
  expect((await move(ledger, sent, 'BOOKED')).state).toBe('BOOKED');
  expect((await ledger.readAttempt(PRACTICE, booked.id))?.state).toBe('BOOKED');

  // What the reserve gave free is not plenty.
  free = 80 * MIB;
  await space.look();
  await expect(claim(ledger, newAttempt(3))).rejects.toMatchObject(unavailable);
  free = 129 * MIB;
  await space.look();
  expect(statSync(reserve()).size).toBe(16 * MIB);
  await claimNew(ledger, newAttempt(3));
  expect((await move(ledger, booked, 'CANCELLING')).state).toBe('CANCELLING');
});

it('a disk that cannot be asked stops nobody', async () => {
  const blind = watchDiskSpace(folder.file, () => Promise.reject(new Error('no such thing')));
  await blind.look();
  expect(blind.scarce()).toBe(false);
  await blind.close();
});

it('is watched where the gateway keeps its ledger in a file', async () => {
  const other = await newFolder();
  const opened = await openRecords({ file: other.file, key: KEY }, createSystemRuntime());
  await opened.close();
  expect(statSync(`${other.file}.reserve`).size).toBe(16 * MIB);
  await other.remove();
});
