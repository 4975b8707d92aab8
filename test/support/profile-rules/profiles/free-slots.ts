/** What a search for free slots answers, at one practice and over a group: only what was asked for, and all of it. */
import { code, string, unsignedInt, uri } from '../engine/primitives.js';
import { codeList, many, never, one, type Check, type Ground, type Json, type Shape } from '../engine/shape.js';
import { each } from '../parts/datatypes.js';
import { onceEach, resourcesOf, searchset } from './bundles.js';
import { LOCATION } from './location.js';
import { MISSING_PRACTICE } from './operation-outcome.js';
import { ORGANIZATION } from './organization.js';
import { PRACTITIONER } from './practitioner.js';
import { SCHEDULE } from './schedule.js';
import { SLOT } from './slot.js';

const RESOURCES = {
  Slot: SLOT,
  Schedule: SCHEDULE,
  Location: LOCATION,
  Practitioner: PRACTITIONER,
  Organization: ORGANIZATION,
};

/** The resources of one practice: references are relative, so it is in its own practice that one resolves. */
type Site = readonly Json[];

const ofType = (site: Site, type: string): readonly Json[] => site.filter((one: Json) => one?.resourceType === type);
const has = (site: Site, reference: string): boolean =>
  site.some((one: Json) => `${one.resourceType}/${one.id}` === reference);
const actorsOf = (site: Site, type: string): readonly string[] =>
  ofType(site, 'Schedule')
    .flatMap((one: Json) => each(one.actor).map((actor: Json) => String(actor.reference)))
    .filter((reference) => reference.startsWith(`${type}/`));

type Asked = 'yes' | 'no' | 'perhaps';

/** An include that comes without `:recurse` binds nobody either way. */
function asked(query: URLSearchParams, type: string): Asked {
  const wanted = `Schedule:actor:${type}`;
  if (query.getAll('_include:recurse').includes(wanted)) return 'yes';
  return query.getAll('_include').includes(wanted) ? 'perhaps' : 'no';
}

function included(type: 'Location' | 'Practitioner'): SiteRule {
  return {
    rule: `${type} is there if asked for, and then every one of the Schedules`,
    broken: (site, { query }) => {
      const wanted = asked(query, type);
      if (wanted === 'no') return ofType(site, type).length > 0 && `${ofType(site, type).length} not asked for`;
      return wanted === 'yes' && actorsOf(site, type).find((reference) => !has(site, reference));
    },
  };
}

const nextDay = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
const isDay = (value: string): boolean => /^\d{4}-\d\d-\d\d$/.test(value);
/** A plus sign that was not escaped has become a space. */
const boundary = (query: URLSearchParams, name: string): string => (query.get(name) ?? '').slice(2).replace(' ', '+');

/** Wholly inside: a day as `le` runs to its end. */
function isInside(slot: Json, query: URLSearchParams): boolean {
  const [from, to] = [boundary(query, 'start'), boundary(query, 'end')];
  const after = isDay(from) ? slot.start.slice(0, 10) >= from : Date.parse(slot.start) >= Date.parse(from);
  const before = isDay(to)
    ? slot.end.slice(0, 19) <= `${nextDay(to)}T00:00:00`
    : Date.parse(slot.end) <= Date.parse(to);
  return after && before;
}

interface SiteRule {
  readonly rule: string;
  readonly broken: (site: Site, ground: Ground) => string | false | undefined;
}

const SITE_RULES: readonly SiteRule[] = [
  {
    rule: 'the Schedule of every Slot is there',
    broken: (site) =>
      ofType(site, 'Slot')
        .map((one: Json) => one.schedule?.reference)
        .find((reference) => !has(site, reference)),
  },
  {
    rule: 'a Schedule is there for its Slots only',
    broken: (site) => {
      const used = new Set(ofType(site, 'Slot').map((one: Json) => one.schedule?.reference));
      return ofType(site, 'Schedule').find((one: Json) => !used.has(`Schedule/${one.id}`))?.id;
    },
  },
  included('Location'),
  included('Practitioner'),
  {
    rule: 'a Location or Practitioner is there for its Schedules only',
    broken: (site) => {
      const used = new Set([...actorsOf(site, 'Location'), ...actorsOf(site, 'Practitioner')]);
      return [...ofType(site, 'Location'), ...ofType(site, 'Practitioner')].find(
        (one: Json) => !used.has(`${one.resourceType}/${one.id}`),
      )?.id;
    },
  },
  {
    rule: 'the Organization is there, once, if and only if there are Slots',
    broken: (site) => {
      const count = ofType(site, 'Organization').length;
      return count !== Math.min(1, ofType(site, 'Slot').length) && `${count} of them`;
    },
  },
  {
    rule: 'the managingOrganization of every Location is there',
    broken: (site) =>
      ofType(site, 'Location')
        .map((one: Json) => one.managingOrganization?.reference)
        .find((reference) => !has(site, reference)),
  },
  {
    rule: 'every Slot lies wholly inside the period asked for',
    broken: (site, { query }) => {
      const outside = ofType(site, 'Slot').find((one: Json) => !isInside(one, query));
      return outside && `${outside.start} to ${outside.end}`;
    },
  },
];

function totalOf(matches: (bundle: Json) => number): Check {
  return {
    rule: 'total counts the Slots',
    broken: (bundle) => bundle.total !== undefined && bundle.total !== matches(bundle) && `${bundle.total}`,
  };
}

export const FREE_SLOTS: Shape = searchset('Bundle of free slots', RESOURCES, [
  ...SITE_RULES.map(({ rule, broken }) => ({
    rule,
    broken: (bundle: Json, ground: Ground) => broken(resourcesOf(bundle), ground),
  })),
  totalOf((bundle) => ofType(resourcesOf(bundle), 'Slot').length),
]);

/** `…/A99901/STU3/1/gpconnect` of `…/A99901/STU3/1/gpconnect/Slot/1`. */
const baseOf = (entry: Json): string => String(entry.fullUrl).split('/').slice(0, -2).join('/');

function sitesOf(bundle: Json): readonly Site[] {
  const sites = new Map<string, Json[]>();
  for (const entry of each(bundle.entry)) {
    if (entry.fullUrl === undefined) continue;
    sites.set(baseOf(entry), [...(sites.get(baseOf(entry)) ?? []), entry.resource]);
  }
  return [...sites.values()];
}

const modeOf = (resource: Json): string =>
  ({ Slot: 'match', OperationOutcome: 'outcome' })[resource?.resourceType as string] ?? 'include';

const MODE = codeList('search-entry-mode', ['match', 'include', 'outcome']);

const ENTRY: Shape = {
  name: 'federated entry',
  prohibited: never('bdl-3, bdl-4: a searchset has neither', 'request', 'response'),
  elements: {
    fullUrl: one('0..1', uri),
    resource: one('1..1', { resources: { ...RESOURCES, OperationOutcome: MISSING_PRACTICE } }),
    search: one('1..1', {
      name: 'federated entry.search',
      prohibited: never('nothing is ranked', 'score'),
      elements: { mode: one('1..1', code, { codes: MODE }) },
    }),
  },
  checks: [
    {
      rule: 'an entry has the mode of its kind',
      broken: ({ resource, search }: Json) => search?.mode !== modeOf(resource) && search?.mode,
    },
    {
      rule: 'a fullUrl stands below the root of a practice and ends with type and id',
      broken: ({ resource, fullUrl }: Json) =>
        resource?.resourceType === 'OperationOutcome'
          ? fullUrl
          : !new RegExp(`^https?://.+/[A-Z0-9]+/STU3/1/gpconnect/${resource?.resourceType}/${resource?.id}$`).test(
              String(fullUrl),
            ) && String(fullUrl),
    },
  ],
};

/** Over a group: full URLs, because the same reference means another resource at another practice. */
export const FEDERATED_SLOTS: Shape = {
  name: 'federated Bundle',
  prohibited: {
    ...never('a plain searchset claims no profile', 'meta'),
    ...never('nothing signs or pages it', 'link', 'signature', 'identifier'),
  },
  elements: {
    resourceType: one('1..1', string, { fixed: 'Bundle' }),
    type: one('1..1', string, { fixed: 'searchset' }),
    total: one('1..1', unsignedInt),
    entry: many('0..*', ENTRY),
  },
  checks: [
    onceEach,
    ...SITE_RULES.map(({ rule, broken }) => ({
      rule: `at each practice: ${rule}`,
      broken: (bundle: Json, ground: Ground) =>
        sitesOf(bundle)
          .map((site) => broken(site, ground))
          .find((found) => found !== false && found !== undefined),
    })),
    totalOf((bundle) => each(bundle.entry).filter((entry: Json) => entry.search?.mode === 'match').length),
  ],
};
