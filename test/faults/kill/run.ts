/**
 * `npm run test:kill`: every point of every scenario. With a scenario and a point (`'book wire.book.last-byte:1'`) that
 * case only, with a scenario its points; `--list` names the points without killing anybody, `--built` starts the gateway
 * from `.kill-build`.
 */
import { SCENARIOS } from './scenarios.js';
import { casesOf, nameOf, repeatedBy, runWithin, scenarioNamed, type Case } from './sweep.js';

/** Each case has two processes at most, and most of its time is their start. */
const AT_A_TIME = Number(process.env['KILL_AT_A_TIME'] ?? 2);

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const began = performance.now();
const given = process.argv.slice(2).flatMap((word) => word.split(' '));
// Not from the sources, which take more than twice the time to start.
if (given.includes('--built')) process.env['GATEWAY_FROM'] = '.kill-build';
const isListing = given.includes('--list');
const [name, point] = given.filter((word) => !word.startsWith('--'));
const scenarios = name === undefined ? SCENARIOS : [scenarioNamed(name)];

const failures: string[] = [];
const cases: Case[] = [];
const names = new Set<string>();
const report = (one: Case, violations: readonly string[]): void => {
  for (const violation of violations) print(`VIOLATION ${nameOf(one)}: ${violation}`);
  if (violations.length === 0) return;
  failures.push(nameOf(one));
  print(`  repeat it: ${repeatedBy(one)}`);
};

if (name !== undefined && point !== undefined) {
  cases.push({ scenario: scenarioNamed(name), killAt: point });
} else {
  await inTurns(scenarios, async (scenario) => {
    const clean: Case = { scenario, killAt: undefined };
    const { points, violations } = await runWithin(clean);
    report(clean, violations);
    const found = casesOf(scenario, points);
    cases.push(...found);
    for (const one of points) names.add(one);
    print(`${scenario.name}: ${new Set(points).size} points, ${found.length} cases`);
    if (isListing) for (const one of new Set(points)) print(`  ${one}`);
  });
}

let killed = 0;
if (!isListing) {
  await inTurns(cases, async (one) => {
    const { died, violations } = await runWithin(one);
    if (died) killed += 1;
    print(`${violations.length > 0 ? 'FAILED' : died ? 'ok' : 'not reached'}  ${nameOf(one)}`);
    report(one, violations);
  });
}
const seconds = Math.round((performance.now() - began) / 1000);
print(
  `${names.size || 1} named points, ${cases.length} cases, ${killed} killed, ${failures.length} with violations, ${seconds} s`,
);
// Simulators of a case that did not end keep the process alive.
process.exit(failures.length > 0 ? 1 : 0);
