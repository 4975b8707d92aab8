/**
 * One of two gateways over one PostgreSQL is stopped (SIGSTOP) in the middle of a request, for longer than its lease
 * lasts, while the consumer repeats the request at the other one; then it goes on. Everything happens in real time: the
 * lease belongs to the database's clock.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BOOKING_CALL } from '../../support/appointments.js';
import type { TestAnswer, TestConsumer } from '../../support/consumer.js';
import { contradiction, disagreements } from './checks.js';
import { changed } from './ledgers.js';
import type { Scenario } from './scenarios.js';
import { beginningAgain, prepared, trying } from './sweep.js';
import { createWorld, type Setting, type World } from './world.js';

export interface Stop {
  readonly scenario: Scenario;
  /** From when the request is sent; `undefined` stops nobody. */
  readonly afterMs: number | undefined;
  readonly stoppedMs: number;
}

export interface StopVerdict {
  readonly violations: readonly string[];
  /** Of the request at the gateway that was to be stopped. */
  readonly tookMs: number;
  /** Answered before the stop. */
  readonly wasDone: boolean;
}

/** The shortest that the configuration takes; longer than anybody is stopped. */
const SETTLE_SECONDS = 70;
const ANSWERED_WITHIN_MS = 200_000;
const PERIOD_MS = 1000;
const KEY_LINE = '      key: { env: SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_KEY }\n';

const withShortSettleTime = (text: string): string =>
  changed(text, KEY_LINE, `${KEY_LINE}      settleSeconds: ${SETTLE_SECONDS}\n`);

/** Writes that reached the practice from the gateway that calls it by this name. */
function writesOf(host: string, world: World): number {
  return world.practice.requests
    .all()
    .filter(({ method, request }) => method !== 'GET' && request.headers.host?.startsWith(`${host}:`)).length;
}

async function runOnce({ scenario, afterMs, stoppedMs }: Stop, setting: Setting): Promise<StopVerdict> {
  const world = await createWorld({ ...setting, practices: withShortSettleTime });
  const violations: string[] = [];
  const isUntrue = (answer: TestAnswer | undefined, who: string): void => {
    const untrue = answer && contradiction(scenario, answer, world.standing().length);
    if (untrue) violations.push(`${who}: ${untrue}`);
    if (answer && ![scenario.ends, 409, 503, 504].includes(answer.status)) {
      violations.push(`${who}: answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    }
  };
  try {
    const named = { SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_URL: world.practice.url.replace('127.0.0.1', 'localhost') };
    const [first, second] = [await world.start(undefined, named), await world.start()];
    const send = await prepared(scenario, world, first.consumer);
    const before = world.practice.requests.count(BOOKING_CALL);
    const began = performance.now();
    let tookMs: number | undefined;
    const told = trying(send, first.consumer).then((answer) => {
      tookMs = performance.now() - began;
      isUntrue(answer, 'the one that was stopped');
      return answer;
    });
    let wasDone = false;
    if (afterMs !== undefined) {
      await pause(afterMs);
      first.gateway.send('SIGSTOP');
      wasDone = tookMs !== undefined;
      const goesOnAt = performance.now() + stoppedMs;
      while (performance.now() < goesOnAt) {
        isUntrue(await trying(send, second.consumer), 'the other one, meanwhile');
        await pause(PERIOD_MS);
      }
      const sent = writesOf('localhost', world);
      first.gateway.send('SIGCONT');
      await told;
      const late = writesOf('localhost', world) - sent;
      if (late > 0) violations.push(`${late} writes of the one that was stopped after it went on`);
    }
    const early = await told;
    const inTheEnd = async (consumer: TestConsumer, who: string): Promise<TestAnswer | undefined> => {
      for (const until = performance.now() + ANSWERED_WITHIN_MS; performance.now() < until; await pause(PERIOD_MS)) {
        const answer = await trying(send, consumer);
        isUntrue(answer, who);
        if (answer?.status === scenario.ends) return answer;
      }
      return undefined;
    };
    const answer = await inTheEnd(second.consumer, 'the other one');
    const again = await inTheEnd(first.consumer, 'the one that was stopped, again');
    for (const other of [early, again]) {
      if (other?.status === scenario.ends && other.body.id !== answer?.body.id) violations.push('two appointments');
    }
    if (!again) violations.push('no answer from the one that was stopped');
    for (const { gateway } of [first, second]) {
      const code = await gateway.terminate();
      if (code !== 0) violations.push(`a gateway ended with ${String(code)}`);
    }
    if (!answer) violations.push('no answer from the other one');
    else violations.push(...(await disagreements(world, scenario, answer, before)));
    return { violations, tookMs: tookMs ?? 0, wasDone };
  } finally {
    await world.close();
  }
}

export async function runStop(stop: Stop, setting: Setting): Promise<StopVerdict> {
  return beginningAgain(() => runOnce(stop, setting)).catch((error: unknown) => ({
    violations: [String(error)],
    tookMs: 0,
    wasDone: false,
  }));
}
