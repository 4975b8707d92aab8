/** The processes of the benchmark, started with nothing of it inside but the answer how much processor time they use. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildWith, serve, start, startServer, type MeasuredServer, type Terms } from './measured-process.js';
import { practicesFile } from './practice.js';

const TERMS: Terms = { patienceMs: 20_000, stopSignal: 'SIGINT', stopMs: 5_000 };
/** For a process that reports once, when it has measured all it has to. */
const REPORT_MS = 300_000;

export interface Child extends MeasuredServer {
  /** Processor time of the process so far, in microseconds. */
  cpu(): Promise<number>;
}

export function build(folder: string): void {
  buildWith('bench', folder);
}

function optionsOf(folder: string, profile?: string): readonly string[] {
  return [
    '--import',
    join(folder, 'bench/processes/usage.js'),
    ...(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]),
  ];
}

function asChild(server: MeasuredServer): Child {
  return { ...server, cpu: async () => (await server.ask('usage'))['cpuMicros'] ?? 0 };
}

export async function startBackend(folder: string): Promise<Child> {
  const how = { name: 'backend', path: 'bench/processes/backend.js', node: optionsOf(folder) };
  return asChild(await startServer(folder, how, TERMS));
}

export async function startReference(folder: string, backend: Child, profile?: string): Promise<Child> {
  const path = 'bench/processes/reference.js';
  const how = { name: 'reference', path, args: [backend.url], node: optionsOf(folder, profile) };
  return asChild(await startServer(folder, how, TERMS));
}

/** Runs one of `processes` from beginning to end, and answers what it reports. */
export async function reportOf<Report>(folder: string, name: string, args: readonly string[]): Promise<Report> {
  const how = { name, path: `bench/processes/${name}.js`, args, node: optionsOf(folder) };
  const child = start(folder, how, { ...TERMS, patienceMs: REPORT_MS });
  try {
    return await child.ask<Report>();
  } catch (error) {
    const log = child.log().slice(0, 2000);
    throw new Error(`${error instanceof Error ? error.message : String(error)}: ${log}`, { cause: error });
  } finally {
    await child.stop();
  }
}

/** Where the ledger of a gateway is. */
export function ledgerOf(folder: string, name: string): string {
  return join(folder, 'ledgers', name, 'ledger.sqlite');
}

/** With its ledger in a file on disk. */
export async function startGateway(folder: string, backend: Child, profile?: string, name = 'gateway'): Promise<Child> {
  const ledger = ledgerOf(folder, name);
  mkdirSync(dirname(ledger), { recursive: true });
  const how = { name, node: optionsOf(folder, profile) };
  return asChild(await serve(folder, practicesFile(backend.url, ledger), how, TERMS));
}
