/** A gateway whose database is stopped and started again: nothing is booked meanwhile, what was sent is settled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOOKING_CALL } from '../support/appointments.js';
import { bookingBody, freeSlots, patientId } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { startPostgres, withoutPostgres, type PostgresServer } from '../support/postgres.js';
import { until } from './killable-gateway.js';

const PATIENCE = { timeout: 60_000 };

describe.skipIf(withoutPostgres)(`a database that is away ${withoutPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let folder: string;
  let gateway: TestGateway;
  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), 'slotbridge-away-'));
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    const url = join(folder, 'url');
    writeFileSync(url, await server.newSchema());
    gateway = await startTestGateway({
      practices: (yaml) => {
        const file = '  file: { env: SLOTBRIDGE_DEMO_LEDGER_FILE }\n';
        expect(yaml).toContain(file);
        return yaml.replace(file, `  postgres: { url: { file: '${url}' } }\n`);
      },
    });
  }, 120_000);
  afterEach(() => gateway.stop());

  const ready = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;
  const standing = (): number => gateway.riverside.hmis.bookings().filter(({ cancelled }) => !cancelled).length;

  it('bookings are refused and nothing is sent, searches go on, and it is ready again by itself', async () => {
    const consumer = gateway.consumer();
    const [first, second] = await freeSlots(consumer);
    if (!first || !second) throw new Error('no slots');
    const patient = await patientId(consumer);
    const booked = await consumer.post('book', '/Appointment', bookingBody(first, patient));
    expect(booked.status).toBe(201);
    const before = { standing: standing(), sent: gateway.riverside.requests.count(BOOKING_CALL) };

    await server.stop('at-once');
    const refused = await consumer.post('book', '/Appointment', bookingBody(second, patient));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.headers.get('cache-control')).toContain('no-store');
    expect((await freeSlots(consumer)).map(({ id }) => id)).toContain(second.id);
    expect({ standing: standing(), sent: gateway.riverside.requests.count(BOOKING_CALL) }).toEqual(before);
    await expect.poll(ready, PATIENCE).toBe(503);

    await server.start();
    await expect.poll(ready, PATIENCE).toBe(200);
    const read = await consumer.get('readAppointment', `/Appointment/${booked.body.id}`);
    expect([read.status, read.body]).toEqual([200, booked.body]);
    expect((await freeSlots(consumer)).map(({ id }) => id)).not.toContain(first.id);
    expect((await consumer.post('book', '/Appointment', bookingBody(second, patient))).status).toBe(201);
    const { audit } = gateway.gateway.records;
    await audit.flush();
    expect(await audit.verify()).toBeUndefined();
    // What was asked for while it was away is in the trail as well.
    const answered = (await audit.rows(1, 1000)).filter(({ event }) =>
      event.interaction?.endsWith(':create:appointment-1'),
    );
    expect(answered.filter(({ event }) => event.kind === 'request').map(({ event }) => event.status)).toEqual([
      201, 503, 201,
    ]);
  }, 180_000);

  it('a booking that was sent and could not be written down is never told as not made, and is settled', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer);
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));
    gateway.riverside.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 1500, when: 'after' } });
    const sent = standing();
    const headers = { 'Ssp-TraceID': '6f1ea2d4-0c2b-4c55-9d0a-2b7f1a6c9e01' };
    const answer = consumer.post('book', '/Appointment', body, { headers });
    await until(() => standing() > sent);
    await server.stop('at-once');
    expect((await answer).status).toBe(504);
    await server.start();
    await expect.poll(ready, PATIENCE).toBe(200);
    await expect
      .poll(async () => (await consumer.post('book', '/Appointment', body, { headers })).status, PATIENCE)
      .toBe(201);
    expect(standing()).toBe(sent + 1);
    expect(await gateway.gateway.records.ledger.openAttempts()).toEqual([]);
  }, 180_000);
});
