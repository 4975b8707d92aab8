/** From when silence counts, for how long a call is waited for, and who may send before that: by the injected clock. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelAppointment } from '../../../src/core/appointments/change-appointment.js';
import { createDirectory, type PracticeEntry } from '../../../src/core/directory.js';
import { createKeyedLocks } from '../../../src/core/locks.js';
import { resolveAttempt } from '../../../src/core/operator/resolve.js';
import { createReconciler } from '../../../src/core/reconcile.js';
import { GatewayError } from '../../../src/domain/errors.js';
import { SECOND } from '../../../src/domain/time.js';
import type { Attempt, AttemptState, Ledger } from '../../../src/ports/ledger.js';
import type { PracticeAppointment, WriteAnswer } from '../../../src/ports/practice-system.js';
import { auditEvent, claimNew, newAttempt } from '../../records/samples.js';
import {
  appointmentIn,
  bookingOf,
  changedRow,
  DEADLINE_MS,
  NOW,
  ONE,
  scriptedSystem,
  SETTLE_MS,
  startBench,
  storedRow,
  type Bench,
} from '../bench.js';
import { openDesk, type BookAnswer, type BookingDesk } from '../booking-desk.js';

const UNKNOWN: BookAnswer = { class: 'unknown', reason: 'timeout' };
const NOT_SENT: BookAnswer = { class: 'not-sent', reason: 'refused' };

const codeOf = (doing: Promise<unknown>): Promise<string> =>
  doing.then(
    () => 'done',
    (error: unknown) => (error instanceof GatewayError ? error.code : String(error)),
  );

describe('the settle time', () => {
  let desk: BookingDesk;
  afterEach(() => desk.close());

  const after = (ms: number, answer: BookAnswer) => async (): Promise<BookAnswer> => {
    await desk.runtime.timers.sleep(ms);
    return answer;
  };

  async function openPair(): Promise<void> {
    desk = await openDesk();
    const capabilities = { ...desk.at.system.capabilities, multiSlot: 'booking-per-slot' as const };
    Object.assign(desk.at, { system: { ...desk.at.system, capabilities } });
  }

  it('of a booking over several slots counts from the last call, and its look-ups from the first', async () => {
    await openPair();
    const first = appointmentIn(desk.slots[0]);
    desk.answers.push(after(4 * SECOND, { class: 'done', value: first }), after(3 * SECOND, UNKNOWN));
    const booking = codeOf(desk.book(bookingOf([desk.slots[0], desk.slots[1]])));
    await desk.runtime.advance(5 * SECOND);
    // On disk before the second call has an answer: whoever finds the attempt after a kill reckons with it too.
    const before = NOW + 4 * SECOND + SETTLE_MS;
    expect((await desk.attempts())[0]).toMatchObject({ state: 'CONFIRMING', sentAt: NOW, settleAt: before });
    await desk.runtime.advance(DEADLINE_MS);
    expect(await booking).toBe('outcome-unknown');
    expect((await desk.attempts())[0]).toMatchObject({ state: 'CONFIRM_OPEN', sentAt: NOW, settleAt: before });
  });

  it('of a call that was repeated because it had not left counts from the second one', async () => {
    desk = await openDesk();
    desk.answers.push(after(2 * SECOND, NOT_SENT), UNKNOWN);
    const booking = codeOf(desk.book());
    await desk.runtime.advance(DEADLINE_MS + SECOND);
    expect(await booking).toBe('outcome-unknown');
    expect((await desk.attempts())[0]).toMatchObject({ sentAt: NOW, settleAt: NOW + 2 * SECOND + SETTLE_MS });
  });

  it('over: no second call is sent for an attempt that another process has taken over', async () => {
    await openPair();
    desk.answers.push(async () => {
      const [row] = await desk.attempts();
      if (row) await changedRow(desk, row, 'CONFIRM_OPEN', { evidence: 'found at restart' });
      return { class: 'done', value: appointmentIn(desk.slots[0]) };
    });
    const booking = codeOf(desk.book(bookingOf([desk.slots[0], desk.slots[1]])));
    await desk.runtime.advance(DEADLINE_MS + SECOND);
    expect(await booking).toBe('outcome-unknown');
    expect(desk.sent).toHaveLength(1);
  });
});

describe('waiting is by the injected timers', () => {
  let desk: BookingDesk;
  afterEach(() => desk.close());

  it('for a ledger that is slow to read: a cancellation has its deadline all the same', async () => {
    let isSlow = false;
    desk = await openDesk({
      wrap: (ledger) => ({
        ...ledger,
        async readAttempt(...asked) {
          if (isSlow) {
            isSlow = false;
            await desk.runtime.timers.sleep(DEADLINE_MS - SECOND);
          }
          return ledger.readAttempt(...asked);
        },
      }),
      system: { cancel: () => Promise.resolve(UNKNOWN) },
    });
    const { appointment } = await desk.book();
    isSlow = true;
    let ended: string | undefined;
    const sent = {
      ...appointment,
      minutes: 10,
      priority: undefined,
      roleCode: appointment.role?.code,
      slotTypes: [appointment.slotType],
    };
    const asked = { id: appointment.id, sent, expectedVersion: undefined, reason: 'Feels better' };
    void codeOf(cancelAppointment(desk.context, desk.request(desk.at), asked)).then((code) => {
      ended = code;
    });
    await desk.runtime.advance(DEADLINE_MS);
    expect(ended).toBe('outcome-unknown');
  });

  it('for what is taken back: ten seconds, whoever still waits', async () => {
    let heard = false;
    desk = await openDesk({
      system: {
        cancel: (_ref, _reason, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              heard = true;
              resolve(UNKNOWN);
            });
          }),
      },
    });
    const capabilities = { ...desk.at.system.capabilities, multiSlot: 'booking-per-slot' as const };
    Object.assign(desk.at, { system: { ...desk.at.system, capabilities } });
    desk.answers.push(
      { class: 'done', value: appointmentIn(desk.slots[0]) },
      { class: 'refused', reason: 'slot-taken' },
    );
    const booking = codeOf(desk.book(bookingOf([desk.slots[0], desk.slots[1]])));
    await desk.runtime.advance(10 * SECOND - 1);
    expect(heard).toBe(false);
    await desk.runtime.advance(2);
    expect(heard).toBe(true);
    await desk.runtime.advance(DEADLINE_MS);
    expect(await booking).toBe('outcome-unknown');
  });
});

describe('an attempt that more than one process knows of', () => {
  let bench: Bench;
  let entry: PracticeEntry;
  let status: 'booked' | 'cancelled';
  let cancellations: number[];
  let taken: readonly Attempt[];
  /** The ledger makes a change and cannot say so. */
  let isAway: boolean;
  const sinceStart = (): number => (bench.runtime.clock.monotonic() - 5_000) / SECOND;
  const cancel = (): Promise<WriteAnswer<PracticeAppointment>> => {
    cancellations.push(sinceStart());
    status = 'cancelled';
    return Promise.resolve({ class: 'done', value: { ...ONE, status } });
  };
  const sharing = (ledger: Ledger): Ledger => ({
    ...ledger,
    change: async (...args) => {
      const changed = await ledger.change(...args);
      if (isAway) throw new GatewayError('ledger-unavailable', 'away');
      return changed;
    },
    takeOver: () => {
      const now = taken;
      taken = [];
      return Promise.resolve(now);
    },
  });

  beforeEach(async () => {
    status = 'booked';
    cancellations = [];
    taken = [];
    isAway = false;
    bench = await startBench(sharing);
    entry = bench.entry(
      scriptedSystem({ readAppointment: () => Promise.resolve({ ...ONE, status }), cancel: () => cancel() }),
    );
  });
  afterEach(() => bench.close());

  async function attemptIn(state: AttemptState): Promise<Attempt> {
    const claimed = await claimNew(bench.records.ledger, newAttempt(1, { receivedAt: NOW }));
    const more = { sentAt: NOW, settleAt: NOW + SETTLE_MS, practiceRefs: [ONE.ref] };
    return changedRow(bench, claimed, state, more);
  }
  const stateOf = async (attempt: Attempt): Promise<AttemptState> => (await storedRow(bench, attempt)).state;

  it('and was taken over while it was being taken back is only read until the settle time', async () => {
    const attempt = await attemptIn('UNDOING');
    taken = [attempt];
    await bench.context.reconciler.start(createDirectory([entry], []));
    await bench.runtime.advance(SETTLE_MS - 1);
    expect([await stateOf(attempt), cancellations]).toEqual(['UNDOING', []]);
    await bench.runtime.advance(SECOND);
    expect([await stateOf(attempt), cancellations]).toEqual(['NOT_BOOKED', [60]]);
  });

  it('and is seen to be taken back already ends without a call that changes anything', async () => {
    const attempt = await attemptIn('UNDOING');
    taken = [attempt];
    await bench.context.reconciler.start(createDirectory([entry], []));
    status = 'cancelled';
    await bench.runtime.advance(30 * SECOND);
    expect([await stateOf(attempt), cancellations]).toEqual(['NOT_BOOKED', []]);
  });

  it('and was taken over by a start that failed then is looked after by the next try', async () => {
    const attempt = await attemptIn('CANCELLING');
    taken = [attempt];
    isAway = true;
    const { reconciler } = bench.context;
    const directory = createDirectory([entry], []);
    await expect(reconciler.start(directory)).rejects.toThrow('away');
    isAway = false;
    await reconciler.start(directory);
    status = 'cancelled';
    await bench.runtime.advance(SECOND);
    expect(await stateOf(attempt)).toBe('CANCELLED');
  });

  it('and is only asked about here is not taken back here; its own process does so at once', async () => {
    const attempt = await attemptIn('UNDOING');
    const asking = bench.context.reconciler.settled(attempt, entry, AbortSignal.abort());
    await bench.runtime.advance(10 * SECOND);
    await asking;
    expect(cancellations).toEqual([]);
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(20 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  it('and sent again meanwhile has a new settle time', async () => {
    const attempt = await attemptIn('CONFIRMING');
    const nothing = scriptedSystem({ lookUpBooking: () => Promise.resolve({ found: 'nothing' }) });
    bench.context.reconciler.watch(attempt, bench.entry(nothing));
    await bench.runtime.advance(30 * SECOND);
    const again = { at: NOW, settleAt: NOW + 40 * SECOND + SETTLE_MS };
    await bench.records.ledger.change(attempt.id, attempt.version, { state: 'CONFIRMING', ...again }, auditEvent());
    await bench.runtime.advance(75 * SECOND - 1);
    expect(await stateOf(attempt)).toBe('CONFIRMING');
    await bench.runtime.advance(30 * SECOND);
    expect(await stateOf(attempt)).toBe('NOT_BOOKED');
  });

  describe('while a person answers', () => {
    const decision = { audit: auditEvent(), entry: undefined };

    it('is left alone by the other one, which then finds the answer', async () => {
      const { runtime, records } = bench;
      const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
      const locks = createKeyedLocks();
      const [here, there] = [1, 2].map(() =>
        createReconciler({ ledger: sharing(records.ledger), runtime, log, locks }),
      );
      const attempt = await attemptIn('CANCEL_OPEN');
      await runtime.advance(SETTLE_MS);
      const deciding = here?.decide(attempt.id, async () => {
        await runtime.timers.sleep(3 * SECOND);
        return { ...decision, change: { state: 'BOOKED' } };
      });
      there?.watch(attempt, entry);
      await runtime.advance(30 * SECOND);
      expect((await deciding)?.state).toBe('BOOKED');
      expect([await stateOf(attempt), cancellations]).toEqual(['BOOKED', []]);
      await Promise.all([here?.stop(), there?.stop()]);
    });

    it('and somebody else is faster: the person is told so, even where both say the same', async () => {
      const attempt = await attemptIn('NEEDS_HUMAN');
      const answered = bench.context.reconciler.decide(attempt.id, async () => {
        await changedRow(bench, attempt, 'NOT_BOOKED', { evidence: 'a late answer' });
        return { ...decision, change: { state: 'NOT_BOOKED', evidence: 'not-booked, as Sam Field has found' } };
      });
      expect(await answered).toBeUndefined();
      expect((await storedRow(bench, attempt)).evidence).toBe('a late answer');
    });

    it('the practice is asked for five seconds', async () => {
      const attempt = await attemptIn('NEEDS_HUMAN');
      const silent = bench.entry(
        scriptedSystem({
          readAppointment: (_ref, { signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(new GatewayError('practice-timeout', 'away')));
            }),
        }),
      );
      let told: string | undefined;
      const answer = { kind: 'not-booked', references: [], by: 'Sam Field', reason: 'Rang the desk' } as const;
      void codeOf(
        resolveAttempt(bench.context, createDirectory([silent], []), attempt.id, { ...answer, isUnchecked: false }),
      ).then((code) => {
        told = code;
      });
      await bench.runtime.advance(5 * SECOND - 1);
      expect(told).toBeUndefined();
      await bench.runtime.advance(1);
      expect(told).toBe('practice-unavailable');
    });
  });
});
