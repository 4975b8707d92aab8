/** A sample of the kill sweep; `npm run test:kill` does all of it. */
import { describe, expect, it } from 'vitest';
import { repeatedBy, runWithin, scenarioNamed } from './sweep.js';

/** The practice has cancelled, and the ledger does not know yet; `kill-during-booking.test.ts` does the like. */
const SAMPLE = [['cancel', 'wire.cancel.answer-read:1']] as const;

describe('kill sweep, a sample', () => {
  it.each(SAMPLE)(
    '%s, killed at %s',
    async (name, killAt) => {
      const one = { scenario: scenarioNamed(name), killAt };
      const { died, violations } = await runWithin(one);
      expect({ died, violations }, repeatedBy(one)).toEqual({ died: true, violations: [] });
    },
    150_000,
  );
});
