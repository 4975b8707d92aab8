/**
 * The definitions under `profiles/<release>`. Each stands in a file named by the last word of its url, which is read
 * when it is first asked for: a resource needs a few of them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Release } from '../types.js';
import type { CodeSystemFacts, ProfileFacts, ValueSetFacts } from './facts.js';
import { readCodeSystem, readProfile, readValueSet } from './read.js';

export interface OwnDefinitions {
  readonly profiles: Shelf<ProfileFacts>;
  readonly valueSets: Shelf<ValueSetFacts>;
  readonly codeSystems: Shelf<CodeSystemFacts>;
}

/** A folder of definitions; throws where a file in it is not what it has to be. */
export interface Shelf<T> {
  get(url: string): T | undefined;
  /** All urls, for which every file has to be read. */
  urls(): readonly string[];
}

interface Read<T> {
  readonly url: string;
  readonly facts: T;
}

const known = new Map<Release, OwnDefinitions>();

/** What is read is read once in a process. */
export function loadOwnDefinitions(release: Release): OwnDefinitions {
  let own = known.get(release);
  if (own === undefined) {
    own = {
      profiles: createShelf(release, 'structure-definitions', (definition) => {
        const facts = readProfile(definition, release);
        return { url: facts.url, facts };
      }),
      valueSets: createShelf(release, 'value-sets', readValueSet),
      codeSystems: createShelf(release, 'code-systems', readCodeSystem),
    };
    known.set(release, own);
  }
  return own;
}

function createShelf<T>(release: Release, folder: string, read: (definition: unknown) => Read<T>): Shelf<T> {
  const root = fileURLToPath(new URL(`../../../profiles/${release}/${folder}/`, import.meta.url));
  let files: ReadonlySet<string> | undefined;
  const found = new Map<string, Read<T>>();
  // Urls come from outside: only names that are in the folder make a path.
  const names = (): ReadonlySet<string> => (files ??= new Set(readdirSync(root)));
  const open = (file: string): Read<T> => {
    let definition = found.get(file);
    if (definition === undefined) {
      definition = read(JSON.parse(readFileSync(root + file, 'utf8')));
      found.set(file, definition);
    }
    return definition;
  };
  return {
    get(url) {
      const file = `${url.slice(url.lastIndexOf('/') + 1)}.json`;
      if (!names().has(file)) return undefined;
      const definition = open(file);
      return definition.url === url ? definition.facts : undefined;
    },
    urls: () => [...names()].map((file) => open(file).url),
  };
}
