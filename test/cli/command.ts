/** The command line as a process of its own, its output in pipes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** The first match in what it has written to standard output. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** The same for standard error. */
  complains(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGUSR2'): void;
  readonly ended: Promise<Ended>;
}

const children = new Set<ChildProcess>();

/** `input` is what it reads from standard input. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string | Uint8Array,
): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that ends without reading breaks the pipe, which is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  children.add(child);
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    written.stdout += chunk.toString();
    for (const look of listeners) look();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    written.stderr += chunk.toString();
    for (const look of listeners) look();
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code) => {
      children.delete(child);
      done({ code, ...written });
    });
  });
  const matchIn = (stream: keyof typeof written, pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((found, failed) => {
      const look = (): void => {
        const match = pattern.exec(written[stream]);
        if (!match) return;
        listeners.delete(look);
        found(match);
      };
      listeners.add(look);
      look();
      void ended.then(({ code, stderr }) => failed(new Error(`it ended with ${code}: ${stderr}`)));
    });
  return {
    ended,
    signal: (name) => void child.kill(name),
    says: (pattern) => matchIn('stdout', pattern),
    complains: (pattern) => matchIn('stderr', pattern),
  };
}

export function run(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  input?: string | Uint8Array,
): Promise<Ended> {
  return start(args, env, input).ended;
}

/** Ends what a failed test has left running. */
export function endAll(): void {
  for (const child of children) child.kill('SIGKILL');
}
