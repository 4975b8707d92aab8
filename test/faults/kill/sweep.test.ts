/** A sample of the kill sweep; `npm run test:kill` does all of it. */
import { describe, expect, it } from 'vitest';
import { createSqliteLedgers } from './ledgers.js';
import { repeatedBy, runWithin, scenarioNamed } from './sweep.js';
import { FROM_SOURCE } from './world.js';

/** The practice has cancelled, and the ledger does not know yet; `kill-during-booking.test.ts` does the like. */
const SAMPLE = [['cancel', 'wire.cancel.answer-read:1']] as const;

describe('kill sweep, a sample', () => {
  it.each(SAMPLE)(
    '%s, killed at %s',
    async (name, killAt) => {
      const one = { scenario: scenarioNamed(name), killAt };
      const setting = { ledgers: createSqliteLedgers(), script: FROM_SOURCE };
      const { died, violations } = await runWithin(one, setting);
      expect({ died, violations }, repeatedBy(one, setting)).toEqual({ died: true, violations: [] });
    },
    150_000,
  );
});
