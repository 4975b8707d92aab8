/** Whatever comes, there is an answer: no crash, no hang, and nothing wrong passes. */
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFINITIONS } from './hostile/definitions.js';
import { RESOURCES } from './hostile/resources.js';
import { TEXTS } from './hostile/texts.js';

/** Back-tracking and runaway recursion take minutes or for ever; the rest stays far below this on a busy machine. */
const KILL_AFTER_MS = 60_000;
/** At most 100 and one that says that there are more, beside the names that a text has twice. */
const MOST_FOUND = 201;

interface Verdict {
  readonly milliseconds: number;
  readonly count: number;
  readonly kinds: readonly string[];
  readonly messages: readonly string[];
}

/** Node 20 loads no TypeScript in a worker by itself, not even with `--import tsx`. */
const START = `
  const { module } = require('node:worker_threads').workerData;
  import('tsx/esm/api').then((tsx) => tsx.register()).then(() => import(module));
`;

/** Loading takes longer than most cases, so one thread runs them all, until one case kills it. */
let worker: Worker | undefined;

function start(): Worker {
  const module = new URL('./hostile/worker.ts', import.meta.url).href;
  // The stack of a main thread, and the memory that Node takes without being told.
  return new Worker(START, {
    eval: true,
    workerData: { module },
    execArgv: [],
    resourceLimits: { stackSizeMb: 1, maxOldGenerationSizeMb: 2048 },
  });
}

async function runInWorker(name: string): Promise<Verdict> {
  const thread = (worker ??= start());
  let kill: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Verdict>((resolve, reject) => {
      kill = setTimeout(() => reject(new Error(`No answer after ${KILL_AFTER_MS} ms.`)), KILL_AFTER_MS);
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('The thread has gone.')));
      thread.postMessage(name);
    });
  } catch (error) {
    worker = undefined;
    await thread.terminate();
    throw error;
  } finally {
    clearTimeout(kill);
    for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
  }
}

afterAll(async () => {
  await worker?.terminate();
});

describe.each([
  ['texts', TEXTS],
  ['resources', RESOURCES],
  ['definitions', DEFINITIONS],
])('hostile %s', (_group, cases) => {
  it.each(Object.entries(cases))(
    '%s',
    async (name, { expected }) => {
      const verdict = await runInWorker(name);
      expect(verdict.kinds).toEqual(expect.arrayContaining([...expected]));
      if (expected.length === 0) expect(verdict.kinds).toEqual([]);
      expect(verdict.count).toBeLessThanOrEqual(MOST_FOUND);
      for (const message of verdict.messages) expect(message).not.toMatch(/Maximum call stack|undefined|\[object/);
    },
    KILL_AFTER_MS + 5_000,
  );
});
