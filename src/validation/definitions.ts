/**
 * The facts of a FHIR version's base definitions, as `profiles/base/<version>.json` holds them, and the structures
 * worked out from them: each type, and each element with elements of its own, with what it inherits.
 */
import { readFileSync } from 'node:fs';

export interface Constraint {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly expression: string;
}

export interface ElementType {
  readonly code: string;
  /** A constrained form of the type, for example `SimpleQuantity` for `Quantity`. */
  readonly profile?: string;
  /** Resource types a reference may point to; absent where any will do. */
  readonly targets?: readonly string[];
}

export interface ElementFacts {
  /** Relative to its type: `participant.status`. */
  readonly path: string;
  readonly min: number;
  /** A number or `*`. */
  readonly max: string;
  readonly types?: readonly ElementType[];
  /** Absolute path of the element whose content this one shares. */
  readonly contentReference?: string;
  /** Canonical URL of the value set a required binding names; it has a code list unless it cannot be enumerated. */
  readonly binding?: string;
  /** An XML attribute: in JSON it has no `_name` beside it. */
  readonly attribute?: true;
  readonly constraints?: readonly Constraint[];
}

export interface TypeFacts {
  readonly kind: 'resource' | 'complex-type' | 'primitive-type';
  readonly abstract?: true;
  readonly base?: string;
  /** JSON type of a primitive. */
  readonly json?: 'string' | 'number' | 'boolean';
  readonly constraints?: readonly Constraint[];
  readonly elements: readonly ElementFacts[];
}

/** Codes by code system. */
export type CodeList = readonly { readonly system: string; readonly codes: readonly string[] }[];

/** An element with elements of its own, or a whole type: `Patient`, `Patient.contact`, `Identifier`. */
export interface Structure {
  readonly path: string;
  readonly resource: boolean;
  /** By the name a JSON property has: `status`, `_status`, `valueString`. */
  readonly properties: ReadonlyMap<string, Property>;
  /** In the order of the definition, inherited ones first. */
  readonly elements: readonly StructureElement[];
}

export interface StructureElement {
  /** `status`, or `value[x]` where the type is a choice. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly facts: ElementFacts;
  readonly properties: readonly Property[];
}

export interface Property {
  readonly jsonName: string;
  readonly element: StructureElement;
  readonly type: ElementType;
  /** The `_name` half of a primitive, which carries its id and extensions. */
  readonly extends: boolean;
  /** Path of the structure inside; absent for primitives and for a resource, whose own type decides. */
  readonly structure: string | undefined;
}

export interface Definitions {
  readonly fhirVersion: string;
  readonly types: ReadonlyMap<string, TypeFacts>;
  readonly codeLists: ReadonlyMap<string, CodeList>;
  /** Throws for a path that is no type and no element with elements of its own. */
  structure(path: string): Structure;
}

interface DefinitionsFile {
  readonly fhirVersion: string;
  readonly types: Readonly<Record<string, TypeFacts>>;
  readonly codeLists: Readonly<Record<string, CodeList>>;
}

export type BaseVersion = 'stu3';

/** Reads the base definitions that came with the package. */
export function loadBaseDefinitions(version: BaseVersion): Definitions {
  const file = new URL(`../../profiles/base/${version}.json`, import.meta.url);
  return createDefinitions(JSON.parse(readFileSync(file, 'utf8')) as DefinitionsFile);
}

export function createDefinitions(file: DefinitionsFile): Definitions {
  const types = new Map(Object.entries(file.types));
  const structures = new Map<string, Structure>();
  return {
    fhirVersion: file.fhirVersion,
    types,
    codeLists: new Map(Object.entries(file.codeLists)),
    structure(path) {
      let structure = structures.get(path);
      if (structure === undefined) structures.set(path, (structure = buildStructure(types, path)));
      return structure;
    },
  };
}

function buildStructure(types: ReadonlyMap<string, TypeFacts>, path: string): Structure {
  const [root = '', ...rest] = path.split('.');
  const type = types.get(root);
  if (type === undefined) throw new TypeError(`There is no definition of ${path}.`);
  const inner = rest.join('.');
  const holder = type.elements.find((element) => element.path === inner);
  const base = inner === '' ? type.base : holder?.types?.[0]?.code;
  if (inner !== '' && base === undefined) throw new TypeError(`There is no definition of ${path}.`);

  const prefix = inner === '' ? '' : `${inner}.`;
  const own = type.elements.filter(
    (element) => element.path.startsWith(prefix) && !element.path.slice(prefix.length).includes('.'),
  );
  const inherited = base === undefined ? [] : buildStructure(types, base).elements;
  const elements = [
    ...inherited.filter((element) => own.every((one) => one.path !== `${prefix}${element.name}`)),
    ...own.map((facts) => buildElement(types, type, root, facts, facts.path.slice(prefix.length))),
  ];
  const properties = new Map(elements.flatMap((element) => element.properties.map((one) => [one.jsonName, one])));
  return { path, resource: inner === '' && type.kind === 'resource', properties, elements };
}

function buildElement(
  types: ReadonlyMap<string, TypeFacts>,
  owner: TypeFacts,
  root: string,
  facts: ElementFacts,
  name: string,
): StructureElement {
  const properties: Property[] = [];
  const max = facts.max === '*' ? Infinity : Number(facts.max);
  const element: StructureElement = { name, min: facts.min, max, facts, properties };
  // A prohibited element is one the structure does not have.
  if (max === 0) return element;
  const inline = owner.elements.some((one) => one.path.startsWith(`${facts.path}.`));
  for (const type of facts.types ?? [{ code: 'BackboneElement' }]) {
    const jsonName = name.endsWith('[x]') ? `${name.slice(0, -3)}${capitalised(type.code)}` : name;
    const primitive = types.get(type.code)?.kind === 'primitive-type';
    const structure = inline ? `${root}.${facts.path}` : (facts.contentReference ?? type.profile ?? type.code);
    const inside = primitive || type.code === 'Resource' ? undefined : structure;
    properties.push({ jsonName, element, type, extends: false, structure: inside });
    if (primitive && facts.attribute === undefined && type.code !== 'xhtml')
      properties.push({ jsonName: `_${jsonName}`, element, type, extends: true, structure: 'Element' });
  }
  return element;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
