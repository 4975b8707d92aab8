/** Profiles that are not ours: packages with and without snapshots, over UK Core and over each other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { list } from 'tar';
import { describe, expect, it } from 'vitest';
import { createValidator } from '../../src/validation/index.js';
import type { Release, RuleKind } from '../../src/validation/types.js';
import { createPackageFile, PACKAGES, readDefinitions, readExamples, readManifest } from '../support/fhir-package.js';
import { createRunner, expectedOutcome, type ExpectedError } from './cases/harness.js';

describe.each(PACKAGES)('the package %s', (name) => {
  const manifest = readManifest(name);
  const definitions = readDefinitions(name);
  const profiles = definitions.filter((one) => one.resourceType === 'StructureDefinition');

  it('becomes a .tgz whose files stand under package/', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slotbridge-package-'));
    try {
      const files: string[] = [];
      list({
        sync: true,
        file: createPackageFile(name, folder),
        onReadEntry: (entry) => entry.type === 'File' && files.push(entry.path),
      });
      expect(files).toContain('package/package.json');
      expect(files).toHaveLength(definitions.length + 1);
      for (const file of files) expect(file).toMatch(/^package\/[A-Za-z-]+\.json$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has snapshots throughout or nowhere', () => {
    const form = name === 'example.lending' ? 'snapshot' : 'differential';
    for (const profile of profiles) {
      expect(Object.keys(profile).filter((key) => key === 'snapshot' || key === 'differential')).toEqual([form]);
      expect(manifest.fhirVersions).toEqual([profile.fhirVersion]);
    }
  });

  it('stands on what it has itself, on its dependencies, on UK Core or on FHIR', () => {
    const known = [name, ...PACKAGES.filter((other) => other in manifest.dependencies)]
      .flatMap((one) => readDefinitions(one))
      .map((one) => one.url as string);
    for (const { baseDefinition } of profiles)
      expect(
        known.includes(baseDefinition) ||
          /^(http:\/\/hl7\.org\/fhir|https:\/\/fhir\.hl7\.org\.uk)\/StructureDefinition\//.test(baseDefinition),
        baseDefinition,
      ).toBe(true);
  });

  it('has valid and invalid examples of each profile of a resource', () => {
    const examples = readExamples(name);
    for (const { url } of profiles.filter((one) => one.kind === 'resource' && one.name !== 'ClinicPractitioner')) {
      const own = examples.filter(({ resource }) => (resource as any).meta.profile[0] === url);
      expect(own.some(({ errors }) => errors.length === 0)).toBe(true);
      expect(own.filter(({ errors }) => errors.length > 0).length).toBeGreaterThan(2);
    }
  });
});

describe.each(PACKAGES)('the engine on the examples of %s', (name) => {
  const release: Release = name === 'example.lending' ? 'stu3' : 'r4';
  const definitions = [name, ...PACKAGES.filter((other) => other in readManifest(name).dependencies)].flatMap((one) =>
    readDefinitions(one),
  );
  const run = createRunner(release);

  it('compiles every definition', () => {
    expect(createValidator({ release, definitions }).checkDefinitions()).toEqual([]);
  });

  it.each(readExamples(name))('$name', ({ resource, errors: expected }) => {
    const errors = expected.map(toExpected);
    const one = { title: '', rule: 'derivation' as const, resource, definitions, errors };
    expect(run(one)).toEqual(expectedOutcome(one));
  });
});

function toExpected(text: string): ExpectedError {
  const words = text.split(' ');
  const [kind, constraint] = words;
  return {
    at: words.at(-1) ?? '',
    kind: kind as RuleKind,
    ...(words.length > 2 && constraint !== undefined && { constraint }),
  };
}
