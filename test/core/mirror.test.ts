/** What a reader is told of a booking that is not settled, or that the desk has given to somebody else. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Booked } from '../../src/core/appointments/book-appointment.js';
import { cancelAppointment } from '../../src/core/appointments/change-appointment.js';
import { listAppointments } from '../../src/core/appointments/list-appointments.js';
import { readAppointment } from '../../src/core/appointments/read-appointment.js';
import type { Appointment, AppointmentAsSent } from '../../src/domain/appointment.js';
import { GatewayError } from '../../src/domain/errors.js';
import type { NhsNumber, PatientId, PracticePatientRef } from '../../src/domain/identifiers.js';
import type { Slot } from '../../src/domain/schedule.js';
import { HOUR, MINUTE } from '../../src/domain/time.js';
import type { Attempt, AttemptState } from '../../src/ports/ledger.js';
import type { BookedPlace, PracticeAppointment, PracticeSystem } from '../../src/ports/practice-system.js';
import { claimNew, linkEvent, newAttempt, patientLink, practiceRef } from '../records/samples.js';
import { appointmentIn, bookingOf, changedRow, DEADLINE_MS, NOW, SCHEDULE, slotNumber } from './bench.js';
import { openDesk, type BookingDesk } from './booking-desk.js';

const FIRST = slotNumber(1);
const OTHER = 'practice-patient-other' as PracticePatientRef;

let desk: BookingDesk;
/** What the practice shows of the one booking, where it is not what was booked. */
let standing: Partial<PracticeAppointment>;
let cancellations: number;

afterEach(() => desk.close());

async function open(system: Partial<PracticeSystem> = {}): Promise<void> {
  standing = {};
  cancellations = 0;
  desk = await openDesk({
    system: {
      readAppointment: () => Promise.resolve(appointmentIn(FIRST, standing)),
      listAppointments: (patient) =>
        Promise.resolve([appointmentIn(FIRST, standing)].filter(({ patientRef }) => patientRef === patient)),
      cancel: () => {
        cancellations += 1;
        return Promise.resolve({ class: 'done', value: appointmentIn(FIRST, { status: 'cancelled' }) });
      },
      ...system,
    },
  });
}

function ending(asking: Promise<unknown>): Promise<string> {
  return asking.then(
    () => 'answered',
    (error: unknown) => {
      if (error instanceof GatewayError) return error.code;
      throw error;
    },
  );
}

async function ended(asking: Promise<string>): Promise<string> {
  await desk.runtime.advance(DEADLINE_MS + MINUTE);
  return asking;
}

const asSent = (appointment: Appointment): AppointmentAsSent => ({
  ...appointment,
  minutes: undefined,
  roleCode: undefined,
  slotTypes: [],
});
const read = (id: Attempt['id']): Promise<Appointment> => readAppointment(desk.context, desk.request(desk.at), id);
const cancel = (id: Attempt['id'], sent: AppointmentAsSent): Promise<unknown> =>
  cancelAppointment(desk.context, desk.request(desk.at), { id, sent, expectedVersion: undefined, reason: 'Better' });
const list = (patient: PatientId): Promise<readonly Appointment[]> =>
  listAppointments(desk.context, desk.request(desk.at), patient, { start: NOW, end: NOW + 24 * HOUR });

describe('A booking that may still stand', () => {
  const anything = {} as AppointmentAsSent;
  it.each<AttemptState>(['CONFIRM_OPEN', 'NEEDS_HUMAN'])(
    '%s is neither "no such appointment" nor an appointment: its outcome is not known',
    async (state) => {
      await open({ lookUpBooking: () => Promise.resolve({ found: 'no-evidence', reason: 'away' }) });
      const { id, start, end } = FIRST;
      const claimed = await claimNew(desk.records.ledger, newAttempt(1, { slots: [{ id, start, end }] }));
      const attempt = await changedRow(desk, claimed, state, { sentAt: NOW, settleAt: NOW + HOUR });
      expect(await ending(read(attempt.id))).toBe('outcome-unknown');
      expect(await ended(ending(cancel(attempt.id, anything)))).toBe('outcome-unknown');
      expect(cancellations).toBe(0);
    },
  );

  it.each<AttemptState>(['NOT_BOOKED', 'REJECTED'])(
    '%s stands no more: there is no such appointment',
    async (state) => {
      await open();
      const attempt = await changedRow(desk, await claimNew(desk.records.ledger, newAttempt(1)), state);
      expect(await ending(read(attempt.id))).toBe('record-not-found');
      expect(await ending(cancel(attempt.id, anything))).toBe('record-not-found');
    },
  );
});

describe('A booking that the desk has given to another patient', () => {
  it('is read and cancelled by nobody who asks for the first patient’s', async () => {
    await open();
    const { appointment } = await desk.book();
    standing = { patientRef: OTHER };
    expect(await ending(read(appointment.id))).toBe('record-not-found');
    expect(await ending(cancel(appointment.id, asSent(appointment)))).toBe('record-not-found');
    expect(cancellations).toBe(0);
    expect(await list(appointment.patientId)).toEqual([]);
  });

  it('is not shown to the second with what was written for the first, nor left out in silence', async () => {
    await open();
    await desk.book();
    const second = patientLink({
      id: 'link-2' as PatientId,
      nhsNumber: '9990002222' as NhsNumber,
      practiceRef: OTHER,
    });
    await desk.records.ledger.savePatientLink(second, linkEvent);
    standing = { patientRef: OTHER };
    Object.assign(desk.at.system, {
      readPatient: (ref: PracticePatientRef) =>
        Promise.resolve({ ref, nhsNumber: second.nhsNumber, demographics: second.registered, status: 'active' }),
    });
    expect(await ending(list(second.id))).toBe('unrepresentable-record');
  });
});

describe('A slot that the desk has made free', () => {
  const placed = (slot: Slot): BookedPlace => ({
    slots: [slot.id],
    schedule: SCHEDULE,
    type: slot.type,
    channel: slot.channel,
  });
  const another = (slot: Slot): Promise<Booked> => {
    desk.answers.push({ class: 'done', value: appointmentIn(slot, { ref: practiceRef('888') }) });
    return desk.book(bookingOf([slot], { description: 'Another' }), { traceId: 'trace-2' });
  };

  it('by moving its booking can be booked again, and the moved one names where it is now', async () => {
    await open();
    const { appointment } = await desk.book();
    const { start, end } = desk.slots[2];
    standing = { start, end, place: placed(desk.slots[2]) };
    await another(FIRST);
    expect(desk.sent).toHaveLength(2);
    expect(await read(appointment.id)).toMatchObject({ start, end, version: '2', slots: [desk.slots[2].id] });
    expect(await ending(another(desk.slots[2]))).toBe('slot-taken');
  });

  it('of several can be booked again, and the appointment has the rest', async () => {
    await open();
    Object.assign(desk.at.system, {
      capabilities: { ...desk.at.system.capabilities, multiSlot: 'booking-per-slot' },
      readAppointment: (ref: string) => {
        const [, second] = desk.slots;
        const isSecond = ref === appointmentIn(second).ref;
        return Promise.resolve(
          isSecond
            ? appointmentIn(second, { place: placed(second) })
            : appointmentIn(FIRST, { status: 'cancelled', place: placed(FIRST) }),
        );
      },
    });
    const { appointment } = await desk.book(bookingOf([desk.slots[0], desk.slots[1]]));
    await another(FIRST);
    expect(desk.sent).toHaveLength(3);
    expect((await read(appointment.id)).slots).toEqual([desk.slots[1].id]);
  });
});
