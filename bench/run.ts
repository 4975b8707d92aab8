/**
 * `npm run bench`: what the gateway costs beside a bare express and undici that make the same calls, in the same run.
 * docs/performance.md explains what is compared and how to read it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { build, killAll, startBackend, startGateway, startReference, type Child } from './children.js';
import { fire, type Scenario } from './load.js';
import { asText, summarise, type Result, type Round } from './report.js';
import { measureValidation, validationAsText, type ValidationResult } from './validation/measure.js';
import { booking, longSlotSearch, slotSearch, xmlSlotSearch } from './scenarios.js';

interface Options {
  readonly quick: boolean;
  readonly format: 'text' | 'json';
  readonly rounds?: string;
  readonly seconds?: string;
  readonly connections: string;
  readonly only?: string;
  readonly folder: string;
  readonly cpuProf?: string;
}

const options = new Command('bench')
  .option('--quick', 'about half a minute: enough to see a landslide, not a slope', false)
  .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
  .option('--rounds <number>', 'rounds; in each, the reference and the gateway take one turn')
  .option('--seconds <number>', 'length of a turn')
  .option('--connections <number>', 'requests in flight', '16')
  .addOption(
    new Option('--only <scenario>', 'one scenario').choices([
      'slot search',
      'long slot search',
      'XML slot search',
      'booking',
      'validation',
    ]),
  )
  .option('--folder <directory>', 'where the build and the ledger go; decides which disk the ledger is on', tmpdir())
  .option('--cpu-prof <directory>', 'write processor profiles of the gateway and the reference there')
  .parse()
  .opts<Options>();

const rounds = Number(options.rounds ?? (options.quick ? 3 : 9));
const turnMs = 1000 * Number(options.seconds ?? (options.quick ? 0.8 : 3));
/** Nothing waits for anything there, so that short turns do. */
const validationTurnMs = options.seconds === undefined ? (options.quick ? 100 : 300) : turnMs;
const warmUpMs = options.quick ? 800 : 4000;
const connections = Number(options.connections);
/** Whatever hangs, the run ends. */
const LONGEST_MS = 120_000 + (4 * 2 * (warmUpMs + rounds * turnMs) + 4 * rounds * validationTurnMs) * 2;

async function measure(scenario: Scenario, reference: Child, gateway: Child): Promise<Result> {
  const { beside = scenario } = scenario;
  const other = beside === scenario ? reference : gateway;
  await fire(other, beside, connections, warmUpMs);
  await fire(gateway, scenario, connections, warmUpMs);
  const done: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes, so that a machine that slows down favours neither.
    if (round % 2 === 0) {
      const first = await fire(other, beside, connections, turnMs);
      done.push({ reference: first, gateway: await fire(gateway, scenario, connections, turnMs) });
    } else {
      const first = await fire(gateway, scenario, connections, turnMs);
      done.push({ gateway: first, reference: await fire(other, beside, connections, turnMs) });
    }
  }
  return summarise(scenario.name, scenario.beside?.name ?? 'bare reference', done);
}

async function measureGateway(folder: string): Promise<Result[]> {
  const backend = await startBackend(folder);
  const reference = await startReference(folder, backend, options.cpuProf);
  const gateway = await startGateway(folder, backend, options.cpuProf);
  const results: Result[] = [];
  try {
    for (const scenario of [slotSearch(), longSlotSearch(), xmlSlotSearch(), await booking(gateway)]) {
      if (options.only !== undefined && options.only !== scenario.name) continue;
      const result = await measure(scenario, reference, gateway);
      results.push(result);
      if (options.format === 'text') console.log(`${asText(result)}\n`);
    }
  } finally {
    for (const child of [gateway, reference, backend]) await child.stop();
  }
  return results;
}

async function run(folder: string): Promise<void> {
  build(folder);
  const [load = 0] = loadavg();
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model, loadBefore: load };
  const results: (Result | ValidationResult)[] = [];
  if (options.only === undefined || options.only === 'validation') {
    const result = await measureValidation(folder, rounds, validationTurnMs);
    results.push(result);
    if (options.format === 'text') console.log(`${validationAsText(result)}\n`);
  }
  if (options.only !== 'validation') results.push(...(await measureGateway(folder)));
  if (options.format === 'json')
    console.log(JSON.stringify({ machine, connections, rounds, turnMs, results }, null, 2));
  else console.log(`Node ${machine.node}, ${String(machine.cpus)} processors, load before: ${load.toFixed(1)}`);
}

const folder = mkdtempSync(join(options.folder, 'slotbridge-bench-'));
const clean = (): void => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
};
const end = (message: string): never => {
  console.error(`bench: ${message}`);
  clean();
  process.exit(1);
};
setTimeout(() => end('it took too long'), LONGEST_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end('stopped'));
try {
  await run(folder);
} catch (error) {
  end(error instanceof Error ? error.message : String(error));
}
clean();
