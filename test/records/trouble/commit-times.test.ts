/** A disk that has become slow: nothing new is begun, what was begun is finished, and it goes on by itself. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Hindrance } from '../../../src/ports/ledger-condition.js';
import { openRecords } from '../../../src/records/open-records.js';
import type { Records } from '../../../src/records/open-sqlite.js';
import { createCommitTimes } from '../../../src/records/trouble/commit-times.js';
import { sparing } from '../../../src/records/trouble/sparing.js';
import { createSystemRuntime } from '../../../src/system.js';
import { claim, claimNew, move, newAttempt, PRACTICE } from '../samples.js';
import { KEY, newFolder, openFile } from '../sqlite-files.js';

const unavailable = { name: 'GatewayError', code: 'ledger-unavailable', retryAfterSeconds: 5 };

let folder: Awaited<ReturnType<typeof newFolder>>;
let records: Records;
let now = 0;
let times: ReturnType<typeof createCommitTimes>;
beforeEach(async () => {
  folder = await newFolder();
  records = await openFile(folder.file);
  now = 0;
  times = createCommitTimes(() => now);
});
afterEach(async () => {
  await records.close();
  await folder.remove();
});

/** As many commits, one each 100 ms. */
function take(count: number, ms: number): void {
  for (let n = 0; n < count; n += 1) {
    now += 100;
    times.note(ms);
  }
}

it('the slowest twentieth of five seconds tells, and too few commits tell nothing', () => {
  take(9, 500);
  expect([times.p95Ms(), times.isSlow()]).toEqual([undefined, false]);
  take(1, 500);
  now += 100;
  expect([times.p95Ms(), times.isSlow()]).toEqual([500, true]);
  now += 5000;
  expect([times.p95Ms(), times.isSlow()]).toEqual([undefined, false]);
  take(38, 20);
  take(2, 500);
  now += 100;
  expect([times.p95Ms(), times.isSlow()]).toEqual([20, false]);
  take(1, 500);
  now += 100;
  expect([times.p95Ms(), times.isSlow()]).toEqual([500, true]);
});

it('while commits are slow no booking and no cancellation is begun; the rest goes on', async () => {
  const shed: Hindrance[] = [];
  const hindrance = (): Hindrance | undefined => (times.isSlow() ? 'slow-commits' : undefined);
  const ledger = sparing(records.ledger, hindrance, (reason) => shed.push(reason));
  const sent = await move(ledger, await claimNew(ledger, newAttempt(1)), 'CONFIRMING');
  const booked = await move(ledger, await claimNew(ledger, newAttempt(2)), 'BOOKED');
  take(20, 101);
  await expect(claim(ledger, newAttempt(3))).rejects.toMatchObject(unavailable);
  await expect(move(ledger, booked, 'CANCELLING')).rejects.toMatchObject(unavailable);
  expect(shed).toEqual(['slow-commits', 'slow-commits']);
  expect((await move(ledger, sent, 'BOOKED')).state).toBe('BOOKED');
  expect((await ledger.readAttempt(PRACTICE, booked.id))?.state).toBe('BOOKED');
  now += 5000;
  await claimNew(ledger, newAttempt(3));
  expect((await move(ledger, booked, 'CANCELLING')).state).toBe('CANCELLING');
});

it('every commit of a gateway is timed', async () => {
  const other = await newFolder();
  const opened = await openRecords({ file: other.file, key: KEY }, createSystemRuntime());
  expect(opened.condition()).toEqual({ hindrance: undefined, commitP95Ms: undefined, shed: new Map() });
  for (let n = 0; n < 10; n += 1) await opened.ledger.probe();
  await expect.poll(() => opened.condition().commitP95Ms).toBeGreaterThan(0);
  await opened.close();
  await other.remove();
});
