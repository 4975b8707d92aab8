/** The measured processes: built as they ship, started with nothing of the benchmark inside, stopped by their ids. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { practicesFile, SECRETS } from './practice.js';

const ROOT = resolve(import.meta.dirname, '..');
const START_MS = 20_000;
const STOP_MS = 5_000;
/** For a process that reports once, when it has measured all it has to. */
const REPORT_MS = 300_000;

export interface Child {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Processor time of the process so far, in microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** Compiles `src` and `bench` as `npm run build` does, beside what they read at run time. */
export function build(folder: string): void {
  for (const name of ['node_modules', 'package.json', 'profiles', 'fixtures'])
    symlinkSync(join(ROOT, name), join(folder, name));
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: folder, noCheck: true };
  const include = ['src', 'bench'].map((name) => join(ROOT, name));
  writeFileSync(project, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'inherit' });
}

const running = new Set<ChildProcess>();

/** The last resort, for an end that nobody has planned. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function asked<Answer = Record<string, number>>(
  child: ChildProcess,
  name: string,
  question: string | undefined,
  patienceMs = START_MS,
): Promise<Answer> {
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
    if (question !== undefined) child.send(question);
  });
}

function start(folder: string, name: string, path: string, args: readonly string[], profile?: string): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'w');
  const child = fork(join(folder, path), args, {
    cwd: folder,
    env: { ...process.env, ...SECRETS, NODE_ENV: 'production' },
    execArgv: [
      '--import',
      join(folder, 'bench/processes/usage.js'),
      ...(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]),
    ],
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function asChild(name: string, child: ChildProcess, port: number): Child {
  return {
    name,
    url: `http://127.0.0.1:${String(port)}`,
    pid: child.pid ?? 0,
    cpu: async () => (await asked(child, name, 'usage'))['cpuMicros'] ?? 0,
    async stop() {
      if (!running.has(child)) return;
      const ended = new Promise<void>((resolveEnd) => child.once('exit', () => resolveEnd()));
      child.kill('SIGINT');
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(patience);
    },
  };
}

export async function startBackend(folder: string): Promise<Child> {
  const child = start(folder, 'backend', 'bench/processes/backend.js', []);
  return asChild('backend', child, (await asked(child, 'backend', undefined))['port'] ?? 0);
}

export async function startReference(folder: string, backend: Child, profile?: string): Promise<Child> {
  const child = start(folder, 'reference', 'bench/processes/reference.js', [backend.url], profile);
  return asChild('reference', child, (await asked(child, 'reference', undefined))['port'] ?? 0);
}

/** Runs one of `processes` from beginning to end, and answers what it reports. */
export async function reportOf<Report>(folder: string, name: string, args: readonly string[]): Promise<Report> {
  const child = start(folder, name, `bench/processes/${name}.js`, args);
  try {
    return await asked<Report>(child, name, undefined, REPORT_MS);
  } catch (error) {
    const log = readFileSync(join(folder, `${name}.log`), 'utf8').slice(0, 2000);
    throw new Error(`${error instanceof Error ? error.message : String(error)}: ${log}`, { cause: error });
  } finally {
    await asChild(name, child, 0).stop();
  }
}

/** Where the ledger of a gateway is. */
export function ledgerOf(folder: string, name: string): string {
  return join(folder, 'ledgers', name, 'ledger.sqlite');
}

/** `slotbridge serve`, as an operator starts it, with its ledger in a file on disk and its log in another. */
export async function startGateway(folder: string, backend: Child, profile?: string, name = 'gateway'): Promise<Child> {
  const ledger = ledgerOf(folder, name);
  mkdirSync(dirname(ledger), { recursive: true });
  const config = join(folder, `${name}.json`);
  writeFileSync(config, practicesFile(backend.url, ledger));
  const child = start(folder, name, 'src/cli.js', ['serve', '--config', config, '--port', '0'], profile);
  const log = join(folder, `${name}.log`);
  for (let waited = 0; waited < START_MS && running.has(child); waited += 50) {
    const port = /"port":(\d+)[^\n]*"event":"listening"/.exec(readFileSync(log, 'utf8'))?.[1];
    if (port !== undefined) return asChild(name, child, Number(port));
    await pause(50);
  }
  throw new Error(`${name} did not start: ${readFileSync(log, 'utf8').slice(0, 2000)}`);
}
