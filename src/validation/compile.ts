/**
 * Turns the structures of base definitions into JSON Schemas and compiles them with ajv (draft-07 vocabulary plus the
 * keywords of `keywords.ts`).
 *
 * Every structure is one schema, named by its path and compiled at first use. A resource inside a resource is
 * dispatched on its `resourceType` alone, so a Patient costs nothing while nobody sends one and no list of
 * alternatives is ever tried in turn.
 */
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import type { Definitions, Property, Structure } from './definitions.js';
import { addKeywords, type ShapeRule } from './keywords.js';
import { PRIMITIVE_CHECKS } from './primitives.js';

export interface Compiler {
  /** Compiled check of a resource type; `undefined` for anything that is no concrete resource type. */
  resource(type: string): ValidateFunction | undefined;
}

/** `every` collects all faults, `first` stops at one and so bounds the work on a very large resource. */
export type Faults = 'every' | 'first';

export function createCompiler(definitions: Definitions, faults: Faults): Compiler {
  const ajv = new Ajv({
    allErrors: faults === 'every',
    messages: false,
    meta: false,
    validateSchema: false,
    // A number where a primitive array may also hold null is a union, which strict typing refuses.
    strictTypes: false,
  });
  for (const [name, { accepts }] of PRIMITIVE_CHECKS) {
    const kind = definitions.types.get(name)?.json ?? 'string';
    if (kind === 'number') ajv.addFormat(name, { type: 'number', validate: accepts });
    else if (kind === 'string') ajv.addFormat(name, { type: 'string', validate: accepts });
  }
  const compiled = new Map<string, ValidateFunction>();
  const compiler: Compiler = {
    resource(type) {
      const known = compiled.get(type);
      if (known !== undefined) return known;
      const facts = definitions.types.get(type);
      if (facts?.kind !== 'resource' || facts.abstract) return undefined;
      addSchemas(ajv, definitions, type);
      const validate = ajv.getSchema(type);
      if (validate === undefined) throw new TypeError(`${type} has no schema.`);
      compiled.set(type, validate);
      return validate;
    },
  };
  addKeywords(ajv, definitions, compiler);
  return compiler;
}

/** Adds the schema of a structure and of everything it refers to, as far as ajv doesn't have them yet. */
function addSchemas(ajv: Ajv, definitions: Definitions, path: string): void {
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (ajv.schemas[next] !== undefined) continue;
    const structure = definitions.structure(next);
    ajv.addSchema(structureSchema(structure, definitions), next);
    for (const { structure: inside } of structure.properties.values()) if (inside !== undefined) open.push(inside);
    // The `_name` half of a repeating primitive holds null where a value has no extension.
    if (next === 'Element')
      ajv.addSchema(structureSchema(structure, definitions, ['object', 'null']), NULLABLE_ELEMENT);
  }
}

const NULLABLE_ELEMENT = 'Element-or-null';

function structureSchema(
  structure: Structure,
  definitions: Definitions,
  type: string | readonly string[] = 'object',
): AnySchemaObject {
  const properties: Record<string, AnySchemaObject> = {};
  // Whoever calls has chosen this schema by the very value.
  if (structure.resource) properties['resourceType'] = { type: 'string' };
  for (const property of structure.properties.values())
    properties[property.jsonName] = propertySchema(property, definitions);
  const shape = shapeRule(structure);
  return { type, minProperties: 1, properties, additionalProperties: false, ...(shape === undefined ? {} : { shape }) };
}

function propertySchema(property: Property, definitions: Definitions): AnySchemaObject {
  const { max } = property.element;
  if (max === 1) return valueSchema(property, definitions, false);
  const items = valueSchema(property, definitions, true);
  return { type: 'array', minItems: 1, ...(max === Infinity ? {} : { maxItems: max }), items };
}

function valueSchema(property: Property, definitions: Definitions, repeats: boolean): AnySchemaObject {
  const { element, type, structure } = property;
  if (property.extends) return { $ref: repeats ? NULLABLE_ELEMENT : 'Element' };
  const binding = element.facts.binding;
  const bound = binding !== undefined && definitions.codeLists.has(binding) ? { binding } : {};
  if (structure !== undefined) {
    const targets = type.targets === undefined ? {} : { targets: type.targets };
    return { $ref: structure, ...bound, ...targets };
  }
  if (type.code === 'Resource') return { type: 'object', resource: true };
  const kind = definitions.types.get(type.code)?.json ?? 'string';
  const format = kind === 'boolean' ? {} : { format: type.code };
  return { type: repeats ? [kind, 'null'] : kind, ...format, ...bound };
}

/** What has to hold between the properties of one object; `undefined` when nothing has. */
function shapeRule(structure: Structure): ShapeRule | undefined {
  const required: string[][] = [];
  const choices: ShapeRule['choices'][number][] = [];
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
