/** Killing the gateway during a cancellation, and between the two calls of a booking of two slots. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import type { Fault } from '../../src/connectors/simulation/faults.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { createConsumer, type Json, type TestAnswer, type TestConsumer } from '../support/consumer.js';
import { booked, freeSlots, patientId, slotPath, type FoundSlot } from '../support/flow.js';
import { BOOKING_CALL, bookingOfSlots, CANCEL_CALL, cancelled, put, read } from '../support/appointments.js';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';

let folder: string;
let practice: HmisSimulation;
let register: PdsSimulation;
let running: GatewayProcess | undefined;

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-kill-'));
  practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')) });
  register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')) });
});

afterEach(async () => {
  await running?.kill();
  await Promise.all([practice.close(), register.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<TestConsumer> {
  running = await startGatewayProcess(
    demoEnvironment({
      publicUrl: 'https://gateway.example.nhs.uk',
      ledgerFile: join(folder, 'ledger.sqlite'),
      riverside: practice.url,
      hillside: practice.url,
      register: register.pds.baseUrl,
    }),
  );
  return createConsumer(running.url, 'A99901', '200000009901', Date.now);
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 10_000) throw new Error('waited ten seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const standing = (): number => practice.hmis.bookings().filter((one) => !one.cancelled).length;
const calls = (method: string): number => practice.requests.count({ method });
const lost = (answer: Promise<TestAnswer>): Promise<string> =>
  answer.then(
    () => 'answered',
    () => 'lost',
  );

/** Two slots of one clinician's surgery, one after the other. */
async function adjacent(consumer: TestConsumer): Promise<[FoundSlot, FoundSlot]> {
  const slots = await freeSlots(consumer, slotPath(day(1), day(6)));
  for (const first of slots) {
    const second = slots.find(
      (one) =>
        one.start === first.end && one.practitioner === first.practitioner && one.scheduleType === first.scheduleType,
    );
    if (second) return [first, second];
  }
  throw new Error('no adjacent slots');
}

describe('SIGKILL during a cancellation', () => {
  async function bookedAndAsked(fault: Fault): Promise<{ readonly body: Json; readonly kill: () => Promise<void> }> {
    const consumer = await start();
    const [slot] = await adjacent(consumer);
    const { body } = await booked(consumer, slot, await patientId(consumer));
    practice.faults.script({ match: CANCEL_CALL, fault });
    const answer = lost(put(consumer, 'cancel', cancelled(body)));
    return {
      body,
      async kill() {
        await running?.kill();
        expect(await answer).toBe('lost');
        practice.faults.clear();
      },
    };
  }

  it('after the practice has carried it out: the same request again is answered with the cancelled appointment', async () => {
    const { body, kill } = await bookedAndAsked({ kind: 'delay', ms: 20_000, when: 'after' });
    await until(() => standing() === 0);
    await kill();
    const consumer = await start();
    const again = await put(consumer, 'cancel', cancelled(body));
    expect(again.text && again.status).toBe(200);
    expect(again.body).toEqual(cancelled({ ...body, meta: again.body.meta }));
    expect(calls('PUT')).toBe(1);
    expect((await read(consumer, body.id)).body).toEqual(again.body);
  }, 60_000);

  it('before the practice has carried it out: neither yes nor no, and the appointment stands', async () => {
    const { body, kill } = await bookedAndAsked({ kind: 'hang', when: 'before' });
    await until(() => calls('PUT') === 1);
    await kill();
    const consumer = await start();
    const again = await put(consumer, 'cancel', cancelled(body));
    expect([again.status, again.body.issue[0].code]).toEqual([504, 'timeout']);
    expect(standing()).toBe(1);
    expect(calls('PUT')).toBe(1);
    expect((await read(consumer, body.id)).body).toEqual(body);
  }, 60_000);
});

describe('SIGKILL between the two calls of a booking of two slots', () => {
  it('after the first booking, before the second: the repeat is not told that it is booked, and half of it is nobody’s appointment', async () => {
    const before = await start();
    const pair = await adjacent(before);
    const patient = await patientId(before);
    practice.faults.script({ match: BOOKING_CALL, skip: 1, fault: { kind: 'hang', when: 'before' } });
    const answer = lost(before.post('book', '/Appointment', bookingOfSlots(pair, patient)));
    await until(() => practice.requests.count(BOOKING_CALL) === 2);
    expect(standing()).toBe(1);
    await running?.kill();
    expect(await answer).toBe('lost');
    practice.faults.clear();

    const after = await start();
    const again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    // Until the settle time is over the second call may still be carried out.
    expect([again.status, again.body.issue[0].code]).toEqual([504, 'timeout']);
    expect(practice.requests.count(BOOKING_CALL)).toBe(2);
    const path = `/Patient/${patient}/Appointment?start=ge${day(0)}&start=le${day(9)}`;
    const retrieved = await after.get('retrieveAppointments', path);
    expect([retrieved.status, retrieved.body.entry]).toEqual([200, undefined]);
    const free = new Set((await freeSlots(after, slotPath(day(1), day(6)))).map(({ id }) => id));
    expect(pair.map(({ id }) => free.has(id))).toEqual([false, false]);
  }, 60_000);

  it('after both bookings: the repeat is the one appointment over both slots', async () => {
    const before = await start();
    const pair = await adjacent(before);
    const patient = await patientId(before);
    practice.faults.script({ match: BOOKING_CALL, skip: 1, fault: { kind: 'delay', ms: 20_000, when: 'after' } });
    const answer = lost(before.post('book', '/Appointment', bookingOfSlots(pair, patient)));
    await until(() => standing() === 2);
    await running?.kill();
    expect(await answer).toBe('lost');
    practice.faults.clear();

    const after = await start();
    const again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    expect(again.text && again.status).toBe(201);
    expect(again.body).toMatchObject({ start: pair[0].start, end: pair[1].end });
    expect([standing(), practice.requests.count(BOOKING_CALL)]).toEqual([2, 2]);
    expect((await put(after, 'cancel', cancelled(again.body))).status).toBe(200);
    expect(standing()).toBe(0);
  }, 60_000);

  it('while the first is being taken back: after the restart it is gone', async () => {
    const before = await start();
    const pair = await adjacent(before);
    const patient = await patientId(before);
    const body = { status: 'error', code: 409, message: 'Session is Full' };
    practice.faults.script({ match: BOOKING_CALL, skip: 1, fault: { kind: 'status', status: 409, body } });
    practice.faults.script({ match: CANCEL_CALL, times: 'always', fault: { kind: 'hang', when: 'before' } });
    const answer = lost(before.post('book', '/Appointment', bookingOfSlots(pair, patient)));
    await until(() => calls('PUT') === 1);
    expect(standing()).toBe(1);
    await running?.kill();
    expect(await answer).toBe('lost');
    practice.faults.clear();

    const after = await start();
    await until(() => standing() === 0);
    // A repeat that meets the old attempt is told that nothing was booked; the next one is a new attempt.
    let again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    if (again.status === 503) again = await after.post('book', '/Appointment', bookingOfSlots(pair, patient));
    expect(again.text && again.status).toBe(201);
    expect(standing()).toBe(2);
  }, 60_000);
});
