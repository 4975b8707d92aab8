/** What the fault matrix is played in: a gateway whose time runs faster, and what can be seen of it from outside. */
import type { Runtime } from '../../../src/ports/runtime.js';
import { exactSlots, sessionOf } from '../../support/appointments.js';
import { patientId, slotPath, type FoundSlot } from '../../support/flow.js';
import { startTestGateway, type TestGateway } from '../../support/gateway.js';

const SPEED = 20;
/** Of the gateway's own time; the limits of single calls are real time. */
const SHORT = `      timeouts: { bookMs: 500, cancelMs: 500, readMs: 700, searchMs: 700 }
      settleSeconds: 70
`;

export interface Audited {
  /** Of the attempt that began or was cancelled. */
  readonly id: string | undefined;
  readonly states: readonly (string | undefined)[];
  readonly requests: number;
}

export interface MatrixWorld {
  readonly gateway: TestGateway;
  readonly patient: string;
  /** Each of them once. */
  nextSlot(): FoundSlot;
  /** Bookings of ours for the slot: those of the desk have no patient. */
  readonly standsAt: (slot: FoundSlot) => number;
  nextSeq(): Promise<number>;
  auditedSince(seq: number): Promise<Audited>;
  isOpen(id: string): Promise<boolean>;
  /** Waits until no attempt is open, or until it would be waiting for nothing. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

function hurried(yaml: string): string {
  return yaml
    .replaceAll('      allowHttp: true\n      key:', `      allowHttp: true\n${SHORT}      key:`)
    .concat('\nlimits: { bookingDeadline: 40s, openOutcomesOfConsumer: 1000, openOutcomesOfPatient: 1000 }\n');
}

/** `practices` edits the practices file; `started` is told of the gateway before it is asked anything. */
export async function startMatrixWorld(
  practices = (yaml: string): string => yaml,
  started: (gateway: TestGateway) => void = () => undefined,
): Promise<MatrixWorld> {
  /** When time began to run faster; the register has to answer in time before. */
  const time: { fastSince?: number } = {};
  const fast = (runtime: Runtime): Runtime => {
    const { clock, timers } = runtime;
    const monotonic = (): number => {
      const { fastSince } = time;
      const real = clock.monotonic();
      return fastSince === undefined ? real : fastSince + (real - fastSince) * SPEED;
    };
    return {
      ...runtime,
      clock: { now: () => clock.now(), monotonic },
      timers: { sleep: (ms, signal) => timers.sleep(time.fastSince === undefined ? ms : ms / SPEED, signal) },
    };
  };
  const gateway = await startTestGateway({ practices: (yaml) => hurried(practices(yaml)), runtime: fast });
  started(gateway);
  const patient = await patientId(gateway.consumer());
  const nextSlot = await exactSlots(gateway.consumer(), slotPath('2026-05-18', '2026-05-29'));
  time.fastSince = performance.now();
  const { audit, ledger } = gateway.gateway.records;
  return {
    gateway,
    patient,
    nextSlot,
    standsAt: (slot) =>
      gateway.riverside.hmis
        .bookings()
        .filter(
          (one) =>
            one.sessionInstanceId === sessionOf(slot) && one.patientId !== undefined && !one.cancelled && !one.retired,
        ).length,
    async nextSeq() {
      await audit.flush();
      const rows = await audit.rows(1, 100_000);
      return (rows.at(-1)?.seq ?? 0) + 1;
    },
    async auditedSince(seq) {
      await audit.flush();
      const events = (await audit.rows(seq, 1_000)).map(({ event }) => event);
      // Watchers of earlier cells write in the meantime.
      const id = events.find(({ state }) => state === 'RECEIVED' || state === 'CANCELLING')?.resources[0];
      return {
        id: id?.split('/')[1],
        states:
          id === undefined ? [] : events.filter((one) => one.state && one.resources[0] === id).map((one) => one.state),
        requests: events.filter(({ kind }) => kind === 'request').length,
      };
    },
    isOpen: async (id) => (await ledger.openAttempts()).some((one) => one.id === id),
    async settled() {
      for (let waited = 0; waited < 30_000 && (await ledger.openAttempts()).length > 0; waited += 200) {
        await new Promise((done) => setTimeout(done, 200));
      }
    },
    stop: () => gateway.stop(),
  };
}
