/** Killing the gateway between the practice's yes and the consumer's answer: the booking exists once, and is found. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { createConsumer } from '../support/consumer.js';
import { bookingBody, freeSlots, patientId, RIVERSIDE_PATIENTS, slotPath } from '../support/flow.js';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';

let folder: string;
let practice: HmisSimulation;
let register: PdsSimulation;
let running: GatewayProcess | undefined;

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const nextWeek = slotPath(day(1), day(6));

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

async function start(): Promise<GatewayProcess> {
  running = await startGatewayProcess(
    demoEnvironment({
      publicUrl: 'https://gateway.example.nhs.uk',
      ledgerFile: join(folder, 'ledger.sqlite'),
      riverside: practice.url,
      hillside: practice.url,
      register: register.pds.baseUrl,
    }),
  );
  return running;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 10_000) throw new Error('waited ten seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ACTIVE = (): number => practice.hmis.bookings().filter(({ cancelled }) => !cancelled).length;
const BOOKING_CALL = { method: 'POST', path: '/rh/api/channel/bookings' };

describe('SIGKILL after the booking reached the practice and before the answer', () => {
  it.each([
    ['with the same trace id', true],
    ['with a new trace id, as the specification asks of each request', false],
  ])(
    'repeating the same request %s gives the one booking',
    async (_title, sameTrace) => {
      const before = await start();
      const consumer = createConsumer(before.url, 'A99901', '200000009901', Date.now);
      const [slot] = await freeSlots(consumer, nextWeek);
      if (!slot) throw new Error('no slot');
      const patient = await patientId(consumer);
      const body = bookingBody(slot, patient);
      const trace = randomUUID();

      practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 20_000, when: 'after' } });
      const lost = consumer.post('book', '/Appointment', body, { headers: { 'Ssp-TraceID': trace } }).then(
        () => 'answered',
        () => 'lost',
      );
      await until(() => ACTIVE() === 1);
      await before.kill();
      expect(await lost).toBe('lost');

      const after = await start();
      const again = createConsumer(after.url, 'A99901', '200000009901', Date.now);
      const headers = { 'Ssp-TraceID': sameTrace ? trace : randomUUID() };
      const answer = await again.post('book', '/Appointment', body, { headers });
      expect(answer.text && answer.status).toBe(201);
      expect(answer.headers.get('idempotent-replayed')).toBe('true');
      expect(answer.body.start).toBe(slot.start);
      expect(ACTIVE()).toBe(1);
      const read = await again.get('readAppointment', `/Appointment/${answer.body.id}`);
      expect(read.status).toBe(200);
      expect(read.body).toEqual(answer.body);

      // For anybody else the slot is taken.
      const other = bookingBody(slot, await patientId(again, RIVERSIDE_PATIENTS[1]));
      expect((await again.post('book', '/Appointment', other)).status).toBe(409);
      expect(await after.terminate()).toBe(0);
      running = undefined;
    },
    60_000,
  );

  it('a booking that never reached the practice is not invented', async () => {
    const before = await start();
    const consumer = createConsumer(before.url, 'A99901', '200000009901', Date.now);
    const [slot] = await freeSlots(consumer, nextWeek);
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));
    practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'hang', when: 'before' } });
    void consumer.post('book', '/Appointment', body).catch(() => undefined);
    await until(() => practice.requests.count(BOOKING_CALL) === 1);
    await before.kill();

    const after = await start();
    const again = createConsumer(after.url, 'A99901', '200000009901', Date.now);
    // Within the settle time nothing has been proved: the answer is neither yes nor no.
    const answer = await again.post('book', '/Appointment', body);
    expect(answer.status).toBe(504);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.body.issue[0].code).toBe('timeout');
    expect(ACTIVE()).toBe(0);
    expect(practice.requests.count(BOOKING_CALL)).toBe(1);
  }, 60_000);
});
