/** A sample of the disk sweep; `npm run test:kill -- --disk` does all of it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createSqliteLedgers } from '../ledgers.js';
import { bundleGateway } from '../process/bundle.js';
import { scenarioNamed } from '../sweep.js';
import type { Setting } from '../world.js';
import { nameOfDiskCase, runDiskCase, type DiskCase } from './disk-case.js';
import { runSlowDisk } from './slow-disk.js';
import { whyNoStrace } from './strace.js';

const book = scenarioNamed('book');
const SAMPLE: readonly DiskCase[] = [
  // Before the practice is called. What was refused is whole in the write-ahead log, and done for the next start.
  { scenario: book, fault: 'sync-eio-killed', k: 2 },
  // In the middle of what the ledger writes before the call.
  { scenario: book, fault: 'read-only', k: 20 },
];
const noStrace = await whyNoStrace();

describe.skipIf(noStrace).concurrent(`a disk in trouble, a sample ${noStrace ?? ''}`, () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = { ledgers: createSqliteLedgers(), script: await bundleGateway('.kill-build/sample') };
  });

  it.each(SAMPLE.map((one) => [nameOfDiskCase(one), one] as const))(
    '%s',
    async (name, one) => {
      const { seen, violations } = await runDiskCase(one, setting);
      const repeat = `npm run test:kill -- --disk '${name}'`;
      expect({ hit: seen.injected > 0, violations }, repeat).toEqual({ hit: true, violations: [] });
    },
    150_000,
  );

  it('slow-syncs', async () => {
    const { delayed, violations } = await runSlowDisk(setting);
    expect({ hit: delayed > 0, violations }).toEqual({ hit: true, violations: [] });
  }, 150_000);
});
