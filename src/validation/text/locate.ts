/** Puts lines and columns to issues. */
import type { Position } from '../../domain/text/positions.js';
import { locateJson } from '../positions/json.js';
import type { ValidationIssue } from '../types.js';
import type { ReadXml, TextPlace } from './options.js';

type Locate = (pointers: Iterable<string>) => ReadonlyMap<string, Position>;

/** Adds line and column to the issues of a resource that was read already. The text is read once more for it. */
export function locateIssues(
  issues: readonly ValidationIssue[],
  text: string,
  { format, readXml, at = '' }: TextPlace,
): readonly ValidationIssue[] {
  if (issues.every(({ line }) => line !== undefined)) return issues;
  if (format === 'json') return locateBy(issues, (pointers) => locateJson(text, pointers), at);
  let read: ReturnType<ReadXml> | undefined;
  try {
    read = readXml?.(text);
  } catch {
    // Text that can't be read has no elements, and so no places.
  }
  return read === undefined ? issues : locateBy(issues, (pointers) => read.locate(pointers), at);
}

/** An issue that has its place keeps it; one whose own place is not known gets that of what holds it. */
export function locateBy(issues: readonly ValidationIssue[], locate: Locate, at: string): readonly ValidationIssue[] {
  const wanted = issues.filter(({ line }) => line === undefined).map(({ pointer }) => at + pointer);
  if (wanted.length === 0) return issues;
  const found = new Map(locate(wanted));
  const missing = wanted.filter((pointer) => !found.has(pointer));
  if (missing.length > 0)
    for (const [pointer, position] of locate(missing.flatMap(above))) found.set(pointer, position);
  return issues.map((issue) => {
    if (issue.line !== undefined) return issue;
    const pointer = at + issue.pointer;
    const nearest = found.has(pointer) ? pointer : above(pointer).find((one) => found.has(one));
    const position = nearest === undefined ? undefined : found.get(nearest);
    return position === undefined ? issue : { ...issue, line: position.line, column: position.column };
  });
}

/** The pointers to what holds it, innermost first. */
function above(pointer: string): readonly string[] {
  const pointers: string[] = [];
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    pointers.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return pointers;
}
