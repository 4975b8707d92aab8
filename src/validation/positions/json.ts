/** Lines and columns in JSON text. */
import { positionsOf, type Position } from '../../domain/text/positions.js';
import { scanJson } from './scan.js';

export interface DuplicateName extends Position {
  /** JSON pointer of the property; its last value is the one that readers see. */
  readonly pointer: string;
  readonly name: string;
}

export interface SyntaxFault extends Position {
  /** One sentence, without the position. */
  readonly message: string;
}

/** A pointer some of whose continuations are wanted. */
interface Wanted {
  pointer?: string;
  readonly next: Map<string, Wanted>;
}

/** Where the values of these JSON pointers begin; pointers to nothing are left out. Faulty text is read up to its fault. */
export function locateJson(text: string, pointers: Iterable<string>): Map<string, Position> {
  const root = wantedTree(pointers);
  const offsets = new Map<string, number>();
  /** Of each open object or list that may hold something wanted. */
  const open: { readonly wanted: Wanted; index: number }[] = [];
  /** How many are open inside one that holds nothing wanted. */
  let beside = 0;
  let current: Wanted | undefined = root;
  let next: Wanted | undefined = root;
  scanJson(text, {
    value(offset) {
      if (beside > 0) return;
      const holder = open.at(-1);
      if (holder !== undefined && holder.index >= 0) {
        next = holder.wanted.next.get(String(holder.index));
        holder.index += 1;
      }
      current = next;
      if (current?.pointer !== undefined) offsets.set(current.pointer, offset);
    },
    enter(isList) {
      if (beside > 0 || current === undefined || current.next.size === 0) beside += 1;
      else open.push({ wanted: current, index: isList ? 0 : -1 });
    },
    leave() {
      if (beside > 0) beside -= 1;
      else open.pop();
    },
    name(start, end) {
      if (beside === 0) next = open.at(-1)?.wanted.next.get(nameAt(text, start, end));
    },
  });
  return positionsOf(text, offsets);
}

/** As `locateJson`, for whoever asks for one at a time; the text is read once for each. */
export function createJsonPositions(text: string): (pointer: string) => Position | undefined {
  return (pointer) => locateJson(text, [pointer]).get(pointer);
}

/** Property names that stand twice in one object, at most `limit` of them. */
export function duplicateNames(text: string, limit = 100): readonly DuplicateName[] {
  const duplicates = new Map<number, { readonly pointer: string; readonly name: string }>();
  /** The path to the place now: a name in an object, a number in a list. */
  const path: (string | number)[] = [];
  const names: (Set<string> | undefined)[] = [];
  scanJson(text, {
    value() {
      const index = path.at(-1);
      if (typeof index === 'number') path[path.length - 1] = index + 1;
    },
    enter(isList) {
      path.push(isList ? -1 : '');
      names.push(undefined);
    },
    leave() {
      path.pop();
      names.pop();
    },
    name(start, end) {
      if (duplicates.size >= limit) return;
      const name = nameAt(text, start, end);
      path[path.length - 1] = name;
      const known = (names[names.length - 1] ??= new Set());
      if (known.has(name)) duplicates.set(start, { pointer: toPointer(path), name });
      else known.add(name);
    },
  });
  const offsets = new Map([...duplicates.keys()].map((offset) => [String(offset), offset]));
  const positions = positionsOf(text, offsets);
  return [...duplicates].flatMap(([offset, duplicate]) => {
    const position = positions.get(String(offset));
    return position === undefined ? [] : [{ ...duplicate, ...position }];
  });
}

/** Why `JSON.parse` refuses the text, in plain words; undefined where it doesn't. */
export function jsonFault(text: string): SyntaxFault | undefined {
  const fault = scanJson(text, {});
  if (fault !== undefined) {
    const position = positionsOf(text, new Map([['', fault.offset]])).get('');
    return position && { ...position, message: fault.message };
  }
  const marked = text.charCodeAt(0) === 0xfeff;
  return marked ? { line: 1, column: 1, message: 'The text begins with a byte order mark; remove it.' } : undefined;
}

function wantedTree(pointers: Iterable<string>): Wanted {
  const root: Wanted = { next: new Map() };
  for (const pointer of pointers) {
    let place = root;
    for (const segment of pointer.split('/').slice(1)) {
      const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
      let inner = place.next.get(name);
      if (inner === undefined) place.next.set(name, (inner = { next: new Map() }));
      place = inner;
    }
    place.pointer = pointer;
  }
  return root;
}

function nameAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw;
}

function toPointer(path: readonly (string | number)[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
