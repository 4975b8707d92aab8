/** Slicing: which slice each item of a list belongs to, how many each may have, and in what order they stand. */
import type { ElementNode } from '../definitions/elements.js';
import type { Compiler } from '../compile/context.js';
import { listOf } from '../definitions/json.js';
import { matcher, type Verdict } from './discriminators.js';
import type { Check } from '../compile/units.js';

interface Slice {
  readonly node: ElementNode;
  readonly fits: (item: unknown) => Verdict;
  readonly check: Check;
  /** Slices of the slice. */
  readonly inner: Slices | undefined;
}

/** Puts an item into a slice; tells what it found when the list is at its end. */
interface Slices {
  readonly begin: () => void;
  readonly take: (item: unknown, position: number) => void;
  readonly end: () => void;
}

/** Checks all items of a list that has slices. */
export function slicesCheck(node: ElementNode, compiler: Compiler): Check {
  const slices = slicesOf(node, compiler);
  return (value) => {
    slices.begin();
    const items = listOf(value);
    for (let position = 0; position < items.length; position += 1) {
      const before = compiler.units.faults.length;
      slices.take(items[position], position);
      if (compiler.units.faults.length > before) compiler.units.faults.lift(before, `/${position}`);
    }
    slices.end();
  };
}

function slicesOf(node: ElementNode, compiler: Compiler): Slices {
  const { discriminators = [], rules = 'open', ordered = false } = node.slicing ?? {};
  const slices: Slice[] = node.slices.map((slice) => ({
    node: slice,
    fits: matcher(slice, discriminators, compiler),
    check: compiler.value(slice),
    inner: slice.slices.length > 0 ? slicesOf(slice, compiler) : undefined,
  }));
  const unsliced = compiler.value(node);
  const nested = slices.flatMap(({ inner }) => inner ?? []);
  const counts = new Array<number>(slices.length).fill(0);
  let last = -1;
  let unmatched: number[] = [];
  let early = 0;
  /** Slices that an item may be one of, as far as can be known here. */
  const possible = new Set<Slice>();
  return {
    begin() {
      counts.fill(0);
      last = -1;
      if (unmatched.length > 0) unmatched = [];
      early = 0;
      if (possible.size > 0) possible.clear();
      for (const inner of nested) inner.begin();
    },
    take(item, position) {
      let maybe: Slice[] | undefined;
      let index = 0;
      for (; index < slices.length; index += 1) {
        const verdict = slices[index]?.fits(item);
        if (verdict === true) break;
        if (verdict === undefined) (maybe ??= []).push(slices[index] as Slice);
      }
      const slice = slices[index];
      if (slice === undefined && maybe !== undefined) {
        for (const one of maybe) possible.add(one);
        compiler.report(node, 'slice-unknown', { slices: maybe.map((one) => one.node) }, '', 'information');
        unsliced(item);
        return;
      }
      if (slice === undefined) {
        if (rules === 'openAtEnd') unmatched.push(position);
        if (rules === 'closed') compiler.report(node, 'slice-closed', {});
        unsliced(item);
        return;
      }
      early = unmatched.length;
      if (ordered && index < last) compiler.report(slice.node, 'slice-order', {});
      last = Math.max(last, index);
      counts[index] = (counts[index] ?? 0) + 1;
      if (slice.inner === undefined) slice.check(item);
      else slice.inner.take(item, position);
    },
    end() {
      for (let at = 0; at < early; at += 1) compiler.report(node, 'slice-at-end', {}, `/${unmatched[at]}`);
      for (let index = 0; index < slices.length; index += 1) {
        const one = slices[index] as Slice;
        const { node: slice, inner } = one;
        const count = counts[index] ?? 0;
        // A note at the item has said why nobody can know.
        if (count < slice.min && !possible.has(one)) compiler.report(slice, 'slice-missing', { count });
        if (count > slice.max) compiler.report(slice, 'slice-many', { count });
        if (count > 0) inner?.end();
      }
    },
  };
}
