/** `--watch`: validates what has changed, and says all that is wrong each time. */
import { statSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { CannotRun } from './cannot-run.js';
import type { Outcome } from './check.js';
import type { ValidateCommandOptions } from './command.js';
import { isProfileFile } from './definitions.js';
import { findInputs, type Input } from './inputs.js';
import { isSingle, openWorkshop, Session, type Workshop } from './run.js';
import { untilStopped } from '../stopping.js';

const PAUSE = 300;
/** Looking around takes at most this part of the time. */
const IDLENESS = 20;

interface Known {
  readonly mark: string;
  readonly outcomes: readonly Outcome[];
}

/**
 * Looks at the files again and again rather than wait to be told: that is the same on every system, and sees files that
 * editors replace. Ends at the first SIGINT or SIGTERM with the exit code of the last answer.
 */
export async function watch(paths: readonly string[], options: ValidateCommandOptions): Promise<void> {
  let stopped = false;
  const stopping = new AbortController();
  void untilStopped().then(() => {
    stopped = true;
    stopping.abort();
  });
  let workshop: Workshop | undefined;
  let definitions = '';
  let answered = '';
  let known = new Map<string, Known>();
  while (!stopped) {
    const begun = performance.now();
    const marked = marksOf([...options.ig, ...options.profile.filter(isProfileFile)]);
    if (marked !== definitions) {
      definitions = marked;
      known = new Map();
      answered = '';
      workshop = tryToOpen(options);
    }
    const { inputs, missing } = findInputs(paths);
    const marks = inputs.map((input) => markOf(input.file));
    const state = JSON.stringify([inputs.map(({ file }, index) => [file, marks[index]]), missing]);
    if (workshop !== undefined && state !== answered) {
      answered = state;
      known = await checkChanged(workshop, inputs, marks, known, () => stopped);
      if (stopped) break;
      process.stderr.write('validating…\n');
      const session = new Session(options, workshop.engines, isSingle(paths, { inputs, missing }));
      for (const { file, reason } of missing) session.add({ kind: 'not-read', file, reason });
      for (const { file } of inputs) for (const outcome of known.get(file)?.outcomes ?? []) session.add(outcome);
      process.exitCode = session.end(workshop.engines.problems());
      process.stderr.write('waiting for changes; Ctrl-C ends\n');
    }
    const pause = Math.max(PAUSE, (performance.now() - begun) * IDLENESS);
    await setTimeout(Math.min(pause, 5_000), undefined, { signal: stopping.signal }).catch(() => undefined);
  }
}

/** Definitions that are being worked on are broken at times: that is told, and waited out. */
function tryToOpen(options: ValidateCommandOptions): Workshop | undefined {
  try {
    return openWorkshop(options);
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    process.stderr.write(`slotbridge: ${error.message}\nwaiting for changes; Ctrl-C ends\n`);
    process.exitCode = 2;
    return undefined;
  }
}

async function checkChanged(
  { check }: Workshop,
  inputs: readonly Input[],
  marks: readonly string[],
  before: ReadonlyMap<string, Known>,
  isStopped: () => boolean,
): Promise<Map<string, Known>> {
  const after = new Map<string, Known>();
  for (const [index, input] of inputs.entries()) {
    const mark = marks[index] ?? '';
    const last = before.get(input.file);
    after.set(input.file, last?.mark === mark ? last : { mark, outcomes: [...check(input)] });
    // Signals are heard between files.
    if (index % 50 === 0) await setImmediate();
    if (isStopped()) break;
  }
  return after;
}

function marksOf(paths: readonly string[]): string {
  const folders = paths.map((path) => findInputs([path]).inputs.map(({ file }) => `${file} ${markOf(file)}`));
  return `definitions ${JSON.stringify(folders)}`;
}

/** Changes when the file does. */
function markOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}
