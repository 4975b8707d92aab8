/** Which practices we answer for, each with the system behind it, and the groups that are searched together. */
import type { PracticeShortfall } from '../domain/schedule.js';
import type { Location, Practice, PracticeGroup, Practitioner } from '../domain/practice.js';
import type { PracticeSystem } from '../ports/practice-system.js';

export interface PracticeEntry {
  readonly practice: Practice;
  readonly system: PracticeSystem;
}

export interface GroupEntry {
  readonly group: PracticeGroup;
  readonly entries: readonly PracticeEntry[];
  /** Members that are not asked for this caller, each with the reason. */
  readonly barred?: readonly PracticeShortfall[];
}

export interface Directory {
  /** Letter case counts, as everywhere in a service root URL. */
  practice(odsCode: string): PracticeEntry | undefined;
  group(name: string): GroupEntry | undefined;
  readonly entries: readonly PracticeEntry[];
}

export function createDirectory(entries: readonly PracticeEntry[], groups: readonly PracticeGroup[]): Directory {
  const byCode = new Map<string, PracticeEntry>(entries.map((entry) => [entry.practice.odsCode, entry]));
  const byName = new Map<string, GroupEntry>(
    groups.map((group) => [
      group.name,
      { group, entries: group.practices.flatMap((odsCode) => byCode.get(odsCode) ?? []) },
    ]),
  );
  return {
    practice: (odsCode) => byCode.get(odsCode),
    group: (name) => byName.get(name),
    entries,
  };
}

export function findLocation(practice: Practice, id: string): Location | undefined {
  return practice.locations.find((location) => location.id === id);
}

export function findPractitioner(practice: Practice, id: string): Practitioner | undefined {
  return practice.practitioners.find((practitioner) => practitioner.id === id);
}
