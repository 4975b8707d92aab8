import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_TYPE, type Bend, type InteractionName, type Json, type TestAnswer } from '../support/consumer.js';
import {
  bookingBody,
  booked,
  expectRefusal,
  freeSlots,
  patientId,
  registrationBody,
  slotPath,
} from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  findPath,
  prepareEveryInteraction,
  READS,
  sendRaw,
  EVERY_INTERACTION,
  forEveryInteraction,
  WRITES,
  type Prepared,
} from '../support/every-interaction.js';

const JSON_TYPE = 'application/fhir+json;charset=utf-8';
const REGISTER = '/Patient/$gpc.registerpatient';
/** Those whose answer is a Bundle with an entry. */
const SEARCHES: readonly InteractionName[] = [
  'findPatient',
  'findPractitioner',
  'findOrganization',
  'searchSlots',
  'retrieveAppointments',
];

let gateway: TestGateway;
let requests: Readonly<Record<InteractionName, Prepared>>;
beforeAll(async () => {
  gateway = await startTestGateway();
  requests = await prepareEveryInteraction(gateway.consumer());
});
afterAll(() => gateway.stop());

function send(name: InteractionName, bend: Bend = {}, query = ''): Promise<TestAnswer> {
  const { method, path, body } = requests[name];
  const joined = query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
  return gateway.consumer().send(method, name, joined, bend, body);
}

/** The refusal, and that nothing was asked of a practice for it. */
async function refused(answer: () => Promise<TestAnswer>, status: number, code = 'BAD_REQUEST'): Promise<Json> {
  const before = gateway.practiceCalls();
  const issue = expectRefusal(await answer(), status, code);
  expect(gateway.practiceCalls()).toBe(before);
  return issue;
}

describe('content negotiation', () => {
  it.each(forEveryInteraction(['application/fhir+turtle', 'text/html', 'image/png']))(
    '%s: an Accept of %s only is 415 [4.1-7 7.3-6]',
    async (_title, accept, name) => {
      await refused(() => send(name, { headers: { Accept: accept } }), 415);
    },
  );

  it.each(forEveryInteraction(['application/fhir+turtle', 'ttl', 'text/html', '']))(
    '%s: a _format of "%s" is 415 [4.1-7]',
    async (_title, format, name) => {
      await refused(() => send(name, {}, `_format=${encodeURIComponent(format)}`), 415);
    },
  );

  it.each(READS)('%s: _format goes before Accept [4.1-3]', async (_title, name) => {
    const wanted = await send(name, { headers: { Accept: 'text/html' } }, '_format=application%2Ffhir%2Bjson');
    expect([wanted.status, wanted.headers.get('content-type')]).toEqual([200, JSON_TYPE]);
    await refused(() => send(name, {}, '_format=ttl'), 415);
  });

  it.each(WRITES)('%s: Accept goes before the Content-Type of the body [4.1-4]', async (_title, name) => {
    await refused(() => send(name, { headers: { Accept: 'text/html' } }), 415);
  });

  it.each([
    'application/fhir+json',
    'application/fhir+json;charset=utf-8',
    'application/fhir+json; charset=UTF-8',
    'application/json+fhir',
    'application/json',
    'text/json',
    '*/*',
    'application/*',
    'application/fhir+xml;q=0.8, application/fhir+json;q=0.9',
    'text/html, */*;q=0.1',
    '',
    undefined,
  ])('find a patient: with Accept %s the answer is JSON [4.1-1 4.1-6 4.1-10]', async (accept) => {
    const { status, headers } = await sendRaw(gateway.consumer(), 'findPatient', requests.findPatient.path, {
      headers: accept === undefined ? {} : { Accept: accept },
    });
    expect([status, headers['content-type']]).toEqual([200, JSON_TYPE]);
  });

  it('find a patient: a format that Accept rules out with q=0 is 415', async () => {
    await refused(() => send('findPatient', { headers: { Accept: 'application/fhir+json;q=0' } }), 415);
  });

  it.each(['json', 'application/json', 'application/fhir+json', 'application%2Ffhir%2Bjson'])(
    'find a patient: _format=%s is JSON',
    async (format) => {
      const answer = await send('findPatient', {}, `_format=${format}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, JSON_TYPE]);
    },
  );

  it('find a patient: Accept-Charset is allowed [4.1-10]', async () => {
    expect((await send('findPatient', { headers: { 'Accept-Charset': 'utf-8' } })).status).toBe(200);
  });

  it('find a patient: even the refusal of a format is JSON', async () => {
    const answer = await send('findPatient', { headers: { Accept: 'text/html' } });
    expect(expectRefusal(answer, 415, 'BAD_REQUEST').code).toBe('invalid');
  });
});

describe('headers of every answer', () => {
  it.each(EVERY_INTERACTION)(
    '%s: success is no-store, UTF-8 without a space before charset, and under HSTS [3-3 4.1-9 4.2-1 4.2-10 4.7-1 4.7-2 4.7-3 4.7-4 4.7-5 8-1 8-2 8-3 8-4 8-5 8-6 8-7 8-8 8-9 8-10 8-11 8-12 8-13 8-14 8-15]',
    async (_title, name) => {
      const { status, headers, format } = await send(name);
      expect(status).toBe(name === 'book' ? 201 : 200);
      expect(headers.get('cache-control')).toContain('no-store');
      expect(headers.get('content-type')).toBe(CONTENT_TYPE[format]);
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
    },
  );

  it.each(EVERY_INTERACTION)(
    '%s: a refusal is no-store, UTF-8 without a space before charset, and under HSTS [4.1-9 4.2-2 4.2-10]',
    async (_title, name) => {
      const { headers, format } = await send(name, { headers: { 'Ssp-From': undefined } });
      expect(headers.get('cache-control')).toContain('no-store');
      expect(headers.get('content-type')).toBe(CONTENT_TYPE[format]);
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
    },
  );

  it('every text that is not ASCII is UTF-8 [4.1-9]', async () => {
    const person = { nhsNumber: '9991000038', family: 'Okonjo-Bell', given: 'Zoë Łucja', birthDate: '1978-02-03' };
    const consumer = gateway.consumer();
    const body = JSON.stringify(registrationBody(person));
    const answer = await sendRaw(consumer, 'register', REGISTER, {
      method: 'POST',
      headers: { 'Content-Type': 'application/fhir+json;charset=utf-8' },
      chunks: [body],
    });
    expect(answer.status).toBe(200);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(answer.body);
    expect(JSON.parse(text).entry[0].resource.name[0].given).toEqual(['Zoë Łucja']);
  });

  it('read a patient: ETag is the weak form of meta.versionId [4.2-3 4.2-9]', async () => {
    const { headers, body } = await send('readPatient');
    expect(body.meta.versionId).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
    expect(headers.get('etag')).toBe(`W/"${String(body.meta.versionId)}"`);
    expect(headers.get('content-location')).toMatch(new RegExp(`/A99901/STU3/1/gpconnect/Patient/${body.id}$`));
  });

  it('read an appointment: ETag is the weak form of meta.versionId [4.2-3]', async () => {
    const { headers, body } = await send('readAppointment');
    expect(headers.get('etag')).toBe(`W/"${String(body.meta.versionId)}"`);
  });

  it('book an appointment: ETag, Last-Modified and a Location with the version [4.2-4 4.2-6 4.2-8]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-19', '2026-05-19'));
    if (!slot) throw new Error('no slot');
    const { headers, body } = await booked(consumer, slot, await patientId(consumer));
    const version = String(body.meta.versionId);
    expect(headers.get('etag')).toBe(`W/"${version}"`);
    expect(Date.parse(headers.get('last-modified') ?? '')).toBe(gateway.clock.now());
    expect(headers.get('location')).toBe(
      `https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/Appointment/${String(body.id)}/_history/${version}`,
    );
  });
});

describe('what other servers may do and this one does not', () => {
  it.each(READS)('%s: conditions of a read are ignored: the answer is always whole', async (_title, name) => {
    const first = await send(name);
    const etag = first.headers.get('etag') ?? '*';
    const conditions = {
      'If-None-Match': etag,
      'If-Modified-Since': 'Fri, 01 Jan 2027 00:00:00 GMT',
      Range: 'bytes=0-9',
    };
    const again = await send(name, { headers: conditions });
    expect([again.status, again.text]).toEqual([200, first.text]);
  });

  it.each(READS)('%s: HEAD is answered as GET, without the body', async (_title, name) => {
    const whole = await sendRaw(gateway.consumer(), name, requests[name].path);
    const head = await sendRaw(gateway.consumer(), name, requests[name].path, { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    for (const header of ['content-type', 'content-length', 'etag', 'cache-control']) {
      expect([header, head.headers[header]]).toEqual([header, whole.headers[header]]);
    }
  });
});

describe('cross-origin requests, as the capability statement declares them', () => {
  const Origin = 'https://consumer.example.nhs.uk';

  it.each(EVERY_INTERACTION)('%s: the question whether it may be sent is answered', async (_title, name) => {
    const before = gateway.practiceCalls();
    const { method, path } = requests[name];
    const response = await fetch(gateway.consumer().baseUrl + path, {
      method: 'OPTIONS',
      headers: { Origin, 'Access-Control-Request-Method': method },
    });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')?.split(', ')).toContain(method);
    for (const header of ['Authorization', 'Content-Type', 'Ssp-TraceID', 'Ssp-From', 'Ssp-To', 'Ssp-InteractionID']) {
      expect(response.headers.get('access-control-allow-headers')?.split(', ')).toContain(header);
    }
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(gateway.practiceCalls()).toBe(before);
  });

  it.each(READS)('%s: the answer, and a refusal, may be read by the page that asked', async (_title, name) => {
    for (const bend of [{ Origin }, { Origin, 'Ssp-To': '1' }]) {
      const { headers } = await send(name, { headers: bend });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-expose-headers')).toContain('ETag');
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
    expect((await send(name)).headers.has('access-control-allow-origin')).toBe(false);
  });

  it('a question about what is not served, and OPTIONS without a question, are refused', async () => {
    const ask = (path: string, headers: Record<string, string>): Promise<Response> =>
      fetch(gateway.consumer().baseUrl + path, { method: 'OPTIONS', headers });
    const asks = { Origin, 'Access-Control-Request-Method': 'GET' };
    expect((await ask('/Observation', asks)).status).toBe(501);
    expect((await ask('/nonsense', asks)).status).toBe(404);
    expect((await ask('/metadata', { Origin })).status).toBe(400);
    expect((await ask('/metadata', {})).status).toBe(400);
  });
});

describe('compression and transfer', () => {
  it.each(EVERY_INTERACTION.filter(([, name]) => name === 'metadata' || name === 'searchSlots'))(
    '%s: Accept-Encoding gzip is answered with gzip [4.1-11]',
    async (_title, name) => {
      const { path } = requests[name];
      const plain = await sendRaw(gateway.consumer(), name, path);
      const small = await sendRaw(gateway.consumer(), name, path, { headers: { 'Accept-Encoding': 'gzip' } });
      expect([plain.headers['content-encoding'], small.headers['content-encoding']]).toEqual([undefined, 'gzip']);
      expect(small.headers['content-type']).toBe(JSON_TYPE);
      expect(small.body.length).toBeLessThan(plain.body.length / 2);
      // fetch asks for gzip and unpacks it.
      expect((await send(name, { format: 'json' })).text).toBe(plain.body.toString());
    },
  );

  it.each(EVERY_INTERACTION)(
    '%s: a short answer, such as a refusal, is gzip too when it is asked for [4.1-11]',
    async (_title, name) => {
      const { path, method } = requests[name];
      const headers = { 'Accept-Encoding': 'gzip', 'Ssp-To': '200000009902' };
      const refused = await sendRaw(gateway.consumer(), name, path, { method, headers });
      expect([refused.status, refused.headers['content-encoding']]).toEqual([400, 'gzip']);
      expect(JSON.parse(gunzipSync(refused.body).toString()).resourceType).toBe('OperationOutcome');
    },
  );

  it('get the capability statement: without gzip among the encodings accepted the answer is plain', async () => {
    for (const encoding of ['br', 'identity', 'gzip;q=0']) {
      const headers = { 'Accept-Encoding': encoding };
      const answer = await sendRaw(gateway.consumer(), 'metadata', '/metadata', { headers });
      expect(answer.headers['content-encoding']).toBeUndefined();
    }
  });

  it('book an appointment: a body in chunks is read whole [4.1-12]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-20', '2026-05-20'));
    if (!slot) throw new Error('no slot');
    const text = JSON.stringify(bookingBody(slot, await patientId(consumer)));
    const answer = await sendRaw(consumer, 'book', '/Appointment', {
      method: 'POST',
      headers: { 'Content-Type': 'application/fhir+json', 'Transfer-Encoding': 'chunked' },
      chunks: [text.slice(0, 100), text.slice(100, 101), text.slice(101)],
    });
    expect(answer.status, answer.body.toString()).toBe(201);
  });

  const post = async (chunk: Buffer, encoding: string): Promise<number> => {
    const headers = { 'Content-Type': 'application/fhir+json', 'Content-Encoding': encoding };
    const answer = await sendRaw(gateway.consumer(), 'register', REGISTER, {
      method: 'POST',
      headers,
      chunks: [chunk],
    });
    return answer.status;
  };
  it('register a patient: a gzip body is unpacked, and measured after unpacking', async () => {
    // Well-formed and no Parameters: only an unpacked body can be judged so.
    expect(await post(gzipSync('{"resourceType":"Patient"}'), 'gzip')).toBe(422);
    expect(await post(gzipSync(`{"a":"${' '.repeat(300 * 1024)}"}`), 'gzip')).toBe(413);
    expect(await post(Buffer.from('not gzip'), 'gzip')).toBe(400);
  });

  it.each(['br', 'deflate', 'gzip, gzip', 'compress'])(
    'register a patient: Content-Encoding %s is 415',
    async (encoding) => {
      expect(await post(Buffer.from('{}'), encoding)).toBe(415);
    },
  );
});

describe('Content-Type of a body', () => {
  it.each(
    WRITES.flatMap(([title, name]) =>
      [undefined, '', 'text/plain', 'application/fhir+turtle', 'application/fhir+json; charset=iso-8859-1'].map(
        (type) => [title, type, name] as const,
      ),
    ),
  )('%s: %s is 415 [4.1-8 5.1-12 7.3-6]', async (_title, type, name) => {
    const { method, path, body } = requests[name];
    const before = gateway.practiceCalls();
    const answer = await sendRaw(gateway.consumer(), name, path, {
      method,
      ...(type !== undefined && { headers: { 'Content-Type': type } }),
      chunks: [JSON.stringify(body)],
    });
    expect(answer.status).toBe(415);
    expect(gateway.practiceCalls()).toBe(before);
  });

  it.each([
    'application/fhir+json',
    'application/json+fhir',
    'application/json',
    'APPLICATION/FHIR+JSON;CHARSET=UTF-8',
  ])('register a patient: %s is read as JSON', async (type) => {
    const headers = { 'Content-Type': type };
    const answer = await gateway.consumer().post('register', REGISTER, '{"resourceType":"Patient"}', { headers });
    expectRefusal(answer, 422, 'INVALID_RESOURCE');
  });
});

describe('Prefer', () => {
  it('book an appointment: return=minimal is 201 with the headers and an empty body [4.1-15]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-21', '2026-05-21'));
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));
    const answer = await consumer.post('book', '/Appointment', body, { headers: { Prefer: 'return=minimal' } });
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([201, '', null]);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    const id = /\/Appointment\/([^/]+)\/_history\//.exec(answer.headers.get('location') ?? '')?.[1] ?? '';
    const read = await consumer.get('readAppointment', `/Appointment/${id}`);
    expect(answer.headers.get('etag')).toBe(`W/"${String(read.body.meta.versionId)}"`);
  });

  it('book an appointment: return=representation, or any other wish, answers the appointment [4.1-14]', async () => {
    const consumer = gateway.consumer();
    const [one, two] = await freeSlots(consumer, slotPath('2026-05-21', '2026-05-21'));
    if (!one || !two) throw new Error('no slots');
    const patient = await patientId(consumer);
    for (const [slot, prefer] of [[one, 'return=representation'] as const, [two, 'respond-async'] as const]) {
      const { body } = await booked(consumer, slot, patient, { headers: { Prefer: prefer } });
      expect(body.resourceType).toBe('Appointment');
    }
  });

  it.each(READS)('%s: return=minimal never empties a read', async (_title, name) => {
    const answer = await send(name, { headers: { Prefer: 'return=minimal' } });
    expect([answer.status, answer.body?.resourceType]).toEqual([200, expect.any(String)]);
  });
});

describe('paths and parameters', () => {
  it.each([
    ['get the capability statement', '/Metadata', 'metadata'],
    ['get the capability statement', '/METADATA', 'metadata'],
    ['find a patient', '/patient?identifier=x', 'findPatient'],
    ['search for free slots', '/slot', 'searchSlots'],
    ['read an appointment', '/appointment/1', 'readAppointment'],
  ] as const)(
    '%s: %s, in another letter case, is a failure with an OperationOutcome [3-5 7.3-4]',
    async (_title, path, name) => {
      const before = gateway.practiceCalls();
      const answer = await gateway.consumer().get(name, path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expectRefusal(answer, answer.status, answer.status === 501 ? 'NOT_IMPLEMENTED' : 'BAD_REQUEST');
      expect(gateway.practiceCalls()).toBe(before);
    },
  );

  it.each(['a99901', 'A99901%20'])('the ODS code is case sensitive and exact: %s is 404 [3-5 3-6]', async (odsCode) => {
    const answer = await gateway
      .consumer(odsCode)
      .get('metadata', '/metadata', { headers: { 'Ssp-To': '200000009901' } });
    expectRefusal(answer, 404, 'ORGANISATION_NOT_FOUND');
  });

  it.each(['stu3/1/gpconnect', 'STU3/2/gpconnect', 'STU3/1/GPCONNECT', 'STU3/1', 'DSTU2/1/gpconnect'])(
    'get the capability statement: below %s it is 404 [3-2]',
    async (root) => {
      const response = await fetch(`${gateway.url}/A99901/${root}/metadata`);
      expect([response.status, ((await response.json()) as Json).resourceType]).toEqual([404, 'OperationOutcome']);
    },
  );

  it('find a patient: parameter names are case sensitive [4.4-18]', async () => {
    const path = requests.findPatient.path.replace('identifier', 'Identifier');
    await refused(() => gateway.consumer().get('findPatient', path), 400);
  });

  it.each(READS)('%s: unknown parameters are ignored [4.4-17]', async (_title, name) => {
    const plain = await send(name);
    const more = await send(name, {}, '_count=1&_sort=birthdate&nonsense=%7C&nonsense=2&constructor=1&__proto__=1');
    expect([more.status, more.body]).toEqual([200, plain.body]);
  });

  it('find a patient: a value is percent-decoded [3-7]', async () => {
    const path = '/Patient?%69dentifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C9990000018';
    expect((await gateway.consumer().get('findPatient', path)).body.entry).toHaveLength(1);
    const plain = '/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018';
    expect((await sendRaw(gateway.consumer(), 'findPatient', plain)).status).toBe(200);
  });

  it('search for free slots: no match is 200 without entries [4.4-15 4.4-16]', async () => {
    const { status, body } = await gateway.consumer().get('searchSlots', slotPath('2026-08-01', '2026-08-02'));
    expect([status, body.resourceType, body.type, body.entry]).toEqual([200, 'Bundle', 'searchset', undefined]);
  });

  it.each(EVERY_INTERACTION.filter(([, name]) => [...SEARCHES, 'register'].includes(name)))(
    '%s: entries have no fullUrl [4.4-14]',
    async (_title, name) => {
      const consumer = gateway.consumer();
      const other = { nhsNumber: '9991000054', family: 'Fairweather', given: 'Robin', birthDate: '2001-08-22' };
      const answer =
        name === 'register' ? await consumer.post(name, REGISTER, registrationBody(other)) : await send(name);
      expect(answer.body.entry.length).toBeGreaterThan(0);
      expect(answer.body.entry.filter((entry: Json) => 'fullUrl' in entry)).toEqual([]);
    },
  );
});

describe('limits of a request', () => {
  it('find a patient: a URL of more than 8 KiB is 414 [5.3-16]', async () => {
    await refused(() => gateway.consumer().get('findPatient', `${findPath('9990000018')}&a=${'x'.repeat(8192)}`), 414);
  });

  it('find a patient: fifty parameters are read, more are 400 [5.3-16]', async () => {
    const path = (count: number): string => findPath('9990000018') + '&a=1'.repeat(count);
    expect((await gateway.consumer().get('findPatient', path(49))).status).toBe(200);
    await refused(() => gateway.consumer().get('findPatient', path(50)), 400);
  });

  it('get the capability statement: more than a hundred headers are 431 [5.3-16]', async () => {
    const headers = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Extra-${index}`, 'x']));
    expect((await sendRaw(gateway.consumer(), 'metadata', '/metadata', { headers: headers(90) })).status).toBe(200);
    await refused(() => send('metadata', { headers: headers(101) }), 431);
  });

  it('get the capability statement: a request without Host is 400', async () => {
    const { status, body } = await sendRaw(gateway.consumer(), 'metadata', '/metadata', { headers: { Host: [] } });
    expect([status, JSON.parse(body.toString()).resourceType]).toEqual([400, 'OperationOutcome']);
  });

  it('get the capability statement: headers of more than 32 KiB are 431 [5.3-16]', async () => {
    await refused(() => send('metadata', { headers: { 'X-Extra': 'x'.repeat(33 * 1024) } }), 431);
  });
});
