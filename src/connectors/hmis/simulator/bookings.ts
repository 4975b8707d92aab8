/**
 * Booking, cancelling, rescheduling. As in the real product each step reads, decides and then writes with nothing held
 * in between; the knob `raceWindowMs` makes that gap wide enough to fall into.
 */
import type { Booking, BookingStatus, HmisState, Session } from './state.js';
import { allotSerial, isCancelled, placesLeft, recount } from './tokens.js';
import { HmisRefusal } from './wire.js';

const FIRST_BILL = 880_001;

export interface Place {
  readonly session: Session;
  readonly patientId: number | undefined;
  readonly paymentMethod: string;
  readonly rescheduled?: boolean;
  /** Now, by default. */
  readonly createdAt?: number;
  /** `ACTIVE`, by default. */
  readonly status?: BookingStatus;
}

export interface Bookings {
  /** What an online booking does. Throws `HmisRefusal`. */
  book(place: Place): Promise<Booking>;
  /** What the desk does: no check but the number. */
  add(place: Place): Booking;
  cancel(booking: Booking): Booking;
  reschedule(booking: Booking, target: Session): Promise<Booking>;
  setStatus(booking: Booking, status: BookingStatus): void;
  /** Its number comes back. */
  retire(booking: Booking): void;
}

function initials(name: string): string {
  return name
    .split(/\s+/)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
}

export function createBookings(state: HmisState): Bookings {
  const { knobs, clock, now } = state;
  let made = 0;

  const refuseUnlessOpen = (session: Session): void => {
    if (session.cancelled) throw new HmisRefusal(409, 'Session is cancelled');
    if (session.completed) throw new HmisRefusal(409, 'Session has ended');
    if (session.doctorHoliday) throw new HmisRefusal(409, 'Doctor is on Holiday');
    if (!session.acceptOnlineBookings) throw new HmisRefusal(409, 'Session is hold for online bookings');
    const today = clock.format(now()).slice(0, 10);
    if (!knobs.pastSessions && session.startText.slice(0, 10) < today) throw new HmisRefusal(409, 'Session is past');
    if (knobs.enforceCapacity && placesLeft(session) === 0) throw new HmisRefusal(409, 'Session is Full');
  };

  const allot = (session: Session): number => allotSerial(session, state.random, knobs.reuseCancelledNumbers);

  const write = (place: Place, serialNo: number): Booking => {
    const { session, patientId, paymentMethod, rescheduled = false, status = 'ACTIVE' } = place;
    made += 1;
    const at = place.createdAt ?? now();
    const offset = session.duration === undefined ? 0 : (serialNo - 1) * session.duration * 60_000;
    const year = clock.format(at).slice(2, 4);
    const billSequence = String(made).padStart(6, '0');
    const booking: Booking = {
      id: state.data.firstBookingId + made - 1,
      serialNo,
      session,
      patientId,
      paymentMethod,
      billId: FIRST_BILL + made - 1,
      billNo: `${initials(session.institution.name)}/${session.speciality.code ?? ''}//${year}/${billSequence}`,
      appointmentAt: clock.format(session.start + offset),
      createdAt: at,
      status,
      cancelledAt: undefined,
      retired: false,
      rescheduled,
    };
    if (isCancelled(booking)) booking.cancelledAt = at;
    session.bookings.push(booking);
    state.bookings.set(booking.id, booking);
    if (patientId !== undefined) {
      const list = state.bookingsByPatient.get(patientId) ?? [];
      list.push(booking);
      state.bookingsByPatient.set(patientId, list);
    }
    recount(session);
    return booking;
  };

  const raceWindow = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, knobs.raceWindowMs).unref());

  const book = async (place: Place): Promise<Booking> => {
    refuseUnlessOpen(place.session);
    const serialNo = allot(place.session);
    if (knobs.raceWindowMs > 0) await raceWindow();
    return write(place, serialNo);
  };

  const setStatus = (booking: Booking, status: BookingStatus): void => {
    booking.status = status;
    booking.cancelledAt = isCancelled(booking) ? now() : undefined;
    recount(booking.session);
  };

  const retire = (booking: Booking): void => {
    booking.retired = true;
    recount(booking.session);
  };

  return {
    book,
    add: (place) => write(place, allot(place.session)),
    cancel(booking) {
      if (isCancelled(booking)) throw new HmisRefusal(409, 'Booking is already cancelled');
      if (booking.status === 'COMPLETED') throw new HmisRefusal(409, 'Booking is already completed');
      setStatus(booking, 'PATIENT_CANCELED');
      return booking;
    },
    async reschedule(booking, target) {
      if (booking.status !== 'ACTIVE') throw new HmisRefusal(409, 'Booking is not active');
      // In the real product a booking moves once only, and to a new record with a new number.
      if (booking.rescheduled) throw new HmisRefusal(409, 'Booking has been rescheduled already');
      if (target === booking.session) throw new HmisRefusal(400, 'Booking is in this session already');
      const { patientId, paymentMethod } = booking;
      const moved = await book({ session: target, patientId, paymentMethod, rescheduled: true });
      retire(booking);
      return moved;
    },
    setStatus,
    retire,
  };
}
