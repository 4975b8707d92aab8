/** `slotbridge simulate`: a practice system or a register as a real server on this machine. */
import { createHmisSimulator, loadHmisData } from '../connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData } from '../connectors/pds/simulator/index.js';
import { DataFileError } from '../connectors/simulation/data-file.js';
import type { Simulation } from '../connectors/simulation/server.js';
import { untilStopped } from './stopping.js';

type Start = (data: string, port: number) => Promise<Simulation>;

const STARTERS: Readonly<Record<string, Start>> = {
  hmis: (data, port) => createHmisSimulator({ data: loadHmisData(data), port }),
  pds: (data, port) => createPdsSimulator({ data: loadPdsData(data), port }),
};

export const SYSTEMS: readonly string[] = Object.keys(STARTERS);

export async function runSimulate(
  system: string,
  options: { readonly data: string; readonly port: number },
): Promise<void> {
  const start = STARTERS[system];
  if (!start) throw new Error(`'${system}' is no system that can be simulated: use one of ${SYSTEMS.join(', ')}`);
  let simulation: Simulation;
  try {
    simulation = await start(options.data, options.port);
  } catch (error) {
    if (!(error instanceof DataFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  process.stdout.write(`${system} simulator on ${simulation.url}\n`);
  process.stdout.write(`scripted faults and desk actions: ${simulation.url}/__simulation/\n`);
  await untilStopped();
  await simulation.close();
}
