import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/consumer.js';
import { readById } from '../support/directory.js';
import { freeSlots, slotPath, WITH_ACTORS } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { findPractitionerPath } from '../support/every-interaction.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

describe('read a practitioner [3-5 4.4-8 9.6-1 9.6-3]', () => {
  readById(() => gateway, {
    title: 'read a practitioner',
    interaction: 'readPractitioner',
    type: 'Practitioner',
    found: 'practitioner-a99901-42',
    code: 'PRACTITIONER_NOT_FOUND',
    elsewhere: 'practitioner-a99903-71',
  });

  it('read a practitioner: the answer is the one that find a practitioner gives [9.6-2]', async () => {
    const search = await gateway.consumer().get('findPractitioner', findPractitionerPath('555000111243'));
    const { resource } = search.body.entry[0];
    expect((await gateway.consumer().get('readPractitioner', `/Practitioner/${resource.id}`)).body).toEqual(resource);
  });

  it('read a practitioner: those of a slot search can be read, and are the same there [3-8]', async () => {
    const search = await gateway.consumer().get('searchSlots', slotPath(undefined, undefined, WITH_ACTORS));
    const included = search.body.entry
      .map(({ resource }: Json) => resource)
      .filter(({ resourceType }: Json) => resourceType === 'Practitioner');
    expect(included.length).toBeGreaterThan(1);
    for (const resource of included as Json[]) {
      const answer = await gateway.consumer().get('readPractitioner', `/Practitioner/${resource.id}`);
      expect(answer.body).toEqual(resource);
    }
    const [slot] = await freeSlots(gateway.consumer());
    expect((await gateway.consumer().get('readPractitioner', `/${slot?.practitioner ?? ''}`)).status).toBe(200);
  });

  it('read a practitioner: a change in what is known of one changes the version [4.3-2]', async () => {
    const path = '/Practitioner/practitioner-a99901-42';
    const before = (await gateway.consumer().get('readPractitioner', path)).headers.get('etag');
    const other = await startTestGateway({
      practices: (yaml) => yaml.replace('given: [Amara]', 'given: [Amara, Nila]'),
    });
    try {
      const after = await other.consumer().get('readPractitioner', path);
      expect(after.body.name[0].given).toEqual(['Amara', 'Nila']);
      expect(after.headers.get('etag')).not.toBe(before);
    } finally {
      await other.stop();
    }
  });
});
