/** Two gateways over one database, in front of one practice: what one process promises, both promise together. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { BOOKING_CALL } from '../support/appointments.js';
import { createConsumer, type TestConsumer } from '../support/consumer.js';
import { bookingBody, freeSlots, patientId, RIVERSIDE_PATIENTS, slotPath } from '../support/flow.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { startPostgres, withoutPostgres, type PostgresServer } from '../support/postgres.js';
import { dayFromNow, fateOf, until } from './killable-gateway.js';

const nextWeek = slotPath(dayFromNow(1), dayFromNow(6));

describe.skipIf(withoutPostgres)(`two gateways over one PostgreSQL ${withoutPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let folder: string;
  let practice: HmisSimulation;
  let register: PdsSimulation;
  let gateways: GatewayProcess[];
  let consumers: TestConsumer[];
  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), 'slotbridge-several-'));
  }, 60_000);
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')) });
    register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')) });
    const config = join(folder, 'practices.yaml');
    const written = readFileSync(join(FIXTURES, 'demo/practices.yaml'), 'utf8');
    const file = '  file: { env: SLOTBRIDGE_DEMO_LEDGER_FILE }\n';
    expect(written).toContain(file);
    writeFileSync(config, written.replace(file, '  postgres: { url: { env: SLOTBRIDGE_TEST_LEDGER_URL } }\n'));
    const env = {
      ...demoEnvironment({
        publicUrl: 'https://gateway.example.nhs.uk',
        ledgerFile: 'unused',
        riverside: practice.url,
        hillside: practice.url,
        register: register.pds.baseUrl,
      }),
      SLOTBRIDGE_TEST_LEDGER_URL: await server.newSchema(),
    };
    // Both at once, on an empty database.
    gateways = await Promise.all([startGatewayProcess(env, config), startGatewayProcess(env, config)]);
    consumers = gateways.map(({ url }) => createConsumer(url, 'A99901', '200000009901', Date.now));
  }, 120_000);
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.kill()));
    await Promise.all([practice.close(), register.close()]);
  });

  const at = (n: number): TestConsumer => {
    const consumer = consumers[n % consumers.length];
    if (!consumer) throw new Error('no gateway');
    return consumer;
  };
  const standing = (): number => practice.hmis.bookings().filter(({ cancelled }) => !cancelled).length;

  it('parallel repeats of one request are one booking, and get one answer', async () => {
    const [slot] = await freeSlots(at(0), nextWeek);
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(at(0)));
    const headers = { 'Ssp-TraceID': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => at(n).post('book', '/Appointment', body, { headers })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.id as string)).size).toBe(1);
    expect(standing()).toBe(1);
    expect(practice.requests.count(BOOKING_CALL)).toBe(1);
  }, 60_000);

  it('of all who want the last place one gets it, and the others are told that it is taken', async () => {
    const [slot] = await freeSlots(at(0), nextWeek);
    if (!slot) throw new Error('no slot');
    const patients: string[] = [];
    for (const number of RIVERSIDE_PATIENTS) patients.push(await patientId(at(0), number));
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        at(n).post('book', '/Appointment', bookingBody(slot, patients[Math.floor(n / 3)] ?? ''), {
          headers: { 'Idempotency-Key': `key-${n}` },
        }),
      ),
    );
    const booked = answers.filter(({ status }) => status === 201);
    expect(new Set(booked.map((answer) => answer.body.id as string)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 409).length).toBe(24 - booked.length);
    expect(standing()).toBe(1);
  }, 60_000);

  it('a booking of a gateway that was killed is found by the other, and told by it', async () => {
    const [slot] = await freeSlots(at(0), nextWeek);
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(at(0)));
    practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 20_000, when: 'after' } });
    const fate = fateOf(at(0).post('book', '/Appointment', body));
    await until(() => standing() === 1);
    await gateways[0]?.kill();
    expect(await fate).toBe('lost');

    // What the dead one held goes to the living with its lease. Until then nobody is told anything that is not so.
    const statuses: number[] = [];
    for (let tries = 0; tries < 10 && statuses.at(-1) !== 201; tries += 1) {
      statuses.push((await at(1).post('book', '/Appointment', body)).status);
    }
    expect(statuses.at(-1)).toBe(201);
    expect(statuses.slice(0, -1).every((status) => status === 503 || status === 504)).toBe(true);
    expect(standing()).toBe(1);
    expect(practice.requests.count(BOOKING_CALL)).toBe(1);
    // The next place goes to whoever asks.
    const [, next] = await freeSlots(at(1), nextWeek);
    if (!next) throw new Error('no slot');
    const other = bookingBody(next, await patientId(at(1), RIVERSIDE_PATIENTS[1]));
    expect((await at(1).post('book', '/Appointment', other)).status).toBe(201);
  }, 90_000);

  it('one is stopped in order while the other goes on, and what it began is the other’s', async () => {
    const [slot, next] = await freeSlots(at(0), nextWeek);
    if (!slot || !next) throw new Error('no slots');
    const patient = await patientId(at(0));
    const booked = await at(0).post('book', '/Appointment', bookingBody(slot, patient));
    expect(booked.status).toBe(201);
    expect(await gateways[0]?.terminate()).toBe(0);
    const read = await at(1).get('readAppointment', `/Appointment/${booked.body.id}`);
    expect(read.body).toEqual(booked.body);
    // Nobody waits for the lease of one that has said goodbye.
    const began = performance.now();
    const other = bookingBody(next, await patientId(at(1), RIVERSIDE_PATIENTS[1]));
    expect((await at(1).post('book', '/Appointment', other)).status).toBe(201);
    expect(performance.now() - began).toBeLessThan(10_000);
  }, 60_000);
});
