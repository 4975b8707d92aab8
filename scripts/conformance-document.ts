/**
 * docs/conformance.md: every rule of the specification with the tests that show it. The rules stand in
 * test/conformance/requirements, the tests name them in their titles, the decisions stand in the source.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  checklist,
  contradictions,
  INTERACTIONS,
  requirements,
  sections,
  type Level,
  type Requirement,
} from '../test/conformance/requirements/index.js';

const ROOT = resolve(import.meta.dirname, '..');

/** A test, or a group of tests whose title names rules. */
export interface Claim {
  /** Below the project's root. */
  readonly file: string;
  /** Without the ids. */
  readonly title: string;
  readonly ids: readonly string[];
}

/** A comment of the source that decides a contradiction. */
export interface Decision {
  readonly number: number;
  readonly file: string;
  readonly text: string;
}

const ID = String.raw`\d+(?:\.\d+)?-\d+`;
const TAG = new RegExp(String.raw`\s*\[(${ID}(?: ${ID})*)\]`, 'g');
/** Looks like a tag and is none, such as ids with commas between them. */
const BROKEN_TAG = new RegExp(String.raw`\[[^\]]*\b${ID}[^\]]*\]`);

export function claimsIn(tests: readonly { readonly file: string; readonly name: string }[]): readonly Claim[] {
  const claims = new Map<string, Claim>();
  for (const { file, name } of tests) {
    // Quotes stand in the list as they are escaped in the source.
    const parts = name.replace(/\\(["'`])/g, '$1').split(' > ');
    for (const [depth, part] of parts.entries()) {
      const ids = [...part.matchAll(TAG)].flatMap(([, tag = '']) => tag.split(' '));
      if (BROKEN_TAG.test(part.replace(TAG, ''))) throw new Error(`${file}: this title has a broken tag: ${part}`);
      if (ids.length === 0) continue;
      const path = parts.slice(0, depth + 1).map((each) => each.replace(TAG, ''));
      const title = path.join(' › ') + (depth + 1 < parts.length ? ' (the group)' : '');
      // Two tests may differ in their rows and rules alone.
      const same = claims.get(`${file} ${title}`)?.ids ?? [];
      claims.set(`${file} ${title}`, { file, title, ids: [...new Set([...same, ...ids])] });
    }
  }
  return [...claims.values()];
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourcesBelow(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** Titles as they are written, the rows of `it.each` under their one title; tests that are skipped are left out. */
export async function claimedByTests(): Promise<readonly Claim[]> {
  const files = sourcesBelow(join(ROOT, 'test'))
    .filter((path) => path.endsWith('.test.ts') && new RegExp(TAG.source).test(readFileSync(path, 'utf8')))
    .map((path) => relative(ROOT, path));
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-conformance-'));
  try {
    const list = join(folder, 'tests.json');
    // Inside of vitest its variables would be taken for those of a worker.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const command = [vitest, 'list', '--static-parse', `--json=${list}`, ...files];
    await promisify(execFile)(process.execPath, command, { cwd: ROOT, env });
    const tests = JSON.parse(readFileSync(list, 'utf8')) as { readonly file: string; readonly name: string }[];
    return claimsIn(tests.map(({ file, name }) => ({ file: relative(ROOT, file), name })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Comments one below the other, or from `/*` to its end; within a line neither begins. */
const COMMENT = /^[ \t]*\/\*\*?([\s\S]*?)\*\/|((?:^[ \t]*\/\/.*\n)+)/gm;

export function decisionsIn(file: string, source: string): readonly Decision[] {
  return [...source.matchAll(COMMENT)].flatMap(([, block, lines]) => {
    const bare = (block ?? lines ?? '').replace(/^[ \t]*(?:\*|\/\/) ?/gm, '');
    return bare.split(/\n\s*\n/).flatMap((paragraph) => {
      const text = paragraph.replace(/\s+/g, ' ').trim();
      return [...text.matchAll(/\bContradictions? (\d+)((?:(?:,| and) \d+)*)/g)].flatMap(([, first, more = '']) =>
        [first, ...(more.match(/\d+/g) ?? [])].map((number) => ({ number: Number(number), file, text })),
      );
    });
  });
}

export function decidedInSource(): readonly Decision[] {
  return sourcesBelow(join(ROOT, 'src'))
    .sort()
    .flatMap((path) => decisionsIn(relative(ROOT, path), readFileSync(path, 'utf8')));
}

const cell = (text: string): string =>
  text
    .replaceAll('|', String.raw`\|`)
    .replaceAll('<', '&lt;')
    .replace(/\s+/g, ' ');
const link = (file: string): string => `[${file.replace(/^(?:test|src)\//, '')}](../${file})`;
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n');

const LEVELS: Readonly<Record<Level, string>> = {
  MUST: 'the specification demands it',
  SHOULD: 'the specification recommends it',
  MAY: 'the specification allows it',
  T: 'the published acceptance testing asserts it where the text leaves it open',
  own: 'decided here, because both are silent',
};

/** A title that names its interaction needs no group before it. */
function shown(title: string): string {
  const [last = ''] = title.split(' › ').slice(-1);
  return INTERACTIONS.some(([, name]) => last.startsWith(`${name}:`)) ? last : title;
}

function proof(id: string, claims: readonly Claim[], { outside }: Requirement): string {
  if (outside !== undefined) return `*outside: ${cell(outside)}*`;
  const own = claims
    .filter(({ ids }) => ids.includes(id))
    .map(({ file, title }) => `${cell(shown(title))} (${link(file)})`);
  return own.length === 0 ? '**still to come**' : own.join('<br>');
}

function counts(claims: readonly Claim[]): string {
  const claimed = new Set(claims.flatMap(({ ids }) => ids));
  const of = (level: Level, wanted: (id: string, rule: Requirement) => boolean): string =>
    String([...requirements].filter(([id, rule]) => rule.level === level && wanted(id, rule)).length);
  const rows = (Object.keys(LEVELS) as Level[]).map((level) =>
    row(
      level,
      LEVELS[level],
      of(level, () => true),
      of(level, (id) => claimed.has(id)),
      of(level, (_, rule) => rule.outside !== undefined),
      of(level, (id, rule) => !claimed.has(id) && rule.outside === undefined),
    ),
  );
  return table(['Level', 'Means', 'Rules', 'Tested', 'Outside', 'Still to come'], rows);
}

export function conformanceDocument(claims: readonly Claim[], decisions: readonly Decision[]): string {
  const inSections = sections.map(({ id, title, rules }) => {
    const rows = Object.entries(rules).map(([number, rule]) =>
      row(`${id}-${number}`, rule.level, rule.where, cell(rule.text), proof(`${id}-${number}`, claims, rule)),
    );
    return `### ${id} ${title}\n\n${table(['Id', 'Level', 'Where', 'Rule', 'Tests'], rows)}`;
  });
  const decided = contradictions.map(({ number, conflict, nowhere }) => {
    const own = decisions.filter((decision) => decision.number === number);
    const places = own.map(({ file, text }) => `${cell(text)} (${link(file)})`).join('<br>');
    return row(
      String(number),
      cell(conflict),
      nowhere === undefined ? places || '**still to come**' : `*${cell(nowhere)}*`,
    );
  });
  const outside = [...requirements].flatMap(([id, { text, outside: reason }]) =>
    reason === undefined ? [] : [row(id, cell(text), cell(reason))],
  );
  return `# Conformance

What GP Connect 1.2.7 asks of a provider of Foundations and Appointment Management, rule by rule, and the tests that show
it. Written by \`npx tsx scripts/write-conformance.ts\` from the rules in
[test/conformance/requirements](../test/conformance/requirements/index.ts), the titles of the tests, and the comments of
the source. A test fails when this page is stale, when a rule has no test, or when a title names a rule that does not
exist.

${counts(claims)}

A title with \`%s\` or \`$name\` stands for all rows of its table. "The group" means all tests below that title.

Interactions: ${INTERACTIONS.map(([id, name]) => `${id} ${name}`).join(', ')}.

## Rules

${inSections.join('\n\n')}

## Easily missed

${table(
  ['What suppliers miss', 'Rules'],
  checklist.map(([what, ids]) => row(cell(what), ids.split(' ').join(', '))),
)}

## Contradictions

Where the specification, its examples and its acceptance testing contradict each other, one place of the source decides,
and its comment says how.

${table(['No.', 'Contradiction', 'Decision'], decided)}

## Outside

What no test of this program can show.

${table(['Id', 'Rule', 'Why'], outside)}
`;
}
