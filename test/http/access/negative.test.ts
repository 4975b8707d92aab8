/**
 * Plays the table of what may not get in, over real TLS sockets, against one gateway: each answer has its status and code,
 * no practice is asked, the ledger stays as it is, and the audit trail has one event for each.
 */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Issued } from '../../support/certificates.js';
import { INTERACTIONS, unsignedToken, type Json } from '../../support/consumer.js';
import { slotPath } from '../../support/flow.js';
import { startTestGateway, type TestGateway } from '../../support/gateway.js';
import {
  attempt,
  createPaper,
  mutualTls,
  NAME,
  OTHER_NAME,
  withAccess,
  type Paper,
} from '../../support/secure-gateway.js';
import { HUB, KNOWN, NEGATIVE_CASES, OWN_ORGANISATION, PATHS, SEARCHER, type NegativeCase } from './negative-cases.js';

const CONSUMERS = `
  - { asid: '${KNOWN}', name: Northdale 111, organisations: [${OWN_ORGANISATION}] }
  - { asid: '${SEARCHER}', name: Slot finder, organisations: any, interactions: ['${INTERACTIONS.searchSlots[0]}'] }
  - { asid: '${HUB}', name: Hub, organisations: any, certificates: [${OTHER_NAME}] }`;

let paper: Paper;
let gateway: TestGateway;
let folder: string;
let certificates: Readonly<Record<'any' | 'hub', Issued>>;
/** Status and what was sent, in the order in which it was played. */
const played: { readonly title: string; readonly status: number; readonly bytes: string }[] = [];
let rowsBefore: readonly (readonly [string, number])[];
let auditedBefore: number;

beforeAll(async () => {
  paper = await createPaper();
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-negative-'));
  certificates = {
    any: await paper.clients.issue({ commonName: NAME }),
    hub: await paper.clients.issue({ commonName: OTHER_NAME }),
  };
  const listed = withAccess(mutualTls(paper), CONSUMERS);
  gateway = await startTestGateway({
    ledgerFile: join(folder, 'ledger.sqlite'),
    practices: (yaml) =>
      listed(yaml).replace("asid: '200000009902'", `asid: '200000009902'\n    consumers: ['${HUB}']`),
    overload: { requestsPerSecond: undefined },
  });
  // What the cases depart from is let in.
  const right = await attempt(gateway, { ca: paper.servers.certificate, certificate: certificates.any });
  expect(right.status).toBe(200);
  expect(gateway.practiceCalls()).toBeGreaterThan(0);
  rowsBefore = ledgerRows();
  auditedBefore = (await auditedStatuses()).length;
});
afterAll(async () => {
  await gateway.stop();
  paper.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Rows of every table but the audit trail. */
function ledgerRows(): (readonly [string, number])[] {
  const database = new Database(join(folder, 'ledger.sqlite'), { readonly: true });
  try {
    return ['attempt', 'attempt_slot', 'attempt_booking', 'patient_link'].map((table) => {
      const row = database.prepare(`select count(*) as count from ${table}`).get() as { count: number };
      return [table, row.count] as const;
    });
  } finally {
    database.close();
  }
}

async function auditedStatuses(): Promise<(number | undefined)[]> {
  const { audit } = gateway.gateway.records;
  await audit.flush();
  return (await audit.rows(1, 10_000)).map(({ event }) => (event.kind === 'request' ? event.status : undefined));
}

function bytesOf(one: NegativeCase): string {
  const { interaction, addressee = 'A99901', headers = {} } = one;
  const consumer = gateway.consumer(addressee);
  const [method, path] = PATHS[interaction];
  const claims = consumer.claims(interaction, one.claims);
  const asid = addressee === 'A99901' ? '200000009901' : `2000000099${addressee.slice(-2)}`;
  const all: NonNullable<NegativeCase['headers']> = {
    Host: 'localhost',
    'Ssp-TraceID': '7a1c8e6e-3b4f-4f0a-9d55-0f5f5f1d2c3b',
    'Ssp-From': KNOWN,
    'Ssp-To': asid,
    'Ssp-InteractionID': INTERACTIONS[interaction][0],
    Authorization: one.authorization?.(claims) ?? `Bearer ${unsignedToken(claims)}`,
    Accept: 'application/fhir+json',
    ...((one.body !== undefined || method !== 'GET') && {
      'Content-Type': 'application/fhir+json',
      'Content-Length': String(Buffer.byteLength(one.body ?? '')),
    }),
    ...headers,
    Connection: 'close',
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((text) => `${name}: ${text}\r\n`),
  );
  const root = one.isWhole ? '' : `/${addressee}/STU3/1/gpconnect`;
  const request = `${one.method ?? method} ${root}${one.path ?? path} HTTP/1.1\r\n${lines.join('')}\r\n${one.body ?? ''}`;
  return one.wire?.(request) ?? request;
}

/** On a connection of its own, to its end. */
function exchange(bytes: string, certificate: Issued): Promise<{ status: number; body: Json }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({
      port: gateway.gateway.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: paper.servers.certificate,
      cert: certificate.certificate,
      key: certificate.key,
    });
    socket.setEncoding('utf8');
    socket.on('secureConnect', () => socket.write(bytes));
    socket.on('data', (part: string) => (text += part));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, body: body.startsWith('{') ? JSON.parse(body) : undefined });
    });
  });
}

describe('what may not get in', () => {
  it.each(NEGATIVE_CASES.map((one) => [one.title, one] as const))('%s', async (title, one) => {
    const calls = gateway.practiceCalls();
    const bytes = bytesOf(one);
    const { status, body } = await exchange(bytes, certificates[one.certificate ?? 'any']);
    played.push({ title, status, bytes });
    expect({ status, code: body?.issue?.[0]?.details?.coding?.[0]?.code }).toEqual({
      status: one.status,
      code: one.code,
    });
    expect(gateway.practiceCalls()).toBe(calls);
  });

  it('are 150 or more requests, no two of them alike', () => {
    expect(new Set(NEGATIVE_CASES.map(({ title }) => title)).size).toBe(NEGATIVE_CASES.length);
    expect(new Set(played.map(({ bytes }) => bytes)).size).toBeGreaterThanOrEqual(150);
  });

  it('leave one audit event each, with the status that was answered', async () => {
    const events = (await auditedStatuses()).slice(auditedBefore);
    expect(events).toEqual(played.map(({ status }) => status));
  });

  it('leave no other row in the ledger', () => {
    expect(ledgerRows()).toEqual(rowsBefore);
  });

  it('do not stand in the way of the request that they all depart from', async () => {
    const given = { ca: paper.servers.certificate, certificate: certificates.any, path: slotPath() };
    expect((await attempt(gateway, given)).status).toBe(200);
  });
});
