/**
 * `npm run test:soak -- [--minutes N] [--rate N] [--seed TEXT]`: a gateway as an operator starts it, under steady traffic,
 * while its practice system has one trouble after the other; what it keeps meanwhile, and what is left when all is quiet
 * again. Exit code 1 when a gate does not hold; in less than ten minutes that of the slope says nothing.
 *
 * --minutes N   of traffic; 20
 * --rate N      requests a second, whatever comes back; 20
 * --seed TEXT   of the troubles' order and of what is asked
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runMeasurement, type MeasuredServer } from '../../bench/measured-process.js';
import { consultantsFor } from '../gates/practice-data.js';
import { createRandom } from '../gates/random.js';
import { createSender } from '../gates/sender.js';
import { patientsOf, practicesFile, slotsOf } from '../gates/world.js';
import { build, startBeside, startGateway } from '../overload/processes/children.js';
import { gatesOfMemory, gatesOfResources, MIB, type Gate, type Kept, type Sample } from './samples.js';
import { BOOKINGS, createTraffic, isUnknown, type Traffic, type Wanted } from './traffic.js';
import { rotation, type Trouble } from './troubles.js';
import { untruths } from './truth.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const MINUTES = Number(values.minutes);
const RATE = Number(values.rate);
const HERE = 'test/soak/processes';
const PATIENTS = 400;
const WARM_MS = 30_000;
const TROUBLE_MS = 20_000;
const SAMPLE_MS = 10_000;
/** The gateway closes what nobody uses, and timers of what has ended run out. */
const REST_MS = 10_000;
const AFTERWARDS_MS = 10_000;
/** Shorter ones, and so a shorter settle time, are not taken. */
const WRITE_MS = 2_000;
const SETTLE_SECONDS = (2 * WRITE_MS) / 1000 + 60;
/** What is open is looked up two at a time; and only a hang takes longer. */
const MOST_SETTLING_MS = (SETTLE_SECONDS + 300) * 1000;

const write = (line: string): void => void process.stdout.write(`${line}\n`);

interface Written {
  readonly ledger: object;
  readonly practices: readonly { readonly practiceSystem: object }[];
}

/** The practice of the gates, with the shortest settle time and an operator port. */
function fileOf(practice: MeasuredServer, consultants: number, ledgerFile: string): string {
  const written = JSON.parse(practicesFile(practice.url, { file: ledgerFile }, consultants)) as Written;
  const timeouts = { bookMs: WRITE_MS, cancelMs: WRITE_MS, registerMs: WRITE_MS };
  const more = { key: { env: 'BENCH_PRACTICE_KEY' }, timeouts, settleSeconds: SETTLE_SECONDS };
  return JSON.stringify({
    ...written,
    ledger: { ...written.ledger, key: { env: 'BENCH_LEDGER_KEY' } },
    operator: { port: 0 },
    practices: written.practices.map((one) => ({ ...one, practiceSystem: { ...one.practiceSystem, ...more } })),
  });
}

interface Calls {
  readonly breaker: 'closed' | 'open' | 'half-open';
}
/** Of `/status`, for the practice. */
interface Open {
  readonly open: number;
  readonly needsHuman: number;
  readonly reads: Calls;
  readonly writes: Calls;
}

async function openAt(operatorUrl: string): Promise<Open> {
  const { practices } = (await (await fetch(`${operatorUrl}/status`)).json()) as {
    readonly practices: readonly Open[];
  };
  const [only] = practices;
  if (only === undefined) throw new Error('no practice on the operator port');
  return only;
}

/** Open loop: a request whenever one is due. Resolves when the last one has its answer. */
async function sendAll(traffic: Traffic, ms: number): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  for (let sent = 0; ;) {
    const elapsed = performance.now() - began;
    if (elapsed >= ms) break;
    for (; sent <= (elapsed * RATE) / 1000; sent += 1) {
      const one = traffic.send().finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await pause(5);
  }
  await Promise.all(underWay);
}

const counted = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

function lineOf(kept: Kept, open: Open): string {
  const resources = counted(new Map(Object.entries(kept.resources)));
  const memory = `heap ${(kept.heapBytes / MIB).toFixed(1)} MiB, resident ${(kept.residentBytes / MIB).toFixed(0)} MiB`;
  return `${memory}, ${kept.descriptors} descriptors, ${resources}; ${open.open} open, ${open.needsHuman} for a person`;
}

interface Setting {
  readonly practice: MeasuredServer;
  readonly gateway: MeasuredServer;
  readonly operatorUrl: string;
  readonly traffic: Traffic;
}

async function restingSample({ gateway, operatorUrl, traffic }: Setting, name: string): Promise<Kept> {
  await traffic.hangUp();
  await pause(REST_MS);
  const kept = await gateway.ask<Kept>('sample');
  write(`${name}: ${lineOf(kept, await openAt(operatorUrl))}`);
  return kept;
}

/** Traffic with a trouble after the other, and a sample of every ten seconds. */
async function underTroubles(setting: Setting): Promise<readonly Sample[]> {
  const { practice, gateway, operatorUrl, traffic } = setting;
  const troubles = rotation(createRandom(`${values.seed}, troubles`));
  const samples: Sample[] = [];
  const began = performance.now();
  const ms = MINUTES * 60_000;
  let trouble: Trouble = 'none';
  const sending = sendAll(traffic, ms);
  for (let at = SAMPLE_MS; at <= ms; at += SAMPLE_MS) {
    if ((at - SAMPLE_MS) % TROUBLE_MS === 0) {
      trouble = troubles.next().value;
      await practice.ask(trouble);
    }
    // A request that cannot be sent at all ends the run.
    await Promise.race([pause(began + at - performance.now()), sending]);
    const kept = await gateway.ask<Kept>('sample');
    samples.push({ ...kept, seconds: (performance.now() - began) / 1000 });
    const line = lineOf(kept, await openAt(operatorUrl));
    write(`${(at / 1000).toFixed(0).padStart(5)} s ${trouble.padEnd(9)} ${line}; ${counted(traffic.takeAnswers())}`);
  }
  await practice.ask('none');
  await sending;
  return samples;
}

/**
 * Neither an outcome nor a breaker. One searches now and then, as only a call finds out that the practice answers again;
 * that of writes waits for the first of them.
 */
async function untilNothingIsOpen({ operatorUrl, traffic }: Setting): Promise<Open> {
  for (const began = performance.now(); ; await pause(2_000)) {
    await traffic.search();
    const open = await openAt(operatorUrl);
    const isQuiet = open.reads.breaker === 'closed' && open.writes.breaker !== 'open';
    const ms = performance.now() - began;
    if ((isQuiet && open.open + open.needsHuman === 0) || ms > MOST_SETTLING_MS) {
      write(`after ${(ms / 1000).toFixed(0)} s: ${open.open} open, ${open.needsHuman} for a person`);
      return open;
    }
  }
}

function none(name: string, what: readonly string[] | number): Gate {
  const value = typeof what === 'number' ? what : what.length;
  if (typeof what !== 'number') for (const line of what.slice(0, 20)) write(`  ${name}: ${line}`);
  return { name, value, holds: value === 0, bound: '0' };
}

/** What was said to be an error in the log, by its event. */
function errorsIn(log: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of log.split('\n')) {
    const event = /"level":"?(?:error|fatal|50|60)\b/.test(line) ? /"event":"([^"]+)"/.exec(line)?.[1] : undefined;
    if (event !== undefined) counts.set(event, (counts.get(event) ?? 0) + 1);
  }
  return counts;
}

async function truth({ practice, traffic }: Setting): Promise<readonly Gate[]> {
  const before = untruths(traffic.wanted, await practice.ask('standing'));
  const repeated = await traffic.repeatUnknown();
  const still = traffic.wanted.filter(({ booking }) => isUnknown(booking));
  const reads = new Map<Wanted, boolean | undefined>();
  for (const one of traffic.wanted) {
    if (one.cancellation !== undefined && isUnknown(one.cancellation)) reads.set(one, await traffic.readsAsBooked(one));
  }
  const after = untruths(traffic.wanted, await practice.ask('standing'), (one) => reads.get(one));
  const booked = traffic.wanted.filter(({ booking }) => booking === 201).length;
  write(
    `${traffic.wanted.length} places were wanted and ${booked} booked; ${repeated} bookings sent again, ` +
      `${reads.size} appointments read because nobody was told of their cancellation`,
  );
  return [
    none('not as it was told, all quiet', before),
    none('not as it was told, after the repeats', after),
    none('bookings of which nobody was told in the end', still.length),
    none('appointments that cannot be read', [...reads.values()].filter((isBooked) => isBooked === undefined).length),
  ];
}

async function measure(setting: Setting): Promise<readonly Gate[]> {
  const { gateway, traffic } = setting;
  await sendAll(traffic, WARM_MS);
  write(`warm: ${counted(traffic.takeAnswers())}`);
  const before = await restingSample(setting, 'at rest before');
  const samples = await underTroubles(setting);
  write(`last answers: ${counted(traffic.takeAnswers())}`);
  const open = await untilNothingIsOpen(setting);
  const told = await truth(setting);
  write(`repeats: ${counted(traffic.takeAnswers())}`);
  await sendAll(traffic, AFTERWARDS_MS);
  const afterwards = traffic.takeAnswers();
  write(`afterwards: ${counted(afterwards)}`);
  const after = await restingSample(setting, 'at rest after');
  const others = [...afterwards].filter(([name]) => !/ 20[01]$/.test(name)).reduce((sum, [, count]) => sum + count, 0);
  const isSame = gateway.isRunning();
  const log = gateway.log();
  const starts = log.match(/"event":"listening"/g)?.length ?? 0;
  const deaths = log.match(/"event":"(?:uncaught-exception|unhandled-rejection)"/g)?.length ?? 0;
  write(`errors in the log: ${counted(errorsIn(log)) || 'none'}`);
  return [
    ...gatesOfMemory(samples),
    ...gatesOfResources(before, after),
    none('open in the end', open.open),
    none('left to a person', open.needsHuman),
    ...told,
    none('answers afterwards that are neither 200 nor 201', others),
    none('uncaught', deaths),
    { name: 'the same process, started so often', value: starts, holds: isSame && starts === 1, bound: '1' },
  ];
}

async function run(folder: string): Promise<boolean> {
  write(`${MINUTES} min at ${RATE} requests a second, seed ${values.seed}, load ${loadavg()[0]?.toFixed(1) ?? ''}`);
  build(folder, HERE);
  const seconds = MINUTES * 60 + (WARM_MS + AFTERWARDS_MS) / 1000;
  // Drawn, so some more than the mean.
  const consultants = consultantsFor(seconds * RATE * BOOKINGS * 1.1 + 100);
  const beside = { place: HERE, pinned: false };
  const practice = await startBeside(folder, 'practice', [consultants, PATIENTS].map(String), beside);
  const gateway = await startGateway(folder, fileOf(practice, consultants, join(folder, 'ledger.sqlite')), {
    pinned: false,
    node: ['--expose-gc'],
    probe: `${HERE}/probe.js`,
  });
  const port = /"port":(\d+)[^\n]*"event":"operator-port-listening"/.exec(gateway.log())?.[1] ?? '';
  const operatorUrl = `http://127.0.0.1:${port}`;
  const sender = createSender(gateway.url, 4);
  const [slots, patients] = [await slotsOf(sender), await patientsOf(sender, PATIENTS)];
  await sender.close();
  const traffic = createTraffic(gateway.url, slots, patients, createRandom(values.seed));
  const gates = await measure({ practice, gateway, operatorUrl, traffic });
  for (const { name, value, holds, bound } of gates)
    write(`${holds ? 'ok  ' : 'MISS'} ${name}: ${value.toFixed(2)} (gate ${bound})`);
  await traffic.hangUp();
  await gateway.stop();
  await practice.stop();
  write(`Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? ''}`);
  return gates.every(({ holds }) => holds);
}

const longestMs = (MINUTES + 10) * 60_000 + MOST_SETTLING_MS;
await runMeasurement({ name: 'soak', longestMs, run });
