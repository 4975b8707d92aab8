/** What a practice decides about its slots: who may see and book them, how many, under which role and channel. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, TestAnswer } from '../support/consumer.js';
import {
  bookingBody,
  CODES,
  expectRefusal,
  freeSlots,
  patientId,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { riversideWith } from '../support/riverside.js';

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));

/** A practice with these sessions and these slot rules in place of the demo's. */
async function start(sessions: readonly object[], rules: readonly object[]): Promise<TestGateway> {
  const gateway = await startTestGateway({
    riverside: riversideWith(sessions),
    practices: (yaml) =>
      yaml.replace(/(bookable: true \}\n\s+rules:)[\s\S]*?(\n\s+horizon: 14d)/, `$1 ${JSON.stringify(rules)}$2`),
  });
  started.push(gateway);
  return gateway;
}

const DAY = '2026-05-19';
const filterOf = (types: readonly string[], codes: readonly string[]): string =>
  [
    ...types.map((type) => `${CODES}GPConnect-OrganisationType-1|${type}`),
    ...codes.map((code) => `https://fhir.nhs.uk/Id/ods-organization-code|${code}`),
  ]
    .map((value) => `&searchFilter=${encodeURIComponent(value)}`)
    .join('');

const resourcesOf = (answer: TestAnswer, type: string): Json[] =>
  (answer.body.entry ?? [])
    .map((entry: Json) => entry.resource)
    .filter((resource: Json) => resource.resourceType === type);

describe('search for free slots: the matrix of filters and restrictions', () => {
  const KEPT: readonly (readonly [string, object | undefined])[] = [
    ['for all', undefined],
    ['urgent', { organisationTypes: ['urgent-care'] }],
    ['practices', { organisationTypes: ['gp-practice'] }],
    ['either type', { organisationTypes: ['gp-practice', 'urgent-care'] }],
    ['one code', { organisations: ['Z99902'] }],
    ['two codes', { organisations: ['Z99902', 'Z99903'] }],
    ['urgent and one code', { organisationTypes: ['urgent-care'], organisations: ['Z99902'] }],
    ['practices and two codes', { organisationTypes: ['gp-practice'], organisations: ['Z99902', 'Z99903'] }],
  ];
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start(
      KEPT.map(([name], index) => ({
        id: 1 + index,
        name,
        consultantId: 42,
        start: `+1d ${String(9 + index).padStart(2, '0')}:00`,
        duration: 10,
      })),
      KEPT.map(([schedule, restriction]) => ({
        when: { schedule },
        set: { type: schedule, ...(restriction && { restriction }) },
      })),
    );
  });

  const shown = async (types: readonly string[], codes: readonly string[]): Promise<string[]> => {
    const answer = await gateway.consumer().get('searchSlots', slotPath(DAY, DAY, filterOf(types, codes)));
    const names = resourcesOf(answer, 'Slot').map((slot) => slot.serviceType[0].text as string);
    // Of what is withheld not even the Schedule is told, and every Schedule stands once.
    expect(resourcesOf(answer, 'Schedule').map(({ serviceCategory }) => serviceCategory.text)).toEqual(names);
    return names.sort();
  };

  it.each([
    ['neither', [], [], ['for all']],
    ['type urgent-care', ['urgent-care'], [], ['either type', 'for all', 'urgent']],
    ['type gp-practice', ['gp-practice'], [], ['either type', 'for all', 'practices']],
    ['code Z99902', [], ['Z99902'], ['for all', 'one code', 'two codes']],
    ['code Z99903', [], ['Z99903'], ['for all', 'two codes']],
    [
      'urgent-care and Z99902',
      ['urgent-care'],
      ['Z99902'],
      ['either type', 'for all', 'one code', 'two codes', 'urgent', 'urgent and one code'],
    ],
    ['urgent-care and Z99903', ['urgent-care'], ['Z99903'], ['either type', 'for all', 'two codes', 'urgent']],
    [
      'gp-practice and Z99903',
      ['gp-practice'],
      ['Z99903'],
      ['either type', 'for all', 'practices', 'practices and two codes', 'two codes'],
    ],
    ['a type nobody knows', ['oncology'], [], ['for all']],
    ['a type nobody knows and Z99903', ['oncology'], ['Z99903'], ['for all', 'two codes']],
    ['urgent-care and a code nobody names', ['urgent-care'], ['Z99909'], ['either type', 'for all', 'urgent']],
    [
      'both types and both codes',
      ['gp-practice', 'urgent-care'],
      ['Z99902', 'Z99903'],
      KEPT.map(([name]) => name).sort(),
    ],
  ] as const)(
    'search for free slots: with %s the slots of the matrix are shown and no others [10.1-8 10.1-9 10.1-11 12-2 12-3 12-9 12-10 12-11 12-12]',
    async (_, types, codes, expected) => {
      expect(await shown(types, codes)).toEqual(expected);
    },
  );

  it('search for free slots: a filter of another system neither lifts a restriction nor adds one [10.1-10]', async () => {
    const other = ['FilterCategory-7|urgent-care', 'https://fhir.nhs.uk/Id/otherIdentifier|Z99902', 'TypeCategory|x'];
    const more = other.map((value) => `&searchFilter=${encodeURIComponent(value)}`).join('');
    const names = async (path: string): Promise<string[]> =>
      resourcesOf(await gateway.consumer().get('searchSlots', path), 'Slot').map((slot) => slot.serviceType[0].text);
    expect(await names(slotPath(DAY, DAY, more))).toEqual(['for all']);
    const filter = filterOf(['urgent-care'], []);
    expect(await names(slotPath(DAY, DAY, filter + more))).toEqual(await names(slotPath(DAY, DAY, filter)));
  });
});

describe('search for free slots: role and channel', () => {
  it('search for free slots: both are those that the practice has chosen for the schedule, each from its list [10.1-31 10.1-35 12-5 12-6]', async () => {
    const gateway = await start(
      ['Surgery', 'Video clinic', 'Phone clinic'].map((name, index) => ({
        id: 1 + index,
        name,
        consultantId: 42,
        start: `+1d 1${String(index)}:00`,
        duration: 10,
      })),
      [
        { when: { schedule: 'video*' }, set: { channel: 'Video', role: { code: 'R0600' } } },
        { when: { schedule: 'phone*' }, set: { channel: 'Telephone' } },
      ],
    );
    const answer = await gateway.consumer().get('searchSlots', slotPath(DAY, DAY));
    const schedules = resourcesOf(answer, 'Schedule');
    const chosen = resourcesOf(answer, 'Slot').map((slot) => {
      const schedule = schedules.find(({ id }) => `Schedule/${id as string}` === slot.schedule.reference) ?? {};
      const [role] = schedule.extension;
      return [schedule.serviceCategory.text, slot.extension[0].valueCode, role.valueCodeableConcept.coding[0]];
    });
    const system = `${CODES}CareConnect-SDSJobRoleName-1`;
    expect(chosen).toEqual([
      ['Surgery', 'In-person', { system, code: 'R0260', display: 'General Medical Practitioner' }],
      ['Video clinic', 'Video', { system, code: 'R0600', display: 'Specialist Nurse Practitioner' }],
      ['Phone clinic', 'Telephone', { system, code: 'R0260', display: 'General Medical Practitioner' }],
    ]);
  });

  it('search for free slots: adjacent appointments of one clinician share a Schedule, those of another do not [10.1-24 10.2-27]', async () => {
    const gateway = await start(
      [42, 43].map((consultantId) => ({
        id: consultantId * 10,
        name: 'Surgery',
        consultantId,
        start: '+1d 09:00',
        repeat: { every: '10m', count: 6 },
        duration: 10,
      })),
      [],
    );
    const answer = await gateway.consumer().get('searchSlots', slotPath(DAY, DAY));
    expect(resourcesOf(answer, 'Slot')).toHaveLength(12);
    const schedules = resourcesOf(answer, 'Schedule');
    expect(schedules).toHaveLength(2);
    for (const schedule of schedules) {
      const own = resourcesOf(answer, 'Slot').filter(({ schedule: { reference } }) => reference.endsWith(schedule.id));
      expect(own.map(({ start }) => start.slice(11, 16))).toEqual([
        '09:00',
        '09:10',
        '09:20',
        '09:30',
        '09:40',
        '09:50',
      ]);
      expect(schedule.planningHorizon).toEqual({
        start: `${DAY}T00:00:00+01:00`,
        end: '2026-05-20T00:00:00+01:00',
      });
    }
  });
});

describe('a cap of slots that organisations of one kind may book of a schedule', () => {
  const URGENT = filterOf(['urgent-care'], ['Z99902']);
  const GP = filterOf(['gp-practice'], ['Z99904']);
  const SESSIONS = ['+1d 09:00', '+2d 09:00'].map((at, index) => ({
    id: 100 * (1 + index),
    name: 'Surgery',
    consultantId: 42,
    start: at,
    repeat: { every: '10m', count: 5 },
    duration: 10,
  }));
  const capped = (most: number): Promise<TestGateway> =>
    start(SESSIONS, [{ when: { schedule: '*' }, set: { caps: [{ organisationTypes: ['urgent-care'], most }] } }]);
  const asPractice = (body: Json): void => {
    body.contained[0].identifier[0].value = 'Z99904';
    body.contained[0].type[0].coding[0] = {
      system: `${CODES}GPConnect-OrganisationType-1`,
      code: 'gp-practice',
      display: 'GP Practice',
    };
  };
  const found = (gateway: TestGateway, filter: string, day = DAY): Promise<readonly FoundSlot[]> =>
    freeSlots(gateway.consumer(), slotPath(day, day, filter));

  async function book(gateway: TestGateway, slot: FoundSlot | undefined, who: number, change?: (body: Json) => void) {
    if (!slot) throw new Error('no slot');
    const consumer = gateway.consumer();
    const patient = await patientId(consumer, RIVERSIDE_PATIENTS[who]);
    return consumer.post('book', '/Appointment', bookingBody(slot, patient, change));
  }

  it('search for free slots: when it is reached, such organisations are shown no more of the schedule, others are [12-4]', async () => {
    const gateway = await capped(2);
    const slots = await found(gateway, URGENT);
    expect(slots).toHaveLength(5);
    expect((await book(gateway, slots[0], 0)).status).toBe(201);
    expect(await found(gateway, URGENT)).toHaveLength(4);
    expect((await book(gateway, slots[1], 1)).status).toBe(201);
    expect(await found(gateway, URGENT)).toEqual([]);
    expect(await found(gateway, GP)).toHaveLength(3);
    expect(await found(gateway, '')).toHaveLength(3);
    // The rota of another day has its own.
    expect(await found(gateway, URGENT, '2026-05-20')).toHaveLength(5);
  });

  it('book an appointment: beyond it such organisations are refused with 422 INVALID_RESOURCE, others are not [10.2-65 12-4]', async () => {
    const gateway = await capped(1);
    const slots = await found(gateway, URGENT);
    expect((await book(gateway, slots[0], 0)).status).toBe(201);
    const before = gateway.riverside.hmis.bookings().length;
    const issue = expectRefusal(await book(gateway, slots[1], 1), 422, 'INVALID_RESOURCE');
    expect(issue.diagnostics).toContain('rota');
    expect(gateway.riverside.hmis.bookings()).toHaveLength(before);
    expect((await book(gateway, slots[1], 1, asPractice)).status).toBe(201);
    // What others booked does not count, nor what the desk sold.
    gateway.riverside.hmis.desk({ action: 'book', sessionInstanceId: 202 });
    const other = await found(gateway, URGENT, '2026-05-20');
    expect((await book(gateway, other[0], 2)).status).toBe(201);
  });

  it('book an appointment: two at once take no more of it than there is [12-4]', async () => {
    const gateway = await capped(1);
    const slots = await found(gateway, URGENT);
    const answers = await Promise.all([0, 1, 2].map((n) => book(gateway, slots[n], n)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
    expect(gateway.riverside.hmis.bookings()).toHaveLength(1);
  });
});
