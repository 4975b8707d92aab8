/** Functions that stand in for the library's own. */
import { all, isJson, one, type Json } from '../values.js';
import { repeated } from './budget.js';
import { matchText, replaceText, replaceWord } from './texts.js';

/** A reference leads out of the resource. */
export class Elsewhere extends Error {}

/** The container of the resource that is being checked: evaluation is synchronous, and one at a time. */
let currentRoot: Json = {};

/** Lets `resolve()` look into this resource until the next call. */
export function standIn(root: Json): void {
  currentRoot = root;
}

/** The library's wrapping of a value, with what is used of it: `resolve()` has to give the same, or types get lost. */
interface Wrapped {
  readonly data: unknown;
  readonly constructor: {
    makeResNode?(context: unknown, data: Json, parent: null, path: unknown, half: null, type: unknown): unknown;
  };
}

/** The resource a reference leads to, if it is in the same container; the others nobody can look at here. */
function resolveIn(this: unknown, references: readonly Wrapped[]): unknown[] {
  return references.flatMap((item) => {
    const reference = isJson(item.data) ? item.data['reference'] : item.data;
    if (reference === undefined || reference === null) return [];
    if (typeof reference !== 'string' || !reference.startsWith('#')) throw new Elsewhere();
    const found =
      reference === '#'
        ? currentRoot
        : all(currentRoot, 'contained').find((held) => one(held, 'id') === reference.slice(1));
    if (!isJson(found)) return [];
    const type = found['resourceType'];
    return [item.constructor.makeResNode?.(this, found, null, type, null, type) ?? found];
  });
}

const ONE = ['String'];
const TWO = ['String', 'String'];

export const FUNCTIONS = {
  matches: {
    fn: (texts: unknown[], pattern: unknown, flags?: unknown) => matchText(texts, pattern, flags, false),
    arity: { 1: ONE, 2: TWO },
  },
  matchesFull: {
    fn: (texts: unknown[], pattern: unknown, flags?: unknown) => matchText(texts, pattern, flags, true),
    arity: { 1: ONE, 2: TWO },
  },
  replaceMatches: {
    fn: (texts: unknown[], pattern: unknown, by: unknown) => replaceText(texts, pattern, by),
    arity: { 2: TWO },
  },
  replace: {
    fn: (texts: unknown[], word: unknown, by: unknown) => replaceWord(texts, word, by),
    arity: { 2: TWO },
  },
  repeat: { fn: repeated, arity: { 1: ['Expr'] }, internalStructures: true },
  resolve: { fn: resolveIn, arity: { 0: [] }, internalStructures: true },
  // Its values are patients', and nobody asked for a log.
  trace: { fn: (items: unknown[]) => items, arity: { 1: ONE, 2: ['String', 'Expr'] }, internalStructures: true },
};
