/** A gateway in a process of its own that may die at any moment, in front of simulators that go on. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { openSqliteRecords, type Records } from '../../src/records/open-sqlite.js';
import { createConsumer, type TestAnswer, type TestConsumer } from '../support/consumer.js';
import { demoEnvironment, FIXTURES, LEDGER_KEY } from '../support/gateway.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';

export interface Started {
  readonly gateway: GatewayProcess;
  readonly consumer: TestConsumer;
}

export interface StartOptions {
  /** Edits the text of the demo's practices file before it is read. */
  readonly practices?: (yaml: string) => string;
  /** Modules that the process loads first. */
  readonly imports?: readonly string[];
  /** See `startGatewayProcess`. */
  readonly wrapper?: readonly string[];
}

export interface KillableGateway {
  readonly practice: HmisSimulation;
  /** Where the ledger is, alone; nothing is there before the first start. */
  readonly disk: string;
  /** Starts it, on the ledger that the one before it has left. */
  start(options?: StartOptions): Promise<Started>;
  /** The ledger, while no gateway has it; to be closed. */
  records(): Promise<Records>;
  /** Stops the gateway in order, and finds nothing open in its ledger. */
  expectNothingOpen(gateway: GatewayProcess): Promise<void>;
  /** Bookings of the practice that are not cancelled. */
  standing(): number;
}

/** Sets up simulators and an empty ledger for every test of the file, and clears away whatever it has started. */
export function setUpKillableGateway(): KillableGateway {
  let folder: string;
  let disk: string;
  let practice: HmisSimulation;
  let register: PdsSimulation;
  const started: GatewayProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slotbridge-kill-'));
    disk = join(folder, 'disk');
    mkdirSync(disk);
    practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')) });
    register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')) });
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((gateway) => gateway.kill()));
    await Promise.all([practice.close(), register.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const records = (): Promise<Records> =>
    openSqliteRecords({ file: join(disk, 'ledger.sqlite'), key: Buffer.from(LEDGER_KEY, 'hex'), clock: Date });

  return {
    get practice() {
      return practice;
    },
    get disk() {
      return disk;
    },
    async start({ practices = (yaml) => yaml, imports = [], wrapper }: StartOptions = {}) {
      const config = join(folder, 'practices.yaml');
      writeFileSync(config, practices(readFileSync(join(FIXTURES, 'demo/practices.yaml'), 'utf8')));
      const gateway = await startGatewayProcess(
        demoEnvironment({
          publicUrl: 'https://gateway.example.nhs.uk',
          ledgerFile: join(disk, 'ledger.sqlite'),
          riverside: practice.url,
          hillside: practice.url,
          register: register.pds.baseUrl,
        }),
        config,
        undefined,
        ['tsx', ...imports].flatMap((module) => ['--import', module]),
        wrapper,
      );
      started.push(gateway);
      return { gateway, consumer: createConsumer(gateway.url, 'A99901', '200000009901', Date.now) };
    },
    records,
    async expectNothingOpen(gateway) {
      expect(await gateway.terminate()).toBe(0);
      const { ledger, close } = await records();
      expect(await ledger.openAttempts()).toEqual([]);
      await close();
    },
    standing: () => practice.hmis.bookings().filter(({ cancelled }) => !cancelled).length,
  };
}

export function dayFromNow(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}

export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 10_000) throw new Error('waited ten seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** `lost` when the connection ends without an answer. */
export function fateOf(answer: Promise<TestAnswer>): Promise<'answered' | 'lost'> {
  return answer.then(
    () => 'answered',
    () => 'lost',
  );
}
