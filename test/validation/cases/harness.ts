/** The form of the case tables, and what builds and runs them. */
import { createValidator } from '../../../src/validation/index.js';
import type { Release, RuleKind, Severity, ValidationIssue, Validator } from '../../../src/validation/types.js';

export const RULE_CLASSES = [
  'cardinality',
  'type',
  'choice',
  'format',
  'fixed',
  'pattern',
  'required-binding',
  'extensible-binding',
  'max-value-set',
  'discriminator-value',
  'discriminator-pattern',
  'discriminator-type',
  'discriminator-profile',
  'discriminator-exists',
  'discriminator-url',
  'slicing-open',
  'slicing-closed',
  'slicing-openAtEnd',
  'slicing-ordered',
  'reslice',
  'slice-children',
  'reference-target',
  'contained',
  'bundle-entry',
  'primitive-extension',
  'unknown-element',
  'invariant',
  'extension',
  'content-reference',
  'type-profile',
  'derivation',
  'length-range',
  'resource-type',
  'empty',
] as const;
export type RuleClass = (typeof RULE_CLASSES)[number];

export interface ExpectedError {
  readonly at: string;
  readonly kind: RuleKind;
  readonly constraint?: string;
}

export interface ExpectedNote {
  readonly at: string;
  readonly kind: RuleKind;
  readonly severity: 'warning' | 'information';
}

export interface Case {
  /** The rule in words. */
  readonly title: string;
  readonly rule: RuleClass;
  readonly resource: unknown;
  readonly type?: string;
  readonly profiles?: readonly string[];
  readonly definitions?: readonly unknown[];
  /** The issues of severity error, exactly, in any order; empty when the resource is valid. */
  readonly errors: readonly ExpectedError[];
  /** Warnings and information that must be among the rest; others may be there. */
  readonly notes?: readonly ExpectedNote[];
  /** Warnings and information that must not be there. */
  readonly absent?: readonly ExpectedNote[];
}

type Changes = Readonly<Record<string, unknown>>;
type Holder = Record<string, unknown>;

/**
 * A fresh copy of the example with the values set at paths like `participant.0.status`; `undefined` takes an element
 * or an item of an array away.
 */
export function change<T>(example: T, changes: Changes): T {
  const copy = structuredClone(example);
  for (const [path, value] of Object.entries(changes)) {
    const { holder, last } = place(copy, path);
    if (value !== undefined) holder[last] = structuredClone(value);
    else if (!(last in holder)) throw new Error(`${path} is not there.`);
    else if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else Reflect.deleteProperty(holder, last);
  }
  return copy;
}

/** A fresh copy of the example without what stands at these paths. */
export function without<T>(example: T, ...paths: readonly string[]): T {
  return change(example, Object.fromEntries(paths.map((path) => [path, undefined])));
}

function place(root: unknown, path: string): { holder: Holder; last: string } {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let holder = root as Holder;
  for (const step of steps) {
    const inside = holder[step];
    if (typeof inside !== 'object' || inside === null) throw new Error(`${path} leads nowhere.`);
    holder = inside as Holder;
  }
  return { holder, last };
}

/**
 * Title, changes to the example, then what is to come of it: `cardinality Patient.name`, `invariant per-1 Slot.x`,
 * `warning binding Slot.x`, `no warning binding Slot.x`.
 */
export type Row = readonly [title: string, changes: Changes, ...issues: readonly string[]];
type Shared = Pick<Case, 'type' | 'profiles' | 'definitions'>;

/** Cases of one rule class that are changes of one example. */
export function casesOf(rule: RuleClass, example: unknown, rows: readonly Row[], shared: Shared = {}): Case[] {
  return rows.map(([title, changes, ...issues]) => {
    const notes = issues.filter((text) => /^(warning|information) /.test(text));
    const absent = issues.filter((text) => text.startsWith('no '));
    return {
      title,
      rule,
      resource: change(example, changes),
      ...shared,
      errors: issues.filter((text) => !notes.includes(text) && !absent.includes(text)).map(readError),
      ...(notes.length > 0 && { notes: notes.map(readNote) }),
      ...(absent.length > 0 && { absent: absent.map((text) => readNote(text.slice('no '.length))) }),
    };
  });
}

function readError(text: string): ExpectedError {
  const words = text.split(' ');
  const [kind, constraint] = words;
  return {
    at: words.at(-1) ?? '',
    kind: kind as RuleKind,
    ...(words.length > 2 && constraint !== undefined && { constraint }),
  };
}

function readNote(text: string): ExpectedNote {
  const [severity, kind, at = ''] = text.split(' ');
  return { at, kind: kind as RuleKind, severity: severity as ExpectedNote['severity'] };
}

/** What a case expects and what came of it, in one form that `toEqual` can hold against each other. */
export interface Outcome {
  readonly errors: readonly string[];
  readonly missingNotes: readonly string[];
  readonly needlessNotes: readonly string[];
}

/** Runs cases of one release; cases without definitions of their own share one validator. */
export function createRunner(release: Release): (one: Case) => Outcome {
  let shared: Validator | undefined;
  return (one) => {
    const validator =
      one.definitions === undefined
        ? (shared ??= createValidator({ release }))
        : createValidator({ release, definitions: one.definitions });
    const issues = validator.validate(one.resource, {
      ...(one.type !== undefined && { type: one.type }),
      ...(one.profiles !== undefined && { profiles: one.profiles }),
    });
    const got = new Set(issues.map((issue) => written(issue.severity, issue.rule.kind, issue.expression)));
    return {
      errors: issues
        .filter((issue) => issue.severity === 'error')
        .map(errorOf)
        .sort(),
      missingNotes: (one.notes ?? []).map(noteOf).filter((note) => !got.has(note)),
      needlessNotes: (one.absent ?? []).map(noteOf).filter((note) => got.has(note)),
    };
  };
}

/** What is to come of a case, written as the runner writes it. */
export function expectedOutcome(one: Case): Outcome {
  const errors = one.errors.map((error) => [error.kind, error.constraint, error.at].filter(Boolean).join(' ')).sort();
  return { errors, missingNotes: [], needlessNotes: [] };
}

function noteOf(note: ExpectedNote): string {
  return written(note.severity, note.kind, note.at);
}

// Only of invariants is the constraint part of what a case expects.
function errorOf({ rule, expression }: ValidationIssue): string {
  const constraint = rule.kind === 'invariant' ? rule.constraint : undefined;
  return [rule.kind, constraint, expression].filter(Boolean).join(' ');
}

function written(severity: Severity, kind: RuleKind, at: string): string {
  return `${severity} ${kind} ${at}`;
}
