/**
 * Measurements, and the processes that are measured: built as they ship, started with a log of their own, asked, stopped
 * by their ids.
 */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SECRETS } from './practice.js';

const ROOT = resolve(import.meta.dirname, '..');

/** What a measurement grants its processes. */
export interface Terms {
  /** For a start and for an answer. */
  readonly patienceMs: number;
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** From that signal until it is killed. */
  readonly stopMs: number;
}

interface Start {
  /** Of its log, and in what is said of it. */
  readonly name: string;
  /** In the folder that it was built into. */
  readonly path: string;
  readonly args?: readonly string[];
  /** Node's own options. */
  readonly node?: readonly string[];
  /** The command that starts Node, if another than Node itself. */
  readonly launcher?: readonly string[];
}

interface MeasuredProcess {
  readonly name: string;
  readonly pid: number;
  /** What it says next: to this, or of its own accord when nothing is asked. */
  ask<Answer = Record<string, number>>(question?: unknown): Promise<Answer>;
  /** Its log so far. */
  log(): string;
  isRunning(): boolean;
  stop(): Promise<void>;
}

export interface MeasuredServer extends MeasuredProcess {
  readonly url: string;
}

/** Compiles `src` as `npm run build` does and what is measured with, beside what they read at run time. */
export function buildWith(measuring: string, folder: string): void {
  for (const name of ['node_modules', 'package.json', 'profiles', 'fixtures'])
    symlinkSync(join(ROOT, name), join(folder, name));
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: folder, noCheck: true };
  const include = ['src', measuring].map((name) => join(ROOT, name));
  writeFileSync(project, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'inherit' });
}

const running = new Set<ChildProcess>();

interface Measurement {
  /** Of the program, in what it says and of its folder. */
  readonly name: string;
  /** After which it is given up. */
  readonly longestMs: number;
  /** Where its own folder is made; that of the system for such things unless it says so. */
  readonly within?: string;
  /** Answers whether what was measured is within its gates. */
  readonly run: (folder: string) => Promise<boolean>;
}

/** A whole program: measures in a folder of its own, leaves nothing behind however it ends, and exits with 1 for a miss. */
export async function runMeasurement({ name, longestMs, within = tmpdir(), run }: Measurement): Promise<void> {
  const folder = mkdtempSync(join(within, `slotbridge-${name}-`));
  const clean = (): void => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const end = (message: string): never => {
    console.error(`${name}: ${message}`);
    clean();
    process.exit(1);
  };
  setTimeout(() => end('it took too long'), longestMs).unref();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end('stopped'));
  try {
    process.exitCode = (await run(folder)) ? 0 : 1;
  } catch (error) {
    end(error instanceof Error ? error.message : String(error));
  }
  clean();
}

function answerOf<Answer>(child: ChildProcess, name: string, question: unknown, patienceMs: number): Promise<Answer> {
  return new Promise((answer, fail) => {
    const leave = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (message: unknown): void => {
      leave();
      answer(message as Answer);
    };
    const onExit = (): void => {
      leave();
      fail(new Error(`${name} has ended`));
    };
    const timer = setTimeout(() => {
      leave();
      fail(new Error(`${name} does not answer`));
    }, patienceMs);
    child.on('message', onMessage).on('exit', onExit);
    if (question !== undefined) child.send(question as string);
  });
}

export function start(
  folder: string,
  { name, path, args = [], node = [], launcher = [] }: Start,
  { patienceMs, stopSignal, stopMs }: Terms,
): MeasuredProcess {
  const file = join(folder, `${name}.log`);
  const log = openSync(file, 'w');
  const [execPath, ...execArgv] = [...launcher, process.execPath, ...node];
  const child = fork(join(folder, path), args, {
    cwd: folder,
    env: { ...process.env, ...SECRETS, NODE_ENV: 'production' },
    execPath,
    execArgv,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return {
    name,
    pid: child.pid ?? 0,
    ask: (question) => answerOf(child, name, question, patienceMs),
    log: () => readFileSync(file, 'utf8'),
    isRunning: () => running.has(child),
    async stop() {
      if (!running.has(child)) return;
      const ended = new Promise<void>((resolveEnd) => child.once('exit', () => resolveEnd()));
      child.kill(stopSignal);
      const patience = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(patience);
    },
  };
}

function listening(child: MeasuredProcess, port: number): MeasuredServer {
  return { ...child, url: `http://127.0.0.1:${String(port)}` };
}

/** One that says its port when it listens. */
export async function startServer(folder: string, how: Start, terms: Terms): Promise<MeasuredServer> {
  const child = start(folder, how, terms);
  return listening(child, (await child.ask())['port'] ?? 0);
}

/**
 * `slotbridge serve`, as an operator starts it, with its log in a file.
 * @param practices the practices file
 */
export async function serve(
  folder: string,
  practices: string,
  how: Omit<Start, 'path' | 'args'>,
  terms: Terms,
): Promise<MeasuredServer> {
  const config = join(folder, `${how.name}.json`);
  writeFileSync(config, practices);
  const args = ['serve', '--config', config, '--port', '0'];
  const child = start(folder, { ...how, path: 'src/cli.js', args }, terms);
  for (let waited = 0; waited < terms.patienceMs && child.isRunning(); waited += 50) {
    const port = /"port":(\d+)[^\n]*"event":"listening"/.exec(child.log())?.[1];
    if (port !== undefined) return listening(child, Number(port));
    await pause(50);
  }
  throw new Error(`${how.name} did not start: ${child.log().slice(0, 2000)}`);
}
