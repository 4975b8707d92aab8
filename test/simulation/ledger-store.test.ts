/** The simulation's ledger keeps the same promises as the databases that it stands for. */
import { GatewayError } from '../../src/domain/errors.js';
import type { AuditTrail } from '../../src/ports/audit.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { appointmentsContract } from '../contract/appointments.contract.js';
import { ledgerContract, type RecordsUnderTest } from '../contract/ledger.contract.js';
import { toSummary } from '../records/samples.js';
import { createLedgerStore } from './world/ledger-store.js';

function open(): Promise<RecordsUnderTest> {
  const store = createLedgerStore();
  let closed = false;
  const unavailable = (cause?: unknown): GatewayError =>
    new GatewayError('ledger-unavailable', 'no', { cause, retryAfterSeconds: 5 });
  const answer = <T>(work: () => T): Promise<T> => {
    if (closed) return Promise.reject(unavailable());
    const mark = store.mark();
    try {
      return Promise.resolve(work());
    } catch (error) {
      store.goBackTo(mark);
      return Promise.reject(unavailable(error));
    }
  };
  const ledger: Ledger = {
    findRepeat: (...args) => answer(() => store.findRepeat(...args)),
    bindRepeat: (...args) => answer(() => store.bindRepeat(...args)),
    claim: (...args) => answer(() => store.claim(...args)),
    change: (...args) => answer(() => store.change(...args)),
    readAttempt: (...args) => answer(() => store.readAttempt(...args)),
    openAttempts: () => answer(() => store.openAttempts().map(toSummary)),
    unsettled: () => answer(() => store.unsettled().map(toSummary)),
    possibleDuplicates: (withinMs) =>
      answer(() => store.possibleDuplicates(withinMs).map(({ attempt, of }) => ({ attempt: toSummary(attempt), of }))),
    findAttempt: (id) => answer(() => store.findAttempt(id)),
    heldSlots: (...args) => answer(() => store.heldSlots(...args)),
    openSlotsOf: (...args) => answer(() => store.openSlotsOf(...args)),
    openOutcomes: (...args) => answer(() => store.openOutcomes(...args)),
    knownPracticeRefs: (practice) => answer(() => store.knownPracticeRefs(practice)),
    ownersOf: (...args) => answer(() => store.ownersOf(...args)),
    appointmentsOf: (...args) => answer(() => store.appointmentsOf(...args)),
    adopt: (...args) => answer(() => store.adopt(...args)),
    bookedInSchedules: (...args) => answer(() => store.bookedInSchedules(...args)),
    markReplied: (...args) => answer(() => store.markReplied(...args)).catch(() => undefined),
    findPatientLink: (...args) => answer(() => store.findPatientLink(...args)),
    readPatientLink: (...args) => answer(() => store.readPatientLink(...args)),
    savePatientLink: (...args) => answer(() => store.savePatientLink(...args)),
    probe: () => answer(() => undefined),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
  const rows: AuditTrail['rows'] = (from, limit) =>
    Promise.resolve(
      store.audit
        .map((event, index) => ({ seq: index + 1, previousHash: '', hash: '', event }))
        .slice(from - 1, from - 1 + limit),
    );
  const audit: AuditTrail = {
    record: () => undefined,
    flush: () => Promise.resolve(),
    verify: () => Promise.resolve(undefined),
    rows,
  };
  return Promise.resolve({ ledger, audit, dispose: () => ledger.close() });
}

ledgerContract('simulation', open);
appointmentsContract('simulation', open);
