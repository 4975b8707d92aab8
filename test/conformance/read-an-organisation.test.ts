import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/consumer.js';
import { readById } from '../support/directory.js';
import { slotPath } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { findOrganizationPath, findPath } from '../support/every-interaction.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const read = async (reference: string): Promise<Json> => {
  const { status, body } = await gateway.consumer().get('readOrganization', `/${reference}`);
  expect(status).toBe(200);
  return body;
};

describe('read an organisation [3-5 4.4-8 9.8-1 9.8-2]', () => {
  readById(() => gateway, {
    title: 'read an organisation',
    interaction: 'readOrganization',
    type: 'Organization',
    found: 'A99901',
    code: 'ORGANISATION_NOT_FOUND',
    elsewhere: 'A99902',
  });

  it('read an organisation: the answer is the one that find an organisation gives', async () => {
    const search = await gateway.consumer().get('findOrganization', findOrganizationPath('A99901'));
    expect(await read('Organization/A99901')).toEqual(search.body.entry[0].resource);
  });

  it('read an organisation: the one of a slot search is the same', async () => {
    const search = await gateway.consumer().get('searchSlots', slotPath());
    const included = search.body.entry.find(({ resource }: Json) => resource.resourceType === 'Organization');
    expect(await read('Organization/A99901')).toEqual(included.resource);
  });

  it('read an organisation: references to it from a patient and from a location resolve [3-8 9.8-3]', async () => {
    const patient = await gateway.consumer().get('findPatient', findPath('9990000018'));
    const location = await gateway.consumer().get('readLocation', '/Location/location-a99901-10');
    for (const resource of [patient.body.entry[0].resource, location.body]) {
      const { reference } = resource.managingOrganization;
      expect(`Organization/${String((await read(reference)).id)}`).toBe(reference);
    }
  });

  it('read an organisation: what SHALL NOT be populated is not there [9.7-7]', async () => {
    const body = await read('Organization/A99901');
    expect(Object.keys(body).filter((key) => ['contact', 'endpoint', 'text', 'partOf'].includes(key))).toEqual([]);
    expect(JSON.stringify(body)).not.toMatch(/"use":"home"|"state"/);
  });
});
