/** Everything the demo needs around it: two simulated practice systems, the register, a ledger of its own, the gateway. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '../../config.js';
import { createHmisSimulator, loadHmisData, type HmisSimulation } from '../../connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../connectors/pds/simulator/index.js';
import { registry } from '../../connectors/registry.js';
import { startGateway, type RunningGateway } from '../../main.js';
import type { Log } from '../../ports/runtime.js';
import { createSystemRuntime } from '../../system.js';

export interface Installation {
  readonly name: string;
  readonly key: string;
  readonly simulation: HmisSimulation;
}

export interface Surroundings {
  readonly gateway: RunningGateway;
  readonly installations: readonly Installation[];
  readonly register: PdsSimulation;
  stop(): Promise<void>;
}

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));
}

async function startInstallation(name: string): Promise<Installation> {
  const simulation = await createHmisSimulator({ data: loadHmisData(fixture(`hmis/${name}.yaml`)) });
  return { name, key: `demo-${name}-key`, simulation };
}

export async function startSurroundings(port: number): Promise<Surroundings> {
  const [riverside, hillside, register] = await Promise.all([
    startInstallation('riverside'),
    startInstallation('hillside'),
    createPdsSimulator({ data: loadPdsData(fixture('pds/people.yaml')) }),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-demo-'));
  const stopSimulators = async (): Promise<void> => {
    await Promise.all([riverside.simulation.close(), hillside.simulation.close(), register.close()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const configuration = loadConfiguration(
      fixture('demo/practices.yaml'),
      {
        SLOTBRIDGE_DEMO_PUBLIC_URL: 'http://127.0.0.1',
        SLOTBRIDGE_DEMO_LEDGER_FILE: join(folder, 'ledger.sqlite'),
        SLOTBRIDGE_DEMO_LEDGER_KEY: randomBytes(32).toString('hex'),
        SLOTBRIDGE_DEMO_PDS_URL: register.pds.baseUrl,
        SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_URL: riverside.simulation.url,
        SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_KEY: riverside.key,
        SLOTBRIDGE_DEMO_HMIS_HILLSIDE_URL: hillside.simulation.url,
        SLOTBRIDGE_DEMO_HMIS_HILLSIDE_KEY: hillside.key,
      },
      registry,
    );
    const gateway = await startGateway({
      configuration,
      runtime: createSystemRuntime(),
      log: quiet,
      host: '127.0.0.1',
      port,
      publicUrl: (listening) => `http://127.0.0.1:${listening}`,
    });
    return {
      gateway,
      register,
      installations: [riverside, hillside],
      async stop() {
        await gateway.stop();
        await stopSimulators();
      },
    };
  } catch (error) {
    await stopSimulators();
    throw error;
  }
}
