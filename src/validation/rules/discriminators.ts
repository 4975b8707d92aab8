/** Discriminators: whether an item is one of a slice's. */
import type { ElementNode } from '../definitions/elements.js';
import { choiceFor } from '../definitions/snapshot.js';
import type { SlicingFacts } from '../definitions/facts.js';
import { jsonNames, type Compiler } from '../compile/context.js';
import { isJson, listOf } from '../definitions/json.js';
import { resolve, typeOf } from './references.js';
import { equals, matches, membershipOf } from './values.js';

/** As deep as a resource may be. */
const DEEPEST = 64;

type Predicate = (value: unknown) => boolean;
/** Undefined where nobody can know: what a reference leads to may be elsewhere. */
export type Verdict = boolean | undefined;
type Test = (item: unknown) => Verdict;
type Discriminator = SlicingFacts['discriminators'][number];

export function matcher(slice: ElementNode, discriminators: readonly Discriminator[], compiler: Compiler): Test {
  // Without a discriminator, an item belongs to the slice it meets.
  if (discriminators.length === 0) return (item) => compiler.meets(compiler.value(slice), item);
  const tests = discriminators.map((discriminator) => testOf(slice, discriminator, compiler));
  const [only] = tests;
  return tests.length === 1 && only !== undefined ? only : (item) => allOf(tests, item);
}

function allOf(tests: readonly Test[], item: unknown): Verdict {
  let all: Verdict = true;
  for (const test of tests) {
    const one = test(item);
    if (one === false) return false;
    if (one === undefined) all = undefined;
  }
  return all;
}

function testOf(slice: ElementNode, { type, path }: Discriminator, compiler: Compiler): Test {
  const steps = path === '$this' ? [] : splitPath(path);
  if (steps.length > DEEPEST) throw new Error(`${slice.id} has a discriminator more than ${DEEPEST} levels deep`);
  let node: ElementNode | undefined = slice;
  let get: (item: unknown) => unknown[] = (item) => [item];
  for (const step of steps) {
    const before = get;
    if (step === 'resolve()') {
      if ((type === 'profile' || type === 'type') && step === steps.at(-1))
        return resolvedTest(type === 'type', node, before, compiler);
      throw new Error(`${slice.id} has a discriminator ${path}, which is not supported for ${type}`);
    }
    const extension = /^extension\('([^']*)'\)$/.exec(step)?.[1];
    if (extension !== undefined) {
      node = extensionSlice(node, extension, compiler);
      get = (item) =>
        before(item).flatMap((value) =>
          isJson(value) ? listOf(value['extension']).filter((one) => isJson(one) && one['url'] === extension) : [],
        );
      continue;
    }
    if (/^(?:ofType|as)\(/.test(step) || step === '$this') continue;
    const [child, names] = childOf(node, step, compiler);
    node = child;
    get = (item) => before(item).flatMap((value) => valuesOf(value, names));
  }
  const at = node;
  const wanted = ((): Test => {
    switch (type) {
      case 'exists':
        return at?.max === 0 ? (item) => get(item).length === 0 : (item) => get(item).length > 0;
      case 'type':
        return (item) => get(item).some((value) => isOfType(value, at, compiler));
      case 'profile': {
        const trees = (at?.types ?? []).flatMap(({ profiles = [] }) =>
          profiles.flatMap((url) => compiler.profile(url) ?? []),
        );
        return (item) =>
          get(item).some((value) => isJson(value) && trees.some((tree) => compiler.conforms(value, tree)));
      }
      default: {
        const urls = path === 'url' ? slice.types.flatMap(({ profiles = [] }) => profiles) : [];
        if (slice.types[0]?.code === 'Extension' && urls.length > 0)
          return (item) => isJson(item) && urls.some((url) => url === item['url']);
        const same = at === undefined ? undefined : valueTest(at, compiler, new Set());
        const inner = same === undefined ? innerTests(slice, steps, compiler) : [];
        if (inner.length > 0)
          return (item) => {
            const values = get(item);
            return inner.every((test) => values.some(test));
          };
        if (same === undefined)
          throw new Error(`${slice.id} says nothing fixed about ${path}, by which its slices are told apart`);
        return (item) => get(item).some(same);
      }
    }
  })();
  return wanted;
}

/** Whether what references lead to is of the slice's targets. Of what is elsewhere, at most the type can be known. */
function resolvedTest(
  typeAlone: boolean,
  node: ElementNode | undefined,
  references: (item: unknown) => unknown[],
  compiler: Compiler,
): Test {
  const targets = (node?.types ?? []).flatMap((type) => type.targets ?? []);
  const trees = targets.flatMap((url) => compiler.profile(url) ?? []);
  const verdict = (value: unknown): Verdict => {
    if (!isJson(value)) return false;
    const { reference } = value;
    const found = typeof reference === 'string' ? resolve(reference, compiler) : undefined;
    if (found !== undefined)
      return typeAlone ? isOfType(found, node, compiler) : trees.some((tree) => compiler.conforms(found, tree));
    const type = (typeof reference === 'string' ? typeOf(reference, compiler) : undefined) ?? value['type'];
    if (typeof type !== 'string') return undefined;
    if (typeAlone) return isOfType({ resourceType: type }, node, compiler);
    if (targets.includes(type)) return true;
    return trees.some((tree) => tree.path === type) ? undefined : false;
  };
  return (item) => {
    const verdicts = references(item).map(verdict);
    if (verdicts.includes(true)) return true;
    return verdicts.includes(undefined) ? undefined : false;
  };
}

/** What required slices on the way of a path fix at its end: `code.coding` may be sliced itself. */
function innerTests(slice: ElementNode, steps: readonly string[], compiler: Compiler): Predicate[] {
  let nodes: ElementNode[] = [slice];
  for (const step of steps)
    nodes = nodes.flatMap((node) => {
      const [child] = childOf(node, step, compiler);
      return child === undefined ? [] : [child, ...child.slices.filter(({ min }) => min > 0)];
    });
  return nodes.flatMap((node) => valueTest(node, compiler, new Set()) ?? []);
}

/** What a definition fixes of a value: itself, or anything inside it. */
function valueTest(node: ElementNode, compiler: Compiler, seen: Set<ElementNode>): Predicate | undefined {
  if (seen.has(node)) return undefined;
  seen.add(node);
  const { fixed, pattern, binding } = node;
  if (fixed !== undefined) return (value) => equals(value, fixed);
  if (pattern !== undefined) return (value) => matches(value, pattern);
  const [type] = node.types;
  const profile = type?.profiles?.length === 1 ? compiler.profile(type.profiles[0] ?? '') : undefined;
  if (type?.code === 'Extension' && profile !== undefined) return valueTest(profile, compiler, seen);
  const inner = (node.children ?? profile?.children ?? []).flatMap((child) => {
    const test = valueTest(child, compiler, seen);
    return test === undefined ? [] : [{ names: jsonNames(child), test, slices: child.slices.length > 0 }];
  });
  if (inner.length > 0) return (value) => inner.every(({ names, test }) => valuesOf(value, names).some(test));
  if (binding?.strength !== 'required') return undefined;
  return (value) => {
    const codes = compiler.terminology.valueSet(binding.valueSet);
    return codes !== undefined && membershipOf(value, codes, true) === 'in';
  };
}

function splitPath(path: string): string[] {
  // An extension's url holds dots of its own.
  return path.match(/extension\('[^']*'\)|[^.]+/g) ?? [];
}

function childOf(
  node: ElementNode | undefined,
  step: string,
  compiler: Compiler,
): readonly [ElementNode | undefined, readonly string[]] {
  if (node === undefined) return [undefined, [step]];
  // A slice that is an extension says its url in the extension's own definition.
  const url = node.types[0]?.code === 'Extension' ? node.types[0].profiles?.[0] : undefined;
  const tree = url === undefined || node.children !== undefined ? undefined : compiler.profile(url);
  const children = tree?.children ?? (node.types.length > 1 ? [] : compiler.snapshots.childrenOf(node));
  const child = children.find(({ name }) => name === step || name === `${step}[x]`) ?? choiceFor(children, step)[0];
  return child === undefined ? [undefined, [step]] : [child, jsonNames(child)];
}

function extensionSlice(node: ElementNode | undefined, url: string, compiler: Compiler): ElementNode | undefined {
  const slices =
    node === undefined ? [] : compiler.snapshots.childrenOf(node).find(({ name }) => name === 'extension')?.slices;
  return slices?.find(({ types }) => types[0]?.profiles?.includes(url) === true);
}

function valuesOf(value: unknown, names: readonly string[]): unknown[] {
  if (!isJson(value)) return [];
  return names.flatMap((name) => {
    const found = value[name];
    return found === undefined ? [] : Array.isArray(found) ? (found as unknown[]) : [found];
  });
}

/** Resources tell their type; of other values the JSON form tells as much as slices by type need. */
function isOfType(value: unknown, node: ElementNode | undefined, compiler: Compiler): boolean {
  const codes = (node?.types ?? []).flatMap(({ code, targets }) => [
    code,
    ...(targets ?? []).flatMap((target) =>
      compiler.types.has(target) ? [target] : (compiler.profile(target)?.path ?? []),
    ),
  ]);
  if (isJson(value) && typeof value['resourceType'] === 'string') return codes.includes(value['resourceType']);
  return codes.some((code) =>
    isJson(value) ? compiler.types.get(code)?.json === undefined : compiler.types.get(code)?.json === typeof value,
  );
}
