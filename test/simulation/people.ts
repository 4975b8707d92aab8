/** Who takes part in a history: synthetic all of them. */
import type { BookingRequest } from '../../src/domain/appointment.js';
import type { Caller } from '../../src/domain/caller.js';
import type { Asid, NhsNumber, PatientId, PracticePatientRef } from '../../src/domain/identifiers.js';
import type { PatientLink } from '../../src/ports/ledger.js';
import { bookingOf, NOW, slotNumber } from '../core/bench.js';
import { ods, patientLink } from '../records/samples.js';

/** Wall time at the start of a history. */
export const WALL_START = NOW;
/** Words that must be read nowhere outside the ledger. */
export const CANARIES = ['Canary-Description', 'canary-patient'] as const;

export const patientIdOf = (patient: string): PatientId => patient as PatientId;
export const practicePatientOf = (patient: string): PracticePatientRef =>
  `canary-patient-${patient}` as PracticePatientRef;

export function linkOf(patient: string): PatientLink {
  return patientLink({
    id: patientIdOf(patient),
    nhsNumber: patientLink().nhsNumber satisfies NhsNumber,
    practiceRef: practicePatientOf(patient),
    tracedAt: WALL_START,
    temporaryRegistration: undefined,
  });
}

export function requestOf(slots: readonly number[], patient: string, wish: string): BookingRequest {
  const [first = 1, ...rest] = slots;
  return bookingOf([slotNumber(first), ...rest.map((n) => slotNumber(n))], {
    patientId: patientIdOf(patient),
    description: `Canary-Description ${wish}`,
  });
}

export function callerOf(consumer: number, traceId: string): Caller {
  return {
    asid: `20000000999${consumer}` as Asid,
    organisation: { odsCode: ods(`Z9990${consumer}`), name: `Hub ${consumer}` },
    user: { id: `user-${consumer}`, name: 'Mx Casey Handler', sdsUserId: undefined, sdsRoleProfileId: undefined },
    device: { model: 'Test hub', version: '1.0' },
    traceId,
    interactionId: 'urn:nhs:names:services:gpconnect:fhir:rest:create:appointment-1',
    scope: 'patient/*.write',
  };
}
