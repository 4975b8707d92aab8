/** Booking, where the ledger, the consumer or another booking gets in the way: what no simulator can be made to do. */
import { afterEach, describe, expect, it } from 'vitest';
import { bookAppointment, type Booked } from '../../src/core/appointments/book-appointment.js';
import type { KeyedLocks } from '../../src/core/locks.js';
import { principalOf } from '../../src/domain/caller.js';
import { GatewayError, type ErrorCode } from '../../src/domain/errors.js';
import type { PatientId } from '../../src/domain/identifiers.js';
import { MINUTE, SECOND } from '../../src/domain/time.js';
import type { AttemptState, Ledger } from '../../src/ports/ledger.js';
import type { Refusal } from '../../src/ports/practice-system.js';
import { appointmentIn, bookingOf, DEADLINE_MS, SCHEDULE, SETTLE_MS, slotNumber } from './bench.js';
import { claimNew, move, newAttempt, practiceRef } from '../records/samples.js';
import { openDesk, type BookAnswer, type BookingDesk, type DeskOptions } from './booking-desk.js';

const UNKNOWN: BookAnswer = { class: 'unknown', reason: 'timeout' };
const WINDOW_MS = 10 * MINUTE;
const NOT_SENT: BookAnswer = { class: 'not-sent', reason: 'refused' };

let desk: BookingDesk;

afterEach(() => desk.close());

async function open(options?: DeskOptions): Promise<void> {
  desk = await openDesk(options);
}

/** How a booking ended: the code of its refusal, or `booked`. */
function ending(booking: Promise<Booked>): Promise<ErrorCode | 'booked'> {
  return booking.then(
    () => 'booked' as const,
    (error: unknown) => {
      if (error instanceof GatewayError) return error.code;
      throw error;
    },
  );
}

/** Lets time pass until the booking has ended. */
async function ended<T>(booking: Promise<T>, within = DEADLINE_MS): Promise<T> {
  let over = false;
  const watched = booking.finally(() => {
    over = true;
  });
  watched.catch(() => undefined);
  await desk.runtime.idle();
  for (let passed = 0; !over && passed < within; passed += 100) await desk.runtime.advance(100);
  expect(over).toBe(true);
  return watched;
}

const states = async (): Promise<AttemptState[]> => (await desk.attempts()).map(({ state }) => state);

/** A ledger that fails the changes to these states, as often as said. */
function failing(times: Partial<Record<AttemptState, number>>, alsoCommits = false) {
  const left = { ...times };
  return (ledger: Ledger): Ledger => ({
    ...ledger,
    async change(id, version, change, audit) {
      const failures = left[change.state] ?? 0;
      if (failures === 0) return ledger.change(id, version, change, audit);
      left[change.state] = failures - 1;
      if (alsoCommits) await ledger.change(id, version, change, audit);
      throw new GatewayError('ledger-unavailable', 'away');
    },
  });
}

describe('the ledger cannot say whether it has taken the claim', () => {
  const claiming = (taken: boolean, times = 1) => {
    let left = times;
    return (ledger: Ledger): Ledger => ({
      ...ledger,
      async claim(...args) {
        if ((left -= 1) < 0) return ledger.claim(...args);
        if (taken) await ledger.claim(...args);
        throw new GatewayError('ledger-unavailable', 'away');
      },
    });
  };

  it('and it has: the slot is given free, and nothing is sent', async () => {
    await open({ wrap: claiming(true) });
    expect(await ended(ending(desk.book()))).toBe('ledger-unavailable');
    await desk.runtime.advance(SECOND);
    expect(await states()).toEqual(['NOT_BOOKED']);
    expect(desk.sent).toEqual([]);
    expect(await ended(ending(desk.book(undefined, { traceId: 'trace-2' })))).toBe('booked');
  });

  it('and it has not: nobody goes on looking for it', async () => {
    await open({ wrap: claiming(false) });
    expect(await ended(ending(desk.book()))).toBe('ledger-unavailable');
    await desk.runtime.advance(SECOND);
    expect(desk.runtime.waiting()).toBe(0);
    expect(await states()).toEqual([]);
  });
});

describe('the practice system has room for so many bookings at a time', () => {
  it('whoever gets none in time is told that nothing was sent, and the practice is asked nothing', async () => {
    await open({
      system: {
        beginBooking: () => Promise.reject(new GatewayError('practice-unavailable', 'busy')),
        readPlace: () => Promise.reject(new Error('asked')),
      },
    });
    expect(await ended(ending(desk.book()))).toBe('practice-unavailable');
    expect([await states(), desk.sent]).toEqual([[], []]);
  });

  it.each([
    ['booked', undefined],
    ['practice-unavailable', NOT_SENT],
    ['outcome-unknown', UNKNOWN],
  ] as const)('the room is given back once: %s', async (outcome, answer) => {
    const given: string[] = [];
    const room = () => {
      given.push('begun');
      return Promise.resolve(() => void given.push('ended'));
    };
    await open({ system: { beginBooking: room, lookUpBooking: () => Promise.resolve({ found: 'nothing' }) } });
    if (answer) desk.answers.push(answer, answer);
    expect(await ended(ending(desk.book()))).toBe(outcome);
    expect(given).toEqual(['begun', 'ended']);
  });
});

describe('the ledger fails after the call to the practice', () => {
  it('for a while: the outcome is written as soon as it can be, and the practice is called once', async () => {
    await open({ wrap: failing({ BOOKED: 20 }) });
    const began = desk.runtime.clock.monotonic();
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(desk.runtime.clock.monotonic() - began).toBe(2 * SECOND);
    expect(desk.sent).toHaveLength(1);
    expect(await states()).toEqual(['BOOKED']);
  });

  it('though the commit went through: the outcome stands', async () => {
    await open({ wrap: failing({ BOOKED: 1 }, true) });
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(desk.sent).toHaveLength(1);
    expect((await desk.attempts())[0]).toMatchObject({ state: 'BOOKED', version: 3 });
  });

  it('until the deadline: the outcome is unknown, and found at the practice once the ledger is back', async () => {
    const found = appointmentIn(slotNumber(1));
    await open({
      // Some failures more than fit into the deadline: the reconciler meets them too.
      wrap: failing({ BOOKED: 123 }),
      system: { lookUpBooking: () => Promise.resolve({ found: 'booked', appointments: [found] }) },
    });
    expect(await ended(ending(desk.book()))).toBe('outcome-unknown');
    expect(await states()).toEqual(['CONFIRMING']);
    await desk.runtime.advance(30 * SECOND);
    expect(await states()).toEqual(['BOOKED']);
    expect(desk.sent).toHaveLength(1);
    expect(await desk.book()).toMatchObject({ replayed: true, appointment: { status: 'booked' } });
    expect(desk.sent).toHaveLength(1);
  });

  it.each<[string, BookAnswer, AttemptState, ErrorCode]>([
    ['a refusal', { class: 'refused', reason: 'slot-taken' }, 'REJECTED', 'slot-taken'],
    ['a refused key', { class: 'auth' }, 'NOT_BOOKED', 'practice-unavailable'],
  ])('%s is told once it is written', async (_title, answer, state, code) => {
    await open({ wrap: failing({ [state]: 3 }) });
    desk.answers.push(answer);
    expect(await ended(ending(desk.book()))).toBe(code);
    expect(await states()).toEqual([state]);
  });
});

describe('the ledger fails before the call to the practice', () => {
  it('nothing is sent, and the row is freed without anybody asking for it', async () => {
    await open({ wrap: failing({ CONFIRMING: 1 }) });
    expect(await ended(ending(desk.book()))).toBe('ledger-unavailable');
    expect(desk.sent).toEqual([]);
    await desk.runtime.advance(SECOND);
    expect(await states()).toEqual(['NOT_BOOKED']);
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(desk.sent).toHaveLength(1);
  });
});

describe('the practice cannot be reached', () => {
  it('once: the booking is sent a second time, with the same reference, and is done', async () => {
    await open();
    desk.answers.push(NOT_SENT);
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(desk.sent).toHaveLength(2);
    expect(desk.sent[0]).toEqual(desk.sent[1]);
  });

  it('twice: nothing was booked, there is no third time, and the same request may book later', async () => {
    await open();
    desk.answers.push(NOT_SENT, NOT_SENT);
    expect(await ended(ending(desk.book()))).toBe('practice-unavailable');
    expect(desk.sent).toHaveLength(2);
    expect(await states()).toEqual(['NOT_BOOKED']);
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(await states()).toEqual(['NOT_BOOKED', 'BOOKED']);
    expect(desk.sent[2]?.clientReference).not.toBe(desk.sent[0]?.clientReference);
  });

  it('and the consumer has gone meanwhile: there is no second time', async () => {
    await open();
    const consumer = new AbortController();
    desk.answers.push(() => {
      consumer.abort();
      return Promise.resolve(NOT_SENT);
    });
    expect(await ended(ending(desk.book(undefined, { signal: consumer.signal })))).toBe('practice-unavailable');
    expect(desk.sent).toHaveLength(1);
    expect(await states()).toEqual(['NOT_BOOKED']);
  });

  it('after an unknown answer: nothing is ever sent again', async () => {
    await open({ system: { lookUpBooking: () => Promise.resolve({ found: 'nothing' }) } });
    desk.answers.push(UNKNOWN);
    expect(await ended(ending(desk.book()))).toBe('outcome-unknown');
    await desk.runtime.advance(SETTLE_MS);
    expect(await states()).toEqual(['NOT_BOOKED']);
    expect(desk.sent).toHaveLength(1);
  });
});

describe('the consumer', () => {
  it('has gone before the call: nothing is sent, and the slot is free for the next', async () => {
    const consumer = new AbortController();
    await open({
      wrap: (ledger) => ({
        ...ledger,
        claim: async (...args) => {
          const claimed = await ledger.claim(...args);
          consumer.abort();
          return claimed;
        },
      }),
    });
    expect(await ended(ending(desk.book(undefined, { signal: consumer.signal })))).toBe('practice-unavailable');
    expect(desk.sent).toEqual([]);
    expect((await desk.attempts())[0]).toMatchObject({
      state: 'NOT_BOOKED',
      evidence: 'consumer gone before the call',
    });
    expect(await ended(ending(desk.book()))).toBe('booked');
  });

  it('has gone while the intent was written down: nothing is sent, and the slot is free for the next', async () => {
    const consumer = new AbortController();
    await open({
      wrap: (ledger) => ({
        ...ledger,
        async change(id, version, change, audit) {
          const changed = await ledger.change(id, version, change, audit);
          if (change.state === 'CONFIRMING') consumer.abort();
          return changed;
        },
      }),
    });
    expect(await ended(ending(desk.book(undefined, { signal: consumer.signal })))).toBe('practice-unavailable');
    expect(desk.sent).toEqual([]);
    expect(await states()).toEqual(['NOT_BOOKED']);
    expect(await ended(ending(desk.book()))).toBe('booked');
  });

  it('has gone after the call: what the practice has done is kept', async () => {
    await open();
    const consumer = new AbortController();
    desk.answers.push(() => {
      consumer.abort();
      return Promise.resolve({ class: 'done', value: appointmentIn(desk.slots[0]) });
    });
    expect(await ended(ending(desk.book(undefined, { signal: consumer.signal })))).toBe('booked');
    expect(await states()).toEqual(['BOOKED']);
  });

  it('waits for its own earlier request until its deadline: it is told that the outcome is open', async () => {
    await open();
    let release: (answer: BookAnswer) => void = () => undefined;
    desk.answers.push(() => new Promise<BookAnswer>((resolve) => (release = resolve)));
    const first = ending(desk.book());
    await desk.runtime.advance(SECOND);
    expect(await ended(ending(desk.book()), DEADLINE_MS + SECOND)).toBe('outcome-unknown');
    release({ class: 'done', value: appointmentIn(desk.slots[0]) });
    expect(await ended(first)).toBe('booked');
    expect(desk.sent).toHaveLength(1);
  });

  it('waits for another booking of the place until its deadline: nothing of its own is sent', async () => {
    await open();
    let release: (answer: BookAnswer) => void = () => undefined;
    desk.answers.push(() => new Promise<BookAnswer>((resolve) => (release = resolve)));
    const first = ending(desk.book());
    await desk.runtime.advance(SECOND);
    expect(desk.sent).toHaveLength(1);
    const second = ending(desk.book(bookingOf([desk.slots[1]]), { traceId: 'trace-2' }));
    expect(await ended(second, DEADLINE_MS + SECOND)).toBe('place-contended');
    release({ class: 'done', value: appointmentIn(desk.slots[0]) });
    expect(await ended(first)).toBe('booked');
    await desk.runtime.advance(SECOND);
    expect(desk.sent).toHaveLength(1);
    expect(await states()).toEqual(['BOOKED']);
  });
});

describe('an answer that comes late', () => {
  it.each<[string, BookAnswer, ErrorCode | 'booked', AttemptState]>([
    ['settles the booking', { class: 'done', value: appointmentIn(slotNumber(1)) }, 'booked', 'BOOKED'],
    ['settles the refusal', { class: 'refused', reason: 'slot-taken' }, 'slot-taken', 'REJECTED'],
    ['and says nothing settles nothing', UNKNOWN, 'outcome-unknown', 'CONFIRM_OPEN'],
  ])('%s', async (_title, answer, code, state) => {
    await open({ system: { lookUpBooking: () => Promise.resolve({ found: 'no-evidence', reason: 'busy' }) } });
    const late = desk.runtime.timers.sleep(3 * SECOND).then(() => answer);
    desk.answers.push({ ...UNKNOWN, late });
    expect(await ended(ending(desk.book()))).toBe(code);
    expect(await states()).toEqual([state]);
    expect(desk.sent).toHaveLength(1);
  });

  it('while the practice is being asked: the first to write wins, and the other agrees', async () => {
    const [first, other] = [appointmentIn(slotNumber(1)), appointmentIn(slotNumber(2))];
    await open({
      system: {
        lookUpBooking: async () => {
          await desk.runtime.timers.sleep(2 * SECOND);
          return { found: 'booked', appointments: [other] };
        },
      },
    });
    const late = desk.runtime.timers.sleep(SECOND).then((): BookAnswer => ({ class: 'done', value: first }));
    desk.answers.push({ ...UNKNOWN, late });
    const booked = await ended(desk.book());
    expect(booked.appointment.start).toBe(first.start);
    expect(await desk.attempts()).toMatchObject([
      { state: 'BOOKED', practiceRefs: [first.ref], evidence: 'late answer' },
    ]);
  });
});

describe('a slot that an earlier attempt holds', () => {
  const other = { traceId: 'trace-2' };
  const somethingElse = (): ReturnType<typeof bookingOf> =>
    bookingOf([desk.slots[0]], { description: 'Another reason' });

  it('with an open outcome: the place is contended, and nothing is sent', async () => {
    await open({ system: { lookUpBooking: () => Promise.resolve({ found: 'no-evidence', reason: 'busy' }) } });
    desk.answers.push(UNKNOWN);
    expect(await ended(ending(desk.book()))).toBe('outcome-unknown');
    expect(await ended(ending(desk.book(somethingElse(), other)))).toBe('place-contended');
    expect(desk.sent).toHaveLength(1);
  });

  it.each<[string, 'cancelled' | undefined]>([
    ['cancelled at the desk', 'cancelled'],
    ['gone from the diary', undefined],
  ])('with a booking that was %s: it is freed and booked', async (_title, status) => {
    await open({
      system: {
        readAppointment: () => Promise.resolve(status && appointmentIn(slotNumber(1), { status })),
      },
    });
    expect(await ended(ending(desk.book()))).toBe('booked');
    await desk.runtime.advance(30 * SECOND);
    desk.answers.push({ class: 'done', value: appointmentIn(slotNumber(1), { ref: practiceRef('778') }) });
    expect(await ended(ending(desk.book(somethingElse(), other)))).toBe('booked');
    expect(await states()).toEqual(['CANCELLED', 'BOOKED']);
    expect(desk.sent).toHaveLength(2);
  });

  it('with a booking that the practice does not show yet: it is taken', async () => {
    await open({ system: { readAppointment: () => Promise.resolve(undefined) } });
    expect((await desk.book()).appointment.status).toBe('booked');
    await desk.runtime.advance(29 * SECOND);
    expect(await ended(ending(desk.book(somethingElse(), other)))).toBe('slot-taken');
    expect(await states()).toEqual(['BOOKED']);
    expect(desk.sent).toHaveLength(1);
  });

  it('with a booking that stands: it is taken, though the practice shows the slot free', async () => {
    await open({ system: { readAppointment: () => Promise.resolve(appointmentIn(slotNumber(1))) } });
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(await ended(ending(desk.book(somethingElse(), other)))).toBe('slot-taken');
    expect(desk.sent).toHaveLength(1);
  });

  it('of a queue: it is sold once and for all, and the practice is not even asked', async () => {
    await open({ timing: 'estimated' });
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(await ended(ending(desk.book(somethingElse(), other)))).toBe('slot-taken');
    expect(await states()).toEqual(['BOOKED']);
  });
});

describe('the same request again', () => {
  it('fifty at once: one booking at the practice, and fifty equal answers', async () => {
    await open();
    const bookings = Array.from({ length: 50 }, () => desk.book());
    const answers = await ended(Promise.all(bookings));
    expect(desk.sent).toHaveLength(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ appointment }) => JSON.stringify(appointment))).size).toBe(1);
    expect(await states()).toEqual(['BOOKED']);
  });

  it('fifty at once, each with its own trace id and stamp: one booking and fifty equal answers', async () => {
    await open();
    desk.answers.push(async () => {
      await desk.runtime.timers.sleep(SECOND);
      return { class: 'done', value: appointmentIn(desk.slots[0]) };
    });
    const bookings = Array.from({ length: 50 }, (_one, n) =>
      desk.book(bookingOf([desk.slots[0]], { created: n }), { traceId: `trace-${n}` }),
    );
    const answers = await ended(Promise.all(bookings));
    expect(desk.sent).toHaveLength(1);
    expect(new Set(answers.map(({ appointment }) => JSON.stringify(appointment))).size).toBe(1);
  });

  it.each(['idempotency-key', 'identifier'] as const)(
    'a key of source %s with another content is refused, and never gets the answer of the first',
    async (source) => {
      await open();
      const key = { source, key: 'key-1' };
      expect(await ended(ending(desk.book(undefined, { key })))).toBe('booked');
      const other = bookingOf([desk.slots[1]]);
      expect(await ended(ending(desk.book(other, { key })))).toBe('idempotency-key-reused');
      expect(desk.sent).toHaveLength(1);
    },
  );

  it('is answered though the practice shows the slot as taken by now: it was this request that took it', async () => {
    await open();
    const first = await ended(desk.book());
    desk.places.set(desk.slots[0].id, { state: 'taken' });
    expect(await ended(desk.book())).toEqual({ appointment: first.appointment, replayed: true });
    expect(await ended(ending(desk.book(undefined, { traceId: 'trace-2' })))).toBe('booked');
    expect(desk.sent).toHaveLength(1);
  });

  it('while the outcome is open waits for it, and sends nothing', async () => {
    let proved = false;
    await open({
      system: {
        lookUpBooking: () =>
          Promise.resolve(
            proved ? { found: 'booked', appointments: [appointmentIn(slotNumber(1))] } : { found: 'nothing' },
          ),
      },
    });
    desk.answers.push(UNKNOWN);
    expect(await ended(ending(desk.book()))).toBe('outcome-unknown');
    const again = desk.book();
    await desk.runtime.advance(SECOND);
    proved = true;
    expect(await ended(again)).toMatchObject({ replayed: true, appointment: { status: 'booked' } });
    expect(desk.sent).toHaveLength(1);
  });

  it('whose booking was cancelled at the practice is told so', async () => {
    await open({
      system: {
        lookUpBooking: () =>
          Promise.resolve({
            found: 'cancelled',
            appointments: [appointmentIn(slotNumber(1), { status: 'cancelled' })],
          }),
      },
    });
    desk.answers.push(UNKNOWN);
    // The cancelled one may be another than ours while the practice may still act.
    expect(await ended(ending(desk.book()))).toBe('outcome-unknown');
    await desk.runtime.advance(SETTLE_MS);
    expect(await ended(ending(desk.book()))).toBe('slot-taken');
    expect(desk.sent).toHaveLength(1);
  });
});

describe('the same request after the practice has refused it', () => {
  const refused = (reason: Refusal): BookAnswer => ({ class: 'refused', reason });

  it.each<[Refusal, ErrorCode]>([
    ['slot-taken', 'slot-taken'],
    ['patient-unknown', 'reference-not-found'],
    ['invalid', 'practice-system-fault'],
  ])('%s: is refused as before for a minute, and the practice hears nothing; then it is tried', async (why, code) => {
    const asked: string[] = [];
    await open({
      system: {
        readPlace: (id) => {
          asked.push(id);
          return Promise.resolve({ state: 'free', slot: desk.slots[0], schedule: SCHEDULE });
        },
      },
    });
    desk.answers.push(refused(why));
    const first = await ended(desk.book().catch((error: unknown) => error));
    expect(first).toMatchObject({ code });
    await desk.runtime.advance(MINUTE - SECOND);
    const again = await ended(desk.book().catch((error: unknown) => error));
    expect({ ...(again as object) }).toEqual({ ...(first as object) });
    expect([desk.sent.length, asked.length]).toEqual([1, 1]);
    await desk.runtime.advance(SECOND);
    expect(await ended(ending(desk.book()))).toBe('booked');
    expect(await states()).toEqual(['REJECTED', 'BOOKED']);
    expect(desk.sent[1]?.clientReference).not.toBe(desk.sent[0]?.clientReference);
  });

  it('fifty at once: the practice is asked once, and all are refused alike', async () => {
    await open();
    desk.answers.push(refused('patient-unknown'));
    const endings = await ended(Promise.all(Array.from({ length: 50 }, () => ending(desk.book()))));
    expect(new Set(endings)).toEqual(new Set(['reference-not-found']));
    expect(desk.sent).toHaveLength(1);
  });

  it('a refusal that came late is told to the repeat as what it was', async () => {
    await open({ system: { lookUpBooking: () => Promise.resolve({ found: 'no-evidence', reason: 'busy' }) } });
    const late = desk.runtime.timers.sleep(3 * SECOND).then(() => refused('patient-unknown'));
    desk.answers.push({ ...UNKNOWN, late });
    expect(await ended(ending(desk.book()))).toBe('reference-not-found');
    expect(await ended(ending(desk.book()))).toBe('reference-not-found');
    expect(desk.sent).toHaveLength(1);
  });

  it('does not stand in the way of another slot, nor of the same one under a new key or trace id', async () => {
    await open();
    desk.answers.push(refused('slot-taken'));
    expect(await ended(ending(desk.book()))).toBe('slot-taken');
    expect(await ended(ending(desk.book(bookingOf([desk.slots[1]]))))).toBe('booked');
    expect(await ended(ending(desk.book(undefined, { traceId: 'trace-2' })))).toBe('booked');
    expect(await states()).toEqual(['REJECTED', 'BOOKED', 'BOOKED']);
  });
});

describe('an equal request under another key', () => {
  const KEY = { source: 'idempotency-key', key: 'second' } as const;
  const other = (n: number) => ({ traceId: `trace-${n}` });
  const told = async (): Promise<Booked> => {
    const booked = await ended(desk.book());
    await desk.context.ledger.markReplied(booked.appointment.id, desk.runtime.clock.now());
    return booked;
  };
  const cancelled = async (): Promise<void> => {
    const [attempt] = await desk.attempts();
    if (attempt) await move(desk.context.ledger, attempt, 'CANCELLED');
  };

  it('is answered with the booking, though somebody was told: that answer may have been lost', async () => {
    await open();
    const { appointment } = await told();
    expect(await ended(desk.book(undefined, other(2)))).toEqual({ appointment, replayed: true });
    await desk.runtime.advance(WINDOW_MS + SECOND);
    expect(await ended(desk.book(undefined, other(2)))).toEqual({ appointment, replayed: true });
    expect(await ended(ending(desk.book(undefined, other(3))))).toBe('slot-taken');
    expect(desk.sent).toHaveLength(1);
  });

  it('makes that key one of its own, for as long as the attempt is kept', async () => {
    await open();
    const { appointment } = await told();
    expect(await ended(desk.book(undefined, { key: KEY }))).toEqual({ appointment, replayed: true });
    await desk.runtime.advance(2 * WINDOW_MS);
    expect(await ended(desk.book(undefined, { key: KEY }))).toEqual({ appointment, replayed: true });
    const changed = bookingOf([desk.slots[1]]);
    expect(await ended(ending(desk.book(changed, { key: KEY })))).toBe('idempotency-key-reused');
    await cancelled();
    expect(await ended(ending(desk.book(undefined, { key: KEY })))).toBe('slot-taken');
    expect(desk.sent).toHaveLength(1);
  });

  it('is another booking once the first was cancelled', async () => {
    await open();
    await told();
    await cancelled();
    desk.answers.push({ class: 'done', value: appointmentIn(slotNumber(1), { ref: practiceRef('778') }) });
    expect(await ended(desk.book(undefined, other(2)))).toMatchObject({ replayed: false });
    expect(await states()).toEqual(['CANCELLED', 'BOOKED']);
  });

  it('is another booking when the desk has cancelled the first, of which nobody here knew', async () => {
    let status: 'booked' | 'cancelled' = 'booked';
    await open({
      system: { readAppointment: () => Promise.resolve(appointmentIn(slotNumber(1), { status })) },
    });
    await told();
    status = 'cancelled';
    desk.answers.push({ class: 'done', value: appointmentIn(slotNumber(1), { ref: practiceRef('778') }) });
    expect(await ended(desk.book(undefined, { key: KEY }))).toMatchObject({ replayed: false });
    expect(await states()).toEqual(['CANCELLED', 'BOOKED']);
  });

  it('while the key cannot be written down: nobody hears that nothing was booked', async () => {
    const away = (): Promise<never> => Promise.reject(new GatewayError('ledger-unavailable', 'away'));
    await open({ wrap: (ledger) => ({ ...ledger, bindRepeat: away }) });
    const { appointment } = await told();
    expect(await ended(desk.book(undefined, other(2)))).toEqual({ appointment, replayed: true });
    expect(await ended(ending(desk.book(undefined, { key: KEY })))).toBe('outcome-unknown');
  });
});

describe('outcomes that are open at the practice', () => {
  const openOnes = async (numbers: readonly number[], over: Parameters<typeof newAttempt>[1]): Promise<void> => {
    const { ledger } = desk.context;
    for (const n of numbers) {
      const made = newAttempt(100 + n, { practice: desk.at.practice.odsCode, ...over });
      await move(ledger, await claimNew(ledger, made), 'CONFIRM_OPEN');
    }
  };
  const principal = (): string => principalOf(desk.request(desk.at).caller);

  it.each<[string, number, () => Parameters<typeof newAttempt>[1]]>([
    ['of the consumer', 20, () => ({ principal: principal(), patientId: 'somebody' as PatientId })],
    ['of the patient', 5, () => ({ principal: 'another/A99904', patientId: bookingOf([desk.slots[0]]).patientId })],
  ])('%s: %i are enough, whatever it is that is asked next', async (_whose, most, over) => {
    await open({ system: { lockKeyOf: (slot) => slot } });
    await openOnes(
      Array.from({ length: most - 1 }, (_, n) => n),
      over(),
    );
    expect(await ended(ending(desk.book()))).toBe('booked');
    await openOnes([most], over());
    expect(await ended(ending(desk.book(bookingOf([desk.slots[1]]), { traceId: 'trace-2' })))).toBe('quota-exceeded');
    expect(await ended(desk.book())).toMatchObject({ replayed: true });
    expect(desk.sent).toHaveLength(1);
  });
});

describe('several slots', () => {
  it('are locked in one order, so that two bookings of the same two cannot wait for each other', async () => {
    await open({ system: { lockKeyOf: (slot) => slot } });
    const [first, second] = [desk.slots[0], desk.slots[1]];
    const forward = bookingOf([first, second]);
    const wrongWay = { ...bookingOf([second, first]), description: 'Another reason' };
    // Between its first and its second lock each lets the other run.
    const { locks } = desk.context;
    const hesitant: KeyedLocks = {
      run: (key, signal, work) => locks.run(key, signal, () => desk.runtime.idle().then(work)),
    };
    const context = { ...desk.context, locks: hesitant };
    const both = [forward, wrongWay].map((booking, n) =>
      ending(bookAppointment(context, desk.request(desk.at, { traceId: `trace-${n}` }), booking, undefined)),
    );
    expect(await ended(Promise.all(both), SECOND)).toEqual(['booked', 'invalid-resource']);
  });
});
