/**
 * Turns the structures of base definitions into JSON Schemas and compiles them with ajv (draft-07 vocabulary plus the
 * keywords of `keywords.ts`).
 *
 * Every structure is one schema, named by its path and compiled at first use. Schemas don't `$ref` each other: the
 * keyword `structure` calls the next one, and `resource` chooses it by `resourceType` alone, so nothing is compiled
 * that nobody sends, no list of alternatives is ever tried in turn, and all faults go straight to one bounded list
 * (with `$ref`, ajv copies its list of errors at every level, which takes time that grows with its square).
 */
import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Definitions, Property, Structure } from './definitions/base.js';
import { addKeywords, codeListOf, type ShapeRule } from './keywords.js';
import { PRIMITIVE_CHECKS } from './primitives.js';

export interface Compiler {
  /** Compiled check of a structure's own level; what it finds deeper goes to `faults`. */
  structure(path: string): ValidateFunction;
  /** The same of a resource type; `undefined` for anything that is no concrete resource type. */
  resource(type: string): ValidateFunction | undefined;
  readonly faults: Faults;
}

/** Faults of the validation that is going on; there is only ever one, because validation doesn't wait for anything. */
export class Faults {
  private list: ErrorObject[] = [];

  constructor(private readonly most: number) {}

  get count(): number {
    return this.list.length;
  }

  get full(): boolean {
    return this.list.length >= this.most;
  }

  add(error: ErrorObject): void {
    if (!this.full) this.list.push(error);
  }

  /** Adds what ajv found at a structure's own level before what was found below it, which began at `position`. */
  insert(position: number, errors: readonly ErrorObject[]): void {
    this.list.splice(position, 0, ...errors.slice(0, this.most));
    this.list.length = Math.min(this.list.length, this.most);
  }

  /** All faults, leaving none behind for the next resource. */
  take(): readonly ErrorObject[] {
    const taken = this.list;
    this.list = [];
    return taken;
  }
}

export function createCompiler(definitions: Definitions, mostFaults: number): Compiler {
  const ajv = new Ajv({
    allErrors: true,
    // Halves the time to compile; the code runs no slower.
    code: { optimize: false },
    messages: false,
    meta: false,
    validateSchema: false,
    // A primitive array that may also hold null is a union, which strict typing refuses.
    strictTypes: false,
  });
  for (const [name, { accepts }] of PRIMITIVE_CHECKS) {
    const kind = definitions.types.get(name)?.json ?? 'string';
    if (kind === 'number') ajv.addFormat(name, { type: 'number', validate: accepts });
    else if (kind === 'string') ajv.addFormat(name, { type: 'string', validate: accepts });
  }
  const compiled = new Map<string, ValidateFunction>();
  const compiler: Compiler = {
    faults: new Faults(mostFaults),
    structure(path) {
      let check = compiled.get(path);
      if (check === undefined) {
        check = ajv.compile(structureSchema(definitions.structure(path), definitions));
        compiled.set(path, check);
      }
      return check;
    },
    resource(type) {
      const facts = definitions.types.get(type);
      return facts?.kind !== 'resource' || facts.abstract ? undefined : compiler.structure(type);
    },
  };
  addKeywords(ajv, definitions, compiler);
  return compiler;
}

/** Compiles a resource type and every structure that can stand in one, except other resources. */
export function compileAll(compiler: Compiler, definitions: Definitions, type: string): void {
  const seen = new Set([type]);
  for (const path of seen) {
    compiler.structure(path);
    for (const { structure } of definitions.structure(path).properties.values())
      if (structure !== undefined) seen.add(structure);
  }
}

function structureSchema(structure: Structure, definitions: Definitions): AnySchemaObject {
  const properties: Record<string, AnySchemaObject> = {};
  // Whoever calls has chosen this schema by the very value.
  if (structure.resource) properties['resourceType'] = { type: 'string' };
  for (const property of structure.properties.values())
    properties[property.jsonName] = propertySchema(property, definitions);
  const shape = shapeRule(structure);
  const rule = shape === undefined ? {} : { shape };
  return { type: 'object', minProperties: 1, properties, additionalProperties: false, ...rule };
}

function propertySchema(property: Property, definitions: Definitions): AnySchemaObject {
  const { max } = property.element;
  if (max === 1) return valueSchema(property, definitions, false);
  const items = valueSchema(property, definitions, true);
  return { type: 'array', minItems: 1, ...(max === Infinity ? {} : { maxItems: max }), items };
}

function valueSchema(property: Property, definitions: Definitions, repeats: boolean): AnySchemaObject {
  const { element, type, structure } = property;
  // Both halves of a repeating primitive hold null where the other half alone has something.
  const nullable = (kind: string): string | string[] => (repeats ? [kind, 'null'] : kind);
  if (property.extends) return { type: nullable('object'), structure: 'Element' };
  if (type.code === 'Resource') return { type: 'object', resource: true };
  const { strength, valueSet = '' } = element.facts.binding ?? {};
  const bound = strength === 'required' && codeListOf(valueSet, definitions) !== undefined ? { binding: valueSet } : {};
  if (structure !== undefined) {
    const targets = type.targets === undefined ? {} : { targets: type.targets };
    return { type: 'object', structure, ...bound, ...targets };
  }
  const kind = definitions.types.get(type.code)?.json ?? 'string';
  const format = kind === 'boolean' ? {} : { format: type.code };
  return { type: nullable(kind), ...format, ...bound };
}

/** What has to hold between the properties of one object; `undefined` when nothing has. */
function shapeRule(structure: Structure): ShapeRule | undefined {
  const required: string[][] = [];
  const choices: string[][] = [];
  const pairs: string[] = [];
  for (const { name, min, max, properties } of structure.elements) {
    const names = properties.map((property) => property.jsonName);
    if (min > 0 && names.length > 0) required.push(names);
    if (name.endsWith('[x]')) {
      const values = properties.filter((property) => !property.extends).map((property) => property.jsonName);
      if (values.length > 1) choices.push(values);
    }
    if (max > 1) pairs.push(...properties.filter((property) => property.extends).map((one) => one.jsonName.slice(1)));
  }
  return required.length + choices.length + pairs.length === 0 ? undefined : { required, choices, pairs };
}
