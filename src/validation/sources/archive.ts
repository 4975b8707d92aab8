/** Reads the files of a FHIR package (.tgz), without ever writing one. */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Parser } from 'tar';

export interface ArchiveFile {
  /** Path within the archive: `package/StructureDefinition-x.json`. */
  readonly name: string;
  readonly text: string;
}

export interface Archive {
  readonly files: readonly ArchiveFile[];
  /** What could not be read, one sentence each. */
  readonly faults: readonly string[];
}

const MOST_ENTRIES = 50_000;
const MOST_PACKED = 200_000_000;
const MOST_UNPACKED = 500_000_000;
export const LARGEST_FILE = 50_000_000;

/** Files that `wanted` accepts by name. Names that lead out of the archive are passed over. */
export function readArchive(file: string, wanted: (name: string) => boolean): Archive {
  let bytes: Buffer;
  try {
    if (statSync(file).size > MOST_PACKED)
      return fault(`The package is larger than ${MOST_PACKED / 1_000_000} MB and is not read.`);
    // Unpacked in one go with an upper limit: a bomb ends there, whatever is in it.
    bytes = gunzipSync(readFileSync(file), { maxOutputLength: MOST_UNPACKED });
  } catch (error) {
    return fault(unpackingFault(error));
  }
  return readTar(bytes, wanted);
}

function fault(sentence: string): Archive {
  return { files: [], faults: [sentence] };
}

function unpackingFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE')
    return `The package holds more than ${MOST_UNPACKED / 1_000_000} MB when unpacked and is not read.`;
  if (code === 'Z_BUF_ERROR') return 'The package ends too early; download it again.';
  if (typeof code === 'string' && code.startsWith('Z_'))
    return 'The package is no gzip archive or is damaged; download it again.';
  return `The package could not be read (${String(code)}).`;
}

function readTar(bytes: Buffer, wanted: (name: string) => boolean): Archive {
  const files: ArchiveFile[] = [];
  const faults: string[] = [];
  let entries = 0;
  const parser = new Parser({
    // Unpacked above; what is in it is never unpacked again.
    gzip: false,
    onwarn: (code, message) => faults.push(`The package is damaged (${code}: ${String(message)}).`),
    onReadEntry: (entry) => {
      entries += 1;
      const name = entry.path.replaceAll('\\', '/');
      const usable = entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'ContiguousFile';
      if (entries > MOST_ENTRIES || !usable || leadsOut(name) || !wanted(name)) {
        entry.resume();
        return;
      }
      if (entry.size > LARGEST_FILE) {
        faults.push(`${name} is larger than ${LARGEST_FILE / 1_000_000} MB and is not read.`);
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', (chunk) => chunks.push(chunk));
      entry.on('end', () => files.push({ name, text: Buffer.concat(chunks).toString('utf8') }));
    },
  });
  try {
    parser.end(bytes);
  } catch (error) {
    faults.push(`The package is damaged (${error instanceof Error ? error.message : String(error)}).`);
  }
  if (entries > MOST_ENTRIES) faults.push(`The package has more than ${MOST_ENTRIES} files; the rest is not read.`);
  if (entries === 0 && faults.length === 0) faults.push('The package is empty or no tar archive.');
  return { files, faults: [...new Set(faults)].slice(0, 5) };
}

function leadsOut(name: string): boolean {
  return name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..');
}
