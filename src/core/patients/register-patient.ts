/**
 * Register a patient temporarily, so that an appointment can be booked. Never makes or re-activates a regular
 * registration, and never changes anything on the national register.
 */
import { GatewayError } from '../../domain/errors.js';
import type { Patient, PatientDemographics, RegistrationRequest, TemporaryRegistration } from '../../domain/patient.js';
import type { ContactPoint } from '../../domain/person.js';
import { DAY } from '../../domain/time.js';
import type { PatientLink } from '../../ports/ledger.js';
import type { PracticePatient } from '../../ports/practice-system.js';
import { requireEnabled, type GatewayContext, type Request } from '../context.js';
import { newLink } from './find-patient.js';
import { findRecord, isActive, isOnTheBooks, storedRecord, toPatient } from '../rows/patient-link.js';
import { createRecord, registrationUnknown, saveLink } from '../saga/create-record.js';
import { demographicsAgree, verifyPatient, type Verification } from '../rules/verify-patient.js';

function kindOf({ system, use }: ContactPoint): string {
  // The use means nothing for an email.
  return system === 'email' ? system : `${system} ${use ?? ''}`;
}

/** Details the consumer left out are taken from the national register, each by itself; what it sent stays as sent. */
function supplemented(sent: PatientDemographics, register: PatientDemographics | undefined): PatientDemographics {
  if (!register) return sent;
  const uses = new Set(sent.addresses.map(({ use }) => use));
  const kinds = new Set(sent.telecom.map(kindOf));
  return {
    ...sent,
    gender: sent.gender ?? register.gender,
    addresses: [...sent.addresses, ...register.addresses.filter(({ use }) => !uses.has(use))],
    telecom: [...sent.telecom, ...register.telecom.filter((contact) => !kinds.has(kindOf(contact)))],
    language: sent.language ?? register.language,
  };
}

function refuseUnverified(why: Extract<Verification, { result: 'not-verified' }>['why']): never {
  switch (why) {
    // A number the register marks invalid or superseded SHALL be INVALID_NHS_NUMBER …
    case 'invalid':
    case 'superseded':
      throw new GatewayError(
        'invalid-nhs-number',
        'The national register no longer holds this NHS number as valid. Trace the patient again',
      );
    // … and a failed verification, a deceased or a sensitive person SHALL be INVALID_PATIENT_DEMOGRAPHICS.
    case 'not-found':
    case 'mismatch':
    case 'deceased':
    case 'sensitive':
      throw new GatewayError(
        'invalid-demographics',
        'The NHS number could not be verified against the national register with the details sent. ' +
          'Check name and date of birth, or ask the practice',
      );
  }
}

function temporaryRegistration(context: GatewayContext, request: Request): TemporaryRegistration {
  const { zone } = request.entry.practice;
  const start = context.runtime.clock.now();
  const lastDay = zone.toLocalDate(start + context.settings.temporaryRegistrationDays * DAY);
  return { start, end: zone.fromLocal(lastDay).instant };
}

export async function registerPatient(
  context: GatewayContext,
  request: Request,
  registration: RegistrationRequest,
): Promise<Patient> {
  requireEnabled(request, 'foundations');
  const { odsCode } = request.entry.practice;
  // The practice system promises no check for duplicates, so two registrations of one number must not overlap.
  const outcome = await context.locks.run(`register/${odsCode}/${registration.nhsNumber}`, request.signal, () =>
    registerAlone(context, request, registration),
  );
  if (!outcome) {
    throw new GatewayError(
      'overloaded',
      'Another registration of this patient is still running. Send the request again',
      {
        retryAfterSeconds: 5,
      },
    );
  }
  return outcome.value;
}

async function registerAlone(
  context: GatewayContext,
  request: Request,
  registration: RegistrationRequest,
): Promise<Patient> {
  const { practice } = request.entry;
  const { nhsNumber } = registration;
  const verification = await verifyPatient(context, request, nhsNumber, registration.demographics);
  if (verification.result === 'not-verified') refuseUnverified(verification.why);

  const link = await context.ledger.findPatientLink(practice.odsCode, nhsNumber);
  const record = await existingRecord(request, link, registration);
  const now = context.runtime.clock.now();
  // A registration that was sent and whose answer was lost has left a link without the practice's id: a record found
  // now is the one it made, and the repeat finishes it.
  const unfinished = link !== undefined && link.practiceRef === undefined && link.temporaryRegistration !== undefined;
  if (record && !unfinished) checkMatch(record, link, verification.register);
  // A match that is active, of whatever registration type, SHALL be refused as a duplicate; one that is inactive SHALL
  // be re-activated as temporary.
  if (record && !unfinished && isOnTheBooks(record, link) && (link === undefined || isActive(link, now))) {
    throw new GatewayError(
      'patient-already-registered',
      'The patient is already registered at this practice. Find the patient instead',
    );
  }
  const intended: PatientLink = {
    ...(link ?? newLink(context, request, nhsNumber)),
    practiceRef: record?.ref,
    status: verification.status,
    tracedAt: now,
    temporaryRegistration: temporaryRegistration(context, request),
    registered: supplemented(registration.demographics, verification.register),
  };
  if (record) return toPatient(practice, await saveLink(context, request, intended, 'REGISTERED'), record);
  // Until the practice can no longer act on what was sent, sending it again could make a second record.
  const sentAt = unfinished ? (link.tracedAt ?? now) : undefined;
  if (sentAt !== undefined && now - sentAt < request.entry.system.capabilities.settleMs) {
    throw registrationUnknown(practice.odsCode);
  }
  const created = await createRecord(context, request, await saveLink(context, request, intended, 'REGISTERING'));
  return toPatient(practice, created.link, created.record);
}

/**
 * A match that has died SHALL halt the registration, and so SHALL one whose NHS number was never verified and does not
 * agree with the national register: it may be another person's record.
 */
function checkMatch(
  record: PracticePatient,
  link: PatientLink | undefined,
  register: PatientDemographics | undefined,
): void {
  if (record.status === 'deceased') refuseUnverified('deceased');
  const wasVerified = link?.status === 'verified' && link.practiceRef === record.ref;
  if (!wasVerified && register && !demographicsAgree(record.demographics, register)) refuseUnverified('mismatch');
}

async function existingRecord(
  request: Request,
  link: PatientLink | undefined,
  registration: RegistrationRequest,
): Promise<PracticePatient | undefined> {
  return (await storedRecord(request, link, 'book')) ?? (await findRecord(request, registration.nhsNumber, 'book'));
}
