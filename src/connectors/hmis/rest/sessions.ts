/**
 * Free slots: the listing of session instances (A3) for all clinicians at once, and one of them read again (A4).
 * No filter by practice is documented, so sessions of other institutions and of clinicians that are not configured are
 * dropped here.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScheduleId, SlotId } from '../../../domain/identifiers.js';
import type { Location, Practitioner } from '../../../domain/practice.js';
import type { FreeSlots, Schedule, Slot } from '../../../domain/schedule.js';
import { dressFor, type SlotDress } from '../../../domain/slot-rules.js';
import { localDayOf, type Instant, type Period } from '../../../domain/time.js';
import type { BookedPlace, Call, PlaceView } from '../../../ports/practice-system.js';
import { fingerprint } from '../fingerprint.js';
import { isExact, placesOf } from '../projection.js';
import { scheduleIdOf } from '../schedule-id.js';
import type { HmisSession } from '../session.js';
import { parseSlotId, slotIdOf } from '../slot-id.js';
import { listOf, type HmisConnection } from './connection.js';
import { BadRow } from './fields.js';
import { parseSession } from './session-row.js';

/** A session of this practice, with what the practice's configuration makes of it. */
export interface OwnSession {
  readonly session: HmisSession;
  readonly location: Location;
  readonly practitioner: Practitioner | undefined;
  readonly dress: SlotDress;
}

export interface Published {
  readonly schedule: Schedule;
  readonly slots: readonly Slot[];
}

export interface Sessions {
  listFreeSlots(window: Period, call: Call): Promise<FreeSlots>;
  readPlace(slot: SlotId, call: Call): Promise<PlaceView>;
  /** A session instance as it is now, whoever's it is; `undefined` when there is none. */
  readSession(id: number, call: Call): Promise<HmisSession | undefined>;
  /** `undefined` for a session of another institution. */
  own(session: HmisSession): OwnSession | undefined;
  /** What of it can be booked at this moment. */
  publish(own: OwnSession): Published | undefined;
  /** Where a booking with this number and start takes place; `undefined` with nobody the practice has configured. */
  bookedPlace(own: OwnSession, token: number, start: Instant): BookedPlace | undefined;
}

const MOST_REMEMBERED = 2048;
/** Of an honest listing. A single row that cannot be used is dropped alone; so many of them are no listing. */
const MOST_ROWS = 10_000;
const MOST_UNUSABLE = 1000;
const MOST_SLOTS = 20_000;
/** After which others have their turn. */
const ROWS_A_TURN = 500;

function horizonOf({ start, end }: HmisSession): Period | undefined {
  return end === undefined ? undefined : { start, end };
}

export function createSessions(connection: HmisConnection): Sessions {
  const { practice, settings, runtime } = connection;
  const { zone, slotRules } = practice;
  const locations = new Map(practice.locations.map((location) => [location.systemId, location]));
  const practitioners = new Map(practice.practitioners.map((practitioner) => [practitioner.systemId, practitioner]));

  /** What configuration makes of a name, a consultant and an institution: asked a thousand times in one listing. */
  const makings = new Map<string, Omit<OwnSession, 'session'> | undefined>();

  const makingOf = (session: HmisSession): Omit<OwnSession, 'session'> | undefined => {
    const { consultantId, institutionId, name } = session;
    const key = `${institutionId}|${consultantId}|${name}`;
    const known = makings.get(key);
    if (known || makings.has(key)) return known;
    const location = locations.get(institutionId ?? '');
    const dress = dressFor(slotRules, { practitioner: consultantId, location: institutionId, schedule: name });
    const making = location && { location, practitioner: practitioners.get(consultantId ?? ''), dress };
    if (makings.size >= MOST_REMEMBERED) makings.clear();
    makings.set(key, making);
    return making;
  };

  const own = (session: HmisSession): OwnSession | undefined => {
    const making = makingOf(session);
    return making && { session, location: making.location, practitioner: making.practitioner, dress: making.dress };
  };

  const slotsOf = ({ session, dress }: OwnSession, scheduleId: ScheduleId): readonly Slot[] => {
    const now = runtime.clock.now();
    const slots: Slot[] = [];
    for (const { token, start, end, timing } of placesOf(session, dress.minutes, settings.slotPolicy)) {
      if (start <= now) continue;
      slots.push({
        id: slotIdOf(session.id, token, start),
        version: session.version,
        scheduleId,
        start,
        end,
        type: dress.type,
        channel: dress.channel,
        restriction: dress.restriction,
        timing,
      });
    }
    return slots;
  };

  /** A schedule of appointments says the same whichever of them it was made from, so it is made once. */
  const exactSchedules = new Map<ScheduleId, Schedule>();

  const scheduleOf = (mine: OwnSession, practitioner: Practitioner, id: ScheduleId): Schedule => {
    const known = exactSchedules.get(id);
    if (known) return known;
    const { session, location, dress } = mine;
    const exact = isExact(session);
    const role = dress.role ?? practitioner.role;
    const planningHorizon = exact ? localDayOf(zone, session.start) : horizonOf(session);
    const content = exact
      ? `${id}|${location.id}|${practitioner.id}|${role.code}|${role.display}|${planningHorizon?.start}|${planningHorizon?.end}`
      : '';
    // One literal: a listing makes hundreds of them, and objects put together from parts are slow to make and to read.
    const made: Schedule = {
      id,
      version: exact ? fingerprint(content) : session.version,
      type: session.name,
      locationId: location.id,
      practitionerId: practitioner.id,
      role,
      planningHorizon,
      caps: dress.caps,
    };
    if (exact) {
      if (exactSchedules.size >= MOST_REMEMBERED) exactSchedules.clear();
      exactSchedules.set(id, made);
    }
    return made;
  };

  const publish = (mine: OwnSession): Published | undefined => {
    if (!mine.practitioner || !mine.dress.bookable) return undefined;
    const id = scheduleIdOf(mine.session, zone);
    const slots = slotsOf(mine, id);
    return slots.length === 0 ? undefined : { schedule: scheduleOf(mine, mine.practitioner, id), slots };
  };

  const bookedPlace = (mine: OwnSession, token: number, start: Instant): BookedPlace | undefined => {
    if (!mine.practitioner) return undefined;
    const slots = [slotIdOf(mine.session.id, token, start)];
    const { id, ...schedule } = scheduleOf(mine, mine.practitioner, scheduleIdOf(mine.session, zone));
    const { locationId, practitionerId, role } = schedule;
    const { type, channel } = mine.dress;
    return { slots, schedule: { id, type: schedule.type, locationId, practitionerId, role }, type, channel };
  };

  const listingPath = ({ start, end }: Period): string => {
    // Whole days: the server may compare dates, and a session that began before the window can have room within it.
    const from = zone.toLocalDate(start);
    const to = zone.toLocalDate(end - 1);
    const [fromDate, toDate] = settings.dateOnly ? [from, to] : [`${from}%2000:00:00`, `${to}%2023:59:59`];
    return `/api/channel/sessions?fromDate=${fromDate}&toDate=${toDate}`;
  };

  const listFreeSlots = async (window: Period, call: Call): Promise<FreeSlots> => {
    const request = { operation: 'list-sessions', path: listingPath(window), timeoutMs: settings.timeouts.searchMs };
    const rows = listOf(connection, await connection.read(request, call), MOST_ROWS);
    const slots: Slot[] = [];
    const schedules = new Map<ScheduleId, Schedule>();
    const seen = new Set<number>();
    const dropped = { unusable: 0, repeated: 0, 'unknown-practitioner': 0, 'adjusted-local-time': 0 };
    for (const [index, row] of rows.entries()) {
      if (index % ROWS_A_TURN === ROWS_A_TURN - 1) await nextTurn();
      let parsed;
      try {
        parsed = parseSession(row, zone);
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        dropped.unusable += 1;
        if (dropped.unusable > MOST_UNUSABLE) throw connection.fault('unusable-rows');
        continue;
      }
      const { session, adjusted } = parsed;
      const mine = own(session);
      if (!mine) continue;
      if (seen.has(session.id)) dropped.repeated += 1;
      if (seen.has(session.id)) continue;
      seen.add(session.id);
      if (!mine.practitioner) dropped['unknown-practitioner'] += 1;
      if (adjusted) dropped['adjusted-local-time'] += 1;
      if (!mine.practitioner || !mine.dress.bookable) continue;
      const id = scheduleIdOf(session, zone);
      const before = slots.length;
      for (const slot of slotsOf(mine, id)) {
        if (slot.start >= window.start && slot.end <= window.end) slots.push(slot);
      }
      if (slots.length > MOST_SLOTS) throw connection.fault('too-many-slots');
      if (slots.length > before && !schedules.has(id)) schedules.set(id, scheduleOf(mine, mine.practitioner, id));
    }
    for (const [reason, count] of Object.entries(dropped)) {
      if (count > 0) connection.warn('practice.sessions', { reason, count, traceId: call.traceId });
    }
    return { slots, schedules: [...schedules.values()] };
  };

  const readSession = async (id: number, call: Call): Promise<HmisSession | undefined> => {
    const path = `/api/channel/sessions/${id}`;
    const data = await connection.read({ operation: 'read-session', path, timeoutMs: settings.timeouts.readMs }, call);
    if (data === undefined) return undefined;
    const { session } = connection.parsed(() => parseSession(data, zone));
    // Guards against cross-talk: an answer about another session is no answer.
    if (session.id !== id) throw connection.fault('other-session');
    return session;
  };

  const readPlace = async (slot: SlotId, call: Call): Promise<PlaceView> => {
    const key = parseSlotId(slot);
    if (!key) return { state: 'malformed' };
    const session = await readSession(key.sessionId, call);
    const mine = session && own(session);
    if (!mine) return { state: 'unknown' };
    const published = publish(mine);
    const free = published?.slots.find((candidate) => candidate.id === slot);
    if (!published || !free) return { state: 'taken' };
    return { state: 'free', slot: free, schedule: published.schedule };
  };

  return { listFreeSlots, readPlace, readSession, own, publish, bookedPlace };
}
