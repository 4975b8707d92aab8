/** What the ledger remembers of the practices' switches, and that each change leaves its audit event. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OdsCode } from '../../src/domain/identifiers.js';
import type { CapabilitySwitch } from '../../src/ports/enablement.js';
import { openSqliteRecords, type Records } from '../../src/records/open-sqlite.js';

let folder: string;
let records: Records;
const open = (): Promise<Records> =>
  openSqliteRecords({ file: join(folder, 'ledger.sqlite'), key: Buffer.alloc(32, 7), clock: { now: () => 0 } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-enablement-'));
  records = await open();
});
afterEach(async () => {
  await records.close();
  rmSync(folder, { recursive: true });
});

const [FIRST, SECOND] = ['A99901', 'A99902'] as OdsCode[] as [OdsCode, OdsCode];
const one = (practice: OdsCode, capability: CapabilitySwitch['capability'], on: boolean): CapabilitySwitch => ({
  practice,
  capability,
  on,
});
const events = async () =>
  (await records.audit.rows(1, 100)).map(({ event: { kind, practice, state, at } }) => [kind, practice, state, at]);

it('the first start is a change from off, and what is off is none', async () => {
  const switches = [one(FIRST, 'foundations', true), one(FIRST, 'appointmentManagement', false)];
  expect(await records.enablement.settle(switches, 5)).toEqual([one(FIRST, 'foundations', true)]);
  expect(await events()).toEqual([['enablement-changed', FIRST, 'foundations on', 5]]);
});

it('a start without a change leaves no event, not even after the file was closed', async () => {
  const switches = [one(FIRST, 'foundations', true), one(SECOND, 'foundations', false)];
  await records.enablement.settle(switches, 1);
  await records.close();
  records = await open();
  expect(await records.enablement.settle(switches, 2)).toEqual([]);
  expect(await events()).toHaveLength(1);
});

it('each switch that changes leaves an event of its own', async () => {
  await records.enablement.settle([one(FIRST, 'foundations', true), one(SECOND, 'foundations', true)], 1);
  await records.enablement.settle(
    [one(FIRST, 'foundations', false), one(FIRST, 'appointmentManagement', true), one(SECOND, 'foundations', true)],
    2,
  );
  expect((await events()).slice(2)).toEqual([
    ['enablement-changed', FIRST, 'foundations off', 2],
    ['enablement-changed', FIRST, 'appointmentManagement on', 2],
  ]);
  expect(await records.audit.verify()).toBeUndefined();
});

it('a practice that is no longer in the file is off, and on again when it comes back', async () => {
  const there = [one(FIRST, 'foundations', true), one(SECOND, 'foundations', true)];
  await records.enablement.settle(there, 1);
  await records.enablement.settle(there.slice(0, 1), 2);
  await records.enablement.settle(there, 3);
  expect((await events()).slice(2)).toEqual([
    ['enablement-changed', SECOND, 'foundations off', 2],
    ['enablement-changed', SECOND, 'foundations on', 3],
  ]);
});
