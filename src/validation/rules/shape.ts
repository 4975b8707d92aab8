/** What has to hold between the properties of one object. */
import type { ElementNode } from '../definitions/elements.js';
import { allJsonNames, jsonNames, type Compiler } from '../compile/context.js';
import { isJson, listOf, type Json } from '../definitions/json.js';
import type { Check } from '../compile/units.js';

export function shapeCheck(node: ElementNode, compiler: Compiler): Check | undefined {
  const required: { child: ElementNode; names: readonly string[] }[] = [];
  const slices: { slice: ElementNode; name: string; half: string }[] = [];
  const choiceOf = new Map<string, readonly [child: ElementNode, name: string]>();
  const pairs: { child: ElementNode; name: string; half: string }[] = [];
  const few: { child: ElementNode; name: string }[] = [];
  let contained: ElementNode | undefined;
  for (const child of node.children ?? []) {
    if (child.max === 0) continue;
    const names = jsonNames(child);
    // A value of a type that the profile removed is a fault of its own, not one that is missing.
    if (child.min > 0) required.push({ child, names: allJsonNames(child).flatMap((name) => [name, `_${name}`]) });
    if (child.min > 1) few.push({ child, name: child.name });
    if (child.name === 'contained' && child.types[0]?.code === 'Resource') contained = child;
    if (names.length > 1) for (const name of names) choiceOf.set(name, [child, name]).set(`_${name}`, [child, name]);
    for (const slice of child.slices) {
      const [name = child.name] = child.name.endsWith('[x]') ? jsonNames(slice) : [child.name];
      if (slice.min > 0) slices.push({ slice, name, half: `_${name}` });
    }
    const [type] = child.types;
    const primitive = type !== undefined && compiler.types.get(type.code)?.kind === 'primitive-type';
    if (primitive && child.max > 1) pairs.push({ child, name: child.name, half: `_${child.name}` });
  }
  if (required.length + slices.length + choiceOf.size + pairs.length === 0 && contained === undefined) return undefined;
  return (value) => {
    if (!isJson(value)) return;
    for (const { child, names } of required) if (!hasOne(value, names)) compiler.report(child, 'missing', {});
    for (const { child, name } of few) {
      const count = listOf(value[name]).length;
      if (count > 0 && count < child.min) compiler.report(child, 'missing', { count });
    }
    for (const { slice, name, half } of slices)
      if (value[name] === undefined && value[half] === undefined)
        compiler.report(slice, 'slice-missing', { at: slice.name.endsWith('[x]') ? slice.name.slice(0, -3) : name });
    if (choiceOf.size > 0) checkChoices(choiceOf, value, compiler);
    for (const { child, name, half } of pairs)
      if (value[name] !== undefined || value[half] !== undefined) checkPair(child, name, value, compiler);
    if (contained !== undefined && value['contained'] !== undefined) checkIds(contained, value, compiler);
  };
}

function hasOne(value: Json, names: readonly string[]): boolean {
  for (const name of names) if (value[name] !== undefined) return true;
  return false;
}

function checkChoices(
  choiceOf: ReadonlyMap<string, readonly [child: ElementNode, name: string]>,
  value: Json,
  compiler: Compiler,
): void {
  let taken: Map<ElementNode, string> | undefined;
  for (const key in value) {
    const entry = choiceOf.get(key);
    if (entry === undefined || value[key] === undefined) continue;
    const [child, name] = entry;
    taken ??= new Map();
    const first = taken.get(child) ?? name;
    taken.set(child, first);
    if (first !== name) compiler.report(child, 'choice', { found: [first, name] });
  }
}

/** "null" stands for a value that is only in the other half; in both halves at one position it stands for nothing. */
function checkPair(child: ElementNode, name: string, value: Json, compiler: Compiler): void {
  const values = listOf(value[name]);
  const extensions = listOf(value[`_${name}`]);
  for (let position = 0; position < Math.max(values.length, extensions.length); position += 1) {
    if ((values[position] ?? null) !== null || (extensions[position] ?? null) !== null) continue;
    compiler.report(child, 'nothing', {}, `/${position < values.length ? name : `_${name}`}/${position}`);
  }
}

/**
 * A contained resource is nothing by itself: what it is for is said by a reference to its id. No constraint of the
 * definitions asks for one, because FHIRPath finds nothing untrue about an id that is not there.
 */
function checkIds(contained: ElementNode, container: Json, compiler: Compiler): void {
  const seen = new Set<string>();
  listOf(container['contained']).forEach((resource, position) => {
    if (!isJson(resource)) return;
    const at = `/contained/${position}`;
    const { id } = resource;
    if (id === undefined && resource['_id'] === undefined) compiler.report(contained, 'contained-id', {}, at);
    if (typeof id !== 'string') return;
    if (seen.has(id)) compiler.report(contained, 'contained-twice', {}, `${at}/id`);
    seen.add(id);
  });
}
