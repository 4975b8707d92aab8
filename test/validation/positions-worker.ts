/** Reads one huge or deep text; the test kills this thread if it takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { duplicateNames, jsonFault, locateJson } from '../../src/validation/positions/json.js';

const DEPTH = 100_000;
const HUGE = 100_000_000;

const TEXTS: Readonly<Record<string, () => string>> = {
  'lists 100,000 deep': () => '['.repeat(DEPTH) + ']'.repeat(DEPTH),
  'objects 100,000 deep': () => '{"a":'.repeat(DEPTH) + '1' + '}'.repeat(DEPTH),
  'unclosed lists': () => '['.repeat(DEPTH),
  '100 MB of small objects': () => {
    const item = '{"code":"a","display":"Some words","period":{"start":"2026-01-01"},"list":[1,2,true]},\n';
    return `[${item.repeat(HUGE / item.length)}{}]`;
  },
  '100 MB in one string': () => `["${'x'.repeat(HUGE)}"]`,
  '100 MB of backslashes': () => `["${'\\'.repeat(HUGE)}"]`,
  '100 MB of space': () => `[${' '.repeat(HUGE)}]`,
  '100 MB of lines': () => `[${'\n'.repeat(HUGE)}1]`,
};

const text = TEXTS[(workerData as { readonly name: string }).name]?.() ?? '';
const started = performance.now();
const positions = locateJson(text, ['/0', '/999', `${'/0'.repeat(DEPTH - 1)}`, `${'/a'.repeat(DEPTH)}`]);
const duplicates = duplicateNames(text);
const fault = jsonFault(text);
parentPort?.postMessage({
  milliseconds: performance.now() - started,
  found: positions.size,
  duplicates: duplicates.length,
  fault: fault?.message,
});
