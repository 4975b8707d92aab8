/**
 * What evaluating FHIRPath may cost. Definitions come from outside, and an expression of thirty characters can ask for
 * more than a computer can do in a year. The library can't be interrupted, but it calls its `debugger` after each step:
 * there the steps are counted, and the size of what the next step would work on is looked at, because some single steps
 * take time with the square of it.
 */
import { isJson } from '../values.js';
import type { Node } from './syntax.js';

export class TooCostly extends Error {}

/**
 * Steps one evaluation may take: some tenths of a second. Steps are counted, not time, so that what is too costly does
 * not depend on what else a computer has to do.
 */
const MOST_STEPS = 200_000;
/** Steps that costly evaluations of one validation may take together beyond what is usual. */
const ALLOWANCE = 500_000;
/** Steps of an evaluation that nobody counts: the usual ones take less than a hundred. */
const USUAL = 5_000;
/** Milliseconds after which an evaluation is given up whatever it has counted. */
const LONGEST = 1_000;

/** Items a collection may have at any step. */
const MOST_ITEMS = 300_000;
/** Items for steps that compare each with each. */
const MOST_COMPARED = 1_000;
const LONGEST_TEXT = 2_000_000;

const COMPARING: ReadonlySet<string> = new Set([
  'distinct',
  'isDistinct',
  'union',
  'intersect',
  'exclude',
  'subsetOf',
  'supersetOf',
]);

export interface Budget {
  /** A new validation begins. */
  begin(): void;
  /** Gives up on an expression that was too costly once for the rest of the validation. */
  limited<A extends unknown[], T>(evaluate: (...values: A) => T | 'too-costly'): (...values: A) => T | 'too-costly';
}

/** Evaluation is synchronous, and one at a time: all budgets share what the one at work has left. */
let stepsLeft = Infinity;
let deadline = Infinity;

function spend(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0 || performance.now() > deadline) throw new TooCostly();
}

export function createBudget(): Budget {
  let allowance = ALLOWANCE;
  let validation = 0;
  return {
    begin() {
      allowance = ALLOWANCE;
      validation += 1;
    },
    limited(evaluate) {
      let refused = -1;
      return (...values) => {
        if (refused === validation) return 'too-costly';
        const limit = Math.max(USUAL, Math.min(MOST_STEPS, allowance));
        stepsLeft = limit;
        deadline = performance.now() + LONGEST;
        const answer = evaluate(...values);
        allowance -= Math.max(0, limit - stepsLeft - USUAL);
        if (answer === 'too-costly') refused = validation;
        return answer;
      };
    },
  };
}

/** What the library calls after each step: with the collection the step began with, and what it came to. */
type Watch = (context: unknown, focus: unknown, result: unknown, node: Node) => void;

/** @param tree the expression, read by the same library: its nodes are told by what stands in them, and where */
export function createWatch(tree: Node): Watch {
  const operands = operandsIn(tree);
  const known = new WeakMap<Node, boolean>();
  const isOperand = (node: Node): boolean => {
    let found = known.get(node);
    if (found === undefined) known.set(node, (found = operands.has(JSON.stringify(node))));
    return found;
  };
  return (_context, focus, result, node) => {
    spend(1);
    if (!Array.isArray(result)) return;
    if (result.length > 10) spend(result.length / 10);
    const [first] = result as readonly unknown[];
    if (result.length > MOST_ITEMS || (typeof first === 'string' && first.length > LONGEST_TEXT)) throw new TooCostly();
    if (result.length > MOST_COMPARED && operands.size > 0 && isOperand(node)) throw new TooCostly();
    // Both come before the step that is named here.
    if (!Array.isArray(focus)) return;
    if (node.type === 'Functn') beforeCall(node.text ?? '', focus);
    else if (node.type === 'Identifier' && focus.length > 1) beforeMember(String(first), focus);
  };
}

/** Both sides of operators, and the arguments of functions, that compare each item with each. */
function operandsIn(node: Node, found = new Set<string>()): ReadonlySet<string> {
  if (node.type === 'UnionExpression' || node.type === 'EqualityExpression')
    for (const side of node.children ?? []) found.add(JSON.stringify(side));
  if (node.type === 'Functn' && COMPARING.has(node.text ?? ''))
    for (const argument of node.children?.[1]?.children ?? []) found.add(JSON.stringify(argument));
  for (const child of node.children ?? []) operandsIn(child, found);
  return found;
}

function beforeCall(name: string, focus: readonly unknown[]): void {
  if (COMPARING.has(name) && focus.length > MOST_COMPARED) throw new TooCostly();
  if (name === 'descendants' || name === 'children') {
    let left = MOST_ITEMS;
    for (const item of focus) left = countdown(dataOf(item), left, name === 'descendants');
  }
}

function beforeMember(name: string, focus: readonly unknown[]): void {
  let items = 0;
  for (const item of focus) {
    const data = dataOf(item);
    const held = isJson(data) ? data[name] : undefined;
    items += Array.isArray(held) ? held.length : 1;
  }
  if (items > MOST_ITEMS) throw new TooCostly();
}

/** Counts the values inside a value off what is left. Stacks are ours, however deep they nest. */
function countdown(value: unknown, left: number, deep: boolean): number {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    for (const held of Object.values(next)) {
      const items = Array.isArray(held) ? (held as readonly unknown[]) : [held];
      left -= items.length;
      if (left < 0) throw new TooCostly();
      if (deep) for (const item of items) open.push(item);
    }
  }
  return left;
}

/** The library wraps what comes from the resource. */
function dataOf(item: unknown): unknown {
  return item instanceof Object && 'data' in item ? item.data : item;
}

/**
 * `repeat()`: the library's own compares each value with all before it. Values are the same where their JSON is.
 */
export function repeated(items: readonly unknown[], next: (item: unknown) => unknown): unknown[] {
  const found: unknown[] = [];
  const seen = new Set<string>();
  let level = items;
  while (level.length > 0) {
    const fresh: unknown[] = [];
    for (const item of level) {
      const more = next(item);
      for (const one of Array.isArray(more) ? (more as readonly unknown[]) : [more]) {
        spend(1);
        const key = keyOf(one);
        if (seen.has(key)) continue;
        seen.add(key);
        fresh.push(one);
      }
    }
    for (const one of fresh) found.push(one);
    if (found.length > MOST_ITEMS) throw new TooCostly();
    level = fresh;
  }
  return found;
}

/** Text that two values have in common when they are equal, whatever the order of their properties. */
function keyOf(item: unknown): string {
  const value = dataOf(item);
  const half = item instanceof Object && '_data' in item ? item._data : undefined;
  return JSON.stringify([value, half], (_name, held: unknown) =>
    isJson(held) ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1))) : held,
  );
}
