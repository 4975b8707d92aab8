/** Amending and cancelling, where the practice, the ledger or another request gets in the way. */
import { afterEach, describe, expect, it } from 'vitest';
import { amendAppointment, cancelAppointment, type Changed } from '../../src/core/appointments/change-appointment.js';
import type { Appointment, AppointmentAsSent } from '../../src/domain/appointment.js';
import { GatewayError } from '../../src/domain/errors.js';
import { MINUTE, SECOND } from '../../src/domain/time.js';
import type { AttemptState, Ledger } from '../../src/ports/ledger.js';
import type { PracticeAppointment, PracticeSystem, WriteAnswer } from '../../src/ports/practice-system.js';
import { practiceRef } from '../records/samples.js';
import { appointmentIn, bookingOf, DEADLINE_MS, SETTLE_MS, slotNumber, storedRow } from './bench.js';
import { openDesk, type BookingDesk } from './booking-desk.js';

type CancelAnswer = WriteAnswer<PracticeAppointment>;

const FIRST = slotNumber(1);
const DONE: CancelAnswer = { class: 'done', value: appointmentIn(FIRST, { status: 'cancelled' }) };
const UNKNOWN: CancelAnswer = { class: 'unknown', reason: 'timeout' };
const NOT_SENT: CancelAnswer = { class: 'not-sent', reason: 'refused' };

let desk: BookingDesk;
/** Answers to the next cancellations, in turn; after them every one is done. */
let answers: CancelAnswer[];
let cancellations: string[];
/** What the practice shows of its bookings, where it is not what was booked. */
let standing: Map<string, Partial<PracticeAppointment> | 'gone' | 'unreadable'>;

afterEach(() => desk.close());

async function open(system: Partial<PracticeSystem> = {}, wrap?: (ledger: Ledger) => Ledger): Promise<Appointment> {
  answers = [];
  cancellations = [];
  standing = new Map();
  desk = await openDesk({
    ...(wrap && { wrap }),
    system: {
      readAppointment: (ref) => {
        const now = standing.get(ref);
        if (now === 'unreadable') return Promise.reject(new GatewayError('practice-unavailable', 'away'));
        const slot = desk.slots.find((one) => appointmentIn(one).ref === ref);
        return Promise.resolve(slot && now !== 'gone' ? appointmentIn(slot, now) : undefined);
      },
      cancel: (ref) => {
        cancellations.push(ref);
        const answer = answers.shift() ?? DONE;
        if (answer.class === 'done') standing.set(ref, { status: 'cancelled' });
        return Promise.resolve(answer);
      },
      ...system,
    },
  });
  return (await desk.book()).appointment;
}

function asSent(appointment: Appointment, over: Partial<AppointmentAsSent> = {}): AppointmentAsSent {
  const { channel, role, bookingOrganisation, identifiers } = appointment;
  return {
    ...appointment,
    minutes: (appointment.end - appointment.start) / MINUTE,
    priority: undefined,
    channel,
    roleCode: role?.code,
    identifiers,
    bookingOrganisation,
    slotTypes: [appointment.slotType],
    ...over,
  };
}

const amend = (appointment: Appointment, over: Partial<AppointmentAsSent>, version?: string): Promise<Changed> =>
  amendAppointment(desk.context, desk.request(desk.at), {
    id: appointment.id,
    sent: asSent(appointment, over),
    expectedVersion: version,
  });
const cancel = (appointment: Appointment, reason = 'Feels better', signal?: AbortSignal): Promise<Changed> =>
  cancelAppointment(desk.context, desk.request(desk.at, signal && { signal }), {
    id: appointment.id,
    sent: asSent(appointment),
    expectedVersion: undefined,
    reason,
  });

function ending(changing: Promise<Changed>): Promise<string> {
  return changing.then(
    ({ appointment, replayed }) => (replayed ? `${appointment.status} again` : appointment.status),
    (error: unknown) => {
      if (error instanceof GatewayError) return error.code;
      throw error;
    },
  );
}

/** Lets time pass until the change has ended. */
async function ended<T>(changing: Promise<T>, within = DEADLINE_MS): Promise<T> {
  let over = false;
  const watched = changing.finally(() => {
    over = true;
  });
  watched.catch(() => undefined);
  await desk.runtime.idle();
  for (let passed = 0; !over && passed < within; passed += 100) await desk.runtime.advance(100);
  expect(over).toBe(true);
  return watched;
}

const stateOf = async (): Promise<AttemptState | undefined> => (await desk.attempts())[0]?.state;

describe('what the practice answers to a cancellation', () => {
  it.each<[string, CancelAnswer[], string, AttemptState, number]>([
    ['done', [DONE], 'cancelled', 'CANCELLED', 1],
    ['already cancelled', [{ class: 'refused', reason: 'already-cancelled' }], 'cancelled', 'CANCELLED', 1],
    ['nothing there any more', [{ class: 'refused', reason: 'not-found' }], 'cancelled', 'CANCELLED', 1],
    ['not allowed', [{ class: 'refused', reason: 'not-allowed' }], 'invalid-resource', 'BOOKED', 1],
    ['not sent, twice', [NOT_SENT, NOT_SENT], 'practice-unavailable', 'BOOKED', 2],
    ['not sent, then done', [NOT_SENT, DONE], 'cancelled', 'CANCELLED', 2],
    ['its key refused', [{ class: 'auth' }], 'practice-unavailable', 'BOOKED', 1],
  ])('%s', async (_title, given, told, state, calls) => {
    const appointment = await open();
    answers.push(...given);
    expect(await ended(ending(cancel(appointment)))).toBe(told);
    expect(await stateOf()).toBe(state);
    expect(cancellations).toHaveLength(calls);
    // What was refused leaves no trace for a reader.
    const [row] = await desk.attempts();
    expect(row?.revision).toBe(state === 'CANCELLED' ? 2 : 1);
    expect(row?.details.cancellationReason).toBe(state === 'CANCELLED' ? 'Feels better' : undefined);
  });

  it('silence, though it was done: the booking itself is the proof, within the deadline', async () => {
    const appointment = await open();
    answers.push(UNKNOWN);
    const cancelling = ended(ending(cancel(appointment)));
    await desk.runtime.idle();
    standing.set(appointmentIn(FIRST).ref, { status: 'cancelled' });
    expect(await cancelling).toBe('cancelled');
    expect(cancellations).toHaveLength(1);
  });

  it('silence, and not done: unknown until after the settle time, when it is sent once more', async () => {
    const appointment = await open();
    answers.push(UNKNOWN);
    expect(await ended(ending(cancel(appointment)))).toBe('outcome-unknown');
    expect(await stateOf()).toBe('CANCEL_OPEN');
    await desk.runtime.advance(SETTLE_MS - DEADLINE_MS - SECOND);
    expect(cancellations).toHaveLength(1);
    await desk.runtime.advance(2 * SECOND);
    expect(cancellations).toHaveLength(2);
    expect(await stateOf()).toBe('CANCELLED');
    expect(await ended(ending(cancel(appointment)))).toBe('cancelled again');
    expect(cancellations).toHaveLength(2);
  });

  it('silence, then a refusal when it is sent once more: the appointment stands as before', async () => {
    const appointment = await open();
    answers.push(UNKNOWN, { class: 'refused', reason: 'not-allowed' });
    expect(await ended(ending(cancel(appointment)))).toBe('outcome-unknown');
    await desk.runtime.advance(SETTLE_MS);
    expect((await desk.attempts())[0]).toMatchObject({ state: 'BOOKED', revision: 1 });
    expect((await desk.attempts())[0]?.details.cancellationReason).toBeUndefined();
  });

  it('a repeat while the outcome is open waits for it, and sends nothing', async () => {
    const appointment = await open();
    answers.push(UNKNOWN);
    expect(await ended(ending(cancel(appointment)))).toBe('outcome-unknown');
    const repeat = cancel(appointment);
    const amendment = amend(appointment, { comment: 'Meanwhile' });
    await desk.runtime.advance(SECOND);
    standing.set(appointmentIn(FIRST).ref, { status: 'cancelled' });
    expect(await ended(Promise.all([ending(repeat), ending(amendment)]), 30 * SECOND)).toEqual([
      'cancelled again',
      'invalid-resource',
    ]);
    expect(cancellations).toHaveLength(1);
  });

  it('an open cancellation shows the appointment as booked, and holds up no other booking at its place', async () => {
    const appointment = await open();
    answers.push(UNKNOWN);
    const cancelling = cancel(appointment);
    const repeat = cancel(appointment);
    cancelling.catch(() => undefined);
    repeat.catch(() => undefined);
    await desk.runtime.advance(SECOND);
    const began = desk.runtime.clock.monotonic();
    const { appointment: other } = await ended(desk.book(bookingOf([desk.slots[1]]), { traceId: 'trace-2' }));
    expect(other.status).toBe('booked');
    expect(desk.runtime.clock.monotonic() - began).toBeLessThan(SECOND);
    expect(await ended(Promise.all([ending(cancelling), ending(repeat)]))).toEqual([
      'outcome-unknown',
      'outcome-unknown',
    ]);
  });

  it('a practice that cannot be read is no proof', async () => {
    const appointment = await open();
    answers.push(UNKNOWN);
    const cancelling = ended(ending(cancel(appointment)));
    await desk.runtime.idle();
    standing.set(appointmentIn(FIRST).ref, 'unreadable');
    expect(await cancelling).toBe('outcome-unknown');
    await desk.runtime.advance(10 * MINUTE);
    expect(await stateOf()).toBe('CANCEL_OPEN');
    expect(cancellations).toHaveLength(1);
  });

  it('a system that cannot cancel says so, and nothing is written', async () => {
    const appointment = await open();
    Object.assign(desk.at, { system: { ...desk.at.system, cancel: undefined } });
    expect(await ended(ending(cancel(appointment)))).toBe('not-implemented');
    expect((await desk.attempts())[0]).toMatchObject({ state: 'BOOKED', revision: 1 });
  });
});

describe('several bookings of one appointment', () => {
  const PAIR = [slotNumber(2), slotNumber(3)] as const;
  const refs = PAIR.map((slot) => appointmentIn(slot).ref);

  async function openPair(): Promise<Appointment> {
    await open();
    const capabilities = { ...desk.at.system.capabilities, multiSlot: 'booking-per-slot' as const };
    Object.assign(desk.at, { system: { ...desk.at.system, capabilities } });
    return (await desk.book(bookingOf(PAIR, { description: 'A pair' }), { traceId: 'trace-pair' })).appointment;
  }
  const pair = async () => (await desk.attempts()).find(({ slots }) => slots.length === 2);

  it('are cancelled together', async () => {
    const appointment = await openPair();
    expect(await ended(ending(cancel(appointment)))).toBe('cancelled');
    expect(cancellations).toEqual(refs);
  });

  it.each<[string, CancelAnswer]>([
    ['refused', { class: 'refused', reason: 'not-allowed' }],
    ['not answered', UNKNOWN],
    ['not to be reached', { class: 'auth' }],
  ])('of which the second is %s: neither yes nor no, and settled later', async (_title, answer) => {
    const appointment = await openPair();
    answers.push(DONE, answer);
    expect(await ended(ending(cancel(appointment)))).toBe('outcome-unknown');
    expect((await pair())?.state).toBe('CANCEL_OPEN');
    await desk.runtime.advance(SETTLE_MS);
    expect((await pair())?.state).toBe('CANCELLED');
    expect(new Set(cancellations)).toEqual(new Set(refs));
  });
});

describe('the ledger and others', () => {
  it('no cancellation leaves before its intent is durable', async () => {
    let broken = false;
    const appointment = await open({}, (ledger) => ({
      ...ledger,
      change: (id, version, change, audit) =>
        broken && change.state === 'CANCELLING'
          ? Promise.reject(new GatewayError('ledger-unavailable', 'away'))
          : ledger.change(id, version, change, audit),
    }));
    broken = true;
    expect(await ended(ending(cancel(appointment)))).toBe('ledger-unavailable');
    expect(cancellations).toEqual([]);
    expect(await stateOf()).toBe('BOOKED');
  });

  it('an outcome that cannot be written down is not told, and is found once the ledger is back', async () => {
    let broken = false;
    const appointment = await open({}, (ledger) => ({
      ...ledger,
      change: (id, version, change, audit) =>
        broken && change.state === 'CANCELLED'
          ? Promise.reject(new GatewayError('ledger-unavailable', 'away'))
          : ledger.change(id, version, change, audit),
    }));
    broken = true;
    expect(await ended(ending(cancel(appointment)), 20 * SECOND)).toBe('outcome-unknown');
    broken = false;
    await desk.runtime.advance(30 * SECOND);
    expect(await stateOf()).toBe('CANCELLED');
    expect(cancellations).toHaveLength(1);
  });

  it('nothing is sent for a consumer that has gone while the intent was written down', async () => {
    const consumer = new AbortController();
    const appointment = await open({}, (ledger) => ({
      ...ledger,
      async change(...args) {
        const changed = await ledger.change(...args);
        if (args[2].state === 'CANCELLING') consumer.abort();
        return changed;
      },
    }));
    await expect(cancel(appointment, 'Feels better', consumer.signal)).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
    expect(cancellations).toEqual([]);
    expect((await desk.attempts()).map(({ state }) => state)).toEqual(['BOOKED']);
  });

  it('what another process has taken over meanwhile is open, whatever became of it here', async () => {
    const consumer = new AbortController();
    const appointment = await open({}, (ledger) => ({
      ...ledger,
      async change(...args) {
        const changed = await ledger.change(...args);
        if (args[2].state !== 'CANCELLING' || !changed) return changed;
        await ledger.change(changed.id, changed.version, { ...args[2], state: 'CANCEL_OPEN' }, args[3]);
        consumer.abort();
        return changed;
      },
    }));
    await expect(cancel(appointment, 'Feels better', consumer.signal)).rejects.toMatchObject({
      code: 'outcome-unknown',
    });
    expect(cancellations).toEqual([]);
  });

  it('an intent that was written down though the ledger did not say so is settled', async () => {
    let fails = true;
    const appointment = await open({}, (ledger) => ({
      ...ledger,
      async change(...args) {
        const changed = await ledger.change(...args);
        if (args[2].state !== 'CANCELLING' || !fails) return changed;
        fails = false;
        throw new GatewayError('ledger-unavailable', 'away');
      },
    }));
    await expect(cancel(appointment)).rejects.toMatchObject({ code: 'ledger-unavailable' });
    expect(cancellations).toEqual([]);
    await desk.runtime.advance(SETTLE_MS + SECOND);
    expect((await desk.attempts()).map(({ state }) => state)).toEqual(['CANCELLED']);
    expect(cancellations).toHaveLength(1);
  });

  it('nothing is sent for a consumer that has gone', async () => {
    let signalled: boolean | undefined;
    const appointment = await open({
      cancel: (_ref, _reason, { signal }) => {
        signalled = signal.aborted;
        return Promise.resolve(NOT_SENT);
      },
    });
    expect(await ended(ending(cancel(appointment, 'x', AbortSignal.abort())))).toMatch(/contended|unavailable/);
    expect(signalled).not.toBe(false);
    expect(await stateOf()).toBe('BOOKED');
  });

  it('an amendment that meets another change of the row is carried out on top of it, and never lost in silence', async () => {
    let meddle = false;
    const appointment = await open({}, (ledger) => ({
      ...ledger,
      async change(id, version, change, audit) {
        if (meddle && change.evidence === 'amended') {
          meddle = false;
          const row = await ledger.readAttempt(desk.at.practice.odsCode, id);
          if (!row) throw new Error('no row');
          await ledger.change(id, version, { state: 'BOOKED', at: row.updatedAt, evidence: 'somebody else' }, audit);
        }
        return ledger.change(id, version, change, audit);
      },
    }));
    meddle = true;
    const { appointment: amended } = await ended(amend(appointment, { comment: 'New words' }));
    expect(amended.comment).toBe('New words');
    const [row] = await desk.attempts();
    expect(row && (await storedRow(desk, row)).details.comment).toBe('New words');
  });

  it('text that lives in the practice system cannot be amended here', async () => {
    const appointment = await open();
    const capabilities = { ...desk.at.system.capabilities, storesText: true };
    Object.assign(desk.at, { system: { ...desk.at.system, capabilities } });
    expect(await ended(ending(amend(appointment, { comment: 'New' })))).toBe('not-implemented');
  });

  it('a booking that the practice moved meanwhile is amended as it is now, or not at all', async () => {
    const appointment = await open();
    const moved = { start: FIRST.start + MINUTE, end: FIRST.end + MINUTE };
    standing.set(practiceRef(appointmentIn(FIRST).ref), moved);
    expect(await ended(ending(amend(appointment, { comment: 'New' }, '1')))).toBe('version-conflict');
    expect(await ended(ending(amend(appointment, { comment: 'New' })))).toBe('invalid-resource');
    expect(await ended(ending(amend(appointment, { comment: 'New', ...moved }, '2')))).toBe('booked');
  });
});
