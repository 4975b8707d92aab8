/** Runs `slotbridge validate`: definitions, files, report, exit code. */
import { setImmediate } from 'node:timers/promises';
import { xmlReaderOf } from '../../library/xml-reader.js';
import type { DefinitionProblem } from '../../validation/index.js';
import { createCheck, type CheckInput, type Outcome } from './check.js';
import { CannotRun } from './cannot-run.js';
import type { ValidateCommandOptions } from './command.js';
import { gatherDefinitions } from './definitions.js';
import { createEngines, type Engines } from './engines.js';
import { findInputs, type Input, type Inputs } from './inputs.js';
import { createProgress } from './report/progress.js';
import { createReport } from './report/report.js';
import { count, createSummary, exitCodeOf, type Summary } from './report/summary.js';
import { printable } from './report/text.js';
import { watch } from './watch.js';

/** Made anew when definitions change. */
export interface Workshop {
  readonly engines: Engines;
  readonly check: CheckInput;
}

export async function runValidate(paths: readonly string[], options: ValidateCommandOptions): Promise<void> {
  endWithReader();
  if (options.listProfiles !== undefined) {
    listProfiles(options);
    return;
  }
  if (paths.length === 0 && options.ig.length > 0 && !options.watch) {
    checkDefinitions(options);
    return;
  }
  if (paths.length === 0) throw new CannotRun('there is nothing to validate: name files or folders, or - to read them');
  if (options.watch) {
    if (paths.includes('-')) throw new CannotRun('standard input cannot be watched: name files or folders');
    await watch(paths, options);
    return;
  }
  const { engines, check } = openWorkshop(options);
  const inputs = findInputs(paths, paths.includes('-') ? await standardInput() : undefined);
  const report = new Session(options, engines, isSingle(paths, inputs));
  const progress = createProgress(process.stderr, inputs.inputs.length);
  for (const { file, reason } of inputs.missing) report.add({ kind: 'not-read', file, reason });
  for (const [index, input] of inputs.inputs.entries()) {
    for (const outcome of check(input)) {
      progress.clear();
      report.add(outcome);
    }
    progress.step(index + 1);
    // Signals are heard between files.
    if (index % 50 === 0) await setImmediate();
  }
  progress.clear();
  process.exitCode = report.end(engines.problems());
}

/** One answer: what is added is written in the form asked for, and counted. */
export class Session {
  readonly #summary: Summary = createSummary();
  readonly #report;
  #file: string | undefined;

  constructor({ format }: ValidateCommandOptions, { profiles }: Engines, single: boolean) {
    const write = (text: string): void => void process.stdout.write(text);
    const coloured = format === 'text' && process.stdout.isTTY && !process.env['NO_COLOR'];
    this.#report = createReport(format, { write, coloured, single, profiles });
  }

  add(outcome: Outcome): void {
    count(this.#summary, outcome, outcome.file !== this.#file);
    this.#file = outcome.file;
    this.#report.add(outcome);
  }

  /** The exit code. */
  end(problems: readonly DefinitionProblem[]): number {
    tell(problems);
    this.#report.end(this.#summary, problems);
    return exitCodeOf(this.#summary);
  }
}

export function openWorkshop(options: ValidateCommandOptions): Workshop {
  const { fhir: release, quietTerminology, maxIssues } = options;
  const readXml = (text: string): unknown => xmlReaderOf(release ?? 'stu3')(text).resource;
  const given = gatherDefinitions({ release, guides: options.ig, profiles: options.profile, readXml });
  const engines = createEngines({ release, given, quietTerminology, maxIssues });
  return { engines, check: createCheck(engines, xmlReaderOf) };
}

/** Whether the answer is about one resource, for all that the names of the files tell. */
export function isSingle(paths: readonly string[], { inputs, missing }: Inputs): boolean {
  const [only] = inputs;
  return paths.length === 1 && missing.length === 0 && inputs.length === 1 && isOne(only);
}

function isOne(input: Input | undefined): boolean {
  return input !== undefined && input.named && input.format !== 'ndjson';
}

function listProfiles(options: ValidateCommandOptions): void {
  const type = typeof options.listProfiles === 'string' ? options.listProfiles : undefined;
  const { engines } = openWorkshop(options);
  const found = engines.listProfiles(type);
  if (options.format === 'json') process.stdout.write(`${JSON.stringify(found)}\n`);
  else if (found.length > 0) {
    const width = Math.max(...found.map((one) => one.type.length));
    for (const { release, type: of, url } of found)
      process.stdout.write(`${release.padEnd(4)}  ${of.padEnd(width)}  ${url}\n`);
  }
  tell(engines.problems());
  if (found.length === 0) throw new CannotRun(`no profile is known${type === undefined ? '' : ` for ${type}`}`);
}

function tell(problems: readonly DefinitionProblem[]): void {
  for (const { definition, reason } of problems)
    process.stderr.write(`warning: ${printable(`${definition}: ${reason}`)}\n`);
}

/** Without anything to validate the definitions themselves are what is asked about. */
function checkDefinitions(options: ValidateCommandOptions): void {
  const { engines } = openWorkshop(options);
  const { checked, problems } = engines.checkDefinitions();
  const valid = problems.length === 0;
  const count = `${checked} ${checked === 1 ? 'definition' : 'definitions'}`;
  if (options.format === 'json') process.stdout.write(`${JSON.stringify({ valid, definitions: checked, problems })}\n`);
  else {
    for (const { definition, reason } of problems)
      process.stdout.write(`${printable(definition)}: error: ${printable(reason)}\n`);
    const faults = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    process.stdout.write(`${count}: ${valid ? 'all can be used' : faults}\n`);
  }
  process.exitCode = valid ? 0 : 1;
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `slotbridge validate … | head`: who has read enough is no failure of ours. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
