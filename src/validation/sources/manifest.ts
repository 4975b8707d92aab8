/** What a FHIR package says about itself in `package.json`, and where the packages it needs may be found. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Release } from '../types.js';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly fhirVersions: readonly string[];
  /** Names and versions, which may be `1.2.x` or `latest`. */
  readonly dependencies: ReadonlyMap<string, string>;
}

/** FHIR's own definitions come with the validator. */
export const CORE = /^hl7\.fhir\.(?:core|r\d[a-z]?\.(?:core|expansions|elements|corexml|search))$/;

/** Undefined for a package.json that is no FHIR package's. */
export function parseManifest(text: string): Manifest | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const manifest = content as Readonly<Record<string, unknown>>;
  const needs = manifest['dependencies'];
  const dependencies = new Map(
    Object.entries(typeof needs === 'object' && needs !== null ? needs : {}).filter(
      (one): one is [string, string] => typeof one[1] === 'string',
    ),
  );
  const listed = manifest['fhirVersions'] ?? manifest['fhir-version-list'];
  const fhirVersions = Array.isArray(listed) ? listed.filter((one) => typeof one === 'string') : [];
  const core = [...dependencies].filter(([name]) => CORE.test(name)).map(([, version]) => version);
  if (fhirVersions.length === 0 && core.length === 0) return undefined;
  return {
    name: typeof manifest['name'] === 'string' ? manifest['name'] : 'a package without name',
    version: typeof manifest['version'] === 'string' ? manifest['version'] : '',
    fhirVersions: fhirVersions.length > 0 ? fhirVersions : core,
    dependencies: new Map([...dependencies].filter(([name]) => !CORE.test(name))),
  };
}

/** The releases among these FHIR versions that the validator knows. */
export function releasesOf(fhirVersions: readonly string[]): readonly Release[] {
  const stu3 = fhirVersions.some((version) => version.startsWith('3.0') || version === 'STU3');
  const r4 = fhirVersions.some((version) => version.startsWith('4.0') || version === 'R4');
  return [...(stu3 ? (['stu3'] as const) : []), ...(r4 ? (['r4'] as const) : [])];
}

/** The folder or archive of a package in one of these folders; the newest where the version leaves a choice. */
export function findPackage(name: string, version: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    const found = candidates(folder, name)
      .filter((one) => fits(one.version, version))
      .sort((one, other) => compareVersions(other.version, one.version))[0];
    if (found !== undefined) return join(folder, found.file);
  }
  return undefined;
}

function candidates(folder: string, name: string): readonly { readonly file: string; readonly version: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => {
    if (file === name) return versionIn(join(folder, file)).map((version) => ({ file, version }));
    const separator = file.charAt(name.length);
    if (!file.startsWith(name) || (separator !== '#' && separator !== '-')) return [];
    const rest = file.slice(name.length + 1);
    const version = rest.endsWith('.tgz') ? rest.slice(0, -'.tgz'.length) : rest;
    // Another package's name may begin with this one's; a version begins with a digit.
    return /^\d/.test(version) ? [{ file, version }] : [];
  });
}

/** A folder may have the package's bare name, as its authors keep it; then only its package.json has the version. */
function versionIn(folder: string): readonly string[] {
  const file = ['package/package.json', 'package.json'].map((one) => join(folder, one)).find((one) => existsSync(one));
  const manifest = file === undefined ? undefined : parseManifest(readFileSync(file, 'utf8'));
  return manifest === undefined ? [] : [manifest.version];
}

function fits(version: string, wanted: string): boolean {
  if (wanted === version || wanted === '' || wanted === '*' || wanted === 'latest' || wanted === 'current') return true;
  if (!wanted.endsWith('.x') && !wanted.endsWith('.*')) return false;
  return version.startsWith(wanted.slice(0, -1));
}

function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
