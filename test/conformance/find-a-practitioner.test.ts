import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/consumer.js';
import { CODES, PROFILE } from '../support/flow.js';
import { searchByIdentifier } from '../support/directory.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPractitionerPath } from '../support/every-interaction.js';

const ID = 'https://fhir.nhs.uk/Id/';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    practices: (yaml) =>
      yaml
        // One role profile, none, and several; two languages; nothing but a name and a role.
        .replace("sdsRoleProfileIds: ['555000333443']\n", 'languages: [cy, pl]\n')
        .replace("['555000333444']", "['555000333444', '555000333445', '555000333446']")
        .replace(
          "      - systemId: '44'",
          "      - { systemId: '45', sdsUserId: 'G13579245', name: { family: Bare }, role: { code: R0620 } }\n      - systemId: '44'",
        ),
  });
});
afterAll(() => gateway.stop());

async function found(sdsUserId: string, practice = 'A99901'): Promise<Json> {
  const answer = await gateway.consumer(practice).get('findPractitioner', findPractitionerPath(sdsUserId));
  expect([answer.status, answer.body.entry?.length]).toEqual([200, 1]);
  return answer.body.entry[0].resource;
}

describe('find a practitioner: parameters [4.4-15 4.4-16 4.4-17 4.4-18 7.2-2 7.2-3 9.5-1 9.5-2 9.5-3 9.5-9 9.5-10 9.5-11 9.5-12 9.5-13]', () => {
  searchByIdentifier(() => gateway, {
    title: 'find a practitioner',
    interaction: 'findPractitioner',
    type: 'Practitioner',
    system: `${ID}sds-user-id`,
    good: '555000111242',
    // The second one is a practitioner of another practice that is served here.
    unknown: ['999999999999', 'G13579135', '555000111271'],
    malformed: ['5550 0011 1242', '1'.repeat(21), '555000-111242', '555000111242 ', 'G_13579135', '٥٥٥٠٠٠١١١٢٤٢'],
  });

  it('find a practitioner: a role profile id is no user id', async () => {
    const path = findPractitionerPath('555000333442');
    expect((await gateway.consumer().get('findPractitioner', path)).body.entry).toBeUndefined();
    const bySystem = findPractitionerPath('555000333442', `${ID}sds-role-profile-id`);
    expect((await gateway.consumer().get('findPractitioner', bySystem)).status).toBe(400);
  });
});

describe('find a practitioner: what is answered', () => {
  it('find a practitioner: everything known is populated: identifiers, one official name and gender [9.5-4 9.5-5 9.5-6]', async () => {
    expect(await found('555000111242')).toEqual({
      resourceType: 'Practitioner',
      id: 'practitioner-a99901-42',
      meta: {
        versionId: expect.stringMatching(/^[0-9a-f]{12}$/),
        profile: [`${PROFILE}CareConnect-GPC-Practitioner-1`],
      },
      identifier: [
        { system: `${ID}sds-user-id`, value: '555000111242' },
        { system: `${ID}sds-role-profile-id`, value: '555000333442' },
      ],
      name: [{ use: 'official', family: 'Perera', given: ['Amara'], prefix: ['Dr'] }],
      gender: 'female',
    });
  });

  it('find a practitioner: no, one or several role profile ids, beside the one user id [9.5-8]', async () => {
    const systems = async (sdsUserId: string): Promise<string[]> =>
      (await found(sdsUserId)).identifier.map(({ system }: Json) => system.slice(ID.length));
    const role = 'sds-role-profile-id';
    expect(await systems('555000111243')).toEqual(['sds-user-id']);
    expect(await systems('555000111242')).toEqual(['sds-user-id', role]);
    expect(await systems('555000111244')).toEqual(['sds-user-id', role, role, role]);
  });

  it('find a practitioner: each language is an nhsCommunication of its own [9.5-6]', async () => {
    const language = (code: string, display: string): object => ({
      url: `${PROFILE}Extension-CareConnect-GPC-NHSCommunication-1`,
      extension: [
        {
          url: 'language',
          valueCodeableConcept: { coding: [{ system: `${CODES}CareConnect-HumanLanguage-1`, code, display }] },
        },
      ],
    });
    expect((await found('555000111243')).extension).toEqual([language('cy', 'Welsh'), language('pl', 'Polish')]);
    expect((await found('555000111242')).extension).toBeUndefined();
  });

  it('find a practitioner: what is not known is left out', async () => {
    const bare = await found('G13579245');
    expect(Object.keys(bare)).toEqual(['resourceType', 'id', 'meta', 'identifier', 'name']);
    expect(bare.name).toEqual([{ use: 'official', family: 'Bare' }]);
  });

  it('find a practitioner: what SHALL NOT be populated is not there [9.5-7]', async () => {
    const barred = ['telecom', 'address', 'birthDate', 'photo', 'qualification', 'communication', 'text', 'active'];
    expect(Object.keys(await found('555000111243')).filter((key) => barred.includes(key))).toEqual([]);
  });
});
