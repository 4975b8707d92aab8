/** Processes that are measured, each on a processor of its own where the machine has that. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { buildWith, serve, startServer, type MeasuredServer, type Terms } from '../../../bench/measured-process.js';

/** However loaded the machine: only a hang takes longer. */
const TERMS: Terms = { patienceMs: 60_000, stopSignal: 'SIGTERM', stopMs: 30_000 };
const HERE = 'test/overload/processes';

/** @param place the folder of the processes beside the gateway */
export function build(folder: string, place = HERE): void {
  buildWith(place, folder);
}

const GATEWAYS_PROCESSOR = 0;
const OTHERS_PROCESSOR = 1;

/** `taskset` of util-linux, on a machine with more than one processor. */
const canPin = ((): boolean => {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Puts this process, which makes the load, where the gateway is not. Answers how the processors are shared. */
export function pinGenerator(): string {
  if (!canPin) return 'not pinned to processors';
  execFileSync('taskset', ['-apc', String(OTHERS_PROCESSOR), String(process.pid)], { stdio: 'ignore' });
  return "the gateway's event loop on one processor, generator and practices on another";
}

function on(processor: number): readonly string[] {
  return canPin ? ['taskset', '-c', String(processor)] : [];
}

/** One of the processes of a folder, by default that of this file, that says its port when it listens. */
export function startBeside(
  folder: string,
  name: string,
  args: readonly string[] = [],
  { place = HERE, pinned = true }: { readonly place?: string; readonly pinned?: boolean } = {},
): Promise<MeasuredServer> {
  const launcher = pinned ? on(OTHERS_PROCESSOR) : [];
  return startServer(folder, { name, path: `${place}/${name}.js`, args, launcher }, TERMS);
}

/**
 * @param practices the practices file
 * @param pinned whether its event loop keeps to its processor; what else the process does goes where there is room, as it
 * would on any machine with two of them
 * @param probe what is loaded before the gateway, and answers in its process
 */
export async function startGateway(
  folder: string,
  practices: string,
  {
    pinned,
    node = [],
    probe = `${HERE}/loop-probe.js`,
  }: { readonly pinned: boolean; readonly node?: readonly string[]; readonly probe?: string },
): Promise<MeasuredServer> {
  const how = { name: 'gateway', node: ['--import', join(folder, probe), ...node] };
  const gateway = await serve(folder, practices, how, TERMS);
  if (pinned && canPin) {
    // Of the process's threads, that which has its id.
    execFileSync('taskset', ['-pc', String(GATEWAYS_PROCESSOR), String(gateway.pid)], { stdio: 'ignore' });
  }
  return gateway;
}
