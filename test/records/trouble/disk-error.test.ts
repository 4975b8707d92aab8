/** A disk that refuses to be written, and a file that is not trusted again before it has been checked. */
import Database from 'better-sqlite3';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchSoundness } from '../../../src/records/trouble/soundness.js';
import { newFolder } from '../sqlite-files.js';

const ROOT = resolve(import.meta.dirname, '../../..');
/** On a machine that has much else to do a process takes long to start. */
const PATIENCE = { timeout: 60_000 };

function withoutPrlimit(): string | undefined {
  try {
    execFileSync('prlimit', ['--version']);
    return undefined;
  } catch {
    return '(needs prlimit of util-linux)';
  }
}
const reason = withoutPrlimit();

describe.skipIf(reason)(`writes that fail ${reason ?? ''}`, () => {
  let folder: Awaited<ReturnType<typeof newFolder>>;
  let child: ChildProcess;
  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await folder.remove();
  });

  it('nothing new is begun and it is not ready; once writes succeed the file is checked, and it goes on', async () => {
    const script = join('test/records/trouble/limited-process.ts');
    child = spawn(process.execPath, ['--import', 'tsx', script, folder.file], { cwd: ROOT, stdio: 'pipe' });
    const events: string[] = [];
    const answers: ((answer: unknown) => void)[] = [];
    if (!child.stdout || !child.stdin) throw new Error('no pipes');
    const { stdin } = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { event?: string; reason?: string };
      if (said.event === undefined) answers.shift()?.(said);
      else events.push(`${said.event} ${said.reason ?? ''}`.trim());
    });
    const ask = (word: string): Promise<unknown> =>
      new Promise((answered) => {
        answers.push(answered);
        stdin.write(`${word}\n`);
      });
    const limit = (bytes: string): void =>
      void execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`]);
    await expect.poll(() => events, PATIENCE).toEqual(['open']);

    // From now on no file of this process grows past its first byte.
    limit('1');
    expect(await ask('claim')).toMatchObject({ answer: 'ledger-unavailable' });
    const away = { answer: 'ledger-unavailable', hindrance: 'disk-error' };
    expect(await ask('claim')).toEqual(away);
    expect(await ask('probe')).toEqual(away);
    expect(await ask('finish')).toEqual(away);
    expect(await ask('read')).toEqual({ answer: 'CONFIRMING', hindrance: 'disk-error' });
    expect(events).toEqual(['open', expect.stringMatching(/^ledger-trouble SQLITE_(IOERR|FULL)/)]);

    limit('unlimited');
    await expect.poll(() => events.at(-1), PATIENCE).toBe('ledger-sound-again');
    expect(await ask('probe')).toEqual({ answer: 'committed', hindrance: null });
    expect(await ask('claim')).toEqual({ answer: 'new', hindrance: null });
    expect(await ask('finish')).toEqual({ answer: 'BOOKED', hindrance: null });
  }, 180_000);
});

it('a file that can be written and is damaged stays out of use', async () => {
  const events: string[] = [];
  const note = (event: string): void => void events.push(event);
  let isWhole = false;
  let probes = 0;
  const soundness = watchSoundness({
    probe() {
      probes += 1;
      return probes === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
    },
    isWhole: () => Promise.resolve(isWhole),
    log: { info: note, warn: note, error: note },
  });
  soundness.failed(new Error('somebody asked for nonsense'));
  soundness.failed(new Database.SqliteError('busy', 'SQLITE_BUSY'));
  soundness.failed(new Database.SqliteError('the same key twice', 'SQLITE_CONSTRAINT_UNIQUE'));
  expect(soundness.isSound()).toBe(true);
  soundness.failed(new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC'));
  expect(soundness.isSound()).toBe(false);
  await expect.poll(() => events, PATIENCE).toEqual(['ledger-trouble', 'ledger-damaged']);
  expect(soundness.isSound()).toBe(false);
  isWhole = true;
  await expect.poll(() => soundness.isSound(), PATIENCE).toBe(true);
  soundness.close();
}, 180_000);
