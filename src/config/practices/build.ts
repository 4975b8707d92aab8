/** The checked practices file → what the gateway runs on. Nothing can go wrong here any more. */
import type { AccessRules, Consumer } from '../../domain/caller.js';
import type { Asid, LocationId, PractitionerId, SdsUserId } from '../../domain/identifiers.js';
import type { ContactPoint, PostalAddress } from '../../domain/person.js';
import type { Location, Practice, PracticeGroup, Practitioner, PractitionerRole } from '../../domain/practice.js';
import type { SlotCap, SlotRestriction } from '../../domain/schedule.js';
import type { SlotDress, SlotRule, SlotRules } from '../../domain/slot-rules.js';
import { createPracticeZone, type PracticeZone } from '../../domain/time.js';
import { HUMAN_LANGUAGES } from '../../fhir/stu3/languages.js';
import { defaultActorId } from './cross-checks.js';
import { parseDuration } from './durations.js';
import type { PracticesFile } from './schema.js';
import { PRACTITIONER_ROLES } from './roles.js';

type WrittenPractice = PracticesFile['practices'][number];
type WrittenConsumer = Exclude<NonNullable<PracticesFile['consumers']>, 'any'>[number];
type WrittenSlots = WrittenPractice['slots'];

/** The same object without the keys that hold `undefined`. */
function present<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function millisecondsOf(duration: string): number {
  const milliseconds = parseDuration(duration);
  if (milliseconds === undefined) throw new RangeError('an unchecked duration');
  return milliseconds;
}

/** Practices of one zone share what they remember of its offsets. */
export function createZones(): (name: string) => PracticeZone {
  const zones = new Map<string, PracticeZone>();
  return (name) => {
    const zone = zones.get(name) ?? createPracticeZone(name);
    zones.set(name, zone);
    return zone;
  };
}

export function buildPractice(written: WrittenPractice, zoneOf: (name: string) => PracticeZone): Practice {
  const address = toAddress(written.address);
  const telecom = written.telecom.map(toContactPoint);
  return {
    odsCode: written.odsCode,
    name: written.name,
    address,
    telecom,
    zone: zoneOf(written.zone),
    asid: written.asid as Asid,
    enabled: written.enabled,
    locations: written.locations.map((location): Location => ({
      id: (location.id ?? defaultActorId('location', written.odsCode, location.systemId)) as LocationId,
      systemId: location.systemId,
      name: location.name,
      // A practice's only site is as a rule the practice's own address.
      address: location.address === undefined ? address : toAddress(location.address),
      telecom: location.telecom === undefined ? telecom : location.telecom.map(toContactPoint),
    })),
    practitioners: written.practitioners.map((one) => buildPractitioner(one, written.odsCode)),
    slotRules: buildSlotRules(written.slots),
  };
}

/** "`use` SHOULD" be populated for organisations and locations (GP Connect, FHIR resource guidance): these are all for work. */
function toAddress(written: WrittenPractice['address']): PostalAddress {
  return { use: 'work', ...present(written) };
}

function toContactPoint(written: WrittenPractice['telecom'][number]): ContactPoint {
  return { use: 'work', ...present(written) };
}

function buildPractitioner(written: WrittenPractice['practitioners'][number], odsCode: string): Practitioner {
  return {
    id: (written.id ?? defaultActorId('practitioner', odsCode, written.systemId)) as PractitionerId,
    systemId: written.systemId,
    sdsUserId: written.sdsUserId as SdsUserId | undefined,
    sdsRoleProfileIds: written.sdsRoleProfileIds,
    name: written.name,
    gender: written.gender,
    languages: written.languages.map((language) => ({
      code: language,
      display: HUMAN_LANGUAGES.get(language) ?? language,
    })),
    role: toRole(written.role),
  };
}

function toRole({ code }: WrittenPractice['practitioners'][number]['role']): PractitionerRole {
  return { code, display: PRACTITIONER_ROLES.get(code) ?? code };
}

type WrittenRestriction = NonNullable<WrittenSlots['defaults']['restriction']>;

function toRestriction(written: WrittenRestriction | 'none' | undefined): SlotRestriction | undefined {
  if (written === undefined || written === 'none') return undefined;
  return { organisationTypes: written.organisationTypes, organisations: written.organisations };
}

function toCaps(written: WrittenSlots['defaults']['caps']): readonly SlotCap[] {
  return (written ?? []).map(({ organisationTypes, organisations, most }) => ({
    organisationTypes,
    organisations,
    most,
  }));
}

function buildSlotRules(written: WrittenSlots): SlotRules {
  const { restriction: kept, caps: capped, ...defaults } = written.defaults;
  return {
    defaults: { ...defaults, restriction: toRestriction(kept), ...(capped && { caps: toCaps(capped) }) },
    rules: written.rules.map(({ when, set }): SlotRule => {
      const { restriction, caps, role, ...rest } = set;
      const dress: Partial<SlotDress> = {
        ...present(rest),
        // A restriction that is set to nothing lifts the one of an earlier rule; one that is not set leaves it alone.
        ...(restriction !== undefined && { restriction: toRestriction(restriction) }),
        ...(caps !== undefined && { caps: toCaps(caps) }),
        ...(role !== undefined && { role: toRole(role) }),
      };
      return { ...present(when), dress };
    }),
    embargoMs: millisecondsOf(written.embargo),
    horizonMs: written.horizon === undefined ? undefined : millisecondsOf(written.horizon),
  };
}

export function buildAccess({ consumers = 'any', practices }: PracticesFile): AccessRules {
  const toConsumer = (written: WrittenConsumer): Consumer => ({
    asid: written.asid as Asid,
    name: written.name,
    organisations: written.organisations,
    certificates: written.certificates ?? [],
    interactions: written.interactions ?? 'any',
  });
  return {
    consumers: consumers === 'any' ? consumers : consumers.map(toConsumer),
    practices: new Map(
      practices.flatMap(({ odsCode, consumers: some }) =>
        some === 'any' ? [] : [[odsCode, some as unknown as readonly Asid[]] as const],
      ),
    ),
  };
}

export function buildGroup(written: PracticesFile['groups'][number]): PracticeGroup {
  return { name: written.name, asid: written.asid as Asid, practices: written.practices };
}
