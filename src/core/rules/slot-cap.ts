/**
 * Caps: how many slots of one schedule organisations of one kind may hold together. Counted are the slots of all
 * attempts that are, or may still become, bookings. The ledger is asked only where a cap applies to who asks.
 */
import { GatewayError } from '../../domain/errors.js';
import type { OdsCode, ScheduleId } from '../../domain/identifiers.js';
import type { Schedule, SlotCap, SlotFilter } from '../../domain/schedule.js';
import { filterOf, meets } from '../../domain/slot-rules.js';
import type { BookedInSchedule } from '../../ports/ledger.js';
import type { GatewayContext } from '../context.js';
import { contended } from '../saga/refusals.js';
import type { Saga } from '../saga/saga.js';
import type { Place } from './place-rules.js';

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
    return meets(filterOf({ odsCode: organisation, type }), cap) ? sum + slots : sum;
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
 * Claims places of one schedule, if the caps leave room for all of them. Claims under caps are made one after the
 * other for each schedule, so that two at once cannot both take the last place; without caps nothing is done.
 */
export async function withinCaps<T>(
  { context, request, booking, signal }: Pick<Saga, 'context' | 'request' | 'booking' | 'signal'>,
  places: readonly [Place, ...Place[]],
  claim: () => Promise<T>,
): Promise<T> {
  const [{ schedule }] = places;
  const { odsCode } = request.entry.practice;
  const { bookingOrganisation: organisation } = booking;
  if (schedule.caps === undefined || schedule.caps.length === 0) return claim();
  const claimed = await context.locks.run(`cap/${odsCode}/${schedule.id}`, signal, async () => {
    const room = await roomIn(
      context,
      odsCode,
      [schedule],
      filterOf({ odsCode: organisation.odsCode, type: organisation.type?.code }),
    );
    if (places.length > (room.get(schedule.id) ?? Infinity)) {
      throw new GatewayError(
        'invalid-resource',
        'The practice offers no more slots of this rota to organisations like yours. Search for free slots again',
        { fhirPath: 'Appointment.slot' },
      );
    }
    return claim();
  });
  if (!claimed) throw contended(odsCode);
  return claimed.value;
}
