/** Which sessions of HMIS are one Schedule, seen by a search and by the reading of one place. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { HmisSession } from '../../src/connectors/hmis/session.js';
import { createSessions, type Sessions } from '../../src/connectors/hmis/rest/sessions.js';
import type { HmisConnection } from '../../src/connectors/hmis/rest/connection.js';
import { scheduleIdOf } from '../../src/connectors/hmis/schedule-id.js';
import { isLogicalId } from '../../src/domain/identifiers.js';
import type { Slot } from '../../src/domain/schedule.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.js';
import { search } from '../contract/practice-system/harness.js';
import {
  createHmisPractice,
  createRuntime,
  MONDAY_8,
  practiceOf,
  settingsFor,
  zone,
  type HmisPractice,
} from './hmis-practice.js';

const open: HmisPractice[] = [];
afterEach(async () => {
  for (const practice of open.splice(0)) await practice.close();
});

async function start(sessions: readonly object[], practice = {}): Promise<HmisPractice> {
  const started = await createHmisPractice({ data: { sessions }, practice });
  open.push(started);
  return started;
}

const single = (id: number, at: string, over: object = {}): object => ({
  id,
  name: 'Morning surgery',
  consultantId: 42,
  start: at,
  duration: 10,
  ...over,
});

const groupsOf = (slots: readonly Slot[]): number[] => {
  const counts = new Map<string, number>();
  for (const { scheduleId } of slots) counts.set(scheduleId, (counts.get(scheduleId) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => a - b);
};

describe('hmis: schedules', () => {
  it('appointments of one consultant, place, day and name are one schedule, and follow one another in it', async () => {
    const practice = await start([single(1, '+1d 09:00'), single(2, '+1d 09:10'), single(3, '+1d 11:00')]);
    const { slots, schedules } = await practice.system.listFreeSlots(practice.window, search());
    expect(schedules).toHaveLength(1);
    expect(groupsOf(slots)).toEqual([3]);
    const [first, second] = [...slots].sort((a, b) => a.start - b.start);
    expect(second?.start).toBe(first?.end);
    // One at a time: each of them is booked by itself.
    expect(new Set(slots.map(({ id }) => practice.system.lockKeyOf(id))).size).toBe(3);
  });

  it.each([
    ['another consultant', { consultantId: 43 }],
    ['another name', { name: 'Afternoon surgery' }],
    ['another day', { start: '+2d 09:10' }],
    ['a queue', { capacity: 4, minutes: 60 }],
  ])('%s is another schedule', async (_, over) => {
    const practice = await start([single(1, '+1d 09:00'), single(2, '+1d 09:10', over)]);
    const { schedules } = await practice.system.listFreeSlots(practice.window, search());
    expect(new Set(schedules.map(({ id }) => id)).size).toBe(2);
  });

  it('another place is another schedule', async () => {
    const [location] = practiceOf().locations;
    if (!location) throw new Error('test data');
    const branch = { ...location, id: 'location-11' as typeof location.id, systemId: '11' };
    const sessions = [single(1, '+1d 09:00'), single(2, '+1d 09:10', { institutionId: 11 })];
    const practice = await start(sessions, { locations: [location, branch] });
    const { schedules } = await practice.system.listFreeSlots(practice.window, search());
    expect(schedules.map(({ locationId }) => locationId).sort()).toEqual(['location-10', 'location-11']);
  });

  it('a schedule of appointments is the same in every window and while they are sold; it spans its day', async () => {
    const practice = await start([single(1, '+1d 09:00'), single(2, '+1d 09:10'), single(3, '+1d 11:00')]);
    const schedulesIn = async (start: number, end: number) =>
      (await practice.system.listFreeSlots({ start, end }, search())).schedules;
    const tuesday = MONDAY_8 + DAY;
    const [whole] = await schedulesIn(MONDAY_8, MONDAY_8 + 3 * DAY);
    expect(whole?.planningHorizon).toEqual({ start: tuesday - 8 * HOUR, end: tuesday + 16 * HOUR });
    expect(await schedulesIn(tuesday + 3 * HOUR, tuesday + 4 * HOUR)).toEqual([whole]);
    practice.simulator.hmis.desk({ action: 'book', sessionInstanceId: 1 });
    expect(await schedulesIn(MONDAY_8, MONDAY_8 + 3 * DAY)).toEqual([whole]);
  });

  it('the version of a schedule of appointments changes with what it says', async () => {
    const versionWith = async (rules: readonly object[]): Promise<string | undefined> => {
      const practice = await start([single(1, '+1d 09:00')], {
        slotRules: { ...practiceOf().slotRules, rules },
      });
      return (await practice.system.listFreeSlots(practice.window, search())).schedules[0]?.version;
    };
    const role = { code: 'R0600', display: 'Specialist Nurse Practitioner' };
    const plain = await versionWith([]);
    expect(await versionWith([])).toBe(plain);
    expect(await versionWith([{ schedule: '*', dress: { role } }])).not.toBe(plain);
  });

  it('reading one place gives the slot and the schedule that the search gave', async () => {
    const practice = await start([
      single(1, '+1d 09:00'),
      single(2, '+1d 09:10'),
      single(3, '+1d 14:00', { name: 'Queue', capacity: 6, minutes: 60 }),
      single(4, '+2d 09:00', { consultantId: 43 }),
    ]);
    const { slots, schedules } = await practice.system.listFreeSlots(practice.window, search());
    expect(slots.length).toBeGreaterThan(4);
    for (const slot of slots) {
      const schedule = schedules.find(({ id }) => id === slot.scheduleId);
      expect(await practice.system.readPlace(slot.id, search())).toEqual({ state: 'free', slot, schedule });
    }
  });

  it('role and caps of a rule are those of its schedules', async () => {
    const role = { code: 'R0600', display: 'Specialist Nurse Practitioner' };
    const caps = [{ organisationTypes: ['urgent-care'], organisations: undefined, most: 2 }];
    const rules = [{ schedule: 'Queue', dress: { role, caps } }];
    const practice = await start(
      [single(1, '+1d 09:00'), single(3, '+1d 14:00', { name: 'Queue', capacity: 6, minutes: 60 })],
      { slotRules: { ...practiceOf().slotRules, rules } },
    );
    const { schedules } = await practice.system.listFreeSlots(practice.window, search());
    expect(schedules.find(({ type }) => type === 'Queue')).toMatchObject({ role, caps });
    const other = schedules.find(({ type }) => type !== 'Queue');
    expect(other?.role?.code).toBe('R0260');
    expect(other).toHaveProperty('caps', undefined);
  });
});

/** Any sessions at all: what a practice writes into its system is not ours to choose. */
const anySession: fc.Arbitrary<HmisSession> = fc
  .record({
    id: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    name: fc.option(fc.oneof(fc.constantFrom('Morning', 'morning', 'Mörgen/\u{1F600}|-'), fc.string()), {
      nil: undefined,
    }),
    consultantId: fc.constantFrom('42', '43'),
    institutionId: fc.constantFrom('10'),
    // A fortnight in which the clocks change.
    start: fc.integer({ min: 0, max: 14 * 24 * 12 }).map((n) => Date.UTC(2026, 9, 18) + n * 5 * MINUTE),
    duration: fc.constantFrom(5, 10, 15),
    capacity: fc.constantFrom(1, 1, 1, 0, 6),
  })
  .map((made) => ({
    ...made,
    end: made.start + made.duration * MINUTE * Math.max(1, made.capacity),
    free: made.capacity === 0 ? undefined : made.capacity,
    nextToken: 1,
    open: true,
    itemId: undefined,
    version: 'v',
  }));

const NOW = Date.UTC(2026, 9, 17);

function rowOf(session: HmisSession): object {
  const wall = (at: number): string => zone.toLocal(at).slice(0, 19).replace('T', ' ');
  return {
    id: session.id,
    name: session.name,
    consultantId: Number(session.consultantId),
    institutionId: Number(session.institutionId),
    startingTime: wall(session.start),
    duration: session.duration,
    maxNo: session.capacity,
    availableSlots: session.free,
    nextAvailableAppointmentNumber: session.nextToken,
    status: 'Available',
  };
}

/** The sessions of an installation that holds these, with nothing in between but our reading of them. */
function sessionsOver(held: readonly HmisSession[]): Sessions {
  const rows = held.map(rowOf);
  const connection = {
    practice: practiceOf(),
    settings: settingsFor('http://localhost'),
    runtime: createRuntime(() => NOW),
    read: ({ path }: { path: string }) =>
      Promise.resolve(path.includes('?') ? rows : rows[held.findIndex(({ id }) => path.endsWith(`/${id}`))]),
    parsed: (parse: () => unknown) => parse(),
    fault: (reason: string) => new Error(reason),
    warn: () => undefined,
  } as unknown as HmisConnection;
  return createSessions(connection);
}

describe('hmis: schedules of any sessions', () => {
  const anySessions = fc.uniqueArray(anySession, { selector: ({ id }) => id, maxLength: 30 });

  it('an id is a FHIR id, and the same for all that make it', () => {
    fc.assert(
      fc.property(anySession, anySession, (one, other) => {
        const [a, b] = [one, other].map((session) => scheduleIdOf(session, zone));
        expect(isLogicalId(a ?? '')).toBe(true);
        const same =
          one.capacity === 1 &&
          other.capacity === 1 &&
          one.consultantId === other.consultantId &&
          one.institutionId === other.institutionId &&
          (one.name ?? '') === (other.name ?? '') &&
          zone.toLocalDate(one.start) === zone.toLocalDate(other.start);
        expect(a === b).toBe(same || (one.id === other.id && one.capacity !== 1 && other.capacity !== 1));
      }),
    );
  });

  it('a search and the reading of each of its slots come to the same schedule, in the whole window and in a part', async () => {
    await fc.assert(
      fc.asyncProperty(anySessions, fc.integer({ min: 0, max: 13 }), async (held, day) => {
        const sessions = sessionsOver(held);
        const window = { start: NOW, end: NOW + 20 * DAY };
        const all = await sessions.listFreeSlots(window, search());
        const part = await sessions.listFreeSlots({ start: NOW + day * DAY, end: NOW + (day + 2) * DAY }, search());
        const byId = new Map(all.schedules.map((schedule) => [schedule.id, schedule]));
        expect(byId.size).toBe(all.schedules.length);
        expect(new Set(all.slots.map(({ scheduleId }) => scheduleId))).toEqual(new Set(byId.keys()));
        for (const schedule of part.schedules) expect(schedule).toEqual(byId.get(schedule.id));
        for (const slot of all.slots) {
          const schedule = byId.get(slot.scheduleId);
          expect(await sessions.readPlace(slot.id, search())).toEqual({ state: 'free', slot, schedule });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('slots of one schedule overlap only where the sessions of the practice do', async () => {
    await fc.assert(
      fc.asyncProperty(anySessions, async (held) => {
        const { slots } = await sessionsOver(held).listFreeSlots({ start: NOW, end: NOW + 20 * DAY }, search());
        const overlap = (a: { start: number; end: number }, b: typeof a): boolean => a.start < b.end && b.start < a.end;
        for (const [index, one] of slots.entries()) {
          for (const other of slots.slice(index + 1)) {
            if (one.scheduleId !== other.scheduleId || !overlap(one, other)) continue;
            const [a, b] = [one, other].map(({ id }) => held.find((session) => id.startsWith(`${session.id}-`)));
            expect(a && b && a !== b && a.capacity === 1 && b.capacity === 1).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
