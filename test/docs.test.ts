/** The documents say what the code does: errors, connectors, commands, dependencies and links. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { registry } from '../src/connectors/registry.js';
import { ERROR_CODES, GatewayError, type ErrorCode } from '../src/domain/errors.js';
import { stu3Representation } from '../src/fhir/stu3/index.js';
import { SYSTEMS } from '../src/cli/systems.js';
import { publishedSchemas } from '../scripts/published-schemas.js';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'test-results']);

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) || entry.name.startsWith('.') ? [] : markdownBelow(path);
    return entry.name.endsWith('.md') ? [relative(ROOT, path)] : [];
  });
}

const DOCUMENTS = markdownBelow(ROOT).sort();

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;

/** Cells of each table row under a heading that starts with `heading`, or anywhere; header and rule lines left out. */
function rows(text: string, heading?: string): string[][] {
  const part = heading === undefined ? text : (text.split(/^(?=## )/m).find((each) => each.startsWith(heading)) ?? '');
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `') || line.startsWith('| ['))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
}

const bare = (cell: string | undefined): string => /`([^`]+)`/.exec(cell ?? '')?.[1] ?? cell ?? '';

describe('docs/errors.md', () => {
  const documented = rows(read('docs/errors.md'));

  it('has one row for each error code, and no other', () => {
    expect(documented.map(([code]) => bare(code)).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    '%s: status, issue type, Spine code and repeat are as answered',
    (code) => {
      const row = documented.find(([cell]) => bare(cell) === code) ?? [];
      const { status, outcome } = stu3Representation.writeOutcome(new GatewayError(code, 'any'));
      const { issue } = outcome as unknown as {
        issue: readonly [{ code: string; details: { coding: readonly [{ code: string }] } }];
      };
      expect(row).toHaveLength(8);
      expect({ status: row[2], issue: bare(row[3]), spine: bare(row[4]), repeat: row[5] }).toEqual({
        status: String(status),
        issue: issue[0].code,
        spine: issue[0].details.coding[0].code,
        repeat: ERROR_CODES[code].retryable ? 'yes' : 'no',
      });
    },
  );
});

describe('README.md', () => {
  const readme = read('README.md');

  it('lists the connectors of the registry, and no other', () => {
    const listed = rows(readme, '## Practice systems').map(([type]) => bare(type));
    expect(listed.sort()).toEqual([...registry.connectors.keys()].sort());
  });

  it('has the two commands, each on a line of its own', () => {
    const lines = readme.split('\n');
    expect(lines).toContain('npm ci && npm run demo');
    expect(lines).toContain('npm ci && npm test');
  });
});

describe('CONTRIBUTING.md', () => {
  it('has each operation of a practice system, and whether it is optional', () => {
    const [, contract = ''] =
      /export interface PracticeSystem \{(.*?)\n\}/s.exec(read('src/ports/practice-system.ts')) ?? [];
    const operations = [...contract.matchAll(/^ {2}(\w+)(\??)\(/gm)].map(([, name, mark]) => [name, mark === '?']);
    const table = read('CONTRIBUTING.md').split('### What a practice system must do')[1]?.split('\n### ')[0] ?? '';
    const described = rows(table)
      .filter((row) => row.length === 3)
      .map(([name, , optional]) => [bare(name), optional !== 'no']);
    expect(operations.length).toBeGreaterThan(5);
    expect(described.sort()).toEqual(operations.sort());
  });
});

describe('commands', () => {
  const all = DOCUMENTS.map((path) => ({ path, text: read(path) }));

  /** Names of commands as `--help` tells them. */
  function commandsOf(help: string): string[] {
    return [...(help.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
      .map((match) => match[1] ?? '')
      .filter((name) => name !== 'help');
  }
  const help = async (...command: string[]): Promise<string> => {
    const line = ['--import', 'tsx', join(ROOT, 'src/cli.ts'), ...command, '--help'];
    return (await promisify(execFile)(process.execPath, line, { cwd: ROOT })).stdout;
  };

  /** With subcommands written out: `config check`. */
  let commands: readonly string[] = [];
  beforeAll(async () => {
    const written = commandsOf(await help()).map(async (name) => {
      const inner = commandsOf(await help(name));
      return inner.length === 0 ? [name] : inner.map((sub) => `${name} ${sub}`);
    });
    commands = (await Promise.all(written)).flat();
  });

  it('every npm script that a document names exists', () => {
    const missing = all.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)]
        .map((match) => match[1] ?? '')
        .filter((name) => !(name in manifest.scripts))
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('every command that a document names exists', () => {
    const named = all.flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /(?:node dist\/cli\.js|npx slotbridge|`slotbridge|^slotbridge) ([a-z]+(?: (?:check|list|show|resolve|verify)\b)?)/gm,
        ),
      ].map((match) => [path, match[1] ?? ''] as const),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(([, name]) => !commands.includes(name))).toEqual([]);
  });

  it('no guide runs `npx slotbridge` in a checkout, where npm would pack and install the whole folder first', () => {
    const running = all.filter(({ text }) => /npx slotbridge [a-z]/.test(text)).map(({ path }) => path);
    expect(running).toEqual([]);
  });

  it('every command is described in a guide', () => {
    const guides = all.filter(({ path }) => /^(?:README\.md|docs\/[a-z-]+\.md)$/.test(path)).map(({ text }) => text);
    expect(commands.length).toBeGreaterThanOrEqual(4);
    for (const command of commands) {
      expect(
        guides.some((text) => [`slotbridge ${command}`, `dist/cli.js ${command}`].some((line) => text.includes(line))),
        command,
      ).toBe(true);
    }
  });

  it('every simulated system is shown with its command', () => {
    const guide = read('docs/integrator-guide.md');
    for (const system of SYSTEMS) expect(guide).toContain(`node dist/cli.js simulate ${system} `);
  });
});

describe('DEPENDENCY-NOTES.md', () => {
  it('has each dependency of package.json with its version, and no other', () => {
    const noted = rows(read('DEPENDENCY-NOTES.md'))
      .filter((row) => row.length >= 3)
      .map(([name, version]) => [bare(name), version ?? '']);
    expect(Object.fromEntries(noted)).toEqual({ ...manifest.dependencies, ...manifest.devDependencies });
  });
});

describe('links', () => {
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-');

  it.each(DOCUMENTS)('%s: every relative link leads somewhere', (path) => {
    // What stands in code is no link.
    const text = read(path)
      .replace(/```[\s\S]*?```/g, '')
      .replace(/`[^`\n]*`/g, '');
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const full = file === '' ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
        if (!existsSync(full)) return true;
        if (anchor === undefined) return false;
        const headings = [...readFileSync(full, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) =>
          anchorOf(match[1] ?? ''),
        );
        return !headings.includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('every published schema is named in a document', () => {
    const text = DOCUMENTS.map(read).join('\n');
    for (const name of publishedSchemas().keys()) expect(text).toContain(name);
  });
});
