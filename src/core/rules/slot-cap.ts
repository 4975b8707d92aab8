/**
 * Caps: how many slots of one schedule organisations of one kind may hold together. Counted are the slots of all
 * attempts that are, or may still become, bookings. The ledger is asked only where a cap applies to who asks.
 */
import { GatewayError } from '../../domain/errors.js';
import type { OdsCode, ScheduleId } from '../../domain/identifiers.js';
import type { Schedule, Slot, SlotCap, SlotFilter } from '../../domain/schedule.js';
import { meets } from '../../domain/slot-rules.js';
import type { BookedInSchedule } from '../../ports/ledger.js';
import type { GatewayContext, Request } from '../context.js';

interface Place {
  readonly slot: Slot;
  readonly schedule: Schedule;
}

/** Room that the caps leave in each schedule for one who asks like this; schedules without such a cap are not named. */
async function roomIn(
  context: GatewayContext,
  practice: OdsCode,
  schedules: readonly Schedule[],
  filter: SlotFilter,
): Promise<ReadonlyMap<ScheduleId, number>> {
  const capped = new Map<ScheduleId, readonly SlotCap[]>();
  for (const { id, caps } of schedules) {
    const applying = caps?.filter((cap) => meets(filter, cap)) ?? [];
    if (applying.length > 0) capped.set(id, applying);
  }
  if (capped.size === 0) return new Map();
  const booked = await context.ledger.bookedInSchedules(practice, [...capped.keys()]);
  const room = new Map<ScheduleId, number>();
  for (const [id, caps] of capped) {
    const here = booked.filter(({ scheduleId }) => scheduleId === id);
    room.set(id, Math.min(...caps.map((cap) => cap.most - countedIn(here, cap))));
  }
  return room;
}

function countedIn(booked: readonly BookedInSchedule[], cap: SlotCap): number {
  return booked.reduce((sum, { organisation, organisationType: type, slots }) => {
    // What the practice books for itself names no organisation, and uses up nobody's share.
    if (organisation === undefined) return sum;
    const holder = { organisations: [organisation], organisationTypes: type === undefined ? [] : [type] };
    return meets(holder, cap) ? sum + slots : sum;
  }, 0);
}

/** The schedules of which one who asks like this can book no more. */
export async function fullSchedules(
  context: GatewayContext,
  practice: OdsCode,
  schedules: readonly Schedule[],
  filter: SlotFilter,
): Promise<ReadonlySet<ScheduleId>> {
  const room = await roomIn(context, practice, schedules, filter);
  return new Set([...room].filter(([, left]) => left <= 0).map(([id]) => id));
}

/**
 * Whether the caps leave room for all these places. What is counted must not change before the attempt is claimed:
 * hold `capLocks` until then.
 */
export async function checkCap(
  context: GatewayContext,
  request: Request,
  places: readonly Place[],
  filter: SlotFilter,
): Promise<void> {
  const schedules = new Map(places.map(({ schedule }) => [schedule.id, schedule]));
  const room = await roomIn(context, request.entry.practice.odsCode, [...schedules.values()], filter);
  for (const [id, left] of room) {
    if (places.filter(({ schedule }) => schedule.id === id).length <= left) continue;
    throw new GatewayError(
      'invalid-resource',
      'The practice offers no more slots of this rota to organisations like yours. Search for free slots again',
      { fhirPath: 'Appointment.slot' },
    );
  }
}

/** Keys under which claims of capped schedules are made one after the other, in the order to take them in. */
export function capLocks(practice: OdsCode, places: readonly Place[]): readonly string[] {
  const capped = places.filter(({ schedule }) => schedule.caps !== undefined && schedule.caps.length > 0);
  return [...new Set(capped.map(({ schedule }) => `cap/${practice}/${schedule.id}`))].sort();
}
