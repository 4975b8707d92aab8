/** Whether an extension may stand where it stands; known only once the whole way to it is. */
import { isJson } from '../definitions/json.js';
import type { ExtensionContext, TypeFacts } from '../definitions/facts.js';
import { choiceFor, type Snapshots } from '../definitions/snapshot.js';
import { segments } from './places.js';

export function mayStand(
  contexts: readonly ExtensionContext[],
  pointer: string,
  resource: unknown,
  types: ReadonlyMap<string, TypeFacts>,
  snapshots: Snapshots,
): boolean {
  // A context that is a FHIRPath of its own is not looked at.
  if (contexts.some(({ kind }) => kind === 'fhirpath')) return true;
  const { names, holder } = standsOn(pointer, resource, types, snapshots);
  return contexts.some(({ kind, expression }) =>
    kind === 'extension' ? expression === holder : expression === '*' || names.has(expression),
  );
}

/** Every name for the element that holds the extension: its paths and types. `holder` is its url when an extension. */
function standsOn(
  pointer: string,
  resource: unknown,
  types: ReadonlyMap<string, TypeFacts>,
  snapshots: Snapshots,
): { readonly names: ReadonlySet<string>; readonly holder: unknown } {
  let value: unknown = resource;
  let names = typeNames(typeOf(value), types);
  let holder: unknown = resource;
  const way = segments(pointer);
  // Without the extension's own name and index.
  while (/^\d+$/.test(way.at(-1) ?? '')) way.pop();
  way.pop();
  for (const segment of way) {
    if (Array.isArray(value)) {
      value = (value as readonly unknown[])[Number(segment)];
    } else {
      value = isJson(value) ? value[segment] : undefined;
      const name = segment.startsWith('_') ? segment.slice(1) : segment;
      const next = new Set<string>();
      for (const path of names)
        for (const [child, code] of childrenNamed(path, name, types, snapshots)) {
          next.add(child);
          for (const one of typeNames(code, types)) next.add(one);
        }
      names = next;
    }
    if (isJson(value) && typeof value['resourceType'] === 'string') names = typeNames(typeOf(value), types);
    holder = value;
  }
  return { names, holder: isJson(holder) ? holder['url'] : undefined };
}

const typeOf = (value: unknown): string =>
  isJson(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : '';

/** A type with what it is derived from. */
function typeNames(code: string, types: ReadonlyMap<string, TypeFacts>): Set<string> {
  const names = new Set<string>();
  for (let at: string | undefined = code; at !== undefined && at !== ''; at = types.get(at)?.base) names.add(at);
  return names;
}

function childrenNamed(
  path: string,
  name: string,
  types: ReadonlyMap<string, TypeFacts>,
  snapshots: Snapshots,
): (readonly [path: string, type: string])[] {
  const [root = '', ...steps] = path.split('.');
  if (!types.has(root)) return [];
  let at = snapshots.tree(root);
  for (const step of steps) {
    const next = (at.children ?? []).find((child) => child.name === step);
    if (next === undefined) return [];
    at = next;
  }
  const children = at.children ?? [];
  const child = children.find((one) => one.name === name);
  if (child !== undefined) return [[child.path, child.types[0]?.code ?? 'BackboneElement']];
  const [choice, code] = choiceFor(children, name);
  return choice === undefined || code === undefined ? [] : [[choice.path, code]];
}
