/**
 * What the practices file names without holding it: secrets, and addresses that differ from place to place.
 * `{ env: NAME }` is looked up in the environment handed to `loadConfiguration`, `{ file: PATH }` beside the file.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z, type ZodType } from 'zod';
import { quote } from './source/problems.js';

export type ConfigurationEnvironment = Readonly<Record<string, string | undefined>>;

export interface References {
  /** `{ env }` or `{ file }`, yielding the text. */
  readonly secret: ZodType<string>;
  /** The text itself, or `{ env }`. */
  readonly textOrEnv: ZodType<string>;
  /** A path of the file system, made absolute. */
  readonly resolvePath: (path: string) => string;
  readonly readEnv: (name: string) => Resolved;
  /** What was read as a secret so far. */
  readonly secrets: () => readonly string[];
}

export type Resolved = { readonly text: string } | { readonly problem: string };

const MOST_SECRET_CHARACTERS = 64 * 1024;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const SECRET_FORM = 'write `{ env: NAME }` or `{ file: PATH }`';

function explainSecret(input: unknown): string | undefined {
  if (input === undefined) return undefined;
  if (typeof input === 'object' && input !== null) {
    return `a secret is named in exactly one way: ${SECRET_FORM}, with nothing else beside it`;
  }
  return (
    'a secret must not stand in this file, because the file is copied, mailed and kept in version control: ' +
    SECRET_FORM
  );
}

export const envReference = z.strictObject({
  env: z.string().regex(VARIABLE, 'must be the name of an environment variable: letters, digits and `_`'),
});

export function createReferences(env: ConfigurationEnvironment, directory: string): References {
  const resolvePath = (path: string): string => resolve(directory, path);
  const secrets = new Set<string>();

  const readEnv = (name: string): Resolved => {
    const text = Object.hasOwn(env, name) ? env[name] : undefined;
    if (text === undefined) return { problem: `the environment variable ${quote(name)} is not set: set it` };
    if (text.trim() === '') return { problem: `the environment variable ${quote(name)} is empty: give it a value` };
    return { text };
  };

  const readSecretFile = (path: string): Resolved => {
    let text: string;
    try {
      text = readFileSync(resolvePath(path), 'utf8');
    } catch {
      return { problem: `the file ${quote(resolvePath(path))} cannot be read: check that it exists and may be read` };
    }
    // Editors end a file with a line break; it is no part of the secret.
    text = text.replace(/\r?\n$/, '');
    if (text.trim() === '')
      return { problem: `the file ${quote(resolvePath(path))} is empty: write the secret into it` };
    if (text.length > MOST_SECRET_CHARACTERS) {
      return { problem: `the file ${quote(resolvePath(path))} is larger than 64 KiB: this is not the secret's file` };
    }
    return { text };
  };

  const settle = (resolved: Resolved, context: z.RefinementCtx): string => {
    if ('text' in resolved) return resolved.text;
    context.addIssue(resolved.problem);
    return z.NEVER;
  };

  return {
    secret: z
      .union([envReference, z.strictObject({ file: z.string().min(1) })], {
        error: ({ input }) => explainSecret(input),
      })
      .transform((reference, context) => {
        const resolved = 'env' in reference ? readEnv(reference.env) : readSecretFile(reference.file);
        if ('text' in resolved) secrets.add(resolved.text);
        return settle(resolved, context);
      }),
    textOrEnv: z
      .union([z.string(), envReference], {
        error: ({ input }) => (input === undefined ? undefined : 'must be text, or `{ env: NAME }`'),
      })
      .transform((value, context) => (typeof value === 'string' ? value : settle(readEnv(value.env), context))),
    resolvePath,
    readEnv,
    secrets: () => [...secrets],
  };
}
