/** The practices file's shape for editors and other tools: JSON Schema 2020-12, the practice systems' parts included. */
import type { ZodType } from 'zod';
import { child } from './source/document.js';
import { toInputSchema, type JsonSchema } from './source/known-keys.js';
import { practicesSchema } from './practices/schema.js';
import { createReferences, envReference } from './references.js';
import { demographicsSchemas, isAddressKey, type ConfigurationRegistry } from './settings.js';

export function practicesJsonSchema(registry: ConfigurationRegistry): JsonSchema {
  const references = createReferences({}, '.');
  const { secret } = references;
  const whole = toInputSchema(practicesSchema(references));
  const systems = [...registry.connectors].map(([type, connector]) => withType(type, connector.settings(secret)));
  const registers = [...demographicsSchemas(registry)].map(([type, settings]) => withType(type, settings(secret)));
  const practice = child(child(child(whole, 'properties'), 'practices'), 'items');
  Object.assign(child(whole, 'properties') as object, { demographics: { anyOf: registers } });
  Object.assign(child(practice, 'properties') as object, { practiceSystem: { anyOf: systems } });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Slotbridge practices file',
    ...whole,
  };
}

function withType(type: string, settings: ZodType): JsonSchema {
  return addType(allowEnvAddresses(toInputSchema(settings)) as JsonSchema, type);
}

function addType(schema: JsonSchema, type: string): JsonSchema {
  if (schema.properties === undefined) {
    const inner = (forms: JsonSchema['anyOf']) =>
      forms?.map((form) => (typeof form === 'object' ? addType(form, type) : form));
    if (schema.anyOf !== undefined) return { ...schema, anyOf: inner(schema.anyOf) ?? [] };
    if (schema.oneOf !== undefined) return { ...schema, oneOf: inner(schema.oneOf) ?? [] };
  }
  return {
    ...schema,
    properties: { type: { const: type }, ...schema.properties },
    required: ['type', ...(schema.required ?? [])],
  };
}

const ENV = toInputSchema(envReference);

/** Addresses may be named instead of written; connectors' schemas never see that form. */
function allowEnvAddresses(part: unknown, key?: string): unknown {
  if (Array.isArray(part)) return part.map((inner) => allowEnvAddresses(inner));
  if (typeof part !== 'object' || part === null) return part;
  const mapped = Object.fromEntries(
    Object.entries(part).map(([name, inner]: [string, unknown]) => [name, allowEnvAddresses(inner, name)]),
  );
  return key !== undefined && isAddressKey(key) && mapped['type'] === 'string' ? { anyOf: [mapped, ENV] } : mapped;
}
