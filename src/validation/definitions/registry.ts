/** All definitions of one release: those given at run time, then those under `profiles/`, then FHIR's own. */
import type { DefinitionProblem, Release } from '../types.js';
import { loadBaseCodes, loadBaseConstraints, loadBaseDefinitions, loadBaseProfiles, type Definitions } from './base.js';
import type { CodeSystemFacts, ProfileFacts, ValueSetFacts } from './facts.js';
import { loadOwnDefinitions } from './own.js';
import { readCodeSystem, readProfile, readValueSet } from './read.js';

export interface Registry {
  readonly base: Definitions;
  readonly profile: (url: string) => ProfileFacts | undefined;
  readonly valueSet: (url: string) => ValueSetFacts | undefined;
  readonly codeSystem: (url: string) => CodeSystemFacts | undefined;
  /** What a constraint of FHIR's own definitions says in words; `source` is the type or profile that states it. */
  readonly words: (source: string, key: string) => string | undefined;
  /** Urls of the profiles that were given. */
  readonly given: readonly string[];
  /** Urls of our own profiles; every one is read for it. */
  own(): readonly string[];
  readonly problems: DefinitionProblem[];
}

interface Collection {
  readonly profiles: Map<string, ProfileFacts>;
  readonly valueSets: Map<string, ValueSetFacts>;
  readonly codeSystems: Map<string, CodeSystemFacts>;
}

export function createRegistry(release: Release, definitions: readonly unknown[], withOwn: boolean): Registry {
  const problems: DefinitionProblem[] = [];
  const given: Collection = { profiles: new Map(), valueSets: new Map(), codeSystems: new Map() };
  for (const definition of definitions) collect(given, definition, release, problems);
  const ours = withOwn ? loadOwnDefinitions(release) : undefined;
  let official: ReadonlyMap<string, ProfileFacts> | undefined;
  return {
    base: loadBaseDefinitions(release),
    profile: (url) =>
      given.profiles.get(url) ??
      ours?.profiles.get(url) ??
      (official ??= new Map(loadBaseProfiles(release).profiles.map((one) => [one.url, one]))).get(url),
    valueSet: (url) =>
      given.valueSets.get(url) ?? ours?.valueSets.get(url) ?? at(loadBaseCodes(release).valueSets, url),
    codeSystem: (url) =>
      given.codeSystems.get(url) ?? ours?.codeSystems.get(url) ?? at(loadBaseCodes(release).codeSystems, url),
    words(source, key) {
      // A definition that was given says what it means itself.
      if (given.profiles.has(source)) return undefined;
      const words = at(loadBaseConstraints(release).constraints, source);
      return words === undefined ? undefined : at(words, key);
    },
    given: [...given.profiles.keys()],
    own: () => ours?.profiles.urls() ?? [],
    problems,
  };
}

/** A property of the file's own, for urls come from outside. */
function at<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function collect(into: Collection, definition: unknown, release: Release, problems: DefinitionProblem[]): void {
  const { resourceType, url } = (definition ?? {}) as { readonly resourceType?: unknown; readonly url?: unknown };
  try {
    if (resourceType === 'StructureDefinition') {
      const facts = readProfile(definition, release);
      into.profiles.set(facts.url, facts);
    } else if (resourceType === 'ValueSet') {
      const { url: name, facts } = readValueSet(definition);
      into.valueSets.set(name, facts);
    } else if (resourceType === 'CodeSystem') {
      const { url: name, facts } = readCodeSystem(definition);
      into.codeSystems.set(name, facts);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ definition: typeof url === 'string' ? url : String(resourceType), reason });
  }
}
