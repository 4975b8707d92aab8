/** When the ledger forgets: seldom, a little at a time, and while nobody waits for it. */
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { DAY, MINUTE, SECOND } from '../../../src/domain/time.js';
import type { Leases } from '../../../src/ports/leases.js';
import { startSweep } from '../../../src/records/retention/sweep.js';
import { keep } from '../../../src/records/sqlite-dialect.js';
import { openRecords } from '../../../src/records/open-records.js';
import { createVirtualRuntime } from '../../support/virtual-runtime.js';
import { claimNew, move, newAttempt, NOW, PRACTICE } from '../samples.js';
import { KEY, newFolder, openFile } from '../sqlite-files.js';

function sweeping(rounds: number, over: { isBusy?: () => boolean; leases?: Leases } = {}) {
  const runtime = createVirtualRuntime(NOW);
  const at: number[] = [];
  const sweep = startSweep({
    expire: (now) => {
      at.push(now - NOW);
      return Promise.resolve(at.length < rounds);
    },
    runtime,
    isBusy: over.isBusy ?? (() => false),
    leases: over.leases,
  });
  return { runtime, at, sweep };
}

it('each ten minutes, and once a second while there is more', async () => {
  const { runtime, at, sweep } = sweeping(3);
  await runtime.advance(20 * MINUTE + 5 * SECOND);
  expect(at).toEqual([10 * MINUTE, 10 * MINUTE + SECOND, 10 * MINUTE + 2 * SECOND, 20 * MINUTE + 2 * SECOND]);
  await sweep.close();
  await runtime.advance(60 * MINUTE);
  expect(at).toHaveLength(4);
});

it('not while somebody waits for the ledger', async () => {
  let isBusy = true;
  const { runtime, at, sweep } = sweeping(1, { isBusy: () => isBusy });
  await runtime.advance(15 * MINUTE);
  expect(at).toEqual([]);
  isBusy = false;
  await runtime.advance(2 * SECOND);
  expect(at).toHaveLength(1);
  await sweep.close();
});

it('by one process of several, that gives the place back, also after a failure', async () => {
  const taken: string[] = [];
  let free = false;
  const leases: Leases = {
    take(place) {
      if (free) taken.push(place);
      return Promise.resolve(free);
    },
    give(place) {
      taken.splice(taken.indexOf(place), 1);
      return Promise.resolve();
    },
    maySend: () => true,
  };
  const { runtime, at, sweep } = sweeping(1, { leases });
  await runtime.advance(10 * MINUTE);
  expect(at).toEqual([]);
  free = true;
  await runtime.advance(10 * MINUTE);
  expect([at.length, taken]).toEqual([1, []]);
  await sweep.close();

  const failing = createVirtualRuntime(NOW);
  const expire = (): Promise<boolean> => Promise.reject(new Error('away'));
  const other = startSweep({ expire, runtime: failing, isBusy: () => false, leases });
  await failing.advance(10 * MINUTE);
  expect(taken).toEqual([]);
  await other.close();
});

it('in the ledger of a gateway, until it is closed', async () => {
  const folder = await newFolder();
  const runtime = createVirtualRuntime(NOW);
  const records = await openRecords({ file: folder.file, key: KEY }, runtime);
  const { ledger } = records;
  const refused = await move(ledger, await claimNew(ledger, newAttempt(1)), 'REJECTED');
  await runtime.advance(DAY);
  await runtime.advance(20 * MINUTE);
  await expect.poll(async () => (await ledger.readAttempt(PRACTICE, refused.id))?.details.description).toBe('');
  await records.close();
  expect(runtime.waiting()).toBe(0);
  await folder.remove();
});

it('what has run out is found by an index, never by reading every row', async () => {
  const folder = await newFolder();
  await (await openFile(folder.file)).close();
  const database = keep(new Database(folder.file));
  const conditions = {
    attempt_told:
      "state in ('REJECTED', 'NOT_BOOKED') and length(details_enc) > 0 and updated_at < ? order by updated_at",
    attempt_erased:
      "state in ('REJECTED', 'NOT_BOOKED') and length(details_enc) = 0 and updated_at < ? order by updated_at",
    attempt_past: "state in ('BOOKED', 'CANCELLED') and end_at < ? order by end_at",
  };
  for (const [index, condition] of Object.entries(conditions)) {
    const plan = keep(database.prepare(`explain query plan select id from attempt where ${condition} limit 25`));
    expect(JSON.stringify(plan.all(0))).toContain(`USING INDEX ${index} `);
  }
  database.close();
  await folder.remove();
});
