/**
 * Fuzzing: `npm run test:fuzz -- [TARGET …] [--seconds N] [--seed TEXT] [--keep]`, and `-- TARGET --replay FILE` for one
 * input. Ends with 1 when a promise was broken, and says then how to see it again.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { writeCorpus, writeFinding } from './engine/corpus.js';
import { TARGET_NAMES } from './targets/index.js';
import { SHARED, SHARED_BYTES, type Done, type Task } from './thread.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '600' },
    executions: { type: 'string', default: String(2 ** 31 - 1) },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    replay: { type: 'string' },
    /** Writes what is worth keeping into the corpus. */
    keep: { type: 'boolean', default: false },
    blind: { type: 'boolean', default: false },
  },
});

/** An input that takes as long never ends, however busy the machine is. */
const HANG_MS = 20_000;
const LOOK_MS = 500;
const TELL_MS = 10_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Node 20 loads no TypeScript in a thread by itself. */
const START = `
  const { module } = require('node:worker_threads').workerData;
  import('tsx/esm/api').then((tsx) => tsx.register()).then(() => import(module));
`;

function found(target: string, input: Uint8Array, what: string): void {
  const file = values.replay ?? writeFinding(target, Buffer.from(input));
  say(`${target}: BROKEN: ${what}`);
  say(`  ${input.length} bytes, in ${file}; again with: npm run test:fuzz -- ${target} --replay ${file}`);
}

/** Answers whether every promise was kept. */
async function run(target: string): Promise<boolean> {
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const numbers = new Int32Array(shared, 0, SHARED.numbers);
  const task: Task = {
    target,
    seed: values.seed,
    seconds: Number(values.seconds),
    executions: Number(values.executions),
    isBlind: values.blind,
    keeps: values.keep,
    replay: values.replay === undefined ? undefined : readFileSync(values.replay),
    shared,
  };
  const module = new URL('./thread.ts', import.meta.url).href;
  const thread = new Worker(START, { eval: true, workerData: { ...task, module }, execArgv: [] });
  const began = performance.now();
  const rate = (executions: number, seconds = (performance.now() - began) / 1000): string =>
    `${executions} executions in ${seconds.toFixed(0)} s, ${Math.round(executions / seconds)} a second`;
  const at = (index: number): number => Atomics.load(numbers, index);

  const lastInput = (): Buffer => Buffer.from(shared, SHARED.numbers * 4, at(SHARED.length));

  let lastSerial = -1;
  let since = began;
  let told = began;
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      thread.once('error', (error) => {
        // Thrown outside of the call, or no memory left: the input of that moment is the one to look at.
        if (at(SHARED.serial) === 0) return reject(error);
        found(target, lastInput(), `the thread ended: ${error.message}`);
        resolve(false);
      });
      thread.once('exit', (code) => reject(new Error(`the thread has ended by itself, with ${code}`)));
      thread.once('message', (done: Done) => {
        if (done.finding) found(target, done.finding.input, done.finding.what);
        else if (values.replay !== undefined) say(`${target}: no promise broken`);
        if (done.corpus && !done.finding && values.keep) {
          writeCorpus(
            target,
            done.corpus.map((input) => Buffer.from(input)),
          );
          say(`${target}: ${done.corpus.length} inputs kept on disk`);
        }
        if (values.replay === undefined) {
          say(
            `${target}: ${rate(done.executions, done.seconds)}; ${done.kept} inputs, ${done.reached} characters of code; ${done.finding ? '1 finding' : '0 findings'}`,
          );
        }
        resolve(!done.finding);
      });
      watch = setInterval(() => {
        const now = performance.now();
        const serial = at(SHARED.serial);
        if (serial !== lastSerial) since = now;
        lastSerial = serial;
        if (serial % 2 === 1 && now - since > HANG_MS) {
          found(target, lastInput(), `no end after ${HANG_MS / 1000} s`);
          resolve(false);
        }
        if (now - told < TELL_MS) return;
        told = now;
        if (at(SHARED.isEnding) === 1) return say(`${target}: making smaller what was found`);
        say(
          `${target}: ${rate(at(SHARED.executions))}; ${at(SHARED.kept)} inputs, ${at(SHARED.reached)} characters of code`,
        );
      }, LOOK_MS);
    });
  } finally {
    clearInterval(watch);
    await thread.terminate();
  }
}

if (values.replay === undefined) say(`seed ${values.seed}`);
let kept = true;
for (const target of positionals.length > 0 ? positionals : TARGET_NAMES) kept = (await run(target)) && kept;
process.exitCode = kept ? 0 : 1;
