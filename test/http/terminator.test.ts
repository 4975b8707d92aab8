/** Behind a terminator: whose word on the client certificate counts; and the loopback mode, which protects nothing. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config.js';
import { registry } from '../../src/connectors/registry.js';
import { BindingRefused } from '../../src/http/access/transport.js';
import { startGateway } from '../../src/main.js';
import { createSystemRuntime } from '../../src/system.js';
import { demoEnvironment, FIXTURES, startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  attempt,
  createPaper,
  NAME,
  tlsPart,
  withAccess,
  type Attempt,
  type Outcome,
  type Paper,
} from '../support/secure-gateway.js';

const HEADER = 'X-Client-Name';
const PEER = 'proxy.example.nhs.uk';

function terminator(peers: string, more = ''): string {
  return `transport:\n  mode: behind-terminator\n  peers: [${peers}]\n  clientNameHeader: ${HEADER}\n  clientNames: [${NAME}]\n${more}`;
}

const started: TestGateway[] = [];
async function start(transport: string): Promise<TestGateway> {
  const gateway = await startTestGateway({ practices: withAccess(transport) });
  started.push(gateway);
  return gateway;
}
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));

async function expectClosed(gateway: TestGateway, given: Attempt, reason: string): Promise<void> {
  await expect(attempt(gateway, given)).rejects.toThrow();
  expect(gateway.practiceCalls()).toBe(0);
  await expect.poll(() => gateway.logLines.at(-1)).toMatchObject({ event: 'connection-refused', fields: { reason } });
}

async function expectDenied(gateway: TestGateway, given: Attempt): Promise<void> {
  const before = gateway.practiceCalls();
  const answer: Outcome = await attempt(gateway, given);
  expect(answer).toMatchObject({
    status: 403,
    body: { resourceType: 'OperationOutcome', issue: [{ code: 'forbidden' }] },
  });
  expect(gateway.practiceCalls()).toBe(before);
}

describe('behind a terminator on this machine', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start(terminator("'127.0.0.1'"));
  });

  it('the name that the terminator gives counts, in any letter case, and is audited', async () => {
    expect((await attempt(gateway, { headers: { [HEADER]: NAME.toUpperCase() } })).status).toBe(200);
    const { audit } = gateway.gateway.records;
    await audit.flush();
    expect((await audit.rows(1, 100)).at(-1)?.event).toMatchObject({ status: 200, certificate: NAME });
  });

  it.each([
    ['no name', {}],
    ['an empty name', { [HEADER]: '' }],
    ['a name that may not connect', { [HEADER]: 'other.example.nhs.uk' }],
    ['several names in one header', { [HEADER]: `other.example.nhs.uk, ${NAME}` }],
    ['a name with a wildcard', { [HEADER]: '*.spine.example.nhs.uk' }],
    ['the name in another header', { 'X-SSL-Client-CN': NAME }],
  ])('a request with %s is 403, and audited', async (_title, headers) => {
    await expectDenied(gateway, { headers });
    const { audit } = gateway.gateway.records;
    await audit.flush();
    expect((await audit.rows(1, 100)).at(-1)?.event).toMatchObject({ status: 403, code: 'access-denied' });
  });

  it('a request with two such headers is 403', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = ['Host', 'gateway', HEADER, 'other.example.nhs.uk', HEADER, NAME];
      const sent = request({ port: gateway.gateway.port, path: '/A99901/STU3/1/gpconnect/metadata', headers });
      sent.on('response', (response) => resolve(response.resume().statusCode ?? 0));
      sent.on('error', reject);
      sent.end();
    });
    expect(status).toBe(403);
  });

  it('what nothing is served at is not told to those who may not connect', async () => {
    await expectDenied(gateway, { path: '/Nothing' });
  });

  it('a request keeps what proxies on the way have written for the audit trail', async () => {
    const forwarded = 'for=192.0.2.7;proto=https;by=203.0.113.4';
    await attempt(gateway, { headers: { [HEADER]: NAME, Forwarded: forwarded } });
    await attempt(gateway, { headers: { [HEADER]: NAME, 'X-Forwarded-For': '192.0.2.8' } });
    const { audit } = gateway.gateway.records;
    await audit.flush();
    const rows = await audit.rows(1, 100);
    expect(rows.slice(-2).map(({ event }) => event.forwarded)).toEqual([forwarded, 'for=192.0.2.8']);
  });
});

describe('a peer that is not configured', () => {
  it('is closed before a request is read, whatever its headers say', async () => {
    const gateway = await start(terminator("'10.99.0.0/16', '::1'"));
    await expectClosed(gateway, { headers: { [HEADER]: NAME } }, 'unknown-peer');
  });

  it('a network of peers counts as a whole', async () => {
    const gateway = await start(terminator("'127.0.0.0/8'"));
    expect((await attempt(gateway, { headers: { [HEADER]: NAME } })).status).toBe(200);
  });
});

describe('a terminator that connects over mutual TLS', () => {
  let paper: Paper;
  let gateway: TestGateway;
  beforeAll(async () => {
    paper = await createPaper();
    gateway = await start(terminator("'127.0.0.1'", `  peerNames: [${PEER}]\n${tlsPart(paper)}`));
  });
  afterAll(() => paper.remove());

  it('is believed with its own certificate only', async () => {
    const ca = paper.servers.certificate;
    const headers = { [HEADER]: NAME };
    const [own, consumers] = [
      await paper.clients.issue({ commonName: PEER }),
      await paper.clients.issue({ commonName: NAME }),
    ];
    await expectClosed(gateway, { ca, headers, certificate: consumers }, 'name-not-allowed');
    await expect(attempt(gateway, { ca, headers })).rejects.toThrow();
    expect((await attempt(gateway, { ca, headers, certificate: own })).status).toBe(200);
    await expectDenied(gateway, { ca, certificate: own });
  });
});

describe('without a transport', () => {
  const configuration = loadConfiguration(
    `${FIXTURES}/demo/practices.yaml`,
    demoEnvironment({
      publicUrl: 'https://gateway.example.nhs.uk',
      ledgerFile: ':memory:',
      riverside: 'http://127.0.0.1:9',
      hillside: 'http://127.0.0.1:9',
      register: 'http://127.0.0.1:9',
    }),
    registry,
  );
  const silent = () => undefined;
  const log = { info: silent, warn: silent, error: silent };

  it.each(['0.0.0.0', '::', '192.0.2.1', 'gateway.example.nhs.uk', '127.evil.example'])(
    'the gateway does not listen on %s',
    async (host) => {
      const starting = startGateway({ configuration, runtime: createSystemRuntime(), log, host, port: 0 });
      await expect(starting).rejects.toBeInstanceOf(BindingRefused);
    },
  );

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('it listens on %s', async (host) => {
    const gateway = await startGateway({ configuration, runtime: createSystemRuntime(), log, host, port: 0 }).catch(
      (error: NodeJS.ErrnoException) => {
        // A machine without IPv6.
        if (host === '::1' && error.code === 'EADDRNOTAVAIL') return undefined;
        throw error;
      },
    );
    await gateway?.stop();
  });
});
