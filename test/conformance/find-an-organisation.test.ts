import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROFILE } from '../support/flow.js';
import { searchByIdentifier } from '../support/directory.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { findOrganizationPath } from '../support/every-interaction.js';

const ODS_CODE = 'https://fhir.nhs.uk/Id/ods-organization-code';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('find an organisation [4.4-15 4.4-16 4.4-18 9.7-1 9.7-2 9.7-3 9.7-8 9.7-9 9.7-10 9.7-11 9.7-12]', () => {
  searchByIdentifier(() => gateway, {
    title: 'find an organisation',
    interaction: 'findOrganization',
    type: 'Organization',
    system: ODS_CODE,
    good: 'A99901',
    // The second one is another practice that is served here: each answers for itself alone.
    unknown: ['ZZZZZZ', 'unknownORG', 'a99901', 'A99902'],
    malformed: ['A99901-1', 'A99901 ', 'A'.repeat(21), 'Ä99901'],
  });

  it('find an organisation: everything known is populated, and nothing else [9.7-4 9.7-5 9.7-6 9.7-7 11-10]', async () => {
    const { body } = await gateway.consumer().get('findOrganization', findOrganizationPath('A99901'));
    expect(body.entry[0].resource).toEqual({
      resourceType: 'Organization',
      id: 'A99901',
      meta: {
        versionId: expect.stringMatching(/^[0-9a-f]{12}$/),
        profile: [`${PROFILE}CareConnect-GPC-Organization-1`],
      },
      identifier: [{ system: ODS_CODE, value: 'A99901' }],
      name: 'Riverside Surgery',
      telecom: [{ system: 'phone', value: '01632 960001', use: 'work' }],
      // An array, with the county as district.
      address: [
        {
          use: 'work',
          line: ['Riverside House', '1 Quay Lane'],
          city: 'Testham',
          district: 'Testshire',
          postalCode: 'HG9 9ZZ',
          country: 'GB',
        },
      ],
    });
  });

  it('find an organisation: each practice finds itself', async () => {
    for (const odsCode of ['A99901', 'A99902', 'A99903']) {
      const { body } = await gateway.consumer(odsCode).get('findOrganization', findOrganizationPath(odsCode));
      expect(body.entry[0].resource.id).toBe(odsCode);
    }
  });

  it('find an organisation: a site code is no organisation code', async () => {
    const path = findOrganizationPath('A99901', 'https://fhir.nhs.uk/Id/ods-site-code');
    expect((await gateway.consumer().get('findOrganization', path)).status).toBe(400);
  });
});
