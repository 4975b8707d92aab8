/**
 * The disk sweep: a clean run counts the syncs and writes that the ledger makes from the consumer's request to the end of
 * the gateway; in each case one of them fails, or all from one on. What the consumer hears meanwhile must be true; then
 * the gateway is started on a disk in order, the request repeated until it is answered for good, and consumer, ledger,
 * audit trail and practice are held against one another, as after a kill.
 */
import { join, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BOOKING_CALL, CANCEL_CALL } from '../../../support/appointments.js';
import type { TestAnswer } from '../../../support/consumer.js';
import type { GatewayProcess } from '../../../support/gateway-process.js';
import { saidBefore } from '../checks.js';
import type { Scenario } from '../scenarios.js';
import { endedWell, prepared, trying, untilAnswered, withinTime } from '../sweep.js';
import { createWorld, type Setting, type World } from '../world.js';
import { attachTo, SYNCS, WRITES, type Injection, type Seen } from './strace.js';

interface DiskFault {
  readonly calls: typeof SYNCS | typeof WRITES;
  readonly error: 'EIO' | 'ENOSPC' | 'EROFS';
  /** The k-th alone, or it and all that follow. */
  readonly lasts: 'once' | 'on';
  /**
   * What becomes of the gateway: the consumer goes on asking it and it stops in order; or it is killed with its answer,
   * when the frames of a commit whose sync has failed are still in the log, for the next start to find.
   */
  readonly then: 'goes-on' | 'killed';
}

export const DISK_FAULTS = {
  'sync-eio': { calls: SYNCS, error: 'EIO', lasts: 'once', then: 'goes-on' },
  'sync-eio-killed': { calls: SYNCS, error: 'EIO', lasts: 'once', then: 'killed' },
  'syncs-eio': { calls: SYNCS, error: 'EIO', lasts: 'on', then: 'goes-on' },
  'write-eio': { calls: WRITES, error: 'EIO', lasts: 'once', then: 'goes-on' },
  'write-enospc': { calls: WRITES, error: 'ENOSPC', lasts: 'once', then: 'goes-on' },
  'read-only': { calls: WRITES, error: 'EROFS', lasts: 'on', then: 'goes-on' },
} as const satisfies Readonly<Record<string, DiskFault>>;
export type DiskFaultName = keyof typeof DISK_FAULTS;

export interface DiskCase {
  readonly scenario: Scenario;
  /** Without it nothing fails. */
  readonly fault: DiskFaultName | undefined;
  /** Which sync or write, from 1. */
  readonly k: number;
}

export interface DiskVerdict {
  /** Of the first gateway. */
  readonly seen: Seen;
  /** Of these until it had answered. */
  readonly syncsToAnswer: number;
  /** What does not agree; none is the point of it all. */
  readonly violations: readonly string[];
}

const NOTHING_SEEN: Seen = { syncs: 0, writes: 0, injected: 0 };
/** What the requests before have left for the next commit is in the ledger by then. */
const SETTLES_MS = 150;
/** What follows an answer, such as marking it as given, has a moment. */
const FOLLOWS_MS = 300;
/** After a fault the ledger is tried each second. */
const GOES_ON_MS = 3500;
const PERIOD_MS = 50;
/** Only for one that never is. */
const READY_WITHIN_MS = 60_000;
const DEADLINE = '6s';
const withDeadline = (yaml: string): string => `${yaml}\nlimits: { bookingDeadline: ${DEADLINE} }\n`;

export function isDiskFault(name: string | undefined): name is DiskFaultName {
  return name !== undefined && Object.hasOwn(DISK_FAULTS, name);
}

export function nameOfDiskCase({ scenario, fault, k }: DiskCase): string {
  return fault === undefined ? scenario.name : `${scenario.name} ${fault}:${k}`;
}

/** Each sync and each write that a clean run has made, failing in each way. */
export function diskCasesOf(scenario: Scenario, { seen, syncsToAnswer }: DiskVerdict): readonly DiskCase[] {
  const most = ({ calls, then }: DiskFault): number => {
    if (calls === WRITES) return seen.writes;
    return then === 'killed' ? syncsToAnswer : seen.syncs;
  };
  return (Object.keys(DISK_FAULTS) as DiskFaultName[]).flatMap((fault) =>
    Array.from({ length: most(DISK_FAULTS[fault]) }, (_, index) => ({ scenario, fault, k: index + 1 })),
  );
}

function injectionOf({ fault, k }: DiskCase): Injection | undefined {
  if (fault === undefined) return undefined;
  const { calls, error, lasts } = DISK_FAULTS[fault];
  return { calls, how: `error=${error}:when=${k}${lasts === 'on' ? '+' : ''}` };
}

const changes = ({ practice }: World): number =>
  practice.requests.count(BOOKING_CALL) + practice.requests.count(CANCEL_CALL);

/** 503 means that nothing has been begun: to the request that has begun it, it may not be said. */
function begunAllTheSame(told: TestAnswer | undefined, sent: number): readonly string[] {
  return told?.status === 503 && sent > 0 ? [`answered 503 after ${sent} calls that change something`] : [];
}

/** After a fault that is over it takes bookings again, without being started anew. */
async function readyAgain({ url }: GatewayProcess, isGone: () => boolean): Promise<readonly string[]> {
  for (
    const until = performance.now() + READY_WITHIN_MS;
    !isGone() && performance.now() < until;
    await pause(PERIOD_MS)
  ) {
    const status = await fetch(`${url}/readyz`).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return [];
  }
  return ['not ready again'];
}

async function runOnce(one: DiskCase, setting: Setting): Promise<DiskVerdict> {
  const { scenario } = one;
  const then = one.fault === undefined ? 'goes-on' : DISK_FAULTS[one.fault].then;
  const world = await createWorld({ ...setting, practices: withDeadline });
  const violations: string[] = [];
  try {
    const { gateway, consumer } = await world.start();
    const send = await prepared(scenario, world, consumer);
    await pause(SETTLES_MS);
    const before = world.practice.requests.count(BOOKING_CALL);
    const changed = changes(world);
    let isGone = false;
    void gateway.exited.then(() => (isGone = true));
    const log = join(dirname(world.ledgerFile()), 'strace');
    const tracer = await attachTo(gateway.pid, world.ledgerFile(), log, injectionOf(one));
    const told = await trying(send, consumer);
    const syncsToAnswer = tracer.seen().syncs;
    if (then === 'killed') await gateway.kill();
    if (!told) violations.push('no answer');
    else violations.push(...begunAllTheSame(told, changes(world) - changed), ...saidBefore(scenario, told, world));
    if (then === 'goes-on') {
      await pause(FOLLOWS_MS);
      if (told?.status !== scenario.ends) {
        const until = performance.now() + GOES_ON_MS;
        const isOver = (): boolean => isGone || performance.now() > until;
        violations.push(...(await untilAnswered(world, scenario, send, consumer, isOver)).violations);
      }
      const isLasting = one.fault !== undefined && DISK_FAULTS[one.fault].lasts === 'on';
      if (!isLasting) violations.push(...(await readyAgain(gateway, () => isGone)));
      if (isGone) violations.push('the gateway ended by itself');
      else await gateway.terminate();
    }
    await tracer.detach();
    const seen = tracer.seen();
    violations.push(...(await endedWell(world, scenario, send, told, before)));
    return { seen, syncsToAnswer, violations: [...new Set(violations)] };
  } finally {
    await world.close();
  }
}

/** One case, and one violation if it does not end. */
export function runDiskCase(one: DiskCase, setting: Setting): Promise<DiskVerdict> {
  return withinTime(
    () => runOnce(one, setting),
    (violation) => ({ seen: NOTHING_SEEN, syncsToAnswer: 0, violations: [violation] }),
  );
}
