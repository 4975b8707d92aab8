/** The JSON Schemas in docs/schemas that are made from code; `write-schemas.ts` writes them, a test compares them. */
import { practicesJsonSchema } from '../src/config.js';
import { hmisDataJsonSchema } from '../src/connectors/hmis/simulator/data-file.js';
import { pdsDataJsonSchema } from '../src/connectors/pds/simulator/index.js';
import { registry } from '../src/connectors/registry.js';

/** File name → schema. */
export function publishedSchemas(): ReadonlyMap<string, object> {
  return new Map([
    ['practices.schema.json', practicesJsonSchema(registry)],
    ['hmis-simulator.schema.json', hmisDataJsonSchema()],
    ['pds-simulator.schema.json', pdsDataJsonSchema()],
  ]);
}
