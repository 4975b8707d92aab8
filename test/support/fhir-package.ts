/** FHIR packages made of the sources under `fixtures/packages`, as a registry would hand them out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { create } from 'tar';

const SOURCES = resolve(import.meta.dirname, '../../fixtures/packages');

export const PACKAGES = ['example.lending', 'example.region', 'example.clinic'] as const;
export type PackageName = (typeof PACKAGES)[number];

export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly fhirVersions: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

export interface PackageExample {
  readonly name: string;
  readonly resource: unknown;
  /** `<kind> <place>`, for an invariant `invariant <key> <place>`; empty when the resource is valid. */
  readonly errors: readonly string[];
}

export function readManifest(name: PackageName): PackageManifest {
  return readJson(join(SOURCES, name, 'package/package.json')) as PackageManifest;
}

/** The definitions in a package, without its manifest. */
export function readDefinitions(name: PackageName): readonly any[] {
  const folder = join(SOURCES, name, 'package');
  return readdirSync(folder)
    .filter((file) => file !== 'package.json')
    .sort()
    .map((file) => readJson(join(folder, file)));
}

export function readExamples(name: PackageName): readonly PackageExample[] {
  const folder = join(SOURCES, name, 'examples');
  return readdirSync(folder)
    .filter((file) => !file.endsWith('.expected.json'))
    .sort()
    .map((file) => {
      const example = file.replace(/\.json$/, '');
      const { errors } = readJson(join(folder, `${example}.expected.json`)) as { readonly errors: readonly string[] };
      return { name: example, resource: readJson(join(folder, file)), errors };
    });
}

/** Writes `<name>-<version>.tgz` into the folder and gives its path back. */
export function createPackageFile(name: PackageName, folder: string): string {
  const file = join(folder, `${name}-${readManifest(name).version}.tgz`);
  create({ sync: true, gzip: true, portable: true, cwd: join(SOURCES, name), file }, ['package']);
  return file;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
