/** Writes docs/conformance.md from the rules, the tests and the source: `npx tsx scripts/write-conformance.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { claimedByTests, conformanceDocument, decidedInSource } from './conformance-document.js';

const path = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));
writeFileSync(path, conformanceDocument(await claimedByTests(), decidedInSource()));
console.log(path);
