/** A gateway with open bookings in front of a practice whose answers can be taken away, and ledgers full of open rows. */
import { rmSync } from 'node:fs';
import { openSqliteRecords } from '../../src/records/open-sqlite.js';
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import type { AppointmentId } from '../../src/domain/identifiers.js';
import type { AttemptState } from '../../src/ports/ledger.js';
import { auditEvent, claimNew, newAttempt, PRACTICE } from '../records/samples.js';
import { BOOKING_CALL } from '../support/appointments.js';
import type { Json } from '../support/consumer.js';
import { bookingBody, NHS_NUMBER, RIVERSIDE_PATIENTS, slotPath, type FoundSlot } from '../support/flow.js';
import { LEDGER_KEY, MONDAY_MORNING, startTestGateway, type TestClock, type TestGateway } from '../support/gateway.js';

export type Kind = 'drop' | 'hang' | 'status 503';

/** Shortest that the configuration allows: twice the longest write timeout and a minute. */
export const SETTLE_SECONDS = 62;
/** All of one practice, one booking each. */
export const MOST_ATTEMPTS = 5;

const LOOK_UPS = 'GET /rh/api/channel/bookings/patient/';
const LIST_CALL = { path: '/rh/api/channel/bookings/patient/*' };
const FAULTS: Readonly<Record<Kind, FaultScript['fault']>> = {
  drop: { kind: 'drop', when: 'before' },
  hang: { kind: 'hang', when: 'before' },
  'status 503': { kind: 'status', status: 503, when: 'before' },
};

export interface Outage {
  readonly test: TestGateway;
  readonly attempts: readonly AppointmentId[];
  /** Look-ups that have reached the practice. */
  lookUps(): number;
  /** The practice answers again. */
  end(): void;
  statesOf(): Promise<readonly (AttemptState | undefined)[]>;
  stop(): Promise<void>;
}

/** A wall clock that goes on, from the day of the fixtures. */
function createGoingClock(): TestClock {
  const began = performance.now();
  const refuse = (): never => {
    throw new Error('this clock goes by itself');
  };
  return { now: () => MONDAY_MORNING + Math.round(performance.now() - began), set: refuse, advance: refuse };
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds until `condition` holds; no bound of its own. */
export async function timeUntil(condition: () => boolean | Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await condition())) await pause(10);
  return performance.now() - began;
}

function shortSettle(yaml: string): string {
  const timeouts = 'timeouts: { bookMs: 1000, cancelMs: 1000, registerMs: 1000 }';
  return yaml.replaceAll(
    '      allowHttp: true\n      key:',
    `      allowHttp: true\n      ${timeouts}\n      settleSeconds: ${SETTLE_SECONDS}\n      key:`,
  );
}

async function patientOf(test: TestGateway, nhsNumber: string): Promise<string> {
  const path = `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${nhsNumber}`)}`;
  const { body } = await test.consumer().get('findPatient', path);
  return body.entry[0].resource.id as string;
}

async function slotsOf(test: TestGateway): Promise<readonly FoundSlot[]> {
  const { body } = await test.consumer().get('searchSlots', slotPath());
  const resources: Json[] = body.entry.map((entry: Json) => entry.resource);
  return resources
    .filter(({ resourceType }) => resourceType === 'Slot')
    .map((slot) => {
      const schedule = resources.find((one) => `Schedule/${one.id}` === slot.schedule.reference);
      const actors: string[] = schedule.actor.map(({ reference }: Json) => reference);
      const at = (type: string): string | undefined => actors.find((actor) => actor.startsWith(`${type}/`));
      const { id, start, end } = slot;
      const scheduleType = schedule.serviceCategory?.text as string;
      return { id, start, end, scheduleType, location: at('Location') ?? '', practitioner: at('Practitioner') };
    });
}

/**
 * Sends `count` bookings, whose answers are lost; then nothing is answered any more. `isCarriedOut`: the practice has
 * made the bookings.
 */
export async function openInOutage(kind: Kind, count: number, isCarriedOut = true): Promise<Outage> {
  const test = await startTestGateway({ clock: createGoingClock(), practices: shortSettle, resilience: {} });
  const { riverside, gateway } = test;
  const { ledger } = gateway.records;
  const slots = await slotsOf(test);
  const patients = await Promise.all(RIVERSIDE_PATIENTS.slice(0, count).map((number) => patientOf(test, number)));
  const script = (one: FaultScript): unknown => riverside.faults.script({ ...one, times: 'always' });
  script({ match: BOOKING_CALL, fault: { kind: 'drop', when: isCarriedOut ? 'after' : 'before' } });
  script({ match: LIST_CALL, fault: FAULTS[kind] });
  const consumer = test.consumer();
  const answers = patients.map((patient, n) => {
    const slot = slots[n];
    if (!slot) throw new Error('too few slots');
    return consumer.post('book', '/Appointment', bookingBody(slot, patient)).catch(() => undefined);
  });
  await timeUntil(
    async () => (await ledger.openAttempts()).filter(({ state }) => state === 'CONFIRM_OPEN').length === count,
  );
  script({ fault: FAULTS[kind] });
  const attempts = (await ledger.openAttempts()).map(({ id }) => id);
  return {
    test,
    attempts,
    lookUps: () =>
      Object.entries(riverside.requests.counts())
        .filter(([call]) => call.startsWith(LOOK_UPS))
        .reduce((sum, [, times]) => sum + times, 0),
    end: () => riverside.faults.clear(),
    statesOf: () => Promise.all(attempts.map(async (id) => (await ledger.readAttempt(PRACTICE, id))?.state)),
    async stop() {
      riverside.faults.clear();
      await Promise.all(answers);
      await test.stop();
    },
  };
}

/** A ledger as a killed process leaves it: half of its attempts sent and not answered, half of them looked for. */
export async function fillLedger(file: string, count: number): Promise<void> {
  rmSync(file, { force: true });
  const { now } = Date;
  const { ledger, close } = await openSqliteRecords({ file, key: Buffer.from(LEDGER_KEY, 'hex'), clock: { now } });
  const sentAt = now();
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const attempt = await claimNew(ledger, newAttempt(n, { receivedAt: sentAt }));
      const state = n % 2 === 0 ? 'CONFIRMING' : 'CONFIRM_OPEN';
      await ledger.change(
        attempt.id,
        attempt.version,
        { state, sentAt, settleAt: sentAt + 180_000, at: sentAt },
        auditEvent(),
      );
    }),
  );
  await close();
}
