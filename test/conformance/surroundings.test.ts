/** Rules that belong to no single interaction: machine and practice around the gateway, and what may not show in an answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRACTITIONER_ROLES } from '../../src/config/practices/roles.js';
import { createHmisSimulator, loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData } from '../../src/connectors/pds/simulator/index.js';
import { createSystemRuntime } from '../../src/system.js';
import { publishedSchemas } from '../../scripts/published-schemas.js';
import { createConsumer, type InteractionName, type Json, type TestConsumer } from '../support/consumer.js';
import {
  booked,
  bookingBody,
  expectRefusal,
  freeSlots,
  patientId,
  RIVERSIDE_PATIENTS,
  slotPath,
  WITH_ACTORS,
  type FoundSlot,
} from '../support/flow.js';
import { amended, appointmentsIn, cancelled, put, read as readAppointment, retrieve } from '../support/appointments.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';
import { demoEnvironment, FIXTURES, startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPath, prepareEveryInteraction, READS, sendRaw, type Prepared } from '../support/every-interaction.js';

const DAY = 86_400_000;

let gateway: TestGateway;
let requests: Readonly<Record<InteractionName, Prepared>>;
beforeAll(async () => {
  gateway = await startTestGateway();
  requests = await prepareEveryInteraction(gateway.consumer());
});
afterAll(() => gateway.stop());

describe('the machine', () => {
  it('neither its language nor its time zone shows in an answer [4.6-5]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slotbridge-locale-'));
    const riverside = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')) });
    const register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')) });
    const running: GatewayProcess[] = [];
    const answers = async (name: string, machine: Record<string, string>): Promise<Json[]> => {
      const environment = demoEnvironment({
        publicUrl: 'https://gateway.example.nhs.uk',
        ledgerFile: join(folder, `${name}.sqlite`),
        riverside: riverside.url,
        hillside: riverside.url,
        register: register.pds.baseUrl,
      });
      const one = await startGatewayProcess({ ...environment, ...machine });
      running.push(one);
      const consumer = createConsumer(one.url, 'A99901', '200000009901', Date.now);
      const day = (ahead: number): string => new Date(Date.now() + ahead * DAY).toISOString().slice(0, 10);
      const found = await consumer.get('searchSlots', slotPath(day(1), day(8), WITH_ACTORS));
      const { body } = await consumer.get('findPatient', findPath('9990000018'));
      const { id: _id, ...patient } = body.entry[0].resource;
      return [found.body, patient];
    };
    try {
      const here = await answers('here', { TZ: 'UTC', LC_ALL: 'C' });
      expect(here[0].entry.length).toBeGreaterThan(10);
      expect(await answers('there', { TZ: 'Pacific/Auckland', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' })).toEqual(
        here,
      );
    } finally {
      await Promise.all(running.map((one) => one.terminate()));
      await Promise.all([riverside.close(), register.close()]);
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('ids that we make are lower case, without a character to be escaped [4.6-6]', () => {
    const { ids } = createSystemRuntime();
    for (let n = 0; n < 100; n += 1) expect(ids.next()).toMatch(/^[a-z2-7]{24}$/);
  });
});

describe('the wire', () => {
  it.each(READS)('%s: an answer says how long it is, compressed or not [4.1-13]', async (_title, name) => {
    for (const encoding of ['identity', 'gzip']) {
      const headers = { 'Accept-Encoding': encoding };
      const answer = await sendRaw(gateway.consumer(), name, requests[name].path, { headers });
      const { 'content-length': length, 'transfer-encoding': transfer } = answer.headers;
      expect([length, transfer]).toEqual([String(answer.body.length), undefined]);
    }
  });

  it.each(['/HealthcareService/1', '/HealthcareService?identifier=x'])(
    '%s, of a later version, is 501 NOT_IMPLEMENTED [17-3]',
    async (path) => {
      expectRefusal(await gateway.consumer().get('metadata', path), 501, 'NOT_IMPLEMENTED');
    },
  );

  it('get the capability statement: every practice speaks the same version of FHIR [15-3]', async () => {
    for (const odsCode of ['A99901', 'A99902', 'A99903']) {
      const { body } = await gateway.consumer(odsCode).get('metadata', '/metadata');
      expect([odsCode, body.fhirVersion, body.version]).toEqual([odsCode, '3.0.1', '1.2.7']);
    }
  });

  it('read an appointment: a booking under way does not hold it up [4.4-13]', async () => {
    const own = await startTestGateway();
    try {
      const consumer = own.consumer();
      const [taken, slot] = await freeSlots(consumer);
      if (!taken || !slot) throw new Error('no slots');
      const patient = await patientId(consumer);
      const { id } = (await booked(consumer, taken, patient)).body;
      own.riverside.faults.script({
        match: { method: 'POST', path: '*/bookings' },
        fault: { kind: 'delay', ms: 1500, when: 'before' },
      });
      let answered = false;
      const booking = consumer
        .post('book', '/Appointment', bookingBody(slot, patient))
        .finally(() => (answered = true));
      while (own.riverside.requests.count({ method: 'POST' }) < 2) await new Promise((done) => setTimeout(done, 5));
      expect((await consumer.get('readAppointment', `/Appointment/${String(id)}`)).status).toBe(200);
      expect((await consumer.get('readPatient', `/Patient/${patient}`)).status).toBe(200);
      expect(answered).toBe(false);
      expect((await booking).status).toBe(201);
    } finally {
      await own.stop();
    }
  });
});

describe('references', () => {
  it('find a patient: everything that a patient refers to can be read [3-8 9.2-30]', async () => {
    const consumer = gateway.consumer();
    const reads = {
      Organization: 'readOrganization',
      Location: 'readLocation',
      Practitioner: 'readPractitioner',
    } as const;
    for (const nhsNumber of RIVERSIDE_PATIENTS) {
      const { text, body } = await consumer.get('findPatient', findPath(nhsNumber));
      const references = new Set(
        [...text.matchAll(/(?:Organization|Location|Practitioner)\/[A-Za-z0-9\-.]+/g)].map(String),
      );
      expect(references.size).toBeGreaterThanOrEqual(2);
      for (const reference of references) {
        const interaction = reads[reference.split('/')[0] as keyof typeof reads];
        expect((await consumer.get(interaction, `/${reference}`)).status, reference).toBe(200);
      }
      // A practice system that does not know who a patient's doctor is makes up none.
      for (const { reference } of (body.entry[0].resource.generalPractitioner ?? []) as Json[]) {
        expect(reference).toMatch(/^Practitioner\//);
      }
    }
  });
});

describe('the practice', () => {
  it('a dissent to share that staff have noted is ignored: the patient is found, read and booked for [9.2-7 13-9]', async () => {
    const data = loadHmisData(join(FIXTURES, 'hmis/riverside.yaml'));
    const own = await startTestGateway({
      riverside: {
        patients: data.patients.map((one) => ({ ...one, comments: 'Dissents from sharing their record with anybody' })),
      },
    });
    try {
      const consumer = own.consumer();
      const id = await patientId(consumer);
      const read = await consumer.get('readPatient', `/Patient/${id}`);
      expect(read.status).toBe(200);
      expect(read.text).not.toContain('Dissents');
      const [slot] = await freeSlots(consumer);
      if (!slot) throw new Error('no slot');
      await booked(consumer, slot, id);
    } finally {
      await own.stop();
    }
  });

  it('book an appointment: contact details in the description are text like any other [16-3]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-22', '2026-05-22'));
    if (!slot) throw new Error('no slot');
    const description = 'Call 07700 900123 or flat 2, 30 Market Place, HG9 9ZQ';
    const body = bookingBody(slot, await patientId(consumer), (one) => (one.description = description));
    const answer = await consumer.post('book', '/Appointment', body);
    expect(answer.text && answer.status).toBe(201);
    const read = await consumer.get('readAppointment', `/Appointment/${String(answer.body.id)}`);
    expect(read.body.description).toBe(description);
  });

  it('retrieve, read, amend, cancel an appointment: the booking rules of the practice do not limit them [12-13]', async () => {
    const own = await startTestGateway({
      practices: (yaml) => yaml.replace('horizon: 14d', 'embargo: 2h\n      horizon: 14d'),
    });
    try {
      const consumer = own.consumer();
      const [slot] = await freeSlots(consumer);
      if (!slot) throw new Error('no slot');
      const patient = await patientId(consumer);
      const { body } = await booked(consumer, slot, patient);
      own.clock.advance(3_600_000);
      const shown = await freeSlots(consumer);
      expect(Date.parse(shown[0]?.start ?? '')).toBeGreaterThan(Date.parse(slot.start));
      expect((await readAppointment(consumer, body.id)).status).toBe(200);
      expect(appointmentsIn(await retrieve(consumer, patient)).map(({ id }) => id)).toEqual([body.id]);
      const amendment = await put(
        consumer,
        'amend',
        amended(body, (one) => (one.comment = 'Uses a wheelchair')),
      );
      expect(amendment.status).toBe(200);
      expect((await put(consumer, 'cancel', cancelled(amendment.body))).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  it('read an appointment: one whose clinician was replaced names the new one, in a new version [4.3-2 4.4-12]', async () => {
    const own = await startTestGateway();
    try {
      const consumer = own.consumer();
      const slot = (await freeSlots(consumer)).find(({ practitioner }) => practitioner?.endsWith('-43'));
      if (!slot) throw new Error('no slot');
      const { body } = await booked(consumer, slot, await patientId(consumer));
      own.riverside.requests.clear();
      expect((await readAppointment(consumer, body.id)).body).toEqual(body);
      // From now on the practice answers the same questions with the other clinician.
      for (const { path, request } of own.riverside.requests.all()) {
        const headers = {
          FINANCE: String(Object.entries(request.headers).find(([name]) => /finance/i.test(name))?.[1]),
        };
        const text = await (await fetch(own.riverside.url + path, { headers })).text();
        expect(text).toContain('"consultantId":43');
        own.riverside.faults.script({
          match: { method: 'GET', path },
          times: 'always',
          fault: {
            kind: 'status',
            status: 200,
            body: JSON.parse(text.replaceAll('"consultantId":43', '"consultantId":44')),
          },
        });
      }
      const answer = await readAppointment(consumer, body.id);
      const actors = answer.body.participant.map(({ actor }: Json) => actor.reference);
      expect(actors).toContain(slot.practitioner?.replace(/43$/, '44'));
      expect(actors).not.toContain(slot.practitioner);
      expect(answer.body.meta.versionId).not.toBe(body.meta.versionId);
      own.riverside.faults.clear();
    } finally {
      await own.stop();
    }
  });

  it('book an appointment: a priority is kept and given back, and one out of range is refused [10.4-13]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-21', '2026-05-21'));
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer), (one) => (one.priority = 5));
    const answer = await consumer.post('book', '/Appointment', body);
    expect(answer.text && answer.status).toBe(201);
    const { priority } = (await readAppointment(consumer, answer.body.id)).body;
    expect([answer.body.priority, priority]).toEqual([5, 5]);
    const amended = { ...answer.body, description: 'More urgent than it seemed' };
    expect((await consumer.send('PUT', 'amend', `/Appointment/${answer.body.id}`, {}, amended)).body.priority).toBe(5);
    const other = await consumer.send(
      'PUT',
      'amend',
      `/Appointment/${answer.body.id}`,
      {},
      { ...amended, priority: 1 },
    );
    expectRefusal(other, 422, 'INVALID_RESOURCE');
    expectRefusal(await consumer.post('book', '/Appointment', { ...body, priority: 10 }), 422, 'INVALID_RESOURCE');
  });

  it('book an appointment: a slot that is not bookable, or kept for other organisations by now, is refused [10.2-62 12-1 12-2]', async () => {
    const rules = (set: string) => (yaml: string) => yaml.replace('set: { type: Nurse walk-in }', `set: { ${set} }`);
    const nurse = async (consumer: TestConsumer): Promise<FoundSlot> => {
      const found = await freeSlots(consumer, slotPath('2026-05-19', '2026-05-19'));
      const slot = found.find(({ scheduleType }) => scheduleType === 'Walk-in nurse clinic');
      if (!slot) throw new Error('no slot');
      return slot;
    };
    const slot = await nurse(gateway.consumer());
    for (const [set, status] of [
      // To consumers such a slot is as one that is taken.
      ['bookable: false', 409],
      ['type: Nurse walk-in, restriction: { organisations: [Z99903] }', 422],
      ['type: Nurse walk-in, restriction: { organisations: [Z99903, Z99902] }', 201],
    ] as const) {
      const own = await startTestGateway({ practices: rules(set) });
      try {
        const consumer = own.consumer();
        const answer = await consumer.post('book', '/Appointment', bookingBody(slot, await patientId(consumer)));
        if (status !== 201) expectRefusal(answer, status, status === 409 ? 'DUPLICATE_REJECTED' : 'INVALID_RESOURCE');
        expect([set, answer.status]).toEqual([set, status]);
        expect(own.riverside.hmis.bookings()).toHaveLength(status === 201 ? 1 : 0);
      } finally {
        await own.stop();
      }
    }
  });

  it('read a patient: a record that makes no valid resource any more is 500, with a word on what is missing [4.5-1 7.3-12]', async () => {
    const own = await startTestGateway();
    try {
      const id = await patientId(own.consumer());
      const record = loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')).patients.find(
        ({ phn }) => phn === '9990000018',
      );
      const { dob: _dob, ...spoilt } = record ?? {};
      own.riverside.faults.script({
        match: { path: '*/patients/search' },
        times: 'always',
        fault: { kind: 'status', status: 200, body: { status: 'success', code: 200, data: [spoilt] } },
      });
      const issue = expectRefusal(
        await own.consumer().get('readPatient', `/Patient/${id}`),
        500,
        'INTERNAL_SERVER_ERROR',
      );
      expect([issue.code, issue.diagnostics]).toEqual(['processing', expect.stringContaining('date of birth')]);
      own.riverside.faults.clear();
    } finally {
      await own.stop();
    }
  });

  it('the roles and channels to choose from are those of the value sets [12-7]', () => {
    const roles =
      'R0260 R0270 R0410 R0600 R0610 R0620 R0680 R0690 R0700 R0790 R1290 R1300 R1310 R1330 R1450 R1480 R1550';
    expect([...PRACTITIONER_ROLES.keys()].sort()).toEqual(`${roles} R1590 R6200 R6300`.split(' '));
    const schema = JSON.stringify(publishedSchemas().get('practices.schema.json'));
    const channels = new Set([...schema.matchAll(/\[[^[\]]*"Telephone"[^[\]]*\]/g)].map(String));
    expect([...channels]).toEqual(['["In-person","Telephone","Video"]']);
  });
});
