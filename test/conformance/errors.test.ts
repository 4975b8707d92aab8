import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERACTIONS, unsignedToken } from '../support/consumer.js';
import type { InteractionName, Json, TestAnswer, TestConsumer } from '../support/consumer.js';
import { bookingBody, expectRefusal, freeSlots, patientId, registrationBody, UNREGISTERED } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  findPath,
  findPractitionerPath,
  prepareEveryInteraction,
  forEveryInteraction,
  EVERY_INTERACTION,
  WRITES,
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

type Cause = (consumer: TestConsumer) => Promise<TestAnswer>;

function register(change: (patient: Json) => void): Cause {
  return (consumer) => consumer.post('register', REGISTER, registrationBody(UNREGISTERED, change));
}

/** Interaction and situation, status, Spine code, issue type, display, and a request that brings it about. */
const CODES: [string, number, string, string, string, Cause][] = [
  [
    'find a patient: without its parameter',
    400,
    'BAD_REQUEST',
    'invalid',
    'Bad request',
    (consumer) => consumer.get('findPatient', '/Patient'),
  ],
  [
    'find a patient: another identifier system',
    400,
    'INVALID_IDENTIFIER_SYSTEM',
    'value',
    'Invalid identifier system',
    (consumer) => consumer.get('findPatient', findPath('1', 'https://fhir.nhs.uk/Id/local')),
  ],
  [
    'find a patient: a wrong check digit',
    400,
    'INVALID_NHS_NUMBER',
    'value',
    'Invalid NHS number',
    (consumer) => consumer.get('findPatient', findPath('9990000019')),
  ],
  [
    'find a practitioner: a value that is no SDS user id',
    400,
    'INVALID_IDENTIFIER_VALUE',
    'value',
    'Invalid identifier value',
    (consumer) => consumer.get('findPractitioner', findPractitionerPath('555-1234')),
  ],
  [
    'register a patient: a failed trace',
    400,
    'INVALID_PATIENT_DEMOGRAPHICS',
    'business-rule',
    'Invalid patient demographics',
    register((patient) => (patient.birthDate = '1950-01-01')),
  ],
  [
    'every interaction: an unknown practice',
    404,
    'ORGANISATION_NOT_FOUND',
    'not-found',
    'Organisation not found',
    () => gateway.consumer('Z99999').get('metadata', '/metadata'),
  ],
  [
    'read a patient: an unknown id',
    404,
    'PATIENT_NOT_FOUND',
    'not-found',
    'Patient not found',
    (consumer) => consumer.get('readPatient', '/Patient/unknown'),
  ],
  [
    'read a practitioner: an unknown id',
    404,
    'PRACTITIONER_NOT_FOUND',
    'not-found',
    'Practitioner not found',
    (consumer) => consumer.get('readPractitioner', '/Practitioner/unknown'),
  ],
  [
    'read an organisation: an unknown id',
    404,
    'ORGANISATION_NOT_FOUND',
    'not-found',
    'Organisation not found',
    (consumer) => consumer.get('readOrganization', '/Organization/unknown'),
  ],
  [
    'read a location: an unknown id',
    404,
    'NO_RECORD_FOUND',
    'not-found',
    'No record found',
    (consumer) => consumer.get('readLocation', '/Location/unknown'),
  ],
  [
    'read an appointment: an unknown id',
    404,
    'NO_RECORD_FOUND',
    'not-found',
    'No record found',
    (consumer) => consumer.get('readAppointment', '/Appointment/unknown'),
  ],
  [
    'register a patient: one who is registered',
    409,
    'DUPLICATE_REJECTED',
    'duplicate',
    'Create would lead to creation of a duplicate resource',
    (consumer) => {
      const person = { nhsNumber: '9990000018', family: 'Testwell', given: 'Alan', birthDate: '1938-01-03' };
      return consumer.post('register', REGISTER, registrationBody(person));
    },
  ],
  [
    'cancel an appointment: another version',
    409,
    'FHIR_CONSTRAINT_VIOLATION',
    'conflict',
    'FHIR constraint violated',
    (consumer) => {
      const { method, path, body } = requests.cancel;
      return consumer.send(method, 'cancel', path, { headers: { 'If-Match': 'W/"99"' } }, body);
    },
  ],
  [
    'register a patient: an unknown element',
    422,
    'INVALID_RESOURCE',
    'invalid',
    'Invalid validation of resource',
    register((patient) => (patient.shoeSize = 9)),
  ],
  [
    'find a patient: a parameter without a system',
    422,
    'INVALID_PARAMETER',
    'invalid',
    'Invalid parameter',
    (consumer) => consumer.get('findPatient', '/Patient?identifier=9990000018'),
  ],
  [
    'book an appointment: an unknown location',
    422,
    'REFERENCE_NOT_FOUND',
    'invalid',
    'Reference not found',
    async (consumer) => {
      const [slot] = await freeSlots(consumer);
      if (!slot) throw new Error('no slot');
      const body = bookingBody({ ...slot, location: 'Location/elsewhere' }, await patientId(consumer));
      return consumer.post('book', '/Appointment', body);
    },
  ],
  [
    'any other resource: not served',
    501,
    'NOT_IMPLEMENTED',
    'not-supported',
    'Not implemented',
    (consumer) => consumer.get('metadata', '/Observation?code=1'),
  ],
];

describe('error codes', () => {
  it.each(CODES)(
    '%s is %i %s [7.1-1 7.1-2 7.1-3 7.1-4 7.1-5 7.1-6 7.2-1 7.2-2 7.2-3 7.2-4 7.2-5 7.2-9 7.2-10 7.2-11 7.2-12 7.2-13 7.2-14 7.2-15 7.2-16 7.2-17 7.2-19 7.3-13]',
    async (_situation, status, code, type, display, cause) => {
      const issue = expectRefusal(await cause(gateway.consumer()), status, code);
      expect([issue.code, issue.details.coding[0].display]).toEqual([type, display]);
      expect(Object.keys(issue.details.coding[0]).sort()).toEqual(['code', 'display', 'system']);
    },
  );

  it('the diagnostics of a refusal name the parameter or element, and nobody [7.1-7]', async () => {
    const bad = await gateway.consumer().get('findPatient', findPath('9990000019'));
    expect(bad.body.issue[0].diagnostics).toContain('identifier');
    expect(bad.text).not.toContain('9990000019');
    const answer = await register((patient) => (patient.birthDate = '1950-01-01'))(gateway.consumer());
    expect(answer.text).not.toMatch(/Hollingbeck|Tamsin|1950|9991000011/);
  });
});

const UNSERVED: [string, string, number, string][] = [
  ['GET', '/Location?identifier=x', 501, 'NOT_IMPLEMENTED'],
  ['GET', '/Location', 501, 'NOT_IMPLEMENTED'],
  ['GET', '/PractitionerRole/1', 501, 'NOT_IMPLEMENTED'],
  ['GET', '/Slot/1', 501, 'NOT_IMPLEMENTED'],
  ['GET', '/Schedule/1', 501, 'NOT_IMPLEMENTED'],
  ['POST', '/Patient/$gpc.getstructuredrecord', 501, 'NOT_IMPLEMENTED'],
  ['GET', '/Appointment/1/_history/1', 501, 'NOT_IMPLEMENTED'],
  ['POST', '/metadata', 400, 'BAD_REQUEST'],
  ['POST', '/Patient', 400, 'BAD_REQUEST'],
  ['PUT', '/Patient/1', 400, 'BAD_REQUEST'],
  ['DELETE', '/Patient/1', 400, 'BAD_REQUEST'],
  ['DELETE', '/Appointment/1', 400, 'BAD_REQUEST'],
  ['PATCH', '/Appointment/1', 400, 'BAD_REQUEST'],
  ['GET', '/Appointment', 400, 'BAD_REQUEST'],
  ['POST', '/Slot', 400, 'BAD_REQUEST'],
  ['OPTIONS', '/metadata', 400, 'BAD_REQUEST'],
  ['GET', '/Patient/', 404, 'BAD_REQUEST'],
  ['GET', '/Appointment/', 404, 'BAD_REQUEST'],
  ['GET', '/metadata/', 404, 'BAD_REQUEST'],
  ['GET', '/', 404, 'BAD_REQUEST'],
  ['GET', '', 404, 'BAD_REQUEST'],
  ['GET', '/nonsense', 404, 'BAD_REQUEST'],
  ['GET', '/Patient/%zz', 400, 'BAD_REQUEST'],
];

describe('what is not served', () => {
  it.each(UNSERVED)('%s %s is %i %s [3-4 4.7-6 7.3-3 7.3-4 7.3-5 8-16]', async (method, path, status, code) => {
    const before = gateway.practiceCalls();
    const body = method === 'GET' || method === 'OPTIONS' ? undefined : {};
    expectRefusal(await gateway.consumer().send(method, 'metadata', path, {}, body), status, code);
    expect(gateway.practiceCalls()).toBe(before);
  });

  it('register a patient: its path with GET is 400 BAD_REQUEST', async () => {
    expectRefusal(await gateway.consumer().get('register', REGISTER), 400, 'BAD_REQUEST');
  });

  it.each(['/', '/favicon.ico', '/A99901', '/../etc/passwd'])(
    '%s outside any service root is 404 [7.3-4]',
    async (path) => {
      const response = await fetch(gateway.url + path);
      const body = (await response.json()) as Json;
      expect([response.status, body.resourceType, body.issue[0].details.coding[0].code]).toEqual([
        404,
        'OperationOutcome',
        'BAD_REQUEST',
      ]);
      expect(response.headers.get('cache-control')).toContain('no-store');
    },
  );

  it('bytes that are not HTTP are 400 with an OperationOutcome [7.3-14]', async () => {
    const { hostname, port } = new URL(gateway.url);
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'));
      socket.on('data', (part) => (received += String(part)));
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(head).toMatch(/\r\ncache-control: no-store/i);
    expect(JSON.parse(body).resourceType).toBe('OperationOutcome');
  });
});

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const MALFORMED: [string, string | Buffer, number][] = [
  ['empty', '', 400],
  ['blank', '   ', 400],
  ['cut short', '{"resourceType":"Parameters"', 400],
  ['no JSON at all', 'resourceType=Parameters', 400],
  ['XML', '<Parameters xmlns="http://hl7.org/fhir"/>', 400],
  ['followed by more', '{"resourceType":"Parameters"}{}', 400],
  ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
  ['nested 33 levels deep', deep(33), 400],
  ['nested 200,000 levels deep', deep(100_000), 400],
  ['of more than 5,000 keys', JSON.stringify(Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [i, 1]))), 400],
  ['with an array of 1,001 items', JSON.stringify({ a: Array.from({ length: 1001 }, () => 1) }), 400],
  ['with a text of more than 64 KiB', JSON.stringify({ a: 'x'.repeat(64 * 1024 + 1) }), 400],
  ['with the same key twice', '{"resourceType":"Parameters","resourceType":"Parameters"}', 400],
  ['with the same key twice, once escaped', '{"a":1,"\\u0061":2}', 400],
  ['with the key __proto__', '{"resourceType":"Parameters","__proto__":{"a":1}}', 400],
  ['with the key __proto__ escaped', '{"resourceType":"Parameters","\\u005f_proto__":{"a":1}}', 400],
  ['with the key constructor', '{"resourceType":"Parameters","parameter":[{"constructor":{}}]}', 400],
  ['with the key prototype', '{"prototype":{}}', 400],
  ['with a NUL', '{"resourceType":"Parameters","id":"a\\u0000"}', 400],
  ['with half a character', '{"resourceType":"Parameters","id":"\\ud800"}', 400],
  ['with half a character in a key', '{"\\udc00":1}', 400],
  ['with a number beyond all numbers', '{"resourceType":"Parameters","a":1e999}', 400],
  ['of more than 256 KiB', JSON.stringify({ a: Array.from({ length: 5 }, () => 'x'.repeat(60_000)) }), 413],
];

describe('malformed bodies', () => {
  it.each(WRITES.flatMap(([title, name]) => MALFORMED.map((row) => [title, ...row, name] as const)))(
    '%s: a body %s is refused [7.3-7]',
    async (_title, what, bytes, status, name) => {
      const consumer = gateway.consumer();
      const before = gateway.practiceCalls();
      const { method, path } = requests[name];
      const response = await fetch(consumer.baseUrl + path, {
        method,
        headers: { ...headersOf(name), 'Content-Type': 'application/fhir+json' },
        body: bytes,
      });
      const body = (await response.json()) as Json;
      expect([what, response.status, body.issue[0].details.coding[0].code]).toEqual([what, status, 'BAD_REQUEST']);
      expect(gateway.practiceCalls()).toBe(before);
    },
  );

  it.each(
    WRITES.flatMap(([title, name]) =>
      ['[]', 'null', '"text"', '7', '{}', '{"resourceType":"Patient"}', '{"resourceType":"Nonsense"}'].map(
        (body) => [title, body, name] as const,
      ),
    ),
  )(
    '%s: %s, well-formed and another thing than asked for, is 422 INVALID_RESOURCE [7.3-9]',
    async (_title, body, name) => {
      const before = gateway.practiceCalls();
      const { method, path } = requests[name];
      const answer = await gateway.consumer().send(method, name, path, {}, body);
      expectRefusal(answer, 422, 'INVALID_RESOURCE');
      expect(gateway.practiceCalls()).toBe(before);
    },
  );

  it('register a patient: 32 levels, and a text of 64 KiB, are not too much', async () => {
    for (const body of [deep(32), JSON.stringify({ a: 'x'.repeat(64 * 1024 - 2) })]) {
      expectRefusal(await gateway.consumer().post('register', REGISTER, body), 422, 'INVALID_RESOURCE');
    }
  });
});

function headersOf(name: InteractionName): Record<string, string> {
  return {
    'Ssp-TraceID': '7a1c2d3e-0000-4000-8000-000000000002',
    'Ssp-From': '200000009999',
    'Ssp-To': '200000009901',
    'Ssp-InteractionID': INTERACTIONS[name][0],
    Authorization: `Bearer ${unsignedToken(gateway.consumer().claims(name))}`,
  };
}

describe('a capability that the practice has not switched on', () => {
  const NEEDS: Readonly<Record<string, string>> = {
    findPatient: 'Foundations',
    readPatient: 'Foundations',
    register: 'Foundations',
    findPractitioner: 'Foundations',
    readPractitioner: 'Foundations',
    findOrganization: 'Foundations',
    readOrganization: 'Foundations',
    readLocation: 'Foundations',
    searchSlots: 'Appointment Management',
    book: 'Appointment Management',
    retrieveAppointments: 'Appointment Management',
    readAppointment: 'Appointment Management',
    amend: 'Appointment Management',
    cancel: 'Appointment Management',
  };
  let closed: TestGateway;
  beforeAll(async () => {
    const on = 'enabled: { foundations: true, appointmentManagement: true }';
    // Two practices with one capability each.
    closed = await startTestGateway({
      practices: (yaml) =>
        yaml
          .replace(on, 'enabled: { foundations: false, appointmentManagement: true }')
          .replace(on, 'enabled: { foundations: true, appointmentManagement: false }'),
    });
  });
  afterAll(() => closed.stop());

  it.each(forEveryInteraction(Object.entries({ A99901: 'Foundations', A99902: 'Appointment Management' })))(
    '%s: with %s off, what needs it is 403 ACCESS DENIED and names it [7.2-8 7.3-11 14-4 14-7]',
    async (_title, [odsCode, off], name) => {
      const { method, path, body } = requests[name];
      const before = closed.practiceCalls();
      const answer = await closed.consumer(odsCode).send(method, name, path, {}, body);
      if (NEEDS[name] === off) {
        const issue = expectRefusal(answer, 403, 'ACCESS DENIED');
        expect([issue.code, issue.details.coding[0].display]).toEqual([
          'forbidden',
          'Access has been denied to process this request',
        ]);
        expect(issue.diagnostics).toContain(off);
        expect(closed.practiceCalls()).toBe(before);
      } else {
        expect(answer.status).not.toBe(403);
      }
    },
  );

  it('neither capability is on unless the practice says so [14-5]', async () => {
    const unsaid = await startTestGateway({
      practices: (yaml) => yaml.replaceAll(/ +enabled: .*\n/g, ''),
    });
    try {
      const { path } = requests.findPatient;
      expectRefusal(await unsaid.consumer().get('findPatient', path), 403, 'ACCESS DENIED');
      const slots = await unsaid.consumer().get('searchSlots', requests.searchSlots.path);
      expectRefusal(slots, 403, 'ACCESS DENIED');
      expect((await unsaid.consumer().get('metadata', '/metadata')).status).toBe(200);
    } finally {
      await unsaid.stop();
    }
  });
});

describe('a practice system that fails', () => {
  const READS_OF_PRACTICE = EVERY_INTERACTION.filter(([, name]) => name === 'findPatient' || name === 'searchSlots');
  it.each(
    READS_OF_PRACTICE.flatMap(([title, name]) => [
      [title, 'answers nonsense', { kind: 'wrong-envelope' as const }, name, 502, 'exception'] as const,
      [title, 'breaks off', { kind: 'drop' as const }, name, 503, 'transient'] as const,
    ]),
  )('%s: a practice system that %s [7.3-15]', async (_title, _what, fault, name, status, type) => {
    const broken = await startTestGateway();
    try {
      broken.riverside.faults.script({ times: 'always', fault });
      const answer = await broken.consumer().get(name, requests[name].path);
      const issue = expectRefusal(answer, status, 'INTERNAL_SERVER_ERROR');
      expect([issue.code, issue.details.coding[0].display]).toEqual([type, 'Unexpected internal server error']);
      expect(answer.headers.has('retry-after')).toBe(status === 503);
      expect(answer.text).not.toMatch(/hmis|127\.0\.0\.1|ECONN|socket/i);
    } finally {
      await broken.stop();
    }
  });
});
