/** Short forms to write cases and definitions in. */
import type { RuleKind } from '../../../../src/validation/types.js';
import type { Case } from '../harness.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Resource = { readonly [key: string]: Json };
/** New values by path (`name.0.family`); `undefined` takes one away. Missing holders are made. */
export type Changes = Readonly<Record<string, unknown>>;

type Row = (group: Group) => Omit<Case, 'rule'>;
type Draft = Record<string, unknown>;

export interface Group {
  /** The valid resource that each row changes. */
  readonly of: Resource;
  readonly type?: string;
  readonly profiles?: readonly string[];
  readonly definitions?: readonly unknown[];
}

export function change(example: Resource, changes: Changes): Resource {
  const copy = structuredClone(example) as Draft;
  // What is taken away goes last, so that indices stay what the case says.
  for (const [path, value] of Object.entries(changes)) if (value !== undefined) put(copy, path.split('.'), value);
  for (const [path, value] of Object.entries(changes)) if (value === undefined) take(copy, path.split('.'));
  return copy as Resource;
}

function put(holder: Draft, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    holder[key] = structuredClone(value);
    return;
  }
  holder[key] ??= /^\d+$/.test(rest[0] ?? '') ? [] : {};
  put(holder[key] as Draft, rest, value);
}

function take(holder: Draft, [key = '', ...rest]: readonly string[]): void {
  if (rest.length > 0) take(holder[key] as Draft, rest);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

/**
 * A row that is valid. What is expected is written as `[severity] kind[:constraint] place`, without severity for an
 * error: `warning extension Patient.extension[0]`, `invariant:app-1 Appointment.participant[0]`; `no warning …` for one
 * that must not be there.
 */
export function ok(title: string, changes: Changes, ...notes: readonly string[]): Row {
  return bad(title, changes, ...notes);
}

export function bad(title: string, changes: Changes, ...issues: readonly string[]): Row {
  const notes = issues.filter(isNote).map(toNote);
  const absent = issues.filter((issue) => issue.startsWith('no ')).map((issue) => toNote(issue.slice('no '.length)));
  const errors = issues
    .filter((issue) => !isNote(issue) && !issue.startsWith('no '))
    .map((issue) => {
      const [rule = '', at = ''] = issue.split(' ');
      const [kind, constraint] = rule.split(':') as [RuleKind, string | undefined];
      return constraint === undefined ? { at, kind } : { at, kind, constraint };
    });
  return ({ of, ...group }) => ({ title, resource: change(of, changes), ...group, errors, notes, absent });
}

function toNote(issue: string): { at: string; kind: RuleKind; severity: 'warning' | 'information' } {
  const [severity, kind, at] = issue.split(' ') as ['warning' | 'information', RuleKind, string];
  return { at, kind, severity };
}

function isNote(issue: string): boolean {
  return issue.startsWith('warning ') || issue.startsWith('information ');
}

export function cases(rule: Case['rule'], group: Group, rows: readonly Row[]): Case[] {
  return rows.map((row) => ({ rule, ...row(group) }));
}

export const BASE = 'http://hl7.org/fhir/StructureDefinition';
export const OWN = 'https://definitions.example/StructureDefinition';
export const UK = 'https://fhir.hl7.org.uk/StructureDefinition';
export const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';

export interface DefinitionOptions {
  /** Canonical url of what it constrains; the base type where it is not said. */
  readonly base?: string;
  readonly snapshot?: true;
  readonly context?: readonly string[];
}

/** A profile of these elements by their ids, as a differential. */
export function profile(
  name: string,
  type: string,
  elements: Readonly<Record<string, object>>,
  options: DefinitionOptions = {},
): object {
  const element = [[type, {}] as const, ...Object.entries(elements)].map(([id, facts]) => toElement(id, facts));
  return {
    resourceType: 'StructureDefinition',
    url: `${OWN}/${name}`,
    name,
    status: 'active',
    fhirVersion: '4.0.1',
    kind: /^(?:Identifier|HumanName|Extension|Quantity|CodeableConcept|Period|Address)$/.test(type)
      ? 'complex-type'
      : 'resource',
    abstract: false,
    ...(options.context && { context: options.context.map((expression) => ({ type: 'element', expression })) }),
    type,
    baseDefinition: options.base ?? `${BASE}/${type}`,
    derivation: 'constraint',
    [options.snapshot ? 'snapshot' : 'differential']: { element },
  };
}

function toElement(id: string, facts: object): object {
  const path = id.replaceAll(/:[^.]*/g, '');
  const last = id.slice(id.lastIndexOf('.') + 1);
  const colon = last.indexOf(':');
  return { id, path, ...(colon >= 0 && { sliceName: last.slice(colon + 1) }), ...facts };
}

/** An extension with a value of these types. */
export function extension(name: string, context: readonly string[], types: readonly string[]): object {
  const elements = {
    'Extension.extension': { max: '0' },
    'Extension.url': { fixedUri: `${OWN}/${name}` },
    'Extension.value[x]': { min: 1, type: types.map((code) => ({ code })) },
  };
  return profile(name, 'Extension', elements, { context });
}

/** `value:system`, `type:$this`, … */
export function sliced(
  by: readonly string[],
  rules: 'open' | 'closed' | 'openAtEnd' = 'open',
  ordered = false,
): object {
  const discriminator = by.map((text) => {
    const [type, path] = text.split(':');
    return { type, path };
  });
  return { slicing: { discriminator, ordered, rules } };
}

export function valueSet(name: string, system: string, codes?: readonly string[]): object {
  const include = [{ system, ...(codes && { concept: codes.map((code) => ({ code })) }) }];
  return { resourceType: 'ValueSet', url: valueSetUrl(name), name, status: 'active', compose: { include } };
}

export function valueSetUrl(name: string): string {
  return `https://definitions.example/ValueSet/${name}`;
}

export function bound(strength: string, name: string, max?: string): object {
  const extension = [{ url: `${BASE}/elementdefinition-maxValueSet`, valueCanonical: valueSetUrl(max ?? '') }];
  return { binding: { strength, valueSet: valueSetUrl(name), ...(max !== undefined && { extension }) } };
}

export const coding = (system: string, code: string): Resource => ({ system, code });
/** A CodeableConcept of one coding. */
export const concept = (system: string, code: string): Resource => ({ coding: [{ system, code }] });
