import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/domain/errors.js';
import { bookingBody, expectRefusal, freeSlots, patientId } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('an answer that cannot be audited', () => {
  it('is not given, and the same booking sent again, under a new trace id, is that booking [14-9]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer);
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));

    const { audit } = gateway.gateway.records;
    const record = audit.record.bind(audit);
    audit.record = () => {
      throw new GatewayError('ledger-unavailable', 'The audit trail cannot take any more');
    };
    const refused = await consumer.post('book', '/Appointment', body);
    audit.record = record;
    expect(expectRefusal(refused, 503, 'INTERNAL_SERVER_ERROR').code).toBe('no-store');

    const repeated = await consumer.post('book', '/Appointment', body);
    expect(repeated.status).toBe(201);
    expect(repeated.headers.get('idempotent-replayed')).toBe('true');
    expect(gateway.riverside.hmis.bookings()).toHaveLength(1);
  });
});
