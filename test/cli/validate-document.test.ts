/** docs/validation.md shows what its commands print. `SLOTBRIDGE_UPDATE_GOLDEN=1` writes it anew. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/validation.md');
const text = readFileSync(DOCUMENT, 'utf8');

/** A block of commands, with the block of what they print below it. */
const SHOWN = /```sh\n((?:(?!```)[^])*slotbridge validate(?:(?!```)[^])*)```\n\n```text\n((?:(?!```)[^])*)```/g;
const shown = [...text.matchAll(SHOWN)].map(([, commands = '', output = '']) => ({ commands, output }));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-document-'));
  symlinkSync(join(ROOT, 'profiles'), join(folder, 'profiles'));
  const definition = /```json\n(\{\n {2}"resourceType": "StructureDefinition"[^]*?)```/.exec(text)?.[1] ?? '';
  mkdirSync(join(folder, 'guide'));
  writeFileSync(join(folder, 'guide/clinic-patient.json'), definition);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Exit codes are of no interest: commands that find something end with 1. */
function print(commands: string): Promise<string> {
  const slotbridge = `slotbridge() { '${process.execPath}' --import '${join(ROOT, 'node_modules/tsx/dist/loader.mjs')}' '${join(ROOT, 'src/cli.ts')}' "$@"; }`;
  return new Promise((done, failed) => {
    execFile('bash', ['-c', `${slotbridge}\n${commands}`], { cwd: folder }, (_, stdout, stderr) => {
      if (stderr === '') done(stdout);
      else failed(new Error(stderr));
    });
  });
}

describe('docs/validation.md', () => {
  it('shows commands with their output', () => {
    expect(shown.length).toBeGreaterThanOrEqual(5);
  });

  it.each(shown.map(({ commands, output }) => [commands.trim().split('\n').at(-1) ?? '', commands, output]))(
    '%s',
    { timeout: 60_000 },
    async (_, commands, output) => {
      const printed = await print(commands);
      if (process.env['SLOTBRIDGE_UPDATE_GOLDEN'] === '1') {
        const now = readFileSync(DOCUMENT, 'utf8');
        writeFileSync(
          DOCUMENT,
          now.replace(`\`\`\`text\n${output}\`\`\``, () => `\`\`\`text\n${printed}\`\`\``),
        );
      } else expect(printed).toBe(output);
    },
  );
});
