/** What one case of the kill sweep runs in: a practice and a register that go on, and a ledger in a folder of its own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData } from '../../../src/connectors/pds/simulator/index.js';
import { openSqliteRecords, type Records } from '../../../src/records/open-sqlite.js';
import { createConsumer, type TestConsumer } from '../../support/consumer.js';
import { demoEnvironment, FIXTURES, LEDGER_KEY } from '../../support/gateway.js';
import { startGatewayProcess, type GatewayProcess } from '../../support/gateway-process.js';

export interface World {
  readonly practice: HmisSimulation;
  /** Starts the gateway on the ledger that the one before it has left; throws when it dies before it listens. */
  start(killAt?: string): Promise<{ readonly gateway: GatewayProcess; readonly consumer: TestConsumer }>;
  /** From now on points count. */
  arm(): void;
  /** From now on they do not, until the next `arm`. */
  disarm(): void;
  /** Lets the settle time of everything sent so far pass, for gateways started from now on. */
  passSettleTime(): void;
  /** Points reached since they count, in their order. */
  reached(): readonly string[];
  /** Numbers of the bookings at the practice that are not cancelled. */
  standing(): readonly string[];
  /** The ledger, while no gateway has it. */
  readonly records: () => Promise<Records>;
  close(): Promise<void>;
}

/** More than the settle time of the demo's practices. */
const SETTLED_AFTER_MS = 200_000;
/** Of a gateway that recovers: what takes a minute takes some seconds. */
const SPEED = 8;

export async function createWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-sweep-'));
  const armedBy = join(folder, 'armed');
  const list = join(folder, 'points');
  const ledgerFile = join(folder, 'ledger.sqlite');
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  const practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')), now });
  const register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')), now });
  const running = new Set<GatewayProcess>();
  return {
    practice,
    async start(killAt) {
      const env = {
        ...demoEnvironment({
          publicUrl: 'https://gateway.example.nhs.uk',
          ledgerFile,
          riverside: practice.url,
          hillside: practice.url,
          register: register.pds.baseUrl,
        }),
        KILL_ARMED: armedBy,
        KILL_LIST: list,
        CLOCK_AHEAD_MS: String(aheadMs),
        CLOCK_SPEED: aheadMs > 0 ? String(SPEED) : '1',
        ...(killAt === undefined ? {} : { KILL_AT: killAt }),
      };
      const config = join(FIXTURES, 'demo/practices.yaml');
      const gateway = await startGatewayProcess(env, config, ['test/faults/kill/gateway.ts', config]);
      running.add(gateway);
      void gateway.exited.then(() => running.delete(gateway));
      return { gateway, consumer: createConsumer(gateway.url, 'A99901', '200000009901', now) };
    },
    arm: () => writeFileSync(armedBy, ''),
    disarm: () => rmSync(armedBy, { force: true }),
    passSettleTime() {
      aheadMs += SETTLED_AFTER_MS;
    },
    reached: () => (existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []),
    standing: () =>
      practice.hmis
        .bookings()
        .filter(({ cancelled, patientId }) => !cancelled && patientId !== undefined)
        .map(({ bookingId }) => String(bookingId)),
    records: () => openSqliteRecords({ file: ledgerFile, key: Buffer.from(LEDGER_KEY, 'hex'), clock: { now } }),
    async close() {
      await Promise.all([...running].map((gateway) => gateway.kill()));
      await Promise.all([practice.close(), register.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
