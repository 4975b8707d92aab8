import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.js';
import type { Json, TestConsumer } from '../support/consumer.js';
import { bookingBody, booked, expectRefusal, freeSlots, patientId, RIVERSIDE_PATIENTS } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const REASON = 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-GPConnect-AppointmentCancellationReason-1';

/** The last trace has grown old; the slots of the fixtures' first days are over by then. */
const LATER = 13 * HOUR;

describe('Appointments of a person who became sensitive [13-12 13-19]', () => {
  let gateway: TestGateway;
  let consumer: TestConsumer;
  let patient: string;
  let appointment: Json;
  let body: Json;

  beforeEach(async () => {
    gateway = await startTestGateway();
    consumer = gateway.consumer();
    patient = await patientId(consumer);
    const slots = (await freeSlots(consumer)).filter(({ start }) => start.startsWith('2026-05-20'));
    const [first, second] = slots;
    if (!first || !second) throw new Error('no slots');
    appointment = (await booked(consumer, first, patient)).body;
    body = bookingBody(second, patient);
    gateway.clock.advance(LATER);
  });
  afterEach(() => gateway.stop());

  const person = (): Record<string, unknown> => {
    const found = gateway.register.pds.people().find((one) => one.nhsNumber === RIVERSIDE_PATIENTS[0]);
    if (!found) throw new Error('no such person');
    return found;
  };
  const cancelled = (): Json => ({
    ...appointment,
    status: 'cancelled',
    extension: [...(appointment.extension as Json[]), { url: REASON, valueString: 'No longer needed' }],
  });
  const asks: [string, () => Promise<Json>][] = [
    ['read', () => consumer.get('readAppointment', `/Appointment/${appointment.id}`)],
    ['amended', () => consumer.send('PUT', 'amend', `/Appointment/${appointment.id}`, {}, appointment)],
    ['cancelled', () => consumer.send('PUT', 'cancel', `/Appointment/${appointment.id}`, {}, cancelled())],
    ['booked', () => consumer.post('book', '/Appointment', body)],
    [
      'retrieved',
      () =>
        consumer.get('retrieveAppointments', `/Patient/${patient}/Appointment?start=ge2026-05-19&start=le2026-05-29`),
    ],
  ];

  it.each(asks)('are not %s, and nothing reaches the practice for it', async (_, ask) => {
    Object.assign(person(), { kind: 'sensitive', security: 'R' });
    const writes = gateway.riverside.requests.count({ method: 'PUT' });
    expectRefusal(await ask(), 404, 'PATIENT_NOT_FOUND');
    expect(gateway.riverside.requests.count({ method: 'PUT' })).toBe(writes);
  });

  it.each(asks)('are %s as before when the register is away', async (_, ask) => {
    gateway.register.faults.script({ times: 'always', fault: { kind: 'status', status: 503 } });
    expect((await ask()).status).toBeLessThan(300);
  });

  it.each(asks)('are not %s while the register is away, once it has said so', async (_, ask) => {
    Object.assign(person(), { kind: 'sensitive', security: 'R' });
    expectRefusal(await asks[0]?.[1](), 404, 'PATIENT_NOT_FOUND');
    gateway.register.faults.script({ times: 'always', fault: { kind: 'status', status: 503 } });
    expect((await ask()).status).toBe(500);
  });

  it('are read again when the register no longer says so', async () => {
    Object.assign(person(), { kind: 'sensitive', security: 'R' });
    expectRefusal(await asks[0]?.[1](), 404, 'PATIENT_NOT_FOUND');
    Object.assign(person(), { kind: 'ordinary', security: 'U' });
    for (const [, ask] of asks.slice(0, 2)) expect((await ask()).status).toBe(200);
    expect((await consumer.get('readPatient', `/Patient/${patient}`)).status).toBe(200);
    gateway.register.faults.script({ times: 'always', fault: { kind: 'status', status: 503 } });
    expect((await asks[0]?.[1]())?.status).toBe(200);
  });

  it('the register is asked again only when its last answer has grown old', async () => {
    const asked = (): number => gateway.register.requests.count({ method: 'GET' });
    await asks[0]?.[1]();
    const once = asked();
    gateway.clock.advance(MINUTE);
    expect((await asks[0]?.[1]())?.status).toBe(200);
    expect(asked()).toBe(once);
  });
});
