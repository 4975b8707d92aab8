/**
 * `npm run test:input`: for how long the worst requests block the gateway's event loop, and how much memory the worst
 * answers of a practice system cost it. The gateway is a process of its own, as an operator starts it; what counts is the
 * processor time of the longest block, so that a loaded machine does not fail the gate for it. Exit code 1 when one is
 * longer than 50 ms, or an answer takes more than 32 MiB.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { runMeasurement, type MeasuredServer } from '../../../bench/measured-process.js';
import { build, startBeside, startGateway } from '../processes/children.js';
import { fileOf } from '../processes/practices-file.js';
import { inputCases, type InputCase } from './cases.js';
import { measureAnswers } from './hostile-answers.js';
import { send } from './send.js';

const LONGEST_BLOCK_MS = 50;
/** The first meets code that has not run yet, the others what is usual. */
const ROUNDS = 3;
const LONGEST_RUN_MS = 600_000;
const only = process.argv[2];

const write = (line: string): void => void process.stdout.write(`${line}\n`);

interface Measured {
  readonly statuses: ReadonlySet<number>;
  readonly firstMs: number;
  readonly laterMs: number;
}

async function measure(gateway: MeasuredServer, pool: Pool, asked: InputCase): Promise<Measured> {
  const statuses = new Set<number>();
  const blocks: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await gateway.ask('watch');
    // Who is cut off has no status; how long it took counts all the same.
    statuses.add(await send(pool, gateway.url, asked).catch(() => 0));
    blocks.push((await gateway.ask('report'))['longestMs'] ?? Infinity);
  }
  return { statuses, firstMs: blocks[0] ?? Infinity, laterMs: Math.max(...blocks.slice(1)) };
}

async function measureRequests(folder: string, cases: readonly InputCase[]): Promise<boolean> {
  const practices = await startBeside(folder, 'practices', ['1', '8', '1']);
  const { port } = new URL(practices.url);
  const profile = process.env['SLOTBRIDGE_CPU_PROFILE'];
  const gateway = await startGateway(folder, fileOf([Number(port)], join(folder, 'ledger.sqlite')), {
    pinned: false,
    node: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
  });
  const pool = new Pool(gateway.url, { connections: 1 });
  let longest = 0;
  let missed = 0;
  try {
    for (const asked of cases) {
      const { statuses, firstMs, laterMs } = await measure(gateway, pool, asked);
      const most = Math.max(firstMs, laterMs);
      longest = Math.max(longest, most);
      if (most > LONGEST_BLOCK_MS) missed += 1;
      const figures = `${firstMs.toFixed(1).padStart(7)} ${laterMs.toFixed(1).padStart(7)}`;
      write(`${most > LONGEST_BLOCK_MS ? 'MISS' : 'ok  '} ${figures} ms  ${[...statuses].join(' ')}  ${asked.name}`);
    }
  } finally {
    await pool.destroy();
    await gateway.stop();
    await practices.stop();
  }
  const [load = 0] = loadavg();
  write(`first and later blocks; Node ${process.version}, load ${load.toFixed(1)}`);
  write(`${cases.length} cases, longest block ${longest.toFixed(1)} ms (gate ${LONGEST_BLOCK_MS}), ${missed} missed`);
  return missed === 0;
}

async function run(folder: string): Promise<boolean> {
  build(folder);
  const isAsked = (name: string): boolean => only === undefined || name.includes(only);
  const cases = inputCases().filter(({ name }) => isAsked(name));
  const isWell = cases.length === 0 || (await measureRequests(folder, cases));
  return (await measureAnswers(folder, isAsked, write)) && isWell;
}

await runMeasurement({ name: 'input', longestMs: LONGEST_RUN_MS, run });
