/** References: what they may point to, and what they do point to where that is in the same document. */
import type { ElementNode } from '../definitions/elements.js';
import type { Compiler, Contained } from '../compile/context.js';
import { isJson, listOf, type Json } from '../definitions/json.js';
import type { Aggregation } from '../definitions/facts.js';
import type { Check } from '../compile/units.js';

export function referenceCheck(node: ElementNode, targets: readonly string[], compiler: Compiler): Check {
  const profiles = targets.filter((target) => !compiler.types.has(target));
  const allowed = new Set([
    ...targets.filter((target) => compiler.types.has(target)),
    ...profiles.flatMap((url) => compiler.profile(url)?.path ?? []),
  ]);
  if (allowed.has('Resource') || allowed.size === 0) return () => undefined;
  return (value) => {
    if (!isJson(value)) return;
    const { reference } = value;
    const target = typeof reference === 'string' ? resolve(reference, compiler) : undefined;
    const named = typeof reference === 'string' ? typeOf(reference, compiler) : undefined;
    // From R4 on, a reference may tell its type beside what it refers by.
    const type = target === undefined ? (named ?? value['type']) : target['resourceType'];
    if (typeof type !== 'string' || compiler.types.get(type)?.kind !== 'resource') return;
    if (!allowed.has(type)) return compiler.report(node, 'targets', { targets });
    if (target === undefined || targets.includes(type)) return;
    const wanted = profiles.flatMap((url) => compiler.profile(url) ?? []).filter((tree) => tree.path === type);
    if (wanted.length > 0 && !wanted.some((tree) => compiler.conforms(target, tree)))
      compiler.report(node, 'target-profile', { profiles: wanted.map((tree) => tree.definition) });
  };
}

/** A reference to a resource elsewhere or in the same Bundle is `referenced`; one to the Bundle's is `bundled` as well. */
export function aggregationCheck(node: ElementNode, modes: readonly Aggregation[], compiler: Compiler): Check {
  return (value) => {
    const reference = isJson(value) ? value['reference'] : undefined;
    if (typeof reference !== 'string') return;
    const found: readonly Aggregation[] = reference.startsWith('#')
      ? ['contained']
      : resolve(reference, compiler) === undefined
        ? ['referenced']
        : ['referenced', 'bundled'];
    if (!found.some((mode) => modes.includes(mode))) compiler.report(node, 'aggregation', { modes });
  };
}

/** The resource that a reference points to: a contained one, or one of the Bundle around it. */
export function resolve(reference: string, compiler: Compiler): Json | undefined {
  const { root, bundle } = compiler.standing;
  if (reference === '#') return root;
  if (reference.startsWith('#')) return compiler.standing.contained.byId.get(reference.slice(1));
  return bundle === undefined ? undefined : compiler.bundled(bundle).get(reference);
}

export function containedIn(root: Json): Contained {
  const all = listOf(root['contained']);
  const byId = new Map<unknown, Json>();
  for (const one of all) if (isJson(one) && !byId.has(one['id'])) byId.set(one['id'], one);
  return { all: new Set(all), byId };
}

/** Resources of a Bundle by the references that mean them: full url, and type with id. */
export function indexOf(bundle: Json): ReadonlyMap<string, Json> {
  const index = new Map<string, Json>();
  for (const entry of listOf(bundle['entry'])) {
    if (!isJson(entry) || !isJson(entry['resource'])) continue;
    const { fullUrl, resource } = entry as { readonly fullUrl?: unknown; readonly resource: Json };
    if (typeof fullUrl === 'string') index.set(fullUrl, resource);
    const { resourceType, id } = resource;
    if (typeof resourceType !== 'string' || typeof id !== 'string') continue;
    const relative = `${resourceType}/${id}`;
    if (typeof fullUrl !== 'string' || fullUrl.endsWith(`/${relative}`)) index.set(relative, resource);
  }
  return index;
}

/**
 * The resource type that a reference names: the word before the id, as in `Patient/1/_history/2` or at the end of an
 * absolute address. A fragment or a URN says nothing certain about what it points to.
 */
export function typeOf(reference: string, compiler: Compiler): string | undefined {
  const version = reference.indexOf('/_history/');
  const path = version < 0 ? reference : reference.slice(0, version);
  const slash = path.lastIndexOf('/');
  if (slash <= 0) return undefined;
  const type = path.slice(path.lastIndexOf('/', slash - 1) + 1, slash);
  return compiler.types.get(type)?.kind === 'resource' ? type : undefined;
}
