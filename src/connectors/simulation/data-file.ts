/** Reads a simulator's data file, YAML or JSON, against its schema, and reports every problem at once with its line. */
import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';

export interface DataFileProblem {
  /** Absent when the data did not come from a file. */
  readonly line: number | undefined;
  /** Where in the data, for example `sessions.3.consultantId`. */
  readonly path: string;
  readonly message: string;
}

export class DataFileError extends Error {
  constructor(
    readonly file: string,
    readonly problems: readonly DataFileProblem[],
  ) {
    super(
      problems
        .map(({ line, path, message }) => `${file}${line === undefined ? '' : `:${line}`} ${path}: ${message}`)
        .join('\n'),
    );
    this.name = 'DataFileError';
  }
}

type Path = readonly PropertyKey[];
interface FlatIssue {
  readonly path: Path;
  readonly message: string;
}

/** A union reports each of its arms; the arm that got furthest is the one that was meant. */
function flatten(issue: z.core.$ZodIssue, base: Path = []): FlatIssue[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is not known here' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const arms = issue.errors.map((arm) => arm.flatMap((inner) => flatten(inner, path)));
    const depth = (arm: readonly FlatIssue[]): number => Math.max(...arm.map((inner) => inner.path.length), 0);
    const best = arms.reduce((a, b) => (depth(b) > depth(a) ? b : a));
    if (depth(best) > path.length) return best;
    return [{ path, message: [...new Set(best.map((inner) => inner.message)), issue.message].join('; ') }];
  }
  return [{ path, message: issue.message }];
}

function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  const keys = path.map((key) => (typeof key === 'number' ? key : String(key)));
  for (let length = keys.length; length >= 0; length -= 1) {
    const parent = length === 0 ? document.contents : document.getIn(keys.slice(0, length - 1), true);
    // The key's own place: its value may stand on another line.
    if (length > 0 && isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(keys[length - 1]),
      );
      if (pair && isScalar(pair.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line;
    }
    const node = length === 0 ? document.contents : document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

function check<Schema extends z.ZodType>(
  file: string,
  data: unknown,
  schema: Schema,
  line: (path: Path) => number | undefined,
): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .flatMap((issue) => flatten(issue))
    .map(({ path, message }) => ({ line: line(path), path: path.map(String).join('.') || '(whole file)', message }));
  throw new DataFileError(file, problems);
}

/** `source` is the path of a file, or the data itself. Throws `DataFileError`, and what reading the file throws. */
export function loadDataFile<Schema extends z.ZodType>(source: string | object, schema: Schema): z.output<Schema> {
  if (typeof source !== 'string') return check('data', source, schema, () => undefined);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(source, 'utf8'), { lineCounter: lines });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      path: '(syntax)',
      message: (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
    }));
    throw new DataFileError(source, problems);
  }
  return check(source, document.toJS(), schema, (path) => lineOf(document, lines, path));
}
