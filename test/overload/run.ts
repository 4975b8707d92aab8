/**
 * `npm run test:overload`: overload and isolation in one run, as ratios, so that the machine's speed matters little: the
 * bottleneck is a practice with so many places and a fixed time for each call. The gateway is a process of its own, as an
 * operator starts it, with a processor of its own where there are two; generator and practices share the other.
 * Exit code 1 when a gate does not hold.
 */
import { mkdtempSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { runMeasurement, type MeasuredServer } from '../../bench/measured-process.js';
import { load, percentile, type Answered } from './fleet.js';
import { createGenerator, type Booked, type Generator } from './generator.js';
import { build, pinGenerator, startBeside, startGateway } from './processes/children.js';
import { fileOf } from './processes/practices-file.js';

/** One part alone: `searches`, `bookings` or `isolation`. */
const only = process.argv[2];
/** Where to write what the gateway's processor does. */
const profileTo = process.env['SLOTBRIDGE_CPU_PROFILE'];
const SECONDS = Number(process.env['SLOTBRIDGE_OVERLOAD_SECONDS'] ?? 6);
/** Consumers that wait no longer than this: an answer that comes later is of no use, and nobody hears it. */
const PATIENCE_MS = 1000;
/** One booking consumer in so many leaves while its booking is under way, overload or not. */
const HASTY_EACH = 10;
const HASTY_MS = 100;
interface Speed {
  readonly places: number;
  readonly serviceMs: number;
}
const callsPerSecond = ({ places, serviceMs }: Speed): number => (places * 1000) / serviceMs;
/** So quick that what the gateway lets wait at a practice is answered within the patience of consumers. */
const FOR_SEARCHES: Speed = { places: 4, serviceMs: 40 };
/** Four calls one after the other: place, patient, place once more, then the booking itself. */
const FOR_BOOKINGS: Speed = { places: 4, serviceMs: 40 };
const CALLS_OF_A_BOOKING = 4;
const FOR_ISOLATION: Speed = { places: 4, serviceMs: 150 };
/**
 * Within this, and as long as gateway and practice were kept from running at the most, the news that somebody has left may
 * still be on its way.
 */
const NEWS_MS = 50;
/** Control runs may differ by so much; else all is run again, so often at most. */
const ALIKE = 0.1;
const MOST_RUNS = 2;
const LONGEST_RUN_MS = 600_000;

const write = (line: string): void => void process.stdout.write(`${line}\n`);

interface Gate {
  readonly name: string;
  readonly value: number;
  readonly holds: boolean;
  readonly bound: string;
}

interface Setting {
  readonly gateway: MeasuredServer;
  readonly practices: MeasuredServer;
  readonly generator: Generator;
}

async function withGateway<Result>(
  folder: string,
  installations: number,
  { places, serviceMs }: Speed,
  use: (setting: Setting) => Promise<Result>,
): Promise<Result> {
  const practices = await startBeside(folder, 'practices', [installations, places, serviceMs].map(String));
  const ports = Object.values(await practices.ask('ports'));
  const home = mkdtempSync(join(folder, 'ledger-'));
  const gateway = await startGateway(folder, fileOf(ports, join(home, 'ledger.sqlite')), {
    pinned: true,
    node: profileTo === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileTo],
  });
  const generator = await createGenerator(gateway.url);
  try {
    return await use({ gateway, practices, generator });
  } finally {
    await generator.close();
    await gateway.stop();
    await practices.stop();
  }
}

const usefulOf = (answers: readonly Answered[], status: number): number =>
  answers.filter((one) => one.status === status).length / SECONDS;
const leftOf = (answers: readonly Answered[]): number => answers.filter(({ status }) => status === undefined).length;

interface Overload {
  readonly gates: readonly Gate[];
  /** Of the control after, to that before. */
  readonly control: number;
}

/** Before and after, at a rate that the practice can keep up with; between them, twice and five times that rate. */
async function phases<One extends Answered>(
  perSecond: number,
  status: number,
  send: (index: number) => Promise<One>,
): Promise<{
  readonly gates: Gate[];
  readonly control: number;
  readonly all: readonly One[];
  readonly most: readonly One[];
}> {
  const all: One[] = [];
  const phase = async (times: number): Promise<readonly One[]> => {
    const answers = await load(perSecond * times, SECONDS * 1000, send);
    all.push(...answers);
    const shed = answers.filter((one) => one.status === 503);
    const late = percentile(shed, 0.99).toFixed(0);
    const useful = usefulOf(answers, status).toFixed(1);
    write(
      `  ${times} x: ${answers.length} sent, ${useful} useful/s, ${shed.length} shed (p99 ${late} ms), ${leftOf(answers)} left`,
    );
    return answers;
  };
  await load(perSecond / 2, 2000, send);
  const before = usefulOf(await phase(1), status);
  const twice = usefulOf(await phase(2), status);
  const most = await phase(5);
  const began = performance.now();
  while ((await send(1)).status !== status) await new Promise((resolve) => setTimeout(resolve, 50));
  const recovery = (performance.now() - began) / 1000;
  const after = usefulOf(await phase(1), status);
  const peak = Math.max(before, after);
  const fivefold = usefulOf(most, status);
  return {
    gates: [
      {
        name: 'useful answers at 2 x, of own peak',
        value: twice / peak,
        holds: twice >= 0.95 * peak,
        bound: '>= 0.95',
      },
      {
        name: 'useful answers at 5 x, of own peak',
        value: fivefold / peak,
        holds: fivefold >= 0.9 * peak,
        bound: '>= 0.90',
      },
      { name: 'recovery, s', value: recovery, holds: recovery <= 5, bound: '<= 5' },
    ],
    control: after / before,
    all,
    most,
  };
}

function lateness(answers: readonly Answered[]): Gate {
  const late = percentile(
    answers.filter(({ status }) => status === 503),
    0.99,
  );
  return { name: 'p99 of a shed answer at 5 x, ms', value: late, holds: late <= 50, bound: '<= 50' };
}

async function searches({ generator }: Setting): Promise<Overload> {
  write('searches');
  const send = (index: number): Promise<Answered> => generator.search(0, PATIENCE_MS, `20000000${1000 + (index % 7)}`);
  const { gates, control, most } = await phases(callsPerSecond(FOR_SEARCHES), 200, send);
  return { gates: [...gates, lateness(most)], control };
}

async function bookings({ generator, practices, gateway }: Setting): Promise<Overload> {
  write('bookings');
  for (const child of [gateway, practices]) await child.ask('lateness');
  const send = (index: number): Promise<Booked> =>
    generator.book(index % HASTY_EACH === 0 ? HASTY_MS : PATIENCE_MS, `20000000${1000 + (index % 7)}`);
  const { gates, control, all, most } = await phases(callsPerSecond(FOR_BOOKINGS) / CALLS_OF_A_BOOKING, 201, send);
  let news = NEWS_MS;
  for (const child of [gateway, practices]) news += (await child.ask('lateness'))['longestMs'] ?? 0;
  const writes = await practices.ask('writes');
  const unheard = all.flatMap(({ session, leftAt }) => {
    const at = writes[String(session)];
    return leftAt === undefined || at === undefined ? [] : [at - leftAt];
  });
  const after = unheard.filter((ms) => ms > 0);
  const begun = after.filter((ms) => ms > news);
  const left = leftOf(all);
  write(
    `  of ${left} who left, ${unheard.length - after.length} had their write begun before and ${after.length - begun.length} ` +
      `within ${news.toFixed(0)} ms after (the latest ${Math.max(0, ...after).toFixed(0)} ms)`,
  );
  return {
    gates: [
      ...gates,
      lateness(most),
      { name: 'consumers that left', value: left, holds: left > 0, bound: '> 0, else nothing is shown' },
      { name: 'writes for consumers that had left', value: begun.length, holds: begun.length === 0, bound: '0' },
    ],
    control,
  };
}

interface Isolation {
  readonly gates: readonly Gate[];
  readonly control: number;
}

async function isolation({ generator, practices }: Setting): Promise<Isolation> {
  write('isolation');
  const rate = 12;
  const healthy = (): Promise<Answered[]> =>
    load(rate * 2, SECONDS * 1000, (index) => generator.search(10 + (index % 10)));
  const gates: Gate[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, index) => generator.search(index)));
  await healthy();
  const before = percentile(await healthy(), 0.99);
  const others: { hung: number; p99: number }[] = [];
  for (const hung of [1, 5, 10]) {
    await practices.ask({ hang: hung });
    let asked = 0;
    const [well, , federated] = await Promise.all([
      healthy(),
      load(rate, SECONDS * 1000, (index) => {
        asked += 1;
        return generator.search(index % hung);
      }),
      generator.search('north'),
    ]);
    const calls = Object.values(await practices.ask('calls'))
      .slice(0, hung)
      .reduce((sum, one) => sum + one, 0);
    const refused = well.filter(({ status }) => status !== 200).length;
    others.push({ hung, p99: percentile(well, 0.99) });
    const most = 1.1 * (asked + hung);
    gates.push(
      { name: `others not answered, ${hung} hung`, value: refused, holds: refused === 0, bound: '0' },
      {
        name: `reads at the hung for each asked, ${hung} hung`,
        value: calls / (asked + hung),
        holds: calls <= most,
        bound: '<= 1.1',
      },
      {
        name: `search over all, ${hung} hung, s`,
        value: federated.tookMs / 1000,
        holds: federated.tookMs <= 2600,
        bound: '<= 2.6',
      },
    );
    await practices.ask({ hang: 0 });
    // Until every breaker has had its trial.
    for (let index = 0; index < hung; index += 1) {
      while ((await generator.search(index)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const after = percentile(await healthy(), 0.99);
  // What the machine does to all alike is in both controls.
  const alone = (before + after) / 2;
  for (const { hung, p99 } of others) {
    write(
      `  ${hung} of 20 hung: others' p99 ${p99.toFixed(0)} ms, alone ${before.toFixed(0)} and ${after.toFixed(0)} ms`,
    );
    const name = `others' p99 with ${hung} of 20 hung, of that with none`;
    gates.push({ name, value: p99 / alone, holds: p99 <= 1.2 * alone, bound: '<= 1.2' });
  }
  return { gates, control: after / before };
}

/** Once more when the control runs show that the machine was not the same throughout. */
async function settled(run: () => Promise<Overload>): Promise<boolean> {
  for (let count = 1; ; count += 1) {
    const { gates, control } = await run();
    const alike = Math.abs(control - 1) <= ALIKE;
    if (!alike && count < MOST_RUNS) {
      write(`  control after / before ${control.toFixed(3)}: once more`);
      continue;
    }
    for (const { name, value, holds, bound } of gates)
      write(`${holds ? 'ok  ' : 'MISS'} ${name}: ${value.toFixed(3)} (gate ${bound})`);
    write(
      `     control after / before: ${control.toFixed(3)}${alike ? '' : ': the machine was not the same throughout, and what misses proves nothing'}`,
    );
    return gates.every(({ holds }) => holds);
  }
}

async function run(folder: string): Promise<boolean> {
  build(folder);
  const shared = pinGenerator();
  const [loadBefore = 0] = loadavg();
  const parts = {
    searches: () => withGateway(folder, 1, FOR_SEARCHES, searches),
    bookings: () => withGateway(folder, 1, FOR_BOOKINGS, bookings),
    isolation: () => withGateway(folder, 20, FOR_ISOLATION, isolation),
  };
  let isWell = true;
  for (const [name, part] of Object.entries(parts)) {
    if ((only === undefined || only === name) && !(await settled(part))) isWell = false;
  }
  write(`${shared}; Node ${process.version}, load before ${loadBefore.toFixed(1)}, phases of ${SECONDS} s`);
  return isWell;
}

await runMeasurement({ name: 'overload', longestMs: LONGEST_RUN_MS, run });
