/** Settling what was left open, by the clock: what counts as proof, and when. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectory, type PracticeEntry } from '../../src/core/directory.js';
import { GatewayError } from '../../src/domain/errors.js';
import { MINUTE, SECOND } from '../../src/domain/time.js';
import type { Attempt, AttemptState, Ledger } from '../../src/ports/ledger.js';
import type { BookingTrace, LookUp, PracticeSystem } from '../../src/ports/practice-system.js';
import { claimNew, newAttempt } from '../records/samples.js';
import {
  appointmentIn,
  breakable,
  changedRow,
  storedRow,
  NOW,
  scriptedSystem,
  SETTLE_MS,
  slotNumber,
  startBench,
  type Bench,
} from './bench.js';

const APPOINTMENT = appointmentIn(slotNumber(1));
const BOOKED: LookUp = { found: 'booked', appointments: [APPOINTMENT] };
const NOTHING: LookUp = { found: 'nothing' };
const NO_EVIDENCE: LookUp = { found: 'no-evidence', reason: 'html' };

let bench: Bench;
/** What the next look-ups find, and when each of them was made, in seconds since the attempt was sent. */
let finds: () => LookUp | Promise<LookUp>;
let looks: number[];
let asked: BookingTrace[];
/** Makes the ledger's methods fail while they are named here. */
let broken: Set<keyof Ledger>;
let entry: PracticeEntry;

const sinceStart = (): number => (bench.runtime.clock.monotonic() - 5_000) / SECOND;

beforeEach(async () => {
  broken = new Set();
  looks = [];
  asked = [];
  finds = () => NOTHING;
  bench = await startBench((ledger) => breakable(ledger, broken));
  entry = bench.entry(
    scriptedSystem({
      lookUpBooking: (trace) => {
        asked.push(trace);
        looks.push(sinceStart());
        return Promise.resolve(finds());
      },
    }),
  );
});

afterEach(() => bench.close());

/** An attempt that was sent just now and got no answer. */
async function openAttempt(state: AttemptState = 'CONFIRM_OPEN'): Promise<Attempt> {
  const claimed = await claimNew(bench.records.ledger, newAttempt(1, { receivedAt: NOW }));
  return changed(claimed, state, { sentAt: NOW, settleAt: NOW + SETTLE_MS });
}

const changed = (attempt: Attempt, state: AttemptState, more?: object): Promise<Attempt> =>
  changedRow(bench, attempt, state, more);
const stored = (attempt: Attempt): Promise<Attempt> => storedRow(bench, attempt);
const stateOf = async (attempt: Attempt): Promise<AttemptState> => (await stored(attempt)).state;

describe('at restart', () => {
  it.each<[AttemptState, AttemptState]>([
    ['RECEIVED', 'NOT_BOOKED'],
    ['RESERVING', 'RESERVE_OPEN'],
    ['HELD', 'NOT_BOOKED'],
    ['CONFIRMING', 'CONFIRM_OPEN'],
    ['RESERVE_OPEN', 'RESERVE_OPEN'],
    ['CONFIRM_OPEN', 'CONFIRM_OPEN'],
    ['BOOKED', 'BOOKED'],
    ['REJECTED', 'REJECTED'],
    ['NOT_BOOKED', 'NOT_BOOKED'],
    ['NEEDS_HUMAN', 'NEEDS_HUMAN'],
    ['CANCELLING', 'CANCEL_OPEN'],
    ['CANCEL_OPEN', 'CANCEL_OPEN'],
    ['CANCELLED', 'CANCELLED'],
  ])('%s is found as %s, and is looked for only while it is open', async (before, after) => {
    finds = () => NO_EVIDENCE;
    const attempt = await openAttempt(before);
    await bench.context.reconciler.start(createDirectory([entry], []));
    expect(await stateOf(attempt)).toBe(after);
    await bench.runtime.idle();
    // An open cancellation is looked for by the reference that the attempt owns, not by its patient.
    expect(looks).toHaveLength(['RESERVE_OPEN', 'CONFIRM_OPEN'].includes(after) ? 1 : 0);
  });

  it('an open attempt of a practice that is no longer served is kept and said', async () => {
    const attempt = await openAttempt('CONFIRMING');
    await bench.context.reconciler.start(createDirectory([], []));
    await bench.runtime.advance(MINUTE);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    expect(bench.events).toContain('attempt-without-practice');
    expect(looks).toEqual([]);
  });
});

describe('positive proof', () => {
  it('counts at once, with the time and the reference that the practice names', async () => {
    const attempt = await openAttempt();
    const moved = { ...APPOINTMENT, start: APPOINTMENT.start + MINUTE, end: APPOINTMENT.end + MINUTE };
    finds = () => ({ found: 'booked', appointments: [moved] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.idle();
    expect(await stored(attempt)).toMatchObject({
      state: 'BOOKED',
      practiceRefs: [moved.ref],
      start: moved.start,
      end: moved.end,
    });
  });

  it('of a booking that was cancelled meanwhile ends as cancelled', async () => {
    const attempt = await openAttempt();
    finds = () => ({ found: 'cancelled', appointments: [{ ...APPOINTMENT, status: 'cancelled' }] });
    bench.context.reconciler.watch(attempt, entry);
    // While the practice may still act on what was sent, the cancelled one may be another booking than ours.
    await bench.runtime.advance(59 * SECOND);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(2 * SECOND);
    expect(await stored(attempt)).toMatchObject({
      state: 'CANCELLED',
      practiceRefs: [APPOINTMENT.ref],
      details: { cancellationReason: 'Cancelled by the practice' },
    });
  });

  it('is looked for at once, then after 0.5, 1, 2, 4, 8 and 15 seconds, then every 20', async () => {
    finds = () => NO_EVIDENCE;
    bench.context.reconciler.watch(await openAttempt(), entry);
    await bench.runtime.advance(71 * SECOND);
    // The settle time of 60 seconds falls between two of them, and brings one of its own.
    expect(looks).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5, 50.5, 60]);
  });

  it('is asked of the practice with everything that tells ours from others', async () => {
    finds = () => BOOKED;
    const other = await claimNew(bench.records.ledger, newAttempt(2, { receivedAt: NOW }));
    await changed(other, 'BOOKED', { practiceRefs: ['owned-by-another'] });
    const attempt = await openAttempt();
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.idle();
    expect(asked).toEqual([
      {
        slots: ['slot-1'],
        patientRef: attempt.request?.patientRef,
        clientReference: 'reference-1',
        sentAt: NOW,
        knownRefs: new Set(['owned-by-another']),
      },
    ]);
  });
});

describe('negative proof', () => {
  it('counts from two look-ups that began at or after the settle time, five seconds apart', async () => {
    const attempt = await openAttempt();
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(SETTLE_MS - 1);
    expect(looks.length).toBeGreaterThan(5);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    looks = [];
    await bench.runtime.advance(5 * SECOND);
    expect(looks).toEqual([60]);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(1);
    expect(looks).toEqual([60, 65]);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it('starts over when a look-up in between brought no evidence', async () => {
    const attempt = await openAttempt();
    finds = () => (sinceStart() === 65 ? NO_EVIDENCE : NOTHING);
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(66 * SECOND);
    expect(looks.slice(-2)).toEqual([60, 65]);
    looks = [];
    await bench.runtime.advance(23 * SECOND);
    // The first of a new pair, and five seconds later the second.
    expect(looks).toEqual([85]);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(2 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it('gives way to a booking that the practice shows after all', async () => {
    const attempt = await openAttempt();
    finds = () => (sinceStart() < 65 ? NOTHING : BOOKED);
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(66 * SECOND);
    expect(await stateOf(attempt)).toBe('BOOKED');
  });

  it('takes two look-ups five seconds apart, however many come in between', async () => {
    const attempt = await openAttempt();
    await bench.runtime.advance(2 * MINUTE);
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(5 * SECOND - 1);
    expect(looks).toEqual([120, 120.5, 121.5, 123.5]);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(1);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it.each([
    ['an hour back before the first look', 0, NOW - 60 * MINUTE],
    ['years back between two looks', 30 * SECOND, NOW - 1_000_000 * MINUTE],
    ['a day ahead between two looks', 30 * SECOND, NOW + 1_440 * MINUTE],
  ])('waits for the settle time, no less and no longer, when the wall clock is set %s', async (_title, when, wall) => {
    const attempt = await openAttempt();
    if (when === 0) bench.runtime.setWall(wall);
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(when);
    bench.runtime.setWall(wall);
    await bench.runtime.advance(64 * SECOND - when);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(2 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it('after a restart counts from what is left of the settle time', async () => {
    const attempt = await openAttempt('CONFIRMING');
    await bench.runtime.advance(50 * SECOND);
    await bench.context.reconciler.start(createDirectory([entry], []));
    await bench.runtime.advance(14 * SECOND);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(2 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });
});

describe('no proof', () => {
  it.each<[string, () => Partial<PracticeSystem>]>([
    ['look-ups bring no evidence', () => ({ lookUpBooking: () => Promise.resolve(NO_EVIDENCE) })],
    ['look-ups fail', () => ({ lookUpBooking: () => Promise.reject(new GatewayError('practice-unavailable', 'x')) })],
    ['look-ups fail in a way of their own', () => ({ lookUpBooking: () => Promise.reject(new TypeError('x')) })],
    ['the practice system cannot be asked', () => ({})],
  ])('within half an hour, because %s, goes to a person', async (_title, system) => {
    const attempt = await openAttempt();
    bench.context.reconciler.watch(attempt, bench.entry(scriptedSystem(system())));
    await bench.runtime.advance(30 * MINUTE - SECOND);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(30 * SECOND);
    expect(await stateOf(attempt)).toBe('NEEDS_HUMAN');
    expect(bench.events).toContain('attempt-needs-human');
    expect(bench.runtime.waiting()).toBe(0);
  });
});

describe('an attempt that has not been sent', () => {
  it.each<AttemptState>(['RECEIVED', 'HELD'])('%s is not booked, without a look at the practice', async (state) => {
    const attempt = await openAttempt(state);
    expect(await bench.context.reconciler.settled(attempt, entry, new AbortController().signal)).toMatchObject({
      state: 'NOT_BOOKED',
    });
    expect(looks).toEqual([]);
  });
});

describe('somebody else changes the attempt', () => {
  it('while it is looked up: theirs stands', async () => {
    const attempt = await openAttempt();
    finds = async () => {
      await changed(attempt, 'REJECTED');
      return BOOKED;
    };
    const settled = await bench.context.reconciler.settled(attempt, entry, new AbortController().signal);
    expect(settled.state).toBe('REJECTED');
    expect(await stored(attempt)).toMatchObject({ state: 'REJECTED', practiceRefs: [] });
  });

  it('between two look-ups: it is not looked up again', async () => {
    const attempt = await openAttempt();
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(4 * SECOND);
    await changed(attempt, 'BOOKED', { practiceRefs: [APPOINTMENT.ref] });
    looks = [];
    await bench.runtime.advance(MINUTE);
    expect(looks).toEqual([]);
    expect(await stateOf(attempt)).toBe('BOOKED');
  });

  it('into another open state: it is looked for on', async () => {
    const attempt = await openAttempt('CONFIRMING');
    finds = async () => {
      if (looks.length === 1) await changed(attempt, 'CONFIRM_OPEN');
      return BOOKED;
    };
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(SECOND);
    expect(looks).toEqual([0, 0.5]);
    expect(await stateOf(attempt)).toBe('BOOKED');
  });
});

describe('waiting for an outcome', () => {
  it('ends with the outcome, for all who wait, from one series of look-ups', async () => {
    const attempt = await openAttempt();
    finds = () => (looks.length < 3 ? NOTHING : BOOKED);
    const signal = new AbortController().signal;
    const waiting = [1, 2, 3].map(() => bench.context.reconciler.settled(attempt, entry, signal));
    await bench.runtime.advance(10 * SECOND);
    expect((await Promise.all(waiting)).map(({ state }) => state)).toEqual(['BOOKED', 'BOOKED', 'BOOKED']);
    expect(looks).toEqual([0, 0.5, 1.5]);
  });

  it('ends when nobody waits any more, and the look-ups go on', async () => {
    const attempt = await openAttempt();
    const patience = new AbortController();
    const waiting = bench.context.reconciler.settled(attempt, entry, patience.signal);
    await bench.runtime.advance(2 * SECOND);
    patience.abort();
    expect(await waiting).toMatchObject({ state: 'CONFIRM_OPEN' });
    finds = () => BOOKED;
    await bench.runtime.advance(10 * SECOND);
    expect(await stateOf(attempt)).toBe('BOOKED');
  });

  it('answers an attempt that is settled already without a look-up', async () => {
    const attempt = await openAttempt('NOT_BOOKED');
    expect(await bench.context.reconciler.settled(attempt, entry, AbortSignal.abort())).toBe(attempt);
    expect(looks).toEqual([]);
  });

  it('that ends while the ledger cannot be read leaves the attempt open, not failed', async () => {
    const attempt = await openAttempt();
    broken.add('readAttempt');
    expect(await bench.context.reconciler.settled(attempt, entry, AbortSignal.abort())).toBe(attempt);
  });
});

describe('the ledger fails', () => {
  it.each<keyof Ledger>(['readAttempt', 'knownPracticeRefs', 'change'])(
    'at %s: nothing is lost, and the attempt is settled once it is back',
    async (method) => {
      const attempt = await openAttempt();
      finds = () => BOOKED;
      broken.add(method);
      bench.context.reconciler.watch(attempt, entry);
      await bench.runtime.advance(5 * SECOND);
      expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
      broken.clear();
      await bench.runtime.advance(5 * SECOND);
      expect(await stateOf(attempt)).toBe('BOOKED');
    },
  );

  it('between two proofs that nothing is there: the practice is not asked in a hurry', async () => {
    const attempt = await openAttempt();
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(64 * SECOND);
    broken.add('change');
    looks = [];
    await bench.runtime.advance(46 * SECOND);
    expect(looks).toEqual([65, 85, 105]);
    broken.clear();
    await bench.runtime.advance(20 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it('does not let "nothing there" count earlier than after the settle time', async () => {
    const attempt = await openAttempt();
    broken.add('readAttempt');
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(20 * SECOND);
    broken.clear();
    await bench.runtime.advance(44 * SECOND);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(2 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });
});

describe('stopping', () => {
  it('ends all waiting, and the attempt stays open for the next process', async () => {
    const attempt = await openAttempt();
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(4 * SECOND);
    expect(bench.runtime.waiting()).toBe(1);
    await bench.context.reconciler.stop();
    expect(bench.runtime.waiting()).toBe(0);
    looks = [];
    await bench.runtime.advance(5 * MINUTE);
    expect(looks).toEqual([]);
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
  });

  it('tells a look-up that is under way', async () => {
    const attempt = await openAttempt();
    const slow = bench.entry(
      scriptedSystem({
        lookUpBooking: (_trace, call) =>
          new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(NO_EVIDENCE))),
      }),
    );
    bench.context.reconciler.watch(attempt, slow);
    await bench.runtime.idle();
    await bench.context.reconciler.stop();
    expect(await stateOf(attempt)).toBe('CONFIRM_OPEN');
  });
});
