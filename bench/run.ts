/**
 * `npm run bench`: what the gateway costs beside a bare express and undici that make the same calls, in the same run.
 * docs/performance.md explains what is compared and how to read it.
 */
import { cpus, loadavg, tmpdir } from 'node:os';
import { Command, Option } from 'commander';
import { build, ledgerOf, startBackend, startGateway, startReference, type Child } from './children.js';
import { fillLedger } from './large-ledger.js';
import { fire, type Scenario, type Slice } from './load.js';
import { runMeasurement } from './measured-process.js';
import { asText, gateAsText, holds, summarise, type Gate, type Result, type Round } from './report.js';
import { measureValidation, validationAsText, type ValidationResult } from './validation/measure.js';
import { booking, longSlotSearch, slotSearch, xmlSlotSearch } from './scenarios.js';

interface Options {
  readonly quick: boolean;
  readonly format: 'text' | 'json';
  readonly rounds?: string;
  readonly seconds?: string;
  readonly connections: string;
  readonly rows: string;
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
      'large ledger',
      'validation',
    ]),
  )
  .option('--rows <number>', "rows of 'large ledger'", '1000000')
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
/** For what an answer takes when nobody waits for anybody else. */
const FEW = 2;
/** Processor time of a booking beside the reference's, when there was little more to a booking than making it. */
const FIRST_BOOKING_RATIO = 4.66;
/** Whatever hangs, the run ends. */
const LONGEST_MS = 300_000 + (6 * 2 * (warmUpMs + rounds * turnMs) + 4 * rounds * validationTurnMs) * 2;

interface Side {
  readonly name: string;
  readonly child: Child;
  readonly scenario: Scenario;
}

/** What is said of `gateway` is said beside `reference`. */
async function measure(name: string, reference: Side, gateway: Side, inFlight = connections): Promise<Result> {
  const turn = (side: Side, ms = turnMs): Promise<Slice> => fire(side.child, side.scenario, inFlight, ms);
  await turn(reference, warmUpMs);
  await turn(gateway, warmUpMs);
  const done: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes, so that a machine that slows down favours neither.
    if (round % 2 === 0) {
      const first = await turn(reference);
      done.push({ reference: first, gateway: await turn(gateway) });
    } else {
      const first = await turn(gateway);
      done.push({ gateway: first, reference: await turn(reference) });
    }
  }
  return summarise(name, { reference: reference.name, gateway: gateway.name }, done);
}

function isAsked(name: string): boolean {
  return options.only === undefined || options.only === name;
}

function tell(result: Result): Result {
  if (options.format === 'text') console.log(`${asText(result)}\n`);
  return result;
}

async function measureGateway(folder: string, gates: Gate[]): Promise<Result[]> {
  const backend = await startBackend(folder);
  const reference = await startReference(folder, backend, options.cpuProf);
  const gateway = await startGateway(folder, backend, options.cpuProf);
  const results: Result[] = [];
  const sides = (scenario: Scenario): [Side, Side] => [
    scenario.beside
      ? { name: scenario.beside.name, child: gateway, scenario: scenario.beside }
      : { name: 'bare reference', child: reference, scenario },
    { name: 'gateway', child: gateway, scenario },
  ];
  try {
    for (const scenario of [slotSearch(), longSlotSearch(), xmlSlotSearch()]) {
      if (isAsked(scenario.name)) results.push(tell(await measure(scenario.name, ...sides(scenario))));
    }
    if (isAsked('booking')) {
      const scenario = await booking(gateway);
      const cost = tell(await measure(scenario.name, ...sides(scenario)));
      const few = tell(await measure('booking, few at a time', ...sides(scenario), FEW));
      results.push(cost, few);
      gates.push(
        {
          name: "booking, processor time, of the first issue's ratio",
          measured: cost.ratios.cpuPerRequest.median / FIRST_BOOKING_RATIO,
          most: 1.6,
        },
        { name: 'booking, few at a time, added p99 in ms', measured: few.addedP99Ms.median, most: 25 },
      );
    }
  } finally {
    for (const child of [gateway, reference, backend]) await child.stop();
  }
  return results;
}

/** Bookings into a ledger that is empty, and into one that is not. */
async function measureLargeLedger(folder: string, gates: Gate[]): Promise<Result[]> {
  const backend = await startBackend(folder);
  const running = [backend];
  const started = async (name: string): Promise<Side> => {
    const child = await startGateway(folder, backend, options.cpuProf, name);
    running.push(child);
    return { name, child, scenario: await booking(child) };
  };
  try {
    const template = await started('full ledger');
    await fire(template.child, template.scenario, 1, 0);
    await template.child.stop();
    fillLedger(ledgerOf(folder, 'full ledger'), Number(options.rows));
    const result = await measure('large ledger', await started('empty ledger'), await started('full ledger'));
    const name = `booking into a ledger of ${options.rows} rows, processor time, of that into an empty one`;
    gates.push(
      { name, measured: result.ratios.cpuPerRequest.median, most: 1.2 },
      {
        name: name.replace('processor time', 'time of an answer'),
        measured: result.ratios.medianLatency.median,
        most: 1.2,
      },
    );
    return [tell(result)];
  } finally {
    for (const child of running.reverse()) await child.stop();
  }
}

/** Answers whether every gate that was measured holds. */
async function run(folder: string): Promise<boolean> {
  build(folder);
  const [load = 0] = loadavg();
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model, loadBefore: load };
  const results: (Result | ValidationResult)[] = [];
  const gates: Gate[] = [];
  if (isAsked('validation')) {
    const result = await measureValidation(folder, rounds, validationTurnMs);
    results.push(result);
    if (options.format === 'text') console.log(`${validationAsText(result)}\n`);
  }
  if (options.only !== 'validation' && options.only !== 'large ledger') {
    results.push(...(await measureGateway(folder, gates)));
  }
  // A minute to fill it: not in every run.
  if (options.only === 'large ledger') results.push(...(await measureLargeLedger(folder, gates)));
  if (options.format === 'json')
    console.log(JSON.stringify({ machine, connections, rounds, turnMs, results, gates }, null, 2));
  else {
    for (const gate of gates) console.log(gateAsText(gate));
    console.log(`Node ${machine.node}, ${String(machine.cpus)} processors, load before: ${load.toFixed(1)}`);
  }
  return gates.every(holds);
}

await runMeasurement({ name: 'bench', longestMs: LONGEST_MS, within: options.folder, run });
