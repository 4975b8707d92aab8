/** Retrieving, where what the practice lists and what the ledger knows do not agree. */
import { afterEach, describe, expect, it } from 'vitest';
import { listAppointments } from '../../src/core/appointments/list-appointments.js';
import { readAppointment } from '../../src/core/appointments/read-appointment.js';
import type { Appointment } from '../../src/domain/appointment.js';
import { GatewayError, type ErrorCode } from '../../src/domain/errors.js';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.js';
import type { PracticePatientRef } from '../../src/domain/identifiers.js';
import type { BookedPlace, PracticeAppointment, PracticeSystem, WriteAnswer } from '../../src/ports/practice-system.js';
import { patientLink, practiceRef } from '../records/samples.js';
import { appointmentIn, bookingOf, NOW, SCHEDULE, SETTLE_MS, slotNumber } from './bench.js';
import { openDesk, type BookingDesk } from './booking-desk.js';

const FIRST = slotNumber(1);
const WINDOW = { start: NOW - 7 * HOUR, end: NOW + 7 * DAY };

let desk: BookingDesk;
/** The patient's bookings as the practice lists them. */
let listed: PracticeAppointment[];

afterEach(() => desk.close());

async function open(system: Partial<PracticeSystem> = {}): Promise<void> {
  listed = [];
  desk = await openDesk({
    system: {
      listAppointments: () => Promise.resolve([...listed]),
      readAppointment: (ref) => Promise.resolve(listed.find((one) => one.ref === ref)),
      lookUpBooking: () => Promise.resolve({ found: 'no-evidence', reason: 'html' }),
      ...system,
    },
  });
}

const place = (n: number): BookedPlace => ({
  slots: [slotNumber(n).id],
  schedule: { ...SCHEDULE, role: undefined },
  type: 'GP routine',
  channel: 'In-person',
});
const fromDesk = (n: number, over: Partial<PracticeAppointment> = {}): PracticeAppointment =>
  appointmentIn(slotNumber(n), { ref: practiceRef(`desk-${n}`), place: place(n), ...over });
const list = (window = WINDOW): Promise<readonly Appointment[]> =>
  listAppointments(desk.context, desk.request(desk.at), patientLink().id, window);
const refusal = (listing: Promise<unknown>): Promise<ErrorCode | 'none'> =>
  listing.then(
    () => 'none' as const,
    (error: unknown) => {
      if (error instanceof GatewayError) return error.code;
      throw error;
    },
  );

describe('an appointment that the practice made', () => {
  it('is adopted once, with the place and the time that the practice names, the usual role, and an audit row', async () => {
    await open();
    listed.push(fromDesk(3, { createdAt: NOW - DAY }));
    const [first] = await list();
    expect(first).toMatchObject({
      status: 'booked',
      start: slotNumber(3).start,
      slots: ['slot-3'],
      locationId: SCHEDULE.locationId,
      practitionerId: SCHEDULE.practitionerId,
      role: { code: 'R0260' },
      created: NOW - DAY,
      bookingOrganisation: undefined,
      version: '1',
    });
    expect(await list()).toEqual([first]);
    const rows = await desk.records.audit.rows(1, 100);
    expect(rows.filter(({ event }) => event.state === 'ADOPTED')).toHaveLength(1);
  });

  it.each<[PracticeAppointment['status'], string]>([
    ['booked', 'booked'],
    ['cancelled', 'cancelled'],
    ['fulfilled', 'fulfilled'],
    ['noshow', 'noshow'],
  ])('%s there is %s here', async (status, shown) => {
    await open();
    listed.push(fromDesk(3, { status }));
    const [one] = await list();
    expect(one?.status).toBe(shown);
    expect(await list()).toEqual([one]);
  });

  it('has a new version when the practice has moved it, and keeps its id', async () => {
    await open();
    listed.push(fromDesk(3));
    const [before] = await list();
    listed = [fromDesk(3, { start: slotNumber(3).start + MINUTE, end: slotNumber(3).end + MINUTE })];
    const [after] = await list();
    expect(after).toMatchObject({ id: before?.id, version: '2', start: slotNumber(3).start + MINUTE });
    expect(await readAppointment(desk.context, desk.request(desk.at), after?.id ?? ('' as Appointment['id']))).toEqual(
      after,
    );
  });

  it('is not adopted while it lies outside the window', async () => {
    await open();
    listed.push(fromDesk(3));
    expect(await list({ start: NOW + DAY, end: NOW + 2 * DAY })).toEqual([]);
    expect((await desk.records.audit.rows(1, 100)).filter(({ event }) => event.state === 'ADOPTED')).toEqual([]);
  });

  it('of which the practice does not say where it is fails the whole request: no entry is dropped in silence', async () => {
    await open();
    listed.push(fromDesk(2), fromDesk(3, { place: undefined }));
    expect(await refusal(list())).toBe('unrepresentable-record');
  });
});

describe('an appointment that was booked here', () => {
  it('is listed once, as it is read, beside one of the desk, in order of the start', async () => {
    await open();
    const { appointment } = await desk.book();
    listed.push(fromDesk(3), appointmentIn(FIRST), fromDesk(0));
    const found = await list();
    expect(found.map(({ start }) => start)).toEqual([0, 1, 3].map((n) => slotNumber(n).start));
    expect(found[1]).toEqual(appointment);
  });

  it('is no longer listed when the practice has it no more, and is when it was seen cancelled before', async () => {
    await open();
    await desk.book();
    await desk.runtime.advance(30 * SECOND);
    expect(await list()).toEqual([]);
    listed = [appointmentIn(FIRST, { status: 'cancelled' })];
    expect((await list()).map(({ status }) => status)).toEqual(['cancelled']);
    listed = [];
    expect((await list()).map(({ status }) => status)).toEqual(['cancelled']);
  });

  it('is listed and read as it was told while the practice does not show it yet, and not for ever', async () => {
    await open();
    const { appointment } = await desk.book();
    const read = (): Promise<unknown> => readAppointment(desk.context, desk.request(desk.at), appointment.id);
    await desk.runtime.advance(29 * SECOND);
    expect(await list()).toEqual([appointment]);
    expect(await read()).toEqual(appointment);
    await desk.runtime.advance(SECOND);
    expect(await list()).toEqual([]);
    await expect(read()).rejects.toMatchObject({ code: 'record-not-found' });
  });

  it('of several bookings is whole while the practice shows a part of it only', async () => {
    await open();
    const capabilities = { ...desk.at.system.capabilities, multiSlot: 'booking-per-slot' as const };
    Object.assign(desk.at, { system: { ...desk.at.system, capabilities } });
    const { appointment } = await desk.book(bookingOf([FIRST, slotNumber(2)]));
    listed = [appointmentIn(FIRST)];
    expect(await list()).toEqual([appointment]);
    await desk.runtime.advance(30 * SECOND);
    expect(await list()).toMatchObject([{ id: appointment.id, end: appointmentIn(FIRST).end }]);
  });

  it('that the desk has given to another patient is not shown, however fresh', async () => {
    await open();
    await desk.book();
    listed = [appointmentIn(FIRST, { patientRef: 'practice-patient-other' as PracticePatientRef })];
    Object.assign(desk.at, { system: { ...desk.at.system, listAppointments: () => Promise.resolve([]) } });
    expect(await list()).toEqual([]);
  });

  it('of several bookings is one appointment over all of them', async () => {
    await open();
    const capabilities = { ...desk.at.system.capabilities, multiSlot: 'booking-per-slot' as const };
    Object.assign(desk.at, { system: { ...desk.at.system, capabilities } });
    const { appointment } = await desk.book(bookingOf([FIRST, slotNumber(2)]));
    listed = [appointmentIn(slotNumber(2)), appointmentIn(FIRST)];
    expect(await list()).toEqual([appointment]);
    listed = listed.map((one) => ({ ...one, status: 'cancelled' }));
    expect(await list()).toMatchObject([{ id: appointment.id, status: 'cancelled', slots: ['slot-1', 'slot-2'] }]);
  });

  it('can be listed from what the ledger knows where the practice lists nothing itself', async () => {
    await open();
    const { appointment } = await desk.book();
    Object.assign(desk.at, { system: { ...desk.at.system, listAppointments: undefined } });
    listed = [appointmentIn(FIRST)];
    expect(await list()).toEqual([appointment]);
    listed = [];
    await desk.runtime.advance(30 * SECOND);
    expect(await list()).toEqual([]);
  });
});

describe('an appointment of which nobody knows yet whose it is', () => {
  const UNKNOWN: WriteAnswer<PracticeAppointment> = { class: 'unknown', reason: 'timeout' };

  async function openAttempt(): Promise<void> {
    desk.answers.push(UNKNOWN);
    const booking = desk.book();
    booking.catch(() => undefined);
    await desk.runtime.advance(13 * SECOND);
    expect((await desk.attempts())[0]?.state).toBe('CONFIRM_OPEN');
  }

  it('at the place of an open booking is not adopted: the list has to wait', async () => {
    await open();
    await openAttempt();
    listed.push(appointmentIn(FIRST, { place: place(1) }));
    expect(await refusal(list())).toBe('place-contended');
    expect(await desk.records.ledger.ownersOf(desk.at.practice.odsCode, [appointmentIn(FIRST).ref])).toEqual(new Map());
  });

  it('is the one that was booked here, once that is settled', async () => {
    let proof = false;
    const found = appointmentIn(FIRST, { place: place(1) });
    await open({
      lookUpBooking: () =>
        Promise.resolve(proof ? { found: 'booked', appointments: [found] } : { found: 'no-evidence', reason: 'html' }),
    });
    await openAttempt();
    listed.push(found);
    proof = true;
    await desk.runtime.advance(30 * SECOND);
    const [attempt] = await desk.attempts();
    expect(await list()).toMatchObject([{ id: attempt?.id, description: 'Sore throat for a week' }]);
  });

  it('at another place is adopted all the same', async () => {
    await open({ lockKeyOf: (slot) => slot });
    await openAttempt();
    listed.push(fromDesk(3));
    expect(await list()).toMatchObject([{ start: slotNumber(3).start }]);
  });

  it('at the place of an open cancellation is adopted: what that attempt owns is known', async () => {
    await open({ cancel: () => Promise.resolve(UNKNOWN) });
    const { appointment } = await desk.book();
    const [row] = await desk.attempts();
    if (!row) throw new Error('no row');
    const change = { state: 'CANCEL_OPEN', settleAt: NOW + SETTLE_MS, at: NOW } as const;
    const event = (await desk.records.audit.rows(1, 1))[0]?.event;
    if (!event) throw new Error('no event');
    await desk.records.ledger.change(row.id, row.version, change, event);
    listed = [appointmentIn(FIRST), fromDesk(3)];
    expect((await list()).map(({ id, status }) => [id === appointment.id, status])).toEqual([
      [true, 'booked'],
      [false, 'booked'],
    ]);
  });
});

describe('the window', () => {
  it.each([
    ['yesterday', NOW - 31 * HOUR, 'invalid-parameter'],
    ['a millisecond before today', NOW - 7 * HOUR - 1, 'invalid-parameter'],
    ['today', NOW - 7 * HOUR, 'none'],
  ])('from %s', async (_title, start, expected) => {
    await open();
    expect(await refusal(list({ start, end: NOW + DAY }))).toBe(expected);
  });
});
