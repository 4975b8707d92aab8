import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { HOSTILE } from './hostile-inputs.js';

/** Back-tracking and runaway recursion take minutes or for ever; everything linear stays far below this. */
const KILL_AFTER_MS = 10_000;
const MOST_MS = 1_000;

interface Verdict {
  readonly milliseconds: number;
  readonly rules: readonly string[];
}

/** Node 20 loads no TypeScript in a worker by itself, not even with `--import tsx`. */
const START = `
  const { module } = require('node:worker_threads').workerData;
  import('tsx/esm/api').then((tsx) => tsx.register()).then(() => import(module));
`;

function validateInWorker(name: string): Promise<Verdict> {
  const module = new URL('./hostile-worker.ts', import.meta.url).href;
  const worker = new Worker(START, { eval: true, workerData: { module, name }, execArgv: [] });
  return new Promise<Verdict>((resolve, reject) => {
    const kill = setTimeout(() => reject(new Error(`No verdict after ${KILL_AFTER_MS} ms.`)), KILL_AFTER_MS);
    worker.once('message', (verdict: Verdict) => {
      clearTimeout(kill);
      resolve(verdict);
    });
    worker.once('error', reject);
  }).finally(() => worker.terminate());
}

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'an extension 100,000 levels deep': ['too-large'],
  'an extension 30 levels deep': [],
  'arrays 100,000 levels deep': ['too-large'],
  'ten to the power of 20 extensions': ['too-large'],
  'a __proto__ key at every level': ['unknown-element'],
  '6,000 faulty list items': ['unknown-element', 'reference-target'],
  '19,000 numbers where objects belong': ['type'],
  '200,000 numbers where objects belong': ['type'],
  '100,000 references': [],
  '600,000 list items': ['too-large'],
  '100,000 unknown elements': ['unknown-element'],
  '15,000 empty objects': ['empty'],
  'a code of thirty letters and two spaces': ['format'],
  'a code of 100,000 words': ['format'],
  'base64 of 97 digits and a star': ['format'],
  'base64 of a megabyte of space': ['format'],
  'a megabyte of everything': ['format'],
};

describe('hostile input', () => {
  it('has an expected answer each', () => {
    expect(Object.keys(EXPECTED)).toEqual(Object.keys(HOSTILE));
  });

  it.each(Object.entries(EXPECTED))('gets its answer in time: %s', async (name, rules) => {
    const verdict = await validateInWorker(name);
    expect(verdict.rules).toEqual(rules);
    expect(verdict.milliseconds).toBeLessThan(MOST_MS);
  });
});
