/**
 * Register a patient temporarily, so that an appointment can be booked. Never makes or re-activates a regular
 * registration, and never changes anything on the national register.
 */
import { GatewayError } from '../domain/errors.js';
import type { Patient, PatientDemographics, RegistrationRequest, TemporaryRegistration } from '../domain/patient.js';
import type { ContactPoint } from '../domain/person.js';
import { DAY } from '../domain/time.js';
import type { PatientLink } from '../ports/ledger.js';
import type { PracticePatient } from '../ports/practice-system.js';
import { auditEvent, callFor, requireEnabled, type GatewayContext, type Request } from './context.js';
import { newLink } from './find-patient.js';
import { findRecord, isActive, linkedRecord, toPatient } from './rows/patient-link.js';
import { verifyPatient, type Verification } from './rules/verify-patient.js';

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
  // A match that is active, of whatever registration type, SHALL be refused as a duplicate.
  if (record && !unfinished && (link === undefined || isActive(link, now))) {
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
  const stored = await save(context, request, intended, record ? 'registration-outcome' : 'registration-intent');
  if (record) return toPatient(practice, stored, record);
  const created = await createRecord(context, request, stored);
  return toPatient(
    practice,
    await save(context, request, { ...stored, practiceRef: created.ref }, 'registration-outcome'),
    created,
  );
}

async function existingRecord(
  request: Request,
  link: PatientLink | undefined,
  registration: RegistrationRequest,
): Promise<PracticePatient | undefined> {
  return (await linkedRecord(request, link, 'book')) ?? (await findRecord(request, registration.nhsNumber, 'book'));
}

async function save(
  context: GatewayContext,
  request: Request,
  link: PatientLink,
  kind: 'registration-intent' | 'registration-outcome',
): Promise<PatientLink> {
  const event = auditEvent(request, kind, context.runtime.clock.now(), {
    resources: [`Patient/${link.id}`],
    state: kind === 'registration-intent' ? 'REGISTERING' : 'REGISTERED',
  });
  const stored = await context.ledger.savePatientLink(link, event);
  if (!stored) {
    throw new GatewayError('overloaded', 'The patient was changed by another request. Send the request again', {
      retryAfterSeconds: 1,
    });
  }
  return stored;
}

/** The write itself. Its intent is durable by now: the link without a practice id. */
async function createRecord(context: GatewayContext, request: Request, link: PatientLink): Promise<PracticePatient> {
  const demographics = link.registered;
  if (!demographics) throw new GatewayError('internal', 'A registration without demographics');
  const odsCode = request.entry.practice.odsCode;
  const answer = await request.entry.system.registerPatient(
    { nhsNumber: link.nhsNumber, demographics },
    callFor(request, 'book'),
  );
  context.log.info('registration-answered', {
    practice: odsCode,
    class: answer.class,
    traceId: request.caller.traceId,
  });
  switch (answer.class) {
    case 'done':
      return { ref: answer.value, demographics, nhsNumber: link.nhsNumber };
    case 'refused':
      throw new GatewayError(
        'practice-system-fault',
        'The practice system did not accept the registration. Nothing was registered',
        {
          practice: odsCode,
        },
      );
    case 'not-sent':
    case 'auth':
      throw new GatewayError(
        'practice-unavailable',
        'The practice system cannot be reached. Nothing was registered; send the request again',
        {
          practice: odsCode,
          retryAfterSeconds: 10,
        },
      );
    case 'unknown':
      throw new GatewayError(
        'outcome-unknown',
        'The practice system has not confirmed the registration. Send this request again unchanged to learn its outcome',
        {
          practice: odsCode,
          retryAfterSeconds: 5,
        },
      );
  }
}
