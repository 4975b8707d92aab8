/** Who may call what: consumers by ASID, organisation, certificate and interaction, at a practice and over a group. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bend, InteractionName, Json, TestAnswer } from '../support/consumer.js';
import { expectRefusal, slotPath } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  attempt,
  createPaper,
  mutualTls,
  NAME,
  OTHER_NAME,
  withAccess,
  type Paper,
} from '../support/secure-gateway.js';
import type { Issued } from '../support/certificates.js';

const SLOTS = 'urn:nhs:names:services:gpconnect:fhir:rest:search:slot-1';
const [KNOWN, SEARCHER, ROAMER, STRANGER] = ['200000009999', '200000009988', '200000009977', '200000009966'];

const LIST = `
  - { asid: '${KNOWN}', name: Northdale 111, organisations: [Z99902] }
  - { asid: '${SEARCHER}', name: Slot finder, organisations: [Z99902], interactions: ['${SLOTS}'] }
  - { asid: '${ROAMER}', name: Roaming, organisations: any }`;

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));

/** A99902 takes the calls of one consumer only, A99903 of another one. */
function withLists(yaml: string): string {
  return withAccess(
    '',
    LIST,
  )(yaml)
    .replace("asid: '200000009902'", `asid: '200000009902'\n    consumers: ['${ROAMER}']`)
    .replace("asid: '200000009903'", `asid: '200000009903'\n    consumers: ['${SEARCHER}', '${ROAMER}']`);
}

const organisation = (odsCode: string): Json => ({
  resourceType: 'Organization',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: odsCode }],
  name: 'Some organisation',
});

describe('consumers of a list', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ practices: withLists });
    started.push(gateway);
  });
  const PATHS: Partial<Record<InteractionName, string>> = { metadata: '/metadata', searchSlots: slotPath() };
  const ask = (asid: string, interaction: InteractionName, addressee = 'A99901', bend: Bend = {}) =>
    gateway
      .consumer(addressee)
      .get(interaction, PATHS[interaction] ?? '', { ...bend, headers: { 'Ssp-From': asid, ...bend.headers } });

  async function refused(answer: () => Promise<TestAnswer>, status = 403, code = 'ACCESS DENIED'): Promise<void> {
    const before = gateway.practiceCalls();
    expectRefusal(await answer(), status, code);
    expect(gateway.practiceCalls()).toBe(before);
  }

  it('access: a consumer of the list is served', async () => {
    expect((await ask(KNOWN, 'searchSlots')).status).toBe(200);
    expect((await ask(KNOWN, 'metadata')).status).toBe(200);
  });

  it('access: a consumer whose ASID is not in the list is 403, for metadata too', async () => {
    await refused(() => ask(STRANGER, 'searchSlots'));
    await refused(() => ask(STRANGER, 'metadata'));
  });

  it('access: an organisation that the consumer does not act for is 403 [15-5]', async () => {
    const claims = { requesting_organization: organisation('Z99903') };
    await refused(() => ask(KNOWN, 'searchSlots', 'A99901', { claims }));
    expect((await ask(ROAMER, 'searchSlots', 'A99901', { claims })).status).toBe(200);
  });

  it('access: an interaction that the consumer may not use is 403', async () => {
    expect((await ask(SEARCHER, 'searchSlots')).status).toBe(200);
    await refused(() => ask(SEARCHER, 'metadata'));
  });

  it('access: a practice that does not take the calls of the consumer is 403', async () => {
    await refused(() => ask(KNOWN, 'searchSlots', 'A99902'));
    await refused(() => ask(SEARCHER, 'searchSlots', 'A99902'));
    expect((await ask(ROAMER, 'searchSlots', 'A99902')).status).toBe(200);
  });

  it('access: headers and token are judged first, so a faulty one is still 400', async () => {
    await refused(
      () => ask(STRANGER, 'searchSlots', 'A99901', { headers: { 'Ssp-TraceID': undefined } }),
      400,
      'BAD_REQUEST',
    );
    await refused(() => ask(STRANGER, 'searchSlots', 'A99901', { claims: { iss: undefined } }), 400, 'BAD_REQUEST');
  });

  it('access: each refusal is audited with who asked', async () => {
    await ask(STRANGER, 'searchSlots');
    const { audit } = gateway.gateway.records;
    await audit.flush();
    expect((await audit.rows(1, 1000)).at(-1)?.event).toMatchObject({
      kind: 'request',
      practice: 'A99901',
      status: 403,
      code: 'access-denied',
      consumerAsid: STRANGER,
      organisation: 'Z99902',
      userId: 'user-1',
    });
  });

  it('access: a group is searched for the practices that take the calls; the others are named as denied', async () => {
    const practicesOf = (answer: TestAnswer, mode: string): Json[] =>
      (answer.body.entry ?? []).filter((entry: Json) => entry.search.mode === mode);
    const all = await ask(ROAMER, 'searchSlots', 'federation/north');
    expect([all.status, all.headers.get('x-practices-answered')]).toEqual([200, '3/3']);

    const before = gateway.hillside.requests.count();
    const some = await ask(KNOWN, 'searchSlots', 'federation/north');
    expect([some.status, some.headers.get('x-practices-answered')]).toEqual([200, '1/3']);
    const outcomes = practicesOf(some, 'outcome').map(({ resource }: Json) => resource.issue[0]);
    expect(outcomes.map(({ severity, details }: Json) => [severity, details.coding[0].code])).toEqual([
      ['warning', 'ACCESS DENIED'],
      ['warning', 'ACCESS DENIED'],
    ]);
    expect(outcomes.map(({ diagnostics }: Json) => /A9990\d/.exec(diagnostics)?.[0])).toEqual(['A99902', 'A99903']);
    expect(JSON.stringify(practicesOf(some, 'match'))).not.toMatch(/A9990[23]/);
    expect(gateway.hillside.requests.count()).toBe(before);

    await refused(() => ask(STRANGER, 'searchSlots', 'federation/north'));
  });

  it('access: a group of which no practice takes the calls is 403', async () => {
    const lonely = await startTestGateway({
      practices: (yaml) => withLists(yaml).replace('practices: [A99901, A99902, A99903]', 'practices: [A99902]'),
    });
    started.push(lonely);
    const bend = { headers: { 'Ssp-From': KNOWN } } as Bend;
    const answer = await lonely.consumer('federation/north').get('searchSlots', slotPath(), bend);
    expectRefusal(answer, 403, 'ACCESS DENIED');
    expect(lonely.practiceCalls()).toBe(0);
  });

  it.each(['Ssp-From', 'Ssp-To', 'Ssp-TraceID', 'Ssp-InteractionID', 'Authorization'])(
    'access: a request with two headers %s is 400',
    async (name) => {
      const consumer = gateway.consumer();
      const one: Record<string, string> = {
        Host: 'gateway',
        'Ssp-From': KNOWN,
        'Ssp-To': '200000009901',
        'Ssp-TraceID': '7a1c8e6e-3b4f-4f0a-9d55-0f5f5f1d2c3b',
        'Ssp-InteractionID': SLOTS,
        Authorization: `Bearer ${token(consumer.claims('searchSlots'))}`,
      };
      const headers = [...Object.entries(one).flat(), name, one[name] ?? ''];
      const before = gateway.practiceCalls();
      expect(await statusOf(headers)).toBe(400);
      expect(gateway.practiceCalls()).toBe(before);
      expect(await statusOf(headers.slice(0, -2))).toBe(200);

      function statusOf(list: string[]): Promise<number> {
        return new Promise((resolve, reject) => {
          const path = `/A99901/STU3/1/gpconnect${slotPath()}`;
          const sent = request({ port: gateway.gateway.port, host: '127.0.0.1', path, headers: list });
          sent.on('response', (response) => resolve(response.resume().statusCode ?? 0));
          sent.on('error', reject);
          sent.end();
        });
      }
    },
  );

  it('access: TRACE is refused, and sends nothing back', async () => {
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const path = '/A99901/STU3/1/gpconnect/metadata';
      const headers = { 'X-Mirror': 'mirrored' };
      const sent = request({ port: gateway.gateway.port, host: '127.0.0.1', method: 'TRACE', path, headers });
      sent.on('response', (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on('error', reject);
      sent.end();
    });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('mirrored');
  });
});

function token(claims: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

describe('consumers with certificates of their own', () => {
  let paper: Paper;
  let gateway: TestGateway;
  let [spine, hub]: [Issued?, Issued?] = [];
  beforeAll(async () => {
    paper = await createPaper();
    [spine, hub] = [
      await paper.clients.issue({ commonName: NAME }),
      await paper.clients.issue({ commonName: OTHER_NAME }),
    ];
    const list = `
  - { asid: '${KNOWN}', name: Northdale 111, organisations: [Z99902] }
  - { asid: '${ROAMER}', name: Hub, organisations: any, certificates: [${OTHER_NAME}] }`;
    gateway = await startTestGateway({ practices: withAccess(mutualTls(paper), list) });
    started.push(gateway);
  });
  afterAll(() => paper.remove());

  it.each([
    ['its own certificate', ROAMER, OTHER_NAME, 200],
    ["another consumer's certificate", ROAMER, NAME, 400],
    ['a certificate that is no single consumer’s', KNOWN, NAME, 200],
    ['a certificate that is another consumer’s own', KNOWN, OTHER_NAME, 400],
  ])('access: Ssp-From with %s', async (_title, from = '', name, status) => {
    const before = gateway.practiceCalls();
    const certificate = name === NAME ? spine : hub;
    if (!certificate) throw new Error('no certificate');
    const answer = await attempt(gateway, { ca: paper.servers.certificate, certificate, from });
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(answer.body.issue[0].details.coding[0].code).toBe('BAD_REQUEST');
    expect(gateway.practiceCalls()).toBe(before);
  });
});

describe('switches of a practice', () => {
  it('enablement: each switch that is set differently from the last start is audited, the first start included [14-6]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slotbridge-switches-'));
    const ledgerFile = join(folder, 'ledger.sqlite');
    const eventsOf = async (practices: (yaml: string) => string): Promise<unknown[]> => {
      const gateway = await startTestGateway({ practices, ledgerFile });
      const rows = await gateway.gateway.records.audit.rows(1, 100);
      await gateway.stop();
      return rows
        .filter(({ event }) => event.kind === 'enablement-changed')
        .map(({ event: { practice, state } }) => `${practice} ${state}`);
    };
    const first = await eventsOf((yaml) => yaml);
    expect(first).toHaveLength(6);
    expect(first[0]).toBe('A99901 foundations on');
    expect(await eventsOf((yaml) => yaml)).toEqual(first);
    const changed = await eventsOf((yaml) => yaml.replace('foundations: true', 'foundations: false'));
    expect(changed.slice(6)).toEqual(['A99901 foundations off']);
    rmSync(folder, { recursive: true });
  });
});
