/** Inputs on disk: one file each, named by what is in it. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const CORPUS = resolve(import.meta.dirname, '../corpus');
export const FINDINGS = 'test-results/fuzz';

export const nameOf = (input: Buffer): string => createHash('sha256').update(input).digest('hex').slice(0, 16);

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** By name; none when nothing has been kept for the target. */
export function readCorpus(target: string): ReadonlyMap<string, Buffer> {
  const folder = join(CORPUS, target);
  return new Map(listed(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** Replaces what was kept for the target. */
export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const folder = join(CORPUS, target);
  const names = new Set(inputs.map(nameOf));
  for (const name of listed(folder)) if (!names.has(name)) rmSync(join(folder, name));
  mkdirSync(folder, { recursive: true });
  for (const input of inputs) writeFileSync(join(folder, nameOf(input)), input);
}

/** Answers the path below the project. */
export function writeFinding(target: string, input: Buffer): string {
  mkdirSync(FINDINGS, { recursive: true });
  const path = join(FINDINGS, `${target}-${nameOf(input)}`);
  writeFileSync(path, input);
  return path;
}
