/** Whether an extension may stand where it stands; known only once the whole way to it is. */
import type { Compiler } from '../compile/context.js';
import { isJson } from '../definitions/json.js';
import type { ExtensionContext, TypeFacts } from '../definitions/facts.js';
import { choiceFor, type Snapshots } from '../definitions/snapshot.js';
import { segments } from './places.js';

/** Whether it may; undefined where a FHIRPath has to tell and can't. */
export type Standing = boolean | undefined;

interface Way {
  /** Every name for the element that holds the extension: its paths and types. */
  readonly names: ReadonlySet<string>;
  /** The holder's url where it is an extension. */
  readonly url: unknown;
  /** The nearest resource around the holder, and the holder's place in it: `Patient.name[0]`. */
  readonly resource: unknown;
  readonly place: string;
}

/** For the issues of one resource: what an expression finds in it is looked up once. */
export function createContexts(
  resource: unknown,
  { types, snapshots, invariants }: Pick<Compiler, 'types' | 'snapshots' | 'invariants'>,
): (contexts: readonly ExtensionContext[], pointer: string) => Standing {
  const known = new Map<string, Map<unknown, ReadonlySet<string> | undefined>>();

  function found(expression: string, inside: unknown): ReadonlySet<string> | undefined {
    let ofExpression = known.get(expression);
    if (ofExpression === undefined)
      known.set(expression, (ofExpression = new Map<unknown, ReadonlySet<string> | undefined>()));
    if (!ofExpression.has(inside))
      ofExpression.set(inside, isJson(inside) ? invariants.select(expression)(inside) : undefined);
    return ofExpression.get(inside);
  }

  return (contexts, pointer) => {
    const way = wayTo(pointer, resource, types, snapshots);
    let standing: Standing = false;
    for (const { kind, expression } of contexts) {
      if (kind === 'fhirpath') {
        const places = found(expression, way.resource);
        if (places?.has(way.place) === true) return true;
        // Of equal items of a list a union holds the first only.
        if (places === undefined || (way.place.includes('[') && expression.includes('|'))) standing = undefined;
      } else if (kind === 'extension' ? expression === way.url : expression === '*' || way.names.has(expression))
        return true;
    }
    return standing;
  };
}

function wayTo(pointer: string, resource: unknown, types: ReadonlyMap<string, TypeFacts>, snapshots: Snapshots): Way {
  let value: unknown = resource;
  let nearest: unknown = resource;
  let names = typeNames(typeOf(value), types);
  let place = typeOf(value);
  const way = segments(pointer);
  // Without the extension's own name and index.
  while (/^\d+$/.test(way.at(-1) ?? '')) way.pop();
  way.pop();
  for (const segment of way) {
    if (Array.isArray(value)) {
      value = (value as readonly unknown[])[Number(segment)];
      place += `[${segment}]`;
    } else {
      value = isJson(value) ? value[segment] : undefined;
      const name = segment.startsWith('_') ? segment.slice(1) : segment;
      const next = new Set<string>();
      let step = name;
      for (const path of names)
        for (const [child, code] of childrenNamed(path, name, types, snapshots)) {
          next.add(child);
          for (const one of typeNames(code, types)) next.add(one);
          // FHIRPath has one name for a choice, whatever its type.
          if (child.endsWith('[x]')) step = child.slice(child.lastIndexOf('.') + 1, -'[x]'.length);
        }
      names = next;
      place += `.${step}`;
    }
    if (isJson(value) && typeof value['resourceType'] === 'string') {
      names = typeNames(typeOf(value), types);
      nearest = value;
      place = typeOf(value);
    }
  }
  return { names, url: isJson(value) ? value['url'] : undefined, resource: nearest, place };
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
