/** A file to the results of the resources in it. */
import type { Release, ValidationIssue, Validator } from '../../validation/index.js';
import { validateText, type ReadXml } from '../../validation/text/index.js';
import { EncodingFault, formatOfContent, linesOf, linesOfFile, readBytes, toText, Unreadable } from './content.js';
import { likelier, typeOf, type Engines, type ReleaseChoice } from './engines.js';
import { reasonOf, type Input } from './inputs.js';

export interface Result {
  readonly kind: 'result';
  readonly file: string;
  /** Of several in one file: its number, from 1. */
  readonly number?: number;
  /** Missing where the text could not be read. */
  readonly choice?: ReleaseChoice;
  readonly resourceType?: string;
  readonly id?: string;
  /** Lines are those of the file. */
  readonly issues: readonly ValidationIssue[];
}

export interface PassedOver {
  readonly kind: 'passed-over';
  readonly file: string;
}

export interface NotRead {
  readonly kind: 'not-read';
  readonly file: string;
  /** One sentence. */
  readonly reason: string;
}

export type Outcome = Result | PassedOver | NotRead;

export type CheckInput = (input: Input) => Generator<Outcome>;

const FHIR_NAMESPACE = 'http://hl7.org/fhir';

export function createCheck(engines: Engines, readerOf: (release: Release) => ReadXml): CheckInput {
  return function* check(input) {
    try {
      yield* input.format === 'ndjson' ? lines(input) : whole(input);
    } catch (error) {
      if (error instanceof EncodingFault) yield { kind: 'result', file: input.file, issues: [encodingIssue(error)] };
      else {
        const reason = error instanceof Unreadable ? error.message : reasonOf(error);
        yield { kind: 'not-read', file: input.file, reason };
      }
    }
  };

  function* whole(input: Input): Generator<Outcome> {
    const bytes = input.bytes ?? readBytes(input.file);
    const text = toText(bytes);
    const format = input.format ?? formatOfContent(text);
    if (!input.named && !text.includes(format === 'xml' ? FHIR_NAMESPACE : '"resourceType"'))
      yield { kind: 'passed-over', file: input.file };
    else if (format === 'ndjson') yield* lines({ ...input, bytes });
    else if (format === 'xml') yield xml(input, text);
    else yield* json(input, text);
  }

  function* lines({ file, bytes }: Input): Generator<Outcome> {
    let line = 0;
    let number = 0;
    for (const part of bytes === undefined ? linesOfFile(file) : linesOf(bytes)) {
      line += 1;
      try {
        const text = toText(part);
        if (text.trim() === '') continue;
        number += 1;
        for (const outcome of json({ file, format: 'ndjson', named: true }, text))
          yield outcome.kind === 'result' ? { ...outcome, number, issues: onLine(outcome.issues, line) } : outcome;
      } catch (error) {
        if (!(error instanceof EncodingFault)) throw error;
        yield { kind: 'result', file, number: (number += 1), issues: onLine([encodingIssue(error)], line) };
      }
    }
  }

  function xml({ file }: Input, text: string): Outcome {
    let found: unknown;
    const { issues, ...choice } = likelier(engines.releaseOf(sketchOf(text)), ({ release }) => {
      const engine = asValidator(release, (resource) => {
        found = resource;
        return engines.check(resource, { release, assumed: false }).issues;
      });
      return validateText(engine, text, { format: 'xml', readXml: readerOf(release) });
    });
    return { kind: 'result', file, choice, ...identityOf(found), issues };
  }

  function* json({ file, format, named }: Input, text: string): Generator<Outcome> {
    let found: readonly { readonly resource: unknown; readonly choice: ReleaseChoice }[] | undefined;
    let list = false;
    let foreign = false;
    // The text is read once for all resources in it, so that the positions of a long list cost one pass.
    const engine = asValidator('stu3', (content) => {
      list = Array.isArray(content) && format !== 'ndjson';
      const resources: readonly unknown[] = list ? (content as readonly unknown[]) : [content];
      foreign = !named && !resources.some((resource) => typeOf(resource) !== undefined);
      if (foreign) return [];
      const checked = resources.map((resource) => ({ resource, ...engines.check(resource) }));
      found = checked.map(({ resource, release, assumed }) => ({ resource, choice: { release, assumed } }));
      if (!list) return checked[0]?.issues ?? [];
      return checked.flatMap(({ issues }, index) =>
        issues.map((issue) => ({ ...issue, pointer: `/${index}${issue.pointer}` })),
      );
    });
    const issues = validateText(engine, text, { format: 'json' });
    if (foreign) yield { kind: 'passed-over', file };
    else if (!list) {
      const [only] = found ?? [];
      yield { kind: 'result', file, ...(only && { choice: only.choice, ...identityOf(only.resource) }), issues };
    } else if (found === undefined || found.length === 0) {
      yield { kind: 'not-read', file, reason: 'It is an empty list: there is nothing to validate.' };
    } else yield* apart(file, found, issues);
  }
}

/** Issues of a list to those of its resources. */
function* apart(
  file: string,
  found: readonly { readonly resource: unknown; readonly choice: ReleaseChoice }[],
  issues: readonly ValidationIssue[],
): Generator<Outcome> {
  const ofEach = new Map<number, ValidationIssue[]>();
  for (const issue of issues) {
    const [, index = '', ...rest] = issue.pointer.split('/');
    const pointer = rest.map((segment) => `/${segment}`).join('');
    // What the text itself has wrong was named by its place in the list.
    const expression = issue.expression.replace(
      /^Resource\[\d+\]/,
      typeOf(found[Number(index)]?.resource) ?? 'Resource',
    );
    const held = ofEach.get(Number(index)) ?? [];
    held.push({ ...issue, pointer, expression });
    ofEach.set(Number(index), held);
  }
  for (const [index, { resource, choice }] of found.entries())
    yield { kind: 'result', file, number: index + 1, choice, ...identityOf(resource), issues: ofEach.get(index) ?? [] };
}

/** What `validateText` is given: it only ever validates. */
function asValidator(release: Release, validate: Validator['validate']): Validator {
  return {
    release,
    validate,
    prepare: () => undefined,
    problems: [],
    checkDefinitions: () => [],
    profilesOf: () => [],
  };
}

function identityOf(resource: unknown): Pick<Result, 'resourceType' | 'id'> {
  const resourceType = typeOf(resource);
  const id: unknown = resourceType === undefined ? undefined : (resource as { readonly id?: unknown }).id;
  return { ...(resourceType !== undefined && { resourceType }), ...(typeof id === 'string' && { id }) };
}

/** As much of an XML resource as tells its release, before it can be read: its type and the profiles it claims. */
function sketchOf(text: string): unknown {
  const resourceType = /<([A-Z][A-Za-z]{0,60})[\s>]/.exec(text)?.[1];
  const profile = [...text.matchAll(/<profile\s{1,50}value\s?=\s?["']([^"']{1,500})["']/g)].slice(0, 10);
  return { resourceType, meta: { profile: profile.map((match) => match[1]) } };
}

function onLine(issues: readonly ValidationIssue[], line: number): readonly ValidationIssue[] {
  return issues.map((issue) => ({ ...issue, line, column: issue.line === undefined ? 1 : (issue.column ?? 1) }));
}

function encodingIssue({ message, line, column }: EncodingFault): ValidationIssue {
  const rule = { kind: 'syntax' } as const;
  return { severity: 'error', code: 'structure', expression: '', pointer: '', message, rule, line, column };
}
