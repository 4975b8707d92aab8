/** What holds between consumers, practices and the transport; on the data as written, as in `cross-checks.ts`. */
import { GROUP_INTERACTIONS, PRACTICE_INTERACTIONS } from '../../http/interactions.js';
import { child, childList } from '../source/document.js';
import { formatPath, nearest, quote, type ConfigurationPath, type Finding } from '../source/problems.js';

interface Mention {
  readonly value: string;
  readonly path: ConfigurationPath;
}

function textsAt(part: unknown, key: string, path: ConfigurationPath): readonly Mention[] {
  return childList(part, key).flatMap((value, index) =>
    typeof value === 'string' ? [{ value, path: [...path, key, index] }] : [],
  );
}

export function crossCheckAccess(raw: unknown): readonly Finding[] {
  const consumers = childList(raw, 'consumers').map((part, index) => ({ part, path: ['consumers', index] as const }));
  const asids = consumers.flatMap(({ part, path }) => {
    const value = child(part, 'asid');
    return typeof value === 'string' ? [{ value, path: [...path, 'asid'] }] : [];
  });
  return [
    ...repeated(asids),
    ...consumers.flatMap(({ part, path }) => [
      ...checkCertificates(raw, textsAt(part, 'certificates', path)),
      ...checkInteractions(textsAt(part, 'interactions', path)),
    ]),
    ...childList(raw, 'practices').flatMap((practice, index) =>
      textsAt(practice, 'consumers', ['practices', index])
        .filter(({ value }) => !asids.some((known) => known.value === value))
        .map(({ value, path }) => ({
          path,
          message: `${quote(value)} is the ASID of no consumer in this file: correct it, or add it to \`consumers\``,
        })),
    ),
  ];
}

function repeated(asids: readonly Mention[]): readonly Finding[] {
  return asids.flatMap(({ value, path }, index) => {
    const earlier = asids.slice(0, index).find((one) => one.value === value);
    if (earlier === undefined) return [];
    const message = `${quote(value)} is the ASID of another consumer (${formatPath(earlier.path)}): give each its own`;
    return [{ path, message }];
  });
}

/** A name that may not connect, or that nobody can show, would shut its consumer out without a word. */
function checkCertificates(raw: unknown, named: readonly Mention[]): readonly Finding[] {
  const transport = child(raw, 'transport');
  const mode = child(transport, 'mode');
  if (mode !== 'mutual-tls' && mode !== 'behind-terminator') {
    const message = 'needs a `transport` that asks for certificates: `mutual-tls` or `behind-terminator`';
    return named.slice(0, 1).map(({ path }) => ({ path: path.slice(0, -1), message }));
  }
  const allowed = textsAt(transport, 'clientNames', []).map(({ value }) => value.toLowerCase());
  return named
    .filter(({ value }) => !allowed.includes(value.toLowerCase()))
    .map(({ value, path }) => unknown(value, path, allowed, 'is not in `transport.clientNames`', 'add it there'));
}

function checkInteractions(named: readonly Mention[]): readonly Finding[] {
  const known = [...PRACTICE_INTERACTIONS, ...GROUP_INTERACTIONS].map(({ interactionId }) => interactionId);
  return named
    .filter(({ value }) => !known.includes(value))
    .map(({ value, path }) => unknown(value, path, known, 'is the id of no interaction', 'correct it, or remove it'));
}

function unknown(
  value: string,
  path: ConfigurationPath,
  known: readonly string[],
  what: string,
  remedy: string,
): Finding {
  const meant = nearest(value, known);
  return {
    path,
    message: `${quote(value)} ${what}: ${meant === undefined ? remedy : `did you mean ${quote(meant)}?`}`,
  };
}
