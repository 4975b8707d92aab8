/**
 * The kill sweep: a clean run lists the points that a scenario reaches; each case kills the gateway at one of them, starts
 * it again, repeats the consumer's request until it is answered for good, and holds consumer, ledger and practice against
 * one another.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BOOKING_CALL } from '../../support/appointments.js';
import type { TestAnswer, TestConsumer } from '../../support/consumer.js';
import type { GatewayProcess } from '../../support/gateway-process.js';
import { contradiction, disagreements, saidBefore } from './checks.js';
import { SCENARIOS, type Scenario, type Send } from './scenarios.js';
import { createWorld, type Setting, type World } from './world.js';

export interface Case {
  readonly scenario: Scenario;
  /** `name:n`, or `after:MS` from when the request is sent; without it nobody is killed. */
  readonly killAt: string | undefined;
}

export interface Verdict {
  /** Whether the gateway died at the point; a point that depends on the time may not be reached again. */
  readonly died: boolean;
  /** What does not agree; none is the point of it all. */
  readonly violations: readonly string[];
  /** Points in the order in which they were reached. */
  readonly points: readonly string[];
  /** From the request to the end of the first gateway's part in it. */
  readonly tookMs: number;
}

/** Only for a hung process: every answer has a deadline of its own. */
const KILL_TIMER_MS = 300_000;
/** On a machine so busy that the gateway's own deadlines pass before it has done anything. */
const MOST_STARTS = 4;
const MOST_REPEATS = 60;
const MOST_PER_POINT = 2;
/** How a gateway ends that has nothing to do is the same whatever it did before. */
const ENDS_ALIKE = /^drain\./;
const AFTER = 'after:';

/** What the case needs before it begins was not to be had; nothing has been tested yet. */
class Unprepared extends Error {}

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

/** A request without an answer, because the gateway is gone, is no answer. */
export async function trying(send: Send, consumer: TestConsumer): Promise<TestAnswer | undefined> {
  return send(consumer).catch((error: unknown) => {
    // Whatever the answers' own rules say must be heard.
    if (error instanceof TypeError) return undefined;
    throw error;
  });
}

export async function untilAnswered(
  world: Pick<World, 'standing'>,
  scenario: Scenario,
  send: Send,
  consumer: TestConsumer,
  isGone: () => boolean = () => false,
): Promise<{ readonly answer: TestAnswer | undefined; readonly violations: readonly string[] }> {
  const violations: string[] = [];
  let answer: TestAnswer | undefined;
  let anotherTrace: string | undefined;
  for (let tries = 0; tries < MOST_REPEATS && !isGone(); tries += 1) {
    answer = await trying((one) => send(one, anotherTrace), consumer);
    if (!answer || answer.status === scenario.ends) break;
    const untrue = contradiction(scenario, answer, world.standing().length);
    if (untrue) violations.push(untrue);
    if (![409, 503, 504].includes(answer.status)) {
      violations.push(`answered ${answer.status}: ${answer.text.slice(0, 300)}`);
      break;
    }
    // The same request would be refused the same for a minute: the consumer asks once more.
    if (answer.status === 409) anotherTrace = randomUUID();
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

export async function runCase({ scenario, killAt }: Case, setting: Setting): Promise<Verdict> {
  const world = await createWorld(setting);
  try {
    const violations: string[] = [];
    const afterMs = killAt?.startsWith(AFTER) ? Number(killAt.slice(AFTER.length)) : undefined;
    const atPoint = afterMs === undefined ? killAt : undefined;
    const first = await world.start(scenario.diesFirstAt ? `${scenario.diesFirstAt}:1` : atPoint);
    const send = await prepared(scenario, world, first.consumer);
    const before = world.practice.requests.count(BOOKING_CALL);
    world.arm();
    let isGone = false;
    void first.gateway.exited.then(() => (isGone = true));
    const began = performance.now();
    const killer = afterMs === undefined ? undefined : setTimeout(() => first.gateway.send('SIGKILL'), afterMs);
    let told = await firstRequest(world, scenario, send, first.consumer, first.gateway);
    const tookMs = performance.now() - began;
    // What follows the answer, such as marking it as given, has a moment.
    for (let waited = 0; waited < 500 && !isGone; waited += 20) await pause(20);
    clearTimeout(killer);
    // Who has not died so far may still die while it stops.
    if (!isGone) await first.gateway.terminate();
    let died = first.gateway.signal() === 'SIGKILL';
    let points = world.reached();
    if (scenario.diesFirstAt) {
      if (!died) violations.push(`did not die at ${scenario.diesFirstAt}`);
      await world.passSettleTime();
      const known = points.length;
      died = await swept(world, scenario, send, atPoint);
      points = world.reached().slice(known);
      told = undefined;
    }
    world.disarm();
    if (told) violations.push(...saidBefore(scenario, told, world));
    violations.push(...(await endedWell(world, scenario, send, told, before)));
    return { died, violations, points, tookMs };
  } finally {
    await world.close();
  }
}

/** A gateway that nobody harms gets what the one before has left; `told` is what that one answered. What does not agree. */
export async function endedWell(
  world: World,
  scenario: Scenario,
  send: Send,
  told: TestAnswer | undefined,
  before: number,
): Promise<readonly string[]> {
  await world.passSettleTime();
  const last = await world.restart();
  const { answer, violations } = await untilAnswered(world, scenario, send, last.consumer);
  const found = [...violations];
  if (answer?.status !== scenario.ends) found.push(`ended with ${answer?.status ?? 'no answer'}`);
  if (told?.status === scenario.ends && told.body.id !== answer?.body.id) found.push('two answers, two bookings');
  await last.stop();
  return answer ? [...found, ...(await disagreements(world, scenario, answer, before))] : found;
}

/** Everything before the request; whoever calls it begins again by `beginningAgain` when it fails. */
export async function prepared(scenario: Scenario, world: World, consumer: TestConsumer): Promise<Send> {
  return scenario.prepare(world, consumer).catch((error: unknown) => {
    throw new Unprepared(String(error), { cause: error });
  });
}

export async function beginningAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unprepared) || starts === MOST_STARTS) throw error;
    }
  }
}

/** What one case comes to, or `failed` with why there is nothing to say of it: it has thrown, or it does not end. */
export async function withinTime<T>(work: () => Promise<T>, failed: (violation: string) => T): Promise<T> {
  const waiting = new AbortController();
  const isOver = (): T => failed('did not end');
  const overdue = pause(KILL_TIMER_MS, undefined, waiting).then(isOver, isOver);
  const done = beginningAgain(work).catch((error: unknown) => failed(String(error)));
  return Promise.race([done, overdue]).finally(() => waiting.abort());
}

/** One case, and one violation if it does not end. */
export function runWithin(one: Case, setting: Setting): Promise<Verdict> {
  return withinTime(
    () => runCase(one, setting),
    (violation) => ({ died: false, points: [], tookMs: 0, violations: [violation] }),
  );
}

export function repeatedBy(one: Case, setting: Pick<Setting, 'ledgers'>): string {
  const ledger = setting.ledgers.kind === 'sqlite' ? '' : ` --ledger ${setting.ledgers.kind}`;
  return `npm run test:kill -- '${nameOf(one)}'${ledger}`;
}
