/**
 * `npm run test:kill`: every point of every scenario. With a scenario and a point (`'book wire.book.last-byte:1'`) that
 * case only, with scenarios their points.
 *
 *   --list            names the points without killing anybody
 *   --from N          goes on at the N-th case of an earlier run of the same scenarios
 *   --ledger KIND     sqlite, or postgres
 *   --random N        instead of the points: N kills at times drawn from the seed
 *   --stops N         instead of the points, with --ledger postgres: N times one of two gateways is stopped (SIGSTOP) at
 *                     a time drawn from the seed, for 16 to 25 s, while the consumer goes on at the other one
 *   --disk            instead of the points: each sync and each write of the ledger fails, by strace, from the request to
 *                     the end of the gateway (of book, book-several, take-back and cancel, or the scenarios named), once
 *                     with EIO, once with ENOSPC, or with EROFS from then on; and once every sync takes 200 ms. A word
 *                     such as sync-eio, read-only or slow-syncs picks that; 'book sync-eio:3' is one case
 *   --seed TEXT       of the times; drawn and printed without it
 *   --format FORMAT   text, or json for one object at the end
 *   --at-a-time N     cases side by side
 */
import { randomUUID } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createChance } from '../../simulation/world/world.js';
import { diskJobs } from './disk/disk-jobs.js';
import type { Job } from './jobs.js';
import { createLedgers, LEDGER_KINDS, type LedgerKind } from './ledgers.js';
import { bundleGateway } from './process/bundle.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { runStop } from './stopped.js';
import { casesOf, nameOf, repeatedBy, runWithin, scenarioNamed, type Case, type Verdict } from './sweep.js';
import type { Setting } from './world.js';

/** Kills come a little after the answer too. */
const LATER_THAN_CLEAN = 1.1;
const STOPPED = ['book', 'book-several', 'take-back', 'cancel', 'amend'] as const;
/** Longer than a lease lasts, shorter than the settle time. */
const STOPPED_MS = [16_000, 25_000] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    from: { type: 'string', default: '1' },
    ledger: { type: 'string', default: 'sqlite' },
    random: { type: 'string' },
    stops: { type: 'string' },
    disk: { type: 'boolean', default: false },
    seed: { type: 'string', default: randomUUID().slice(0, 8) },
    format: { type: 'string', default: 'text' },
    'at-a-time': { type: 'string', default: '2' },
  },
});

const isJson = values.format === 'json';
const print = (line: string): void => void (isJson || process.stdout.write(`${line}\n`));

function isLedgerKind(text: string): text is LedgerKind {
  return (LEDGER_KINDS as readonly string[]).includes(text);
}

async function inTurns<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = [...items.entries()];
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one[1], one[0]);
  };
  await Promise.all(Array.from({ length: Number(values['at-a-time']) }, next));
}

const words = positionals.flatMap((word) => word.split(' '));

/** `'book point:1'` is one case, and every other word a scenario; with `disk` the words are its own. */
function asked(): { readonly scenarios: readonly Scenario[]; readonly only: Case | undefined } {
  if (values.disk) return { scenarios: [], only: undefined };
  const [name, ...more] = words;
  if (name === undefined) return { scenarios: SCENARIOS, only: undefined };
  const [point] = more;
  if (more.length === 1 && point?.includes(':')) {
    return { scenarios: [], only: { scenario: scenarioNamed(name), killAt: point } };
  }
  return { scenarios: [name, ...more].map(scenarioNamed), only: undefined };
}

if (!isLedgerKind(values.ledger)) throw new Error(`--ledger takes ${LEDGER_KINDS.join(' or ')}`);
if (values.stops !== undefined && values.ledger !== 'postgres') throw new Error('--stops needs --ledger postgres');
if (values.disk && values.ledger !== 'sqlite') throw new Error('--disk needs --ledger sqlite');
const { scenarios, only } = asked();
const began = performance.now();
const setting: Setting = { ledgers: await createLedgers(values.ledger), script: await bundleGateway('.kill-build') };

const failures: { readonly name: string; readonly violations: readonly string[]; readonly repeat: string }[] = [];
const report = ({ name, repeat }: Pick<Job, 'name' | 'repeat'>, violations: readonly string[]): void => {
  if (violations.length === 0) return;
  for (const violation of violations) print(`  VIOLATION ${name}: ${violation}`);
  print(`  repeat it: ${repeat}`);
  failures.push({ name, violations, repeat });
};

const jobOf = (one: Case): Job => ({
  name: nameOf(one),
  repeat: repeatedBy(one, setting),
  async run() {
    const { died, violations } = await runWithin(one, setting);
    return { verdict: died ? 'ok' : 'not reached', violations };
  },
});

const names = new Set<string>();

/** Every point that a clean run reaches, or with `random` so many drawn times between its begin and its end. */
async function kills(random: number | undefined): Promise<readonly Job[]> {
  const clean = new Map<Scenario, Verdict>();
  await inTurns(scenarios, async (scenario) => {
    const one: Case = { scenario, killAt: undefined };
    const verdict = await runWithin(one, setting);
    clean.set(scenario, verdict);
    report(jobOf(one), verdict.violations);
  });
  const cases: Case[] = [];
  for (const scenario of scenarios) {
    const points = clean.get(scenario)?.points ?? [];
    const found = casesOf(scenario, points);
    for (const point of points) names.add(point);
    if (random === undefined) cases.push(...found);
    print(`${scenario.name}: ${new Set(points).size} points, ${found.length} cases`);
    if (values.list) for (const point of new Set(points)) print(`  ${point}`);
  }
  // One that has died once already is killed at its points: how long it takes to start is not what matters.
  const killable = scenarios.filter(({ diesFirstAt }) => diesFirstAt === undefined);
  for (let n = 0; n < (random ?? 0); n += 1) {
    const scenario = killable[n % killable.length];
    if (!scenario) throw new Error('none of these scenarios can be killed at any time');
    const after = chance.fraction() * LATER_THAN_CLEAN * (clean.get(scenario)?.tookMs ?? 0);
    cases.push({ scenario, killAt: `after:${after.toFixed(1)}` });
  }
  return cases.map(jobOf);
}

async function stops(count: number): Promise<readonly Job[]> {
  const chosen = STOPPED.filter((name) => positionals.length === 0 || positionals.includes(name)).map(scenarioNamed);
  const tookMs = new Map<Scenario, number>();
  await inTurns(chosen, async (scenario) => {
    const clean = await runStop({ scenario, afterMs: undefined, stoppedMs: 0 }, setting);
    tookMs.set(scenario, clean.tookMs);
    report({ name: `${scenario.name} with nobody stopped`, repeat: 'the same command' }, clean.violations);
  });
  return Array.from({ length: count }, (_, n) => {
    const scenario = chosen[n % chosen.length];
    if (!scenario) throw new Error(`--stops takes ${STOPPED.join(', ')}`);
    const afterMs = chance.fraction() * (tookMs.get(scenario) ?? 0);
    const stoppedMs = Math.round(chance.between(...STOPPED_MS));
    return {
      name: `${scenario.name} stopped after ${afterMs.toFixed(1)} ms for ${(stoppedMs / 1000).toFixed(1)} s`,
      repeat: `npm run test:kill -- --ledger postgres --stops ${count} --seed ${values.seed}`,
      async run() {
        const { violations, wasDone } = await runStop({ scenario, afterMs, stoppedMs }, setting);
        return { verdict: wasDone ? 'not reached' : 'ok', violations };
      },
    };
  });
}

const chance = createChance(values.seed);
const random = values.random === undefined ? undefined : Number(values.random);
let jobs: readonly Job[];
if (values.disk) jobs = await diskJobs(words, setting, { inTurns, report, print });
else if (only) jobs = [jobOf(only)];
else if (values.stops !== undefined) jobs = await stops(Number(values.stops));
else jobs = await kills(random);
const isDrawn = random !== undefined || values.stops !== undefined;
if (isDrawn) print(`seed ${values.seed}`);

const first = Number(values.from) - 1;
let hit = 0;
let done = 0;
let caseSeconds = 0;
if (!values.list) {
  await inTurns(jobs.slice(first), async (job, index) => {
    const at = performance.now();
    const { verdict, violations } = await job.run();
    const seconds = (performance.now() - at) / 1000;
    done += 1;
    caseSeconds += seconds;
    if (verdict === 'ok') hit += 1;
    const word = violations.length > 0 ? 'FAILED' : verdict;
    print(`${word} ${first + index + 1}/${jobs.length} ${job.name} ${seconds.toFixed(1)} s`);
    report(job, violations);
  });
}
await setting.ledgers.close();

const summary = {
  ledger: setting.ledgers.kind,
  ...(isDrawn && { seed: values.seed }),
  scenarios: scenarios.length,
  points: names.size,
  cases: jobs.length,
  done,
  hit,
  notReached: done - hit,
  failed: failures.length,
  seconds: Math.round((performance.now() - began) / 1000),
  secondsPerCase: Number((caseSeconds / Math.max(1, done)).toFixed(2)),
  machine: `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}`,
};
if (isJson) process.stdout.write(`${JSON.stringify({ ...summary, failures }, undefined, 2)}\n`);
else {
  for (const [name, value] of Object.entries(summary)) print(`${name}: ${value}`);
  for (const { name, repeat } of failures) print(`FAILED ${name}; repeat it: ${repeat}`);
}
// Simulators of a case that did not end keep the process alive.
process.exit(failures.length > 0 ? 1 : 0);
