/**
 * The facts of a release's official definitions, as the files of `profiles/base` hold them, and the structures worked
 * out from them: each type, and each element with elements of its own, with what it inherits.
 */
import { readFileSync } from 'node:fs';
import type { Release } from '../types.js';
import type {
  BaseCodesFile,
  BaseConstraintsFile,
  BaseDefinitionsFile,
  BaseProfilesFile,
  ElementFacts,
  ElementType,
  TypeFacts,
} from './facts.js';
import { capitalised } from './json.js';

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
  readonly release: Release;
  readonly fhirVersion: string;
  readonly types: ReadonlyMap<string, TypeFacts>;
  /** Throws for a path that is no type and no element with elements of its own. */
  structure(path: string): Structure;
}

const definitions = new Map<Release, Definitions>();
const codes = new Map<Release, BaseCodesFile>();
const profiles = new Map<Release, BaseProfilesFile>();
const constraints = new Map<Release, BaseConstraintsFile>();

/** Resource types and data types of the release; what is read is read once. */
export function loadBaseDefinitions(release: Release): Definitions {
  return once(definitions, release, () => createDefinitions(release, readBaseFile(release)));
}

/** FHIR's own code systems and value sets. */
export function loadBaseCodes(release: Release): BaseCodesFile {
  return once(codes, release, () => readBaseFile(`${release}-codes`));
}

/** FHIR's own extensions and profiles. */
export function loadBaseProfiles(release: Release): BaseProfilesFile {
  return once(profiles, release, () => readBaseFile(`${release}-extensions`));
}

/** What the constraints of FHIR's own definitions say in words. */
export function loadBaseConstraints(release: Release): BaseConstraintsFile {
  return once(constraints, release, () => readBaseFile(`${release}-constraints`));
}

function once<T>(known: Map<Release, T>, release: Release, read: () => T): T {
  let value = known.get(release);
  if (value === undefined) known.set(release, (value = read()));
  return value;
}

/** The files come with the package, so they are what the type says. */
function readBaseFile<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../profiles/base/${name}.json`, import.meta.url), 'utf8')) as T;
}

function createDefinitions(release: Release, file: BaseDefinitionsFile): Definitions {
  const types = new Map(Object.entries(file.types));
  const structures = new Map<string, Structure>();
  return {
    release,
    fhirVersion: file.fhirVersion,
    types,
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
    const structure = inline ? `${root}.${facts.path}` : (facts.contentReference ?? type.profiles?.[0] ?? type.code);
    const inside = primitive || type.code === 'Resource' ? undefined : structure;
    properties.push({ jsonName, element, type, extends: false, structure: inside });
    if (primitive && facts.attribute === undefined && type.code !== 'xhtml')
      properties.push({ jsonName: `_${jsonName}`, element, type, extends: true, structure: 'Element' });
  }
  return element;
}
