/** The command line as a whole: help, mistakes, simulators and the demo. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FIXTURES } from '../support/gateway.js';
import { endAll, run, start } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'slotbridge-cli-'));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Begins every escape sequence, such as a colour. */
const ESCAPE = String.fromCharCode(27);

describe('slotbridge', () => {
  it.each([[['--help']], [['help']], [['serve', '--help']], [['config', 'check', '--help']]])(
    '%j exits 0 and explains itself on standard output',
    async (args) => {
      const { code, stdout, stderr } = await run(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: slotbridge/);
    },
  );

  it('names its commands', async () => {
    const { stdout } = await run(['--help']);
    for (const command of ['demo', 'serve', 'simulate', 'config'])
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it.each([
    ['an unknown command', ['swerve']],
    ['an unknown subcommand', ['config', 'chek', 'x.yaml']],
    ['an unknown option', ['demo', '--twice']],
    ['a command without what it needs', ['serve']],
    ['a port that is none', ['demo', '--once', '--port', '65536']],
    ['a port that is no number', ['serve', '--config', 'x.yaml', '--port', 'http']],
    ['a system that cannot be simulated', ['simulate', 'emis', '--data', 'x.yaml']],
  ])('%s exits 2 and says so on standard error', async (_title, args) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/\S/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('slotbridge simulate', () => {
  it.each([
    ['hmis', 'hmis/riverside.yaml'],
    ['pds', 'pds/people.yaml'],
  ])('%s starts on a free port, answers, and ends with 0 at SIGTERM', async (system, data) => {
    const simulator = start(['simulate', system, '--data', join(FIXTURES, data)]);
    const [, url = ''] = await simulator.says(new RegExp(`^${system} simulator on (http://127\\.0\\.0\\.1:\\d+)\\n`));
    expect((await fetch(url)).status).toBeGreaterThanOrEqual(200);
    const [, control = ''] = await simulator.says(/(http:\S+\/__simulation\/)/);
    expect((await fetch(control)).status).not.toBe(500);
    await simulator.says(new RegExp(`${data}: \\d+ `));
    simulator.signal('SIGTERM');
    expect(await simulator.ended).toMatchObject({ code: 0, stderr: '' });
    await expect(fetch(url)).rejects.toThrow();
  });

  it('refuses a data file with a mistake: exit 2, with its name and line', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'zone: Europe/London\nkeys:\n  - { key: 7 }\n');
    const { code, stderr } = await run(['simulate', 'hmis', '--data', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:3:12  keys[0].key: must be text: put it in quotes`);
    expect(stderr).toContain(`${file}:1:1  institutions: is missing: add it\n`);
    expect(stderr).toMatch(/\nslotbridge: the hmis simulator was not started\n$/);
  });

  it('refuses a data file that is not there: exit 2', async () => {
    const { code, stderr } = await run(['simulate', 'pds', '--data', join(folder, 'none.yaml')]);
    expect(code).toBe(2);
    expect(stderr).toContain('none.yaml:1:1  the file cannot be read: check that it exists and may be read\n');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses a port that is in use: exit 2, with what to do about it', async () => {
    const squatter = createServer();
    await new Promise<void>((listening) => squatter.listen(0, '127.0.0.1', listening));
    try {
      const { port } = squatter.address() as AddressInfo;
      const data = join(FIXTURES, 'pds/people.yaml');
      const { code, stderr } = await run(['simulate', 'pds', '--data', data, '--port', String(port)]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `port ${port} is in use: choose another with --port, or 0 for any free one\nslotbridge: the pds simulator was not started\n`,
      });
    } finally {
      squatter.close();
    }
  });
});

describe('slotbridge demo', () => {
  it('--once acts its sessions, exits 0, and writes no colours into a pipe', async () => {
    const { code, stdout, stderr } = await run(['demo', '--once'], { FORCE_COLOR: '', NO_COLOR: '' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Every step succeeded: \d+ appointments booked, each of them once\./);
    expect(stdout).not.toContain(ESCAPE);
  }, 60_000);
});
