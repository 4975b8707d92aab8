/** Processes that are measured, built as they ship, each on a processor of its own where the machine has that. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { SECRETS } from '../../../bench/practice.js';

const ROOT = resolve(import.meta.dirname, '../../..');
/** However loaded the machine: only a hang takes longer. */
const PATIENCE_MS = 60_000;
const STOP_MS = 30_000;

export interface Child {
  readonly url: string;
  /** What a process of these says when it is told this. */
  ask(question: unknown): Promise<Record<string, number>>;
  /** Its log so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Compiles `src` as `npm run build` does and what is measured with, beside what they read at run time. */
export function build(folder: string): void {
  for (const name of ['node_modules', 'package.json', 'profiles', 'fixtures'])
    symlinkSync(join(ROOT, name), join(folder, name));
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: folder, noCheck: true };
  const include = ['src', 'test/overload/processes'].map((name) => join(ROOT, name));
  writeFileSync(project, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'inherit' });
}

const GATEWAYS_PROCESSOR = 0;
const OTHERS_PROCESSOR = 1;

/** `taskset` of util-linux, on a machine with more than one processor. */
const canPin = ((): boolean => {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Puts this process, which makes the load, where the gateway is not. Answers how the processors are shared. */
export function pinGenerator(): string {
  if (!canPin) return 'not pinned to processors';
  execFileSync('taskset', ['-apc', String(OTHERS_PROCESSOR), String(process.pid)], { stdio: 'ignore' });
  return 'gateway on one processor, generator and practices on another';
}

const running = new Set<ChildProcess>();

/** The last resort, for an end that nobody has planned. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function answerOf(child: ChildProcess, question?: unknown): Promise<Record<string, number>> {
  return new Promise((answer, fail) => {
    const leave = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (message: unknown): void => {
      leave();
      answer(message as Record<string, number>);
    };
    const onExit = (): void => {
      leave();
      fail(new Error('a measured process has ended'));
    };
    const timer = setTimeout(() => {
      leave();
      fail(new Error('a measured process does not answer'));
    }, PATIENCE_MS);
    child.on('message', onMessage).on('exit', onExit);
    if (question !== undefined) child.send(question as string);
  });
}

interface Start {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** Any of them without it. */
  readonly processor?: number | undefined;
  readonly node?: readonly string[];
}

function start(
  folder: string,
  { name, path, args, processor, node = [] }: Start,
): readonly [ChildProcess, () => string] {
  const file = join(folder, `${name}.log`);
  const log = openSync(file, 'w');
  const child = fork(join(folder, path), args, {
    cwd: folder,
    env: { ...process.env, ...SECRETS, NODE_ENV: 'production' },
    ...(canPin && processor !== undefined
      ? { execPath: 'taskset', execArgv: ['-c', String(processor), process.execPath, ...node] }
      : { execArgv: [...node] }),
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return [child, () => readFileSync(file, 'utf8')];
}

function asChild(child: ChildProcess, port: number, log: () => string): Child {
  return {
    url: `http://127.0.0.1:${String(port)}`,
    ask: (question) => answerOf(child, question),
    log,
    async stop() {
      if (!running.has(child)) return;
      const ended = new Promise<void>((resolveEnd) => child.once('exit', () => resolveEnd()));
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** One of the processes beside this file that says its port when it listens. */
export async function startBeside(folder: string, name: string, args: readonly string[] = []): Promise<Child> {
  const path = `test/overload/processes/${name}.js`;
  const [child, log] = start(folder, { name, path, args, processor: OTHERS_PROCESSOR });
  return asChild(child, (await answerOf(child))['port'] ?? 0, log);
}

/**
 * `slotbridge serve`, as an operator starts it, with its log in a file.
 * @param practices the practices file
 */
export async function startGateway(
  folder: string,
  practices: string,
  { pinned, node = [] }: { readonly pinned: boolean; readonly node?: readonly string[] },
): Promise<Child> {
  const config = join(folder, 'practices.json');
  writeFileSync(config, practices);
  const [child, log] = start(folder, {
    name: 'gateway',
    path: 'src/cli.js',
    args: ['serve', '--config', config, '--port', '0'],
    processor: pinned ? GATEWAYS_PROCESSOR : undefined,
    node: ['--import', join(folder, 'test/overload/processes/loop-probe.js'), ...node],
  });
  for (let waited = 0; waited < PATIENCE_MS && running.has(child); waited += 50) {
    const port = /"port":(\d+)[^\n]*"event":"listening"/.exec(log())?.[1];
    if (port !== undefined) return asChild(child, Number(port), log);
    await pause(50);
  }
  throw new Error(`the gateway did not start: ${log().slice(0, 2000)}`);
}
