/** Search for free slots at one practice. What it answers is a hint: a booking always reads the place again. */
import { isGatewayError } from '../domain/errors.js';
import type { FreeSlots, Slot, SlotFilter, SlotSearch } from '../domain/schedule.js';
import { meets, type SlotRules } from '../domain/slot-rules.js';
import { localDayOf } from '../domain/time.js';
import { callFor, requireEnabled, type GatewayContext, type Request } from './context.js';
import { fullSchedules } from './rules/slot-cap.js';

/**
 * Who may see and book a slot: one without restrictions, everybody; one kept for organisation types, only who names
 * one of them; one kept for organisations, only who names one of them; one kept for both, who meets both. Naming
 * nothing meets no restriction.
 */
export function mayUse(slot: Slot, filter: SlotFilter): boolean {
  return slot.restriction === undefined || meets(filter, slot.restriction);
}

/** Booking window and embargo, where the practice sets them, SHALL be applied. */
export function isOpenForBooking(rules: SlotRules, start: number, now: number): boolean {
  return start > now + rules.embargoMs && (rules.horizonMs === undefined || start <= now + rules.horizonMs);
}

/**
 * What the ledger knows is left out while it is away: the practice can still be shown, and nothing is booked on the
 * strength of it, because a booking asks the ledger itself.
 */
function orWhileAway<T>(known: Promise<T>, without: T): Promise<T> {
  return known.catch((error: unknown) => {
    if (isGatewayError(error) && error.code === 'ledger-unavailable') return without;
    throw error;
  });
}

export async function searchFreeSlots(
  context: GatewayContext,
  request: Request,
  search: SlotSearch,
  signal: AbortSignal = request.signal,
): Promise<FreeSlots> {
  requireEnabled(request, 'appointmentManagement');
  const { practice, system } = request.entry;
  const now = context.runtime.clock.now();
  const window = {
    start: Math.max(search.window.start, now),
    end: Math.min(search.window.end, localDayOf(practice.zone, now, system.capabilities.searchHorizonDays).end),
  };
  if (window.start >= window.end) return { slots: [], schedules: [] };

  const free = await system.listFreeSlots(window, callFor(request, 'search', signal));
  const known = await orWhileAway(context.ledger.heldSlots(practice.odsCode, window), []);
  const held = new Map(known.map((place) => [place.slot, place.state]));
  const full = await orWhileAway(fullSchedules(context, practice.odsCode, free.schedules, search.filter), new Set());
  const isSold = (slot: Slot): boolean => {
    const state = held.get(slot.id);
    // The practice's own diary knows best whether an exact slot is free again; of a queue only the ledger knows which
    // of the published places was sold. While an outcome is open the slot is nobody else's.
    return state !== undefined && (state !== 'BOOKED' || slot.timing === 'estimated');
  };
  const slots = free.slots.filter(
    (slot) =>
      slot.start >= window.start &&
      slot.end <= window.end &&
      isOpenForBooking(practice.slotRules, slot.start, now) &&
      mayUse(slot, search.filter) &&
      !full.has(slot.scheduleId) &&
      !isSold(slot),
  );
  const used = new Set(slots.map((slot) => slot.scheduleId));
  return { slots, schedules: free.schedules.filter((schedule) => used.has(schedule.id)) };
}
