/** A sample of the kill sweep; `npm run test:kill` does all of it. */
import { describe, expect, it } from 'vitest';
import { repeatedBy, runWithin, scenarioNamed } from './sweep.js';

/** The answer of the first of two calls is not yet written down; the answer to a cancellation has been read. */
const SAMPLE = [
  ['book-several', 'ledger.CONFIRMING.to-commit:2'],
  ['cancel', 'wire.cancel.answer-read:1'],
] as const;

describe('kill sweep, a sample', () => {
  it.concurrent.each(SAMPLE)(
    '%s, killed at %s',
    async (name, killAt) => {
      const one = { scenario: scenarioNamed(name), killAt };
      const { died, violations } = await runWithin(one);
      expect({ died, violations }, repeatedBy(one)).toEqual({ died: true, violations: [] });
    },
    150_000,
  );
});
