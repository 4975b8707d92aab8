/**
 * The ledger: what the gateway must remember so that a booking is never lost and never made twice.
 *
 * It holds booking attempts (and with them everything of an appointment that a practice system cannot hold) and the
 * links between NHS numbers and practice patients. `test/contract/ledger.contract.ts` is the suite each
 * implementation passes.
 *
 * - D1: the intent is committed and synced before the first byte of a write leaves.
 * - D2: the outcome is committed before the consumer is told.
 * - D3: the audit row is part of the same transaction as the state change.
 * - D4: state changes compare and swap on (`id`, `version`); nothing is ever overwritten.
 * - Every method that changes something throws `GatewayError` `ledger-unavailable` when the commit is not proven.
 */
import type { AppointmentStatus, BookingOrganisation } from '../domain/appointment.js';
import type {
  AppointmentId,
  LocationId,
  NhsNumber,
  OdsCode,
  PatientId,
  PracticeAppointmentRef,
  PracticePatientRef,
  PractitionerId,
  ScheduleId,
  SlotId,
} from '../domain/identifiers.js';
import type { NhsNumberStatus, PatientDemographics, TemporaryRegistration } from '../domain/patient.js';
import type { PractitionerRole } from '../domain/practice.js';
import type { DeliveryChannel } from '../domain/schedule.js';
import { HOUR, MINUTE, type Instant, type Period } from '../domain/time.js';
import type { AttemptState } from './attempt-states.js';
import type { AuditEvent } from './audit.js';

export {
  ATTEMPT_STATES,
  CANCELLING_STATES,
  LIVE_STATES,
  OPEN_STATES,
  REPEATABLE_STATES,
  UNKNOWN_STATES,
  type AttemptState,
} from './attempt-states.js';

/**
 * Where an idempotency key came from: a header, the consumer's own identifier, or the transport of the request. An
 * appointment that was not booked here is `adopted` under the practice's own reference.
 */
export type KeySource = 'idempotency-key' | 'identifier' | 'transport' | 'adopted';

export interface IdempotencyKey {
  readonly source: KeySource;
  readonly key: string;
}

/** What only the ledger knows of an appointment. Encrypted at rest, kept as long as the row. */
export interface AppointmentDetails {
  readonly patientId: PatientId;
  readonly locationId: LocationId;
  readonly practitionerId: PractitionerId | undefined;
  readonly scheduleType: string | undefined;
  readonly slotType: string;
  readonly channel: DeliveryChannel | undefined;
  readonly role: PractitionerRole | undefined;
  readonly description: string;
  readonly comment: string | undefined;
  readonly created: Instant;
  readonly bookingOrganisation: BookingOrganisation | undefined;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  /** Known from the moment the cancellation is sent; shown once it is proven. */
  readonly cancellationReason: string | undefined;
  /** Absent in rows from before it was kept. */
  readonly priority?: number | undefined;
  /** What the practice says became of it when its time had come. */
  readonly attendance?: 'fulfilled' | 'noshow' | undefined;
}

/** What the practice call needs, for recovery. Encrypted at rest, erased when the attempt is finished. */
export interface AttemptRequest {
  readonly patientRef: PracticePatientRef;
}

/** A slot of an attempt, with the time it was published with. */
export interface AttemptSlot {
  readonly id: SlotId;
  readonly start: Instant;
  readonly end: Instant;
}

export interface NewAttempt {
  /** The future `Appointment.id`. */
  readonly id: AppointmentId;
  readonly practice: OdsCode;
  readonly principal: string;
  /** May name the patient: the ledger stores only its HMAC, and never gives it back. */
  readonly key: IdempotencyKey;
  /** SHA-256 of what was asked, hex. */
  readonly fingerprint: string;
  /** Fresh reference for the practice call. */
  readonly clientReference: string;
  readonly slots: readonly AttemptSlot[];
  readonly scheduleId: ScheduleId;
  /** HMAC input is the patient id; the ledger stores only the HMAC. */
  readonly patientId: PatientId;
  readonly request: AttemptRequest;
  readonly details: AppointmentDetails;
  readonly receivedAt: Instant;
}

export interface Attempt {
  readonly id: AppointmentId;
  readonly practice: OdsCode;
  readonly principal: string;
  readonly fingerprint: string;
  readonly state: AttemptState;
  /** Grows by one with every change. */
  readonly version: number;
  /** Version of the appointment: grows when something changes that a reader of it sees. */
  readonly revision: number;
  readonly clientReference: string;
  /** Bookings of the practice that this attempt owns: one, or one for each slot; none until they are proven. */
  readonly practiceRefs: readonly PracticeAppointmentRef[];
  readonly slots: readonly AttemptSlot[];
  /** The time the booking really has; the slots' time until the practice has said so. */
  readonly start: Instant;
  readonly end: Instant;
  readonly details: AppointmentDetails;
  /** Absent once the attempt is finished. */
  readonly request: AttemptRequest | undefined;
  readonly sentAt: Instant | undefined;
  /** Wall time from which negative proof counts. */
  readonly settleAt: Instant | undefined;
  /** Why it ended as it did, in our own words. */
  readonly evidence: string | undefined;
  readonly repliedAt: Instant | undefined;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** What can be told of an attempt without opening what is about its patient. */
export type AttemptSummary = Pick<
  Attempt,
  | 'id'
  | 'practice'
  | 'state'
  | 'version'
  | 'start'
  | 'end'
  | 'sentAt'
  | 'settleAt'
  | 'evidence'
  | 'repliedAt'
  | 'createdAt'
  | 'updatedAt'
>;

/** Oldest first; of those made in the same millisecond, by id. */
export function byAge(a: AttemptSummary, b: AttemptSummary): number {
  return a.createdAt - b.createdAt || Number(a.id > b.id) - Number(a.id < b.id);
}

/** An attempt that may be for the same need as an earlier one of the same principal for the same patient. */
export interface PossibleDuplicate {
  /** The later one. */
  readonly attempt: AttemptSummary;
  readonly of: AppointmentId;
}

/** What tells whether a request repeats an earlier one. */
export type Asked = Pick<NewAttempt, 'practice' | 'principal' | 'key' | 'fingerprint' | 'receivedAt'>;

/** The attempt that a request repeats, and by what it was recognised. */
export interface Repeat {
  readonly attempt: Attempt;
  readonly by: 'key' | 'content';
}

/** How long a request is known again by its transport: a consumer draws a trace id for one request, not for ever. */
export const TRANSPORT_REPEAT_MS = 24 * HOUR;

/** How long the practice's refusal answers for the practice, to the request that was refused. */
export const REFUSAL_REPEAT_MS = 1 * MINUTE;

export type Claim =
  | { readonly kind: 'new'; readonly attempt: Attempt }
  /** The attempt that this one repeats; the key is one of its keys from now on. */
  | { readonly kind: 'existing'; readonly attempt: Attempt }
  /** One of the slots belongs to a live attempt; `attempt` is that one. */
  | { readonly kind: 'slot-held'; readonly attempt: Attempt };

/** What a change of state may set. */
export interface AttemptChange {
  readonly state: AttemptState;
  /** Added to those that the attempt owns already. */
  readonly practiceRefs?: readonly PracticeAppointmentRef[];
  /** A reader of the appointment sees something else from now on: it gets a new revision. */
  readonly revises?: boolean;
  readonly start?: Instant;
  readonly end?: Instant;
  /** Instead of those it had; one that another live attempt holds stays with that one. */
  readonly slots?: readonly AttemptSlot[];
  readonly details?: AppointmentDetails;
  readonly sentAt?: Instant;
  readonly settleAt?: Instant;
  readonly evidence?: string;
  readonly at: Instant;
}

/** An appointment that was made in the practice's own system, at first sight. */
export interface AdoptedAppointment {
  readonly id: AppointmentId;
  readonly practice: OdsCode;
  readonly practiceRef: PracticeAppointmentRef;
  readonly state: 'BOOKED' | 'CANCELLED';
  readonly slots: readonly AttemptSlot[];
  readonly scheduleId: ScheduleId;
  readonly start: Instant;
  readonly end: Instant;
  readonly patientId: PatientId;
  readonly details: AppointmentDetails;
  readonly at: Instant;
}

/** Slots of one schedule that live attempts of one kind of consumer hold. */
export interface BookedInSchedule {
  readonly scheduleId: ScheduleId;
  readonly organisation: OdsCode | undefined;
  readonly organisationType: string | undefined;
  readonly slots: number;
}

/** A slot that a live attempt holds. */
export interface HeldSlot {
  readonly slot: SlotId;
  readonly attempt: AppointmentId;
  readonly state: AttemptState;
}

/** Attempts at a practice in RESERVE_OPEN or CONFIRM_OPEN. */
export interface OpenOutcomes {
  readonly ofPrincipal: number;
  /** Whoever has booked. */
  readonly ofPatient: number;
}

/** The link between an NHS number and a patient of one practice. */
export interface PatientLink {
  /** Our `Patient.id`. */
  readonly id: PatientId;
  readonly practice: OdsCode;
  readonly nhsNumber: NhsNumber;
  /** Absent while a registration has been sent and not yet been answered. */
  readonly practiceRef: PracticePatientRef | undefined;
  readonly status: NhsNumberStatus;
  /** When the register was last asked. */
  readonly tracedAt: Instant | undefined;
  readonly temporaryRegistration: TemporaryRegistration | undefined;
  /** What the consumer sent at registration, supplemented from the register; a practice system may hold less. */
  readonly registered: PatientDemographics | undefined;
  readonly version: number;
}

export interface Ledger {
  /**
   * The attempt that a request repeats: the same (practice, principal, key), for a key of its transport within
   * `TRANSPORT_REPEAT_MS`; or else the same (practice, principal, fingerprint) in one of `REPEATABLE_STATES` and not
   * older than `contentWindowMs`. One in NOT_BOOKED, or in REJECTED for `REFUSAL_REPEAT_MS`, is no longer repeated, and
   * answered only where its key comes with another fingerprint.
   */
  findRepeat(asked: Asked, contentWindowMs: number): Promise<Repeat | undefined>;

  /**
   * As `findRepeat`, in one transaction that makes the request's key another key of an attempt that was recognised by
   * its content: from then on the key finds it, whatever has become of it.
   */
  bindRepeat(asked: Asked, contentWindowMs: number): Promise<Attempt | undefined>;

  /**
   * Answers the attempt this one repeats (as `bindRepeat` does), or inserts it in RECEIVED, in one transaction. An
   * attempt with the same key that is no longer repeated gives way: its key is freed and the new attempt is inserted.
   */
  claim(attempt: NewAttempt, contentWindowMs: number, audit: AuditEvent): Promise<Claim>;

  /**
   * Changes the state if the row still has `version`, and appends the audit event with it. Answers the new row, or
   * `undefined` when somebody else was faster: read again, never overwrite. A booking of the practice belongs to one
   * attempt: a change that would give it to a second one is refused.
   */
  change(id: AppointmentId, version: number, change: AttemptChange, audit: AuditEvent): Promise<Attempt | undefined>;

  readAttempt(practice: OdsCode, id: AppointmentId): Promise<Attempt | undefined>;

  /** All attempts in one of `OPEN_STATES`, oldest first. */
  openAttempts(): Promise<readonly AttemptSummary[]>;

  /**
   * Where several processes share the ledger: the attempts in one of `OPEN_STATES` whose process is gone, oldest first.
   * From now on they are this process's, with a new version. Absent where one process owns the ledger.
   */
  takeOver?(): Promise<readonly AttemptSummary[]>;

  /** Attempts that are open, in NEEDS_HUMAN, or BOOKED without anybody having been told; oldest first. */
  unsettled(): Promise<readonly AttemptSummary[]>;

  /**
   * Live attempts that were made at most `withinMs` after another of the same principal for the same patient at the same
   * practice, of which its consumer does not know: its outcome is open, a person is asked, or it is BOOKED without
   * anybody having been told. Each pair once; the later attempt that is oldest first.
   */
  possibleDuplicates(withinMs: number): Promise<readonly PossibleDuplicate[]>;

  /** The attempt with this id, of whichever practice: for operators, never for consumers. */
  findAttempt(id: AppointmentId): Promise<Attempt | undefined>;

  /** Slots of a practice that start within the period and belong to a live attempt. */
  heldSlots(practice: OdsCode, window: Period): Promise<readonly HeldSlot[]>;

  /** Slots of a patient's attempts whose outcome is open. */
  openSlotsOf(practice: OdsCode, patient: PatientId): Promise<readonly HeldSlot[]>;

  /** How many outcomes of this principal's, and of this patient's, attempts are open. */
  openOutcomes(practice: OdsCode, principal: string, patient: PatientId): Promise<OpenOutcomes>;

  /** Practice references of bookings that attempts of this practice already own. */
  knownPracticeRefs(practice: OdsCode): Promise<ReadonlySet<PracticeAppointmentRef>>;

  /** The attempts that own these bookings of the practice. */
  ownersOf(
    practice: OdsCode,
    refs: readonly PracticeAppointmentRef[],
  ): Promise<ReadonlyMap<PracticeAppointmentRef, Attempt>>;

  /** A patient's appointments, cancelled ones too, that start at or after `from`, in order of their start. */
  appointmentsOf(practice: OdsCode, patient: PatientId, from: Instant): Promise<readonly Attempt[]>;

  /**
   * Gives a booking that the practice made itself a row and with it a stable id. Where an attempt owns the booking
   * already, that attempt is answered and nothing is written.
   */
  adopt(appointment: AdoptedAppointment, audit: AuditEvent): Promise<Attempt>;

  /** How many slots of these schedules live attempts hold, by organisation and its type. */
  bookedInSchedules(practice: OdsCode, schedules: readonly ScheduleId[]): Promise<readonly BookedInSchedule[]>;

  /** Marks that the answer has been handed to the consumer's connection. Never throws; not synced. */
  markReplied(id: AppointmentId, at: Instant): Promise<void>;

  findPatientLink(practice: OdsCode, nhsNumber: NhsNumber): Promise<PatientLink | undefined>;
  readPatientLink(practice: OdsCode, id: PatientId): Promise<PatientLink | undefined>;
  /**
   * Inserts (`version` 0) or replaces the link if it still has `link.version`; answers the stored link with its new
   * version, or `undefined` when somebody else was faster.
   */
  savePatientLink(link: PatientLink, audit: AuditEvent): Promise<PatientLink | undefined>;

  /** Resolves when one empty commit has gone through; for readiness. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The status an appointment shows while its attempt is in this state; `undefined` where there is no appointment. */
export function appointmentStatusOf({
  state,
  details,
}: Pick<Attempt, 'state' | 'details'>): AppointmentStatus | undefined {
  switch (state) {
    case 'BOOKED':
    case 'CANCELLING':
    case 'CANCEL_OPEN':
      return details.attendance ?? 'booked';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return undefined;
  }
}
