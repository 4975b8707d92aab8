/** A sample of the kill sweep; `npm run test:kill` does all of it. */
import { describe, expect, it } from 'vitest';
import { repeatedBy, runWithin, scenarioNamed } from './sweep.js';

/** One of each kind: the bytes have left, the answer is not yet written down, and it has been given. */
const SAMPLE = [
  ['book', 'wire.book.last-byte:1'],
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
