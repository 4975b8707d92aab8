/**
 * Lets what a running gateway asks of the disk fail or take its time: strace (https://strace.io, Debian's package of the
 * same name) holds the main thread, where SQLite runs, at each sync and write of the ledger's own files. Everything else
 * that the process does, the reserve file and the log among it, is left alone.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** SQLite in WAL mode writes with the second alone; what a build of it uses to sync depends on its options. */
export const SYNCS = ['fsync', 'fdatasync'] as const;
export const WRITES = ['pwrite64'] as const;

export interface Injection {
  readonly calls: typeof SYNCS | typeof WRITES;
  /** In strace's words: `error=EIO:when=3`, `delay_enter=200000`. */
  readonly how: string;
}

export interface Seen {
  readonly syncs: number;
  readonly writes: number;
  /** How many were made to fail or to wait. */
  readonly injected: number;
}

export interface Tracer {
  /** So far. */
  seen(): Seen;
  /** Lets go of the process, which goes on with a disk that is in order. */
  detach(): Promise<void>;
}

/** Resolves when each further call is seen; `log` is where strace writes what it sees. */
export async function attachTo(pid: number, ledger: string, log: string, injection?: Injection): Promise<Tracer> {
  const files = [ledger, `${ledger}-wal`].flatMap((path) => ['-P', path]);
  const injected = injection ? ['-e', `inject=${injection.calls.join()}:${injection.how}`] : [];
  const trace = `trace=${[...SYNCS, ...WRITES].join()}`;
  const strace = spawn('strace', ['-o', log, '-s', '0', '-e', trace, ...injected, ...files, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((done) => strace.once('close', () => done()));
  let said = '';
  await new Promise<void>((attached, failed) => {
    strace.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('attached')) attached();
    });
    strace.once('error', failed);
    void ended.then(() => failed(new Error(`strace did not attach: ${said}`)));
  });
  return {
    seen() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
      const count = (calls: readonly string[]): number =>
        lines.filter((line) => calls.some((call) => line.startsWith(`${call}(`))).length;
      return {
        syncs: count(SYNCS),
        writes: count(WRITES),
        injected: lines.filter((line) => /\((INJECTED|DELAYED)\)$/.test(line)).length,
      };
    },
    async detach() {
      strace.kill('SIGINT');
      await ended;
    },
  };
}

/** Why nothing of this can be done on this machine; `undefined` when it can, and in CI, where strace has to be there. */
export async function whyNoStrace(): Promise<string | undefined> {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    return process.env['CI'] === undefined ? 'skipped: no strace here; install the Debian package strace' : undefined;
  }
  // As the gateway is: a process that is not strace's child.
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    const tracer = await attachTo(other.pid ?? 0, '/nowhere', '/dev/null');
    await tracer.detach();
    return undefined;
  } catch {
    return 'skipped: no process here may trace another one (ptrace)';
  } finally {
    other.kill('SIGKILL');
  }
}
