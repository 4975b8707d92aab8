/**
 * `npm run test:gates -- PART [options]`, PART one of `duplicates`, `repeats`, `contents`, `last-place` (rounds.ts), `stop`
 * (restarts.ts). Prints what it measures and ends with 1 when the gate is missed.
 *
 * --rounds N     rounds, or rolling restarts of all instances
 * --instances N  gateways; more than one share a PostgreSQL
 * --requests N   at once in a round, or a second while they are restarted
 * --first N, --seed TEXT   from this round on; with the seed that a broken round has printed it is the same again
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { playRestarts } from './restarts.js';
import { playRounds, ROUND_KINDS, type RoundKind } from './rounds.js';
import { createWorld } from './world.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    instances: { type: 'string' },
    requests: { type: 'string' },
    first: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const [part = ''] = positionals;
const BUILT = '.gates-build';
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const load = (): string =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' ');

async function rounds(kind: RoundKind): Promise<boolean> {
  const count = Number(values.rounds ?? 1000);
  const instances = Number(values.instances ?? 1);
  const requests = Number(values.requests ?? (kind === 'last-place' ? 100 : 50));
  const first = Number(values.first);
  const { seed } = values;
  const patients = kind === 'last-place' ? requests : 8;
  const world = await createWorld({ instances, places: first + count, patients, built: BUILT });
  say(`${kind}: ${count} rounds of ${requests} requests, instances ${instances}, seed ${seed}, load ${load()}`);
  const began = performance.now();
  let told = 0;
  try {
    const broken = await playRounds(world, {
      kind,
      rounds: count,
      first,
      requests,
      seed,
      onRound(done, soFar) {
        for (const { round, what, isUntrue } of soFar.slice(told)) {
          say(`BROKEN${isUntrue ? ', UNTRUE' : ''} round ${round}: ${what.join('; ')}`);
          say(
            `  again: npm run test:gates -- ${kind} --rounds 1 --first ${round} --seed ${seed} --instances ${instances}`,
          );
        }
        told = soFar.length;
        if (done % 50 === 0) say(`${done} rounds, ${soFar.length} broken, ${seconds(began)} s, load ${load()}`);
      },
    });
    const calls = await world.bookingCalls();
    const untrue = broken.filter(({ isUntrue }) => isUntrue).length;
    say(`${count} rounds, ${broken.length} broken, ${untrue} of them untrue, ${calls} booking calls`);
    say(`  ${seconds(began)} s, load ${load()}`);
    return broken.length === 0;
  } finally {
    await world.close();
  }
}

async function stop(): Promise<boolean> {
  const restarts = Number(values.rounds ?? 20);
  const instances = Number(values.instances ?? 2);
  const perSecond = Number(values.requests ?? 100);
  // A fifth are bookings, and an instance takes some ten seconds, far more where the machine is busy.
  const places = Math.ceil(restarts * instances * 30 * perSecond * 0.2);
  // A fifth of all at one practice is more than any has: its system is asked for as much as an operator would allow then.
  const calls = { reads: 32, readsWaiting: 64, writes: 16, writesWaiting: 32 };
  const world = await createWorld({ instances, places, patients: 50, calls, built: BUILT });
  say(`stop: ${restarts} rolling restarts of ${instances} instances at ${perSecond} requests a second, load ${load()}`);
  try {
    const told = await playRestarts(world, { restarts, instances, perSecond, onRestart: (line) => say(line) });
    for (const line of told.failures.slice(0, 50)) say(`FAILED ${line}`);
    say(`${told.sent} requests (${told.kinds}), ${told.failures.length} failed, ${told.repeated} told to repeat`);
    say(`  answers: ${told.answers}`);
    say(`  a restart took ${told.restartSeconds}, load ${load()}`);
    return told.failures.length === 0;
  } finally {
    await world.close();
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

const isRound = (name: string): name is RoundKind => (ROUND_KINDS as readonly string[]).includes(name);
if (!isRound(part) && part !== 'stop') throw new Error(`no such part; there are: ${ROUND_KINDS.join(', ')}, stop`);
const held = isRound(part) ? await rounds(part) : await stop();
process.exit(held ? 0 : 1);
