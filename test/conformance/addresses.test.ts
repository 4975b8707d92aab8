/** Addresses as consumers and what stands between may write them, and what is said of those that nobody serves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InteractionName } from '../support/consumer.js';
import { EVERY_INTERACTION, prepareEveryInteraction, READS, type Prepared } from '../support/every-interaction.js';
import { expectRefusal, freeSlots, slotPath } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let requests: Readonly<Record<InteractionName, Prepared>>;
beforeAll(async () => {
  gateway = await startTestGateway();
  requests = await prepareEveryInteraction(gateway.consumer());
});
afterAll(() => gateway.stop());

/** Every letter, digit and dollar sign of the path as `%xx`. */
function encoded(path: string): string {
  const [before = '', ...query] = path.split('?');
  const hex = before.replace(/[A-Za-z0-9$.-]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return [hex, ...query].join('?');
}

describe('percent-encoding', () => {
  it.each(EVERY_INTERACTION)('%s: a path that is encoded where it need not be means the same', async (_title, name) => {
    const { method, path, body } = requests[name];
    const answer = await gateway.consumer().send(method, name, encoded(path), {}, body);
    expect(answer.status).toBe(name === 'book' ? 201 : 200);
  });

  it('register a patient: a dollar sign sent as %24 is one', async () => {
    const { body } = requests.register;
    const answer = await gateway.consumer().post('register', '/Patient/%24gpc.registerpatient', body);
    expect([200, 409]).toContain(answer.status);
  });

  it.each(READS)('%s: a trailing question mark means nothing', async (_title, name) => {
    const { path } = requests[name];
    const answer = await gateway.consumer().get(name, path.includes('?') ? `${path}&` : `${path}?`);
    expect(answer.status).toBe(200);
  });

  it('an encoded slash or percent sign is part of an id, and no id has one', async () => {
    for (const id of ['a%2Fb', 'a%252Fb', '%2e%2e%2fmetadata']) {
      expectRefusal(await gateway.consumer().get('readPatient', `/Patient/${id}`), 404, 'PATIENT_NOT_FOUND');
    }
  });

  it('search for free slots: the + of an offset may stand for itself', async () => {
    const asked = slotPath('2026-05-19T09:00:00+01:00', '2026-05-19T10:00:00+01:00');
    const found = await freeSlots(gateway.consumer(), asked);
    expect(found.length).toBeGreaterThan(0);
    const bare = asked.replaceAll('%2B', '+');
    expect(bare).not.toBe(asked);
    expect(await freeSlots(gateway.consumer(), bare)).toEqual(found);
  });
});

describe('the addresses of a group', () => {
  it.each(['/metadata', '/Patient/1', '/Appointment'])('%s is served by practices only', async (path) => {
    const issue = expectRefusal(
      await gateway.consumer('federation/north').get('metadata', path),
      path === '/metadata' ? 404 : 501,
      path === '/metadata' ? 'BAD_REQUEST' : 'NOT_IMPLEMENTED',
    );
    expect(issue.diagnostics).not.toContain('not allowed here');
  });

  it('a wrong verb is told the right one', async () => {
    const issue = expectRefusal(
      await gateway.consumer('federation/north').send('DELETE', 'searchSlots', '/Slot'),
      400,
      'BAD_REQUEST',
    );
    expect(issue.diagnostics).toBe('DELETE is not allowed here. Use GET');
  });

  it('a browser that asks is told of the search alone', async () => {
    const ask = (path: string): Promise<Response> =>
      fetch(gateway.consumer('federation/north').baseUrl + path, {
        method: 'OPTIONS',
        headers: { Origin: 'https://consumer.example.nhs.uk', 'Access-Control-Request-Method': 'GET' },
      });
    const search = await ask('/Slot');
    expect([search.status, search.headers.get('access-control-allow-methods')]).toEqual([204, 'GET']);
    expect((await ask('/Patient')).status).toBe(501);
  });
});

it('a service root in the query is none', async () => {
  const answer = await fetch(`${gateway.url}/nowhere?x=/A99901/STU3/1/gpconnect/Patient`, { method: 'DELETE' });
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('Nothing is served')]);
});
