/** Profiles by url or by the last part of it, and the list of all that are known. */
import { loadBaseDefinitions, type Release, type Validator } from '../../validation/index.js';
import { CannotRun } from './cannot-run.js';
import type { ListedProfile } from './engines.js';

export interface ResolvedProfile {
  readonly url: string;
  /** Those in which it is known. */
  readonly releases: readonly Release[];
}

const FHIR = 'http://hl7.org/fhir/StructureDefinition/';

export function listProfiles(validator: Validator): readonly ListedProfile[] {
  const { release } = validator;
  return [...loadBaseDefinitions(release).types.keys()]
    .flatMap((type) => validator.profilesOf(type).map((url) => ({ release, type, url })))
    .sort((one, other) => (one.type === other.type ? order(one.url, other.url) : order(one.type, other.type)));
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Throws `CannotRun` for one that is not known in any of these releases, or can't be compiled. */
export function resolveProfile(
  name: string,
  releases: readonly Release[],
  validator: (release: Release) => Validator,
): ResolvedProfile {
  const url = name.includes(':') ? (name.split('|', 1)[0] ?? name) : urlOf(name, releases, validator);
  // The url says it; looking in the other release as well would only take time.
  const likely = releases.filter((release) => release === 'stu3' || !/\/STU3\//i.test(url));
  const known = likely.filter((release) => isKnown(validator(release), url));
  if (known.length > 0) return { url, releases: known };
  const reason = likely
    .flatMap((release) => validator(release).problems)
    .find(({ definition }) => definition === url)?.reason;
  if (reason !== undefined) throw new CannotRun(`--profile ${name} can't be used: ${reason}`);
  throw new CannotRun(`--profile ${name} is not known${advice(url, releases, validator)}`);
}

function isKnown(validator: Validator, url: string): boolean {
  try {
    validator.prepare([url]);
    return true;
  } catch {
    return false;
  }
}

function urlOf(name: string, releases: readonly Release[], validator: (release: Release) => Validator): string {
  const urls = releases.flatMap((release) => listProfiles(validator(release)).map(({ url }) => url));
  const found = [...new Set(urls.filter((url) => lastPart(url) === name))];
  if (found.length > 1) throw new CannotRun(`--profile ${name} may be ${found.join(' or ')}: give the url`);
  return found[0] ?? `${FHIR}${name}`;
}

function lastPart(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function advice(url: string, releases: readonly Release[], validator: (release: Release) => Validator): string {
  const wanted = lastPart(url).toLowerCase();
  const near = releases
    .flatMap((release) => listProfiles(validator(release)))
    .map((one) => one.url)
    .filter((one) => isNear(lastPart(one).toLowerCase(), wanted));
  if (near.length > 0) return `: did you mean ${[...new Set(near)].slice(0, 3).join(' or ')}?`;
  const where = releases.length === 1 ? ` in FHIR ${releases[0] === 'stu3' ? 'STU3' : 'R4'}` : '';
  return `${where}: give its definition with --ig, or see --list-profiles`;
}

function isNear(one: string, other: string): boolean {
  const parts = (text: string): string => text.replaceAll(/[^a-z0-9]/g, '');
  const [first, second] = [parts(one), parts(other)];
  if (first === second) return true;
  const [short, long] = first.length < second.length ? [first, second] : [second, first];
  return short.length >= 4 && long.includes(short);
}
