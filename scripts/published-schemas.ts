/** The JSON Schemas in docs/schemas that are made from code; `write-schemas.ts` writes them, a test compares them. */
import { practicesJsonSchema, type ConfigurationRegistry } from '../src/config.js';
import { hmisSettings } from '../src/connectors/hmis/settings.js';
import { pdsSettings } from '../src/connectors/pds/settings.js';

export const registry = {
  connectors: new Map([['hmis', { settings: hmisSettings }]]),
  demographics: { pds: pdsSettings },
} satisfies ConfigurationRegistry;

/** File name → schema. */
export function publishedSchemas(): ReadonlyMap<string, object> {
  return new Map([['practices.schema.json', practicesJsonSchema(registry)]]);
}
