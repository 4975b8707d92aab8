/** A validator for each release that is needed, made once; which release and which profiles a resource is held to. */
import {
  createValidator,
  loadBaseDefinitions,
  type DefinitionProblem,
  type Release,
  type ValidationIssue,
  type Validator,
  type ValidatorOptions,
} from '../../validation/index.js';
import type { GivenDefinitions } from './definitions.js';
import { listProfiles, resolveProfile } from './profiles.js';

export interface EngineOptions extends Pick<ValidatorOptions, 'quietTerminology' | 'maxIssues'> {
  /** The release asked for; without it each resource is asked. */
  readonly release: Release | undefined;
  readonly given: GivenDefinitions;
}

export interface ReleaseChoice {
  readonly release: Release;
  /** Nothing told which release it is. */
  readonly assumed: boolean;
}

export interface Checked extends ReleaseChoice {
  readonly issues: readonly ValidationIssue[];
}

export interface Engines {
  /** Urls of the profiles that were asked for. */
  readonly profiles: readonly string[];
  releaseOf(resource: unknown): ReleaseChoice;
  /** Holds it to the profiles asked for that are for its type. */
  check(resource: unknown, choice?: ReleaseChoice): Checked;
  /** Definitions that turned out to be unusable so far. */
  problems(): readonly DefinitionProblem[];
  /** Compiles every profile that was brought along. */
  checkDefinitions(): { readonly checked: number; readonly problems: readonly DefinitionProblem[] };
  listProfiles(type?: string): readonly ListedProfile[];
}

export interface ListedProfile {
  readonly release: Release;
  readonly type: string;
  readonly url: string;
}

const BOTH: readonly Release[] = ['stu3', 'r4'];
const DEFAULT: Release = 'stu3';
const IN_STU3 = /\/STU3\//i;

/** Throws `CannotRun` for a profile that is not known or can't be compiled. */
export function createEngines({ release: asked, given, ...options }: EngineOptions): Engines {
  const validators = new Map<Release, Validator>();
  const fits = new Map<string, boolean>();
  const claims = new Map<string, Release | undefined>();

  const validator = (release: Release): Validator => {
    let known = validators.get(release);
    if (known === undefined) {
      known = createValidator({ release, definitions: given.of[release], ...options });
      validators.set(release, known);
    }
    return known;
  };
  const list = (release: Release): readonly ListedProfile[] => listProfiles(validator(release));

  const wanted = given.profiles.map((name) => resolveProfile(name, asked === undefined ? BOTH : [asked], validator));
  const profiles = wanted.map(({ url }) => url);
  /** What the profiles asked for, or else the guides, agree on. */
  const agreed = wanted.length > 0 ? only(wanted.flatMap(({ releases }) => releases)) : only([...given.releases]);

  return {
    profiles,
    releaseOf,
    check(resource, choice = releaseOf(resource)) {
      return likelier(choice, ({ release }) => hold(validator(release), resource));
    },
    problems,
    checkDefinitions() {
      const told = BOTH.filter((one) => given.releases.has(one));
      const releases = asked !== undefined ? [asked] : told.length > 0 ? told : BOTH;
      const broken = releases.map((release) => validator(release).checkDefinitions());
      const resources = new Set(releases.flatMap((release) => given.of[release]));
      if (asked !== undefined || told.length > 0) return { checked: resources.size, problems: problems() };
      // Definitions that don't say which release they are for are sound where one release can use them.
      const everywhere = problems().filter(
        (one) =>
          given.problems.includes(one) ||
          broken.every((some) => some.some(({ definition }) => definition === one.definition)),
      );
      return { checked: resources.size, problems: everywhere };
    },
    listProfiles: (type) =>
      (asked === undefined ? BOTH : [asked]).flatMap(list).filter((one) => type === undefined || one.type === type),
  };

  function problems(): readonly DefinitionProblem[] {
    const all = [...given.problems, ...[...validators.values()].flatMap((one) => one.problems)];
    return [...new Map(all.map((one) => [`${one.definition} ${one.reason}`, one])).values()];
  }

  function releaseOf(resource: unknown): ReleaseChoice {
    if (asked !== undefined) return { release: asked, assumed: false };
    const type = typeOf(resource);
    for (const { of, url } of claimsOf(resource)) {
      const release = releaseOfClaim(of, url);
      if (release !== undefined) return { release, assumed: false };
    }
    const version = isObject(resource) ? resource['fhirVersion'] : undefined;
    if (typeof version === 'string' && /^[34]\.0/.test(version))
      return { release: version.startsWith('3') ? 'stu3' : 'r4', assumed: false };
    if (agreed !== undefined) return { release: agreed, assumed: false };
    const homes = BOTH.filter((release) => type !== undefined && loadBaseDefinitions(release).types.has(type));
    return homes.length === 1 ? { release: homes[0] ?? DEFAULT, assumed: false } : { release: DEFAULT, assumed: true };
  }

  function releaseOfClaim(type: string, url: string): Release | undefined {
    if (IN_STU3.test(url)) return 'stu3';
    // FHIR's own profiles have the same url in every release.
    if (url.startsWith('http://hl7.org/fhir/StructureDefinition/')) return undefined;
    const key = `${type} ${url}`;
    if (!claims.has(key)) claims.set(key, only(BOTH.filter((one) => validator(one).profilesOf(type).includes(url))));
    return claims.get(key);
  }

  function hold(engine: Validator, resource: unknown): readonly ValidationIssue[] {
    const type = typeOf(resource);
    if (profiles.length === 0 || type === undefined) return engine.validate(resource);
    const fitting = profiles.filter((url) => isFor(engine, url, type));
    const bundle = type === 'Bundle' ? claimInEntries(engine, resource as Json) : undefined;
    if (bundle !== undefined) return engine.validate(bundle, { profiles: fitting });
    // Where none fits, all are asked of it, and the validator says that they are for something else.
    return engine.validate(resource, { profiles: fitting.length > 0 ? fitting : profiles });
  }

  /** The Bundle with the profiles asked for among those its entries claim; undefined where none is for any of them. */
  function claimInEntries(engine: Validator, bundle: Json): Json | undefined {
    const entries = bundle['entry'];
    if (!Array.isArray(entries)) return undefined;
    let changed = false;
    const entry = entries.map((one: unknown) => {
      const resource = isObject(one) ? one['resource'] : undefined;
      const type = typeOf(resource);
      if (!isObject(one) || !isObject(resource) || type === undefined || type === 'Bundle') return one;
      const { meta = {} } = resource;
      const fitting = profiles.filter((url) => isFor(engine, url, type));
      if (fitting.length === 0 || !isObject(meta)) return one;
      const { profile: own = [] } = meta;
      if (!Array.isArray(own)) return one;
      changed = true;
      const added = fitting.filter((url) => !own.includes(url));
      return added.length === 0
        ? one
        : { ...one, resource: { ...resource, meta: { ...meta, profile: [...(own as unknown[]), ...added] } } };
    });
    return changed ? { ...bundle, entry } : undefined;
  }

  function isFor(engine: Validator, url: string, type: string): boolean {
    const key = `${engine.release} ${type} ${url}`;
    let known = fits.get(key);
    if (known === undefined) {
      const refused = engine
        .validate({ resourceType: type }, { profiles: [url] })
        .some(({ rule, pointer }) => rule.kind === 'profile' && pointer === '');
      fits.set(key, (known = !refused));
    }
    return known;
  }
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function typeOf(resource: unknown): string | undefined {
  const type = isObject(resource) ? resource['resourceType'] : undefined;
  return typeof type === 'string' ? type : undefined;
}

/** The profiles that it says it meets, and for a Bundle those of its entries. */
function* claimsOf(resource: unknown): Generator<{ readonly of: string; readonly url: string }> {
  const of = typeOf(resource);
  if (!isObject(resource) || of === undefined) return;
  const { meta, entry } = resource;
  const urls = isObject(meta) ? meta['profile'] : undefined;
  if (Array.isArray(urls))
    for (const url of urls) if (typeof url === 'string') yield { of, url: url.split('|', 1)[0] ?? url };
  if (of !== 'Bundle' || !Array.isArray(entry)) return;
  for (const one of entry) {
    const inner: unknown = isObject(one) ? one['resource'] : undefined;
    if (typeOf(inner) !== 'Bundle') yield* claimsOf(inner);
  }
}

/** Of a release that is only assumed, the other is tried too where there are errors: it is the one with fewer. */
export function likelier(choice: ReleaseChoice, check: (choice: ReleaseChoice) => readonly ValidationIssue[]): Checked {
  const errorsOf = (issues: readonly ValidationIssue[]): number =>
    issues.filter(({ severity }) => severity === 'error').length;
  const first = { ...choice, issues: check(choice) };
  if (!choice.assumed || errorsOf(first.issues) === 0) return first;
  const release = choice.release === 'stu3' ? 'r4' : 'stu3';
  const second = { release, assumed: true, issues: check({ release, assumed: true }) } as const;
  return errorsOf(second.issues) < errorsOf(first.issues) ? second : first;
}

function only(releases: readonly Release[]): Release | undefined {
  const different = new Set(releases);
  return different.size === 1 ? releases[0] : undefined;
}
