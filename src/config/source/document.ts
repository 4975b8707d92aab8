/**
 * A file that people write (the practices file, a simulator's data file) as text: YAML 1.2, of which JSON is a part (https://yaml.org/spec/1.2.2/), read with the `yaml`
 * package, which keeps the place of every node.
 */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml';
import type { ConfigurationPath, Finding } from './problems.js';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface SourceDocument {
  /** Plain data; `undefined` when the text could not be read. */
  readonly value: unknown;
  /** Problems of the text as such. */
  readonly problems: readonly (Place & { readonly message: string })[];
  /** Where a finding is; for something that is missing, where the part it is missing from begins. */
  locate(finding: Pick<Finding, 'path' | 'atKey'>): Place;
}

const MEBIBYTE = 1024 * 1024;
const PRACTICES_FILE = { bytes: MEBIBYTE, advice: 'split the practices between gateways' };
const MOST_ALIASES = 100;
const DEEPEST = 32;
const MOST_NODES = 500_000;
const TOO_DEEP = `is nested deeper than ${DEEPEST} levels, or an alias repeats itself: a mistake in indentation?`;

export function parseSource(text: string, { bytes, advice } = PRACTICES_FILE): SourceDocument {
  const refuse = (message: string, place: Place = { line: 1, column: 1 }): SourceDocument => ({
    value: undefined,
    problems: [{ ...place, message }],
    locate: () => place,
  });
  if (Buffer.byteLength(text) > bytes) return refuse(`is larger than ${bytes / MEBIBYTE} MiB: ${advice}`);

  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: '1.2',
      // Nothing of the file is printed on the way.
      logLevel: 'error',
    });
    const problems = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
      ...placeAt(pos[0]),
      message: explainSyntax(code, message),
    }));
    if (problems.length > 0) return { value: undefined, problems, locate: () => placeAt(0) };
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    if (!isReasonable(value)) return refuse(TOO_DEEP);
    return { value, problems, locate: (finding) => placeAt(offsetOf(document, finding)) };
  } catch (error) {
    if (error instanceof ReferenceError) {
      return refuse('has an alias (*name) without its anchor (&name), or far too many aliases: write the parts out');
    }
    return refuse(TOO_DEEP);
  }
}

function explainSyntax(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is already there: keep one of the two';
  if (code === 'MULTIPLE_DOCS') return 'the file holds several documents: remove the second `---` and all below it';
  if (code === 'TAG_RESOLVE_FAILED') return 'tags (!name) are not used here: remove it';
  if (message.includes('call stack')) return TOO_DEEP;
  return `the file is not readable YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** Says no to what is deeper than `DEEPEST`, to a value that contains itself, and to aliases that multiply. */
function isReasonable(value: unknown): boolean {
  let left = MOST_NODES;
  const visit = (part: unknown, levels: number): boolean => {
    left -= 1;
    if (typeof part !== 'object' || part === null) return true;
    if (levels === 0 || left < 0) return false;
    return Object.values(part).every((inner) => visit(inner, levels - 1));
  };
  return visit(value, DEEPEST);
}

function offsetOf(document: Document.Parsed, { path, atKey = false }: Pick<Finding, 'path' | 'atKey'>): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    let key: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(step));
      key = pair?.key;
      node = pair?.value;
    } else {
      node = isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
    }
    const isLast = index === path.length - 1;
    const here = (isLast && atKey ? startOf(key) : undefined) ?? startOf(node) ?? startOf(key);
    if (here === undefined) break;
    offset = here;
  }
  return offset;
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** Reads one step of plain data without trusting its shape. */
export function child(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}

export function childList(value: unknown, step: string | number): readonly unknown[] {
  const list = child(value, step);
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}

export function valueAt(value: unknown, path: ConfigurationPath): unknown {
  return path.reduce<unknown>(child, value);
}
