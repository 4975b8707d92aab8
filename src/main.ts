/** The composition root: configuration → adapters → core → faces. `startGateway` is the whole gateway in one call. */
import { readFileSync } from 'node:fs';
import type { Configuration } from './config.js';
import { createNoDemographics } from './connectors/no-demographics.js';
import { createPdsDemographics, type PdsSettings } from './connectors/pds/index.js';
import { registry } from './connectors/registry.js';
import type { CoreSettings, GatewayContext } from './core/context.js';
import { createDirectory } from './core/directory.js';
import { createKeyedLocks } from './core/locks.js';
import { createReconciler } from './core/reconcile.js';
import { HOUR, MINUTE, SECOND } from './domain/time.js';
import { stu3Representation } from './fhir/stu3/index.js';
import { createXmlCodec } from './fhir/xml/index.js';
import { createApp } from './http/app.js';
import type { GatewayHttp } from './http/exchange.js';
import { declaredRows } from './http/interactions.js';
import { listen } from './http/server.js';
import type { Demographics } from './ports/demographics.js';
import type { Log, Runtime } from './ports/runtime.js';
import { openSqliteRecords, type Records } from './records/open-sqlite.js';
import { createStructureValidator, loadBaseDefinitions } from './validation/index.js';

export interface GatewayOptions {
  readonly configuration: Configuration<PdsSettings>;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Overrides the configuration's, for a gateway whose port is only known once it listens. */
  readonly publicUrl?: (port: number) => string;
}

export interface RunningGateway {
  readonly port: number;
  readonly url: string;
  readonly records: Records;
  /** Lets running requests finish, then closes everything in the order in which nothing is lost. */
  stop(): Promise<void>;
}

/** Path of the STU3 face below a practice's ODS code: FHIR version, GP Connect major version, routing segment. */
const STU3_PATH = 'STU3/1/gpconnect';
const STOP_GRACE_MS = 20 * SECOND;
const READY_CACHED_MS = 2 * SECOND;

interface Release {
  readonly version: string;
  readonly releaseDate: string;
}

function readRelease(): Release {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return JSON.parse(text) as Release;
}

function createDemographics({ configuration, runtime, log }: GatewayOptions): Demographics {
  const { demographics } = configuration;
  if (demographics.type === 'none') return createNoDemographics();
  return createPdsDemographics({ settings: demographics.settings, runtime, log });
}

export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { configuration, runtime, log } = options;
  const records = await openSqliteRecords({
    file: configuration.ledger.file,
    key: Buffer.from(configuration.ledger.key),
    clock: runtime.clock,
  });
  const { ledger, audit } = records;
  const demographics = createDemographics(options);
  const directory = createDirectory(
    configuration.practices.map(({ practice, systemType, settings }) => {
      const connector = registry.connectors.get(systemType);
      if (!connector) throw new Error(`no connector for ${systemType}`);
      return { practice, system: connector.create({ practice, settings, runtime, log }) };
    }),
    configuration.groups,
  );
  const reconciler = createReconciler({ ledger, runtime, log });
  const settings: CoreSettings = {
    ...configuration.limits,
    retraceAfterMs: 12 * HOUR,
    contentWindowMs: 10 * MINUTE,
  };
  const context: GatewayContext = {
    ledger,
    audit,
    demographics,
    runtime,
    log,
    locks: createKeyedLocks(),
    reconciler,
    settings,
  };

  // What an earlier process left open has its watcher before the first request is taken.
  await reconciler.start(directory);
  let stopping = false;
  let probedAt = -Infinity;
  const health = {
    async ready() {
      if (stopping) return false;
      if (runtime.clock.monotonic() - probedAt < READY_CACHED_MS) return true;
      try {
        await ledger.probe();
      } catch {
        return false;
      }
      probedAt = runtime.clock.monotonic();
      return true;
    },
  };
  const representation = stu3Representation;
  const definitions = loadBaseDefinitions('stu3');
  const validator = createStructureValidator(definitions);
  // What requests and their tokens hold is compiled before the first of them comes.
  validator.prepare(['Appointment', 'Parameters', 'Patient', 'Device', 'Organization', 'Practitioner']);
  const address = { publicUrl: configuration.publicUrl };
  const http: GatewayHttp = {
    context,
    directory,
    face: { representation, validator, xml: createXmlCodec(definitions), path: STU3_PATH },
    get publicUrl() {
      return address.publicUrl;
    },
    declares: declaredRows(),
    ...readRelease(),
  };
  const close = async (): Promise<void> => {
    await reconciler.stop();
    await Promise.all(directory.entries.map(({ system }) => system.close()));
    await demographics.close();
    await records.close();
  };
  const server = await listen(createApp(http, health), representation, options).catch(async (error: unknown) => {
    // A port that is taken must not leave a process behind that holds the ledger.
    await close();
    throw error;
  });
  if (options.publicUrl) address.publicUrl = options.publicUrl(server.port);
  log.info('listening', { port: server.port, count: directory.entries.length });
  return {
    port: server.port,
    url: `http://${options.host}:${server.port}`,
    records,
    async stop() {
      stopping = true;
      await server.stop(STOP_GRACE_MS);
      await close();
      log.info('stopped');
    },
  };
}
