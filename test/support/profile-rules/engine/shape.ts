/**
 * What a body may look like, as data: cardinalities, types, fixed values, bindings, prohibitions and checks. A shape
 * lists every element that may be there; whatever it does not list is a violation.
 *
 * The rules are written from the published profiles and pages alone. They share no code and no list with `src`, so that
 * a mistake there cannot hide here.
 */

/** Part of a body, of whatever shape. */
export type Json = any;

/** What a rule may need to know beyond the element itself. */
export interface Ground {
  /** The time zone in which the practice writes its times. */
  readonly zone: string;
  /** The parameters of the request that a Bundle answers. */
  readonly query: URLSearchParams;
}

export interface Primitive {
  readonly primitive: string;
  /** Finishes the sentence "… is …". */
  readonly expected: string;
  readonly accepts: (value: Json, ground: Ground) => boolean;
}

export interface CodeList {
  readonly list: string;
  /** Code to display; the display is empty where the list gives none. */
  readonly codes: ReadonlyMap<string, string>;
}

export interface Check {
  /** The rule in a few words, with its key where it has one. */
  readonly rule: string;
  /** What was found instead, or nothing. */
  readonly broken: (node: Json, ground: Ground) => string | false | undefined;
}

export interface Shape {
  readonly name: string;
  readonly elements: Readonly<Record<string, ElementRule>>;
  /** Elements that are 0..0, and what says so. */
  readonly prohibited?: Readonly<Record<string, string>>;
  readonly checks?: readonly Check[];
}

export interface ExtensionRule {
  readonly card: Cardinality;
  /** `valueX` and its type; a complex extension has children instead. */
  readonly value?: readonly [name: string, rule: ElementRule] | undefined;
  readonly children?: ExtensionSet;
}

/** Extensions by URL. Slicing is open in the profiles; what we send is not: an unknown URL is a violation. */
export interface ExtensionSet {
  readonly extensions: Readonly<Record<string, ExtensionRule>>;
}

/** Resources by type, for entries of a Bundle and for what is contained. */
export interface ResourceChoice {
  readonly resources: Readonly<Record<string, Shape>>;
}

export type Type = Primitive | Shape | ExtensionSet | ResourceChoice;

export type Cardinality = `${number}..${number | '*'}`;

export interface ElementRule {
  readonly card: Cardinality;
  /** Whether the element repeats in base FHIR: then its JSON is an array, whatever the profile's maximum is. */
  readonly list: boolean;
  readonly type: Type;
  readonly fixed?: string | boolean;
  /** A required binding. */
  readonly codes?: CodeList;
}

type More = Pick<ElementRule, 'fixed' | 'codes'>;

export function bounds(card: Cardinality): readonly [min: number, max: number] {
  const [min = '0', max = '*'] = card.split('..');
  return [Number(min), max === '*' ? Infinity : Number(max)];
}

/** An element that is one value in base FHIR. */
export function one(card: '0..1' | '1..1', type: Type, more: More = {}): ElementRule {
  return { card, list: false, type, ...more };
}

/** An element that repeats in base FHIR. */
export function many(card: Cardinality, type: Type, more: More = {}): ElementRule {
  return { card, list: true, type, ...more };
}

export function extensions(rules: Readonly<Record<string, ExtensionRule>>): ExtensionSet {
  return { extensions: rules };
}

/** All of these are 0..0 for the same reason. */
export function never(why: string, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]));
}

export function codeList(list: string, codes: Readonly<Record<string, string>> | readonly string[]): CodeList {
  const rows = Array.isArray(codes) ? codes.map((code: string) => [code, ''] as const) : Object.entries(codes);
  return { list, codes: new Map(rows as readonly (readonly [string, string])[]) };
}
