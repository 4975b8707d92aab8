/** Find a patient by NHS number; read a patient by our id. */
import { GatewayError } from '../../domain/errors.js';
import type { NhsNumber, PatientId } from '../../domain/identifiers.js';
import type { Patient } from '../../domain/patient.js';
import type { PatientLink } from '../../ports/ledger.js';
import type { PracticePatient } from '../../ports/practice-system.js';
import { requireEnabled, type GatewayContext, type Request } from '../context.js';
import {
  findRecord,
  isActive,
  isOnTheBooks,
  linkedRecord,
  storedRecord,
  toPatient,
  verifiedLink,
} from '../rows/patient-link.js';

/**
 * Contradiction 5: of a sensitive patient the information-governance pages want an error, the acceptance testing an empty
 * result. Find is empty like for anybody not disclosed, so that it tells nothing; every other interaction is an error.
 *
 * Only active patients SHALL be returned, so `undefined` stands for: nobody of that number here, registration lapsed,
 * left, deceased here or on the register, sensitive, or a record that could not be verified.
 */
export async function findPatient(
  context: GatewayContext,
  request: Request,
  nhsNumber: NhsNumber,
): Promise<Patient | undefined> {
  requireEnabled(request, 'foundations');
  const { odsCode } = request.entry.practice;
  const link = await context.ledger.findPatientLink(odsCode, nhsNumber);
  const record = (await storedRecord(request, link, 'search')) ?? (await findRecord(request, nhsNumber, 'search'));
  if (!record || !isOnTheBooks(record, link)) return undefined;
  if (link && !isActive(link, context.runtime.clock.now())) return undefined;
  const verified = await verifiedLink(context, request, link ?? newLink(context, request, nhsNumber), record);
  return verified && toPatient(request.entry.practice, verified, record);
}

export async function readPatient(context: GatewayContext, request: Request, id: PatientId): Promise<Patient> {
  requireEnabled(request, 'foundations');
  const { link, record } = await disclosedPatient(context, request, id);
  return toPatient(request.entry.practice, link, record);
}

/** A patient who is unknown, gone, inactive, deceased or sensitive SHALL be answered alike: `PATIENT_NOT_FOUND`. */
export async function disclosedPatient(
  context: GatewayContext,
  request: Request,
  id: PatientId,
): Promise<{ readonly link: PatientLink; readonly record: PracticePatient }> {
  const link = await context.ledger.readPatientLink(request.entry.practice.odsCode, id);
  if (link && isActive(link, context.runtime.clock.now())) {
    const record = await linkedRecord(request, link, 'search');
    const verified = record && (await verifiedLink(context, request, link, record));
    if (record && verified) return { link: verified, record };
  }
  throw new GatewayError('patient-not-found', 'No patient with this id at this practice. Find the patient again');
}

export function newLink(context: GatewayContext, request: Request, nhsNumber: NhsNumber): PatientLink {
  return {
    id: context.runtime.ids.next() as PatientId,
    practice: request.entry.practice.odsCode,
    nhsNumber,
    practiceRef: undefined,
    status: 'untraced',
    tracedAt: undefined,
    temporaryRegistration: undefined,
    registered: undefined,
    version: 0,
  };
}
