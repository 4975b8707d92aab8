/** XML on every interaction of the table: the same content as in JSON, both ways, for answers and for refusals. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRACTICE_INTERACTIONS } from '../../src/http/interactions.js';
import {
  CONTENT_TYPE,
  INTERACTIONS,
  MEDIA_TYPE,
  parseAnswer,
  type Bend,
  type InteractionName,
  type Json,
  type TestAnswer,
} from '../support/consumer.js';
import {
  bookingBody,
  expectRefusal,
  freeSlots,
  patientId,
  PROFILE,
  registrationBody,
  slotPath,
} from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { prepareEveryInteraction, sendRaw } from '../support/every-interaction.js';

interface Wire {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: Json;
}

/** Every interaction that is served, by its name in the table. */
const ROWS = PRACTICE_INTERACTIONS.map((row) => {
  const known = Object.entries(INTERACTIONS).find(([, [id]]) => id === row.interactionId);
  return { title: row.name, method: row.method, name: (known?.[0] ?? row.name) as InteractionName };
});
const READS = ROWS.filter(({ method }) => method === 'GET');
const WRITES = ROWS.filter(({ method }) => method !== 'GET');

const REASON = 'Extension-GPConnect-AppointmentCancellationReason-1';
const HOSTILE: readonly (readonly [string, string])[] = [
  ['is not closed', '<Appointment xmlns="http://hl7.org/fhir">'],
  ['has a DOCTYPE', '<!DOCTYPE Appointment [<!ENTITY a "b">]><Appointment xmlns="http://hl7.org/fhir"/>'],
  ['has no namespace', '<Appointment/>'],
  ['is JSON', '{"resourceType":"Appointment"}'],
];

let gateway: TestGateway;
/** A fresh request that succeeds; a write does so once. */
let request: (name: InteractionName) => Promise<Wire>;
beforeAll(async () => {
  gateway = await startTestGateway();
  const consumer = gateway.consumer();
  const prepared: Partial<Record<InteractionName, Wire>> = await prepareEveryInteraction(consumer);
  const patient = await patientId(consumer);
  const slots = [...(await freeSlots(consumer, slotPath('2026-05-19', '2026-05-22')))];
  const booking = (): Wire => {
    const slot = slots.pop();
    if (!slot) throw new Error('no slot left');
    return { method: 'POST', path: '/Appointment', body: bookingBody(slot, patient) };
  };
  const changed = async (change: (appointment: Json) => void): Promise<Wire> => {
    const { path, body } = booking();
    const appointment = (await consumer.post('book', path, body)).body;
    change(appointment);
    return { method: 'PUT', path: `/Appointment/${appointment.id}`, body: appointment };
  };
  request = async (name) => {
    switch (name) {
      case 'book':
        return booking();
      case 'amend':
        return changed((appointment) => (appointment.description = 'Sore throat, & fever >39°C'));
      case 'cancel':
        return changed((appointment) => {
          appointment.status = 'cancelled';
          appointment.extension.push({ url: PROFILE + REASON, valueString: 'Feels "better" <now>' });
        });
      case 'retrieveAppointments':
        return { method: 'GET', path: `/Patient/${patient}/Appointment?start=ge2026-05-18&start=le2026-05-30` };
      default: {
        const wire = prepared[name];
        if (!wire) throw new Error(`no request for ${name}`);
        return wire;
      }
    }
  };
});
afterAll(() => gateway.stop());

function send(name: InteractionName, { method, path, body }: Wire, bend: Bend = {}): Promise<TestAnswer> {
  return gateway.consumer().send(method, name, path, bend, body);
}

/** Nothing was asked of a practice in the meantime. */
async function untouched<T>(act: () => Promise<T>): Promise<T> {
  const before = gateway.practiceCalls();
  const result = await act();
  expect(gateway.practiceCalls()).toBe(before);
  return result;
}

describe('XML: answers', () => {
  it('every interaction of the table is asked for here', () => {
    expect(ROWS.map(({ name }) => name).filter((name) => !(name in INTERACTIONS))).toEqual([]);
  });

  it.each(READS)('$title: the answer in XML says what the answer in JSON says [4.1-2] [4.1-17]', async ({ name }) => {
    const wire = await request(name);
    const json = await send(name, wire, { format: 'json' });
    const xml = await send(name, wire, { format: 'xml' });
    expect([xml.status, xml.headers.get('content-type')]).toEqual([200, CONTENT_TYPE.xml]);
    expect(xml.text).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?><[A-Z][A-Za-z]+ xmlns="http:\/\/hl7\.org\/fhir">/,
    );
    expect(xml.body).toEqual(json.body);
    expect(xml.headers.get('etag')).toBe(json.headers.get('etag'));
  });

  it.each(WRITES)('$title: what is sent in XML is done, and answered in XML [4.1-2] [4.1-17]', async ({ name }) => {
    const wire = await request(name);
    const xml = await send(name, wire, { format: 'xml' });
    expect([xml.status, xml.headers.get('content-type')]).toEqual([name === 'book' ? 201 : 200, CONTENT_TYPE.xml]);
    if (name === 'register') {
      const { identifier, name: names } = wire.body.parameter[0].resource;
      const query = encodeURIComponent(`${identifier[0].system}|${identifier[0].value}`);
      const found = await send('findPatient', { method: 'GET', path: `/Patient?identifier=${query}` });
      expect(xml.body.entry[0].resource).toEqual(found.body.entry[0].resource);
      expect(xml.body.entry[0].resource.name[0].family).toBe(names[0].family);
      return;
    }
    const read = await gateway.consumer().get('readAppointment', `/Appointment/${xml.body.id}`, { format: 'json' });
    expect(xml.body).toEqual(read.body);
    expect(xml.body.description).toBe(wire.body.description);
    expect(xml.body.status).toBe(wire.body.status);
    expect(xml.body.contained[0].name).toBe(wire.body.contained[0].name);
  });

  it('book an appointment: the same booking in JSON and in XML is the same booking', async () => {
    const wire = await request('book');
    const headers = { 'Idempotency-Key': 'one-booking-in-two-formats' };
    const first = await send('book', wire, { format: 'json', headers });
    const again = await send('book', wire, { format: 'xml', headers });
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true']);
    expect(again.body).toEqual(first.body);
  });

  it('register a patient: text outside ASCII and special characters survive both ways', async () => {
    const person = { nhsNumber: '9991000038', family: 'Okonjo-Bell', given: 'Zoë Łucja', birthDate: '1978-02-03' };
    const address = {
      use: 'temp',
      type: 'physical',
      line: ['Flat "2" & <3>', 'Ty\u2019r Ardd'],
      city: 'Ely',
      postalCode: 'CB9 9ZZ',
    };
    const body = registrationBody(person, (patient) => (patient.address = [address]));
    const wire: Wire = { method: 'POST', path: '/Patient/$gpc.registerpatient', body };
    const { status, body: bundle } = await send('register', wire, { format: 'xml' });
    expect(status).toBe(200);
    const [patient] = bundle.entry.map((entry: Json) => entry.resource);
    expect(patient.name[0].given).toEqual(['Zoë Łucja']);
    expect(patient.address.find((one: Json) => one.use === 'temp').line).toEqual(address.line);
  });

  it('book an appointment: return=minimal has no body and no Content-Type', async () => {
    const answer = await send('book', await request('book'), { format: 'xml', headers: { Prefer: 'return=minimal' } });
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([201, '', null]);
  });

  it('search for free slots over a group of practices: in XML as in JSON', async () => {
    const consumer = gateway.consumer('federation/north');
    const json = await consumer.get('searchSlots', slotPath(), { format: 'json' });
    const xml = await consumer.get('searchSlots', slotPath(), { format: 'xml' });
    expect([json.status, xml.status]).toEqual([200, 200]);
    expect(xml.body).toEqual(json.body);
  });

  it('search for free slots: XML is compressed with gzip where it is accepted', async () => {
    const headers = { Accept: MEDIA_TYPE.xml, 'Accept-Encoding': 'gzip' };
    const { path } = await request('searchSlots');
    const answer = await sendRaw(gateway.consumer(), 'searchSlots', path, { headers });
    expect([answer.headers['content-encoding'], answer.headers['content-type']]).toEqual(['gzip', CONTENT_TYPE.xml]);
    const text = gunzipSync(answer.body).toString();
    expect(text.length).toBeGreaterThan(answer.body.length * 4);
    const plain = await gateway.consumer().get('searchSlots', path, { format: 'xml' });
    expect(text).toBe(plain.text);
  });
});

describe('XML: which format an answer has', () => {
  const JSON_TYPE = MEDIA_TYPE.json;
  const XML_TYPE = MEDIA_TYPE.xml;
  const wishes = [
    ['_format=xml', JSON_TYPE, 'xml'],
    ['_format=json', XML_TYPE, 'json'],
    ['_format=application/fhir+xml', 'text/html', 'xml'],
    ['_format=text%2Fxml', undefined, 'xml'],
    ['', 'application/xml', 'xml'],
    ['', 'application/fhir+json;q=0.4, application/fhir+xml;q=0.5', 'xml'],
    ['', 'application/fhir+xml;q=0.4, application/fhir+json;q=0.5', 'json'],
    ['', '*/*', 'json'],
    ['', undefined, 'json'],
  ] as const;

  it.each(
    READS.flatMap(({ title, name }) =>
      wishes.map(([query, accept, format]) => ({ title, name, query, accept, format })),
    ),
  )(
    '$title: with "$query" and Accept $accept it is $format [4.1-3] [4.1-6]',
    async ({ name, query, accept, format }) => {
      const { path } = await request(name);
      const joined = query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
      const headers = accept === undefined ? {} : { Accept: accept };
      const answer = await sendRaw(gateway.consumer(), name, joined, { headers });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, CONTENT_TYPE[format]]);
    },
  );

  const bodies = [
    [XML_TYPE, undefined, '', 'xml'],
    [XML_TYPE, '*/*', '', 'xml'],
    [XML_TYPE, JSON_TYPE, '', 'json'],
    [JSON_TYPE, XML_TYPE, '', 'xml'],
    [JSON_TYPE, undefined, '', 'json'],
    [JSON_TYPE, JSON_TYPE, '?_format=xml', 'xml'],
    [XML_TYPE, XML_TYPE, '?_format=json', 'json'],
  ] as const;

  it.each(
    WRITES.flatMap(({ title, name }) =>
      bodies.map(([type, accept, query, format]) => ({ title, name, type, accept, query, format })),
    ),
  )(
    '$title: a body of $type, Accept $accept and "$query" come to $format [4.1-4] [4.1-5]',
    async ({ name, type, accept, query, format }) => {
      const { method, path } = await request(name);
      // Refused for its content, after the format was settled: the request can be repeated.
      const body = type === XML_TYPE ? '<Robot xmlns="http://hl7.org/fhir"/>' : '{"resourceType":"Robot"}';
      const headers = { 'Content-Type': type, ...(accept !== undefined && { Accept: accept }) };
      const answer = await untouched(() =>
        sendRaw(gateway.consumer(), name, path + query, { method, headers, chunks: [body] }),
      );
      expect([answer.status, answer.headers['content-type']]).toEqual([422, CONTENT_TYPE[format]]);
    },
  );
});

describe('XML: refusals', () => {
  it.each(ROWS)('$title: a refusal says the same in XML as in JSON [4.1-18]', async ({ name }) => {
    const wire = await request(name);
    const headers = { 'Ssp-From': undefined };
    const json = await send(name, wire, { format: 'json', headers });
    const xml = await untouched(() => send(name, wire, { format: 'xml', headers }));
    expectRefusal(xml, 400, 'BAD_REQUEST');
    expect([xml.format, json.format]).toEqual(['xml', 'json']);
    expect(xml.body).toEqual(json.body);
  });

  it.each(WRITES.flatMap(({ title, name }) => HOSTILE.map(([what, text]) => ({ title, name, what, text }))))(
    '$title: an XML body that $what is 400, and the message quotes nothing [7.3-8]',
    async ({ name, text }) => {
      const { method, path } = await request(name);
      const answer = await untouched(() => send(name, { method, path, body: text }, { format: 'xml' }));
      const issue = expectRefusal(answer, 400, 'BAD_REQUEST');
      expect(answer.format).toBe('xml');
      expect(issue.diagnostics).toMatch(/^The XML body at line 1, column \d+: [^<&]+$/);
    },
  );

  it.each(WRITES)('$title: an XML body of the wrong type, or with unknown parts, is 422', async ({ name }) => {
    const { method, path } = await request(name);
    const type = name === 'register' ? 'Parameters' : 'Appointment';
    for (const [body, where] of [
      ['<Slot xmlns="http://hl7.org/fhir"/>', type],
      [`<${type} xmlns="http://hl7.org/fhir"><colour value="red"/></${type}>`, `${type}.colour`],
      [`<${type} xmlns="http://hl7.org/fhir"><id value="a"/><id value="b"/></${type}>`, `${type}.id`],
    ] as const) {
      const answer = await untouched(() => send(name, { method, path, body }, { format: 'xml' }));
      const issue = expectRefusal(answer, 422, 'INVALID_RESOURCE');
      expect([answer.format, issue.expression]).toEqual(['xml', [where]]);
    }
  });

  it.each(WRITES)('$title: a body that is not UTF-8, or says so, is refused in XML', async ({ name }) => {
    const { method, path } = await request(name);
    const text = '<?xml version="1.0" encoding="ISO-8859-1"?><Slot xmlns="http://hl7.org/fhir"><id value="é"/></Slot>';
    for (const [type, bytes, status] of [
      [MEDIA_TYPE.xml, Buffer.from(text, 'latin1'), 400],
      [MEDIA_TYPE.xml, Buffer.from(text), 400],
      [MEDIA_TYPE.xml, Buffer.alloc(0), 400],
      [`${MEDIA_TYPE.xml};charset=iso-8859-1`, Buffer.from(text, 'latin1'), 415],
    ] as const) {
      const headers = { 'Content-Type': type };
      const answer = await sendRaw(gateway.consumer(), name, path, { method, headers, chunks: [bytes] });
      expect([answer.status, answer.headers['content-type']]).toEqual([status, CONTENT_TYPE.xml]);
    }
  });

  const refusals: readonly (readonly [string, string, Readonly<Record<string, string>>, number, 'json' | 'xml'])[] = [
    ['an unknown address', '/Unknown/', { Accept: MEDIA_TYPE.xml }, 404, 'xml'],
    ['an unknown address, by _format', '/unknown?_format=xml', {}, 404, 'xml'],
    ['a resource that is not served', '/Observation', { Accept: MEDIA_TYPE.xml }, 501, 'xml'],
    ['too long a URL', `/metadata?a=${'x'.repeat(9000)}`, { Accept: MEDIA_TYPE.xml }, 414, 'xml'],
    ['a format that is not spoken', '/metadata?_format=ttl', { Accept: MEDIA_TYPE.xml }, 415, 'xml'],
    ['a format that is not spoken, and no other', '/metadata?_format=ttl', {}, 415, 'json'],
    ['an Accept that is not spoken', '/metadata', { Accept: 'text/html' }, 415, 'json'],
    ['an unknown address, in JSON by _format', '/unknown?_format=json', { Accept: MEDIA_TYPE.xml }, 404, 'json'],
  ];
  it.each(refusals)(
    '%s is refused in the format that can be told [4.1-7] [4.1-18]',
    async (_title, path, headers, status, format) => {
      const answer = await untouched(() => sendRaw(gateway.consumer(), 'metadata', path, { headers }));
      expect([answer.status, answer.headers['content-type']]).toEqual([status, CONTENT_TYPE[format]]);
      const type = { 'content-type': CONTENT_TYPE[format] };
      expect(parseAnswer(answer.body.toString(), new Headers(type)).resourceType).toBe('OperationOutcome');
      expect(answer.headers['cache-control']).toContain('no-store');
    },
  );

  it('an unknown practice is refused in XML', async () => {
    const answer = await gateway.consumer('A99999').get('metadata', '/metadata', { format: 'xml' });
    expect(answer.format).toBe('xml');
    expectRefusal(answer, 404, 'ORGANISATION_NOT_FOUND');
  });

  it('read an appointment: 404 is XML too', async () => {
    const answer = await gateway.consumer().get('readAppointment', '/Appointment/none', { format: 'xml' });
    expect(answer.format).toBe('xml');
    expectRefusal(answer, 404, 'NO_RECORD_FOUND');
  });
});
