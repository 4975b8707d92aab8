import type { LocationId, OdsCode, PractitionerId, ScheduleId, SlotId } from './identifiers.js';
import type { GatewayError } from './errors.js';
import type { Practice, PractitionerRole } from './practice.js';
import type { Instant, Period } from './time.js';

/** How the appointment takes place. The list is GP Connect's and closed. */
export const DELIVERY_CHANNELS = ['In-person', 'Telephone', 'Video'] as const;
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number];

/** Bookable time of a practitioner at a location. */
export interface Schedule {
  readonly id: ScheduleId;
  readonly version: string;
  /** The practice's name for it, for example `Monday morning surgery`. */
  readonly type: string | undefined;
  readonly locationId: LocationId;
  readonly practitionerId: PractitionerId | undefined;
  readonly role: PractitionerRole | undefined;
  readonly planningHorizon: Period | undefined;
  /** How much of it organisations of one kind may book. */
  readonly caps?: readonly SlotCap[] | undefined;
}

/** Whom the practice keeps a slot for. An absent list restricts nothing. */
export interface SlotRestriction {
  readonly organisationTypes: readonly string[] | undefined;
  readonly organisations: readonly OdsCode[] | undefined;
}

/**
 * A cap on what one kind of organisation may book of a schedule: at most so many slots in all for those that meet the
 * conditions; for everybody where there is none.
 */
export interface SlotCap extends SlotRestriction {
  readonly most: number;
}

/** One bookable period. */
export interface Slot {
  readonly id: SlotId;
  readonly version: string;
  readonly scheduleId: ScheduleId;
  readonly start: Instant;
  readonly end: Instant;
  /** The practice's name for it, for example `GP routine 10 min`. */
  readonly type: string;
  readonly channel: DeliveryChannel;
  readonly restriction: SlotRestriction | undefined;
  /**
   * `exact`: the practice sees the patient at this time, and its own diary says whether the slot is free.
   * `estimated`: the practice sells places in a queue and the time is worked out, so only our ledger knows which of
   * the published slots has been sold.
   */
  readonly timing: 'exact' | 'estimated';
}

/** Free slots with the schedules they belong to, each schedule once. */
export interface FreeSlots {
  readonly slots: readonly Slot[];
  readonly schedules: readonly Schedule[];
}

/** The organisation that asks: both parts are claims of the consumer, used only to match restrictions. */
export interface SlotFilter {
  readonly organisationTypes: readonly string[];
  readonly organisations: readonly string[];
}

export interface SlotSearch {
  /** A slot is returned when it lies wholly inside. */
  readonly window: Period;
  readonly filter: SlotFilter;
}

/** What one practice answered to a search. */
export interface PracticeFreeSlots {
  readonly practice: Practice;
  readonly free: FreeSlots;
}

/** A practice of a federated search that gave no full answer, and why. */
export interface PracticeShortfall {
  readonly practice: Practice;
  readonly error: GatewayError;
}
