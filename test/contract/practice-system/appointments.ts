/** Settling open outcomes, reading appointments, cancelling. */
import { expect } from 'vitest';
import type { PracticeAppointmentRef } from '../../../src/domain/identifiers.js';
import type { BookingTrace, PracticeAppointment } from '../../../src/ports/practice-system.js';
import {
  booking,
  bookingOf,
  done,
  firstSlot,
  firstSlots,
  search,
  spoiltAnswers,
  type SimulatedPractice,
  type Test,
} from './harness.js';

async function booked(practice: SimulatedPractice): Promise<PracticeAppointment> {
  return done(await practice.system.book(bookingOf(practice, await firstSlot(practice)), booking()));
}

async function traceOf(practice: SimulatedPractice): Promise<BookingTrace> {
  const request = bookingOf(practice, await firstSlot(practice));
  return { ...request, sentAt: practice.clock.now(), knownRefs: new Set() };
}

const MINUTES = 60_000;

export function lookUpTests(test: Test): void {
  test('finds nothing where nothing was booked', async (practice) => {
    expect(await practice.system.lookUpBooking?.(await traceOf(practice), booking())).toEqual({ found: 'nothing' });
  });

  test('finds a booking whose answer was lost', async (practice) => {
    const trace = await traceOf(practice);
    practice.fault('book', { kind: 'drop', when: 'after' });
    expect((await practice.system.book(trace, booking())).class).toBe('unknown');
    const found = await practice.system.lookUpBooking?.(trace, booking());
    expect(found).toMatchObject({ found: 'booked', appointments: [{ status: 'booked' }] });
    if (found?.found !== 'booked') throw new Error('not found');
    const [appointment] = found.appointments;
    expect(appointment).toEqual(await practice.system.readAppointment(appointment.ref, booking()));
  });

  test('finds a booking that was cancelled meanwhile', async (practice) => {
    const trace = await traceOf(practice);
    const appointment = done(await practice.system.book(trace, booking()));
    practice.cancelAtDesk(appointment);
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({
      found: 'cancelled',
      appointments: [{ ref: appointment.ref, status: 'cancelled' }],
    });
  });

  test('does not take a booking that belongs to another attempt', async (practice) => {
    const trace = await traceOf(practice);
    const { ref } = done(await practice.system.book(trace, booking()));
    const found = await practice.system.lookUpBooking?.({ ...trace, knownRefs: new Set([ref]) }, booking());
    expect(found).toEqual({ found: 'nothing' });
  });

  test('neither takes a live booking made well before it asked, nor says that there is none', async (practice) => {
    const trace = await traceOf(practice);
    done(await practice.system.book(trace, booking()));
    practice.clock.advance(10 * MINUTES);
    const found = await practice.system.lookUpBooking?.({ ...trace, sentAt: practice.clock.now() }, booking());
    expect(found).toMatchObject({ found: 'no-evidence' });
  });

  test('does not take the booking of another patient', async (practice) => {
    const trace = await traceOf(practice);
    done(await practice.system.book({ ...trace, patientRef: practice.patients.other.ref }, booking()));
    expect(await practice.system.lookUpBooking?.(trace, booking())).toEqual({ found: 'nothing' });
  });

  test('does not take a booking of another place', async (practice) => {
    const [first, second] = await firstSlots(practice);
    if (!first || !second) throw new Error('two schedules are needed');
    done(await practice.system.book(bookingOf(practice, second.slot), booking()));
    const trace = { ...bookingOf(practice, first.slot), sentAt: practice.clock.now(), knownRefs: new Set<never>() };
    expect(await practice.system.lookUpBooking?.(trace, booking())).toEqual({ found: 'nothing' });
  });

  for (const [name, fault] of spoiltAnswers('before')) {
    test(`has no evidence after ${name} to a look-up`, async (practice) => {
      const trace = await traceOf(practice);
      done(await practice.system.book(trace, booking()));
      practice.fault('look-up', fault, 'always');
      expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'no-evidence' });
    });
  }

  test('has no evidence while the key is refused, nothing answers or nothing listens', async (practice) => {
    const trace = await traceOf(practice);
    practice.fault('look-up', practice.keyRefused);
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'no-evidence' });
    practice.fault('look-up', { kind: 'hang', when: 'before' });
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'no-evidence' });
    await practice.goDown();
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'no-evidence' });
  });

  /** Two places of different schedules; which of them follow one another is the core's business. */
  const severalOf = async (practice: SimulatedPractice): Promise<BookingTrace> => {
    const [first, second] = await firstSlots(practice);
    if (!first || !second) throw new Error('two schedules are needed');
    const slots = [first.slot.id, second.slot.id];
    return { ...bookingOf(practice, first.slot), slots, sentAt: practice.clock.now(), knownRefs: new Set() };
  };
  const perSlot = ({ system }: SimulatedPractice): boolean => system.capabilities.multiSlot === 'booking-per-slot';

  test('of several slots finds all bookings, a part of them, or nothing', async (practice) => {
    if (!perSlot(practice)) return;
    const trace = await severalOf(practice);
    expect(await practice.system.lookUpBooking?.(trace, booking())).toEqual({ found: 'nothing' });
    const refs: string[] = [];
    for (const [index, found] of (['part', 'booked'] as const).entries()) {
      const slots = trace.slots.slice(index, index + 1);
      refs.push(done(await practice.system.book({ ...trace, slots }, booking())).ref);
      const seen = await practice.system.lookUpBooking?.(trace, booking());
      expect(seen?.found).toBe(found);
      if (seen?.found !== 'part' && seen?.found !== 'booked') throw new Error('nothing found');
      expect(new Set(seen.appointments.map(({ ref }) => ref))).toEqual(new Set(refs));
    }
  });

  test('of several slots takes neither what belongs to another attempt nor what was cancelled for a part', async (practice) => {
    if (!perSlot(practice)) return;
    const trace = await severalOf(practice);
    const made: PracticeAppointment[] = [];
    for (const slot of trace.slots) {
      made.push(done(await practice.system.book({ ...trace, slots: [slot] }, booking())));
    }
    const [first, second] = made;
    if (!first || !second) throw new Error('two bookings are needed');
    const known = { ...trace, knownRefs: new Set([first.ref]) };
    expect(await practice.system.lookUpBooking?.(known, booking())).toMatchObject({
      found: 'part',
      appointments: [{ ref: second.ref }],
    });
    practice.cancelAtDesk(first);
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({
      found: 'part',
      appointments: [{ ref: second.ref }],
    });
    practice.cancelAtDesk(second);
    expect((await practice.system.lookUpBooking?.(trace, booking()))?.found).toBe('cancelled');
  });

  test('looks up without writing', async (practice) => {
    await practice.system.lookUpBooking?.(await traceOf(practice), booking());
    for (const operation of ['book', 'cancel', 'register'] as const) expect(practice.arrived(operation)).toBe(0);
  });
}

export function appointmentTests(test: Test): void {
  test('reads an appointment back as it was booked', async (practice) => {
    const appointment = await booked(practice);
    expect(await practice.system.readAppointment(appointment.ref, search())).toEqual(appointment);
  });

  test('reads no appointment where there is none', async ({ system }) => {
    for (const ref of ['424242', 'nonsense', '../1', '']) {
      expect(await system.readAppointment(ref as PracticeAppointmentRef, search()), ref).toBeUndefined();
    }
  });

  test('throws, and does not say "none", when an appointment cannot be read', async (practice) => {
    const { ref } = await booked(practice);
    practice.fault('read', { kind: 'html', status: 404, when: 'before' });
    await expect(practice.system.readAppointment(ref, search())).rejects.toMatchObject({
      code: 'practice-system-fault',
    });
    await practice.goDown();
    await expect(practice.system.readAppointment(ref, search())).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
  });

  test('shows what the desk did to an appointment', async (practice) => {
    const appointment = await booked(practice);
    practice.cancelAtDesk(appointment);
    expect(await practice.system.readAppointment(appointment.ref, search())).toMatchObject({ status: 'cancelled' });
  });

  test("lists a patient's appointments, cancelled ones too, and nobody else's", async (practice) => {
    const [first, second] = await firstSlots(practice);
    if (!first || !second) throw new Error('two schedules are needed');
    const one = done(await practice.system.book(bookingOf(practice, first.slot), booking()));
    const two = done(await practice.system.book(bookingOf(practice, second.slot), booking()));
    practice.cancelAtDesk(two);
    const list = await practice.system.listAppointments?.(practice.patients.known.ref, search());
    expect(new Map(list?.map(({ ref, status }) => [ref, status]))).toEqual(
      new Map([
        [one.ref, 'booked'],
        [two.ref, 'cancelled'],
      ]),
    );
    expect(await practice.system.listAppointments?.(practice.patients.other.ref, search())).toEqual([]);
  });

  test('says of each appointment listed where and as what it takes place, as its slot said', async (practice) => {
    const [first] = await firstSlots(practice);
    if (!first) throw new Error('a schedule is needed');
    const { slot, schedule } = first;
    const { ref } = done(await practice.system.book(bookingOf(practice, slot), booking()));
    const [listed] = (await practice.system.listAppointments?.(practice.patients.known.ref, search())) ?? [];
    expect(listed).toEqual(await practice.system.readAppointment(ref, search()));
    const { id, type, locationId, practitionerId } = schedule;
    expect(listed?.place).toMatchObject({
      slots: [slot.id],
      schedule: { id, type, locationId, practitionerId },
      type: slot.type,
      channel: slot.channel,
    });
  });

  test('throws, and lists no part of them, when the appointments of a patient cannot be read', async (practice) => {
    await booked(practice);
    practice.fault('look-up', { kind: 'truncated', when: 'after' });
    await expect(practice.system.listAppointments?.(practice.patients.known.ref, search())).rejects.toMatchObject({
      name: 'GatewayError',
    });
    await practice.goDown();
    await expect(practice.system.listAppointments?.(practice.patients.known.ref, search())).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
  });
}

export function cancelTests(test: Test): void {
  const cancel = async ({ system }: SimulatedPractice, ref: PracticeAppointmentRef) => {
    const answer = await system.cancel?.(ref, 'No longer needed', booking());
    if (!answer) throw new Error('this system cannot cancel: excuse the test');
    return answer;
  };

  test('cancels an appointment', async (practice) => {
    const { ref } = await booked(practice);
    expect(done(await cancel(practice, ref))).toMatchObject({ ref, status: 'cancelled' });
    expect(practice.liveBookings()).toBe(0);
  });

  test('cancels twice as if once', async (practice) => {
    const { ref } = await booked(practice);
    done(await cancel(practice, ref));
    expect(done(await cancel(practice, ref))).toMatchObject({ ref, status: 'cancelled' });
  });

  test('refuses to cancel what is not there', async (practice) => {
    for (const ref of ['424242', 'nonsense']) {
      const answer = await cancel(practice, ref as PracticeAppointmentRef);
      expect(answer).toEqual({ class: 'refused', reason: 'not-found' });
    }
  });

  test('sends no cancellation for a caller that has gone', async (practice) => {
    const { ref } = await booked(practice);
    const answer = await practice.system.cancel?.(ref, 'No longer needed', booking(AbortSignal.abort()));
    expect(answer?.class).toBe('not-sent');
    expect(practice.liveBookings()).toBe(1);
  });

  test('sends no cancellation that it may not send any more', async (practice) => {
    const { ref } = await booked(practice);
    const answer = await practice.system.cancel?.(ref, 'No longer needed', { ...booking(), maySend: () => false });
    expect(answer?.class).toBe('not-sent');
    expect([practice.arrived('cancel'), practice.liveBookings()]).toEqual([0, 1]);
  });

  test('proves that no cancellation was sent while nothing listens there', async (practice) => {
    const { ref } = await booked(practice);
    await practice.goDown();
    expect((await cancel(practice, ref)).class).toBe('not-sent');
  });

  test('says so when the key is refused to a cancellation', async (practice) => {
    const { ref } = await booked(practice);
    practice.fault('cancel', practice.keyRefused);
    expect(await cancel(practice, ref)).toEqual({ class: 'auth' });
  });

  for (const when of ['before', 'after'] as const) {
    for (const [name, fault] of spoiltAnswers(when)) {
      test(`does not know whether it cancelled after ${name} (${when}), and can ask again`, async (practice) => {
        const { ref } = await booked(practice);
        practice.fault('cancel', fault);
        expect(await cancel(practice, ref)).toMatchObject({ class: 'unknown' });
        expect(practice.liveBookings()).toBe(when === 'before' ? 1 : 0);
        done(await cancel(practice, ref));
        expect(practice.liveBookings()).toBe(0);
      });
    }
  }

  test('learns late that it cancelled', async (practice) => {
    const { ref } = await booked(practice);
    practice.fault('cancel', { kind: 'delay', ms: 1200, when: 'before' });
    const answer = await cancel(practice, ref);
    if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
    expect(done(await answer.late)).toMatchObject({ status: 'cancelled' });
  });
}
