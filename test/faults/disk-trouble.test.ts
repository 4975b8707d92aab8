/**
 * G03: a whole gateway whose disk takes no more writes, with one booking sent and another that comes; and, in the long
 * form (SLOTBRIDGE_FAULTS=all), one whose disk is really full.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BOOKING_CALL, exactSlots } from '../support/appointments.js';
import type { Json, TestAnswer, TestConsumer } from '../support/consumer.js';
import { bookingBody, expectRefusal, freeSlots, patientId, slotPath } from '../support/flow.js';
import { dayFromNow, setUpKillableGateway, until, type Started } from './killable-gateway.js';

/** Processes start slowly on a machine that has much else to do. */
const PATIENCE = { timeout: 60_000, interval: 100 };
const MIB = 1024 * 1024;
const isLong = process.env['SLOTBRIDGE_FAULTS'] === 'all';

function failing(reason: string, command: string, given: readonly string[]): string | undefined {
  try {
    execFileSync(command, given, { stdio: 'ignore' });
    return undefined;
  } catch {
    return `(${reason})`;
  }
}

/** A disk of its own for the ledger, of memory, that nobody else sees and that goes with the process. */
function onDiskOf(mib: number, folder: string): readonly string[] {
  const mount = `mount -t tmpfs -o size=${mib}m tmpfs "$0" && exec "$@"`;
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, folder];
}

const withoutPrlimit = failing('needs prlimit of util-linux', 'prlimit', ['--version']);
function withoutDisk(): string | undefined {
  if (!isLong) return '(long form only: SLOTBRIDGE_FAULTS=all)';
  const [command = '', ...given] = onDiskOf(1, '/tmp');
  return failing('needs unshare of util-linux, and the right to mount a tmpfs', command, [...given, 'true']);
}
const noDisk = withoutDisk();

const DEADLINE = '3s';
/** After the effect; the disk fails meanwhile. */
const ANSWERED_AFTER_MS = 1500;
const practices = (yaml: string): string => `${yaml}\nlimits: { bookingDeadline: ${DEADLINE} }\n`;

const killable = setUpKillableGateway();

/** Two bookings that can be made: one that is sent when the disk fails, one that comes afterwards. */
async function prepared(consumer: TestConsumer): Promise<readonly [sent: Json, next: Json]> {
  const nextSlot = await exactSlots(consumer, slotPath(dayFromNow(1), dayFromNow(8)));
  const patient = await patientId(consumer);
  return [bookingBody(nextSlot(), patient), bookingBody(nextSlot(), patient)];
}

const book = (consumer: TestConsumer, body: Json): Promise<TestAnswer> => consumer.post('book', '/Appointment', body);
const ready = async ({ gateway }: Started): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;

/** Resolves when the practice has booked; its answer is still on the way. */
async function sending(consumer: TestConsumer, body: Json): Promise<{ readonly answer: Promise<TestAnswer> }> {
  const before = killable.standing();
  killable.practice.faults.script({
    match: BOOKING_CALL,
    fault: { kind: 'delay', ms: ANSWERED_AFTER_MS, when: 'after' },
  });
  const answer = book(consumer, body);
  await until(() => killable.standing() > before);
  return { answer };
}

/** Nothing is begun, and the practice is not asked; what needs no ledger goes on. */
async function expectNothingBegun({ gateway, consumer }: Started, body: Json): Promise<void> {
  const calls = killable.practice.requests.count(BOOKING_CALL);
  const refused = await book(consumer, body);
  expect(expectRefusal(refused, 503, 'INTERNAL_SERVER_ERROR').code).toBe('no-store');
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(killable.practice.requests.count(BOOKING_CALL)).toBe(calls);
  expect((await freeSlots(consumer, slotPath(dayFromNow(1), dayFromNow(8)))).length).toBeGreaterThan(0);
  expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
}

/** Both bookings are told and stand once, and were asked for once. */
async function expectBothBooked(started: Started, bodies: readonly Json[]): Promise<void> {
  await expect.poll(() => ready(started), PATIENCE).toBe(200);
  for (const body of bodies) {
    await expect.poll(async () => (await book(started.consumer, body)).status, PATIENCE).toBe(201);
  }
  expect(killable.standing()).toBe(2);
  expect(killable.practice.requests.count(BOOKING_CALL)).toBe(2);
}

describe.skipIf(withoutPrlimit)(`a disk that takes no writes ${withoutPrlimit ?? ''}`, () => {
  it('what was sent is never told as not made, nothing else is begun, and it goes on by itself', async () => {
    const started = await killable.start({ practices });
    const { gateway, consumer } = started;
    const [sent, next] = await prepared(consumer);
    /** No file of the process grows past so many bytes: its writes fail as those of a broken disk do. */
    const limit = (bytes: string): void =>
      void execFileSync('prlimit', ['--pid', String(gateway.pid), `--fsize=${bytes}:unlimited`]);

    const { answer } = await sending(consumer, sent);
    limit('1');
    await expectNothingBegun(started, next);
    await expect.poll(() => ready(started), PATIENCE).toBe(503);
    expect(expectRefusal(await answer, 504, 'INTERNAL_SERVER_ERROR').code).toBe('timeout');
    expect(killable.standing()).toBe(1);

    limit('unlimited');
    await expectBothBooked(started, [sent, next]);
    expect(await gateway.terminate()).toBe(0);
    const records = await killable.records();
    expect(await records.ledger.openAttempts()).toEqual([]);
    expect(await records.audit.verify()).toBeUndefined();
    // What was asked for while nothing could be written is in the trail as well.
    const told = (await records.audit.rows(1, 1000)).flatMap(({ event }) =>
      event.kind === 'request' && event.interaction?.endsWith(':create:appointment-1') ? [event.status] : [],
    );
    expect(told.slice(0, 2).sort()).toEqual([503, 504]);
    await records.close();
  }, 180_000);
});

describe.skipIf(noDisk)(`a disk that is full ${noDisk ?? ''}`, () => {
  /** More than what is plenty and the reserve. */
  const SIZE_MIB = 160;
  const start = (): Promise<Started> => killable.start({ practices, wrapper: onDiskOf(SIZE_MIB, killable.disk) });
  /** A file of the gateway's disk, as it is seen from outside. */
  const onDisk = ({ gateway }: Started, name: string): string => join(`/proc/${gateway.pid}/root`, killable.disk, name);

  /** Until not a byte more fits. */
  function fill(started: Started): void {
    const filler = openSync(onDisk(started, 'filler'), 'a');
    try {
      for (const size of [MIB, 4096]) {
        try {
          for (;;) writeSync(filler, Buffer.alloc(size, 1));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENOSPC' });
        }
      }
    } finally {
      closeSync(filler);
    }
  }
  const RESERVE_BYTES = 16 * MIB;
  const free = (started: Started): number => {
    const { bavail, bsize } = statfsSync(onDisk(started, '.'));
    return bavail * bsize;
  };
  const reserve = (started: Started): boolean => existsSync(onDisk(started, 'ledger.sqlite.reserve'));

  /** A booking is under way when the disk fills, and the reserve is given up for it. */
  async function filledWhileSending() {
    const started = await start();
    const [sent, next] = await prepared(started.consumer);
    await expect.poll(() => reserve(started), PATIENCE).toBe(true);
    const { answer } = await sending(started.consumer, sent);
    fill(started);
    await until(() => !reserve(started));
    // A name goes before the space does; of that, little is used before the practice answers.
    await until(() => free(started) > RESERVE_BYTES - MIB);
    return { started, sent, next, answer };
  }

  it('the reserve is given up for what was sent, which is told; nothing else is begun', async () => {
    const { started, sent, next, answer } = await filledWhileSending();
    await expectNothingBegun(started, next);
    expect((await answer).status).toBe(201);

    rmSync(onDisk(started, 'filler'));
    await expect.poll(() => reserve(started), PATIENCE).toBe(true);
    await expectBothBooked(started, [sent, next]);
  }, 180_000);

  it('without a byte left what was sent is never told as not made, and it goes on by itself', async () => {
    const { started, sent, next, answer } = await filledWhileSending();
    fill(started);
    await expectNothingBegun(started, next);
    await expect.poll(() => ready(started), PATIENCE).toBe(503);
    expect(expectRefusal(await answer, 504, 'INTERNAL_SERVER_ERROR').code).toBe('timeout');
    expect(killable.standing()).toBe(1);

    rmSync(onDisk(started, 'filler'));
    await expectBothBooked(started, [sent, next]);
  }, 180_000);
});
