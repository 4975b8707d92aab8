import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/consumer.js';
import { readById } from '../support/directory.js';
import { PROFILE, slotPath, WITH_ACTORS } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPath } from '../support/every-interaction.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    practices: (yaml) =>
      yaml.replace(
        "      - { systemId: '10', name: Riverside Surgery }",
        [
          "      - { systemId: '10', name: Riverside Surgery }",
          "      - systemId: '12'",
          '        name: Weir Lane Branch',
          '        address: { line: [2 Weir Lane], city: Testham, postalCode: HG9 8ZZ }',
          '        telecom: []',
        ].join('\n'),
      ),
  });
});
afterAll(() => gateway.stop());

const read = async (id: string): Promise<Json> => {
  const { status, body } = await gateway.consumer().get('readLocation', `/Location/${id}`);
  expect(status).toBe(200);
  return body;
};

describe('read a location [3-5 4.4-8 7.2-12 9.9-1 9.9-6]', () => {
  readById(() => gateway, {
    title: 'read a location',
    interaction: 'readLocation',
    type: 'Location',
    found: 'location-a99901-10',
    code: 'NO_RECORD_FOUND',
    elsewhere: 'location-a99902-11',
  });

  it('read a location: name, one address as an object, telecom, and the organisation that manages it [9.9-2 9.9-3 9.9-4 9.9-7 11-9]', async () => {
    expect(await read('location-a99901-10')).toEqual({
      resourceType: 'Location',
      id: 'location-a99901-10',
      meta: { versionId: expect.stringMatching(/^[0-9a-f]{12}$/), profile: [`${PROFILE}CareConnect-GPC-Location-1`] },
      name: 'Riverside Surgery',
      telecom: [{ system: 'phone', value: '01632 960001', use: 'work' }],
      address: {
        use: 'work',
        line: ['Riverside House', '1 Quay Lane'],
        city: 'Testham',
        district: 'Testshire',
        postalCode: 'HG9 9ZZ',
        country: 'GB',
      },
      managingOrganization: { reference: 'Organization/A99901' },
    });
  });

  it('read a location: a branch surgery has its own name and address and the same organisation', async () => {
    const branch = await read('location-a99901-12');
    expect([branch.name, branch.address.line, branch.telecom]).toEqual([
      'Weir Lane Branch',
      ['2 Weir Lane'],
      undefined,
    ]);
    expect(branch.managingOrganization).toEqual({ reference: 'Organization/A99901' });
  });

  it('read a location: those of a slot search can be read, and are the same there [3-8]', async () => {
    const search = await gateway.consumer().get('searchSlots', slotPath(undefined, undefined, WITH_ACTORS));
    const included = search.body.entry
      .map(({ resource }: Json) => resource)
      .filter(({ resourceType }: Json) => resourceType === 'Location');
    expect(included.length).toBeGreaterThan(0);
    for (const resource of included as Json[]) expect(await read(resource.id)).toEqual(resource);
  });

  it("read a location: a patient's preferred surgery resolves [3-8 11-13]", async () => {
    const { body } = await gateway.consumer('A99902').get('findPatient', findPath('9990000018'));
    const [details] = body.entry[0].resource.extension;
    const [{ valueReference }] = details.extension;
    const answer = await gateway.consumer('A99902').get('readLocation', `/${String(valueReference.reference)}`);
    expect([answer.status, answer.body.name]).toEqual([200, 'Quayside Practice']);
  });

  it('read a location: what SHALL NOT be populated is not there [9.9-5]', async () => {
    const barred = ['endpoint', 'mode', 'text', 'physicalType', 'identifier'];
    expect(Object.keys(await read('location-a99901-10')).filter((key) => barred.includes(key))).toEqual([]);
  });
});
