/**
 * Bundles of free slots by "Search for free slots" of GP Connect 1.2.7, for one practice and for several.
 *
 * This is the path that runs for hundreds of slots in one answer: what slots have in common is made once and shared.
 */
import type {
  Bundle,
  BundleEntry,
  Extension,
  FhirResource,
  Schedule as FhirSchedule,
  Slot as FhirSlot,
} from 'fhir/r3.js';
import { isGatewayError, type GatewayError } from '../../../domain/errors.js';
import type { OdsCode } from '../../../domain/identifiers.js';
import type { Practice } from '../../../domain/practice.js';
import type { PracticeFreeSlots, PracticeShortfall, Schedule, Slot } from '../../../domain/schedule.js';
import type { SlotIncludes } from '../../representation.js';
import { EXTENSION, PROFILE } from '../codes.js';
import { writeShortfall } from '../outcome.js';
import { roleExtension } from './appointment.js';
import { directoryOf, unrepresentable } from './directory.js';

const SLOT_PROFILE = [PROFILE.slot];
const SCHEDULE_PROFILE = [PROFILE.schedule];
const CHANNEL_EXTENSION: Readonly<Record<Slot['channel'], Extension[]>> = {
  'In-person': [{ url: EXTENSION.deliveryChannel, valueCode: 'In-person' }],
  Telephone: [{ url: EXTENSION.deliveryChannel, valueCode: 'Telephone' }],
  Video: [{ url: EXTENSION.deliveryChannel, valueCode: 'Video' }],
};

interface WrittenSlot {
  readonly slot: Slot;
  readonly resource: FhirSlot;
}

/** What one practice contributes to an answer: its slots in order, and what they refer to. */
interface Contribution {
  readonly practice: Practice;
  readonly slots: readonly WrittenSlot[];
  readonly included: readonly FhirResource[];
}

function compareSlots(a: Slot, b: Slot): number {
  if (a.start !== b.start) return a.start - b.start;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

function toSchedule(schedule: Schedule, practice: Practice): FhirSchedule {
  const directory = directoryOf(practice);
  const { practitionerId, planningHorizon, type, locationId } = schedule;
  const practitioner = practitionerId === undefined ? undefined : directory.practitionerRecord(practitionerId);
  if (practitionerId !== undefined && practitioner === undefined) {
    throw unrepresentable('Schedule.actor', 'the practitioner of a schedule is not in the directory of the practice');
  }
  if (directory.location(locationId) === undefined) {
    throw unrepresentable('Schedule.actor', 'the location of a schedule is not in the directory of the practice');
  }
  if (planningHorizon && !(planningHorizon.start <= planningHorizon.end)) {
    throw unrepresentable('Schedule.planningHorizon', 'a schedule ends before it starts');
  }
  const role = schedule.role ?? practitioner?.role;
  return {
    resourceType: 'Schedule',
    id: schedule.id,
    meta: { versionId: schedule.version, profile: SCHEDULE_PROFILE },
    ...(role && { extension: [roleExtension(role)] }),
    ...(type && { serviceCategory: { text: type } }),
    // Contradiction 14: the profile would do with the Practitioner alone, the text wants the Location. It is always sent.
    actor: [
      { reference: `Location/${locationId}` },
      ...(practitionerId === undefined ? [] : [{ reference: `Practitioner/${practitionerId}` }]),
    ],
    ...(planningHorizon && {
      planningHorizon: {
        start: practice.zone.toLocal(planningHorizon.start),
        end: practice.zone.toLocal(planningHorizon.end),
      },
    }),
  };
}

/** Slots in order of time; `known` are the schedules that a slot may refer to. */
function toSlots(result: PracticeFreeSlots, known: ReadonlyMap<string, Schedule>): readonly WrittenSlot[] {
  const { zone } = result.practice;
  const references = new Map<string, { reference: string }>();
  const types = new Map<string, { text: string }[]>();
  return [...result.free.slots].sort(compareSlots).map((slot) => {
    let schedule = references.get(slot.scheduleId);
    if (schedule === undefined) {
      if (!known.has(slot.scheduleId)) throw unrepresentable('Slot.schedule', 'a slot belongs to no known schedule');
      schedule = { reference: `Schedule/${slot.scheduleId}` };
      references.set(slot.scheduleId, schedule);
    }
    let serviceType = types.get(slot.type);
    if (serviceType === undefined) {
      // serviceType.text SHALL be populated.
      if (slot.type.trim() === '') throw unrepresentable('Slot.serviceType', 'a slot has no slot type');
      serviceType = [{ text: slot.type }];
      types.set(slot.type, serviceType);
    }
    if (!(slot.start < slot.end)) throw unrepresentable('Slot.end', 'a slot does not end after it starts');
    const resource: FhirSlot = {
      resourceType: 'Slot',
      id: slot.id,
      meta: { versionId: slot.version, profile: SLOT_PROFILE },
      extension: CHANNEL_EXTENSION[slot.channel],
      serviceType,
      schedule,
      status: 'free',
      start: zone.toLocal(slot.start),
      end: zone.toLocal(slot.end),
    };
    return { slot, resource };
  });
}

function contribute(result: PracticeFreeSlots, includes: SlotIncludes): Contribution {
  const { practice, free } = result;
  const known = new Map<string, Schedule>(free.schedules.map((schedule) => [schedule.id, schedule]));
  const slots = toSlots(result, known);
  if (slots.length === 0) return { practice, slots, included: [] };

  // Every schedule of the slots, each once; locations and practitioners only where asked for; the organisation always.
  const directory = directoryOf(practice);
  const used = new Set<string>(free.slots.map((slot) => slot.scheduleId));
  const schedules = [...known.values()].filter((schedule) => used.has(schedule.id));
  const locations = new Set(schedules.map((schedule) => schedule.locationId));
  const practitioners = new Set(schedules.flatMap((schedule) => schedule.practitionerId ?? []));
  const included: FhirResource[] = schedules.map((schedule) => toSchedule(schedule, practice));
  if (includes.location) included.push(...[...locations].flatMap((id) => directory.location(id) ?? []));
  if (includes.practitioner) included.push(...[...practitioners].flatMap((id) => directory.practitioner(id) ?? []));
  included.push(directory.organization());
  return { practice, slots, included };
}

export function writeFreeSlots(result: PracticeFreeSlots, includes: SlotIncludes): Bundle {
  const { slots, included } = contribute(result, includes);
  // Nothing found: no schedule and no organisation either, and FHIR JSON has no empty arrays.
  if (slots.length === 0) return { resourceType: 'Bundle', type: 'searchset' };
  const entry: BundleEntry[] = slots.map(({ resource }) => ({ resource }));
  for (const resource of included) entry.push({ resource });
  return { resourceType: 'Bundle', type: 'searchset', entry };
}

/** Splits off practices whose own data cannot be shown: they must not spoil the answer of the others. */
function contributeAll(
  parts: readonly PracticeFreeSlots[],
  includes: SlotIncludes,
): { readonly good: readonly Contribution[]; readonly bad: readonly PracticeShortfall[] } {
  const good: Contribution[] = [];
  const bad: { practice: Practice; error: GatewayError }[] = [];
  for (const part of parts) {
    try {
      good.push(contribute(part, includes));
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      bad.push({ practice: part.practice, error });
    }
  }
  return { good, bad };
}

/**
 * Slots of all practices by start, then by the order of the practices, then by id. A full URL stands under the base of
 * its practice, so that the relative references of an entry resolve there. `total` counts slots only.
 */
export function writeFederatedSlots(
  parts: readonly PracticeFreeSlots[],
  shortfalls: readonly PracticeShortfall[],
  includes: SlotIncludes,
  baseUrlOf: (practice: OdsCode) => string,
): Bundle {
  const { good, bad } = contributeAll(parts, includes);
  // Nobody left to answer: an empty result would say that there are no free slots.
  const [first] = bad;
  if (good.length === 0 && first !== undefined) throw first.error;

  const matches: { readonly order: number; readonly start: number; readonly entry: BundleEntry }[] = [];
  const entries: BundleEntry[] = [];
  good.forEach(({ practice, slots, included }, order) => {
    const base = baseUrlOf(practice.odsCode);
    for (const { slot, resource } of slots) {
      const fullUrl = `${base}/Slot/${slot.id}`;
      matches.push({ order, start: slot.start, entry: { fullUrl, resource, search: { mode: 'match' } } });
    }
    for (const resource of included) {
      const fullUrl = `${base}/${resource.resourceType}/${resource.id ?? ''}`;
      entries.push({ fullUrl, resource, search: { mode: 'include' } });
    }
  });
  // Each practice's slots are in order of id already, and sorting keeps the order of equals.
  matches.sort((a, b) => a.start - b.start || a.order - b.order);
  for (const shortfall of [...shortfalls, ...bad]) {
    entries.push({ resource: writeShortfall(shortfall), search: { mode: 'outcome' } });
  }
  const entry = [...matches.map((match) => match.entry), ...entries];
  return { resourceType: 'Bundle', type: 'searchset', total: matches.length, ...(entry.length > 0 && { entry }) };
}
