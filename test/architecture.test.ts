/** The shape of the house, read from its own source files. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Who may import whom. A room may always import from itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  ports: ['domain'],
  core: ['domain', 'ports'],
  fhir: ['domain'],
  validation: ['domain/errors', 'domain/text'],
  http: ['core', 'fhir', 'validation', 'ports', 'domain'],
  connectors: ['ports', 'domain'],
  records: ['ports', 'domain'],
  // A simulator must not share a mistake with its connector: it sees the simulation kit and nothing else of ours.
  simulator: ['connectors/simulation'],
  // Files that people write are read in one way, whoever reads them.
  simulation: ['config/source'],
};
/** Composition: may import anything, may read the environment, may build adapters. */
const COMPOSITION = [
  'main.ts',
  'cli.ts',
  'config.ts',
  'system.ts',
  'cli/',
  'library/',
  'config/',
  'connectors/registry.ts',
];
const LONGEST_FILE = 400;
const MOST_FILES = 10;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Paths below `src`, without extension. */
  readonly imports: readonly string[];
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : entry.name.endsWith('.ts') ? [join(folder, entry.name)] : [],
  );
}

const files: readonly SourceFile[] = walk(SRC).map((file) => {
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) =>
    relative(SRC, resolve(dirname(file), match[1] ?? '')).replace(/\.js$/, ''),
  );
  return { path: relative(SRC, file), text, imports };
});

const isComposition = (path: string): boolean => COMPOSITION.some((place) => path === place || path.startsWith(place));

/** The room whose rule applies: a connector's `simulator/` folder and the kit follow the simulators' rule. */
function roomOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'connectors' && parts[2] === 'simulator') return 'simulator';
  if (parts[0] === 'connectors' && parts[1] === 'simulation') return 'simulation';
  return parts[0] ?? '';
}

/** Whether two files stand in the same room: for connectors, in the same connector. */
function sameRoom(path: string, imported: string): boolean {
  const [from, to] = [path.split('/'), imported.split('/')];
  if (roomOf(path) === 'simulator') return from.slice(0, 3).join('/') === to.slice(0, 3).join('/');
  if (from[0] !== 'connectors') return from[0] === to[0];
  return from.length > 2 && to[0] === 'connectors' && from[1] === to[1] && to[2] !== 'simulator';
}

/** Files directly in `connectors/` and the exchange with practice systems are shared by all connectors. */
function sharedAmongConnectors(imported: string): boolean {
  const parts = imported.split('/');
  return parts[0] === 'connectors' && (parts.length === 2 || parts[1] === 'exchange');
}

function allowed(path: string, imported: string): boolean {
  if (sameRoom(path, imported)) return true;
  const room = roomOf(path);
  if (room === 'connectors' && sharedAmongConnectors(imported)) return true;
  return (MAY_IMPORT[room] ?? []).some((place) => imported === place || imported.startsWith(`${place}/`));
}

describe('architecture', () => {
  it('finds the source', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(100);
  });

  it('imports go one way, by the table', () => {
    const wrong = files
      .filter((file) => !isComposition(file.path))
      .flatMap((file) =>
        file.imports
          .filter((imported) => !allowed(file.path, imported))
          .map((imported) => `${file.path} -> ${imported}`),
      );
    expect(wrong).toEqual([]);
  });

  it('every file stands in a room of the table', () => {
    const homeless = files.filter((file) => !isComposition(file.path) && !(roomOf(file.path) in MAY_IMPORT));
    expect(homeless.map((file) => file.path)).toEqual([]);
  });

  it('only composition reads the environment or the machine', () => {
    const reading = files
      .filter((file) => !isComposition(file.path) && /process\.env|Math\.random\(|Date\.now\(/.test(file.text))
      .filter((file) => roomOf(file.path) !== 'simulator' && !file.path.startsWith('connectors/simulation/'));
    expect(reading.map((file) => file.path)).toEqual([]);
  });

  it('no file is longer than 400 lines', () => {
    const long = files.filter((file) => file.text.split('\n').length > LONGEST_FILE);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  it('no folder holds more than ten source files', () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file.path), (counts.get(dirname(file.path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });

  it('no folder is named for what has no place', () => {
    const untidy = files.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)/.test(file.path));
    expect(untidy.map((file) => file.path)).toEqual([]);
  });

  it('exports are named', () => {
    expect(files.filter((file) => /^export default/m.test(file.text)).map((file) => file.path)).toEqual([]);
  });

  it('vendor words stay in their connector', () => {
    const leaking = files.filter(
      (file) => /^(domain|ports|core|http|fhir)\//.test(file.path) && /\b(hmis|openvpms|eka)\b/i.test(file.text),
    );
    expect(leaking.map((file) => file.path)).toEqual([]);
  });

  it('FHIR resources stay out of the domain, the core, the ports and the connectors', () => {
    const leaking = files.filter(
      (file) => /^(domain|ports|core)\//.test(file.path) && /from 'fhir\/|resourceType/.test(file.text),
    );
    expect(leaking.map((file) => file.path)).toEqual([]);
  });
});
