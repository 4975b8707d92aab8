/**
 * What holds between parts of the practices file. Works on the data as written, so that these problems are reported
 * together with those of the shape.
 */
import { isDeepStrictEqual } from 'node:util';
import { isLogicalId } from '../../domain/identifiers.js';
import { child, childList, valueAt } from '../source/document.js';
import { parseDuration } from './durations.js';
import type { Installation } from '../settings.js';
import { formatPath, nearest, quote, type ConfigurationPath, type Finding } from '../source/problems.js';

interface Mention {
  readonly value: string;
  readonly path: ConfigurationPath;
}

const ACTORS = [
  { kind: 'location', list: 'locations' },
  { kind: 'practitioner', list: 'practitioners' },
] as const;

/** Our FHIR id of a location or practitioner to which the file gives none. */
export function defaultActorId(kind: 'location' | 'practitioner', odsCode: string, systemId: string): string {
  return `${kind}-${odsCode.toLowerCase()}-${systemId}`;
}

/** `installations`: for each practice the one of its practice system, where that is known. */
export function crossCheck(raw: unknown, installations: readonly (Installation | undefined)[]): readonly Finding[] {
  const practices = childList(raw, 'practices').map((_, index) => ['practices', index] as const);
  const groups = childList(raw, 'groups').map((_, index) => ['groups', index] as const);
  const mentions = (paths: readonly ConfigurationPath[], key: string): readonly Mention[] =>
    paths.flatMap((path) => textAt(raw, [...path, key]));

  return [
    ...repeated(mentions(practices, 'odsCode'), 'is the ODS code of another practice', 'give each practice its own'),
    ...repeated(
      [...mentions(practices, 'asid'), ...mentions(groups, 'asid')],
      'is the ASID of another practice or group',
      'give each its own',
    ),
    ...repeated(mentions(groups, 'name'), 'is the name of another group', 'give each group its own'),
    ...ACTORS.flatMap((actor) => checkActors(raw, practices, actor)),
    ...checkInstallations(
      raw,
      practices,
      installations.map((installation) => installation?.key),
    ),
    ...checkCallLimits(raw, practices, installations),
    ...practices.flatMap((practice) => [...checkRules(raw, practice), ...checkWindow(raw, practice)]),
    ...groups.flatMap((group) => checkGroup(raw, group, mentions(practices, 'odsCode'))),
  ];
}

function textAt(raw: unknown, path: ConfigurationPath): readonly Mention[] {
  const value = valueAt(raw, path);
  return typeof value === 'string' ? [{ value, path }] : [];
}

function repeated(mentions: readonly Mention[], what: string, remedy: string): readonly Finding[] {
  const first = new Map<string, ConfigurationPath>();
  return mentions.flatMap(({ value, path }) => {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, path);
    return earlier === undefined
      ? []
      : [{ path, message: `${quote(value)} ${what} (${formatPath(earlier)}): ${remedy}` }];
  });
}

/** System ids are unique within a practice, FHIR ids and SDS user ids within everything we serve or one practice. */
function checkActors(
  raw: unknown,
  practices: readonly ConfigurationPath[],
  { kind, list }: (typeof ACTORS)[number],
): readonly Finding[] {
  const findings: Finding[] = [];
  const ids: Mention[] = [];
  for (const practice of practices) {
    const actors = listAt(raw, [...practice, list]);
    const odsCode = valueAt(raw, [...practice, 'odsCode']);
    const systemIds: Mention[] = [];
    const sdsUserIds: Mention[] = [];
    for (const actor of actors) {
      systemIds.push(...textAt(raw, [...actor, 'systemId']));
      sdsUserIds.push(...textAt(raw, [...actor, 'sdsUserId']));
      const given = textAt(raw, [...actor, 'id']);
      ids.push(...given);
      const [systemId] = textAt(raw, [...actor, 'systemId']);
      if (given.length > 0 || systemId === undefined || typeof odsCode !== 'string') continue;
      const value = defaultActorId(kind, odsCode, systemId.value);
      ids.push({ value, path: systemId.path });
      if (isLogicalId(value)) continue;
      const message = `cannot be made into a FHIR id (letters, digits, \`-\` and \`.\`, 64 at most): add an \`id\``;
      findings.push({ path: systemId.path, message });
    }
    findings.push(
      ...repeated(systemIds, `is the system id of another ${kind} of this practice`, 'list each once'),
      ...repeated(sdsUserIds, `is the SDS user id of another ${kind} of this practice`, 'list each person once'),
    );
  }
  return [...findings, ...repeated(ids, `is the FHIR id of another ${kind}`, 'give each its own `id`')];
}

/** A location of a shared practice system belongs to one practice: two would both sell its places. */
function checkInstallations(
  raw: unknown,
  practices: readonly ConfigurationPath[],
  installations: readonly (string | undefined)[],
): readonly Finding[] {
  const owners = new Map<string, { readonly practice: ConfigurationPath; readonly path: ConfigurationPath }>();
  return practices.flatMap((practice, index) => {
    const installation = installations[index];
    if (installation === undefined) return [];
    const locations = listAt(raw, [...practice, 'locations']);
    return locations.flatMap((location) =>
      textAt(raw, [...location, 'systemId']).flatMap(({ value, path }) => {
        const key = JSON.stringify([installation, value]);
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, { practice, path });
        if (owner === undefined || owner.practice === practice) return [];
        const [odsCode] = textAt(raw, [...owner.practice, 'odsCode']);
        const name = odsCode === undefined ? 'another practice' : `practice ${quote(odsCode.value)}`;
        const message =
          `${quote(value)} is also a location of ${name} (${formatPath(owner.path)}), which is in the same ` +
          'installation: keep it with one of the two, or both sell its places';
        return [{ path, message }];
      }),
    );
  });
}

/** It is the installation that is spared, and it has one measure of it. */
function checkCallLimits(
  raw: unknown,
  practices: readonly ConfigurationPath[],
  installations: readonly (Installation | undefined)[],
): readonly Finding[] {
  return practices.flatMap((practice, index) => {
    const { key, calls } = installations[index] ?? {};
    const first = installations.findIndex((other) => key !== undefined && other?.key === key);
    if (first < 0 || first === index || isDeepStrictEqual(installations[first]?.calls, calls)) return [];
    const [odsCode] = textAt(raw, ['practices', first, 'odsCode']);
    const message =
      `differs from that of practice ${quote(odsCode?.value ?? String(first))}, which is in the same installation: ` +
      'write the same for both';
    return [{ path: [...practice, 'practiceSystem', 'calls'], message }];
  });
}

function listAt(raw: unknown, path: ConfigurationPath): readonly ConfigurationPath[] {
  const list = valueAt(raw, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}

function checkRules(raw: unknown, practice: ConfigurationPath): readonly Finding[] {
  return listAt(raw, [...practice, 'slots', 'rules']).flatMap((rule) =>
    ACTORS.flatMap(({ kind, list }) => {
      const known = listAt(raw, [...practice, list]).flatMap((actor) => textAt(raw, [...actor, 'systemId']));
      return textAt(raw, [...rule, 'when', kind]).flatMap((named) =>
        unknownName(
          named,
          known.map(({ value }) => value),
          `is the \`systemId\` of no ${kind} of this practice`,
          `correct it, or list the ${kind}`,
        ),
      );
    }),
  );
}

function checkWindow(raw: unknown, practice: ConfigurationPath): readonly Finding[] {
  const slots = valueAt(raw, [...practice, 'slots']);
  const [embargo, horizon] = [child(slots, 'embargo'), child(slots, 'horizon')].map((given) =>
    typeof given === 'string' ? parseDuration(given) : undefined,
  );
  if (embargo === undefined || horizon === undefined || embargo < horizon) return [];
  const message = 'must be longer than `embargo`: nothing could ever be booked';
  return [{ path: [...practice, 'slots', 'horizon'], message }];
}

function checkGroup(raw: unknown, group: ConfigurationPath, practices: readonly Mention[]): readonly Finding[] {
  const members = listAt(raw, [...group, 'practices']).flatMap((path) => textAt(raw, path));
  const known = practices.map(({ value }) => value);
  return [
    ...repeated(members, 'is already in this group', 'list each practice once'),
    ...members.flatMap((member) =>
      unknownName(member, known, 'is the ODS code of no practice in this file', 'correct it, or add the practice'),
    ),
  ];
}

function unknownName(named: Mention, known: readonly string[], what: string, remedy: string): readonly Finding[] {
  if (known.includes(named.value)) return [];
  const meant = nearest(named.value, known);
  const advice = meant === undefined ? remedy : `did you mean ${quote(meant)}?`;
  return [{ path: named.path, message: `${quote(named.value)} ${what}: ${advice}` }];
}
