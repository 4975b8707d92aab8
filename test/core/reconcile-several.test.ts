/** Settling bookings of several slots: what is half there is taken back, and nothing is taken back too early. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectory, type PracticeEntry } from '../../src/core/directory.js';
import { GatewayError } from '../../src/domain/errors.js';
import { MINUTE, SECOND } from '../../src/domain/time.js';
import type { Attempt, AttemptState } from '../../src/ports/ledger.js';
import type { BookingTrace, LookUp, PracticeAppointment, WriteAnswer } from '../../src/ports/practice-system.js';
import { claimNew, newAttempt, practiceRef } from '../records/samples.js';
import {
  changedRow,
  NOW,
  ONE,
  PAIR,
  scriptedSystem,
  SETTLE_MS,
  startBench,
  storedRow,
  TWO,
  type Bench,
} from './bench.js';

const PART: LookUp = { found: 'part', appointments: [ONE] };
const BOTH: LookUp = { found: 'booked', appointments: [ONE, TWO] };

let bench: Bench;
let entry: PracticeEntry;
let finds: () => LookUp;
let asked: BookingTrace[];
/** Answers to the next cancellations, in turn; after them every one is done. */
let answers: WriteAnswer<PracticeAppointment>[];
let cancellations: { readonly ref: string; readonly at: number }[];

const sinceStart = (): number => (bench.runtime.clock.monotonic() - 5_000) / SECOND;

beforeEach(async () => {
  finds = () => PART;
  asked = [];
  answers = [];
  cancellations = [];
  bench = await startBench();
  entry = bench.entry(
    scriptedSystem({
      lookUpBooking: (trace) => {
        asked.push(trace);
        return Promise.resolve(finds());
      },
      cancel: (ref) => {
        cancellations.push({ ref, at: sinceStart() });
        return Promise.resolve(answers.shift() ?? { class: 'done', value: { ...ONE, ref, status: 'cancelled' } });
      },
    }),
  );
});
afterEach(() => bench.close());

async function attemptIn(state: AttemptState, more: object = {}): Promise<Attempt> {
  const slots = PAIR.map(({ id, start, end }) => ({ id, start, end }));
  const claimed = await claimNew(bench.records.ledger, newAttempt(1, { receivedAt: NOW, slots }));
  return changedRow(bench, claimed, state, { sentAt: NOW, settleAt: NOW + SETTLE_MS, ...more });
}
const stateOf = async (attempt: Attempt): Promise<AttemptState> => (await storedRow(bench, attempt)).state;

describe('a part of what was asked for', () => {
  it('is no proof before the settle time, and is taken back after it has been seen twice', async () => {
    const attempt = await attemptIn('CONFIRM_OPEN', { practiceRefs: [ONE.ref] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(SETTLE_MS + 5 * SECOND - 1);
    expect([await stateOf(attempt), cancellations]).toEqual(['CONFIRM_OPEN', []]);
    await bench.runtime.advance(30 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
    expect(cancellations.map(({ ref }) => ref)).toEqual([ONE.ref]);
    expect(cancellations[0]?.at).toBeGreaterThanOrEqual(65);
    const events = (await bench.records.audit.rows(1, 100)).map(({ event: { kind, state } }) => `${kind} ${state}`);
    // The intent was in the trail before the cancellation was sent.
    expect(events.slice(-2)).toEqual(['booking-intent UNDOING', 'booking-outcome NOT_BOOKED']);
  });

  it('that turns out to be all of it is an appointment over both slots', async () => {
    const attempt = await attemptIn('CONFIRM_OPEN', { practiceRefs: [ONE.ref] });
    finds = () => (sinceStart() < 62 ? PART : BOTH);
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(MINUTE + 10 * SECOND);
    expect(await storedRow(bench, attempt)).toMatchObject({
      state: 'BOOKED',
      practiceRefs: [ONE.ref, TWO.ref],
      start: PAIR[0].start,
      end: PAIR[1].end,
    });
    expect(cancellations).toEqual([]);
  });

  it('is looked for with the booking that is known to be its own, not against it', async () => {
    const other = await claimNew(bench.records.ledger, newAttempt(5, { receivedAt: NOW }));
    await changedRow(bench, other, 'BOOKED', { practiceRefs: [practiceRef('owned-by-another')] });
    const attempt = await attemptIn('CONFIRM_OPEN', { practiceRefs: [ONE.ref] });
    finds = () => BOTH;
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.idle();
    expect(asked[0]?.knownRefs).toEqual(new Set(['owned-by-another']));
  });

  it('with somebody else in between is no appointment', async () => {
    const attempt = await attemptIn('CONFIRM_OPEN');
    const later = { ...TWO, start: TWO.start + 10 * MINUTE, end: TWO.end + 10 * MINUTE };
    finds = () => ({ found: 'booked', appointments: [ONE, later] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(30 * SECOND);
    expect(await stateOf(attempt)).not.toBe('BOOKED');
  });
});

describe('taking back', () => {
  it.each<AttemptState>(['UNDOING'])(
    '%s is found at a restart and carried on, and its slots stay held until then',
    async (state) => {
      answers.push({ class: 'unknown', reason: 'timeout' });
      const attempt = await attemptIn(state, { practiceRefs: [ONE.ref, TWO.ref] });
      await bench.context.reconciler.start(createDirectory([entry], []));
      await bench.runtime.idle();
      expect(await stateOf(attempt)).toBe('UNDOING');
      expect(await bench.records.ledger.heldSlots(attempt.practice, { start: 0, end: NOW * 2 })).toHaveLength(2);
      await bench.runtime.advance(SECOND);
      expect(await stateOf(attempt)).toBe('NOT_BOOKED');
      expect(await bench.records.ledger.heldSlots(attempt.practice, { start: 0, end: NOW * 2 })).toEqual([]);
      expect(cancellations.map(({ ref }) => ref)).toEqual([ONE.ref, ONE.ref, TWO.ref]);
    },
  );

  it('what the desk has taken away already is gone', async () => {
    answers.push({ class: 'refused', reason: 'not-found' }, { class: 'refused', reason: 'already-cancelled' });
    const attempt = await attemptIn('UNDOING', { practiceRefs: [ONE.ref, TWO.ref] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.idle();
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it('that the practice refuses for half an hour goes to a person, and the slots stay held', async () => {
    answers = Array.from({ length: 500 }, () => ({ class: 'refused', reason: 'not-allowed' }));
    const attempt = await attemptIn('UNDOING', { practiceRefs: [ONE.ref] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(29 * MINUTE);
    expect(await stateOf(attempt)).toBe('UNDOING');
    await bench.runtime.advance(3 * MINUTE);
    expect(await stateOf(attempt)).toBe('NEEDS_HUMAN');
    expect(bench.events).toContain('attempt-needs-human');
  });
});

describe('an open cancellation', () => {
  it('is never given to a person and shows as booked, however long the practice is away', async () => {
    Object.assign(entry, {
      system: {
        ...entry.system,
        readAppointment: () => Promise.reject(new GatewayError('practice-unavailable', 'away')),
      },
    });
    const attempt = await attemptIn('CANCEL_OPEN', { practiceRefs: [ONE.ref] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(60 * MINUTE);
    expect([await stateOf(attempt), cancellations]).toEqual(['CANCEL_OPEN', []]);
  });

  it('of two bookings, of which one is cancelled, is sent again for both after the settle time', async () => {
    const status = { [ONE.ref]: 'cancelled', [TWO.ref]: 'booked' } as const;
    Object.assign(entry, {
      system: {
        ...entry.system,
        readAppointment: (ref: keyof typeof status) => Promise.resolve({ ...ONE, ref, status: status[ref] }),
      },
    });
    const attempt = await attemptIn('CANCEL_OPEN', { practiceRefs: [ONE.ref, TWO.ref] });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(SETTLE_MS - SECOND);
    expect(cancellations).toEqual([]);
    await bench.runtime.advance(2 * SECOND);
    expect(cancellations.map(({ ref }) => ref)).toEqual([ONE.ref, TWO.ref]);
    expect(await stateOf(attempt)).toBe('CANCELLED');
  });
});
