/** The ledger, which begins no booking and no cancellation while something is in its way. All else goes on. */
import type { Ledger } from '../../ports/ledger.js';
import type { Hindrance } from '../../ports/ledger-condition.js';
import { ledgerUnavailable } from '../commit-queue.js';

export function sparing(
  ledger: Ledger,
  hindrance: () => Hindrance | undefined,
  refused: (reason: Hindrance) => void = () => undefined,
): Ledger {
  const unless = <T>(begin: () => Promise<T>): Promise<T> => {
    const reason = hindrance();
    if (reason === undefined) return begin();
    refused(reason);
    return Promise.reject(ledgerUnavailable(new Error(reason)));
  };
  return {
    ...ledger,
    claim: (...asked) => unless(() => ledger.claim(...asked)),
    change: (id, version, change, audit) => {
      const changed = () => ledger.change(id, version, change, audit);
      return change.state === 'CANCELLING' ? unless(changed) : changed();
    },
  };
}
