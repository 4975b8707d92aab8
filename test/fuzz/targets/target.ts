/** What is fuzzed: a reader of something that others send, and what it promises whatever they send. */
import { readdirSync, readFileSync } from 'node:fs';
import { isGatewayError } from '../../../src/domain/errors.js';

export interface Target {
  readonly name: string;
  /** Valid inputs; their form is the target's own. */
  readonly seeds: readonly Buffer[];
  /** Words that mean something to the reader. */
  readonly dictionary: readonly string[];
  /** Throws, or rejects, only when a promise is broken. */
  readonly run: (bytes: Buffer) => void | Promise<void>;
}

/** Stands for what a patient may have written: no text that we make may hold it. */
export const CANARY = 'Qzwxcanary';

/** The canary in the forms that readers refuse: as no text at all, and longer than any text may be. */
export const CANARIES = [CANARY, `"${CANARY}"`, `["${CANARY}"]`, `{"a":"${CANARY}"}`, CANARY.repeat(30)];

export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** `said` is a text of ours: a message, a path, a line of the log. */
export function expectQuiet(said: string): void {
  // The text itself is in the input; here only what kind of text it was.
  if (said.includes(CANARY)) throw new BrokenPromise(`quotes the input: ${said.slice(0, 200)}`);
}

/** Runs what may refuse with a `GatewayError`; any other error goes on as it is. Answers whether it was let through. */
export function refusedOr<T>(read: () => T, isAboutNames = false): { readonly value: T } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    if (!isAboutNames) expectQuiet(`${error.message} ${error.fhirPath ?? ''}`);
    return undefined;
  }
}

/** Whether the canary has got among the names of elements, which a path may repeat: software makes them, not patients. */
export function isNamed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => key.includes(CANARY) || isNamed(part));
}

const ROOT = new URL('../../../fixtures/', import.meta.url);

/** The JSON files of a folder of fixtures, by the end of their names. */
export function fixturesOf(folder: string, ending = '.json'): readonly unknown[] {
  return readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(`${folder}${name}`, ROOT), 'utf8')) as unknown);
}
