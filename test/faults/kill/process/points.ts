/**
 * Places at which a gateway can be made to die: around each commit, each call to the practice, the bytes of each write,
 * the reply, the start and the end. They are put between the core and what it is given, so the product knows nothing of
 * them.
 */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync, existsSync } from 'node:fs';
import type { Between } from '../../../../src/main.js';
import type { AuditTrail } from '../../../../src/ports/audit.js';
import type { Ledger } from '../../../../src/ports/ledger.js';
import type { Call, PracticeSystem } from '../../../../src/ports/practice-system.js';

export interface PointsInput {
  /** `name:n` dies at the n-th time the point of this name is reached. */
  readonly killAt: string | undefined;
  /** Gets the name of each point that is reached, one a line. */
  readonly list: string | undefined;
  /** Points count from when this file exists. */
  readonly armedBy: string;
}

export type Reach = (point: string) => void;

export function createReach({ killAt, list, armedBy }: PointsInput): Reach {
  const [name, nth = '1'] = (killAt ?? '').split(':');
  let reached = 0;
  return (point) => {
    if (!existsSync(armedBy)) return;
    if (list !== undefined) appendFileSync(list, `${point}\n`);
    if (point !== name) return;
    reached += 1;
    if (reached !== Number(nth)) return;
    process.kill(process.pid, 'SIGKILL');
    // Not one instruction of the gateway more, however long the signal takes.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}

async function around<T>(reach: Reach, before: string, after: string, work: () => Promise<T>): Promise<T> {
  reach(before);
  const value = await work();
  reach(after);
  return value;
}

function ledgerWith(ledger: Ledger, reach: Reach): Ledger {
  const commit = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    around(reach, `ledger.${name}.to-commit`, `ledger.${name}.committed`, work);
  const takeOver = ledger.takeOver?.bind(ledger);
  return {
    ...ledger,
    claim: (...given) => commit('claim', () => ledger.claim(...given)),
    change: (id, version, change, audit) => {
      const what = change.evidence === 'amended' ? 'AMENDED' : change.state;
      return commit(change.evidence === 'found at restart' ? `restart.${what}` : what, () =>
        ledger.change(id, version, change, audit),
      );
    },
    markReplied: (...given) => commit('replied', () => ledger.markReplied(...given)),
    openAttempts: () => around(reach, 'recovery.to-scan', 'recovery.scanned', () => ledger.openAttempts()),
    ...(takeOver && { takeOver: () => around(reach, 'recovery.to-scan', 'recovery.scanned', takeOver) }),
  };
}

function systemWith(system: PracticeSystem, reach: Reach): PracticeSystem {
  const call = <T>(name: string, { purpose }: Call, work: () => Promise<T>): Promise<T> => {
    const prefix = purpose === 'reconcile' ? 'recovery' : 'practice';
    return around(reach, `${prefix}.${name}.to-call`, `${prefix}.${name}.answered`, work);
  };
  const cancel = system.cancel?.bind(system);
  const lookUpBooking = system.lookUpBooking?.bind(system);
  return {
    ...system,
    readPlace: (slot, given) => call('read-place', given, () => system.readPlace(slot, given)),
    book: (asked, given) => call('book', given, () => system.book(asked, given)),
    readAppointment: (ref, given) => call('read', given, () => system.readAppointment(ref, given)),
    ...(cancel && { cancel: (ref, reason, given) => call('cancel', given, () => cancel(ref, reason, given)) }),
    ...(lookUpBooking && {
      lookUpBooking: (trace, given) => call('look-up', given, () => lookUpBooking(trace, given)),
    }),
    close: () => around(reach, 'drain.system.to-close', 'drain.system.closed', () => system.close()),
  };
}

function auditWith(audit: AuditTrail, reach: Reach): AuditTrail {
  return {
    ...audit,
    record(event) {
      reach('audit.to-record');
      audit.record(event);
      reach('audit.recorded');
    },
  };
}

const WRITES: Readonly<Record<string, string>> = { POST: 'book', PUT: 'cancel' };

/** What the HTTP client and server say of themselves, of calls that may change something at the practice. */
function watchWire(reach: Reach): void {
  const on = (channel: string, point: string): void => {
    subscribe(channel, (message) => {
      const { request } = message as { readonly request: { readonly method: string; readonly path?: string } };
      const name = WRITES[request.method];
      if (name && request.path?.includes('/bookings')) reach(`wire.${name}.${point}`);
    });
  };
  on('undici:request:create', 'to-connect');
  on('undici:client:sendHeaders', 'first-byte');
  on('undici:request:bodySent', 'last-byte');
  on('undici:request:headers', 'answer-begun');
  on('undici:request:trailers', 'answer-read');
  subscribe('http.server.response.finish', () => reach('reply.sent'));
}

export function betweenWith(reach: Reach): Between {
  watchWire(reach);
  return {
    records: (records) => ({
      ...records,
      ledger: ledgerWith(records.ledger, reach),
      audit: auditWith(records.audit, reach),
      close: () => around(reach, 'drain.records.to-close', 'drain.records.closed', () => records.close()),
    }),
    system: (system) => systemWith(system, reach),
  };
}
