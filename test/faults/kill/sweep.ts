/**
 * The kill sweep: a clean run lists the points that a scenario reaches; each case kills the gateway at one of them, starts
 * it again, repeats the consumer's request until it is answered for good, and holds consumer, ledger and practice against
 * one another.
 */
import { BOOKING_CALL } from '../../support/appointments.js';
import type { TestAnswer, TestConsumer } from '../../support/consumer.js';
import type { GatewayProcess } from '../../support/gateway-process.js';
import { SCENARIOS, type Scenario, type Send } from './scenarios.js';
import { createWorld, type World } from './world.js';

export interface Case {
  readonly scenario: Scenario;
  /** `name:n`; without it nobody is killed. */
  readonly killAt: string | undefined;
}

export interface Verdict {
  /** Whether the gateway died at the point; a point that depends on the time may not be reached again. */
  readonly died: boolean;
  /** What does not agree; none is the point of it all. */
  readonly violations: readonly string[];
  /** Points in the order in which they were reached. */
  readonly points: readonly string[];
}

/** Only for a hung process: every answer has a deadline of its own. */
const KILL_TIMER_MS = 60_000;
const MOST_REPEATS = 60;
const MOST_PER_POINT = 2;
/** How a gateway ends that has nothing to do is the same whatever it did before. */
const ENDS_ALIKE = /^drain\./;

export function nameOf({ scenario, killAt }: Case): string {
  return killAt === undefined ? scenario.name : `${scenario.name} ${killAt}`;
}

export function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario '${name}'; there is: ${SCENARIOS.map((one) => one.name).join(', ')}`);
  return scenario;
}

/** Each of the points, and of those that are reached several times the first few. */
export function casesOf(scenario: Scenario, points: readonly string[]): readonly Case[] {
  const counts = new Map<string, number>();
  const isOfInterest = scenario.stopsAt !== undefined || scenario.name === 'book';
  for (const point of points) {
    if (isOfInterest || !ENDS_ALIKE.test(point)) counts.set(point, (counts.get(point) ?? 0) + 1);
  }
  return [...counts].flatMap(([point, count]) =>
    Array.from({ length: Math.min(count, MOST_PER_POINT) }, (_, index) => ({
      scenario,
      killAt: `${point}:${index + 1}`,
    })),
  );
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A request without an answer, because the gateway is gone, is no answer. */
async function trying(send: Send, consumer: TestConsumer): Promise<TestAnswer | undefined> {
  return send(consumer).catch((error: unknown) => {
    // Whatever the answers' own rules say must be heard.
    if (error instanceof TypeError) return undefined;
    throw error;
  });
}

/** What an answer that is final says of what stands at the practice. */
function contradiction(scenario: Scenario, answer: TestAnswer, standing: number): string | undefined {
  const issue: unknown = answer.body?.issue?.[0]?.code;
  const saysNothing = answer.status === 409 || (answer.status === 503 && issue === 'transient');
  if (scenario.state !== 'BOOKED' || scenario.ends !== 201 || !saysNothing || standing === 0) return undefined;
  return `answered ${answer.status} ${String(issue)} while ${standing} bookings stand`;
}

async function untilAnswered(
  world: World,
  scenario: Scenario,
  send: Send,
  consumer: TestConsumer,
  isGone: () => boolean = () => false,
): Promise<{ readonly answer: TestAnswer | undefined; readonly violations: readonly string[] }> {
  const violations: string[] = [];
  let answer: TestAnswer | undefined;
  for (let tries = 0; tries < MOST_REPEATS && !isGone(); tries += 1) {
    answer = await trying(send, consumer);
    if (!answer || answer.status === scenario.ends) break;
    const untrue = contradiction(scenario, answer, world.standing().length);
    if (untrue) violations.push(untrue);
    if (![409, 503, 504].includes(answer.status)) {
      violations.push(`answered ${answer.status}: ${answer.text.slice(0, 300)}`);
      break;
    }
    await pause(100);
  }
  return { answer, violations };
}

/** Does the request, telling the gateway to stop in the middle of it where the scenario says so. */
async function firstRequest(
  world: World,
  { stopsAt }: Scenario,
  send: Send,
  consumer: TestConsumer,
  gateway: GatewayProcess,
): Promise<TestAnswer | undefined> {
  const before = stopsAt && world.practice.requests.count(stopsAt);
  const sent = trying(send, consumer);
  if (!stopsAt) return sent;
  let isGone = false;
  void gateway.exited.then(() => (isGone = true));
  while (!isGone && world.practice.requests.count(stopsAt) === before) await pause(10);
  const stopped = gateway.terminate();
  const answer = await sent;
  await stopped;
  return answer;
}

/** The gateway that starts on what the first one has left, and may die before it listens. */
async function swept(world: World, scenario: Scenario, send: Send, killAt: string | undefined): Promise<boolean> {
  let isGone = false;
  try {
    const { gateway, consumer } = await world.start(killAt);
    void gateway.exited.then(() => (isGone = true));
    await untilAnswered(world, scenario, send, consumer, () => isGone);
    if (!isGone) await gateway.terminate();
    return gateway.signal() === 'SIGKILL';
  } catch (error) {
    // It can die before it listens; anything else that keeps it from starting is a fault.
    if (killAt !== undefined && String(error).includes('the gateway ended with null')) return true;
    throw error;
  }
}

export async function runCase({ scenario, killAt }: Case): Promise<Verdict> {
  const world = await createWorld();
  try {
    const violations: string[] = [];
    const first = await world.start(scenario.diesFirstAt ? `${scenario.diesFirstAt}:1` : killAt);
    const send = await scenario.prepare(world, first.consumer);
    const before = world.practice.requests.count(BOOKING_CALL);
    world.arm();
    let isGone = false;
    void first.gateway.exited.then(() => (isGone = true));
    let told = await firstRequest(world, scenario, send, first.consumer, first.gateway);
    // What follows the answer, such as marking it as given, has a moment.
    for (let waited = 0; waited < 500 && !isGone; waited += 20) await pause(20);
    // Who has not died so far may still die while it stops.
    if (!isGone) await first.gateway.terminate();
    let died = first.gateway.signal() === 'SIGKILL';
    let points = world.reached();
    if (scenario.diesFirstAt) {
      if (!died) violations.push(`did not die at ${scenario.diesFirstAt}`);
      world.passSettleTime();
      const known = points.length;
      died = await swept(world, scenario, send, killAt);
      points = world.reached().slice(known);
      told = undefined;
    }
    world.disarm();
    violations.push(...(told ? saidBefore(scenario, told, world) : []));
    world.passSettleTime();
    const last = await world.start();
    const { answer, violations: untrue } = await untilAnswered(world, scenario, send, last.consumer);
    violations.push(...untrue);
    if (answer?.status !== scenario.ends) violations.push(`ended with ${answer?.status ?? 'no answer'}`);
    if (told?.status === scenario.ends && told.body.id !== answer?.body.id)
      violations.push('two answers, two bookings');
    const code = await last.gateway.terminate();
    if (code !== 0) violations.push(`the last gateway ended with ${String(code)}`);
    if (answer) violations.push(...(await disagreements(world, scenario, answer)));
    violations.push(...tooMany(world, scenario, before));
    return { died, violations, points };
  } finally {
    await world.close();
  }
}

/** What the consumer was told before the gateway died is true already. */
function saidBefore(scenario: Scenario, told: TestAnswer, world: World): readonly string[] {
  const standing = world.standing().length;
  const untrue = contradiction(scenario, told, standing);
  if (untrue) return [untrue];
  if (told.status !== scenario.ends || standing === scenario.bookings) return [];
  return [`answered ${told.status} before it died, while ${standing} bookings stand`];
}

/** No appointment was booked twice and then tidied up: every booking beyond those that count was one half of one. */
function tooMany(world: World, scenario: Scenario, before: number): readonly string[] {
  const calls = world.practice.requests.count(BOOKING_CALL) - before;
  const most = scenario.ends === 201 ? scenario.bookings * 2 : 0;
  return calls > most ? [`${calls} booking calls`] : [];
}

/** Holds ledger, audit trail, consumer and practice against one another. */
async function disagreements(world: World, scenario: Scenario, answer: TestAnswer): Promise<readonly string[]> {
  const found: string[] = [];
  const standing = world.standing();
  if (standing.length !== scenario.bookings) found.push(`${standing.length} bookings stand, not ${scenario.bookings}`);
  const records = await world.records();
  try {
    const { ledger, audit } = records;
    const open = await ledger.openAttempts();
    if (open.length > 0) found.push(`left open: ${open.map(({ state }) => state).join(', ')}`);
    const attempt = await ledger.findAttempt(answer.body?.id);
    if (attempt?.state !== scenario.state) found.push(`the ledger says ${attempt?.state ?? 'nothing'}`);
    else if (scenario.state === 'BOOKED' && [...attempt.practiceRefs].sort().join() !== [...standing].sort().join()) {
      found.push(`the ledger says ${attempt.practiceRefs.join()}, the practice ${standing.join()}`);
    }
    if (attempt && answer.body.meta.versionId !== String(attempt.revision)) found.push('another version than told');
    if (attempt && attempt.revision > (scenario.name === 'amend' || scenario.state === 'CANCELLED' ? 2 : 1)) {
      found.push(`revision ${attempt.revision}: changed more than once`);
    }
    const broken = await audit.verify();
    if (broken !== undefined) found.push(`the audit chain is broken at ${broken}`);
    const events = (await audit.rows(1, 10_000)).map(({ event }) => event);
    const intents = (state: string): number =>
      events.filter((event) => event.kind === 'booking-intent' && event.state === state).length;
    const { requests } = world.practice;
    if (requests.count(BOOKING_CALL) > 0 && intents('CONFIRMING') === 0) found.push('a booking without its intent');
    const mayCancel = intents('CANCELLING') + intents('UNDOING') + (scenario.diesFirstAt ? 1 : 0);
    if (requests.count({ method: 'PUT' }) > 0 && mayCancel === 0) found.push('a cancellation without its intent');
  } finally {
    await records.close();
  }
  return found;
}

/** `runCase`, and one violation of a case that does not end. */
export async function runWithin(one: Case): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve({ died: false, violations: ['did not end'], points: [] }), KILL_TIMER_MS * 2);
  });
  const failed = (error: unknown): Verdict => ({ died: false, violations: [String(error)], points: [] });
  return Promise.race([runCase(one).catch(failed), overdue]).finally(() => clearTimeout(timer));
}

export function repeatedBy(one: Case): string {
  return `npm run test:kill -- '${nameOf(one)}'`;
}
