/**
 * Reads a simulator's data file, YAML or JSON, against its schema, and reports every problem at once with its place.
 * Read as the practices file is, so that whoever writes a data set meets one way of being told what to mend.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { child, childList, parseSource } from '../../config/source/document.js';
import { parsePart } from '../../config/source/explain.js';
import { formatPath, type ConfigurationPath, type Finding } from '../../config/source/problems.js';

export { child, childList, type Finding };

export interface DataFileProblem {
  /** Absent when the data did not come from a file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Where in the data, for example `sessions[3].consultantId`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what to do about it. */
  readonly message: string;
}

export class DataFileError extends Error {
  override readonly name = 'DataFileError';

  constructor(
    readonly file: string,
    readonly problems: readonly DataFileProblem[],
  ) {
    super(
      problems
        .map(({ line, column, path, message }) => {
          const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
          return `${place}  ${path === '' ? '' : `${path}: `}${message}`;
        })
        .join('\n'),
    );
  }
}

export interface DataFileRules<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** What holds between parts of the file; works on the data as written, so that it is told beside the rest. */
  readonly crossCheck?: (raw: unknown) => readonly Finding[];
  /** What can only be told of data in the right shape. */
  readonly finalCheck?: (data: z.output<Schema>) => readonly Finding[];
}

const LIMITS = { bytes: 8 * 1024 * 1024, advice: 'use fewer people or sessions' };

/** `source` is the path of a file, or the data itself. Throws `DataFileError`. */
export function loadDataFile<Schema extends z.ZodType>(
  source: string | object,
  rules: DataFileRules<Schema>,
): z.output<Schema> {
  if (typeof source !== 'string') {
    return check('data', source, rules, () => ({ line: undefined, column: undefined }));
  }
  let text: string;
  try {
    text = readFileSync(source, 'utf8');
  } catch {
    const message = 'the file cannot be read: check that it exists and may be read';
    throw new DataFileError(source, [{ line: 1, column: 1, path: '', message }]);
  }
  const document = parseSource(text, LIMITS);
  const { value, problems } = document;
  if (problems.length > 0) {
    throw new DataFileError(
      source,
      problems.map((problem) => ({ path: '', ...problem })),
    );
  }
  return check(source, value, rules, (finding) => document.locate(finding));
}

type Place = Pick<DataFileProblem, 'line' | 'column'>;

function check<Schema extends z.ZodType>(
  file: string,
  raw: unknown,
  { schema, crossCheck, finalCheck }: DataFileRules<Schema>,
  locate: (finding: Finding) => Place,
): z.output<Schema> {
  const shape = parsePart<z.output<Schema>>(schema as z.ZodType<z.output<Schema>>, raw);
  const findings = [
    ...('findings' in shape ? shape.findings : (finalCheck?.(shape.value) ?? [])),
    ...(crossCheck?.(raw) ?? []),
  ];
  if (findings.length === 0 && 'value' in shape) return shape.value;
  const problems = findings.map((finding) => {
    const { line, column } = locate(finding);
    return { line, column, path: formatPath(finding.path), message: finding.message };
  });
  throw new DataFileError(
    file,
    problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
  );
}

/** The second and every later entry of a list that has the same value under `key` as an earlier one. */
export function repeatedIn(raw: unknown, list: string, key: string): readonly Finding[] {
  const first = new Map<unknown, number>();
  return childList(raw, list).flatMap((entry, index) => {
    const value = child(entry, key);
    const earlier = first.get(value);
    if (value === undefined) return [];
    if (earlier === undefined) first.set(value, index);
    if (earlier === undefined) return [];
    return [{ path: [list, index, key], message: `is that of ${list}[${earlier}] already: give each its own` }];
  });
}

/** What is named at a place and is in no entry's `key` of a list. */
export function unknownIn(
  raw: unknown,
  { list, key }: { readonly list: string; readonly key: string },
  path: ConfigurationPath,
  named: unknown,
): readonly Finding[] {
  if (named === undefined || childList(raw, list).some((entry) => child(entry, key) === named)) return [];
  return [{ path, message: `is the ${key} of no entry of ${list}: correct it, or add the entry` }];
}
