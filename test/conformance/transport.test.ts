/** Mutual TLS in the process, over real sockets: who gets through the handshake, and with what. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { utimesSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { createAuthority, type Issued } from '../support/certificates.js';
import {
  attempt,
  createPaper,
  mutualTls,
  NAME,
  withAccess,
  type Attempt,
  type Paper,
} from '../support/secure-gateway.js';

let paper: Paper;
let good: Issued;
const started: TestGateway[] = [];

async function start(more = ''): Promise<TestGateway> {
  const gateway = await startTestGateway({ practices: withAccess(mutualTls(paper, more)) });
  started.push(gateway);
  return gateway;
}

beforeAll(async () => {
  paper = await createPaper();
  good = await paper.clients.issue({ commonName: NAME });
});
afterAll(async () => {
  await Promise.all(started.map((gateway) => gateway.stop()));
  paper.remove();
});

/** The connection is closed without an answer, no request is seen and no practice is asked. */
async function expectClosed(gateway: TestGateway, given: Attempt): Promise<void> {
  const [calls, lines] = [gateway.practiceCalls(), gateway.logLines.length];
  await expect(attempt(gateway, { ca: paper.servers.certificate, ...given })).rejects.toThrow();
  expect(gateway.practiceCalls()).toBe(calls);
  await expect.poll(() => gateway.logLines.slice(lines).map(({ event }) => event)).toEqual(['connection-refused']);
}

const reasonOf = (gateway: TestGateway): string | undefined => gateway.logLines.at(-1)?.fields?.reason;

describe('mutual TLS', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start();
  });
  const send = (given: Attempt = {}) =>
    attempt(gateway, { ca: paper.servers.certificate, certificate: good, ...given });

  it('transport: a certificate of the right authority with an allowed name gets an answer, with HSTS [5.3-1]', async () => {
    const answer = await send();
    expect(answer).toMatchObject({ status: 200, protocol: 'TLSv1.3', body: { resourceType: 'Bundle' } });
    expect(answer.headers['strict-transport-security']).toMatch(/^max-age=\d{7,}/);
  });

  it('transport: the name may stand in the SAN as well as in the CN, in any letter case', async () => {
    for (const options of [
      { commonName: 'anything', dnsNames: ['else.example.nhs.uk', NAME] },
      { commonName: NAME, dnsNames: ['else.example.nhs.uk'] },
      { dnsNames: [NAME.toUpperCase()] },
    ]) {
      expect((await send({ certificate: await paper.clients.issue(options) })).status).toBe(200);
    }
  });

  it('transport: the audit event of a request names the certificate', async () => {
    await send();
    const { audit } = gateway.gateway.records;
    await audit.flush();
    const rows = await audit.rows(1, 1000);
    expect(rows.at(-1)?.event).toMatchObject({ kind: 'request', status: 200, certificate: NAME });
  });

  it('transport: without a client certificate the handshake fails [5.3-1 5.3-14]', () => expectClosed(gateway, {}));

  it('transport: with a certificate of another authority the handshake fails [5.3-10]', async () => {
    const stranger = await createAuthority('Strangers');
    await expectClosed(gateway, { certificate: await stranger.issue({ commonName: NAME }) });
  });

  it('transport: with a certificate of an authority of the same name the handshake fails [5.3-10]', async () => {
    const impostor = await createAuthority('Test clients');
    await expectClosed(gateway, { certificate: await impostor.issue({ commonName: NAME }) });
  });

  it('transport: with an expired certificate the handshake fails [5.3-11]', async () => {
    await expectClosed(gateway, { certificate: await paper.clients.issue({ commonName: NAME, from: -2, until: -1 }) });
    expect(reasonOf(gateway)).toBe('CERT_HAS_EXPIRED');
  });

  it('transport: with a certificate that is not valid yet the handshake fails', async () => {
    await expectClosed(gateway, { certificate: await paper.clients.issue({ commonName: NAME, from: 1, until: 2 }) });
  });

  it.each([
    ['another name', { commonName: 'other.example.nhs.uk' }],
    ['a wildcard', { commonName: '*.spine.example.nhs.uk', dnsNames: ['*.spine.example.nhs.uk'] }],
    ['a name that only begins alike', { commonName: `${NAME}.example.com` }],
    ['a name that only ends alike', { dnsNames: [`evil.${NAME}`] }],
    ['no name', {}],
  ])(
    'transport: with a certificate with %s the connection is closed before a request is read [5.3-13]',
    async (_title, options) => {
      await expectClosed(gateway, { certificate: await paper.clients.issue(options) });
      expect(reasonOf(gateway)).toBe('name-not-allowed');
    },
  );

  it.each(['TLSv1', 'TLSv1.1'] as const)('transport: with %s the handshake fails [5.3-4]', async (version) => {
    await expectClosed(gateway, { certificate: good, versions: [version, version], ciphers: 'ALL:@SECLEVEL=0' });
  });

  it.each([
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-SHA384',
    'ECDHE-RSA-AES256-SHA',
    'DHE-RSA-AES128-GCM-SHA256',
    'DHE-RSA-AES256-GCM-SHA384',
    'DHE-RSA-AES256-SHA256',
    'DHE-RSA-AES256-SHA',
  ])('transport: TLS 1.2 with %s is accepted [5.3-3 5.3-6 5.3-7 5.3-8]', async (suite) => {
    const answer = await send({ versions: ['TLSv1.2', 'TLSv1.2'], ciphers: suite });
    expect(answer).toMatchObject({ status: 200, protocol: 'TLSv1.2', cipher: suite });
  });

  it.each(['AES128-SHA256', 'NULL-MD5', 'AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA', 'AES128-SHA', 'ADH-AES256-SHA'])(
    'transport: TLS 1.2 with %s is refused in the handshake [5.3-9]',
    async (suite) => {
      await expectClosed(gateway, {
        certificate: good,
        versions: ['TLSv1.2', 'TLSv1.2'],
        ciphers: `${suite}:@SECLEVEL=0`,
      });
    },
  );

  it("transport: the gateway's order of suites counts, not the consumer's [5.3-5]", async () => {
    const wishes = 'DHE-RSA-AES256-SHA:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256';
    const answer = await send({ versions: ['TLSv1.2', 'TLSv1.2'], ciphers: wishes });
    expect(answer.cipher).toBe('ECDHE-RSA-AES128-GCM-SHA256');
  });

  it('transport: plain HTTP is closed without an answer and without a redirect [5.3-2]', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(gateway.gateway.port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\n\r\n'));
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      socket.on('error', reject);
      socket.on('close', () => resolve(received));
    });
    expect(answer).not.toContain('HTTP');
    expect(reasonOf(gateway)).toBe('ERR_SSL_HTTP_REQUEST');
  });

  it('transport: a session is never resumed, so that every connection is checked anew', async () => {
    const shake = (session?: Buffer): Promise<{ resumed: boolean; session: Buffer | undefined }> =>
      new Promise((resolve, reject) => {
        let ticket: Buffer | undefined;
        let resumed = true;
        const socket = connectTls({
          port: gateway.gateway.port,
          host: '127.0.0.1',
          servername: 'localhost',
          ca: paper.servers.certificate,
          cert: good.certificate,
          key: good.key,
          ...(session && { session }),
        });
        socket.on('session', (given: Buffer) => (ticket = given));
        socket.on('error', reject);
        socket.on('secureConnect', () => {
          resumed = socket.isSessionReused();
          socket.write('GET /livez HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n');
        });
        socket.on('data', () => undefined);
        socket.on('close', () => resolve({ resumed, session: ticket }));
      });
    const first = await shake();
    expect((await shake(first.session)).resumed).toBe(false);
  });
});

describe('mutual TLS with AES-GCM suites only', () => {
  it('transport: a CBC suite is refused where only AES-GCM is wanted', async () => {
    const gateway = await start('suites: aead-only');
    const secure = { ca: paper.servers.certificate, certificate: good, versions: ['TLSv1.2', 'TLSv1.2'] } as const;
    expect((await attempt(gateway, { ...secure, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).status).toBe(200);
    await expectClosed(gateway, { ...secure, ciphers: 'ECDHE-RSA-AES256-SHA384' });
  });
});

describe('revocation', () => {
  const DAY_MS = 86_400_000;
  const ready = async (gateway: TestGateway): Promise<number> =>
    (await attempt(gateway, { ca: paper.servers.certificate, certificate: good, path: '/../../../../readyz' })).status;

  it('transport: a revoked certificate is refused, and a list that changes counts without a restart [5.3-12]', async () => {
    const [revoked, later] = [
      await paper.clients.issue({ commonName: NAME }),
      await paper.clients.issue({ commonName: NAME }),
    ];
    const file = paper.write('clients.crl', (await paper.clients.revocations([revoked.serialNumber])).pem);
    const gateway = await start(`crl: { file: '${file}' }`);
    const send = (certificate: Issued) => attempt(gateway, { ca: paper.servers.certificate, certificate });
    await expectClosed(gateway, { certificate: revoked });
    expect(reasonOf(gateway)).toBe('CERT_REVOKED');
    expect((await send(later)).status).toBe(200);

    // DER, as authorities publish it.
    paper.write('clients.crl', (await paper.clients.revocations([later.serialNumber])).der);
    gateway.gateway.reloadTls();
    await expect(send(later)).rejects.toThrow();
    expect((await send(revoked)).status).toBe(200);
  });

  it('transport: a file that cannot be used changes nothing and is logged', async () => {
    const file = paper.write('broken.crl', (await paper.clients.revocations([])).pem);
    const gateway = await start(`crl: { file: '${file}' }`);
    paper.write('broken.crl', 'not a list');
    gateway.gateway.reloadTls();
    expect(gateway.logLines.at(-1)).toMatchObject({ event: 'transport-reload-failed', fields: { reason: 'crl' } });
    expect((await attempt(gateway, { ca: paper.servers.certificate, certificate: good })).status).toBe(200);
  });

  it('transport: a changed file is seen without being told', async () => {
    const revoked = await paper.clients.issue({ commonName: NAME });
    const file = paper.write('watched.crl', (await paper.clients.revocations([])).pem);
    const gateway = await start(`crl: { file: '${file}' }`);
    paper.write('watched.crl', (await paper.clients.revocations([revoked.serialNumber])).pem);
    await expect
      .poll(() => gateway.logLines.some(({ event }) => event === 'transport-reloaded'), { timeout: 15_000 })
      .toBe(true);
    await expect(attempt(gateway, { ca: paper.servers.certificate, certificate: revoked })).rejects.toThrow();
  }, 20_000);

  it('transport: a list older than a day makes the gateway not ready; a fresh one makes it ready again', async () => {
    const file = paper.write('old.crl', (await paper.clients.revocations([])).pem);
    const gateway = await start(`crl: { file: '${file}' }`);
    const written = (ago: number): void => {
      const at = new Date(gateway.clock.now() - ago);
      utimesSync(file, at, at);
      gateway.gateway.reloadTls();
    };
    written(DAY_MS - 60_000);
    expect(await ready(gateway)).toBe(200);
    gateway.clock.advance(2 * 60_000);
    expect(await ready(gateway)).toBe(503);
    written(0);
    expect(await ready(gateway)).toBe(200);
  });
});
