/** Search for free slots: what the bundle holds, how it is populated, and for whom which slot is shown. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_TYPE, type Json } from '../support/consumer.js';
import { CODES, expectRefusal, freeSlots, PROFILE, slotPath, WITH_ACTORS } from '../support/flow.js';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.js';

const DAY = ['2026-05-19', '2026-05-19'] as const;
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+01:00$/;
const MANAGING = '&_include%3Arecurse=Location%3AmanagingOrganization';

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));
async function start(options?: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await startTestGateway(options);
  started.push(gateway);
  return gateway;
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await start();
});

async function bundle(path: string, addressee = 'A99901'): Promise<Json> {
  const answer = await gateway.consumer(addressee).get('searchSlots', path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe(CONTENT_TYPE[answer.format]);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  return answer.body;
}

function resources(body: Json, type: string): Json[] {
  return (body.entry ?? [])
    .map((entry: Json) => entry.resource)
    .filter((resource: Json) => resource.resourceType === type);
}

const typesOf = (body: Json): string[] => [
  ...new Set<string>((body.entry ?? []).map((entry: Json) => entry.resource.resourceType)),
];

describe('search for free slots: the bundle', () => {
  it.each([
    ['no include more', '', ['Slot', 'Schedule', 'Organization']],
    [
      'Schedule:actor:Practitioner',
      '&_include%3Arecurse=Schedule%3Aactor%3APractitioner',
      ['Slot', 'Schedule', 'Practitioner', 'Organization'],
    ],
    [
      'Schedule:actor:Location',
      '&_include%3Arecurse=Schedule%3Aactor%3ALocation',
      ['Slot', 'Schedule', 'Location', 'Organization'],
    ],
    ['Location:managingOrganization', MANAGING, ['Slot', 'Schedule', 'Organization']],
    [
      'actors asked for without :recurse',
      '&_include=Schedule%3Aactor%3APractitioner&_include=Schedule:actor:Location',
      ['Slot', 'Schedule', 'Location', 'Practitioner', 'Organization'],
    ],
    [
      'an include asked for twice',
      '&_include%3Arecurse=Schedule%3Aactor%3ALocation&_include%3Arecurse=Schedule%3Aactor%3ALocation',
      ['Slot', 'Schedule', 'Location', 'Organization'],
    ],
    [
      'includes that nobody knows',
      '&_include=*&_include%3Arecurse=Schedule%3Aactor%3AHealthcareService&_include%3Arecurse=Schedule%3Aactor' +
        '&_include%3Arecurse=Slot%3Aschedule&_include%3Arecurse=schedule%3Aactor%3ALocation&_revinclude=Appointment%3Aslot',
      ['Slot', 'Schedule', 'Organization'],
    ],
    ['every include', WITH_ACTORS + MANAGING, ['Slot', 'Schedule', 'Location', 'Practitioner', 'Organization']],
  ])(
    'search for free slots: with %s it holds exactly what was asked for, and the Organization [10.1-5 10.1-6 10.1-7 10.1-25 10.1-26 10.1-27 10.1-28 16-1 16-2]',
    async (_, more, types) => {
      const body = await bundle(slotPath(...DAY, more));
      expect(typesOf(body).sort()).toEqual([...types].sort());
      expect(resources(body, 'Organization')).toHaveLength(1);
    },
  );

  it('search for free slots: it is a searchset without profile, and its entries are resources only [4.4-14 4.4-15 10.1-22]', async () => {
    const body = await bundle(slotPath(...DAY, WITH_ACTORS));
    expect(body.resourceType).toBe('Bundle');
    expect(body.type).toBe('searchset');
    expect(body).not.toHaveProperty('meta.profile');
    for (const entry of body.entry) expect(Object.keys(entry)).toEqual(['resource']);
  });

  it('search for free slots: every Schedule, Practitioner and Location of the slots is there, and once [10.1-24]', async () => {
    const body = await bundle(slotPath(...DAY, WITH_ACTORS));
    const named = new Set<string>(resources(body, 'Slot').map((slot) => slot.schedule.reference));
    const schedules = resources(body, 'Schedule');
    expect(schedules.map(({ id }) => `Schedule/${id}`).sort()).toEqual([...named].sort());
    const actors = new Set<string>(schedules.flatMap(({ actor }) => actor.map((one: Json) => one.reference)));
    const present = ['Practitioner', 'Location'].flatMap((type) =>
      resources(body, type).map(({ id }) => `${type}/${id}`),
    );
    expect(present.sort()).toEqual([...actors].sort());
    const all = body.entry.map(({ resource }: Json) => `${resource.resourceType}/${resource.id}`);
    expect(new Set(all).size).toBe(all.length);
  });

  it.each([
    ['a day without slots', slotPath('2026-06-01', '2026-06-02', WITH_ACTORS + MANAGING)],
    ['days gone by', slotPath('2026-05-11', '2026-05-15', WITH_ACTORS + MANAGING)],
  ])(
    'search for free slots: no match (%s) is 200 with neither Schedule nor Organization [4.4-16 10.1-21 10.1-29]',
    async (_, path) => {
      expect(await bundle(path)).toEqual({ resourceType: 'Bundle', type: 'searchset' });
    },
  );

  it('search for free slots: every resource has id, versionId and exactly one profile [4.3-1 4.4-1 4.4-2 4.4-6 4.4-20 11-3]', async () => {
    const profiles: Record<string, string> = {
      Slot: 'GPConnect-Slot-1',
      Schedule: 'GPConnect-Schedule-1',
      Practitioner: 'CareConnect-GPC-Practitioner-1',
      Location: 'CareConnect-GPC-Location-1',
      Organization: 'CareConnect-GPC-Organization-1',
    };
    const body = await bundle(slotPath(...DAY, WITH_ACTORS));
    for (const { resource } of body.entry) {
      expect(resource.id).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
      expect(resource.meta).toEqual({
        versionId: expect.stringMatching(/^[A-Za-z0-9\-.]{1,64}$/),
        profile: [PROFILE + profiles[resource.resourceType]],
      });
      expect(resource).not.toHaveProperty('text');
    }
  });
});

describe('search for free slots: population', () => {
  it('search for free slots: a Slot has free status, local times, delivery channel and slot type, and nothing forbidden [4.6-2 4.6-4 10.1-30 10.1-31 10.1-32 10.1-33 10.1-34 10.1-42 17-4]', async () => {
    const slots = resources(await bundle(slotPath(...DAY)), 'Slot');
    expect(slots.length).toBeGreaterThan(20);
    for (const slot of slots) {
      expect(Object.keys(slot).sort()).toEqual(
        ['end', 'extension', 'id', 'meta', 'resourceType', 'schedule', 'serviceType', 'start', 'status'].sort(),
      );
      expect(slot.status).toBe('free');
      expect(slot.start).toMatch(LOCAL);
      expect(slot.end).toMatch(LOCAL);
      expect(Date.parse(slot.end) - Date.parse(slot.start)).toBe(600_000);
      expect(slot.schedule.reference).toMatch(/^Schedule\/[A-Za-z0-9\-.]{1,64}$/);
      expect(slot.extension).toHaveLength(1);
      expect(slot.extension[0].url).toBe(`${PROFILE}Extension-GPConnect-DeliveryChannel-2`);
    }
    const kinds = new Set(slots.map((slot) => `${slot.serviceType[0].text}, ${slot.extension[0].valueCode}`));
    expect([...kinds].sort()).toEqual(['GP routine, In-person', 'GP telephone, Telephone', 'Nurse walk-in, In-person']);
  });

  it('search for free slots: a Schedule has its Location, its Practitioner, one role and its name, and nothing forbidden [10.1-34 10.1-35 10.1-36 10.1-37 10.1-38 10.1-39]', async () => {
    const schedules = resources(await bundle(slotPath(...DAY)), 'Schedule');
    const roles = new Set<string>();
    for (const schedule of schedules) {
      for (const forbidden of ['active', 'serviceType', 'specialty', 'comment']) {
        expect(schedule).not.toHaveProperty(forbidden);
      }
      const actors: string[] = schedule.actor.map((actor: Json) => actor.reference);
      expect(actors.filter((actor) => actor.startsWith('Location/'))).toHaveLength(1);
      expect(actors.filter((actor) => actor.startsWith('Practitioner/'))).toHaveLength(1);
      expect(actors).toHaveLength(2);
      expect(schedule.extension).toHaveLength(1);
      const [role] = schedule.extension;
      expect(role.url).toBe(`${PROFILE}Extension-GPConnect-PractitionerRole-1`);
      expect(role.valueCodeableConcept.coding).toHaveLength(1);
      expect(role.valueCodeableConcept.coding[0].system).toBe(`${CODES}CareConnect-SDSJobRoleName-1`);
      roles.add(`${role.valueCodeableConcept.coding[0].code} ${role.valueCodeableConcept.coding[0].display}`);
      if (schedule.planningHorizon) {
        expect(schedule.planningHorizon.start).toMatch(LOCAL);
        expect(schedule.planningHorizon.end).toMatch(LOCAL);
      }
    }
    expect([...roles].sort()).toEqual([
      'R0260 General Medical Practitioner',
      'R0270 Salaried General Practitioner',
      'R0600 Specialist Nurse Practitioner',
    ]);
    expect(new Set(schedules.map((schedule) => schedule.serviceCategory.text))).toEqual(
      new Set(['Morning surgery', 'Afternoon surgery', 'Walk-in nurse clinic']),
    );
  });

  it('search for free slots: Location, Organization and Practitioner are populated as when they are read [10.1-40 10.1-41 11-9 11-10 11-12 12-14]', async () => {
    const body = await bundle(slotPath(...DAY, WITH_ACTORS));
    const [organization] = resources(body, 'Organization');
    expect(organization).toMatchObject({
      identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A99901' }],
      name: 'Riverside Surgery',
      telecom: [{ system: 'phone', value: '01632 960001' }],
      address: [{ city: 'Testham', postalCode: 'HG9 9ZZ' }],
    });
    for (const forbidden of ['contact', 'endpoint']) expect(organization).not.toHaveProperty(forbidden);
    const locations = resources(body, 'Location');
    expect(locations).toHaveLength(1);
    expect(locations[0]).toMatchObject({
      name: 'Riverside Surgery',
      // An object, whereas the address of an organisation is an array.
      address: { line: ['Riverside House', '1 Quay Lane'], city: 'Testham', postalCode: 'HG9 9ZZ' },
      managingOrganization: { reference: `Organization/${organization.id}` },
    });
    for (const forbidden of ['mode', 'endpoint']) expect(locations[0]).not.toHaveProperty(forbidden);
    const practitioners = resources(body, 'Practitioner');
    expect(practitioners).toHaveLength(3);
    expect(practitioners.find(({ name }) => name[0].family === 'Perera')).toMatchObject({
      identifier: [
        { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555000111242' },
        { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: '555000333442' },
      ],
      name: [{ family: 'Perera', given: ['Amara'], prefix: ['Dr'] }],
      gender: 'female',
    });
    for (const practitioner of practitioners) {
      expect(practitioner.name).toHaveLength(1);
      for (const forbidden of ['telecom', 'address', 'birthDate', 'photo', 'qualification', 'communication']) {
        expect(practitioner).not.toHaveProperty(forbidden);
      }
    }
  });
});

describe('search for free slots: what is bookable', () => {
  it('search for free slots: slots that have begun are not returned [10.1-23]', async () => {
    const own = await start();
    own.clock.set(Date.parse('2026-05-18T08:20:00Z'));
    const slots = await freeSlots(own.consumer(), slotPath('2026-05-18', '2026-05-18'));
    expect(slots[0]?.start).toBe('2026-05-18T09:30:00+01:00');
  });

  it.each(['hold', 'holiday', 'start', 'end'] as const)(
    'search for free slots: a session that the desk has put on %s is withheld, and shown again afterwards [10.1-23]',
    async (action) => {
      const day = { hold: '2026-05-19', holiday: '2026-05-20', start: '2026-05-21', end: '2026-05-22' }[action];
      const session = gateway.riverside.hmis
        .sessions()
        .find((one) => one.start === Date.parse(`${day}T09:20:00+01:00`) && one.consultantId === 42);
      if (!session) throw new Error('no session');
      const shown = async (): Promise<number> =>
        (await freeSlots(gateway.consumer(), slotPath(day, day))).filter(({ start: at }) => at.includes('T09:20'))
          .length;
      expect(await shown()).toBe(2);
      gateway.riverside.hmis.desk({ action, sessionInstanceId: session.id, on: true });
      expect(await shown()).toBe(1);
      gateway.riverside.hmis.desk({ action, sessionInstanceId: session.id, on: false });
      expect(await shown()).toBe(2);
    },
  );

  it('search for free slots: a slot given away at the desk is withheld, and shown again when the desk cancels it [10.1-23]', async () => {
    const session = gateway.riverside.hmis
      .sessions()
      .find((one) => one.start === Date.parse('2026-05-25T09:00:00+01:00') && one.consultantId === 42);
    if (!session) throw new Error('no session');
    const path = slotPath('2026-05-25', '2026-05-25');
    const all = await freeSlots(gateway.consumer(), path);
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: session.id });
    expect(await freeSlots(gateway.consumer(), path)).toHaveLength(all.length - 1);
    const booking = gateway.riverside.hmis.bookings().find((one) => one.sessionInstanceId === session.id);
    gateway.riverside.hmis.desk({ action: 'cancel', bookingId: booking?.bookingId ?? 0 });
    expect(await freeSlots(gateway.consumer(), path)).toEqual(all);
  });

  it('search for free slots: a schedule that the practice has not made bookable is withheld [12-1]', async () => {
    const own = await start({
      practices: (yaml) => yaml.replace('set: { type: Nurse walk-in }', 'set: { bookable: false }'),
    });
    const names = (await freeSlots(own.consumer(), slotPath(...DAY))).map(({ scheduleType }) => scheduleType);
    expect(new Set(names)).toEqual(new Set(['Morning surgery', 'Afternoon surgery']));
  });

  it('search for free slots: embargo and booking window of the practice are applied [12-8]', async () => {
    const own = await start({
      practices: (yaml) => yaml.replace('horizon: 14d', 'embargo: 3h\n      horizon: 2d'),
    });
    const starts = (await freeSlots(own.consumer())).map((slot) => slot.start);
    // It is seven o'clock: nothing before ten, nothing after seven the day after tomorrow.
    expect(starts[0]).toBe('2026-05-18T10:10:00+01:00');
    expect(starts.at(-1)).toBe('2026-05-19T14:50:00+01:00');
  });

  it('search for free slots: at a practice that has not enabled appointment management it is 403 ACCESS DENIED', async () => {
    const own = await start({
      practices: (yaml) => yaml.replace('foundations: true, appointmentManagement: true', 'foundations: true'),
    });
    expectRefusal(await own.consumer().get('searchSlots', slotPath()), 403, 'ACCESS DENIED');
    expect(own.practiceCalls()).toBe(0);
    expect(await freeSlots(own.consumer('A99902'))).not.toHaveLength(0);
  });
});

describe('search for free slots: restrictions of the practice', () => {
  let own: TestGateway;
  beforeAll(async () => {
    own = await start({
      practices: (yaml) =>
        yaml.replace(
          /- when: \{ schedule: Walk-in nurse clinic \}\n\s+set: \{ type: Nurse walk-in \}/,
          `- when: { schedule: Walk-in nurse clinic }
          set: { type: One organisation, restriction: { organisations: [Z99902, Z99903] } }
        - when: { practitioner: '71', schedule: Afternoon surgery }
          set: { type: Both, restriction: { organisationTypes: [gp-practice], organisations: [Z99902] } }`,
        ),
    });
  });

  const type = (code: string): string =>
    `&searchFilter=${encodeURIComponent(`${CODES}GPConnect-OrganisationType-1|${code}`)}`;
  const code = (ods: string): string =>
    `&searchFilter=${encodeURIComponent(`https://fhir.nhs.uk/Id/ods-organization-code|${ods}`)}`;

  it.each([
    ['nothing', '', ['GP routine']],
    ['type urgent-care', type('urgent-care'), ['GP routine', 'Urgent evening']],
    ['type gp-practice', type('gp-practice'), ['GP routine']],
    ['both types', type('gp-practice') + type('urgent-care'), ['GP routine', 'Urgent evening']],
    ['a type nobody knows', type('oncology'), ['GP routine']],
    ['a type in other letter case', type('Urgent-Care'), ['GP routine']],
    ['code Z99902', code('Z99902'), ['GP routine', 'One organisation']],
    ['code Z99903', code('Z99903'), ['GP routine', 'One organisation']],
    ['another code', code('Z99904'), ['GP routine']],
    [
      'urgent-care and Z99902',
      type('urgent-care') + code('Z99902'),
      ['GP routine', 'One organisation', 'Urgent evening'],
    ],
    ['gp-practice and Z99902', type('gp-practice') + code('Z99902'), ['Both', 'GP routine', 'One organisation']],
    ['gp-practice and Z99903', type('gp-practice') + code('Z99903'), ['GP routine', 'One organisation']],
    ['gp-practice and another code', type('gp-practice') + code('Z99904'), ['GP routine']],
    ['a type under the system of codes', code('urgent-care'), ['GP routine']],
    [
      'two values in one filter, by a comma',
      `${type('gp-practice')}%2C${type('urgent-care').slice('&searchFilter='.length)}`,
      ['GP routine', 'Urgent evening'],
    ],
  ])(
    'search for free slots: with %s in searchFilter a restricted slot is shown only where every restriction is met [10.1-8 10.1-9 10.1-11 12-2 12-3 12-9 12-10 12-11 12-12]',
    async (_, filter, types) => {
      const answer = await own.consumer('A99903').get('searchSlots', slotPath('2026-05-19', '2026-05-19', filter));
      const found = new Set(resources(answer.body, 'Slot').map((slot) => slot.serviceType[0].text));
      expect([...found].sort()).toEqual(types);
      // No Schedule is told of whose slots are withheld.
      const schedules = new Set(resources(answer.body, 'Slot').map((slot) => slot.schedule.reference));
      expect(resources(answer.body, 'Schedule')).toHaveLength(schedules.size);
    },
  );
});

describe('search for free slots: when the practice does not answer', () => {
  it.each([
    ['cannot be reached', { kind: 'drop' }, 503],
    ['answers nonsense', { kind: 'not-json' }, 502],
    ['answers with a page', { kind: 'html', status: 200 }, 502],
    ['answers too late', { kind: 'hang' }, 504],
  ] as const)(
    'search for free slots: a practice that %s is an error, never an empty bundle [7.3-15]',
    async (_, fault, status) => {
      const own = await start();
      own.riverside.faults.script({ times: 'always', fault });
      expectRefusal(await own.consumer().get('searchSlots', slotPath()), status, 'INTERNAL_SERVER_ERROR');
      own.riverside.faults.clear();
    },
  );
});
