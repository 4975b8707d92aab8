/**
 * Fuzzing that is guided by coverage: an input that reaches code which none before has reached is kept, and later inputs
 * are made from those kept. So a condition that needs several right things is found one thing at a time.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Target } from '../targets/target.js';
import { createKnown, type Coverage, type Known } from './coverage.js';
import { createDice } from './dice.js';
import { createMutate } from './mutate.js';

/** Inputs after which coverage is taken: taking it costs as much as a hundred inputs of a small reader. */
const BATCH = 64;
const SLOW_MS = 1000;

export interface Progress {
  executions: number;
  kept: number;
  reached: number;
}

export interface Finding {
  readonly input: Buffer;
  /** Which promise was broken. Repeats nothing but the error's own words. */
  readonly what: string;
}

export interface FuzzOptions {
  readonly seed: string;
  /** `undefined` to go on without it: nothing is kept then. */
  readonly coverage: Coverage | undefined;
  /** Inputs of earlier runs. */
  readonly corpus: readonly Buffer[];
  readonly goesOn: (progress: Readonly<Progress>) => boolean;
  /** Called around each input, so that somebody else can see one that never ends. */
  readonly onInput?: (input: Buffer | undefined) => void;
}

export interface Fuzzed {
  readonly progress: Readonly<Progress>;
  readonly finding: Finding | undefined;
  /** Seeds and earlier inputs first, then what this run has kept. */
  readonly corpus: readonly Buffer[];
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype, Map.prototype];
const prototypeKeys = (): string => PROTOTYPES.map((each) => Reflect.ownKeys(each).length).join();
const CLEAN = prototypeKeys();
const CHANGED = 'a prototype that all objects share was changed';

/** What one input breaks; `undefined` when every promise is kept. */
export async function brokenBy(
  { run }: Pick<Target, 'run'>,
  input: Buffer,
  slowMs = SLOW_MS,
): Promise<string | undefined> {
  // A machine that is busy with others makes a fast input look slow, but not three times.
  for (let tries = 1; ; tries += 1) {
    const began = performance.now();
    try {
      const running = run(input);
      if (running) await running;
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
    }
    if (prototypeKeys() !== CLEAN) return CHANGED;
    const ms = performance.now() - began;
    if (ms <= slowMs) return undefined;
    if (tries === 3) return `slow: ${Math.round(ms)} ms`;
  }
}

/** The finding with as much left out as can be, in a few hundred tries. */
export async function shrink(target: Target, { input, what }: Finding): Promise<Finding> {
  const [kind] = what.split(':');
  // Each try of a slow one takes its time, and what was changed for all objects stays so.
  if (kind === 'slow' || kind === CHANGED) return { input, what };
  let best: Finding = { input, what };
  let tries = 400;
  for (let size = input.length >> 1; size > 0 && tries > 0; size >>= 1) {
    for (let at = 0; at < best.input.length && tries > 0; tries -= 1) {
      const less = Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + size)]);
      const again = await brokenBy(target, less);
      if (again?.split(':')[0] === kind) best = { input: less, what: again ?? what };
      else at += size;
    }
  }
  return best;
}

export async function fuzz(target: Target, options: FuzzOptions): Promise<Fuzzed> {
  const { coverage, onInput } = options;
  const dice = createDice(`${target.name} ${options.seed}`);
  const mutate = createMutate(dice, target.dictionary);
  const known: Known = createKnown();
  const corpus: Buffer[] = [];
  const progress: Progress = { executions: 0, kept: 0, reached: 0 };
  let finding: Finding | undefined;

  const run = async (inputs: readonly Buffer[]): Promise<void> => {
    for (const input of inputs) {
      onInput?.(input);
      const what = await brokenBy(target, input);
      onInput?.(undefined);
      progress.executions += 1;
      if (what !== undefined) finding = { input, what };
      if (finding) return;
    }
  };

  const keep = (input: Buffer): void => {
    corpus.push(input);
    progress.kept = corpus.length;
    progress.reached = known.size().characters;
  };

  /** Keeps those of the inputs that reach something new, by running halves of them again. */
  const search = async (inputs: readonly Buffer[], alreadyRun: boolean): Promise<void> => {
    if (!alreadyRun) await run(inputs);
    if (!coverage || finding) return;
    const reach = coverage.take();
    if (known.gain(reach) === 0) return;
    const [first] = inputs;
    if (inputs.length === 1 && first) {
      known.learn(reach);
      keep(first);
      return;
    }
    const middle = inputs.length >> 1;
    await search(inputs.slice(0, middle), false);
    await search(inputs.slice(middle), false);
    // What a cache has answered the second time is reached by no half; it must not be looked for again.
    known.learn(reach);
  };

  // What loading has run belongs to no input.
  if (coverage) coverage.take();
  for (const input of [...target.seeds, ...options.corpus]) {
    await run([input]);
    if (finding) break;
    if (coverage) known.learn(coverage.take());
    keep(input);
  }
  while (!finding && options.goesOn(progress)) {
    const batch = Array.from({ length: BATCH }, () => {
      // Every second one comes from what was kept last, where the newest code is.
      const newest = Math.max(1, corpus.length >> 2);
      const index = dice.below(2) === 0 ? corpus.length - 1 - dice.below(newest) : dice.below(corpus.length);
      return mutate(corpus[index] as Buffer, corpus);
    });
    await run(batch);
    await search(batch, true);
    // What a reader has put off has its turn, and may fail.
    await nextTurn();
  }
  return { progress, finding, corpus };
}
