/**
 * The parts that belong to somebody else: a practice system's settings and the register's. Each is read with the
 * schema its connector hands over; what is the same for all of them is done here, before that schema sees it:
 * `type` chooses the schema, and an address (a key that ends in `Url`) may be `{ env: NAME }` and is checked.
 */
import { z, type ZodType } from 'zod';
import type { Connector } from '../connectors/connector.js';
import type { CallLimits } from '../connectors/exchange/index.js';
import { findAddressFault } from './addresses.js';
import { child } from './source/document.js';
import { list, parsePart } from './source/explain.js';
import { nearest, type ConfigurationPath, type Finding } from './source/problems.js';
import { envReference, type References } from './references.js';

/** What can stand behind the gateway. `src/connectors/registry.ts` holds the real ones. */
export interface ConfigurationRegistry<Pds = unknown> {
  readonly connectors: ReadonlyMap<string, Pick<Connector<unknown>, 'settings' | 'installationOf' | 'callLimitsOf'>>;
  readonly demographics: { readonly pds: (secret: ZodType<string>) => ZodType<Pds> };
}

export type DemographicsSettings<Pds> = { readonly type: 'pds'; readonly settings: Pds } | { readonly type: 'none' };

export type SettingsSchemas<T> = ReadonlyMap<string, (secret: ZodType<string>) => ZodType<T>>;

export interface Settings<T> {
  readonly type: string;
  readonly settings: T;
}

export type ParsedSettings<T> = Settings<T> | { readonly findings: readonly Finding[] };

/** The registers that `demographics.type` can name, each made into the form the configuration holds. */
export function demographicsSchemas<Pds>({
  demographics,
}: ConfigurationRegistry<Pds>): SettingsSchemas<DemographicsSettings<Pds>> {
  type Schema = (secret: ZodType<string>) => ZodType<DemographicsSettings<Pds>>;
  return new Map<string, Schema>([
    ['pds', (secret) => demographics.pds(secret).transform((settings) => ({ type: 'pds', settings }) as const)],
    ['none', () => z.strictObject({}).transform(() => ({ type: 'none' }) as const)],
  ]);
}

export interface Installation {
  /** Equal for practices that share one practice system. */
  readonly key: string;
  /** What has to be equal for them too. */
  readonly calls: CallLimits | undefined;
}

/** What is equal for practices that share one practice system; nothing where the settings are faulty or do not tell. */
export function installationOf(
  system: ParsedSettings<unknown>,
  { connectors }: Pick<ConfigurationRegistry, 'connectors'>,
): Installation | undefined {
  if (!('settings' in system)) return undefined;
  const connector = connectors.get(system.type);
  const installation = connector?.installationOf?.(system.settings);
  if (installation === undefined) return undefined;
  return { key: JSON.stringify([system.type, installation]), calls: connector?.callLimitsOf?.(system.settings) };
}

/** Passes every check of an address, so that an address already found wanting is complained of once. */
const STAND_IN = 'https://address.invalid';

export function isAddressKey(key: string): boolean {
  return /(?:^url|Url)$/.test(key);
}

export function parseSettings<T>(
  raw: unknown,
  base: ConfigurationPath,
  schemas: SettingsSchemas<T>,
  references: References,
): ParsedSettings<T> {
  const type = child(raw, 'type');
  // The shape's own check has already said that the part or its `type` is missing or no text.
  if (typeof type !== 'string') return { findings: [] };
  const settingsOf = schemas.get(type);
  if (settingsOf === undefined) {
    const meant = nearest(type, schemas.keys());
    const hint = meant === undefined ? '' : `: did you mean \`${meant}\`?`;
    return { findings: [{ path: [...base, 'type'], message: `must be one of ${list([...schemas.keys()])}${hint}` }] };
  }
  const written: Record<string, unknown> = { ...(raw as object) };
  delete written['type'];
  const findings: Finding[] = [];
  const settled = settleAddresses(written, base, child(raw, 'allowHttp') === true, references, findings);
  const parsed = parsePart(settingsOf(references.secret), settled, base);
  if ('findings' in parsed) findings.push(...parsed.findings);
  return 'value' in parsed && findings.length === 0 ? { type, settings: parsed.value } : { findings };
}

function settleAddresses(
  part: unknown,
  base: ConfigurationPath,
  allowHttp: boolean,
  references: References,
  findings: Finding[],
): unknown {
  const inner = (value: unknown, step: string | number): unknown =>
    settleAddresses(value, [...base, step], allowHttp, references, findings);
  if (Array.isArray(part)) return part.map(inner);
  if (typeof part !== 'object' || part === null) return part;
  const settled = Object.entries(part).map(([key, value]: [string, unknown]) => {
    if (!isAddressKey(key)) return [key, inner(value, key)] as const;
    const address = readAddress(value, references);
    const fault = 'problem' in address ? address.problem : address.check(allowHttp);
    if (fault !== undefined) findings.push({ path: [...base, key], message: fault });
    return [key, 'text' in address && fault === undefined ? address.text : STAND_IN] as const;
  });
  return Object.fromEntries(settled);
}

type ReadAddress =
  { readonly problem: string } | { readonly text: string; readonly check: (allowHttp: boolean) => string | undefined };

function readAddress(value: unknown, references: References): ReadAddress {
  const byName = envReference.safeParse(value);
  if (typeof value !== 'string' && !byName.success) return { problem: 'must be an address, or `{ env: NAME }`' };
  const read = byName.success ? references.readEnv(byName.data.env) : { text: String(value) };
  if ('problem' in read) return read;
  return { text: read.text.trim(), check: (allowHttp) => findAddressFault(read.text.trim(), allowHttp) };
}
