/** A gateway in a process of its own that may die at any moment, in front of simulators that go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { createConsumer, type TestAnswer, type TestConsumer } from '../support/consumer.js';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';

export interface Started {
  readonly gateway: GatewayProcess;
  readonly consumer: TestConsumer;
}

export interface KillableGateway {
  readonly practice: HmisSimulation;
  /** Starts it, on the ledger that the one before it has left. */
  start(): Promise<Started>;
  /** Bookings of the practice that are not cancelled. */
  standing(): number;
}

/** Sets up simulators and an empty ledger for every test of the file, and clears away whatever it has started. */
export function setUpKillableGateway(): KillableGateway {
  let folder: string;
  let practice: HmisSimulation;
  let register: PdsSimulation;
  const started: GatewayProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slotbridge-kill-'));
    practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')) });
    register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')) });
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((gateway) => gateway.kill()));
    await Promise.all([practice.close(), register.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    get practice() {
      return practice;
    },
    async start() {
      const gateway = await startGatewayProcess(
        demoEnvironment({
          publicUrl: 'https://gateway.example.nhs.uk',
          ledgerFile: join(folder, 'ledger.sqlite'),
          riverside: practice.url,
          hillside: practice.url,
          register: register.pds.baseUrl,
        }),
      );
      started.push(gateway);
      return { gateway, consumer: createConsumer(gateway.url, 'A99901', '200000009901', Date.now) };
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
