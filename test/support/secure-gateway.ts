/** A whole gateway behind real TLS, with what it takes to connect to it rightly and wrongly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { createAuthority, type Authority, type Issued } from './certificates.js';
import { INTERACTIONS, unsignedToken, type InteractionName, type Json } from './consumer.js';
import type { TestGateway } from './gateway.js';
import { slotPath } from './flow.js';

export const NAME = 'msg.spine.example.nhs.uk';
export const OTHER_NAME = 'hub.example.nhs.uk';

export interface Paper {
  readonly folder: string;
  readonly clients: Authority;
  readonly servers: Authority;
  readonly server: Issued;
  path(name: string): string;
  write(name: string, content: string | Buffer): string;
  remove(): void;
}

/** The files of a gateway: its certificate and key, and the authority of its clients. */
export async function createPaper(): Promise<Paper> {
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-tls-'));
  const [clients, servers] = await Promise.all([createAuthority('Test clients'), createAuthority('Test servers')]);
  const server = await servers.issue({ commonName: 'localhost', dnsNames: ['localhost'], kind: 'rsa' });
  const path = (name: string): string => join(folder, name);
  const write = (name: string, content: string | Buffer): string => {
    writeFileSync(path(name), content);
    return path(name);
  };
  write('gateway.pem', server.certificate);
  write('gateway.key', server.key);
  write('clients.pem', clients.certificate);
  return { folder, clients, servers, server, path, write, remove: () => rmSync(folder, { recursive: true }) };
}

export function tlsPart(paper: Paper, more = ''): string {
  return [
    '  tls:',
    `    certificate: { file: '${paper.path('gateway.pem')}' }`,
    `    key: { file: '${paper.path('gateway.key')}' }`,
    `    clientCa: { file: '${paper.path('clients.pem')}' }`,
    ...(more === '' ? [] : [`    ${more}`]),
    '',
  ].join('\n');
}

export function mutualTls(paper: Paper, more = '', names: readonly string[] = [NAME, OTHER_NAME]): string {
  return `transport:\n  mode: mutual-tls\n  clientNames: [${names.join(', ')}]\n${tlsPart(paper, more)}`;
}

/** The demo's practices file with another way in, and with a list of consumers where one is given. */
export function withAccess(transport: string, consumers = 'any'): (yaml: string) => string {
  return (yaml) => `${transport}\n${yaml.replace(/^consumers: any$/m, `consumers: ${consumers}`)}`;
}

export interface Attempt {
  readonly interaction?: InteractionName;
  readonly addressee?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly from?: string;
  readonly certificate?: Pick<Issued, 'certificate' | 'key'>;
  readonly ca?: string;
  readonly versions?: readonly [SecureVersion, SecureVersion];
  readonly ciphers?: string;
}

export interface Outcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
  readonly cipher: string | undefined;
  readonly protocol: string | null | undefined;
}

/** One request on a connection of its own. Rejects when the connection is closed without an answer. */
export function attempt(gateway: TestGateway, given: Attempt = {}): Promise<Outcome> {
  const { interaction = 'searchSlots', addressee = 'A99901' } = given;
  const consumer = gateway.consumer(addressee);
  const [id] = INTERACTIONS[interaction];
  const asid = addressee === 'federation/north' ? '200000009900' : `2000000099${addressee.slice(-2)}`;
  const isSecure = gateway.url.startsWith('https:');
  const options = {
    method: 'GET',
    agent: false as const,
    headers: {
      'Ssp-TraceID': '7a1c8e6e-3b4f-4f0a-9d55-0f5f5f1d2c3b',
      'Ssp-From': given.from ?? '200000009999',
      'Ssp-To': asid,
      'Ssp-InteractionID': id,
      Authorization: `Bearer ${unsignedToken(consumer.claims(interaction, given.claims))}`,
      Accept: 'application/fhir+json',
      ...given.headers,
    },
    ...(isSecure && {
      servername: 'localhost',
      ca: given.ca,
      cert: given.certificate?.certificate,
      key: given.certificate?.key,
      ...(given.versions && { minVersion: given.versions[0], maxVersion: given.versions[1] }),
      ...(given.ciphers !== undefined && { ciphers: given.ciphers }),
    }),
  };
  const url = consumer.baseUrl + (given.path ?? slotPath());
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? httpsRequest : httpRequest)(url, options, (response) => {
      const socket = response.socket as unknown as {
        getCipher?: () => { name: string };
        getProtocol?: () => string | null;
      };
      const [cipher, protocol] = [socket.getCipher?.().name, socket.getProtocol?.()];
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const body: Json = text === '' ? undefined : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, cipher, protocol });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
