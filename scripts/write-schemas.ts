/** Writes docs/schemas from the code: `npx tsx scripts/write-schemas.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { publishedSchemas } from './published-schemas.js';

for (const [name, schema] of publishedSchemas()) {
  const path = fileURLToPath(new URL(`../docs/schemas/${name}`, import.meta.url));
  writeFileSync(path, await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }));
  console.log(path);
}
