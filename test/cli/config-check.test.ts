/** `slotbridge config check`: one answer for people, one for programs, and an exit code for scripts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { run } from './command.js';

const GOOD = join(FIXTURES, 'demo/practices.yaml');
const environment = demoEnvironment({
  publicUrl: 'https://gateway.example.nhs.uk',
  ledgerFile: '/tmp/slotbridge-never-opened.sqlite',
  riverside: 'http://127.0.0.1:1',
  hillside: 'http://127.0.0.1:2',
  register: 'http://127.0.0.1:3',
});

let folder: string;
let bad: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-cli-'));
  bad = join(folder, 'bad.yaml');
  const text = readFileSync(GOOD, 'utf8');
  writeFileSync(
    bad,
    text.replace("asid: '200000009901'", "asid: '12'").replace('zone: Europe/London', 'zone: Europe/Londn'),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lineOf = (text: string): number =>
  readFileSync(bad, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe('slotbridge config check', () => {
  it('of a file without a mistake exits 0 and says what it holds', async () => {
    expect(await run(['config', 'check', GOOD], environment)).toEqual({
      code: 0,
      stdout: expect.stringContaining(`${GOOD}: valid; 3 practices, 1 groups\n`) as unknown,
      stderr: '',
    });
  });

  it('of a file without a mistake tells where each practice and group is called, and under which ASID', async () => {
    const { stdout } = await run(['config', 'check', GOOD], environment);
    const lines = stdout.trimEnd().split('\n').slice(-4);
    expect(lines[0]).toBe(
      '  https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect  ASID 200000009901  Riverside Surgery',
    );
    expect(lines[3]).toBe(
      '  https://gateway.example.nhs.uk/federation/north/STU3/1/gpconnect  ASID 200000009900  group north',
    );
    const json = await run(['config', 'check', '--format', 'json', GOOD], environment);
    expect((JSON.parse(json.stdout) as { services: unknown[] }).services).toContainEqual({
      name: 'Hillside Medical Centre',
      asid: '200000009903',
      address: 'https://gateway.example.nhs.uk/A99903/STU3/1/gpconnect',
      enabled: ['foundations', 'appointmentManagement'],
    });
  });

  it('in JSON says the same', async () => {
    const { code, stdout } = await run(['config', 'check', '--format', 'json', GOOD], environment);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, practices: 3, groups: 1, problems: [] });
  });

  it('of a file with mistakes exits 1 and names each of them with its line', async () => {
    const { code, stdout } = await run(['config', 'check', bad], environment);
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(stdout).toContain(`${bad}:${lineOf('Europe/Londn')}:`);
    expect(stdout).toContain(`${bad}:${lineOf("asid: '12'")}:`);
    expect(lines[2]).toBe(`${bad}: 2 problems`);
  });

  it('in JSON names them as places', async () => {
    const { code, stdout } = await run(['config', 'check', bad, '--format', 'json'], environment);
    expect(code).toBe(1);
    const { valid, problems } = JSON.parse(stdout) as { valid: boolean; problems: { line: number; path: string }[] };
    expect(valid).toBe(false);
    expect(problems.map(({ line }) => line).sort()).toEqual([lineOf('Europe/Londn'), lineOf("asid: '12'")].sort());
    expect(problems.map(({ path }) => path).sort()).toEqual(['practices[0].asid', 'practices[0].zone']);
  });

  it.each([
    ['without a file', ['config', 'check']],
    ['with an option that does not exist', ['config', 'check', '--colour', GOOD]],
    ['with a format that does not exist', ['config', 'check', '--format', 'xml', GOOD]],
    ['of a file that is not there', ['config', 'check', '/no/such/file.yaml']],
  ])('%s could not run: exit 2, said on standard error', async (_title, args) => {
    const { code, stdout, stderr } = await run(args, environment);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
