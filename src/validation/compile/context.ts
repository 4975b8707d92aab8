/** What the parts of the compiler share. */
import type { ElementNode } from '../definitions/elements.js';
import type { ExtensionContext, TypeFacts } from '../definitions/facts.js';
import { capitalised, type Json } from '../definitions/json.js';
import type { Snapshots } from '../definitions/snapshot.js';
import type { Invariants } from '../invariants/index.js';
import type { Terminology } from '../terminology/index.js';
import type { Severity } from '../types.js';
import type { Check, Units } from './units.js';

/** Where the validation stands; there is only ever one, because validation doesn't wait for anything. */
export interface Standing {
  /** The nearest resource, FHIRPath's %resource. */
  resource: Json;
  /** The resource that holds it as a contained one, or itself: %rootResource. */
  root: Json;
  /** The innermost Bundle around it. */
  bundle: Json | undefined;
  /** What `root` contains. */
  readonly contained: Contained;
}

/** Contained resources of one root. */
export interface Contained {
  readonly all: ReadonlySet<unknown>;
  /** The first of an id. */
  readonly byId: ReadonlyMap<unknown, Json>;
}

export interface Compiler {
  readonly types: ReadonlyMap<string, TypeFacts>;
  readonly snapshots: Snapshots;
  readonly units: Units;
  readonly terminology: Terminology;
  readonly invariants: Invariants;
  readonly standing: Standing;
  readonly quietTerminology: boolean;
  /** Check of an object against the node's own children and root constraints. */
  content(node: ElementNode): Check;
  /** Check of one value (an item, where the element repeats) against all a node says. */
  value(node: ElementNode): Check;
  /** Check of a resource by its type and its own `meta.profile`. */
  resource(value: unknown, profile?: ElementNode, content?: ElementNode): void;
  /** Tree of a profile; `undefined`, and a problem noted, when it is unknown or can't be built. */
  readonly profile: (url: string) => ElementNode | undefined;
  /** Notes a problem of a definition that was given. */
  note(definition: string, reason: string): void;
  /** Where the extension with this url may stand; `undefined` when anywhere. */
  contexts(url: string): readonly ExtensionContext[] | undefined;
  /** Whether the extension with this url is defined as one that changes meanings. */
  isModifier(url: string): boolean;
  /** Whether a resource meets a profile; each pair is checked once in a validation. */
  conforms(resource: Json, tree: ElementNode): boolean;
  /** Resources of a Bundle by the references that mean them. */
  bundled(bundle: Json): ReadonlyMap<string, Json>;
  report(node: ElementNode, keyword: string, params?: Json, below?: string, severity?: Severity): void;
  /** Whether a value meets a check, without a trace among the faults. */
  meets(check: Check, value: unknown): boolean;
}

/** JSON names of an element: `valueString` for the types of a choice. */
export function jsonNames(node: ElementNode): readonly string[] {
  return namesFor(
    node,
    node.types.map(({ code }) => code),
  );
}

/** The same with the types that a profile removed from a choice. */
export function allJsonNames(node: ElementNode): readonly string[] {
  return namesFor(node, node.choices ?? []);
}

function namesFor(node: ElementNode, codes: readonly string[]): readonly string[] {
  if (!node.name.endsWith('[x]')) return [node.name];
  const stem = node.name.slice(0, -3);
  return codes.map((code) => stem + capitalised(code));
}
