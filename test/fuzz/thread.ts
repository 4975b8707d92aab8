/** The thread that fuzzes. What it is doing stands in shared memory, where main.ts can see an input that never ends. */
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { readCorpus } from './engine/corpus.js';
import { createCoverage } from './engine/coverage.js';
import { brokenBy, fuzz, shrink, type Finding } from './engine/engine.js';
import { MOST_BYTES } from './engine/mutate.js';
import { minimise } from './engine/minimise.js';
import { loadTarget } from './targets/index.js';

/** Numbers of the shared memory, in order; the input follows them. */
export const SHARED = { serial: 0, executions: 1, kept: 2, reached: 3, length: 4, isEnding: 5, numbers: 6 } as const;
export const SHARED_BYTES = SHARED.numbers * 4 + MOST_BYTES;

export interface Task {
  readonly target: string;
  readonly seed: string;
  readonly seconds: number;
  readonly executions: number;
  /** Without coverage nothing is kept; for comparison. */
  readonly isBlind: boolean;
  readonly keeps: boolean;
  /** One input instead of a run. */
  readonly replay: Uint8Array | undefined;
  readonly shared: SharedArrayBuffer;
}

export interface Done {
  readonly executions: number;
  readonly kept: number;
  readonly reached: number;
  /** Without loading, and without what is done with the results. */
  readonly seconds: number;
  readonly finding: Finding | undefined;
  /** What is worth keeping; `undefined` when that was not asked for. */
  readonly corpus: readonly Uint8Array[] | undefined;
}

async function work({ target: name, shared, ...task }: Task): Promise<Done> {
  const numbers = new Int32Array(shared, 0, SHARED.numbers);
  const room = new Uint8Array(shared, SHARED.numbers * 4);
  // An odd serial number: an input is being read.
  const onInput = (input: Buffer | undefined): void => {
    if (input) {
      room.set(input.subarray(0, room.length));
      Atomics.store(numbers, SHARED.length, Math.min(input.length, room.length));
    }
    Atomics.add(numbers, SHARED.serial, 1);
  };
  if (task.replay) {
    const target = await loadTarget(name);
    const input = Buffer.from(task.replay);
    onInput(input);
    const what = await brokenBy(target, input);
    await nextTurn();
    onInput(undefined);
    return {
      executions: 1,
      kept: 0,
      reached: 0,
      seconds: 0,
      finding: what === undefined ? undefined : { input, what },
      corpus: [],
    };
  }
  const watched = [pathToFileURL(resolve('src')).href + '/', new URL('./targets/planted.ts', import.meta.url).href];
  const coverage = task.isBlind ? undefined : createCoverage((url) => watched.some((start) => url.startsWith(start)));
  const target = await loadTarget(name);
  const began = performance.now();
  const until = began + task.seconds * 1000;
  const { progress, finding, corpus } = await fuzz(target, {
    seed: task.seed,
    coverage,
    corpus: [...readCorpus(name).values()],
    onInput,
    goesOn({ executions, kept, reached }) {
      Atomics.store(numbers, SHARED.executions, executions);
      Atomics.store(numbers, SHARED.kept, kept);
      Atomics.store(numbers, SHARED.reached, reached);
      return executions < task.executions && performance.now() < until;
    },
  });
  const seconds = (performance.now() - began) / 1000;
  Atomics.store(numbers, SHARED.isEnding, 1);
  const small = finding && (await shrink(target, finding));
  const keeps = task.keeps && coverage && !finding;
  return { ...progress, seconds, finding: small, corpus: keeps ? await minimise(target, coverage, corpus) : undefined };
}

parentPort?.postMessage(await work(workerData as Task));
