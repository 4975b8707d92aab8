/**
 * The seam between the gateway and a practice's own system. A connector's factory makes one `PracticeSystem` per
 * practice; `test/contract/practice-system.contract.ts` is the suite each of them passes.
 *
 * - Parameters and results are domain types; no word of the practice system's protocol passes this seam.
 * - A read answers `undefined` for "not there" and throws a `GatewayError` (`practice-unavailable`,
 *   `practice-timeout`, `practice-system-fault`) for everything else.
 * - A write never throws: it answers a class, because silence is not failure.
 * - Optional operations are absent when the system has none; the core decides what that means for the consumer.
 */
import type { AppointmentStatus } from '../domain/appointment.js';
import type { NhsNumber, PracticeAppointmentRef, PracticePatientRef, SlotId } from '../domain/identifiers.js';
import type { PatientDemographics } from '../domain/patient.js';
import type { DeliveryChannel, FreeSlots, Schedule, Slot } from '../domain/schedule.js';
import type { Instant, Period } from '../domain/time.js';

/** How one call is to be made. */
export interface Call {
  /** Aborts a read when nobody waits any more. A write that has left is never aborted. */
  readonly signal: AbortSignal;
  readonly traceId: string;
  /** A cached answer may serve a search, and nothing else. What is looked up to settle an open outcome goes first. */
  readonly purpose: 'search' | 'book' | 'reconcile';
  /**
   * Asked before the first byte of a write leaves, and after everything else that a write waits for: a write that it
   * forbids is `not-sent`. Absent where nobody could have taken over meanwhile.
   */
  readonly maySend?: (() => boolean) | undefined;
}

/** Facts of a practice system that change what the core does. The core asks flags, never names. */
export interface PracticeCapabilities {
  /** `derived`: slots are worked out from something coarser, so only the ledger knows which one was sold. */
  readonly slots: 'listed' | 'derived';
  /** `hold-then-confirm` needs two writes, the first of which lapses by itself. */
  readonly booking: 'direct' | 'hold-then-confirm';
  /** The system stores a reference of ours with a booking and can look it up again. */
  readonly clientReference: boolean;
  /**
   * How an open outcome can be settled: `by-reference` or `by-patient` (the patient's bookings are listed), or
   * `none`, which means at most once and an operator for the rest.
   */
  readonly lookUp: 'by-reference' | 'by-patient' | 'none';
  /** Longest time the system may still act on a request we sent, plus the lag of its look-ups, in milliseconds. */
  readonly settleMs: number;
  /** Days from today that can be searched; the specification's window is cut to it. */
  readonly searchHorizonDays: number;
  /**
   * Several adjacent slots in one appointment: as one booking, as one booking for each slot (then the system must be
   * able to cancel, because all of them are made or none), or not at all.
   */
  readonly multiSlot: 'one-booking' | 'booking-per-slot' | 'none';
  /** What can find a patient in the practice system, in order of trust. */
  readonly findPatientBy: readonly ('nhs-number' | 'demographics')[];
  /** A record in the system can be found again by NHS number after we register it. */
  readonly storesNhsNumber: boolean;
  /** Description and comment reach the practice; where not, the ledger keeps them. */
  readonly storesText: boolean;
  readonly rescheduleInOneStep: boolean;
}

/** A patient as the practice system knows one. */
export interface PracticePatient {
  readonly ref: PracticePatientRef;
  readonly demographics: PatientDemographics;
  /** The NHS number recorded there, if the system has a place for it. */
  readonly nhsNumber: NhsNumber | undefined;
  /**
   * Whether the practice counts the patient among its own: `inactive` has left, `deceased` has died. A system that has
   * no such thing answers `active` for everybody.
   */
  readonly status: 'active' | 'inactive' | 'deceased';
}

/** A booking as the practice system knows one. */
export interface PracticeAppointment {
  readonly ref: PracticeAppointmentRef;
  readonly status: AppointmentStatus;
  readonly start: Instant;
  readonly end: Instant;
  readonly patientRef: PracticePatientRef;
  /** When the practice system recorded it, if it says. */
  readonly createdAt: Instant | undefined;
  /** Where and as what it takes place, as the practice has it now; `undefined` when it can no longer tell. */
  readonly place: BookedPlace | undefined;
}

export interface BookedPlace {
  /** The slots it fills, with ids that this system would give them. */
  readonly slots: readonly SlotId[];
  readonly schedule: Pick<Schedule, 'id' | 'type' | 'locationId' | 'practitionerId' | 'role'>;
  /** The practice's name for such a slot. */
  readonly type: string;
  readonly channel: DeliveryChannel;
}

/** The practice's view of one slot, read at this moment and never from a cache. */
export type PlaceView =
  | { readonly state: 'free'; readonly slot: Slot; readonly schedule: Schedule }
  /** Known, but no longer to be had. */
  | { readonly state: 'taken' }
  /** An id that this system could have made, of something that does not exist. */
  | { readonly state: 'unknown' }
  /** An id that this system could never have made. */
  | { readonly state: 'malformed' };

/** Why a practice system refused; its own text stays in the connector's log. */
export type Refusal = 'slot-taken' | 'patient-unknown' | 'not-allowed' | 'not-found' | 'already-cancelled' | 'invalid';

/**
 * What a write came to.
 * - `done`: the answer says so, fits the schema and names our own reference, place or time.
 * - `refused`: the answer is one of the refusals known to change nothing.
 * - `not-sent`: proven that no byte of the request reached the system.
 * - `auth`: the system refused the key before anything else.
 * - `unknown`: everything else. `late` settles with the class of an answer that arrives after we stopped waiting.
 */
export type WriteAnswer<T> =
  | { readonly class: 'done'; readonly value: T }
  | { readonly class: 'refused'; readonly reason: Refusal }
  | { readonly class: 'not-sent'; readonly reason: string }
  | { readonly class: 'auth' }
  | { readonly class: 'unknown'; readonly reason: string; readonly late?: Promise<WriteAnswer<T>> };

export interface PracticeBookingRequest {
  readonly slots: readonly SlotId[];
  readonly patientRef: PracticePatientRef;
  /** Fresh for each attempt; sent where the system has a place for it. */
  readonly clientReference: string;
}

/** What to look for when the outcome of a booking is open. */
export interface BookingTrace extends PracticeBookingRequest {
  /** Wall time at which the first write may have left. */
  readonly sentAt: Instant;
  /** Bookings of the same practice that the ledger knows to belong to other attempts. */
  readonly knownRefs: ReadonlySet<PracticeAppointmentRef>;
}

export type LookUp =
  /** All that was asked for: one booking, or one for each slot. */
  | { readonly found: 'booked'; readonly appointments: readonly [PracticeAppointment, ...PracticeAppointment[]] }
  /** Bookings for some of the slots only. Proof only after the settle time. */
  | { readonly found: 'part'; readonly appointments: readonly [PracticeAppointment, ...PracticeAppointment[]] }
  | { readonly found: 'cancelled'; readonly appointments: readonly [PracticeAppointment, ...PracticeAppointment[]] }
  /** The system answered in full and has nothing of ours. Proof only after the settle time. */
  | { readonly found: 'nothing' }
  | {
      readonly found: 'no-evidence';
      readonly reason: string;
      /** There was no answer, or none that can be used. Absent where what the system says does not decide it. */
      readonly isUnanswered?: true;
    };

export interface PracticeSystem {
  readonly capabilities: PracticeCapabilities;

  /** Slots that start at or after `window.start` and end at or before `window.end`, free at this moment. */
  listFreeSlots(window: Period, call: Call): Promise<FreeSlots>;

  /** Re-reads one slot at the practice. */
  readPlace(slot: SlotId, call: Call): Promise<PlaceView>;

  /**
   * Slots with equal keys are booked one after the other. Throws nothing; a malformed id is its own key.
   * For a queue it is the session, for a diary the schedule.
   */
  lockKeyOf(slot: SlotId): string;

  /** Records that carry exactly this NHS number; several are all given back, never picked from. */
  findPatients(nhsNumber: NhsNumber, call: Call): Promise<readonly PracticePatient[]>;

  readPatient(ref: PracticePatientRef, call: Call): Promise<PracticePatient | undefined>;

  registerPatient(
    patient: { readonly nhsNumber: NhsNumber; readonly demographics: PatientDemographics },
    call: Call,
  ): Promise<WriteAnswer<PracticePatientRef>>;

  /**
   * Waits until the system has room for one more booking, from its first look to its last call; what it answers gives
   * the room back. Throws as a read does when there is none in time. Absent where nothing bounds bookings.
   */
  beginBooking?(call: Call): Promise<() => void>;

  /**
   * Books, or answers why not. `done` carries the time the booking really has; when that is not the slot's time
   * within the practice's stated tolerance, the connector takes it back and answers `slot-taken`, and if it could not
   * prove that it was taken back, `unknown`.
   */
  book(request: PracticeBookingRequest, call: Call): Promise<WriteAnswer<PracticeAppointment>>;

  /**
   * Settles an open outcome. Reads only. A booking outside the practice's stated tolerance is `no-evidence`: nobody may
   * be told of it as if it were the slot asked for. Absent when `capabilities.lookUp` is `none`.
   */
  lookUpBooking?(trace: BookingTrace, call: Call): Promise<LookUp>;

  readAppointment(ref: PracticeAppointmentRef, call: Call): Promise<PracticeAppointment | undefined>;

  /** All of a patient's bookings the system still knows, in no particular order. */
  listAppointments?(patient: PracticePatientRef, call: Call): Promise<readonly PracticeAppointment[]>;

  cancel?(ref: PracticeAppointmentRef, reason: string, call: Call): Promise<WriteAnswer<PracticeAppointment>>;

  /** Releases sockets. */
  close(): Promise<void>;
}
