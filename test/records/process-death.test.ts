import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { id, PRACTICE } from './samples.js';
import { newFolder, openFile } from './sqlite-files.js';

let folder: Awaited<ReturnType<typeof newFolder>>;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await folder.remove();
});

/** Lines of the child up to `count`, then the child is killed; what it still managed to write is included. */
async function killAfter(count: number): Promise<readonly string[]> {
  const script = fileURLToPath(new URL('ledger-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder.file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) {
      await whileRunning?.();
      child.kill('SIGKILL');
    }
  }
  await exited;
  return lines;
}
let whileRunning: (() => Promise<void>) | undefined;

it('a second process is refused while the first lives, and takes over when it was killed', async () => {
  whileRunning = async () => {
    await expect(openFile(folder.file)).rejects.toMatchObject({
      code: 'ledger-unavailable',
      message: expect.stringContaining('in use by another process') as string,
    });
  };
  expect((await killAfter(1))[0]).toBe('open');
  whileRunning = undefined;
  const records = await openFile(folder.file);
  await records.ledger.probe();
  await records.close();
});

it.each([5, 12, 31])('nothing committed is lost when the process is killed after %i lines', async (count) => {
  const lines = await killAfter(count);
  const told = new Map<string, { readonly state: string; readonly version: number }>();
  for (const line of lines.slice(1)) {
    const [attempt, state, version] = line.split(' ');
    if (attempt && state) told.set(attempt, { state, version: Number(version) });
  }
  expect(told.size).toBeGreaterThan(0);

  const { ledger, audit, close } = await openFile(folder.file);
  for (const [attempt, last] of told) {
    const kept = await ledger.readAttempt(PRACTICE, id(attempt));
    // The commit after the last line may have happened without its line.
    expect(kept?.version).toBeGreaterThanOrEqual(last.version);
    if (kept?.version === last.version) expect(kept.state).toBe(last.state);
  }
  // Every change has its audit row, in the same transaction: at most one commit was not told about.
  const rows = await audit.rows(1, 10_000);
  expect(rows.length - (lines.length - 1)).toBeGreaterThanOrEqual(0);
  expect(rows.length - (lines.length - 1)).toBeLessThanOrEqual(1);
  expect(await audit.verify()).toBeUndefined();
  await close();
});
