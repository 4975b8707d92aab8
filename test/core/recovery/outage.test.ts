/** A practice that does not answer: who finds out whether it answers again, how often, and what happens then. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectory, type PracticeEntry } from '../../../src/core/directory.js';
import { GatewayError } from '../../../src/domain/errors.js';
import { MINUTE, SECOND } from '../../../src/domain/time.js';
import type { Attempt, AttemptState } from '../../../src/ports/ledger.js';
import type { LookUp } from '../../../src/ports/practice-system.js';
import { claimNew, newAttempt, practiceRef, slotId } from '../../records/samples.js';
import {
  appointmentIn,
  changedRow,
  NOW,
  scriptedSystem,
  SETTLE_MS,
  slotNumber,
  startBench,
  storedRow,
} from '../bench.js';
import type { Bench } from '../bench.js';

const UNANSWERED: LookUp = { found: 'no-evidence', reason: 'read-failed', isUnanswered: true };
const NOTHING: LookUp = { found: 'nothing' };

let bench: Bench;
let entry: PracticeEntry;
/** What a look-up of the n-th attempt finds. */
let finds: (n: number) => LookUp | Promise<LookUp>;
/** Attempt and second of each look-up. */
let looks: { readonly n: number; readonly at: number }[];
let atOnce: number;
let mostAtOnce: number;

const second = (): number => (bench.runtime.clock.monotonic() - 5_000) / SECOND;
const found = (n: number): LookUp => ({
  found: 'booked',
  appointments: [{ ...appointmentIn(slotNumber(n)), ref: practiceRef(`booking-${n}`) }],
});

beforeEach(async () => {
  looks = [];
  atOnce = mostAtOnce = 0;
  finds = () => UNANSWERED;
  bench = await startBench();
  entry = bench.entry(
    scriptedSystem({
      lookUpBooking: async ({ slots }, { signal }) => {
        const n = Number(slots[0]?.split('-')[1]);
        looks.push({ n, at: second() });
        atOnce += 1;
        mostAtOnce = Math.max(mostAtOnce, atOnce);
        const given = new Promise<LookUp>((resolve) => signal.addEventListener('abort', () => resolve(UNANSWERED)));
        const seen = await Promise.race([Promise.resolve(finds(n)), given]);
        atOnce -= 1;
        return seen;
      },
    }),
  );
});
afterEach(() => bench.close());

async function openAttempt(n: number, state: AttemptState = 'CONFIRM_OPEN'): Promise<Attempt> {
  const { start, end } = slotNumber(n);
  const slots = [{ id: slotId(`slot-${n}`), start, end }];
  const claimed = await claimNew(bench.records.ledger, newAttempt(n, { receivedAt: NOW, slots }));
  return changedRow(bench, claimed, state, { sentAt: NOW, settleAt: NOW + SETTLE_MS });
}
const openAttempts = (count: number): Promise<Attempt[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => openAttempt(n + 1)));
/** When all that goes on at this moment has ended. */
async function statesOf(attempts: readonly Attempt[]): Promise<AttemptState[]> {
  for (let more = 0; more < 30; more += 1) await bench.runtime.idle();
  return Promise.all(attempts.map(async (attempt) => (await storedRow(bench, attempt)).state));
}
const restart = (): Promise<void> => bench.context.reconciler.start(createDirectory([entry], []));
const hangs = (): Promise<LookUp> => new Promise(() => undefined);

describe('a practice that does not answer', () => {
  it('is asked soon, then every four seconds or a little sooner', async () => {
    bench.context.reconciler.watch(await openAttempt(1), entry);
    await bench.runtime.advance(20 * SECOND);
    expect(looks.map(({ at }) => Math.round(at * 100) / 100)).toEqual([0, 0.45, 1.35, 3.15, 6.75, 10.35, 13.95, 17.55]);
  });

  it.each([
    ['refuses', () => UNANSWERED],
    ['fails', () => Promise.reject(new GatewayError('practice-unavailable', 'away'))],
    ['hangs', hangs],
  ])('and %s is heard within five seconds of answering again, whenever that is', async (_title, outage) => {
    for (const seconds of [31, 62.3, 93.7, 121.9]) {
      const away = seconds * SECOND;
      const attempt = await openAttempt(1 + Math.floor(seconds));
      finds = outage;
      bench.context.reconciler.watch(attempt, entry);
      await bench.runtime.advance(away);
      finds = found;
      await bench.runtime.advance(5 * SECOND);
      expect(await statesOf([attempt])).toEqual(['BOOKED']);
    }
  });

  it('is asked for one of all open attempts, and for all of them once it answers', async () => {
    const attempts = await openAttempts(30);
    await restart();
    await bench.runtime.advance(40 * SECOND);
    // Two at the start, because the first has had no answer yet.
    expect(looks.length).toBeLessThanOrEqual(2 + 3 + 40 / 3.6);
    const asked = new Set(looks.map(({ n }) => n));
    expect(asked.size).toBe(looks.length);
    finds = found;
    await bench.runtime.advance(5 * SECOND);
    expect(new Set(await statesOf(attempts))).toEqual(new Set(['BOOKED']));
  });

  it('that hangs has two calls of this kind at a time', async () => {
    finds = hangs;
    const attempts = await openAttempts(10);
    await restart();
    await bench.runtime.advance(60 * SECOND);
    expect(mostAtOnce).toBe(2);
    expect(looks.length).toBeLessThanOrEqual(2 + 60 / 3.6 + 3);
    finds = found;
    await bench.runtime.advance(5 * SECOND);
    expect(new Set(await statesOf(attempts))).toEqual(new Set(['BOOKED']));
  });

  it('is asked at once for what has just been sent', async () => {
    const [first] = await openAttempts(1);
    await restart();
    await bench.runtime.advance(30 * SECOND);
    const fresh = await openAttempt(2);
    looks = [];
    bench.context.reconciler.watch(fresh, entry);
    await bench.runtime.idle();
    expect(looks.map(({ n }) => n)).toEqual([2]);
    finds = found;
    await bench.runtime.advance(5 * SECOND);
    expect(await statesOf([first, fresh].flatMap((attempt) => attempt ?? []))).toEqual(['BOOKED', 'BOOKED']);
  });

  it('for half an hour: each attempt goes to a person at its time, though each is looked up every few minutes only', async () => {
    const attempts = await openAttempts(60);
    await restart();
    await bench.runtime.advance(30 * MINUTE + 5 * SECOND);
    expect(new Set(await statesOf(attempts))).toEqual(new Set(['NEEDS_HUMAN']));
    expect(bench.runtime.waiting()).toBe(0);
  }, 60_000);

  it('about one attempt only is asked about that one every four seconds, and the others have their usual waits', async () => {
    await openAttempts(5);
    finds = (n) => (n === 3 ? UNANSWERED : { found: 'no-evidence', reason: 'several-bookings' });
    await restart();
    await bench.runtime.advance(MINUTE);
    looks = [];
    await bench.runtime.advance(40 * SECOND);
    expect(looks.filter(({ n }) => n === 3).length).toBeLessThanOrEqual(12);
    expect(looks.filter(({ n }) => n !== 3).length).toBeLessThanOrEqual(4 * 12);
  });
});

describe('a practice that answers', () => {
  it('is asked for two attempts at a time', async () => {
    finds = async () => {
      await bench.runtime.timers.sleep(100);
      return NOTHING;
    };
    await openAttempts(12);
    await restart();
    await bench.runtime.advance(3 * SECOND);
    expect(mostAtOnce).toBe(2);
    expect(new Set(looks.map(({ n }) => n)).size).toBe(12);
  });

  it('and has nothing to show is asked every twenty seconds, and nothing is heard twice before the settle time', async () => {
    finds = () => ({ found: 'no-evidence', reason: 'several-bookings' });
    bench.context.reconciler.watch(await openAttempt(1), entry);
    await bench.runtime.advance(2 * MINUTE);
    looks = [];
    await bench.runtime.advance(MINUTE);
    expect(looks).toHaveLength(3);
  });
});
