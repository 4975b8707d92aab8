/** The definitions that the command line names: packages, folders and files of `--ig` and `--profile`. */
import { statSync } from 'node:fs';
import type { DefinitionProblem, Release } from '../../validation/index.js';
import { loadDefinitions, type DefinitionSource } from '../../validation/sources/index.js';
import { CannotRun } from './cannot-run.js';

export interface GivenDefinitions {
  readonly of: Readonly<Record<Release, readonly unknown[]>>;
  /** The releases that the given profiles are for. */
  readonly releases: ReadonlySet<Release>;
  /** Urls or short names of the profiles asked for; files are replaced by the url of the profile in them. */
  readonly profiles: readonly string[];
  readonly problems: readonly DefinitionProblem[];
}

export interface DefinitionPaths {
  readonly release: Release | undefined;
  readonly guides: readonly string[];
  readonly profiles: readonly string[];
  readonly readXml: (text: string) => unknown;
}

interface Gathering {
  readonly stu3: unknown[];
  readonly r4: unknown[];
  readonly releases: Set<Release>;
  readonly problems: DefinitionProblem[];
}

/** Throws `CannotRun` for a guide without one definition, or a profile file that isn't one. */
export function gatherDefinitions({ release, guides, profiles, readXml }: DefinitionPaths): GivenDefinitions {
  const gathering: Gathering = { stu3: [], r4: [], releases: new Set(), problems: [] };
  const options = { readXml, ...(release !== undefined && { release }) };
  for (const guide of guides) {
    const { resources, problems, release: own } = loadDefinitions(guide, options);
    if (resources.length === 0) throw new CannotRun(`--ig ${guide}: ${reasons(problems)}`);
    gathering.problems.push(...problems);
    for (const one of resources) add(gathering, one, release ?? own);
  }
  const urls = profiles.map((profile) => {
    if (!isProfileFile(profile)) return profile;
    const { resources, problems, release: own } = loadDefinitions(profile, options);
    const found = resources.filter(({ resource }) => typeOf(resource) === 'StructureDefinition');
    const url = textOf(found[0]?.resource, 'url');
    if (found.length !== 1 || url === undefined) {
      const what = problems.length > 0 ? reasons(problems) : `It holds ${found.length} profiles with a url.`;
      throw new CannotRun(`--profile ${profile}: ${what} Give a file with one profile, or --ig and the profile's url.`);
    }
    for (const one of resources) add(gathering, one, release ?? own);
    return url;
  });
  const { stu3, r4, releases, problems } = gathering;
  return { of: { stu3, r4 }, releases, profiles: urls, problems };
}

/** Whether `--profile` names a file: anything without a scheme that is there, or looks like one. */
export function isProfileFile(profile: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:/i.test(profile)) return false;
  return /\.(?:json|xml)$/.test(profile) || (statSync(profile, { throwIfNoEntry: false })?.isFile() ?? false);
}

/** Definitions that don't say which release they are for, as most value sets, are given to both. */
function add(gathering: Gathering, { resource }: DefinitionSource, release: Release | undefined): void {
  const version = textOf(resource, 'fhirVersion');
  const own = version?.startsWith('3.0') ? 'stu3' : version?.startsWith('4.0') ? 'r4' : release;
  if (own !== undefined && typeOf(resource) === 'StructureDefinition') gathering.releases.add(own);
  if (own !== 'r4') gathering.stu3.push(resource);
  if (own !== 'stu3') gathering.r4.push(resource);
}

function typeOf(resource: unknown): string | undefined {
  return textOf(resource, 'resourceType');
}

function textOf(resource: unknown, name: string): string | undefined {
  const value = (resource as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

function reasons(problems: readonly DefinitionProblem[]): string {
  return problems.length === 0
    ? 'There are no FHIR definitions in it.'
    : problems.map(({ definition, reason }) => `${definition}: ${reason}`).join(' ');
}
