/**
 * How a practice dresses its free time for consumers: which schedules are open to them at all, under which slot type
 * and delivery channel, how long one appointment takes, and for whom it is kept.
 */
import type { PractitionerRole } from './practice.js';
import type { DeliveryChannel, SlotCap, SlotFilter, SlotRestriction } from './schedule.js';

export interface SlotDress {
  readonly type: string;
  readonly channel: DeliveryChannel;
  /** Length of one appointment; used where the practice system does not tell it. */
  readonly minutes: number;
  readonly restriction: SlotRestriction | undefined;
  readonly caps?: readonly SlotCap[];
  /** The practitioner's role in this schedule, where it is not the usual one. */
  readonly role?: PractitionerRole;
  /** The master switch: `false` keeps the schedule from consumers. */
  readonly bookable: boolean;
}

/** Matches when every given condition does. */
export interface SlotRule {
  /** The practice system's id of the practitioner. */
  readonly practitioner?: string;
  /** The practice system's id of the location. */
  readonly location?: string;
  /** The schedule's name; `*` stands for any text, letter case does not matter. */
  readonly schedule?: string;
  readonly dress: Partial<SlotDress>;
}

export interface SlotRules {
  readonly defaults: SlotDress;
  /** Later rules win over earlier ones, element by element. */
  readonly rules: readonly SlotRule[];
  /** Nothing closer to now than this can be booked, in milliseconds. */
  readonly embargoMs: number;
  /** Nothing further from now than this can be booked, in milliseconds; `undefined` sets no limit. */
  readonly horizonMs: number | undefined;
}

export interface DressedSchedule {
  readonly practitioner: string | undefined;
  readonly location: string | undefined;
  readonly schedule: string | undefined;
}

/** `*` is the only special character; compared piece by piece, so that no pattern can back-track. */
function matchesGlob(pattern: string, text: string): boolean {
  const pieces = pattern.toLowerCase().split('*');
  const subject = text.toLowerCase();
  const first = pieces[0] ?? '';
  const last = pieces[pieces.length - 1] ?? '';
  if (pieces.length === 1) return subject === first;
  if (!subject.startsWith(first) || subject.length < first.length + last.length || !subject.endsWith(last)) {
    return false;
  }
  let from = first.length;
  const until = subject.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = subject.indexOf(piece, from);
    if (at < 0 || at + piece.length > until) return false;
    from = at + piece.length;
  }
  return true;
}

export function dressFor(rules: SlotRules, schedule: DressedSchedule): SlotDress {
  let dress = rules.defaults;
  for (const rule of rules.rules) {
    if (rule.practitioner !== undefined && rule.practitioner !== schedule.practitioner) continue;
    if (rule.location !== undefined && rule.location !== schedule.location) continue;
    if (rule.schedule !== undefined && !matchesGlob(rule.schedule, schedule.schedule ?? '')) continue;
    dress = { ...dress, ...rule.dress };
  }
  return dress;
}

/** Both conditions SHALL be met where both are given, and an absent filter meets none. */
export function meets(filter: SlotFilter, { organisationTypes, organisations }: SlotRestriction): boolean {
  return (
    (organisationTypes === undefined || organisationTypes.some((type) => filter.organisationTypes.includes(type))) &&
    (organisations === undefined || organisations.some((code) => filter.organisations.includes(code)))
  );
}

/** How an organisation that books would have searched. */
export function filterOf({
  odsCode,
  type,
}: {
  readonly odsCode: string;
  readonly type: string | undefined;
}): SlotFilter {
  return { organisationTypes: type === undefined ? [] : [type], organisations: [odsCode] };
}
