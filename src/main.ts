/** The composition root: configuration → adapters → core → faces. `startGateway` is the whole gateway in one call. */
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import type { Configuration } from './config.js';
import { createResilience, type ResilienceLimits } from './connectors/exchange/index.js';
import { createNoDemographics } from './connectors/no-demographics.js';
import { createPdsDemographics, type PdsSettings } from './connectors/pds/index.js';
import { registry } from './connectors/registry.js';
import type { CoreSettings, GatewayContext } from './core/context.js';
import { createDirectory, type Directory } from './core/directory.js';
import { createKeyedLocks } from './core/locks.js';
import { createReconciler } from './core/reconcile.js';
import { createFencedSystem } from './core/sharing/fenced-system.js';
import { createLeasedLocks } from './core/sharing/leased-locks.js';
import { createAllowList } from './http/access/allow-list.js';
import { createClientIdentification } from './http/access/client-identity.js';
import { openTlsFiles } from './http/access/tls-files.js';
import { checkBinding } from './http/access/transport.js';
import { HOUR, MINUTE, SECOND } from './domain/time.js';
import { STU3_PATH, stu3Representation } from './fhir/stu3/index.js';
import { createXmlCodec } from './fhir/xml/index.js';
import { createApp } from './http/app.js';
import type { GatewayHttp } from './http/exchange.js';
import { createCountedLog } from './http/operator/counts.js';
import { registerLedgerMetrics } from './http/operator/ledger-metrics.js';
import { openOperatorPort, type OperatorPort } from './http/operator/open-port.js';
import { declaredRows } from './http/interactions.js';
import { OVERLOAD_SETTINGS, type OverloadSettings } from './http/overload/door.js';
import { MOST_FAULTS } from './http/request/faults.js';
import { watchLoop } from './http/health/loop-watch.js';
import { listen } from './http/server.js';
import { createValidationThread } from './http/validation/thread.js';
import type { Demographics } from './ports/demographics.js';
import type { PracticeSystem } from './ports/practice-system.js';
import type { Log, Runtime } from './ports/runtime.js';
import { startHeadExport } from './records/audit/heads.js';
import { openRecords, type OpenedRecords } from './records/open-records.js';
import type { Records } from './records/open-sqlite.js';
import { createValidator, loadBaseDefinitions } from './validation/index.js';

export interface GatewayOptions {
  readonly configuration: Configuration<PdsSettings>;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Overrides the configuration's, for a gateway whose port is only known once it listens. */
  readonly publicUrl?: (port: number) => string;
  /** Overrides how much a practice system is asked for at a time, and when it is given a rest. */
  readonly resilience?: Partial<ResilienceLimits>;
  /** Overrides how many requests are worked on at a time, and how many a consumer may send. */
  readonly overload?: Partial<OverloadSettings>;
  /** Puts something between the gateway and what it writes to. */
  readonly between?: Between;
}

/** For tests that must be there at each commit and each call, such as those that end the process there. */
export interface Between {
  records(records: OpenedRecords): OpenedRecords;
  system(system: PracticeSystem): PracticeSystem;
}

export interface RunningGateway {
  readonly port: number;
  readonly url: string;
  readonly records: Records;
  /** Where operators look after it, if the configuration says so. */
  readonly operator: Pick<OperatorPort, 'port' | 'url'> | undefined;
  /** Reads certificates, key and revocation lists again at once; also done by itself when a file changes. */
  reloadTls(): void;
  /**
   * From now on not ready, but serving for `serveOnMs` more (none by default), in which whoever shares out requests
   * notices. Then lets running requests finish and closes everything in the order in which nothing is lost.
   */
  stop(serveOnMs?: number): Promise<void>;
}

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

/** Every change of a practice's switches SHALL be audited; a practice that is no longer served is switched off. */
async function auditEnablement(
  { enablement }: Records,
  { entries }: Directory,
  { runtime, log }: GatewayOptions,
): Promise<void> {
  const switches = entries.flatMap(({ practice: { odsCode, enabled } }) => [
    { practice: odsCode, capability: 'foundations', on: enabled.foundations } as const,
    { practice: odsCode, capability: 'appointmentManagement', on: enabled.appointmentManagement } as const,
  ]);
  for (const { practice, capability, on } of await enablement.settle(switches, runtime.clock.now())) {
    log.info('enablement-changed', { practice, state: `${capability} ${on ? 'on' : 'off'}` });
  }
}

export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { configuration, runtime } = options;
  const metricsRegistry = new Registry();
  const log = createCountedLog(options.log, metricsRegistry);
  const { transport } = configuration;
  checkBinding(transport, options.host);
  const settingsOfTls = 'tls' in transport ? transport.tls : undefined;
  const tls = settingsOfTls && openTlsFiles(settingsOfTls, log, Date.now);
  const identification = createClientIdentification(transport);
  const opened = await openRecords(configuration.ledger, runtime, log);
  registerLedgerMetrics(metricsRegistry, opened.condition);
  const records = options.between?.records(opened) ?? opened;
  const { ledger, audit, leases } = records;
  const demographics = createDemographics(options);
  const resilience = createResilience(runtime, log, options.resilience);
  const directory = createDirectory(
    configuration.practices.map(({ practice, systemType, settings }) => {
      const connector = registry.connectors.get(systemType);
      if (!connector) throw new Error(`no connector for ${systemType}`);
      const installation = connector.installationOf?.(settings);
      const key = JSON.stringify(installation === undefined ? [practice.odsCode] : [systemType, installation]);
      const guard = resilience.guardOf(practice.odsCode, key, connector.callLimitsOf?.(settings));
      const created = connector.create({ practice, settings, runtime, log, guard });
      const system = options.between?.system(created) ?? created;
      return { practice, system: leases ? createFencedSystem(system, leases) : system };
    }),
    configuration.groups,
  );
  // A start that fails must not leave a process behind that keeps its lease.
  const giveUp = async (error: unknown): Promise<never> => {
    await records.close().catch(() => undefined);
    throw error;
  };
  await auditEnablement(records, directory, options).catch(giveUp);
  const locks = leases ? createLeasedLocks(createKeyedLocks(), leases, runtime) : createKeyedLocks();
  const reconciler = createReconciler({ ledger, runtime, log, locks });
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
    locks,
    reconciler,
    settings,
  };

  const representation = stu3Representation;
  // Whoever reads an answer need not be the one who sent the values.
  const validator = createValidator({
    release: 'stu3',
    quoteValues: false,
    quietTerminology: true,
    compilesBetweenTurns: true,
    maxIssues: MOST_FAULTS,
  });
  // What requests and their tokens hold is compiled before the first of them comes.
  validator.prepare(representation.receives);
  // What an earlier process left open has its watcher before the first request is taken.
  await reconciler.start(directory).catch(giveUp);
  let stopping = false;
  let closing = false;
  let probedAt = -Infinity;
  const loop = watchLoop(runtime, log);
  const health = {
    isAlive: () => loop.isAlive(),
    async ready() {
      if (stopping || !(tls?.isFresh(runtime.clock.now()) ?? true)) return false;
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
  const address = { publicUrl: configuration.publicUrl };
  const http: GatewayHttp = {
    context,
    directory,
    access: { ...createAllowList(configuration.access), namesOf: (request) => identification.namesOf(request) },
    face: { representation, validator, xml: createXmlCodec(loadBaseDefinitions('stu3')), path: STU3_PATH },
    get publicUrl() {
      return address.publicUrl;
    },
    declares: declaredRows(),
    checkAnswers: configuration.checkAnswers,
    ...readRelease(),
  };
  const overload = {
    ...OVERLOAD_SETTINGS,
    // Who has no certificate may be anybody, and anybody else's part is not taken for that.
    requestsPerSecond: transport.mode === 'insecure-loopback' ? undefined : configuration.limits.requestsPerSecond,
    isClosing: () => closing,
    roomOf: (odsCode: string) => resilience.readRoomOf(odsCode),
    turnsAway: (odsCode: string) => resilience.turnsAway(odsCode),
    ...options.overload,
  };
  const validation = createValidationThread(log);
  const heads = startHeadExport(records.auditHead, { log, timers: runtime.timers });
  const close = async (): Promise<void> => {
    await loop.stop();
    await validation.close();
    await reconciler.stop();
    await Promise.all(directory.entries.map(({ system }) => system.close()));
    await demographics.close();
    await audit.flush().catch(() => undefined);
    await heads.close();
    await records.close();
  };
  const door = { identification, tls, context, auditedAs: 'request' } as const;
  const server = await listen(createApp(http, health, validation, overload), representation, options, door).catch(
    async (error: unknown) => {
      // A port that is taken must not leave a process behind that holds the ledger.
      await close();
      throw error;
    },
  );
  if (options.publicUrl) address.publicUrl = options.publicUrl(server.port);
  const conditions = (): ReturnType<typeof resilience.status> => resilience.status();
  const operatorPort = {
    context,
    directory,
    health,
    representation,
    metricsRegistry,
    conditions,
    version: http.version,
  };
  const operator =
    configuration.operator &&
    (await openOperatorPort({ ...operatorPort, settings: configuration.operator, machineTime: Date.now }).catch(
      async (error: unknown) => {
        await server.stop(0);
        await close();
        throw error;
      },
    ));
  log.info('listening', { port: server.port, count: directory.entries.length });
  return {
    port: server.port,
    url: `${tls ? 'https' : 'http'}://${options.host}:${server.port}`,
    records,
    operator: operator && { port: operator.port, url: operator.url },
    reloadTls() {
      tls?.reload();
      operator?.reloadTls();
    },
    async stop(serveOnMs = 0) {
      stopping = true;
      if (serveOnMs > 0) {
        log.info('stopping');
        await runtime.timers.sleep(serveOnMs);
      }
      closing = true;
      await server.stop(STOP_GRACE_MS);
      await operator?.stop();
      await close();
      log.info('stopped');
    },
  };
}
