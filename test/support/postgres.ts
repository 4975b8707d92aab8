/**
 * A PostgreSQL server of the tests' own, from Debian's package: in a temporary folder, on a Unix socket only, ended with
 * the tests. Where the package is missing the tests are skipped, with the reason in their name; in CI they fail.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const PACKAGES = '/usr/lib/postgresql';

function findPrograms(): string | undefined {
  if (!existsSync(PACKAGES)) return undefined;
  const versions = readdirSync(PACKAGES).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(PACKAGES, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

const programs = findPrograms();

/** Why these tests cannot run on this machine; `undefined` when they can, and in CI, where they have to. */
export const withoutPostgres: string | undefined =
  programs === undefined && process.env['CI'] === undefined
    ? 'skipped: no PostgreSQL here; install the Debian package postgresql'
    : undefined;

export interface PostgresServer {
  /** Address of an empty schema of its own. */
  newSchema(): Promise<string>;
  /** Empties the tables of a schema that nobody uses any more: quicker than making them anew. */
  empty(url: string): Promise<void>;
  /** A statement as the server's owner. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends the server at once, as a power cut would, or in order. */
  stop(how: 'at-once' | 'in-order'): Promise<void>;
  /** Starts it again, with settings instead of those it had. */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Lets every process of the server stand still, or go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  remove(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
async function serverUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

export async function startPostgres(): Promise<PostgresServer> {
  if (programs === undefined) throw new Error('no PostgreSQL here: install the Debian package postgresql');
  const user = await serverUser();
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-pg-'));
  if (user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const options = { cwd: folder, ...user, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } };
  // The server itself syncs its commits as in production; only the making of its files does not.
  const init = ['-D', data, '-U', 'test', '-E', 'UTF8', '--auth', 'trust', '--no-sync', '--no-instructions'];
  await run(join(programs, 'initdb'), init, options);
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    `listen_addresses = ''\nunix_socket_directories = '${folder}'\nmax_connections = 200\nshared_buffers = 16MB\n`,
  );

  const urlOf = (more: Readonly<Record<string, string>> = {}): string =>
    `postgresql://test@localhost/postgres?${new URLSearchParams({ host: folder, ...more }).toString()}`;
  let server: ChildProcess | undefined;
  let exited: Promise<unknown> = Promise.resolve();
  let schemas = 0;

  const query: PostgresServer['query'] = async (text) => {
    const client = new pg.Client({ connectionString: urlOf() });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };

  const start: PostgresServer['start'] = async (settings = {}) => {
    const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    server = spawn(join(programs, 'postgres'), ['-D', data, ...set], { ...options, stdio: 'ignore' });
    exited = once(server, 'exit');
    for (let tries = 0; ; tries += 1) {
      try {
        await query('select 1');
        return;
      } catch (error) {
        if (tries === 200 || server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const stop: PostgresServer['stop'] = async (how) => {
    server?.kill(how === 'at-once' ? 'SIGQUIT' : 'SIGINT');
    await exited;
  };

  await start();
  return {
    start,
    stop,
    query,
    async newSchema() {
      schemas += 1;
      const name = `test_${schemas}`;
      await query(`create schema ${name}`);
      return urlOf({ options: `-c search_path=${name}` });
    },
    async empty(url) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        // The trail refuses to be emptied, except by somebody who may switch that off.
        await client.query(`
          set session_replication_role = replica;
          truncate attempt, attempt_slot, attempt_booking, attempt_alias, patient_link, audit, meta, instance, place_lock;
        `);
      } finally {
        await client.end();
      }
    },
    async signal(signal) {
      const children = await run('pgrep', ['-P', String(server?.pid)]).then(
        ({ stdout }) => stdout.split('\n').filter(Boolean).map(Number),
        () => [],
      );
      for (const pid of [server?.pid, ...children]) {
        if (pid === undefined) continue;
        try {
          process.kill(pid, signal);
        } catch {
          // That one has ended in the meantime.
        }
      }
    },
    async remove() {
      if (server?.exitCode === null && server.signalCode === null) {
        server.kill('SIGCONT');
        await stop('at-once');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
