/** Puts the parts of the compiler together, and chooses the checks of a resource. */
import { createUnits, type Check, type UnitsOptions } from './units.js';
import type { ElementNode } from '../definitions/elements.js';
import type { Registry } from '../definitions/registry.js';
import { createSnapshots } from '../definitions/snapshot.js';
import { createInvariants } from '../invariants/index.js';
import { createTerminology } from '../terminology/index.js';
import type { Compiler, Contained, Standing } from './context.js';
import { FHIR_DEFINITION, isJson, listOf, type Json } from '../definitions/json.js';
import { containedIn, indexOf } from '../rules/references.js';
import { contentSchema, typesOf, valueSchema } from './schema.js';

export interface CompilerOptions extends UnitsOptions {
  readonly quietTerminology: boolean;
}

export interface ResourceCompiler extends Compiler {
  /** Checks a whole resource, beside its own profiles (unless they are to be ignored) against the given trees. */
  check(resource: Json, extra: readonly ElementNode[], ignoreClaims: boolean): void;
}

export function createCompiler(registry: Registry, options: CompilerOptions): ResourceCompiler {
  const { types } = registry.base;
  const units = createUnits(registry.base, options);
  const snapshots = createSnapshots({
    types,
    renamesChoices: registry.base.release === 'stu3',
    profile: registry.profile,
  });
  /** By their roots, of the validation that is under way. */
  const containers = new Map<Json, Contained>();
  const standing: Standing = {
    resource: {},
    root: {},
    bundle: undefined,
    get contained() {
      return memo(containers, standing.root, () => containedIn(standing.root));
    },
  };
  const contents = new Map<ElementNode, Check>();
  const values = new Map<ElementNode, Check>();
  const trees = new Map<string, ElementNode | undefined>();
  /** Of the resources of the validation that is under way. */
  const indices = new Map<Json, ReadonlyMap<string, Json>>();
  const verdicts = new Map<Json, Map<ElementNode, boolean>>();
  let claimsCount = true;

  const compiler: ResourceCompiler = {
    types,
    snapshots,
    units,
    terminology: createTerminology(registry),
    invariants: createInvariants(registry.base.release),
    standing,
    quietTerminology: options.quietTerminology,
    content: (node) => memo(contents, node, () => units.unit(node, () => schemaOf(node, contentSchema))),
    value: (node) =>
      memo(values, node, () =>
        units.unit(node, () =>
          schemaOf(node, (one) => valueSchema(one, typesOf(one)[0] ?? { code: 'Element' }, compiler)),
        ),
      ),
    resource(value, profile, content) {
      if (!isJson(value)) return;
      // A profile for another type has nothing to say of it; that the type is wrong has been said.
      const extra = profile?.path === value['resourceType'] ? profile : undefined;
      checkResource(value, extra === undefined ? [] : [extra], isContained(value), content);
    },
    profile(url) {
      if (trees.has(url)) return trees.get(url);
      if (types.has(url)) return snapshots.tree(url);
      let tree: ElementNode | undefined;
      try {
        if (registry.profile(url) !== undefined) tree = snapshots.tree(url);
      } catch (error) {
        note(url, error);
      }
      // Urls come from whoever sends resources: only those with a definition are kept.
      if (registry.profile(url) !== undefined) trees.set(url, tree);
      return tree;
    },
    note(definition, reason) {
      // What FHIR's own definitions ask and we can't check is documented, and no problem of the caller's.
      if (registry.given.includes(definition)) note(definition, reason);
    },
    contexts: (url) => registry.profile(url)?.contexts,
    isModifier: (url) => registry.profile(url)?.modifier === true,
    report(node, keyword, params = {}, below = '', severity = 'error') {
      units.faults.add({ keyword, pointer: below, severity, params, node });
    },
    meets(check, value) {
      const before = units.faults.length;
      check(value);
      const met = !units.faults.failedSince(before);
      units.faults.cut(before);
      return met;
    },
    conforms(resource, tree) {
      const known = verdictsOn(resource);
      const verdict = known.get(tree);
      if (verdict !== undefined) return verdict;
      // Two resources that refer to each other would ask each other for ever; until the end, they conform.
      known.set(tree, true);
      const met = compiler.meets(() => standIn(resource, compiler.content(tree), isContained(resource)), resource);
      known.set(tree, met);
      return met;
    },
    bundled: (bundle) => memo(indices, bundle, () => indexOf(bundle)),
    check(resource, extra, ignoreClaims) {
      claimsCount = !ignoreClaims;
      containers.clear();
      indices.clear();
      verdicts.clear();
      compiler.invariants.begin();
      standing.bundle = undefined;
      standing.root = resource;
      checkResource(resource, extra, false);
    },
  };

  function schemaOf(node: ElementNode, make: typeof contentSchema): ReturnType<typeof contentSchema> {
    try {
      return make(node, compiler);
    } catch (error) {
      const reason = note(node.definition, error);
      return units.checks([() => compiler.report(node, 'uncompilable', { reason })]);
    }
  }

  function note(definition: string, error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error);
    if (!registry.problems.some((one) => one.definition === definition && one.reason === reason))
      registry.problems.push({ definition, reason });
    return reason;
  }

  const reasonFor = (url: string): string | undefined =>
    registry.problems.find(({ definition }) => definition === url)?.reason;

  function isKindOf(type: string, base: string): boolean {
    for (let at: string | undefined = type; at !== undefined; at = types.get(at)?.base) if (at === base) return true;
    return false;
  }

  const isContained = (resource: Json): boolean => standing.contained.all.has(resource);

  function checkResource(
    resource: Json,
    extra: readonly ElementNode[],
    contained: boolean,
    content?: ElementNode,
  ): void {
    const type = resource['resourceType'];
    const facts = typeof type === 'string' ? types.get(type) : undefined;
    if (typeof type !== 'string' || facts?.kind !== 'resource' || facts.abstract)
      return compiler.report(snapshots.tree('Resource'), 'resource', {});
    const profiles = [...extra];
    const claimed = claimsCount && isJson(resource['meta']) ? listOf(resource['meta']['profile']) : [];
    for (let index = 0; index < claimed.length; index += 1) {
      const url = claimed[index];
      if (typeof url !== 'string') continue;
      const version = url.indexOf('|');
      const canonical = version < 0 ? url : url.slice(0, version);
      const tree = compiler.profile(canonical);
      if (tree?.path === type) {
        if (!profiles.includes(tree)) profiles.push(tree);
        continue;
      }
      const below = `/meta/profile/${index}`;
      if (tree === undefined) {
        const base = canonical.replace(FHIR_DEFINITION, '');
        if (!types.has(base)) {
          const reason = reasonFor(canonical);
          compiler.report(snapshots.tree(type), 'profile-unknown', { reason }, below, 'warning');
        } else if (!isKindOf(type, base)) compiler.report(snapshots.tree(base), 'profile-type', { type: base }, below);
      } else compiler.report(tree, 'profile-type', { type: tree.path }, below);
    }
    if (content !== undefined) standIn(resource, compiler.content(content), contained);
    // A profile's tree holds the base rules as well.
    if (profiles.length === 0) standIn(resource, compiler.content(snapshots.tree(type)), contained);
    else
      for (const tree of profiles) {
        const before = units.faults.length;
        standIn(resource, compiler.content(tree), contained);
        // Whatever refers to this resource need not ask again.
        if (contained) verdictsOn(resource).set(tree, !units.faults.failedSince(before));
      }
  }

  const verdictsOn = (resource: Json): Map<ElementNode, boolean> =>
    memo(verdicts, resource, () => new Map<ElementNode, boolean>());

  function standIn(resource: Json, check: Check, contained: boolean): void {
    const { resource: outer, root, bundle } = standing;
    standing.resource = resource;
    if (!contained) standing.root = resource;
    if (resource['resourceType'] === 'Bundle') standing.bundle = resource;
    try {
      check(resource);
    } finally {
      standing.resource = outer;
      standing.root = root;
      standing.bundle = bundle;
    }
  }

  return compiler;
}

function memo<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}
