import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERACTIONS, unsignedToken, type Bend, type InteractionName, type TestAnswer } from '../support/consumer.js';
import { expectRefusal } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  prepareEveryInteraction,
  READS,
  sendRaw,
  EVERY_INTERACTION,
  forEveryInteraction,
  shareAddress,
  type Prepared,
} from '../support/every-interaction.js';

const HEADERS = ['Ssp-TraceID', 'Ssp-From', 'Ssp-To', 'Ssp-InteractionID', 'Authorization'] as const;
const EVERY_HEADER = forEveryInteraction(HEADERS);
const AUTHORIZATION = { Authorization: undefined };

let gateway: TestGateway;
let requests: Readonly<Record<InteractionName, Prepared>>;
beforeAll(async () => {
  gateway = await startTestGateway();
  requests = await prepareEveryInteraction(gateway.consumer());
});
afterAll(() => gateway.stop());

function send(name: InteractionName, bend: Bend): Promise<TestAnswer> {
  const { method, path, body } = requests[name];
  return gateway.consumer().send(method, name, path, bend, body);
}

/** The refusal, and that nothing was asked of a practice for it. */
async function refused(name: InteractionName, bend: Bend, where: string): Promise<void> {
  const before = gateway.practiceCalls();
  const issue = expectRefusal(await send(name, bend), 400, 'BAD_REQUEST');
  expect(issue.code).toBe('invalid');
  expect(issue.expression).toEqual([where]);
  expect(gateway.practiceCalls()).toBe(before);
}

describe('required headers', () => {
  it.each(EVERY_HEADER)(
    '%s: without %s it is 400 BAD_REQUEST [5.1-1 5.1-2 5.1-3 5.1-4 5.1-5 5.1-14 5.1-15 5.1-16 7.3-1]',
    (_title, header, name) => refused(name, { headers: { [header]: undefined } }, header),
  );

  it.each(EVERY_HEADER)('%s: a blank %s is 400 BAD_REQUEST [5.1-6 7.3-1]', (_title, header, name) =>
    refused(name, { headers: { [header]: '   ' } }, header),
  );

  it.each(EVERY_INTERACTION)(
    '%s: an Ssp-To that is the ASID of another practice is 400 BAD_REQUEST [5.1-7 15-1]',
    (_title, name) => refused(name, { headers: { 'Ssp-To': '200000009902' } }, 'Ssp-To'),
  );

  it.each(EVERY_INTERACTION)('%s: an unknown Ssp-InteractionID is 400 BAD_REQUEST [5.1-10 7.3-2]', (_title, name) =>
    refused(name, { headers: { 'Ssp-InteractionID': `${INTERACTIONS[name][0]}0` } }, 'Ssp-InteractionID'),
  );

  it.each(
    EVERY_INTERACTION.flatMap(([title, name]) =>
      EVERY_INTERACTION.flatMap(([otherTitle, other]) =>
        other === name || shareAddress(name, other) ? [] : [[title, otherTitle, name, other] as const],
      ),
    ),
  )('%s: the interaction id of "%s" is 400 BAD_REQUEST [5.1-11 7.3-2 9.6-4 15-4]', (_title, _other, name, other) =>
    refused(name, { headers: { 'Ssp-InteractionID': INTERACTIONS[other][0] } }, 'Ssp-InteractionID'),
  );

  it.each(EVERY_INTERACTION)('%s: the interaction id is case sensitive', (_title, name) =>
    refused(name, { headers: { 'Ssp-InteractionID': INTERACTIONS[name][0].toUpperCase() } }, 'Ssp-InteractionID'),
  );

  it('find a patient: the refusal of an interaction id names the one that was expected', async () => {
    const answer = await send('findPatient', { headers: { 'Ssp-InteractionID': INTERACTIONS.readPatient[0] } });
    expect(answer.body.issue[0].diagnostics).toContain(INTERACTIONS.findPatient[0]);
  });

  it.each(['Ssp-TraceID', 'Ssp-From', 'Ssp-To', 'Ssp-InteractionID'])(
    'get the capability statement: a repeated %s is 400 BAD_REQUEST',
    async (header) => {
      const consumer = gateway.consumer();
      const once =
        { 'Ssp-To': '200000009901', 'Ssp-InteractionID': INTERACTIONS.metadata[0] }[header] ?? '200000009999';
      expect((await sendRaw(consumer, 'metadata', '/metadata', { headers: { [header]: once } })).status).toBe(200);
      const twice = await sendRaw(consumer, 'metadata', '/metadata', { headers: { [header]: [once, once] } });
      expect(twice.status).toBe(400);
    },
  );

  it.each(READS)('%s: headers are recognised whatever the letter case of their names', async (_title, name) => {
    const lower = Object.fromEntries(
      [
        ['Ssp-TraceID', '7a1c2d3e-0000-4000-8000-000000000001'],
        ['Ssp-From', '200000009999'],
        ['Ssp-To', '200000009901'],
        ['Ssp-InteractionID', INTERACTIONS[name][0]],
      ].flatMap(([header = '', value = '']) => [
        [header, undefined],
        [header.toLowerCase(), value],
      ]),
    );
    expect((await send(name, { headers: lower })).status).toBe(200);
  });

  it.each(READS)('%s: Ssp-From is recorded, not checked against anything', async (_title, name) => {
    expect((await send(name, { headers: { 'Ssp-From': '918999198999' } })).status).toBe(200);
  });

  it('find a patient: the ODS code of the path decides which practice is asked, Ssp-To does not [3-1 5.1-8]', async () => {
    const { path } = requests.findPatient;
    expect((await gateway.consumer('A99901').get('findPatient', path)).body.entry).toHaveLength(1);
    const before = gateway.hillside.requests.count();
    const elsewhere = await gateway.consumer('A99903').get('findPatient', path);
    expect([elsewhere.status, elsewhere.body.entry]).toEqual([200, undefined]);
    expect(gateway.hillside.requests.count()).toBeGreaterThan(before);
  });

  it('get the capability statement: headers that proxies add on the way do no harm [4.2-11]', async () => {
    const headers = { Forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43', 'X-Forwarded-For': '192.0.2.60' };
    expect((await send('metadata', { headers })).status).toBe(200);
  });
});

describe('order of preconditions', () => {
  it('find a patient: a practice that is not served here is 404 ORGANISATION_NOT_FOUND, whatever the headers [3-6]', async () => {
    const answer = await gateway.consumer('A99999').get('findPatient', requests.findPatient.path, {
      headers: AUTHORIZATION,
    });
    expectRefusal(answer, 404, 'ORGANISATION_NOT_FOUND');
  });

  it.each(EVERY_INTERACTION)('%s: the Ssp headers are looked at before the token', (_title, name) =>
    refused(name, { headers: { 'Ssp-To': '1' }, authorization: 'Bearer nonsense' }, 'Ssp-To'),
  );

  it.each(EVERY_INTERACTION)('%s: the token is looked at before the format asked for', (_title, name) =>
    refused(name, { headers: { Accept: 'image/png', ...AUTHORIZATION } }, 'Authorization'),
  );

  it('register a patient: the token is looked at before the body', async () => {
    const answer = await gateway.consumer().post('register', '/Patient/$gpc.registerpatient', '{', {
      claims: { requested_scope: 'patient/*.read' },
    });
    expect(expectRefusal(answer, 400, 'BAD_REQUEST').expression).toEqual(['requested_scope']);
  });

  it('register a patient: the media type is looked at before the body', async () => {
    const answer = await gateway.consumer().post('register', '/Patient/$gpc.registerpatient', '{', {
      headers: { 'Content-Type': 'text/plain' },
    });
    expectRefusal(answer, 415, 'BAD_REQUEST');
  });

  it('find a patient: the token is looked at before the parameters', async () => {
    const answer = await gateway.consumer().get('findPatient', '/Patient', { claims: { iss: undefined } });
    expect(expectRefusal(answer, 400, 'BAD_REQUEST').expression).toEqual(['iss']);
  });

  it('read a patient: an id of another practice is told only to a caller whose headers are in order', async () => {
    const bend = { authorization: `Bearer ${unsignedToken({})}` };
    const answer = await gateway.consumer().get('readPatient', '/Patient/nobody', bend);
    expectRefusal(answer, 400, 'BAD_REQUEST');
  });
});
