/** Search for free slots over a group of practices: one merged answer, and no practice's trouble removes another's slots. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, TestAnswer } from '../support/consumer.js';
import { booked, CODES, expectRefusal, freeSlots, patientId, PROFILE, slotPath, WITH_ACTORS } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const PRACTICES = ['A99901', 'A99902', 'A99903'] as const;
const ROOT = 'https://gateway.example.nhs.uk';
/** A Tuesday: the evening walk-in surgery of A99903 is kept for urgent care. */
const TUESDAY = ['2026-05-19', '2026-05-19'] as const;
const URGENT = `&searchFilter=${encodeURIComponent(`${CODES}GPConnect-OrganisationType-1|urgent-care`)}`;

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));
async function start(): Promise<TestGateway> {
  const gateway = await startTestGateway();
  started.push(gateway);
  return gateway;
}

const searchGroup = (gateway: TestGateway, path = slotPath(...TUESDAY)): Promise<TestAnswer> =>
  gateway.consumer('federation/north').get('searchSlots', path);

const entriesOf = (answer: TestAnswer, mode: string): Json[] =>
  (answer.body.entry ?? []).filter((entry: Json) => entry.search.mode === mode);

/** ODS code of the practice below whose root an entry stands. */
const practiceOf = (entry: Json): string => /^https:\/\/[^/]+\/([^/]+)\//.exec(entry.fullUrl)?.[1] ?? '';

describe('federated search for free slots', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start();
  });

  it('federated search: it holds the slots of every practice, all by start and then in the order of the group', async () => {
    const answer = await searchGroup(gateway);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    const matches = entriesOf(answer, 'match');
    expect(answer.body.total).toBe(matches.length);
    const rank = matches.map((entry): [number, number] => [
      Date.parse(entry.resource.start),
      PRACTICES.indexOf(practiceOf(entry) as (typeof PRACTICES)[number]),
    ]);
    expect(rank).toEqual([...rank].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    for (const odsCode of PRACTICES) {
      const own = await freeSlots(gateway.consumer(odsCode), slotPath(...TUESDAY));
      const merged = matches.filter((entry) => practiceOf(entry) === odsCode).map(({ resource }) => resource.id);
      expect(merged).toEqual(own.map(({ id }) => id));
      expect(own.length).toBeGreaterThan(10);
    }
    expect(answer.headers.get('x-practices-answered')).toBe('3/3');
    expect(entriesOf(answer, 'outcome')).toEqual([]);
  });

  it('federated search: fullUrl is unique, and every reference resolves below the root of its practice', async () => {
    const answer = await searchGroup(gateway, slotPath(...TUESDAY, WITH_ACTORS));
    const urls: string[] = answer.body.entry.map((entry: Json) => entry.fullUrl);
    expect(new Set(urls).size).toBe(urls.length);
    for (const { fullUrl, resource } of answer.body.entry as Json[]) {
      const root = `${ROOT}/${practiceOf({ fullUrl })}/STU3/1/gpconnect`;
      expect(fullUrl).toBe(`${root}/${resource.resourceType}/${resource.id}`);
      const references: string[] = [
        resource.schedule?.reference,
        resource.managingOrganization?.reference,
        ...(resource.actor ?? []).map((actor: Json) => actor.reference),
      ].filter((reference) => reference !== undefined);
      for (const reference of references) expect(urls).toContain(`${root}/${reference}`);
    }
  });

  it('federated search: the Organization of every practice is there; Location and Practitioner only when asked for', async () => {
    const plain = entriesOf(await searchGroup(gateway), 'include');
    const types = (entries: Json[]): string[] => [...new Set(entries.map(({ resource }) => resource.resourceType))];
    expect(types(plain).sort()).toEqual(['Organization', 'Schedule']);
    const organisations = plain.filter(({ resource }) => resource.resourceType === 'Organization');
    expect(organisations.map(practiceOf)).toEqual(PRACTICES);
    const rich = entriesOf(await searchGroup(gateway, slotPath(...TUESDAY, WITH_ACTORS)), 'include');
    expect(types(rich).sort()).toEqual(['Location', 'Organization', 'Practitioner', 'Schedule']);
  });

  it('federated search: no practice has a slot: 200 with total 0 and no entry', async () => {
    const answer = await searchGroup(gateway, slotPath('2026-06-01', '2026-06-02', WITH_ACTORS));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ resourceType: 'Bundle', type: 'searchset', total: 0 });
  });

  it('federated search: restrictions of each practice are applied as in its own search', async () => {
    const evening = async (path: string): Promise<string[]> =>
      entriesOf(await searchGroup(gateway, path), 'match')
        .filter(({ resource }) => resource.serviceType[0].text === 'Urgent evening')
        .map(practiceOf);
    expect(await evening(slotPath(...TUESDAY))).toEqual([]);
    expect(new Set(await evening(slotPath(...TUESDAY, URGENT)))).toEqual(new Set(['A99903']));
  });

  it.each([
    ['400 BAD_REQUEST without status', slotPath().replace('status=free&', ''), 400, 'BAD_REQUEST'],
    ['422 INVALID_PARAMETER for another status', slotPath().replace('free', 'busy'), 422, 'INVALID_PARAMETER'],
    ['422 INVALID_PARAMETER over 14 days', slotPath('2026-05-18', '2026-06-02'), 422, 'INVALID_PARAMETER'],
    ['422 INVALID_PARAMETER for a wrong prefix', slotPath().replace('=ge', '=gt'), 422, 'INVALID_PARAMETER'],
  ])('federated search: parameters are refused as by one practice: %s', async (_, path, status, code) => {
    const calls = gateway.practiceCalls();
    expectRefusal(await searchGroup(gateway, path), status, code);
    expect(gateway.practiceCalls()).toBe(calls);
  });

  it('federated search: Ssp-To of one of its practices is not the ASID of the group: 400 BAD_REQUEST', async () => {
    const calls = gateway.practiceCalls();
    const answer = await gateway
      .consumer('federation/north')
      .get('searchSlots', slotPath(), { headers: { 'Ssp-To': '200000009901' } });
    expectRefusal(answer, 400, 'BAD_REQUEST');
    expect(gateway.practiceCalls()).toBe(calls);
  });

  it('federated search: a group that does not exist is 404', async () => {
    const answer = await gateway.consumer('federation/south').get('searchSlots', slotPath());
    expect(answer.status).toBe(404);
    expect(answer.body.resourceType).toBe('OperationOutcome');
  });

  it('federated search: a slot found there is booked at its practice, and gone from the next search', async () => {
    const answer = await searchGroup(gateway, slotPath('2026-05-20', '2026-05-20', WITH_ACTORS));
    const entry = entriesOf(answer, 'match').find((one) => practiceOf(one) === 'A99903');
    const consumer = gateway.consumer('A99903');
    const slot = (await freeSlots(consumer, slotPath('2026-05-20', '2026-05-20'))).find(
      ({ id }) => id === entry.resource.id,
    );
    if (!slot) throw new Error('no slot');
    await booked(consumer, slot, await patientId(consumer, '9990000131'));
    const left = entriesOf(await searchGroup(gateway, slotPath('2026-05-20', '2026-05-20')), 'match');
    expect(left.map(({ fullUrl }) => fullUrl)).not.toContain(entry.fullUrl);
    expect(left).toHaveLength(entriesOf(answer, 'match').length - 1);
  });
});

describe('federated search for free slots: a practice in trouble', () => {
  /** The outcome entry of a practice that gave no full answer. */
  function expectShortfall(entry: Json, odsCode: string, code: string): void {
    expect(entry.search).toEqual({ mode: 'outcome' });
    const { resource } = entry;
    expect(resource.resourceType).toBe('OperationOutcome');
    expect(resource.meta.profile).toEqual([`${PROFILE}GPConnect-OperationOutcome-1`]);
    expect(resource.issue).toHaveLength(1);
    expect(resource.issue[0]).toMatchObject({ severity: 'warning', code });
    expect(resource.issue[0].diagnostics).toContain(odsCode);
    for (const other of PRACTICES.filter((practice) => practice !== odsCode)) {
      expect(resource.issue[0].diagnostics).not.toContain(other);
    }
  }

  it.each([
    ['cannot be reached', { kind: 'drop' }, 'transient'],
    ['does not answer in time', { kind: 'hang' }, 'timeout'],
    ['answers something that is not JSON', { kind: 'not-json' }, 'exception'],
    ['answers JSON of another shape', { kind: 'wrong-envelope' }, 'exception'],
    ['answers with half a body', { kind: 'truncated' }, undefined],
    ['fails', { kind: 'status', status: 500, body: { trouble: 'secret detail' } }, undefined],
    ['answers with a page', { kind: 'html' }, undefined],
    ['sends us elsewhere', { kind: 'redirect', to: 'http://127.0.0.1:9/' }, undefined],
  ] as const)(
    'federated search: one practice %s: the slots of the others, and one outcome that names it',
    async (_, fault, issue) => {
      const gateway = await start();
      const calm = await searchGroup(gateway);
      gateway.hillside.faults.script({ times: 'always', fault });
      const began = performance.now();
      const answer = await searchGroup(gateway);
      expect(performance.now() - began).toBeLessThan(3_000);
      expect(answer.status).toBe(200);
      expect(entriesOf(answer, 'match')).toEqual(
        entriesOf(calm, 'match').filter((entry) => practiceOf(entry) !== 'A99903'),
      );
      expect(answer.body.total).toBe(entriesOf(answer, 'match').length);
      expect(answer.headers.get('x-practices-answered')).toBe('2/3');
      const outcomes = entriesOf(answer, 'outcome');
      expect(outcomes).toHaveLength(1);
      expectShortfall(outcomes[0], 'A99903', issue ?? outcomes[0].resource.issue[0].code);
      expect(['timeout', 'transient', 'exception', 'throttled']).toContain(outcomes[0].resource.issue[0].code);
      expect(answer.text).not.toContain('secret detail');
      gateway.hillside.faults.clear();
    },
  );

  it('federated search: two practices in trouble are two outcomes in the order of the group', async () => {
    const gateway = await start();
    gateway.riverside.faults.script({ times: 'always', fault: { kind: 'drop' } });
    const answer = await searchGroup(gateway);
    expect(answer.status).toBe(200);
    expect(new Set(entriesOf(answer, 'match').map(practiceOf))).toEqual(new Set(['A99903']));
    const [first, second, ...more] = entriesOf(answer, 'outcome');
    expectShortfall(first, 'A99901', 'transient');
    expectShortfall(second, 'A99902', 'transient');
    expect(more).toEqual([]);
  });

  it('federated search: a practice in trouble beside practices without a slot is still named', async () => {
    const gateway = await start();
    gateway.hillside.faults.script({ times: 'always', fault: { kind: 'drop' } });
    const answer = await searchGroup(gateway, slotPath('2026-06-01', '2026-06-02'));
    expect(answer.status).toBe(200);
    expect(answer.body.total).toBe(0);
    expect(answer.body.entry).toHaveLength(1);
    expectShortfall(answer.body.entry[0], 'A99903', 'transient');
  });

  it.each([
    ['all cannot be reached', { kind: 'drop' }, 503],
    ['all answer nonsense', { kind: 'not-json' }, 502],
    ['none answers in time', { kind: 'hang' }, 504],
  ] as const)('federated search: %s: an error, never an empty bundle', async (_, fault, status) => {
    const gateway = await start();
    for (const simulation of [gateway.riverside, gateway.hillside])
      simulation.faults.script({ times: 'always', fault });
    expectRefusal(await searchGroup(gateway), status, 'INTERNAL_SERVER_ERROR');
    for (const simulation of [gateway.riverside, gateway.hillside]) simulation.faults.clear();
  });
});
