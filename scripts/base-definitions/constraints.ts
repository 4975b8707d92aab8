/** `profiles/base/<release>-constraints.json`: what the constraints of the other files say in words. */
import type {
  BaseConstraintsFile,
  BaseDefinitionsFile,
  BaseProfilesFile,
  Constraint,
  TypeFacts,
} from '../../src/validation/definitions/facts.js';

type Types = BaseDefinitionsFile['types'];
type Profiles = BaseProfilesFile['profiles'];
/** A type, a profile or an element of one. */
interface Holder {
  readonly constraints?: readonly Constraint[];
}

/** Words by type name or canonical url of the profile, and by key: a key is used once in a definition, not in all. */
export function baseConstraints(types: Types, profiles: Profiles): BaseConstraintsFile['constraints'] {
  const ofTypes = Object.entries(types).map(([name, type]) => wordsOf(name, [type, ...type.elements]));
  const ofProfiles = profiles.map(({ url, elements }) => wordsOf(url, elements));
  return Object.fromEntries([...ofTypes, ...ofProfiles].filter(([, words]) => Object.keys(words).length > 0));
}

function wordsOf(owner: string, holders: readonly Holder[]): readonly [string, Record<string, string>] {
  const words = new Map<string, string>();
  for (const { key, human } of holders.flatMap(({ constraints = [] }) => constraints)) {
    if (human === undefined) throw new Error(`${key} of ${owner} has no words.`);
    if ((words.get(key) ?? human) !== human) throw new Error(`${owner} uses ${key} for two constraints.`);
    words.set(key, human);
  }
  return [owner, Object.fromEntries([...words].sort(([a], [b]) => (a < b ? -1 : 1)))];
}

export function typesWithoutWords(types: Types): Types {
  return Object.fromEntries(
    Object.entries(types).map(([name, type]): [string, TypeFacts] => [
      name,
      { ...withoutWords(type), elements: type.elements.map(withoutWords) },
    ]),
  );
}

export function profilesWithoutWords(profiles: Profiles): Profiles {
  return profiles.map((profile) => ({ ...profile, elements: profile.elements.map(withoutWords) }));
}

function withoutWords<T extends Holder>(holder: T): T {
  const { constraints } = holder;
  if (constraints === undefined) return holder;
  return { ...holder, constraints: constraints.map(({ human: _human, ...rest }) => rest) };
}
