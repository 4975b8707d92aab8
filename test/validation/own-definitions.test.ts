/** Definitions that come with the package are found by their url, and by nothing that only looks like it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadOwnDefinitions } from '../../src/validation/definitions/own.js';

const APPOINTMENT = 'https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-Appointment-1';

describe.each(['stu3', 'r4'] as const)('own definitions of %s', (release) => {
  const own = loadOwnDefinitions(release);
  it.each([
    ['structure-definitions', own.profiles],
    ['value-sets', own.valueSets],
    ['code-systems', own.codeSystems],
  ] as const)('every file of %s is found by the url in it', (folder, shelf) => {
    const root = new URL(`../../profiles/${release}/${folder}/`, import.meta.url);
    const urls = readdirSync(root).map((file) => {
      const { url } = JSON.parse(readFileSync(new URL(file, root), 'utf8')) as { readonly url: string };
      return url;
    });
    expect(urls.length).toBeGreaterThan(0);
    for (const url of urls) expect(shelf.get(url), url).toBeDefined();
    expect([...shelf.urls()].sort()).toEqual(urls.sort());
  });
});

describe('own definitions', () => {
  const { profiles } = loadOwnDefinitions('stu3');
  it.each([
    ['another host', 'https://example.org/STU3/StructureDefinition/GPConnect-Appointment-1'],
    ['the last word alone', 'GPConnect-Appointment-1'],
    ['a path out of the folder', 'x/../structure-definitions/GPConnect-Appointment-1'],
    ['another spelling', APPOINTMENT.toLowerCase()],
    ['nothing', ''],
    ['a slash at the end', `${APPOINTMENT}/`],
  ])('are not found by %s', (_what, url) => {
    expect(profiles.get(url)).toBeUndefined();
  });
  it('are read once', () => {
    expect(profiles.get(APPOINTMENT)).toBe(profiles.get(APPOINTMENT));
  });
});
