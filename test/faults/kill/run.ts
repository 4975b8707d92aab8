/**
 * `npm run test:kill`: every point of every scenario. With a scenario and a point (`'book wire.book.last-byte:1'`) that
 * case only, with scenarios their points.
 *
 *   --list            names the points without killing anybody
 *   --from N          goes on at the N-th case of an earlier run of the same scenarios
 *   --ledger KIND     sqlite, or postgres
 *   --random N        instead of the points: N kills at times drawn from the seed
 *   --seed TEXT       of the times; drawn and printed without it
 *   --format FORMAT   text, or json for one object at the end
 *   --at-a-time N     cases side by side
 */
import { randomUUID } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createChance } from '../../simulation/world/world.js';
import { createLedgers, LEDGER_KINDS, type LedgerKind } from './ledgers.js';
import { bundleGateway } from './process/bundle.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { casesOf, nameOf, repeatedBy, runWithin, scenarioNamed, type Case, type Verdict } from './sweep.js';
import type { Setting } from './world.js';

/** Kills come a little after the answer too. */
const LATER_THAN_CLEAN = 1.1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    from: { type: 'string', default: '1' },
    ledger: { type: 'string', default: 'sqlite' },
    random: { type: 'string' },
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

/** `'book point:1'` is one case, and every other word a scenario. */
function asked(): { readonly scenarios: readonly Scenario[]; readonly only: Case | undefined } {
  const [name, ...more] = positionals.flatMap((word) => word.split(' '));
  if (name === undefined) return { scenarios: SCENARIOS, only: undefined };
  const [point] = more;
  if (more.length === 1 && point?.includes(':')) {
    return { scenarios: [], only: { scenario: scenarioNamed(name), killAt: point } };
  }
  return { scenarios: [name, ...more].map(scenarioNamed), only: undefined };
}

if (!isLedgerKind(values.ledger)) throw new Error(`--ledger takes ${LEDGER_KINDS.join(' or ')}`);
const { scenarios, only } = asked();
const began = performance.now();
const setting: Setting = { ledgers: await createLedgers(values.ledger), script: await bundleGateway('.kill-build') };

const failures: { readonly name: string; readonly violations: readonly string[]; readonly repeat: string }[] = [];
const report = (one: Case, violations: readonly string[]): void => {
  if (violations.length === 0) return;
  const repeat = repeatedBy(one, setting);
  for (const violation of violations) print(`  VIOLATION ${nameOf(one)}: ${violation}`);
  print(`  repeat it: ${repeat}`);
  failures.push({ name: nameOf(one), violations, repeat });
};

/** A clean run of each: what there is to kill at, and how long it takes. */
const clean = new Map<Scenario, Verdict>();
await inTurns(scenarios, async (scenario) => {
  const one: Case = { scenario, killAt: undefined };
  const verdict = await runWithin(one, setting);
  clean.set(scenario, verdict);
  report(one, verdict.violations);
});

const names = new Set<string>();
const cases: Case[] = only ? [only] : [];
for (const scenario of scenarios) {
  const points = clean.get(scenario)?.points ?? [];
  const found = casesOf(scenario, points);
  for (const point of points) names.add(point);
  if (values.random === undefined) cases.push(...found);
  print(`${scenario.name}: ${new Set(points).size} points, ${found.length} cases`);
  if (values.list) for (const point of new Set(points)) print(`  ${point}`);
}
if (values.random !== undefined) {
  const chance = createChance(values.seed);
  // One that has died once already is killed at its points: how long it takes to start is not what matters.
  const killable = scenarios.filter(({ diesFirstAt }) => diesFirstAt === undefined);
  for (let n = 0; n < Number(values.random); n += 1) {
    const scenario = killable[n % killable.length];
    if (!scenario) throw new Error('none of these scenarios can be killed at any time');
    const after = chance.fraction() * LATER_THAN_CLEAN * (clean.get(scenario)?.tookMs ?? 0);
    cases.push({ scenario, killAt: `after:${after.toFixed(1)}` });
  }
  print(`seed ${values.seed}`);
}

const first = Number(values.from) - 1;
let killed = 0;
let done = 0;
let caseSeconds = 0;
if (!values.list) {
  await inTurns(cases.slice(first), async (one, index) => {
    const at = performance.now();
    const { died, violations } = await runWithin(one, setting);
    const seconds = (performance.now() - at) / 1000;
    done += 1;
    caseSeconds += seconds;
    if (died) killed += 1;
    const verdict = violations.length > 0 ? 'FAILED' : died ? 'ok' : 'not reached';
    print(`${verdict} ${first + index + 1}/${cases.length} ${nameOf(one)} ${seconds.toFixed(1)} s`);
    report(one, violations);
  });
}
await setting.ledgers.close();

const summary = {
  ledger: setting.ledgers.kind,
  ...(values.random !== undefined && { seed: values.seed }),
  scenarios: scenarios.length,
  points: names.size,
  cases: cases.length,
  done,
  killed,
  notReached: done - killed,
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
