/** The engine is held to what it is for: finding what chance alone does not. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

describe('the engine', () => {
  const ROOT = resolve(import.meta.dirname, '../..');

  interface Ran {
    readonly code: number;
    readonly output: string;
  }

  /** The long form as it is called by hand. */
  const run = (...words: string[]): Promise<Ran> =>
    new Promise((done) => {
      const line = ['--import', 'tsx', resolve(ROOT, 'test/fuzz/main.ts'), 'planted', ...words];
      execFile(process.execPath, line, { cwd: ROOT }, (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
      });
    });

  it('finds a fault behind four right bytes with coverage, says how to see it again, and finds nothing without', async () => {
    const bounds = ['--seed', 'b', '--executions', '60000'];
    const [guided, blind] = await Promise.all([run(...bounds), run(...bounds, '--blind')]);
    expect(guided.output).toContain('planted: BROKEN: Error: the planted fault');
    expect(guided.code).toBe(1);
    expect(blind.output).toContain('0 findings');
    expect(blind.code).toBe(0);

    const [, file = ''] = /npm run test:fuzz -- planted --replay (\S+)/.exec(guided.output) ?? [];
    expect(readFileSync(resolve(ROOT, file), 'utf8')).toMatch(/^lock/);
    const again = await run('--replay', file);
    expect(again.output).toContain('the planted fault');
    expect(again.code).toBe(1);
    rmSync(resolve(ROOT, file));
  });
});
