/** Finds what there is to validate: files, folders all the way down, standard input. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type InputFormat = 'json' | 'xml' | 'ndjson';

export interface Input {
  /** As people know it: the path as it was given, or `<stdin>`. */
  readonly file: string;
  /** By the name of the file; undefined where only the content can tell. */
  readonly format: InputFormat | undefined;
  /** Whether someone asked for this very file: in a folder, files without FHIR resources are passed over. */
  readonly named: boolean;
  /** Of standard input, which is read at once. */
  readonly bytes?: Buffer;
}

export interface MissingInput {
  readonly file: string;
  /** One sentence. */
  readonly reason: string;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  readonly missing: readonly MissingInput[];
}

const STANDARD_INPUT = '<stdin>';

const FORMATS: Readonly<Record<string, InputFormat>> = { json: 'json', xml: 'xml', ndjson: 'ndjson', jsonl: 'ndjson' };
const MOST_FILES = 1_000_000;

/** In the order of the arguments; inside a folder by name. A file that is reached twice counts once. */
export function findInputs(paths: readonly string[], standardInput?: Buffer): Inputs {
  const inputs = new Map<string, Input>();
  const missing: MissingInput[] = [];
  for (const path of paths) {
    if (path === '-') {
      const file = STANDARD_INPUT;
      inputs.set(file, { file, format: undefined, named: true, bytes: standardInput ?? Buffer.alloc(0) });
      continue;
    }
    try {
      if (!statSync(path).isDirectory()) inputs.set(path, { file: path, format: formatOf(path), named: true });
      else for (const input of inFolder(path)) if (!inputs.has(input.file)) inputs.set(input.file, input);
    } catch (error) {
      missing.push({ file: path, reason: reasonOf(error) });
    }
    if (inputs.size > MOST_FILES)
      throw new Error(`there are more than ${MOST_FILES} files: name fewer folders at a time`);
  }
  return { inputs: [...inputs.values()], missing };
}

/** Links to folders are not followed, so there are no circles. */
function* inFolder(folder: string): Generator<Input> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort(byName);
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const file = join(folder, entry.name);
    const format = formatOf(entry.name);
    if (entry.isDirectory()) yield* inFolder(file);
    else if (format !== undefined && isFile(entry, file)) yield { file, format, named: false };
  }
}

function isFile(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}

function formatOf(name: string): InputFormat | undefined {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined;
}

/** Why a file can't be used, in plain words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'There is no such file or folder; check the path.';
  if (code === 'EACCES' || code === 'EPERM') return 'It may not be read; check its permissions.';
  return `It could not be read (${code ?? String(error)}).`;
}
