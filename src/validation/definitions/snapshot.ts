/** Snapshots: a profile's differential applied to the tree of what it constrains, at any depth of derivation. */
import { constraintsOf, copyAs, copyBelow, typeTree, type ElementNode, type Patterns } from './elements.js';
import type { ProfileElement, ProfileFacts, SlicingFacts, TypeFacts } from './facts.js';
import { capitalised } from './json.js';

export interface SnapshotSource {
  readonly types: ReadonlyMap<string, TypeFacts>;
  /** STU3 names a choice restricted to one type by that type; from R4 on such a name means a slice. */
  readonly renamesChoices: boolean;
  profile(url: string): ProfileFacts | undefined;
}

/** As deep as a resource may be; each level is a copy of what it is made of. */
const DEEPEST = 64;
const DEEPEST_SLICES = 10;

export interface Snapshots {
  /** Tree of a base type by its name, or of a profile by its url. Throws an Error that says what is wrong with it. */
  tree(name: string): ElementNode;
  /** Children of a node, filled in from its type when it has none of its own; [] for a primitive. */
  childrenOf(node: ElementNode): ElementNode[];
}

export function createSnapshots(source: SnapshotSource): Snapshots {
  const trees = new Map<string, ElementNode>();
  const patterns: Patterns = new Map();
  const inWork = new Set<string>();
  const snapshots: Snapshots = {
    tree(name) {
      const known = trees.get(name);
      if (known !== undefined) return known;
      if (inWork.has(name)) throw new Error(`${name} derives from itself`);
      inWork.add(name);
      try {
        const profile = source.types.has(name) ? undefined : source.profile(name);
        if (profile === undefined && !source.types.has(name)) throw new Error(`${name} is not known`);
        const tree = profile === undefined ? typeTree(source.types, name, patterns) : build(profile);
        trees.set(name, tree);
        return tree;
      } finally {
        inWork.delete(name);
      }
    },
    childrenOf(node) {
      if (node.children !== undefined) return node.children;
      const { constraints, children = [] } = contentOf(node);
      const known = new Set(node.constraints.map(({ key }) => key));
      node.constraints = [...node.constraints, ...constraints.filter(({ key }) => !known.has(key))];
      return (node.children = children.map((child) => copyBelow(child, node.path, node.definition, node.id)));
    },
  };

  /** The node whose children and constraints hold inside this one. */
  function contentOf(node: ElementNode): ElementNode {
    if (node.contentReference !== undefined) {
      const [root = '', ...rest] = node.contentReference.split('.');
      let at: ElementNode | undefined = snapshots.tree(root);
      for (const step of rest) at = at && snapshots.childrenOf(at).find((child) => child.name === step);
      if (at === undefined) throw new Error(`${node.id} refers to ${node.contentReference}, which is not there`);
      snapshots.childrenOf(at);
      return at;
    }
    const [type, ...more] = node.types;
    if (type === undefined) return snapshots.tree('BackboneElement');
    if (more.length > 0) throw new Error(`${node.id} has elements below it, but more than one type`);
    const [profile, ...others] = type.profiles ?? [];
    const name = profile !== undefined && others.length === 0 && isKnown(profile) ? profile : type.code;
    return snapshots.tree(name);
  }

  const isKnown = (url: string): boolean => source.types.has(url) || source.profile(url) !== undefined;

  function build(profile: ProfileFacts): ElementNode {
    const whole = profile.whole === true;
    const base = snapshots.tree(whole && !isKnown(profile.base) ? profile.type : profile.base);
    if (base.path !== profile.type)
      throw new Error(`${profile.url} constrains ${profile.type}, but its base is for ${base.path}`);
    const root = copyAs(base, profile.type, profile.type, profile.url);
    for (const element of profile.elements) {
      const at = nodeFor(root, element, profile);
      for (const node of at) merge(node, element, profile.url);
    }
    return root;
  }

  /** The nodes an element of a differential is about: one, and the same place in slices that exist already. */
  function nodeFor(root: ElementNode, element: ProfileElement, profile: ProfileFacts): readonly ElementNode[] {
    const [first = '', ...steps] = element.id.split('.');
    if (first.split(':')[0] !== root.name)
      throw new Error(`${profile.url} has an element ${element.id} outside ${root.name}`);
    if (steps.length > DEEPEST) throw new Error(`${profile.url} has an element more than ${DEEPEST} levels deep`);
    let holders: ElementNode[] = [root];
    for (const [position, step] of steps.entries()) {
      const last = position === steps.length - 1;
      holders = holders.flatMap((holder, index) => {
        const found = stepInto(holder, step, element, profile, index > 0);
        if (found === undefined) return [];
        // A rule about what is inside every item is a rule about what is inside each slice.
        return last || step.includes(':') ? [found] : [found, ...allSlices(found)];
      });
    }
    return holders;
  }

  function stepInto(
    holder: ElementNode,
    step: string,
    element: ProfileElement,
    profile: ProfileFacts,
    optional: boolean,
  ): ElementNode | undefined {
    const [name = '', sliceName] = splitSlice(step);
    const children = snapshots.childrenOf(holder);
    const exact = children.find((child) => child.name === name);
    if (exact !== undefined) return sliceName === undefined ? exact : slice(exact, sliceName, profile.url);
    const [choice, code] = choiceFor(children, name);
    if (choice === undefined || code === undefined) {
      if (optional) return undefined;
      throw new Error(`${profile.url} has an element ${element.id}, which ${holder.path} does not have`);
    }
    if (source.renamesChoices && isOnlyName(choice, name, profile)) {
      choice.types = choice.types.filter((type) => type.code === code);
      return choice;
    }
    const typed = slice(choice, sliceName ?? name, profile.url);
    typed.types = typed.types.filter((type) => type.code === code);
    choice.slicing ??= { discriminators: [{ type: 'type', path: '$this' }], rules: 'open' };
    return typed;
  }

  return snapshots;
}

/** `value[x]` and the type for `valueQuantity`. */
export function choiceFor(children: readonly ElementNode[], name: string): readonly [ElementNode?, string?] {
  for (const child of children) {
    if (!child.name.endsWith('[x]') || !name.startsWith(child.name.slice(0, -3))) continue;
    const rest = name.slice(child.name.length - 3);
    const type = child.types.find((one) => capitalised(one.code) === rest);
    if (type !== undefined) return [child, type.code];
  }
  return [];
}

/** Whether a differential names a choice by one type alone. */
function isOnlyName(choice: ElementNode, name: string, profile: ProfileFacts): boolean {
  const stem = choice.path.slice(0, -3);
  const path = `${choice.path.slice(0, -choice.name.length)}${name}`;
  return profile.elements.every(
    (one) =>
      !one.path.startsWith(stem) ||
      one.path === path ||
      one.path.startsWith(`${path}.`) ||
      !/^[[A-Z]/.test(one.path.slice(stem.length)),
  );
}

const BY_URL: SlicingFacts = { discriminators: [{ type: 'value', path: 'url' }], rules: 'open' };

function slice(node: ElementNode, sliceName: string, definition: string): ElementNode {
  const known = namedSlices(node);
  const found = known.get(sliceName);
  if (found !== undefined) return found;
  if (sliceName.split('/').length > DEEPEST_SLICES)
    throw new Error(`${definition} has slices of slices more than ${DEEPEST_SLICES} levels deep`);
  // `a/b` is a slice of the slice `a`.
  const outer = sliceName.lastIndexOf('/');
  const holder = (outer < 0 ? undefined : known.get(sliceName.slice(0, outer))) ?? node;
  // The slices it stands beside are not part of it.
  const { slicing: _, ...facts } = copyAs(
    { ...holder, slices: [] },
    node.path,
    `${node.id.split(':')[0] ?? ''}:${sliceName}`,
    definition,
  );
  // Extensions are always told apart by their url.
  if (node.types[0]?.code === 'Extension') node.slicing ??= BY_URL;
  const made: ElementNode = { ...facts, sliceName, min: 0 };
  holder.slices.push(made);
  known.set(sliceName, made);
  return made;
}

/** By the node whose slices, and slices of slices, they are. */
const slicesByName = new WeakMap<ElementNode, Map<string, ElementNode>>();

/** Nothing but `slice` gives a node more of them, so they are listed once. */
function namedSlices(node: ElementNode): Map<string, ElementNode> {
  let known = slicesByName.get(node);
  if (known === undefined) {
    known = new Map();
    for (const one of allSlices(node))
      if (one.sliceName !== undefined && !known.has(one.sliceName)) known.set(one.sliceName, one);
    slicesByName.set(node, known);
  }
  return known;
}

/** Slices of a node with the slices of those. */
function allSlices(node: ElementNode): ElementNode[] {
  return node.slices.flatMap((one) => [one, ...allSlices(one)]);
}

/** A slice of a prohibited element is prohibited as well, whatever its minimum. */
const sliceless = (element: ProfileElement): boolean => !element.id.includes(':');

function merge(node: ElementNode, element: ProfileElement, url: string): void {
  const {
    id: _id,
    path: _path,
    sliceName: _slice,
    mustSupport: _support,
    min,
    max,
    constraints,
    types,
    ...facts
  } = element;
  Object.assign(node, facts);
  node.definition = url;
  // A profile narrows: what its base requires or forbids stays so.
  if (min !== undefined) node.min = Math.max(node.min, min);
  if (max !== undefined) node.max = Math.min(node.max, max === '*' ? Infinity : Number(max));
  if (node.min > node.max && sliceless(element))
    throw new Error(`${url} wants ${node.id} at least ${node.min} times, but at most ${node.max} is allowed`);
  if (types !== undefined && types.length > 0) node.types = types;
  const known = new Set(node.constraints.map(({ key }) => key));
  const added = constraintsOf(constraints, url).filter(({ key }) => !known.has(key));
  if (added.length > 0) node.constraints = [...node.constraints, ...added];
}

function splitSlice(step: string): readonly [string, string?] {
  const colon = step.indexOf(':');
  return colon < 0 ? [step] : [step.slice(0, colon), step.slice(colon + 1)];
}
