/** The JSON Schemas in docs/schemas that are made from code; `write-schemas.ts` writes them, a test compares them. */
import { practicesJsonSchema } from '../src/config.js';
import { registry } from '../src/connectors/registry.js';

/** File name → schema. */
export function publishedSchemas(): ReadonlyMap<string, object> {
  return new Map([['practices.schema.json', practicesJsonSchema(registry)]]);
}
