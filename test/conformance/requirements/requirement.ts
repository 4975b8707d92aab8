/**
 * What the specification asks of a provider, rule by rule, in our own words. Tests claim a rule by its id in their
 * title, as `[4.1-2]` or `[10.1-3 10.1-4]`; scripts/write-conformance.ts writes docs/conformance.md from both.
 *
 * Source: GP Connect API 1.2.7, Foundations and Appointment Management.
 */

/**
 * MUST, SHOULD, MAY as in RFC 2119; `T` is asserted by the published acceptance testing where the text leaves it open;
 * `own` is what we decided where both are silent.
 */
export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'T' | 'own';

export interface Requirement {
  readonly level: Level;
  /** `all`, or interactions by their short names: F1 to F9, A1 to A6. */
  readonly where: string;
  readonly text: string;
  /** Why no program can show it. */
  readonly outside?: string;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** By a number that stays with the rule for good: a rule that goes leaves a gap. */
  readonly rules: Readonly<Record<number, Requirement>>;
}

type Rule = (where: string, text: string, more?: { readonly outside: string }) => Requirement;

const rule =
  (level: Level): Rule =>
  (where, text, more) => ({ level, where, text, ...more });

export const must = rule('MUST');
export const should = rule('SHOULD');
export const may = rule('MAY');
export const tested = rule('T');
export const own = rule('own');

export function section(id: string, title: string, rules: Section['rules']): Section {
  return { id, title, rules };
}

export const ALL = 'all';

/** Short name, name. */
export const INTERACTIONS: readonly (readonly [string, string])[] = [
  ['F1', 'get the capability statement'],
  ['F2', 'find a patient'],
  ['F3', 'read a patient'],
  ['F4', 'register a patient'],
  ['F5', 'find a practitioner'],
  ['F6', 'read a practitioner'],
  ['F7', 'find an organisation'],
  ['F8', 'read an organisation'],
  ['F9', 'read a location'],
  ['A1', 'search for free slots'],
  ['A2', 'book an appointment'],
  ['A3', "retrieve a patient's appointments"],
  ['A4', 'read an appointment'],
  ['A5', 'amend an appointment'],
  ['A6', 'cancel an appointment'],
];
