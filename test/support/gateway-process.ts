/** The gateway as a process of its own, so that a test can kill it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';
import { FIXTURES } from './gateway.js';

export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
  /** In order, by a signal (SIGINT, which needs no time for anybody to notice); answers the exit code. */
  terminate(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
  /** Settles when it has ended, of itself too; `null` is a signal. */
  readonly exited: Promise<number | null>;
  /** Lets it stand still, or go on; SIGKILL without waiting for its end; SIGUSR2 for what a loader of the test does. */
  send(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGUSR2'): void;
  /** What has ended it, if a signal has. */
  signal(): NodeJS.Signals | null;
}

const ROOT = resolve(import.meta.dirname, '../..');

function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done) => child.once('exit', (code) => done(code)));
}

/**
 * Starts `slotbridge serve`, or another script of the same kind, on a free port and waits until it is ready. `wrapper` is a
 * command that becomes the one that it is given, as `env` does.
 */
export async function startGatewayProcess(
  env: Record<string, string>,
  config = join(FIXTURES, 'demo/practices.yaml'),
  script: readonly string[] = ['src/cli.ts', 'serve', '--config', config, '--port', '0'],
  loader: readonly string[] = ['--import', 'tsx'],
  wrapper: readonly string[] = [],
): Promise<GatewayProcess> {
  const [program = process.execPath, ...given] = [...wrapper, process.execPath, ...loader, ...script];
  const child = spawn(program, given, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const port = await new Promise<number>((listening, failed) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { event?: string; port?: number };
      if (entry.event === 'listening' && entry.port !== undefined) listening(entry.port);
    });
    child.once('exit', (code) => failed(new Error(`the gateway ended with ${code}: ${complaints}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    exited: exited(child),
    signal: () => child.signalCode,
    send: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await exited(child);
    },
    async terminate(signal = 'SIGINT') {
      child.kill(signal);
      return exited(child);
    },
  };
}
