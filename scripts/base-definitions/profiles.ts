/** `profiles/base/<release>-extensions.json`: FHIR's own extensions and profiles. */
import type { BaseProfilesFile, ProfileElement } from '../../src/validation/definitions/facts.js';
import { readProfile } from '../../src/validation/definitions/read.js';
import type { Release } from '../../src/validation/types.js';
import type { SourceResource } from './sources.js';

export function baseProfiles(resources: readonly SourceResource[], release: Release): BaseProfilesFile {
  const constraining = resources
    .filter((one) => one.resourceType === 'StructureDefinition' && one.derivation === 'constraint')
    .sort((a, b) => (a.url < b.url ? -1 : 1));
  return {
    profiles: constraining.map((one) => {
      const profile = readProfile(one, release);
      return { ...profile, elements: profile.elements.map(withoutRepeated) };
    }),
  };
}

/** Every element repeats what the types Element and Extension say of themselves. */
const REPEATED: ReadonlySet<string> = new Set(['ele-1', 'ext-1']);

function withoutRepeated({ constraints = [], ...element }: ProfileElement): ProfileElement {
  const own = constraints.filter(({ key }) => !REPEATED.has(key));
  return own.length === 0 ? element : { ...element, constraints: own };
}
