/** What is written down of a request: in the audit trail everything the specification asks for, in the log nothing of a patient. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent, AuditRow } from '../../src/ports/audit.js';
import { INTERACTIONS, type Bend, type InteractionName, type TestAnswer } from '../support/consumer.js';
import { bookingBody, freeSlots, patientId, registrationBody, slotPath, UNREGISTERED } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  findPath,
  prepareEveryInteraction,
  sendRaw,
  EVERY_INTERACTION,
  type Prepared,
} from '../support/every-interaction.js';

const REGISTER = '/Patient/$gpc.registerpatient';

let gateway: TestGateway;
let requests: Readonly<Record<InteractionName, Prepared>>;
beforeAll(async () => {
  gateway = await startTestGateway();
  requests = await prepareEveryInteraction(gateway.consumer());
});
afterAll(() => gateway.stop());

async function trail(from = 1): Promise<readonly AuditRow[]> {
  await gateway.gateway.records.audit.flush();
  return gateway.gateway.records.audit.rows(from, 10_000);
}

/** The events that a request adds. */
async function eventsOf(request: () => Promise<unknown>): Promise<readonly AuditEvent[]> {
  const before = (await trail()).length;
  await request();
  return (await trail(before + 1)).map(({ event }) => event);
}

function send(name: InteractionName, bend: Bend = {}): Promise<TestAnswer> {
  const { method, path, body } = requests[name];
  return gateway.consumer().send(method, name, path, bend, body);
}

const requestsOf = (events: readonly AuditEvent[]): readonly AuditEvent[] =>
  events.filter(({ kind }) => kind === 'request');

describe('audit trail', () => {
  it.each(EVERY_INTERACTION)(
    '%s: an accepted request leaves one event with its status [14-8]',
    async (_title, name) => {
      const [event, ...more] = requestsOf(await eventsOf(() => send(name)));
      expect(more).toEqual([]);
      expect(event).toMatchObject({
        interaction: INTERACTIONS[name][0],
        practice: 'A99901',
        status: expect.any(Number),
      });
      expect(event?.status).toBeLessThan(300);
      expect(event?.code).toBeUndefined();
    },
  );

  it.each(EVERY_INTERACTION)(
    '%s: a refused request leaves one event with its error code [14-8]',
    async (_title, name) => {
      const refusals: [Bend, string][] = [
        [{ headers: { 'Ssp-To': '200000009902' } }, 'bad-request'],
        [{ claims: { reason_for_request: 'other' } }, 'bad-request'],
        [{ headers: { Accept: 'image/png' } }, 'unsupported-media-type'],
      ];
      for (const [bend, code] of refusals) {
        const events = requestsOf(await eventsOf(() => send(name, bend)));
        expect(events.map((event) => event.code)).toEqual([code]);
        expect(events[0]?.status).toBeGreaterThanOrEqual(400);
      }
    },
  );

  it('every interaction: what nobody serves leaves an event too [14-8]', async () => {
    const events = await eventsOf(() => gateway.consumer().get('metadata', '/nonsense'));
    expect(events).toMatchObject([{ kind: 'request', status: 404, code: 'unknown-endpoint' }]);
  });

  it('read an appointment: the event names user, role, organisation, device, time, interaction and resource, as the token said [5.1-9 14-10 14-12]', async () => {
    const practitioner = gateway.consumer().claims('readAppointment')['requesting_practitioner'] as object;
    const identifier = [
      { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555000111299' },
      { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: '555000333499' },
    ];
    const bend = {
      headers: { 'Ssp-TraceID': '7a1c2d3e-0000-4000-8000-00000000aaaa', 'Ssp-From': '200000009988' },
      claims: { requesting_practitioner: { ...practitioner, identifier } },
    };
    gateway.clock.advance(1000);
    const [event] = await eventsOf(() => send('readAppointment', bend));
    expect(event).toMatchObject({
      at: gateway.clock.now(),
      kind: 'request',
      practice: 'A99901',
      interaction: INTERACTIONS.readAppointment[0],
      traceId: '7a1c2d3e-0000-4000-8000-00000000aaaa',
      status: 200,
      consumerAsid: '200000009988',
      organisation: 'Z99902',
      userId: 'user-1',
      userName: expect.stringContaining('Handler'),
      userRole: '555000333499',
      device: 'Test hub 1.0',
      resources: expect.arrayContaining([requests.readAppointment.path.slice(1)]),
    });
  });

  it('book an appointment, register a patient: who made the change, when and from where can be told from its events [14-13]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-20', '2026-05-20'));
    if (!slot) throw new Error('no slot');
    const patient = await patientId(consumer, '9990000026');
    const person = { nhsNumber: '9991000054', family: 'Fairweather', given: 'Robin', birthDate: '2001-08-22' };
    const booked = await eventsOf(() => consumer.post('book', '/Appointment', bookingBody(slot, patient)));
    const registered = await eventsOf(() => consumer.post('register', REGISTER, registrationBody(person)));
    for (const [events, kind] of [[booked, 'booking-intent'] as const, [registered, 'registration-intent'] as const]) {
      expect(events.find((event) => event.kind === kind)).toMatchObject({
        at: gateway.clock.now(),
        practice: 'A99901',
        consumerAsid: '200000009999',
        organisation: 'Z99902',
        userId: 'user-1',
        interaction: expect.stringContaining('urn:nhs:names:services:gpconnect:fhir:'),
      });
    }
  });

  it('get the capability statement: what proxies put on the request is kept [4.2-12]', async () => {
    const headers = { Forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' };
    const [event] = await eventsOf(() => sendRaw(gateway.consumer(), 'metadata', '/metadata', { headers }));
    expect(event?.forwarded).toContain('for=192.0.2.60');
  });
});

describe('log and audit trail', () => {
  it('every interaction: neither holds a query string, an NHS number, a name or what was written [5.3-15]', async () => {
    const own = await startTestGateway();
    try {
      const consumer = own.consumer();
      for (const { method, path, body } of Object.values(await prepareEveryInteraction(consumer))) {
        await consumer.send(method, 'metadata', path, {}, body);
      }
      await consumer.get('findPatient', findPath('9990000018'));
      await consumer.get('findPatient', findPath('9990000019'));
      await consumer.post('register', REGISTER, registrationBody());
      await own.gateway.records.audit.flush();
      const rows = await own.gateway.records.audit.rows(1, 10_000);
      const written = JSON.stringify([own.logLines, rows.map(({ event }) => event)]);
      expect(written.length).toBeGreaterThan(2000);
      expect(
        written.match(/.{40}(?:identifier=|Id(?:\/|%2F)nhs-number|\b999\d{7}\b|Sore throat|\b07700|\b01632)/g),
      ).toBeNull();
      expect(written).not.toMatch(new RegExp(`${UNREGISTERED.family}|${UNREGISTERED.given}|${UNREGISTERED.birthDate}`));
    } finally {
      await own.stop();
    }
  });
});

describe('national register', () => {
  it('find and register a patient: nothing is ever written there [9.4-19 9.4-57]', async () => {
    const own = await startTestGateway();
    try {
      await own.consumer().get('findPatient', findPath('9990000018'));
      expect((await own.consumer().post('register', REGISTER, registrationBody())).status).toBe(200);
      const asked = own.register.requests.all().filter(({ path }) => path.includes('/Patient'));
      expect(asked.length).toBeGreaterThan(1);
      expect(asked.filter(({ method }) => method !== 'GET')).toEqual([]);
    } finally {
      await own.stop();
    }
  });
});
