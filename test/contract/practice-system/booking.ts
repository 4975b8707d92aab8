/** Booking: what each answer means, and that silence never means no. */
import { expect } from 'vitest';
import type { PracticePatientRef, SlotId } from '../../../src/domain/identifiers.js';
import {
  booking,
  bookingOf,
  createBookingDesk,
  done,
  firstSlot,
  firstSlots,
  search,
  spoiltAnswers,
  TOO_LONG_MS,
  type SimulatedPractice,
  type Test,
} from './harness.js';

const book = async (practice: SimulatedPractice) =>
  practice.system.book(bookingOf(practice, await firstSlot(practice)), booking());

export function bookingTests(test: Test): void {
  test('books a slot, once, at its time, for its patient', async (practice) => {
    const before = practice.liveBookings();
    const slot = await firstSlot(practice);
    const booked = done(await practice.system.book(bookingOf(practice, slot), booking()));
    expect(booked).toMatchObject({ status: 'booked', start: slot.start, end: slot.end });
    expect(booked.patientRef).toBe(practice.patients.known.ref);
    expect(practice.liveBookings()).toBe(before + 1);
    expect(practice.arrived('book')).toBe(1);
  });

  test('books the first slot of every schedule', async (practice) => {
    for (const { slot } of await firstSlots(practice)) {
      const booked = done(await practice.system.book(bookingOf(practice, slot), booking()));
      expect(booked).toMatchObject({ start: slot.start, end: slot.end });
    }
  });

  test('no longer offers what it has booked', async (practice) => {
    const slot = await firstSlot(practice);
    done(await practice.system.book(bookingOf(practice, slot), booking()));
    const { slots } = await practice.system.listFreeSlots(practice.window, search());
    expect(slots.map(({ id }) => id)).not.toContain(slot.id);
    expect(await practice.system.readPlace(slot.id, booking())).toEqual({ state: 'taken' });
  });

  test('books one slot once, however many ask for it', async (practice) => {
    const before = practice.liveBookings();
    const atDesk = createBookingDesk(practice);
    const slot = await firstSlot(practice);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => atDesk(bookingOf(practice, slot, `attempt-${n}`))),
    );
    expect(answers.filter((answer) => answer.class === 'done')).toHaveLength(1);
    expect(answers.filter((answer) => answer.class === 'refused' && answer.reason === 'slot-taken')).toHaveLength(7);
    expect(practice.liveBookings()).toBe(before + 1);
  });

  test('books slots of different places side by side', async (practice) => {
    const atDesk = createBookingDesk(practice);
    const slots = (await firstSlots(practice)).slice(0, 2).map(({ slot }) => slot);
    const answers = await Promise.all(slots.map((slot, n) => atDesk(bookingOf(practice, slot, `attempt-${n}`))));
    const refs = answers.map((answer) => done(answer).ref);
    expect(new Set(refs).size).toBe(2);
  });

  test('sends no booking that it may not send when all is read, though it might before', async (practice) => {
    const slot = await firstSlot(practice);
    const reads = practice.arrived('place');
    const readsWhenAsked: number[] = [];
    const maySend = (): boolean => {
      readsWhenAsked.push(practice.arrived('place') - reads);
      return false;
    };
    const answer = await practice.system.book(bookingOf(practice, slot), { ...booking(), maySend });
    expect(answer.class).toBe('not-sent');
    expect([practice.arrived('book'), practice.liveBookings()]).toEqual([0, 0]);
    // Asked when there was nothing left to read.
    expect(readsWhenAsked).toEqual([practice.arrived('place') - reads]);
    done(await practice.system.book(bookingOf(practice, slot), { ...booking(), maySend: () => true }));
  });

  test('refuses a place that the desk was quicker to give away, and sends nothing', async (practice) => {
    const slot = await firstSlot(practice);
    practice.bookAtDesk(slot);
    const before = practice.liveBookings();
    const answer = await practice.system.book(bookingOf(practice, slot), booking());
    expect(answer).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(practice.arrived('book')).toBe(0);
    expect(practice.liveBookings()).toBe(before);
  });

  test('refuses a patient the practice does not know', async (practice) => {
    const slot = await firstSlot(practice);
    const stranger = { ...bookingOf(practice, slot), patientRef: '999999' as PracticePatientRef };
    expect(await practice.system.book(stranger, booking())).toEqual({ class: 'refused', reason: 'patient-unknown' });
    expect(practice.liveBookings()).toBe(0);
  });

  test('refuses a slot that is none, and sends nothing', async (practice) => {
    for (const slot of ['nonsense' as SlotId, practice.unknownSlot]) {
      expect((await practice.system.book(bookingOf(practice, slot), booking())).class).toBe('refused');
    }
    expect(practice.arrived('book')).toBe(0);
  });

  test('sends no booking for a caller that has gone', async (practice) => {
    const slot = await firstSlot(practice);
    const answer = await practice.system.book(bookingOf(practice, slot), booking(AbortSignal.abort()));
    expect(answer.class).toBe('not-sent');
    expect(practice.arrived('book')).toBe(0);
  });

  test('finishes a booking whose caller goes while it is under way', async (practice) => {
    const slot = await firstSlot(practice);
    practice.fault('book', { kind: 'delay', ms: 150, when: 'after' });
    const waiting = new AbortController();
    const answer = practice.system.book(bookingOf(practice, slot), booking(waiting.signal));
    while (practice.arrived('book') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    waiting.abort();
    done(await answer);
  });

  test('proves that nothing was sent while nothing listens there', async (practice) => {
    const slot = await firstSlot(practice);
    await practice.goDown();
    expect((await practice.system.book(bookingOf(practice, slot), booking())).class).toBe('not-sent');
  });

  test('says so when the key is refused', async (practice) => {
    practice.fault('book', practice.keyRefused);
    expect(await book(practice)).toEqual({ class: 'auth' });
    expect(practice.liveBookings()).toBe(0);
  });

  for (const [name, fault] of spoiltAnswers('before')) {
    test(`does not know the outcome after ${name}, nothing booked`, async (practice) => {
      practice.fault('book', fault);
      const answer = await book(practice);
      expect(answer).toMatchObject({ class: 'unknown' });
      expect(practice.arrived('book')).toBe(1);
      expect(practice.liveBookings()).toBe(0);
    });
  }

  for (const [name, fault] of spoiltAnswers('after')) {
    test(`does not know the outcome after ${name}, booked all the same`, async (practice) => {
      practice.fault('book', fault);
      const answer = await book(practice);
      expect(answer).toMatchObject({ class: 'unknown' });
      expect(practice.arrived('book')).toBe(1);
      expect(practice.liveBookings()).toBe(1);
    });
  }

  test('does not take a success that names something else for its own, and raises an alarm', async (practice) => {
    practice.fault('book', practice.otherBooking);
    expect(await book(practice)).toMatchObject({ class: 'unknown' });
    expect(practice.log.some((line) => line.startsWith('error '))).toBe(true);
  });

  for (const when of ['before', 'after'] as const) {
    test(`answers "unknown" in time and the proof when it comes, effect ${when} the delay`, async (practice) => {
      const slot = await firstSlot(practice);
      practice.fault('book', { kind: 'delay', ms: 1200, when });
      const answer = await practice.system.book(bookingOf(practice, slot), booking());
      if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
      expect(await Promise.race([answer.late, Promise.resolve('not yet')])).toBe('not yet');
      expect(done(await answer.late)).toMatchObject({ status: 'booked', start: slot.start });
      expect(practice.liveBookings()).toBe(1);
      expect(practice.arrived('book')).toBe(1);
    });
  }

  test('learns late that a booking was refused', async (practice) => {
    const slot = await firstSlot(practice);
    practice.fault('book', { kind: 'delay', ms: TOO_LONG_MS, when: 'before' });
    const answer = await practice.system.book(bookingOf(practice, slot), booking());
    practice.closeAtDesk(slot);
    if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
    expect(await answer.late).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(practice.liveBookings()).toBe(0);
  });

  test('stops listening when it is closed', async (practice) => {
    practice.fault('book', { kind: 'hang', when: 'after' });
    const answer = await book(practice);
    if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
    await practice.system.close();
    expect(await answer.late).toMatchObject({ class: 'unknown' });
  });
}
