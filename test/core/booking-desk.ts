/** A practice with a diary of four slots, whose answers to bookings are written down beforehand. */
import type { BookingRequest } from '../../src/domain/appointment.js';
import type { PracticeEntry } from '../../src/core/directory.js';
import { bookAppointment, type Booked } from '../../src/core/appointments/book-appointment.js';
import type { Slot } from '../../src/domain/schedule.js';
import type { Attempt, IdempotencyKey, Ledger } from '../../src/ports/ledger.js';
import type {
  PlaceView,
  PracticeAppointment,
  PracticeBookingRequest,
  PracticeSystem,
  WriteAnswer,
} from '../../src/ports/practice-system.js';
import { ods, patientLink } from '../records/samples.js';
import { appointmentIn, bookingOf, SCHEDULE, scriptedSystem, slotNumber, startBench, type Bench } from './bench.js';

export type BookAnswer = WriteAnswer<PracticeAppointment>;

export interface BookingDesk extends Bench {
  readonly at: PracticeEntry;
  readonly slots: readonly [Slot, Slot, Slot, Slot];
  /** What the practice shows of a slot, where that is not free. */
  readonly places: Map<string, PlaceView>;
  /** Answers to the next bookings, in turn; after them every booking is done. */
  readonly answers: (BookAnswer | ((request: PracticeBookingRequest) => Promise<BookAnswer>))[];
  /** Bookings that have reached the practice. */
  readonly sent: PracticeBookingRequest[];
  book(booking?: BookingRequest, how?: How): Promise<Booked>;
  attempts(): Promise<readonly Attempt[]>;
}

export interface How {
  readonly traceId?: string;
  readonly signal?: AbortSignal;
  readonly key?: IdempotencyKey;
}

export interface DeskOptions {
  readonly wrap?: (ledger: Ledger) => Ledger;
  readonly system?: Partial<PracticeSystem>;
  readonly timing?: Slot['timing'];
}

export async function openDesk({ wrap, system, timing = 'exact' }: DeskOptions = {}): Promise<BookingDesk> {
  const claimed: string[] = [];
  const bench = await startBench((ledger) => {
    const wrapped = wrap?.(ledger) ?? ledger;
    return {
      ...wrapped,
      claim: (attempt, ...rest) => {
        claimed.push(attempt.id);
        return wrapped.claim(attempt, ...rest);
      },
    };
  });
  const link = patientLink();
  const { registered } = link;
  const number = (n: number): Slot => slotNumber(n, { timing });
  const slots = [number(1), number(2), number(3), number(4)] as const;
  const places: BookingDesk['places'] = new Map();
  const answers: BookingDesk['answers'] = [];
  const sent: PracticeBookingRequest[] = [];
  const slotOf = (id: string | undefined): Slot => slots.find((slot) => slot.id === id) ?? slots[0];
  const at = bench.entry(
    scriptedSystem({
      readPatient: (ref) =>
        Promise.resolve(
          registered && { ref, nhsNumber: link.nhsNumber, demographics: registered, status: 'active' as const },
        ),
      // A booking stands as it was made, unless a test says otherwise.
      readAppointment: (ref) => {
        const slot = slots.find((one) => appointmentIn(one).ref === ref);
        return Promise.resolve(slot && appointmentIn(slot));
      },
      readPlace: (id) => Promise.resolve(places.get(id) ?? { state: 'free', slot: slotOf(id), schedule: SCHEDULE }),
      book: (request) => {
        sent.push(request);
        const answer = answers.shift() ?? { class: 'done', value: appointmentIn(slotOf(request.slots[0])) };
        return typeof answer === 'function' ? answer(request) : Promise.resolve(answer);
      },
      ...system,
    }),
  );
  return {
    ...bench,
    at,
    slots,
    places,
    answers,
    sent,
    book: (booking = bookingOf([slots[0]]), { key, ...how } = {}) =>
      bookAppointment(bench.context, bench.request(at, how), booking, key),
    async attempts() {
      const found = await Promise.all(
        [...new Set(claimed)].map((id) => bench.records.ledger.readAttempt(ods('A99901'), id as Attempt['id'])),
      );
      return found.filter((attempt) => attempt !== undefined);
    },
  };
}
