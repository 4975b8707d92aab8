/** Constraints about contained resources, and the references that lead to them, in code. */
import { all, has, isJson, one, type InvariantCheck, type Json, type NativeChecks } from './values.js';

/** Calls for every property of every object below a value, the value's own included. */
function visit(value: unknown, seen: (name: string, held: unknown) => void): void {
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object' && item !== null) waiting.push(item);
    } else if (isJson(next)) {
      for (const name of Object.keys(next)) {
        const held = next[name];
        if (Array.isArray(held)) for (const item of held) seen(name, item);
        else seen(name, held);
        if (typeof held === 'object' && held !== null) waiting.push(held);
      }
    }
  }
}

/** Choices whose text is no address, though it may begin with `#`. */
const WORDS = [
  'valueString',
  'valueMarkdown',
  'valueCode',
  'valueId',
  'display',
  'text',
  'description',
  'title',
  'name',
];

/** Every `#id` that something below says; R4 counts uri, url and canonical elements beside references. */
function pointersOf(resource: Json, anyAddress: boolean): ReadonlySet<string> {
  const found = new Set<string>();
  visit(resource, (name, held) => {
    if (typeof held !== 'string' || !held.startsWith('#')) return;
    if (name === 'reference' || (anyAddress && !WORDS.includes(name))) found.add(held);
  });
  return found;
}

/** A contained resource without an id says nothing that could be untrue, as in FHIRPath. */
const pointedTo = (anyAddress: boolean): InvariantCheck => {
  return (value) => {
    if (!isJson(value)) return true;
    const contained = all(value, 'contained').filter(isJson);
    if (contained.length === 0) return true;
    const pointers = pointersOf(value, anyAddress);
    return contained.every((item) => {
      const id = one(item, 'id');
      if (typeof id !== 'string' || pointers.has(`#${id}`)) return true;
      return anyAddress && pointersOf(item, true).has('#');
    });
  };
};

const noneContained =
  (isWrong: (item: unknown) => boolean): InvariantCheck =>
  (value) =>
    !all(value, 'contained').some(isWrong);

const containedIds = (root: Json): readonly unknown[] => all(root, 'contained').map((item) => one(item, 'id'));

const referenceFound =
  (containerItself: boolean): InvariantCheck =>
  (value, context) => {
    const reference = one(value, 'reference');
    if (typeof reference !== 'string' || !reference.startsWith('#')) return true;
    if (reference === '#') return containerItself;
    const id = reference.slice(1);
    // Asked first: a list for each of many references would take for ever.
    return context.contained?.byId.has(id) ?? containedIds(context.root).includes(id);
  };

const meta = (item: unknown, name: string): boolean => has(one(item, 'meta'), name);

export const CONTAINED_CHECKS: NativeChecks = {
  'dom-1|contained.text.empty()': noneContained((item) => has(item, 'text')),
  'dom-2|contained.contained.empty()': noneContained((item) => has(item, 'contained')),
  "dom-3|contained.where(('#'+id in %resource.descendants().reference).not()).empty()": pointedTo(false),
  "dom-3|contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', id).empty()":
    pointedTo(true),
  'dom-4|contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()': noneContained(
    (item) => meta(item, 'versionId') || meta(item, 'lastUpdated'),
  ),
  'dom-5|contained.meta.security.empty()': noneContained((item) => meta(item, 'security')),
  // The container's narrative speaks for what it contains, which may have none of its own.
  'dom-6|text.`div`.exists()': (value, { resource, root }) => resource !== root || has(one(value, 'text'), 'div'),
  "ref-1|reference.startsWith('#').not() or (reference.substring(1).trace('url') in %resource.contained.id.trace('ids'))":
    referenceFound(false),
  "ref-1|reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))":
    referenceFound(true),
};
