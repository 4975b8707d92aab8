/** Asks a schema which keys it knows at one place, by way of its JSON Schema, so that connectors' schemas answer too. */
import { z, type ZodType } from 'zod';
import { child } from './document.js';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** What may be written, as JSON Schema 2020-12; what code checks beyond it is left out. */
export function toInputSchema(schema: ZodType): JsonSchema {
  const whole: JsonSchema = { ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) };
  // Named once, at the top of the published schema.
  delete whole.$schema;
  return whole;
}

export function findKnownKeys(schema: ZodType, path: readonly PropertyKey[]): readonly string[] {
  let candidates: readonly unknown[] = [toInputSchema(schema)];
  for (const step of path) {
    candidates = candidates
      .flatMap(unfold)
      .map((part) =>
        typeof step === 'number' ? child(part, 'items') : child(child(part, 'properties'), String(step)),
      );
  }
  const keys = candidates.flatMap(unfold).flatMap((part) => Object.keys(child(part, 'properties') ?? {}));
  return [...new Set(keys)].sort();
}

/** The schema and, where it offers a choice, every form. */
function unfold(schema: unknown): readonly unknown[] {
  const forms = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => {
    const choices = child(schema, key);
    return Array.isArray(choices) ? (choices as readonly unknown[]) : [];
  });
  return [schema, ...forms.flatMap(unfold)];
}
