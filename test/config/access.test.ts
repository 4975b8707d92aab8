/** The practices file's `transport` and `consumers`: what is wrong with them is said at once, with line and advice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPaper, type Paper } from '../support/secure-gateway.js';
import { complaintsOf, environment, load, practicesFile } from './practices-file.js';

const NAMES = ['msg.example.nhs.uk'];
const CONSUMER = { asid: '200000009999', name: 'Northdale', organisations: ['Z99902'] };
let paper: Paper;
beforeAll(async () => {
  paper = await createPaper();
});
afterAll(() => paper.remove());

const tls = (more: object = {}): object => ({
  certificate: { file: paper.path('gateway.pem') },
  key: { file: paper.path('gateway.key') },
  clientCa: { file: paper.path('clients.pem') },
  ...more,
});
const mutual = (more: object = {}): object => ({ mode: 'mutual-tls', clientNames: NAMES, tls: tls(more) });
const behind = (more: object = {}): object => ({
  mode: 'behind-terminator',
  peers: ['127.0.0.1'],
  clientNameHeader: 'X-Client-Name',
  clientNames: NAMES,
  ...more,
});
const withTransport = (transport: unknown, more: object = {}): object => ({ ...practicesFile(), transport, ...more });

describe('transport', () => {
  it('is loopback only when nothing is said', () => {
    expect(load(practicesFile()).transport).toEqual({ mode: 'insecure-loopback' });
  });

  it('may be mutual TLS, its files read and its names in lower case', () => {
    const { transport } = load(withTransport({ ...mutual(), clientNames: ['MSG.Example.nhs.uk'] }));
    expect(transport).toEqual({
      mode: 'mutual-tls',
      clientNames: NAMES,
      tls: { ...tls(), crl: undefined, suites: 'gp-connect' },
    });
  });

  it('may take certificate and key from the environment', () => {
    const named = { certificate: { env: 'TLS_CERTIFICATE' }, key: { env: 'TLS_KEY' } };
    const env = { ...environment, TLS_CERTIFICATE: paper.server.certificate, TLS_KEY: paper.server.key };
    expect(complaintsOf(withTransport(mutual(named)), env)).toEqual([]);
    expect(complaintsOf(withTransport(mutual(named)), { ...env, TLS_KEY: undefined })).toEqual([
      'transport.tls.key: the environment variable "TLS_KEY" is not set: set it',
    ]);
  });

  it('reports every fault of its files at once', async () => {
    const [expired, other] = [
      await paper.servers.issue({ commonName: 'localhost', from: -2, until: -1 }),
      await paper.servers.issue({ commonName: 'localhost' }),
    ];
    const old = {
      certificate: { file: paper.write('expired.pem', expired.certificate) },
      key: { file: paper.write('other.key', other.key) },
      clientCa: { file: paper.write('leaf.pem', other.certificate) },
      crl: { file: paper.write('crl.txt', 'nothing') },
    };
    const complaints = complaintsOf(withTransport(mutual(old)));
    expect(complaints.map((one) => one.replace(/\(.*\)/, '()'))).toEqual([
      'transport.tls.certificate: is expired (): replace it',
      'transport.tls.key: does not fit the certificate: they must be made together',
      'transport.tls.clientCa: holds no valid certificate of an authority, so nobody could ever connect: replace it',
      'transport.tls.crl: holds no readable certificate revocation list: it must be PEM text, or one list as DER',
    ]);
  });

  it('names files that are missing or are something else, and never quotes what is in them', () => {
    const strange = {
      certificate: { file: paper.path('gateway.key') },
      key: { file: paper.path('gateway.pem') },
      clientCa: { file: '/nowhere/ca.pem' },
    };
    const complaints = complaintsOf(withTransport(mutual(strange)));
    expect(complaints).toEqual([
      'transport.tls.certificate: holds no readable certificate: it must be PEM text (-----BEGIN CERTIFICATE-----)',
      'transport.tls.key: holds no readable private key: it must be PEM text without a pass phrase',
      'transport.tls.clientCa: the file "/nowhere/ca.pem" cannot be read: check that it exists and may be read',
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an unknown mode', () => ({ mode: 'tls' }), /^transport\.mode: must be one of/],
    ['a key nobody knows', () => ({ ...mutual(), clientName: [] }), /^transport\.clientName: .*`clientNames`/],
    ['no names', () => ({ ...mutual(), clientNames: [] }), /^transport\.clientNames: must not be empty/],
    ['a wildcard', () => ({ ...mutual(), clientNames: ['*.nhs.uk'] }), /^transport\.clientNames\[0\]: .*wildcard/],
    ['loopback with more', () => ({ mode: 'insecure-loopback', clientNames: NAMES }), /^transport\.clientNames: /],
    ['a peer by name', () => behind({ peers: ['proxy'] }), /^transport\.peers\[0\]: must be an IP address/],
    ['everybody as peers', () => behind({ peers: ['0.0.0.0/0'] }), /^transport\.peers\[0\]: must be an IP address/],
    ['a public peer without TLS', () => behind({ peers: ['203.0.113.7'] }), /^transport\.peers\[0\]: .*needs `tls`/],
    [
      'a network that is private in part',
      () => behind({ peers: ['192.168.0.0/8'] }),
      /^transport\.peers\[0\]: .*needs `tls`/,
    ],
    ["a consumer's own header", () => behind({ clientNameHeader: 'Ssp-From' }), /^transport\.clientNameHeader: /],
    ['TLS without the names of the peer', () => behind({ tls: tls() }), /^transport\.peerNames: is missing/],
    ['names of a peer without TLS', () => behind({ peerNames: NAMES }), /^transport\.peerNames: is of use with `tls`/],
  ])('with %s is a problem', (_title, transport, complaint) => {
    const complaints = complaintsOf(withTransport(transport()));
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(complaint);
  });

  it('takes private peers, and public ones over TLS', () => {
    const peers = ['10.0.0.0/8', '172.16.0.0/12', '192.168.4.0/24', '::1', 'fd00::/8'];
    expect(complaintsOf(withTransport(behind({ peers })))).toEqual([]);
    expect(complaintsOf(withTransport(behind({ peers: ['203.0.113.7'], tls: tls(), peerNames: NAMES })))).toEqual([]);
  });
});

describe('consumers', () => {
  it('left out: anybody, and a warning says so', () => {
    const file: Record<string, unknown> = practicesFile();
    delete file['consumers'];
    const { access, warnings } = load(file);
    expect(access.consumers).toBe('any');
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'consumers: is not set, so whoever can connect may call under any ASID: list the consumers, or say `any`',
    ]);
  });

  it('become rules: listed consumers, and practices that take some of them', () => {
    const file = { ...practicesFile(), consumers: [CONSUMER] };
    Object.assign(file.practices[1] ?? {}, { consumers: [CONSUMER.asid] });
    const { access } = load(file);
    expect(access.consumers).toEqual([{ ...CONSUMER, certificates: [], interactions: 'any' }]);
    expect([...access.practices]).toEqual([['A99902', [CONSUMER.asid]]]);
  });

  it.each<[string, object[], RegExp]>([
    ['an ASID twice', [CONSUMER, CONSUMER], /^consumers\[1\]\.asid: .* of another consumer \(consumers\[0\]\.asid\)/],
    ['no organisations', [{ asid: CONSUMER.asid, name: 'x' }], /^consumers\[0\]\.organisations: is missing/],
    [
      'an interaction nobody knows',
      [{ ...CONSUMER, interactions: ['urn:nhs:names:services:gpconnect:fhir:rest:search:slot-2'] }],
      /^consumers\[0\]\.interactions\[0\]: .*did you mean ".*slot-1"/,
    ],
    [
      'certificates that nobody asks for',
      [{ ...CONSUMER, certificates: ['hub.example.nhs.uk'] }],
      /^consumers\[0\]\.certificates: needs a `transport`/,
    ],
  ])('with %s are a problem', (_title, consumers, complaint) => {
    const complaints = complaintsOf({ ...practicesFile(), consumers });
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(complaint);
  });

  it('with a certificate that may not connect are a problem', () => {
    const consumers = [{ ...CONSUMER, certificates: ['appointments.clinic.example.org'] }];
    expect(complaintsOf(withTransport(behind(), { consumers }))).toEqual([
      'consumers[0].certificates[0]: "appointments.clinic.example.org" is not in `transport.clientNames`: add it there',
    ]);
  });

  it('that a practice names and the file does not are a problem', () => {
    const file = practicesFile();
    Object.assign(file.practices[0] ?? {}, { consumers: [CONSUMER.asid] });
    expect(complaintsOf(file)).toEqual([
      'practices[0].consumers[0]: "200000009999" is the ASID of no consumer in this file: correct it, or add it to `consumers`',
    ]);
  });
});
