/** What never becomes a request: over a bare socket, and still answered with an OperationOutcome. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERACTIONS, unsignedToken, type Json } from '../support/consumer.js';
import { slotPath } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

interface RawAnswer {
  readonly head: string;
  readonly status: number;
  readonly body: Json;
  /** Whether the gateway has closed the connection. */
  readonly closed: boolean;
}

/** Writes the parts one after the other and reads until the gateway closes, or until nothing more comes. */
function exchange(...parts: (string | Buffer)[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.gateway.port, '127.0.0.1');
    let received = '';
    const finish = (closed: boolean): void => {
      socket.destroy();
      const [head = '', body = ''] = received.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
      resolve({ head, status, body: body === '' ? undefined : JSON.parse(body), closed });
    };
    socket.setTimeout(5_000, () => finish(false));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      // Everything is here: whoever means to close the connection does so now.
      if (received.endsWith('}')) socket.setTimeout(200);
    });
    socket.on('end', () => finish(true));
    socket.on('close', () => finish(true));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // What we still wrote when the gateway had closed.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish(true);
      else reject(error);
    });
    for (const part of parts) socket.write(part);
  });
}

const LIVE = 'GET /livez HTTP/1.1\r\nHost: gateway\r\n';
const POST = 'POST /A99901/STU3/1/gpconnect/Appointment HTTP/1.1\r\nHost: gateway\r\n';

function expectOutcome(answer: RawAnswer, status: number): void {
  expect({ status: answer.status, closed: answer.closed }).toEqual({ status, closed: true });
  expect(answer.head).toMatch(/\r\nContent-Type: application\/fhir\+json;charset=utf-8(\r\n|$)/);
  expect(answer.head).toMatch(/\r\nCache-Control: no-store(\r\n|$)/);
  expect(answer.head).toMatch(/\r\nConnection: close(\r\n|$)/i);
  expect(answer.head).toContain(`\r\nContent-Length: ${Buffer.byteLength(JSON.stringify(answer.body))}`);
  expect(answer.body).toMatchObject({
    resourceType: 'OperationOutcome',
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-OperationOutcome-1'] },
    issue: [{ severity: 'error', diagnostics: expect.stringMatching(/./) as unknown }],
  });
}

describe('bytes that are no request', () => {
  it('a good request over the same bare socket is answered and the connection kept', async () => {
    const answer = await exchange(`${LIVE}\r\n`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'alive' }, closed: false });
  });

  it('headers of 30 KiB are read, of 33 KiB are 431', async () => {
    expect((await exchange(`${LIVE}X-Long: ${'x'.repeat(30 * 1024)}\r\n\r\n`)).status).toBe(200);
    expectOutcome(await exchange(`${LIVE}X-Long: ${'x'.repeat(33 * 1024)}\r\n\r\n`), 431);
  });

  it('many short headers that are too large together are 431', async () => {
    const headers = Array.from({ length: 4_000 }, (_one, n) => `X-${n}: 12345\r\n`).join('');
    expectOutcome(await exchange(LIVE, headers, '\r\n'), 431);
  });

  it.each<[string, string | Buffer]>([
    ['plain words', 'hello gateway\r\n\r\n'],
    ['zero bytes', Buffer.alloc(64)],
    ['the beginning of a TLS handshake', Buffer.from('16030100c8010000c403035c', 'hex')],
    ['an unknown method', 'GRAB /livez HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['a version that does not exist', 'GET /livez HTTP/9.9\r\nHost: gateway\r\n\r\n'],
    ['a blank in a header name', `${LIVE}Bad Header: x\r\n\r\n`],
    ['a blank before the colon', `${LIVE}Ssp-From : 1\r\n\r\n`],
    ['a control character in a header', `${LIVE}X: a\u0000b\r\n\r\n`],
    ['a folded header', `${LIVE}X: a\r\n b\r\n\r\n`],
    ['a tunnel', 'CONNECT gateway:443 HTTP/1.1\r\nHost: gateway:443\r\n\r\n'],
    ['a bare line feed between headers', 'GET /livez HTTP/1.1\nHost: gateway\n\n'],
  ])('%s is 400', async (_title, bytes) => {
    expectOutcome(await exchange(bytes), 400);
  });
});

describe('an expectation', () => {
  it('to be told to go on is met', async () => {
    const answer = await exchange(`${POST}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`);
    expect(answer.head).toBe('HTTP/1.1 100 Continue');
  });

  it('that nobody knows changes nothing', async () => {
    expect((await exchange(`${LIVE}Expect: the-unexpected\r\n\r\n`)).body).toEqual({ status: 'alive' });
    const headers = 'Expect: the-unexpected\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
    expectOutcome(await exchange(POST + headers), 400);
  });
});

describe('a body whose length can be read in two ways', () => {
  it.each([
    ['Content-Length with Transfer-Encoding', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n'],
    ['Transfer-Encoding with Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n'],
    ['a length of two values', 'Content-Length: 4, 5\r\n'],
    ['a negative length', 'Content-Length: -1\r\n'],
    ['a signed length', 'Content-Length: +4\r\n'],
    ['a length in hex', 'Content-Length: 0x4\r\n'],
    ['chunked, and then not', 'Transfer-Encoding: chunked, identity\r\n'],
  ])('%s is 400, and a request hidden behind it is never served', async (_title, headers) => {
    const before = gateway.logLines.length;
    const answer = await exchange(`${POST}${headers}\r\n0\r\n\r\n${LIVE}\r\n`);
    expectOutcome(answer, 400);
    expect(JSON.stringify(answer.body)).not.toContain('alive');
    expect(gateway.logLines.slice(before).filter(({ fields }) => fields?.status === 200)).toEqual([]);
  });

  it.each([
    ['is no number', 'xyz\r\n'],
    ['is too large to be one', 'fffffffffffffffff\r\n'],
  ])('a chunk whose length %s is 400', async (_title, chunk) => {
    expectOutcome(await exchange(`${POST}Transfer-Encoding: chunked\r\n\r\n`, chunk), 400);
  });
});

describe('what breaks off behind a request that is still worked on', () => {
  it('gets no answer, which would be read as the answer to that request', async () => {
    const consumer = gateway.consumer();
    const headers = {
      'Ssp-TraceID': '7a1c2d3e-0000-4000-8000-000000000001',
      'Ssp-From': '200000009999',
      'Ssp-To': '200000009901',
      'Ssp-InteractionID': INTERACTIONS.searchSlots[0],
      Authorization: `Bearer ${unsignedToken(consumer.claims('searchSlots'))}`,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const path = new URL(consumer.baseUrl + slotPath());
    const search = `GET ${path.pathname}${path.search} HTTP/1.1\r\nHost: gateway\r\n${lines.join('')}\r\n`;
    gateway.riverside.faults.script({ times: 'always', fault: { kind: 'delay', ms: 500, when: 'before' } });
    const answer = await exchange(search, 'no request at all\r\n\r\n');
    gateway.riverside.faults.clear();
    expect(answer).toMatchObject({ head: '', closed: true });
    expect((await exchange(search)).status).toBe(200);
  });
});

describe('a consumer that hangs up in the middle', () => {
  it.each([
    ['of the headers', 'GET /livez HT'],
    ['of the body', `${POST}Content-Length: 100\r\nContent-Type: application/fhir+json\r\n\r\n{`],
  ])('%s does no harm', async (_title, bytes) => {
    await new Promise<void>((resolve) => {
      const socket = connect(gateway.gateway.port, '127.0.0.1', () => {
        socket.write(bytes, () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
    });
    expect((await exchange(`${LIVE}\r\n`)).status).toBe(200);
    expect(gateway.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a request that comes too slowly', () => {
  it('whose headers are not complete within ten seconds is 408 [5.3-16]', async () => {
    const answer = await new Promise<string>((resolve) => {
      let received = '';
      const socket = connect(gateway.gateway.port, '127.0.0.1', () => socket.write(LIVE));
      socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
      socket.on('close', () => resolve(received));
    });
    const [head = '', body = '{}'] = answer.split('\r\n\r\n');
    expectOutcome({ head, status: Number(head.slice(9, 12)), body: JSON.parse(body), closed: true }, 408);
  }, 20_000);
});
