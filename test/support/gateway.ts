/**
 * The whole gateway on port 0 over real simulators, with the clock and the ids in the test's hands. Nothing inside is
 * replaced: requests go over sockets, bookings into a ledger, calls to the practice over HTTP.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfiguration } from '../../src/config.js';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { registry } from '../../src/connectors/registry.js';
import { BREAKER_RULES } from '../../src/connectors/exchange/guard/index.js';
import { startGateway, type GatewayOptions, type RunningGateway } from '../../src/main.js';
import type { Log, LogFields, Runtime } from '../../src/ports/runtime.js';
import { createSystemRuntime } from '../../src/system.js';
import { createConsumer, type TestConsumer } from './consumer.js';

export const FIXTURES = resolve(import.meta.dirname, '../../fixtures');

/** Monday 18 May 2026, 07:00 in London, which is on summer time: before every surgery of the day. */
export const MONDAY_MORNING = Date.parse('2026-05-18T06:00:00Z');

export const LEDGER_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

export interface TestClock {
  readonly now: () => number;
  readonly set: (instant: number) => void;
  readonly advance: (ms: number) => void;
}

export function createTestClock(start = MONDAY_MORNING): TestClock {
  let now = start;
  return {
    now: () => now,
    set: (instant) => {
      now = instant;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

/** Real waiting and a real monotonic clock; wall time and ids belong to the test. */
export function createTestRuntime(clock: TestClock): Runtime {
  const system = createSystemRuntime();
  let count = 0;
  return {
    ...system,
    clock: { now: clock.now, monotonic: () => system.clock.monotonic() },
    ids: { next: () => `test-${String((count += 1)).padStart(18, '0')}` },
    random: { fraction: () => 0.5 },
  };
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: LogFields | undefined;
}

export interface TestGateway {
  readonly url: string;
  readonly clock: TestClock;
  readonly gateway: RunningGateway;
  /** Two practices: A99901 (institution 10) and A99902 (institution 11). */
  readonly riverside: HmisSimulation;
  /** One practice: A99903 (institution 20). */
  readonly hillside: HmisSimulation;
  readonly register: PdsSimulation;
  readonly logLines: readonly LogLine[];
  /** A consumer that addresses a practice, or a group with `federation/{name}`. */
  consumer(addressee?: string): TestConsumer;
  /** Calls that have reached any practice system so far. */
  practiceCalls(): number;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly clock?: TestClock;
  /** Edits the text of the demo's practices file before it is read. */
  readonly practices?: (yaml: string) => string;
  /** Overrides for the HMIS simulators' knobs. */
  readonly hmis?: Record<string, unknown>;
  /** Adds to, or replaces, the parts of the riverside installation's data file. */
  readonly riverside?: Record<string, unknown>;
  readonly ledgerFile?: string;
  /** Changes the machine under the gateway, for example its monotonic clock. */
  readonly runtime?: (runtime: Runtime) => Runtime;
  /** How practice systems are spared; without it no breaker opens, so that one fault of a test says nothing of the next. */
  readonly resilience?: GatewayOptions['resilience'];
  readonly overload?: GatewayOptions['overload'];
}

const NO_BREAKERS = { ...BREAKER_RULES, inARow: Infinity, leastCalls: Infinity };

const ASIDS: Readonly<Record<string, string>> = {
  A99901: '200000009901',
  A99902: '200000009902',
  A99903: '200000009903',
  'federation/north': '200000009900',
};

function dataOf(name: string, overrides: Record<string, unknown> = {}): ReturnType<typeof loadHmisData> {
  return { ...loadHmisData(join(FIXTURES, 'hmis', `${name}.yaml`)), ...overrides };
}

/** The demo's practices file for simulators and a ledger that stand elsewhere. */
export function demoEnvironment(addresses: {
  readonly publicUrl: string;
  readonly ledgerFile: string;
  readonly riverside: string;
  readonly hillside: string;
  readonly register: string;
}): Record<string, string> {
  return {
    SLOTBRIDGE_DEMO_PUBLIC_URL: addresses.publicUrl,
    SLOTBRIDGE_DEMO_LEDGER_FILE: addresses.ledgerFile,
    SLOTBRIDGE_DEMO_LEDGER_KEY: LEDGER_KEY,
    SLOTBRIDGE_DEMO_PDS_URL: addresses.register,
    SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_URL: addresses.riverside,
    SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_KEY: 'demo-riverside-key',
    SLOTBRIDGE_DEMO_HMIS_HILLSIDE_URL: addresses.hillside,
    SLOTBRIDGE_DEMO_HMIS_HILLSIDE_KEY: 'demo-hillside-key',
  };
}

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const clock = options.clock ?? createTestClock();
  const [riverside, hillside, register] = await Promise.all([
    createHmisSimulator({ data: dataOf('riverside', { ...options.hmis, ...options.riverside }), now: clock.now }),
    createHmisSimulator({ data: dataOf('hillside', options.hmis), now: clock.now }),
    createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')), now: clock.now }),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-test-'));
  const file = join(folder, 'practices.yaml');
  const written = readFileSync(join(FIXTURES, 'demo/practices.yaml'), 'utf8');
  writeFileSync(file, options.practices ? options.practices(written) : written);
  const logLines: LogLine[] = [];
  const log: Log = {
    info: (event, fields) => logLines.push({ level: 'info', event, fields }),
    warn: (event, fields) => logLines.push({ level: 'warn', event, fields }),
    error: (event, fields) => logLines.push({ level: 'error', event, fields }),
  };
  const configuration = loadConfiguration(
    file,
    demoEnvironment({
      publicUrl: 'https://gateway.example.nhs.uk',
      ledgerFile: options.ledgerFile ?? join(folder, 'ledger.sqlite'),
      riverside: riverside.url,
      hillside: hillside.url,
      register: register.pds.baseUrl,
    }),
    registry,
  );
  const gateway = await startGateway({
    // The disk of a busy machine may be as slow as it is.
    configuration: { ...configuration, ledger: { ...configuration.ledger, slowCommitMs: Infinity } },
    runtime: options.runtime ? options.runtime(createTestRuntime(clock)) : createTestRuntime(clock),
    log,
    host: '127.0.0.1',
    port: 0,
    ...(options.overload && { overload: options.overload }),
    resilience: options.resilience ?? { breaker: NO_BREAKERS },
  });
  return {
    url: gateway.url,
    clock,
    gateway,
    riverside,
    hillside,
    register,
    logLines,
    consumer: (addressee = 'A99901') => createConsumer(gateway.url, addressee, ASIDS[addressee] ?? '', clock.now),
    practiceCalls: () => riverside.requests.count() + hillside.requests.count(),
    async stop() {
      await gateway.stop();
      await Promise.all([riverside.close(), hillside.close(), register.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
