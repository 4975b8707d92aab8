/** `slotbridge simulate`: a practice system or a register as a real server on this machine. */
import { createHmisSimulator, loadHmisData } from '../connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData } from '../connectors/pds/simulator/index.js';
import { DataFileError } from '../connectors/simulation/data-file.js';
import type { Simulation } from '../connectors/simulation/server.js';
import { untilStopped } from './stopping.js';
import { SYSTEMS } from './systems.js';

interface Started {
  readonly simulation: Simulation;
  /** What its data set holds, in a few words. */
  readonly holds: string;
}

const STARTERS: Readonly<Record<(typeof SYSTEMS)[number], (data: string, port: number) => Promise<Started>>> = {
  async hmis(data, port) {
    const simulation = await createHmisSimulator({ data: loadHmisData(data), port });
    const { hmis } = simulation;
    const holds = [
      `${hmis.institutions().length} institutions`,
      `${hmis.patients().length} patients`,
      `${hmis.sessions().length} sessions`,
      `${hmis.bookings().length} bookings`,
    ].join(', ');
    return { simulation, holds };
  },
  async pds(data, port) {
    const simulation = await createPdsSimulator({ data: loadPdsData(data), port });
    return { simulation, holds: `${simulation.pds.people().length} NHS numbers` };
  },
};

export async function runSimulate(
  system: string,
  options: { readonly data: string; readonly port: number },
): Promise<void> {
  const known = SYSTEMS.find((one) => one === system);
  if (known === undefined)
    throw new Error(`'${system}' is no system that can be simulated: use one of ${SYSTEMS.join(', ')}`);
  let started: Started;
  try {
    started = await STARTERS[known](options.data, options.port);
  } catch (error) {
    process.stderr.write(`${explain(error, options)}\nslotbridge: the ${system} simulator was not started\n`);
    process.exitCode = 2;
    return;
  }
  const { simulation, holds } = started;
  process.stdout.write(`${system} simulator on ${simulation.url}\n`);
  process.stdout.write(`scripted faults and desk actions: ${simulation.url}/__simulation/\n`);
  process.stdout.write(`${options.data}: ${holds}\n`);
  await untilStopped();
  await simulation.close();
}

/** What keeps a simulator from starting, a line for each thing to mend; anything else is thrown on. */
function explain(error: unknown, { port }: { readonly port: number }): string {
  if (error instanceof DataFileError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `port ${port} is in use: choose another with --port, or 0 for any free one`;
  if (code === 'EACCES') return `port ${port} may not be used here: choose one above 1023 with --port`;
  throw error;
}
