/** A booking attempt as rows, and back. */
import type { LocationId, OdsCode, PatientId, PracticeAppointmentRef } from '../../domain/identifiers.js';
import {
  LIVE_STATES,
  OPEN_STATES,
  type AdoptedAppointment,
  type AppointmentDetails,
  type Attempt,
  type AttemptChange,
  type AttemptRequest,
  type AttemptSlot,
  type AttemptSummary,
  type AttemptState,
  type IdempotencyKey,
  type NewAttempt,
} from '../../ports/ledger.js';
import type { AttemptSlotTable, AttemptTable, Flag } from '../schema.js';
import type { Sealing } from '../sealing.js';

export const liveFlag = (state: AttemptState): Flag => (LIVE_STATES.has(state) ? 1 : 0);
export const openFlag = (state: AttemptState): Flag => (OPEN_STATES.has(state) ? 1 : 0);

/** Nothing will be looked up or decided any more, so what the practice call needed is erased. */
export const finishedFlag = (state: AttemptState): Flag => (OPEN_STATES.has(state) || state === 'NEEDS_HUMAN' ? 0 : 1);

const detailsPlace = (id: string): string => `attempt.details ${id}`;
const requestPlace = (id: string): string => `attempt.request ${id}`;

export type SlotRow = Pick<AttemptSlotTable, 'attempt_id' | 'slot_id' | 'start_at' | 'end_at'>;

/** What `change` writes; `null` leaves a column as it is. */
export interface ChangeRow {
  readonly id: AttemptTable['id'];
  readonly expected: number;
  readonly state: AttemptState;
  readonly open: Flag;
  readonly finished: Flag;
  readonly revises: Flag;
  readonly start_at: number | null;
  readonly end_at: number | null;
  readonly details_enc: Buffer | null;
  readonly sent_at: number | null;
  readonly settle_at: number | null;
  readonly evidence: string | null;
  readonly updated_at: number;
}

export interface AttemptRows {
  toRow(attempt: NewAttempt): AttemptTable;
  toSlotRows(attempt: NewAttempt): readonly AttemptSlotTable[];
  /** A booking that the practice made itself: nothing is asked of anybody, so there is no request to keep. */
  toAdoptedRow(appointment: AdoptedAppointment): AttemptTable;
  /** Slots that are not held, or not yet. */
  toUnheldSlotRows(of: Pick<NewAttempt, 'id' | 'practice' | 'slots'>): readonly AttemptSlotTable[];
  toChangeRow(id: AttemptTable['id'], version: number, change: AttemptChange): ChangeRow;
  fromRows(row: AttemptTable, slots: readonly SlotRow[], bookings: readonly PracticeAppointmentRef[]): Attempt;
  toSummary(row: AttemptTable): AttemptSummary;
  patientHmac(practice: OdsCode, patientId: PatientId): string;
  keyHmac(practice: OdsCode, principal: string, key: IdempotencyKey): string;
}

function organisationOf({
  bookingOrganisation,
}: AppointmentDetails): Pick<AttemptTable, 'organisation' | 'organisation_type'> {
  return {
    organisation: bookingOrganisation?.odsCode ?? null,
    organisation_type: bookingOrganisation?.type?.code ?? null,
  };
}

function slotRows(
  { id, practice, slots }: Pick<NewAttempt, 'id' | 'practice' | 'slots'>,
  live: Flag,
): readonly AttemptSlotTable[] {
  return slots.map((slot, ordinal) => ({
    attempt_id: id,
    ordinal,
    practice,
    slot_id: slot.id,
    start_at: slot.start,
    end_at: slot.end,
    live,
  }));
}

/** Of an attempt that came to nothing, once it can no longer be replayed. */
function erasedDetails(row: AttemptTable): AppointmentDetails {
  return {
    patientId: '' as PatientId,
    locationId: '' as LocationId,
    practitionerId: undefined,
    scheduleType: undefined,
    slotType: '',
    channel: undefined,
    role: undefined,
    description: '',
    comment: undefined,
    created: row.created_at,
    bookingOrganisation: undefined,
    identifiers: [],
    cancellationReason: undefined,
  };
}

function toSummary(row: AttemptTable): AttemptSummary {
  return {
    id: row.id,
    practice: row.practice,
    state: row.state,
    version: row.version,
    start: row.start_at,
    end: row.end_at,
    sentAt: row.sent_at ?? undefined,
    settleAt: row.settle_at ?? undefined,
    evidence: row.evidence ?? undefined,
    repliedAt: row.replied_at ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function createAttemptRows(sealing: Sealing): AttemptRows {
  const patientHmac: AttemptRows['patientHmac'] = (practice, id) => sealing.fingerprint('patient', practice, id);
  const keyHmac: AttemptRows['keyHmac'] = (practice, principal, { source, key }) =>
    sealing.fingerprint('idempotency-key', practice, principal, source, key);

  return {
    patientHmac,
    keyHmac,

    toRow: (attempt) => ({
      id: attempt.id,
      practice: attempt.practice,
      principal: attempt.principal,
      key_source: attempt.key.source,
      key_hmac: keyHmac(attempt.practice, attempt.principal, attempt.key),
      key_freed: 0,
      fingerprint: attempt.fingerprint,
      state: 'RECEIVED',
      open: openFlag('RECEIVED'),
      version: 1,
      revision: 1,
      client_ref: attempt.clientReference,
      schedule_id: attempt.scheduleId,
      ...organisationOf(attempt.details),
      patient_hmac: patientHmac(attempt.practice, attempt.patientId),
      start_at: Math.min(...attempt.slots.map((slot) => slot.start)),
      end_at: Math.max(...attempt.slots.map((slot) => slot.end)),
      details_enc: sealing.seal(detailsPlace(attempt.id), attempt.details),
      request_enc: sealing.seal(requestPlace(attempt.id), attempt.request),
      sent_at: null,
      settle_at: null,
      evidence: null,
      replied_at: null,
      created_at: attempt.receivedAt,
      updated_at: attempt.receivedAt,
    }),

    toSlotRows: (attempt) => slotRows(attempt, liveFlag('RECEIVED')),

    toAdoptedRow: (appointment) => ({
      id: appointment.id,
      practice: appointment.practice,
      principal: 'practice',
      key_source: 'adopted',
      key_hmac: keyHmac(appointment.practice, 'practice', { source: 'adopted', key: appointment.practiceRef }),
      key_freed: 0,
      fingerprint: 'adopted',
      state: appointment.state,
      open: openFlag(appointment.state),
      version: 1,
      revision: 1,
      client_ref: appointment.id,
      schedule_id: appointment.scheduleId,
      ...organisationOf(appointment.details),
      patient_hmac: patientHmac(appointment.practice, appointment.patientId),
      start_at: appointment.start,
      end_at: appointment.end,
      details_enc: sealing.seal(detailsPlace(appointment.id), appointment.details),
      request_enc: null,
      sent_at: null,
      settle_at: null,
      evidence: 'made at the practice',
      // Nobody waits to be told of it.
      replied_at: appointment.at,
      created_at: appointment.at,
      updated_at: appointment.at,
    }),

    // The practice keeps its own diary: a place it gave away itself is not held here as well.
    toUnheldSlotRows: (of) => slotRows(of, 0),

    toChangeRow: (id, version, change) => ({
      id,
      expected: version,
      state: change.state,
      open: openFlag(change.state),
      finished: finishedFlag(change.state),
      revises: change.revises === true ? 1 : 0,
      start_at: change.start ?? null,
      end_at: change.end ?? null,
      details_enc: change.details === undefined ? null : sealing.seal(detailsPlace(id), change.details),
      sent_at: change.sentAt ?? null,
      settle_at: change.settleAt ?? null,
      evidence: change.evidence ?? null,
      updated_at: change.at,
    }),

    toSummary,

    fromRows: (row, slots, bookings) => ({
      ...toSummary(row),
      principal: row.principal,
      fingerprint: row.fingerprint,
      revision: row.revision,
      clientReference: row.client_ref,
      practiceRefs: bookings,
      slots: slots.map((slot): AttemptSlot => ({ id: slot.slot_id, start: slot.start_at, end: slot.end_at })),
      details:
        row.details_enc.length === 0
          ? erasedDetails(row)
          : (sealing.open(detailsPlace(row.id), row.details_enc) as AppointmentDetails),
      request:
        row.request_enc === null ? undefined : (sealing.open(requestPlace(row.id), row.request_enc) as AttemptRequest),
    }),
  };
}
