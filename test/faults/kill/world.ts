/** What one case of the kill sweep runs in: a practice and a register that go on, and a ledger of its own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '../../../src/config.js';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData } from '../../../src/connectors/pds/simulator/index.js';
import { registry } from '../../../src/connectors/registry.js';
import { startGateway, type RunningGateway } from '../../../src/main.js';
import type { Records } from '../../../src/records/open-sqlite.js';
import { createConsumer, type TestConsumer } from '../../support/consumer.js';
import { demoEnvironment, FIXTURES } from '../../support/gateway.js';
import { startGatewayProcess, type GatewayProcess } from '../../support/gateway-process.js';
import type { Ledgers } from './ledgers.js';
import { createFastRuntime } from './process/fast-runtime.js';

export interface GatewayScript {
  readonly file: string;
  /** What Node needs to load it. */
  readonly loader: readonly string[];
}

export const FROM_SOURCE: GatewayScript = {
  file: 'test/faults/kill/process/gateway.ts',
  loader: ['--import', 'tsx'],
};

export interface Setting {
  readonly ledgers: Ledgers;
  readonly script: GatewayScript;
  /** Changes the demo's practices file. */
  readonly practices?: (text: string) => string;
}

export interface Restarted {
  readonly consumer: TestConsumer;
  stop(): Promise<void>;
}

export interface World {
  readonly practice: HmisSimulation;
  /** Starts the gateway on the ledger that the one before it has left; throws when it dies before it listens. `more` of its environment. */
  start(
    killAt?: string,
    more?: Readonly<Record<string, string>>,
  ): Promise<{ readonly gateway: GatewayProcess; readonly consumer: TestConsumer }>;
  /** The same for one that nobody kills: in this process, which is quicker. */
  restart(): Promise<Restarted>;
  /** From now on points count. */
  arm(): void;
  /** From now on they do not, until the next `arm`. */
  disarm(): void;
  /** All gateways have ended: the settle time of everything sent so far passes, and so do their leases. */
  passSettleTime(): Promise<void>;
  /** Points reached since they count, in their order. */
  reached(): readonly string[];
  /** Numbers of the bookings at the practice that are not cancelled. */
  standing(): readonly string[];
  /** Where the ledger lies; throws where it is no file. */
  ledgerFile(): string;
  /** The ledger, while no gateway has it. */
  readonly records: () => Promise<Records>;
  close(): Promise<void>;
}

/** More than the settle time of the demo's practices. */
const SETTLED_AFTER_MS = 200_000;
/** Of a gateway that recovers: what takes a minute takes some seconds. Its deadlines are as much shorter. */
const SPEED = 4;
const MOST_TRIES = 4;
const PUBLIC_URL = 'https://gateway.example.nhs.uk';
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A database on a busy machine may not answer within the time that a gateway gives it when it starts. */
async function inTheEnd<T>(open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      if (tries === MOST_TRIES || !String(error).includes('cannot be opened')) throw error;
    }
  }
}

export async function createWorld({ ledgers, script, practices }: Setting): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-sweep-'));
  const armedBy = join(folder, 'armed');
  const list = join(folder, 'points');
  const ledger = await ledgers.create(folder, practices);
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  const practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')), now });
  const register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')), now });
  const running = new Set<{ kill(): Promise<void> }>();
  const environment = {
    ...demoEnvironment({
      publicUrl: PUBLIC_URL,
      ledgerFile: 'unused',
      riverside: practice.url,
      hillside: practice.url,
      register: register.pds.baseUrl,
    }),
    ...ledger.env,
  };
  const speed = (): number => (aheadMs > 0 ? SPEED : 1);
  const consumerOf = (url: string): TestConsumer => createConsumer(url, 'A99901', '200000009901', now);
  return {
    practice,
    async start(killAt, more) {
      const env = {
        ...environment,
        KILL_ARMED: armedBy,
        KILL_LIST: list,
        CLOCK_AHEAD_MS: String(aheadMs),
        CLOCK_SPEED: String(speed()),
        ...(killAt === undefined ? {} : { KILL_AT: killAt }),
        ...more,
      };
      const gateway = await startGatewayProcess(env, ledger.config, [script.file, ledger.config], script.loader);
      running.add(gateway);
      void gateway.exited.then(() => running.delete(gateway));
      return { gateway, consumer: consumerOf(gateway.url) };
    },
    async restart() {
      const starting = (): Promise<RunningGateway> =>
        startGateway({
          configuration: loadConfiguration(ledger.config, environment, registry),
          runtime: createFastRuntime(aheadMs, speed()),
          log: SILENT,
          host: '127.0.0.1',
          port: 0,
        });
      const gateway = await inTheEnd(starting);
      let stopped: Promise<void> | undefined;
      const stop = (): Promise<void> => (stopped ??= gateway.stop());
      running.add({ kill: stop });
      return { consumer: consumerOf(gateway.url), stop };
    },
    arm: () => writeFileSync(armedBy, ''),
    disarm: () => rmSync(armedBy, { force: true }),
    async passSettleTime() {
      aheadMs += SETTLED_AFTER_MS;
      await ledger.bury();
    },
    reached: () => (existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []),
    standing: () =>
      practice.hmis
        .bookings()
        .filter(({ cancelled, patientId }) => !cancelled && patientId !== undefined)
        .map(({ bookingId }) => String(bookingId)),
    ledgerFile() {
      if (ledger.file === undefined) throw new Error('this ledger is no file');
      return ledger.file;
    },
    records: () => inTheEnd(() => ledger.records(now)),
    async close() {
      await Promise.allSettled([...running].map((gateway) => gateway.kill()));
      await Promise.all([practice.close(), register.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
