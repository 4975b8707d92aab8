/** What staff do in the practice's own screens. None of it sends a notification, as in the real product. */
import { z } from 'zod';
import type { SimulatedAnswer } from '../../simulation/messages.js';
import type { Bookings } from './bookings.js';
import type { Booking, HmisState, Session } from './state.js';
import { recount } from './tokens.js';
import { bookingToWire, HmisRefusal, sessionJson } from './wire.js';

const sessionInstanceId = z.int();
const bookingId = z.int();
const on = z.boolean().default(true);

const DeskActionSchema = z.discriminatedUnion('action', [
  /** Gives a place away, whatever the session's state or capacity. */
  z.strictObject({ action: z.literal('book'), sessionInstanceId, patientId: z.int().optional() }),
  /** Cancels a booking on the practice's side. */
  z.strictObject({ action: z.literal('cancel'), bookingId }),
  /** Cancels a session with every booking in it that is still to come. */
  z.strictObject({ action: z.literal('cancel-session'), sessionInstanceId }),
  z.strictObject({ action: z.literal('hold'), sessionInstanceId, on }),
  z.strictObject({ action: z.literal('holiday'), sessionInstanceId, on }),
  z.strictObject({ action: z.literal('start'), sessionInstanceId, on }),
  z.strictObject({ action: z.literal('end'), sessionInstanceId, on }),
  z.strictObject({ action: z.literal('complete'), bookingId }),
  z.strictObject({ action: z.literal('absent'), bookingId }),
  z.strictObject({ action: z.literal('reinstate'), bookingId }),
  /** As if it had never been: the number comes back. */
  z.strictObject({ action: z.literal('retire'), bookingId }),
]);

export type DeskAction = z.input<typeof DeskActionSchema>;

export interface Desk {
  /** Gives the booking or session as it is afterwards. Throws `HmisRefusal` for an id that is not there. */
  act(action: DeskAction): Booking | Session;
  answer(body: unknown): SimulatedAnswer;
}

export function createDesk(state: HmisState, bookings: Bookings): Desk {
  const needSession = (id: number): Session => {
    const session = state.sessionsById.get(id);
    if (!session) throw new HmisRefusal(404, 'Session not found');
    return session;
  };
  const needBooking = (id: number): Booking => {
    const booking = state.bookings.get(id);
    if (!booking) throw new HmisRefusal(404, 'Booking not found');
    return booking;
  };
  const mark = (id: number, change: (session: Session) => void): Session => {
    const session = needSession(id);
    change(session);
    recount(session);
    return session;
  };
  const cancelSession = (session: Session): void => {
    session.cancelled = true;
    for (const booking of session.bookings) {
      if (booking.status === 'ACTIVE') bookings.setStatus(booking, 'DOCTOR_CANCELED');
    }
  };
  const set = (id: number, status: Booking['status']): Booking => {
    const booking = needBooking(id);
    bookings.setStatus(booking, status);
    return booking;
  };

  const act = (input: DeskAction): Booking | Session => {
    const action = DeskActionSchema.parse(input);
    switch (action.action) {
      case 'book': {
        const session = needSession(action.sessionInstanceId);
        return bookings.add({ session, patientId: action.patientId, paymentMethod: 'Cash' });
      }
      case 'cancel':
        return set(action.bookingId, 'DOCTOR_CANCELED');
      case 'cancel-session':
        return mark(action.sessionInstanceId, cancelSession);
      case 'hold':
        return mark(action.sessionInstanceId, (session) => (session.acceptOnlineBookings = !action.on));
      case 'holiday':
        return mark(action.sessionInstanceId, (session) => (session.doctorHoliday = action.on));
      case 'start':
        return mark(action.sessionInstanceId, (session) => (session.started = action.on));
      case 'end':
        return mark(action.sessionInstanceId, (session) => (session.completed = action.on));
      case 'complete':
        return set(action.bookingId, 'COMPLETED');
      case 'absent':
        return set(action.bookingId, 'ABSENT');
      case 'reinstate':
        return set(action.bookingId, 'ACTIVE');
      case 'retire': {
        const booking = needBooking(action.bookingId);
        bookings.retire(booking);
        return booking;
      }
    }
  };

  return {
    act,
    answer(body) {
      const parsed = DeskActionSchema.safeParse(body);
      if (!parsed.success) {
        const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(body)'}: ${issue.message}`);
        return { status: 400, body: { problems } };
      }
      try {
        const result = act(parsed.data);
        if ('serialNo' in result) return { status: 200, body: bookingToWire(result, state) };
        return { status: 200, headers: { 'content-type': 'application/json' }, body: sessionJson(result, state) };
      } catch (error) {
        if (error instanceof HmisRefusal) return { status: error.code, body: { problems: [error.message] } };
        throw error;
      }
    },
  };
}
