/**
 * How FHIRPath sees plain JSON, for constraints written in code: an element exists when its value or its `_name` half
 * does, and a choice (`value`) by any of its names (`valueString`).
 */

import { isJson, type Json } from '../definitions/json.js';

export { isJson, type Json } from '../definitions/json.js';

/** What `check` is told of the place beside the value itself. */
export interface InvariantContext {
  /** The nearest resource. */
  readonly resource: Json;
  /** The outermost: its container for a contained resource; an entry's resource of a Bundle is its own root. */
  readonly root: Json;
  /** What the outermost contains, by id; looked for one by one where it is not told. */
  readonly contained?: { readonly byId: { has(id: string): boolean } };
}

/** Whether the constraint holds; undefined where it could not be evaluated. */
export type InvariantCheck = (value: unknown, context: InvariantContext) => boolean | undefined;

/** Constraints in code, by `key|expression`: another expression under the same key is another constraint. */
export type NativeChecks = Readonly<Record<string, InvariantCheck>>;

function isThere(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => item !== undefined && item !== null);
  return value !== undefined && value !== null;
}

/** Names with `_` before them; a text put together anew each time is slow to look up. */
const halves = new Map<string, string>();

function halfOf(name: string): string {
  let half = halves.get(name);
  if (half === undefined) halves.set(name, (half = `_${name}`));
  return half;
}

/** `name.exists()`; the name is one of our code's. */
export function has(value: unknown, name: string): boolean {
  return isJson(value) && (isThere(value[name]) || isThere(value[halfOf(name)]));
}

/** `name.exists()` of a choice: any property that begins with its name and goes on with a capital letter. */
export function hasChoice(value: unknown, name: string): boolean {
  if (!isJson(value)) return false;
  for (const property in value) {
    const half = property.startsWith('_') ? property.slice(1) : property;
    if (!half.startsWith(name) || !isThere(value[property])) continue;
    const next = half.charCodeAt(name.length);
    if (next >= 65 && next <= 90) return true;
  }
  return false;
}

/** The values of an element as a list; `_name` halves are not among them. */
export function all(value: unknown, name: string): readonly unknown[] {
  const held = isJson(value) ? value[name] : undefined;
  if (Array.isArray(held)) return held.filter((item) => item !== undefined && item !== null);
  return isThere(held) ? [held] : [];
}

/** The value of an element that does not repeat. */
export function one(value: unknown, name: string): unknown {
  return isJson(value) ? value[name] : undefined;
}

/** `name = 'a' or name = 'b'`; an absent element is none of them. */
export function isOneOf(value: unknown, name: string, ...codes: readonly string[]): boolean {
  const held = one(value, name);
  return typeof held === 'string' && codes.includes(held);
}

/** `name.count()`: an item of which only the `_name` half is there counts too. */
export function count(value: unknown, name: string): number {
  if (!isJson(value)) return 0;
  const held = value[name];
  const halves = value[`_${name}`];
  if (!Array.isArray(held) && !Array.isArray(halves)) return isThere(held) || isThere(halves) ? 1 : 0;
  const [values, others] = [Array.isArray(held) ? held : [], Array.isArray(halves) ? halves : []];
  let found = 0;
  for (let at = 0; at < Math.max(values.length, others.length); at += 1) {
    if (isThere(values[at]) || isThere(others[at])) found += 1;
  }
  return found;
}

/** `isDistinct()` of texts. */
export function areDistinct(texts: readonly unknown[]): boolean {
  return new Set(texts).size === texts.length;
}
