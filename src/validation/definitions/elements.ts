/** Elements as a tree: what a snapshot says, with the content of a type filled in only where something constrains it. */
import type { Binding, Bound, Constraint, ElementFacts, ElementType, SlicingFacts, TypeFacts } from './facts.js';

/** A constraint with the definition that states it. */
export interface NodeConstraint extends Constraint {
  readonly source: string;
}

export interface ElementNode {
  /** `Patient.identifier:nhsNumber.system`. */
  id: string;
  /** `Patient.identifier.system`. */
  readonly path: string;
  /** Path in the type whose definition it comes from: `Identifier.system`. */
  readonly typePath: string;
  /** `system`, or `value[x]` for a choice. */
  readonly name: string;
  readonly sliceName?: string;
  /** Canonical url of the profile this node was made for; the type's name in a base definition. */
  definition: string;
  min: number;
  max: number;
  /** A list in JSON, by its base definition: a profile that allows one item leaves it a list. */
  readonly list: boolean;
  /** Types a choice has in its base definition, whatever a profile leaves of them. */
  readonly choices?: readonly string[];
  types: readonly ElementType[];
  contentReference?: string;
  attribute?: true;
  binding?: Binding;
  fixed?: unknown;
  pattern?: unknown;
  maxLength?: number;
  minValue?: Bound;
  maxValue?: Bound;
  constraints: readonly NodeConstraint[];
  slicing?: SlicingFacts;
  slices: ElementNode[];
  /** Absent where the content is what the type says. */
  children?: ElementNode[];
}

type Types = ReadonlyMap<string, TypeFacts>;

/** Trees that others are copied from, and that nothing is ever filled into. */
export type Patterns = Map<string, ElementNode>;

/** The tree of a base type, inherited elements first. Throws for a name that is no type. */
export function typeTree(types: Types, name: string, patterns: Patterns): ElementNode {
  const facts = types.get(name);
  if (facts === undefined) throw new Error(`there is no type ${name}`);
  const inherited = facts.base === undefined ? undefined : pattern(types, facts.base, patterns);
  const root: ElementNode = {
    id: name,
    path: name,
    typePath: name,
    name,
    definition: name,
    min: 0,
    max: Infinity,
    list: false,
    types: [],
    constraints: [...(inherited?.constraints ?? []), ...constraintsOf(facts.constraints, name)],
    slices: [],
    children: (inherited?.children ?? []).map((child) => copyBelow(child, name, name)),
  };
  for (const element of facts.elements) place(root, element, types, patterns);
  return root;
}

function pattern(types: Types, name: string, patterns: Patterns): ElementNode {
  let tree = patterns.get(name);
  if (tree === undefined) patterns.set(name, (tree = typeTree(types, name, patterns)));
  return tree;
}

function place(root: ElementNode, element: ElementFacts, types: Types, patterns: Patterns): void {
  const definition = root.name;
  const names = element.path.split('.');
  const name = names.pop() ?? '';
  let holder = root;
  for (const step of names) {
    const next = holder.children?.find((child) => child.name === step);
    if (next === undefined) throw new Error(`${root.path}.${element.path} stands below an element that is not there`);
    // What the element has by its type: id, extension, modifierExtension.
    next.children ??= (pattern(types, next.types[0]?.code ?? 'BackboneElement', patterns).children ?? []).map((child) =>
      copyBelow(child, next.path, definition),
    );
    holder = next;
  }
  const { path: _, min, max, types: own, constraints, ...facts } = element;
  const path = `${holder.path}.${name}`;
  const node: ElementNode = {
    ...facts,
    id: path,
    path,
    typePath: path,
    name,
    definition,
    min,
    max: max === '*' ? Infinity : Number(max),
    list: max === '*' || Number(max) > 1,
    types: own ?? [],
    ...(name.endsWith('[x]') ? { choices: (own ?? []).map(({ code }) => code) } : {}),
    constraints: constraintsOf(constraints, definition),
    slices: [],
  };
  const children = (holder.children ??= []);
  const known = children.findIndex((child) => child.name === name);
  if (known < 0) children.push(node);
  else children[known] = node;
}

export function constraintsOf(constraints: readonly Constraint[] | undefined, source: string): NodeConstraint[] {
  return (constraints ?? []).map((constraint) => ({ ...constraint, source }));
}

/** A deep copy standing at another place: below `holder`, for `definition`. */
export function copyBelow(node: ElementNode, holder: string, definition: string, holderId = holder): ElementNode {
  const own = node.id.slice(node.id.lastIndexOf('.') + 1);
  return copyAs(node, `${holder}.${node.name}`, `${holderId}.${own}`, definition);
}

export function copyAs(node: ElementNode, path: string, id: string, definition: string): ElementNode {
  const { children, slices, ...facts } = node;
  const copy: ElementNode = {
    ...facts,
    path,
    id,
    definition,
    slices: slices.map((slice) =>
      copyAs(slice, path, `${id.split(':')[0] ?? ''}:${slice.sliceName ?? ''}`, definition),
    ),
  };
  if (children !== undefined) copy.children = children.map((child) => copyBelow(child, path, definition, id));
  return copy;
}
