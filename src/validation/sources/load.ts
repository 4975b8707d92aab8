/** Loads definitions from a file, a folder or a FHIR package, with the packages it depends on. */
import { type Dirent, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { DefinitionProblem, Release } from '../types.js';
import { LARGEST_FILE, readArchive } from './archive.js';
import { type DefinitionSource, type Findings, definitionsIn, definitionsOf } from './definitions-in.js';
import { CORE, type Manifest, findPackage, parseManifest, releasesOf } from './manifest.js';

export interface LoadOptions {
  /** The release asked for; a package for another one is a problem and gives nothing. */
  readonly release?: Release;
  /** Turns XML into the JSON form of the resource; without it XML files in folders are passed over. */
  readonly readXml?: (text: string) => unknown;
  /** Where downloaded packages are kept, beside the package's own folder: `~/.fhir/packages` by default. */
  readonly packageCache?: string;
}

export interface LoadedDefinitions {
  /** Those of dependencies first. */
  readonly resources: readonly DefinitionSource[];
  readonly problems: readonly DefinitionProblem[];
  /** What the package says, or all definitions agree on. */
  readonly release?: Release;
}

interface Loading {
  readonly options: LoadOptions;
  readonly resources: DefinitionSource[];
  readonly problems: DefinitionProblem[];
  /** Files, folders and packages seen, so that nothing is loaded twice and circles end. */
  readonly seen: Set<string>;
  files: number;
  release: Release | undefined;
}

const MOST_FILES = 50_000;
/** Instances, tests and schemas: no definitions that anyone should be held to. */
const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules', 'example', 'examples', 'openapi', 'tests']);

/** Never throws: what can't be loaded is among the problems. */
export function loadDefinitions(path: string, options: LoadOptions = {}): LoadedDefinitions {
  const loading: Loading = { options, resources: [], problems: [], seen: new Set(), files: 0, release: undefined };
  try {
    loadPath(resolve(path), loading, true);
  } catch (error) {
    loading.problems.push({ definition: path, reason: `It could not be read (${codeOf(error)}).` });
  }
  const { resources, problems } = loading;
  if (resources.length === 0 && problems.length === 0)
    problems.push({ definition: path, reason: 'There are no FHIR definitions in it.' });
  const release = loading.release ?? commonRelease(resources);
  return { resources, problems, ...(release !== undefined && { release }) };
}

function loadPath(path: string, loading: Loading, must: boolean): void {
  if (loading.seen.has(path)) return;
  loading.seen.add(path);
  if (!existsSync(path)) loading.problems.push({ definition: path, reason: 'There is no such file or folder.' });
  else if (statSync(path).isDirectory()) loadFolder(path, loading);
  else if (path.endsWith('.tgz') || path.endsWith('.tar.gz')) loadArchive(path, loading);
  else loadFile(path, loading, must);
}

function loadFolder(folder: string, loading: Loading): void {
  // A package that was unpacked has all its files in a folder named so.
  const inner = join(folder, 'package');
  if (existsSync(join(inner, 'package.json')) && !existsSync(join(folder, 'package.json'))) {
    const manifest = parseManifest(readFileSync(join(inner, 'package.json'), 'utf8'));
    if (manifest !== undefined && !takeManifest(manifest, folder, dirname(folder), loading)) return;
  } else if (existsSync(join(folder, 'package.json'))) {
    const manifest = parseManifest(readFileSync(join(folder, 'package.json'), 'utf8'));
    const beside = basename(folder) === 'package' ? dirname(dirname(folder)) : dirname(folder);
    if (manifest !== undefined && !takeManifest(manifest, folder, beside, loading)) return;
  }
  walk(folder, loading);
}

/** Links to folders are not followed, so there are no circles. */
function walk(folder: string, loading: Loading): void {
  const left = [folder];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const entries = readdirSync(next, { withFileTypes: true }).sort(byName);
    const folders: string[] = [];
    for (const entry of entries) {
      if (entry.name.startsWith('.') || PASSED_OVER.has(entry.name)) continue;
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (isReadable(entry, path) && /\.(?:json|xml|tgz)$/.test(entry.name) && entry.name !== 'package.json') {
        loading.files += 1;
        if (loading.files === MOST_FILES + 1)
          loading.problems.push({
            definition: folder,
            reason: `It has more than ${MOST_FILES} files; the rest is not read.`,
          });
        if (loading.files > MOST_FILES) return;
        loadPath(path, loading, false);
      }
    }
    left.push(...folders.reverse());
  }
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}

function isReadable(entry: Dirent, path: string): boolean {
  return entry.isFile() || (entry.isSymbolicLink() && existsSync(path) && statSync(path).isFile());
}

function loadFile(path: string, loading: Loading, must: boolean): void {
  const { readXml } = loading.options;
  const xml = path.endsWith('.xml');
  if (xml && readXml === undefined) {
    if (must) loading.problems.push({ definition: path, reason: 'XML can not be read here; give it as JSON.' });
    return;
  }
  if (statSync(path).size > LARGEST_FILE) {
    const reason = `It is larger than ${LARGEST_FILE / 1_000_000} MB and is not read.`;
    loading.problems.push({ definition: path, reason });
    return;
  }
  const text = readFileSync(path, 'utf8');
  take(
    xml && readXml !== undefined ? inXml(text, path, must, readXml) : definitionsIn(text, path, must),
    path,
    loading,
  );
}

function inXml(text: string, path: string, must: boolean, readXml: (text: string) => unknown): Findings {
  if (!must && !/<(?:StructureDefinition|ValueSet|CodeSystem|Bundle)\b/.test(text)) return { found: [] };
  try {
    return definitionsOf(readXml(text), path, must);
  } catch (error) {
    return { found: [], fault: `Its XML could not be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function loadArchive(path: string, loading: Loading): void {
  const { files, faults } = readArchive(path, (name) => {
    const segments = name.split('/');
    return name.endsWith('.json') && segments.every((one) => !one.startsWith('.') && !PASSED_OVER.has(one));
  });
  for (const reason of faults) loading.problems.push({ definition: path, reason });
  const described = files.find((file) => /^[^/]+\/package\.json$/.test(file.name));
  const manifest = described && parseManifest(described.text);
  if (manifest !== undefined && !takeManifest(manifest, path, dirname(path), loading)) return;
  for (const file of files) {
    const origin = `${path}#${file.name}`;
    if (file !== described) take(definitionsIn(file.text, origin, false), origin, loading);
  }
}

function take({ found, fault }: Findings, origin: string, loading: Loading): void {
  for (const one of found) loading.resources.push(one);
  if (fault !== undefined) loading.problems.push({ definition: origin, reason: fault });
}

/** Loads what the package needs; false when the package itself is of no use. */
function takeManifest(manifest: Manifest, path: string, beside: string, loading: Loading): boolean {
  const { name, version, fhirVersions, dependencies } = manifest;
  const identity = `${name}#${version}`;
  if (loading.seen.has(identity)) return false;
  loading.seen.add(identity);
  if (CORE.test(name)) {
    const reason = `The package ${identity} is FHIR's own; its definitions come with the validator.`;
    loading.problems.push({ definition: path, reason });
    return false;
  }
  const releases = releasesOf(fhirVersions);
  const asked = loading.options.release ?? loading.release;
  if (asked === undefined ? releases.length === 0 : !releases.includes(asked)) {
    const wanted = asked === undefined ? 'STU3 (3.0) or R4 (4.0)' : asked === 'stu3' ? 'STU3 (3.0)' : 'R4 (4.0)';
    const reason = `The package ${identity} is for FHIR ${fhirVersions.join(', ')}, and ${wanted} was expected.`;
    loading.problems.push({ definition: path, reason });
    return false;
  }
  loading.release ??= asked ?? releases[0];
  const folders = [beside, loading.options.packageCache ?? join(homedir(), '.fhir', 'packages')];
  for (const [needed, wanted] of dependencies) {
    const found = findPackage(needed, wanted, folders);
    if (found !== undefined) loadPath(found, loading, false);
    else if (![...loading.seen].some((one) => one.startsWith(`${needed}#`)))
      loading.problems.push({
        definition: `${needed}#${wanted}`,
        reason: `The package ${identity} needs it, and it is neither beside it nor in ${folders[1]}.`,
      });
  }
  return true;
}

function commonRelease(resources: readonly DefinitionSource[]): Release | undefined {
  const versions = new Set<string>();
  for (const { resource } of resources) {
    const version = (resource as { readonly fhirVersion?: unknown }).fhirVersion;
    if (typeof version === 'string') versions.add(version);
  }
  const releases = releasesOf([...versions]);
  return releases.length === 1 ? releases[0] : undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
