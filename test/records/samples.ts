/** Attempts, links and audit events to fill a ledger with; every person is synthetic. */
import {
  parseNhsNumber,
  parseOdsCode,
  type AppointmentId,
  type LocationId,
  type NhsNumber,
  type OdsCode,
  type PatientId,
  type PracticeAppointmentRef,
  type PracticePatientRef,
  type PractitionerId,
  type ScheduleId,
  type SlotId,
} from '../../src/domain/identifiers.js';
import { MINUTE } from '../../src/domain/time.js';
import type { AuditEvent } from '../../src/ports/audit.js';
import type {
  Attempt,
  AttemptChange,
  AttemptSummary,
  Claim,
  Ledger,
  NewAttempt,
  PatientLink,
} from '../../src/ports/ledger.js';

export const NOW = Date.UTC(2026, 2, 2, 9, 0);
export const CONTENT_WINDOW = 10 * MINUTE;

export function ods(text: string): OdsCode {
  const code = parseOdsCode(text);
  if (!code) throw new Error(`not an ODS code: ${text}`);
  return code;
}

export function nhs(text: string): NhsNumber {
  const number = parseNhsNumber(text);
  if (!number) throw new Error(`not an NHS number: ${text}`);
  return number;
}

export const PRACTICE = ods('A99901');
export const OTHER_PRACTICE = ods('A99902');
export const NHS_NUMBER = nhs('9990000018');
export const OTHER_NHS_NUMBER = nhs('9990000026');

/** Words that must never be readable in the file. */
export const SECRETS = {
  description: 'Recurring knee pain canary',
  comment: 'Prefers mornings canary',
  family: 'Testpatient-Canary',
  street: '1 Canary Row',
  postcode: 'HG9 9ZZ',
  phone: '07700 900123',
  patient: 'patient-canary',
  practicePatient: 'practice-patient-canary',
} as const;

export const id = (text: string): AppointmentId => text as AppointmentId;
export const slotId = (text: string): SlotId => text as SlotId;
export const practiceRef = (text: string): PracticeAppointmentRef => text as PracticeAppointmentRef;

export function auditEvent(over: Partial<AuditEvent> = {}): AuditEvent {
  return {
    at: NOW,
    kind: 'request',
    practice: PRACTICE,
    interaction: 'search:slot',
    traceId: '11111111-1111-4111-8111-111111111111',
    status: 200,
    code: undefined,
    consumerAsid: '200000000115',
    organisation: 'A99903',
    userId: 'user-1',
    userName: 'Test User',
    userRole: undefined,
    device: 'test 1.0',
    resources: [],
    state: undefined,
    ...over,
  };
}

/** Number `n` of a row of attempts that share nothing but the practice and the principal. */
export function newAttempt(n: number, over: Partial<NewAttempt> = {}): NewAttempt {
  return {
    id: id(`appointment-${n}`),
    practice: PRACTICE,
    principal: '200000000115/A99903',
    key: { source: 'idempotency-key', key: `key-${n}` },
    fingerprint: `fingerprint-${n}`,
    clientReference: `reference-${n}`,
    slots: [{ id: slotId(`slot-${n}`), start: NOW + n * 10 * MINUTE, end: NOW + (n + 1) * 10 * MINUTE }],
    scheduleId: 'schedule-1' as ScheduleId,
    patientId: SECRETS.patient as PatientId,
    request: { patientRef: SECRETS.practicePatient as PracticePatientRef },
    details: {
      patientId: SECRETS.patient as PatientId,
      locationId: 'location-1' as LocationId,
      practitionerId: 'practitioner-1' as PractitionerId,
      scheduleType: 'Monday surgery',
      slotType: 'GP routine',
      channel: 'In-person',
      role: { code: 'R0260', display: 'General Medical Practitioner' },
      description: SECRETS.description,
      comment: SECRETS.comment,
      created: NOW,
      bookingOrganisation: undefined,
      identifiers: [{ system: 'https://consumer.example/bookings', value: `b-${n}` }],
      cancellationReason: undefined,
    },
    receivedAt: NOW,
    ...over,
  };
}

export function claim(ledger: Ledger, attempt: NewAttempt): Promise<Claim> {
  const event = auditEvent({
    kind: 'booking-intent',
    resources: [`Appointment/${attempt.id}`],
    state: 'RECEIVED',
    at: attempt.receivedAt,
  });
  return ledger.claim(attempt, CONTENT_WINDOW, event);
}

export async function claimNew(ledger: Ledger, attempt: NewAttempt): Promise<Attempt> {
  const claimed = await claim(ledger, attempt);
  if (claimed.kind !== 'new') throw new Error(`expected a new attempt, got ${claimed.kind}`);
  return claimed.attempt;
}

/** Moves on to the next state; fails the test when somebody else was faster. */
export async function move(
  ledger: Ledger,
  attempt: Attempt,
  state: Attempt['state'],
  more: Partial<AttemptChange> = {},
): Promise<Attempt> {
  const event = auditEvent({ kind: 'booking-outcome', resources: [`Appointment/${attempt.id}`], state });
  const moved = await ledger.change(attempt.id, attempt.version, { state, at: NOW, ...more }, event);
  if (!moved) throw new Error(`could not move to ${state}`);
  return moved;
}

export function patientLink(over: Partial<PatientLink> = {}): PatientLink {
  return {
    id: 'link-1' as PatientId,
    practice: PRACTICE,
    nhsNumber: NHS_NUMBER,
    practiceRef: SECRETS.practicePatient as PracticePatientRef,
    status: 'verified',
    tracedAt: NOW,
    temporaryRegistration: { start: NOW, end: NOW + 90 * 24 * 60 * MINUTE },
    registered: {
      name: { family: SECRETS.family, given: ['Ann'], prefix: ['Ms'] },
      birthDate: '1980-02-29',
      gender: 'female',
      addresses: [{ use: 'home', line: [SECRETS.street], postalCode: SECRETS.postcode }],
      telecom: [{ system: 'phone', value: SECRETS.phone, use: 'mobile' }],
      language: undefined,
    },
    version: 0,
    ...over,
  };
}

export const linkEvent = auditEvent({ kind: 'registration-outcome', resources: ['Patient/link-1'] });

/** What the ledger tells of an attempt without opening it. */
export function toSummary(attempt: Attempt): AttemptSummary {
  const { id, practice, state, version, start, end, sentAt, settleAt, evidence, repliedAt, ...rest } = attempt;
  const { createdAt, updatedAt } = rest;
  return { id, practice, state, version, start, end, sentAt, settleAt, evidence, repliedAt, createdAt, updatedAt };
}
