/**
 * The gateway's configuration: the practices file and the environment it points into, parsed once and frozen.
 *
 * The environment is handed in; nothing here reads `process.env`. What can be written is in `docs/configuration.md`
 * and `docs/schemas/practices.schema.json`.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AccessRules } from './domain/caller.js';
import type { Practice, PracticeGroup } from './domain/practice.js';
import type { Transport } from './http/access/transport.js';
import type { LedgerSettings } from './records/open-records.js';
import type { OperatorSettings } from './http/operator/settings.js';
import { buildAccess, buildGroup, buildPractice, createZones, millisecondsOf } from './config/practices/build.js';
import { crossCheck } from './config/practices/cross-checks.js';
import { child, childList, parseSource } from './config/source/document.js';
import { findDoubts } from './config/practices/doubts.js';
import { parsePart } from './config/source/explain.js';
import { practicesSchema, type PracticesFile } from './config/practices/schema.js';
import { ConfigurationError, formatPath, type Finding, type Problem } from './config/source/problems.js';
import { crossCheckAccess } from './config/practices/access-checks.js';
import { toLedgerSettings } from './config/ledger.js';
import { toOperatorSettings } from './config/operator.js';
import { toTransport } from './config/transport.js';
import { createReferences, type ConfigurationEnvironment, type References } from './config/references.js';
import {
  demographicsSchemas,
  installationOf,
  parseSettings,
  type ConfigurationRegistry,
  type DemographicsSettings,
  type Settings,
} from './config/settings.js';

export { ConfigurationError, formatProblems, type Problem } from './config/source/problems.js';
export { practicesJsonSchema } from './config/json-schema.js';
export type { ConfigurationEnvironment } from './config/references.js';
export type { ConfigurationRegistry, DemographicsSettings } from './config/settings.js';

export interface ConfiguredPractice {
  readonly practice: Practice;
  /** Key of the connector in the registry. */
  readonly systemType: string;
  /** Made by that connector's own schema. */
  readonly settings: unknown;
}

export interface Configuration<Pds = unknown> {
  /** Root of every address we publish; no `/` at its end. */
  readonly publicUrl: string;
  readonly ledger: LedgerSettings;
  readonly demographics: DemographicsSettings<Pds>;
  readonly transport: Transport;
  /** No operator port without it. */
  readonly operator: OperatorSettings | undefined;
  readonly access: AccessRules;
  readonly practices: readonly ConfiguredPractice[];
  readonly groups: readonly PracticeGroup[];
  readonly limits: {
    readonly bookingDeadlineMs: number;
    readonly federationDeadlineMs: number;
    readonly temporaryRegistrationDays: number;
    /** Of each consumer. */
    readonly requestsPerSecond: number;
    /** How many bookings of a consumer, and of a patient, may have no known outcome yet, at each practice. */
    readonly openOutcomesOfConsumer: number;
    readonly openOutcomesOfPatient: number;
    /** How long requests are still served, not ready any more, after the gateway was told to stop. */
    readonly stopDelayMs: number;
  };
  /** Whether every answer is validated before it is sent. */
  readonly checkAnswers: boolean;
  /** What is allowed and probably not meant; for the operator's log. */
  readonly warnings: readonly Problem[];
  /** Every secret that the file names: what no line of the log may hold. */
  readonly secrets: readonly string[];
}

/**
 * Reads the practices file (YAML or JSON). Throws `ConfigurationError` with every problem at once.
 * Relative paths in the file are relative to it.
 */
export function loadConfiguration<Pds>(
  path: string,
  env: ConfigurationEnvironment,
  registry: ConfigurationRegistry<Pds>,
): Configuration<Pds> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    const message = 'the file cannot be read: check that it exists and may be read';
    throw new ConfigurationError([{ file: path, line: 1, column: 1, path: '', message }]);
  }
  const source = parseSource(text);
  if (source.problems.length > 0) {
    throw new ConfigurationError(source.problems.map((problem) => ({ file: path, path: '', ...problem })));
  }
  const toProblem = (finding: Finding): Problem => ({
    file: path,
    ...source.locate(finding),
    path: formatPath(finding.path),
    message: finding.message,
  });

  const references = createReferences(env, dirname(resolve(path)));
  const shape = parsePart(practicesSchema(references), source.value);
  const connectors = new Map([...registry.connectors].map(([type, one]) => [type, one.settings.bind(one)] as const));
  const systems = childList(source.value, 'practices').map((practice, index) =>
    parseSettings(child(practice, 'practiceSystem'), ['practices', index, 'practiceSystem'], connectors, references),
  );
  const register = parseSettings(
    child(source.value, 'demographics'),
    ['demographics'],
    demographicsSchemas(registry),
    references,
  );

  const findings = [shape, ...systems, register].flatMap((part) => ('findings' in part ? part.findings : []));
  const installations = systems.map((system) => installationOf(system, registry));
  findings.push(...crossCheck(source.value, installations), ...crossCheckAccess(source.value));
  if (findings.length > 0 || 'findings' in shape || 'findings' in register) {
    throw new ConfigurationError(findings.map(toProblem).sort((a, b) => a.line - b.line || a.column - b.column));
  }
  const settled = systems.filter((system) => 'settings' in system);
  const warnings = findDoubts(source.value).map(toProblem);
  const { settings: demographics } = register;
  const secrets = references.secrets();
  return freeze({ ...build(shape.value, settled, references), demographics, secrets, warnings });
}

function build(
  file: PracticesFile,
  systems: readonly Settings<unknown>[],
  { resolvePath }: References,
): Omit<Configuration, 'demographics' | 'secrets' | 'warnings'> {
  const { publicUrl, ledger, practices, groups, limits, checkAnswers } = file;
  const zoneOf = createZones();
  return {
    transport: toTransport(file.transport),
    operator: toOperatorSettings(file.operator),
    access: buildAccess(file),
    publicUrl: new URL(publicUrl).href.replace(/\/+$/, ''),
    ledger: toLedgerSettings(ledger, resolvePath),
    practices: practices.flatMap((written, index) => {
      const system = systems[index];
      if (system === undefined) return [];
      return [{ practice: buildPractice(written, zoneOf), systemType: system.type, settings: system.settings }];
    }),
    groups: groups.map(buildGroup),
    limits: {
      bookingDeadlineMs: millisecondsOf(limits.bookingDeadline),
      federationDeadlineMs: millisecondsOf(limits.federationDeadline),
      temporaryRegistrationDays: limits.temporaryRegistrationDays,
      requestsPerSecond: limits.requestsPerSecond,
      openOutcomesOfConsumer: limits.openOutcomesOfConsumer,
      openOutcomesOfPatient: limits.openOutcomesOfPatient,
      stopDelayMs: millisecondsOf(limits.stopDelay),
    },
    checkAnswers,
  };
}

/** Freezes lists and plain objects all the way down; a key's bytes cannot be frozen. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value) as unknown[]) freeze(inner);
  return Object.freeze(value);
}
