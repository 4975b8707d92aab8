import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64url, INTERACTIONS, TOKEN_CLAIMS, unsignedToken } from '../support/consumer.js';
import type { Bend, InteractionName, Json, TestAnswer } from '../support/consumer.js';
import { expectRefusal } from '../support/flow.js';
import { MONDAY_MORNING, startTestGateway, type TestGateway } from '../support/gateway.js';
import {
  prepareEveryInteraction,
  READS,
  EVERY_INTERACTION,
  forEveryInteraction,
  type Prepared,
} from '../support/every-interaction.js';

const EVERY_CLAIM = forEveryInteraction(TOKEN_CLAIMS);
const SCOPES = ['patient/*.read', 'patient/*.write', 'organization/*.read', 'organization/*.write', 'badScope'];
const WRONG_SCOPES = forEveryInteraction(SCOPES).filter(([, scope, name]) => scope !== INTERACTIONS[name][1]);
const NOW = MONDAY_MORNING / 1000;
const LOCAL_ID = { system: 'https://hub.example.nhs.uk/Id/user-guid', value: '0c2a2d5e-3a2b-4f3e-9a66-2d7a5c7a1b10' };

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

async function refused(name: InteractionName, bend: Bend, status = 400): Promise<Json> {
  const before = gateway.practiceCalls();
  const issue = expectRefusal(await send(name, bend), status, status === 422 ? 'INVALID_RESOURCE' : 'BAD_REQUEST');
  expect(issue.code).toBe('invalid');
  expect(gateway.practiceCalls()).toBe(before);
  return issue;
}

async function accepted(name: InteractionName, claims: Bend['claims']): Promise<void> {
  const answer = await send(name, { claims: claims ?? {} });
  expect(answer.status, answer.text).toBe(200);
}

/** One of the claims that hold a resource, changed in place. */
function changed(claim: string, change: (resource: Json) => void): Bend {
  const resource = structuredClone(gateway.consumer().claims('metadata')[claim]);
  change(resource);
  return { claims: { [claim]: resource } };
}

describe('bearer token: form', () => {
  const payload = base64url({});
  const header = base64url({ alg: 'none', typ: 'JWT' });
  it.each(
    EVERY_INTERACTION.flatMap(([title, name]) =>
      [
        ['another scheme than Bearer', 'Basic dXNlcjpwYXNz'],
        ['the scheme without a token', 'Bearer'],
        ['two tokens', `Bearer ${header}.${payload}. ${header}.${payload}.`],
        ['a token without its last dot', `Bearer ${header}.${payload}`],
        ['a token of four parts', `Bearer ${header}.${payload}..`],
        ['a token that is not base64url encoded', `Bearer {"alg":"none"}.{"iss":"x"}.`],
        ['a payload that is no JSON', `Bearer ${header}.${base64url('claims')}.`],
        ['a payload that is a JSON list', `Bearer ${header}.${base64url([])}.`],
        ['a header that is no JSON', `Bearer ${base64url('header')}.${payload}.`],
      ].map(([what, authorization = '']) => [title, what, name, authorization] as const),
    ),
  )('%s: %s is 400 BAD_REQUEST [6.0-1 6.0-2 6.0-4 6.0-5 6.3-1]', async (_title, _what, name, authorization) => {
    await refused(name, { authorization });
  });

  // From here on the claims are right, so that only the form can be at fault.
  const complete = (): Record<string, unknown> => gateway.consumer().claims('findPatient');
  it('find a patient: the form that the others depart from is accepted [6.0-2 6.0-3]', async () => {
    expect((await send('findPatient', { authorization: `Bearer ${unsignedToken(complete())}` })).status).toBe(200);
  });

  it.each<[string, () => string]>([
    ['a signature', () => `${unsignedToken(complete())}c2lnbmVk`],
    ['another algorithm than none', () => unsignedToken(complete(), { alg: 'HS256', typ: 'JWT' })],
    ['a header without an algorithm', () => unsignedToken(complete(), { typ: 'JWT' })],
    ['base64 with padding', () => unsignedToken(complete()).replace(/\.$/, '=.')],
    ['characters of plain base64', () => unsignedToken(complete()).replace(/\.$/, '+/.')],
    ['a token of more than 16 KiB', () => unsignedToken({ ...complete(), padding: 'x'.repeat(16 * 1024) })],
  ])('find a patient: %s is 400 BAD_REQUEST [6.0-2 6.0-3 6.0-4]', async (_what, token) => {
    await refused('findPatient', { authorization: `Bearer ${token()}` });
  });
});

describe('bearer token: claims', () => {
  it.each(EVERY_CLAIM)(
    '%s: without claim %s it is 400 BAD_REQUEST [6.1-1 6.1-2 6.1-4 6.1-6 6.1-9 6.1-11 6.1-13 6.1-15 6.1-19 6.1-21 6.3-2]',
    async (_title, claim, name) => {
      await refused(name, { claims: { [claim]: undefined } });
    },
  );

  it.each(EVERY_CLAIM)('%s: claim %s as null is 400 BAD_REQUEST [6.1-1 6.1-4 6.3-2]', async (_title, claim, name) => {
    await refused(name, { claims: { [claim]: null } });
  });

  it.each(TOKEN_CLAIMS)('find a patient: the refusal of claim %s says which one it is [6.3-5]', async (claim) => {
    const issue = await refused('findPatient', { claims: { [claim]: undefined } });
    expect(issue.diagnostics).toContain(claim);
  });

  it.each(['iss', 'sub', 'aud', 'reason_for_request', 'requested_scope'])(
    'find a patient: an empty %s is 400 BAD_REQUEST [6.1-4 6.1-29]',
    async (claim) => {
      await refused('findPatient', { claims: { [claim]: '' } });
      await refused('findPatient', { claims: { [claim]: 7 } });
    },
  );

  it.each(READS)(
    '%s: an aud without the routing segment, as the specification prints it, is accepted [6.1-5]',
    (_title, name) => accepted(name, { aud: 'https://gateway.example.nhs.uk/A99901/STU3/1' }),
  );

  it.each(EVERY_INTERACTION)(
    '%s: another reason for the request than directcare is 400 BAD_REQUEST [6.1-12 6.3-2]',
    async (_title, name) => {
      await refused(name, { claims: { reason_for_request: 'secondaryuses' } });
    },
  );

  it.each(WRONG_SCOPES)(
    '%s: the scope %s is 400 BAD_REQUEST [6.1-14 6.2-1 6.2-2 6.2-3 6.2-4 6.2-5 6.3-2]',
    async (_title, scope, name) => {
      await refused(name, { claims: { requested_scope: scope } });
    },
  );

  it.each(EVERY_INTERACTION)(
    '%s: a sub that is not the id of the practitioner is 400 BAD_REQUEST [6.1-3]',
    async (_title, name) => {
      await refused(name, { claims: { sub: 'user-2' } });
    },
  );
});

describe('bearer token: what was withdrawn', () => {
  it.each(EVERY_INTERACTION)('%s: the claim requested_record is 400 BAD_REQUEST [6.1-31]', async (_title, name) => {
    const requested_record = { resourceType: 'Patient', identifier: [{ value: '9990000018' }] };
    const answer = await send(name, { claims: { requested_record } });
    const issue = expectRefusal(answer, 400, 'BAD_REQUEST');
    expect(issue.expression).toEqual(['requested_record']);
    expect(answer.text).not.toContain('9990000018');
  });
});

describe('bearer token: times', () => {
  it.each(forEveryInteraction([299, 301, 0, -300]))(
    '%s: an exp of iat + %s is 400 BAD_REQUEST [6.1-7]',
    async (_title, seconds, name) => {
      // Issued ahead of the clock, so that none of them has expired.
      await refused(name, { claims: { iat: NOW + 400, exp: NOW + 400 + seconds } });
    },
  );

  it.each(READS)('%s: an iat 200 seconds in the future is accepted [6.1-10]', (_title, name) =>
    accepted(name, { iat: NOW + 200, exp: NOW + 500 }),
  );

  it.each(EVERY_INTERACTION)('%s: an expired token is 400 BAD_REQUEST [6.1-8]', async (_title, name) => {
    await refused(name, { claims: { iat: NOW - 400, exp: NOW - 100 } });
  });

  it('find a patient: a token is good until the second before it expires, and refused from that second on [6.1-8]', async () => {
    await accepted('findPatient', { iat: NOW - 299, exp: NOW + 1 });
    await refused('findPatient', { claims: { iat: NOW - 300, exp: NOW } });
  });

  it.each<[string, object]>([
    ['texts', { iat: String(NOW), exp: String(NOW + 300) }],
    ['fractions of seconds', { iat: NOW + 0.5, exp: NOW + 300.5 }],
    ['milliseconds', { iat: NOW * 1000, exp: NOW * 1000 + 300_000 }],
  ])('find a patient: iat and exp as %s are 400 BAD_REQUEST [6.1-30]', async (_what, claims) => {
    await refused('findPatient', { claims: { ...claims } });
  });
});

/** Each with a valid resource of another type. */
const RESOURCES = {
  requesting_device: { resourceType: 'Organization', name: 'Northdale 111 Service' },
  requesting_organization: { resourceType: 'Practitioner', id: 'user-1' },
  requesting_practitioner: { resourceType: 'Device', model: 'Test hub', version: '1.0' },
} as const;
const RESOURCE_CLAIMS = Object.keys(RESOURCES) as (keyof typeof RESOURCES)[];
const EVERY_RESOURCE = forEveryInteraction(RESOURCE_CLAIMS);

describe('bearer token: embedded resources', () => {
  it.each(EVERY_RESOURCE)(
    '%s: an unknown element in %s is 422 INVALID_RESOURCE [6.1-16 6.3-4]',
    async (_title, claim, name) => {
      const bend = changed(claim, (resource) => {
        resource.invalidField = 'value';
      });
      await refused(name, bend, 422);
    },
  );

  it.each(EVERY_RESOURCE)(
    '%s: a resourceType in %s that no FHIR type has is 422 INVALID_RESOURCE [6.1-17 6.1-22 6.3-4]',
    async (_title, claim, name) => {
      const bend = changed(claim, (resource) => {
        resource.resourceType = 'InvalidResourceType';
      });
      await refused(name, bend, 422);
    },
  );

  it.each(EVERY_RESOURCE)(
    '%s: a valid resource of another type in %s is 400 BAD_REQUEST [6.3-3]',
    async (_title, claim, name) => {
      await refused(name, { claims: { [claim]: RESOURCES[claim] } });
    },
  );

  it.each(RESOURCE_CLAIMS)('find a patient: %s without resourceType, or a list, is 422', async (claim) => {
    const bend = changed(claim, (resource) => {
      delete resource.resourceType;
    });
    await refused('findPatient', bend, 422);
    await refused('findPatient', { claims: { [claim]: [] } }, 422);
  });

  it.each(RESOURCE_CLAIMS)('find a patient: %s as a text is 400 BAD_REQUEST', async (claim) => {
    await refused('findPatient', { claims: { [claim]: 'Device/1' } });
  });

  it.each<[string, string, (resource: Json) => void]>([
    ['requesting_device', 'identifier', (device) => delete device.identifier],
    ['requesting_device', 'model', (device) => delete device.model],
    ['requesting_device', 'version', (device) => delete device.version],
    ['requesting_organization', 'name', (organisation) => delete organisation.name],
    ['requesting_organization', 'identifier', (organisation) => delete organisation.identifier],
    [
      'requesting_organization',
      'ODS organisation code among its identifiers',
      (organisation) => (organisation.identifier[0].system = 'https://fhir.nhs.uk/Id/ods-site-code'),
    ],
    ['requesting_practitioner', 'id', (practitioner) => delete practitioner.id],
    ['requesting_practitioner', 'name', (practitioner) => delete practitioner.name],
    ['requesting_practitioner', 'family name', (practitioner) => delete practitioner.name[0].family],
  ])('find a patient: a %s without %s is 400 BAD_REQUEST [6.1-18 6.1-20 6.1-23]', async (claim, _what, change) => {
    await refused('findPatient', changed(claim, change));
  });

  it.each(READS)('%s: SDS user and role profile ids UNK are accepted [6.1-24]', (_title, name) =>
    accepted(name, {
      ...changed('requesting_practitioner', (practitioner) => {
        practitioner.identifier = [
          { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: 'UNK' },
          { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: 'UNK' },
          LOCAL_ID,
        ];
      }).claims,
    }),
  );

  it.each<[string, object[]]>([
    ['a role profile id', [{ system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555000111299' }, LOCAL_ID]],
    ['a local id', [{ system: 'https://fhir.nhs.uk/Id/sds-user-id', value: 'UNK' }]],
  ])('find a patient: a practitioner without %s is accepted [6.1-25 6.1-26]', async (_what, identifier) => {
    const bend = changed('requesting_practitioner', (practitioner) => {
      practitioner.identifier = identifier;
    });
    await accepted('findPatient', bend.claims);
  });

  it('find a patient: the resources need not claim a GP Connect profile, and may carry any STU3 element [6.1-27]', async () => {
    const device = changed('requesting_device', (resource) => {
      resource.manufacturer = 'Northdale';
      resource.meta = { profile: ['https://hub.example.nhs.uk/StructureDefinition/Device'] };
    });
    const organisation = changed('requesting_organization', (resource) => {
      resource.telecom = [{ system: 'phone', value: '01632 960999' }];
    });
    await accepted('findPatient', { ...device.claims, ...organisation.claims });
  });
});
