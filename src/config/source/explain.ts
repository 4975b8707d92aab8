/** Turns what zod finds into sentences that say what is wrong and what to do. */
import type { z, ZodType } from 'zod';
import { findKnownKeys } from './known-keys.js';
import { nearest, type ConfigurationPath, type Finding } from './problems.js';

export type Parsed<T> = { readonly value: T } | { readonly findings: readonly Finding[] };

/** Parses one part of the file; the findings' paths begin with `base`. */
export function parsePart<T>(schema: ZodType<T>, value: unknown, base: ConfigurationPath = []): Parsed<T> {
  const result = schema.safeParse(value, { error: explain });
  if (result.success) return { value: result.data };
  return { findings: result.error.issues.flatMap((issue) => toFindings(schema, issue, base)) };
}

type Issue = z.core.$ZodIssue;

const NO_FORM_FITS = 'has none of the forms allowed here: see docs/configuration.md';

function toFindings(schema: ZodType, issue: Issue, base: ConfigurationPath): readonly Finding[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  if (issue.code === 'unrecognized_keys') {
    const known = findKnownKeys(schema, issue.path);
    return issue.keys.map((key) => ({ path: [...path, key], message: explainUnknownKey(key, known), atKey: true }));
  }
  if (issue.code === 'invalid_union' && issue.message === NO_FORM_FITS) {
    // The form that was meant is of the right kind as a whole, and has the fewest complaints.
    const [best] = [...issue.errors].sort((a, b) => distanceFrom(a) - distanceFrom(b));
    if (best !== undefined && best.length > 0) return best.flatMap((inner) => toFindings(schema, inner, path));
  }
  return [{ path, message: issue.message }];
}

function distanceFrom(form: readonly Issue[]): number {
  const isAnotherKind = form.some(
    ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  );
  return form.length + (isAnotherKind ? 1000 : 0);
}

function explainUnknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  if (meant !== undefined) return `is not known here: did you mean \`${meant}\`?`;
  return known.length === 0
    ? 'is not known here: remove it'
    : `is not known here: remove it, or use one of ${list(known)}`;
}

export function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a group of keys',
};

/** Says nothing of what it found except in closed lists: the value may be a secret that strayed. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing: add it';
  switch (issue.code) {
    case 'invalid_type': {
      const kind = KINDS[issue.expected] ?? issue.expected;
      const isUnquoted = issue.expected === 'string' && ['number', 'boolean'].includes(typeof issue.input);
      return isUnquoted ? "must be text: put it in quotes, for example '42'" : `must be ${kind}`;
    }
    case 'invalid_value': {
      const words = issue.values.map(String);
      const given = typeof issue.input === 'string' ? issue.input : undefined;
      const meant = given === undefined ? undefined : nearest(given, words);
      const hint = meant === undefined ? '' : `: did you mean \`${meant}\`?`;
      return words.length === 1 ? `must be ${list(words)}` : `must be one of ${list(words)}${hint}`;
    }
    case 'too_small':
      return explainSize('at least', issue.origin, issue.minimum);
    case 'too_big':
      return explainSize('at most', issue.origin, issue.maximum);
    case 'invalid_format':
      return issue.format === 'regex' ? 'is not written as it must be: see docs/configuration.md' : undefined;
    case 'invalid_union':
      return issue.discriminator === undefined ? NO_FORM_FITS : explainDiscriminator(issue);
    default:
      return undefined;
  }
}

function explainSize(bound: string, origin: string, size: number | bigint): string {
  if (origin === 'string') return size === 1 ? 'must not be empty' : `must have ${bound} ${size} characters`;
  if (origin === 'array')
    return size === 1 && bound === 'at least' ? 'must not be empty' : `must have ${bound} ${size} entries`;
  return `must be ${bound} ${size}`;
}

function explainDiscriminator(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const options = (issue as { readonly options?: readonly unknown[] }).options ?? [];
  return options.length === 0 ? 'is none of the kinds known here' : `must be one of ${list(options.map(String))}`;
}
