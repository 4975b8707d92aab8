/**
 * G05: next to nothing is left of the heap of the gateway's process in the middle of a booking, and then it goes on; or
 * nothing at all, and it dies of that.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BOOKING_CALL, exactSlots } from '../support/appointments.js';
import { bookingBody, patientId, slotPath } from '../support/flow.js';
import { dayFromNow, setUpKillableGateway, until, type StartOptions } from './killable-gateway.js';
import { book, expectTold, search, toldIn } from './told.js';

const PATIENCE = { timeout: 60_000, interval: 100 };
const isLong = process.env['SLOTBRIDGE_FAULTS'] === 'all';
/** For old objects; of that the gateway, as it starts here, has used a third when it has served a little. */
const HEAP_MIB = 128;
const FULL = 0.9;
/** The searches under way while the heap is full. */
const SEARCHES = 50;
const ANSWERED_AFTER_MS = 1000;
const ARRAY_LENGTH = 16_384;
/** Of the heap, by an array of numbers of eight bytes each. */
const ARRAY_SHARE = (ARRAY_LENGTH * 8) / (HEAP_MIB * 1024 * 1024);

/**
 * On SIGUSR2 so much is kept that after collecting garbage the heap is full to this share; on the next it is let go.
 * Above 1 the process dies in the attempt. What the heap came to is written to the file.
 */
const filling = (share: number, file: string): string =>
  `data:text/javascript,${encodeURIComponent(`
    import { writeFileSync } from 'node:fs';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const used = () => process.memoryUsage().heapUsed / ${HEAP_MIB * 1024 * 1024};
    const keep = () => kept.push(new Array(${ARRAY_LENGTH}).fill(0.5));
    let kept;
    process.on('SIGUSR2', () => {
      if (kept) kept = undefined;
      else {
        kept = [];
        collect();
        for (let left = (${share} - used()) / ${ARRAY_SHARE}; left > 0; left -= 1) keep();
      }
      collect();
      writeFileSync(${JSON.stringify(file)}, String(used()));
    });
  `)}`;

const killable = setUpKillableGateway();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-heap-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Of the limit; `undefined` until it has been filled. */
function filledTo(): number | undefined {
  try {
    return Number(readFileSync(join(folder, 'heap'), 'utf8') || undefined);
  } catch {
    return undefined;
  }
}
function withLittleHeap(share: number): StartOptions {
  return {
    imports: [filling(share, join(folder, 'heap'))],
    wrapper: ['env', `NODE_OPTIONS=--max-old-space-size=${HEAP_MIB}`],
  };
}

it('with a heap nearly full what is under way and what comes is told truly, and all is well when there is room again', async () => {
  const { gateway, consumer } = await killable.start(withLittleHeap(FULL));
  const nextSlot = await exactSlots(consumer, slotPath(dayFromNow(1), dayFromNow(8)));
  const patient = await patientId(consumer);
  const [body, another] = [bookingBody(nextSlot(), patient), bookingBody(nextSlot(), patient)];
  killable.practice.faults.script({
    match: BOOKING_CALL,
    fault: { kind: 'delay', ms: ANSWERED_AFTER_MS, when: 'after' },
  });
  const booking = book(consumer, body);
  await until(() => killable.standing() === 1);
  gateway.send('SIGUSR2');
  const early = Array.from({ length: SEARCHES }, () => search(consumer));
  await expect.poll(filledTo, PATIENCE).toBeGreaterThan(FULL - 0.02);

  const late = Array.from({ length: SEARCHES }, () => search(consumer));
  const second = book(consumer, another);
  for (const status of await Promise.all([...early, ...late])) expect([200, 503, 504]).toContain(status);
  expectTold(await toldIn(consumer, body, await booking));
  expectTold(await toldIn(consumer, another, await second));
  expect(filledTo()).toBeGreaterThan(FULL - 0.02);

  gateway.send('SIGUSR2');
  await expect.poll(filledTo, PATIENCE).toBeLessThan(FULL - 0.1);
  await expect.poll(() => search(consumer), PATIENCE).toBe(200);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  expect(killable.standing()).toBe(2);

  await killable.expectNothingOpen(gateway);
}, 120_000);

const title =
  'a gateway that dies of its heap in the middle of a booking tells after a start that it stands, once; without the ' +
  'long form not run, for its time';
it.runIf(isLong)(
  title,
  async () => {
    const before = await killable.start(withLittleHeap(Infinity));
    const nextSlot = await exactSlots(before.consumer, slotPath(dayFromNow(1), dayFromNow(8)));
    const body = bookingBody(nextSlot(), await patientId(before.consumer));
    killable.practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'hang', when: 'after' } });
    const booking = book(before.consumer, body);
    await until(() => killable.standing() === 1);
    before.gateway.send('SIGUSR2');
    expect(await booking).toBe('lost');
    await before.gateway.exited;
    expect(before.gateway.signal()).toBe('SIGABRT');

    const { gateway, consumer } = await killable.start();
    expectTold(await toldIn(consumer, body));
    expect(killable.standing()).toBe(1);
    expect(killable.practice.requests.count(BOOKING_CALL)).toBe(1);
    await killable.expectNothingOpen(gateway);
  },
  120_000,
);
