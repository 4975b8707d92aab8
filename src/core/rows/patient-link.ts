/** What "find", "read" and "register a patient" share: the link to the practice's record, and the patient it makes. */
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { NhsNumber } from '../../domain/identifiers.js';
import type { Patient, PatientDemographics } from '../../domain/patient.js';
import type { Practice } from '../../domain/practice.js';
import type { PatientLink } from '../../ports/ledger.js';
import type { PracticePatient } from '../../ports/practice-system.js';
import type { GatewayContext, Request } from '../context.js';
import { auditEvent, callFor } from '../context.js';
import { versionOf } from './fingerprint.js';
import { verifyPatient } from '../rules/verify-patient.js';

/**
 * What we show of a patient: for one we registered, what was registered, because a practice system may hold less; for
 * one the practice registered, its record, with the name as the national register writes it.
 */
function shownDemographics(link: PatientLink, record: PracticePatient): PatientDemographics {
  const { registered } = link;
  if (!registered) return record.demographics;
  if (link.temporaryRegistration) return registered;
  return {
    ...record.demographics,
    name: registered.name,
    gender: record.demographics.gender ?? registered.gender,
    language: record.demographics.language ?? registered.language,
  };
}

export function toPatient(practice: Practice, link: PatientLink, record: PracticePatient): Patient {
  const [site, ...others] = practice.locations;
  const content = {
    nhsNumber: link.nhsNumber,
    nhsNumberStatus: link.status,
    demographics: shownDemographics(link, record),
    temporaryRegistration: link.temporaryRegistration,
    // Where a practice has one site, that is the one its patients prefer; more than that no practice system has told.
    preferredLocation: others.length === 0 ? site?.id : undefined,
    // No practice system has told whose list a patient is on; a guess would be a wrong reference.
    generalPractitioner: undefined,
  };
  return { id: link.id, version: versionOf(content), ...content };
}

/**
 * A temporary registration that has run out makes the patient inactive. One in force makes a patient active whom the
 * practice's record calls inactive: that is what a re-activation is, and no practice system has told when a patient left.
 */
export function isActive(link: PatientLink, now: number): boolean {
  return link.temporaryRegistration === undefined || now < link.temporaryRegistration.end;
}

/** Whether the practice's own record lets the patient be spoken of; a temporary registration makes up for a lapsed one. */
export function isOnTheBooks(record: PracticePatient, link: PatientLink | undefined): boolean {
  switch (record.status) {
    case 'active':
      return true;
    case 'inactive':
      return link?.temporaryRegistration !== undefined;
    case 'deceased':
      return false;
  }
}

/** The record that a link points to, of a patient who is on the practice's books. */
export async function linkedRecord(
  request: Request,
  link: PatientLink | undefined,
  purpose: 'search' | 'book',
): Promise<PracticePatient | undefined> {
  const record = await storedRecord(request, link, purpose);
  return record && isOnTheBooks(record, link) ? record : undefined;
}

/**
 * The record that a link points to, whatever its status. A practice that had noted a number in the wrong record and
 * mended it has moved the number to another person's record or to none: then the link points to nobody we may speak of.
 */
export async function storedRecord(
  request: Request,
  link: PatientLink | undefined,
  purpose: 'search' | 'book',
): Promise<PracticePatient | undefined> {
  if (link?.practiceRef === undefined) return undefined;
  const { system } = request.entry;
  const record = await system.readPatient(link.practiceRef, callFor(request, purpose));
  const moved = system.capabilities.storesNhsNumber && record?.nhsNumber !== link.nhsNumber;
  return moved ? undefined : record;
}

/**
 * The practice's one record of an NHS number. Several records are an error, never a guess: booking for the wrong one
 * would put an appointment into another person's record.
 */
export async function findRecord(
  request: Request,
  nhsNumber: NhsNumber,
  purpose: 'search' | 'book',
): Promise<PracticePatient | undefined> {
  const records = await request.entry.system.findPatients(nhsNumber, callFor(request, purpose));
  if (records.length > 1) {
    throw new GatewayError(
      'several-patient-records',
      'The practice holds several records with this NHS number. It must merge them before an appointment can be booked',
      { practice: request.entry.practice.odsCode },
    );
  }
  return records[0];
}

/**
 * Makes sure that the link is verified and recent, asking the national register where it is not. Answers the stored
 * link, or `undefined` when the person is not to be disclosed.
 *
 * An active record whose NHS number was never traced SHALL be verified before it is returned; one flagged sensitive,
 * invalid or superseded, or of a deceased person, SHALL NOT be returned.
 */
export async function verifiedLink(
  context: GatewayContext,
  request: Request,
  link: PatientLink,
  record: PracticePatient,
): Promise<PatientLink | undefined> {
  const now = context.runtime.clock.now();
  const fresh = link.tracedAt !== undefined && now - link.tracedAt < context.settings.retraceAfterMs;
  if (fresh && link.practiceRef === record.ref) return link;
  let verification;
  try {
    verification = await verifyPatient(context, request, link.nhsNumber, record.demographics);
  } catch (error) {
    // A person verified before stays verified while the register is away; anybody else has to wait for it.
    const wasVerified = link.status === 'verified' && link.practiceRef === record.ref;
    if (wasVerified && isGatewayError(error) && error.code === 'demographics-unavailable') return link;
    throw error;
  }
  if (verification.result === 'not-verified') {
    await noLongerVerified(context, request, link);
    return undefined;
  }
  const saved = await context.ledger.savePatientLink(
    {
      ...link,
      practiceRef: record.ref,
      status: verification.status,
      tracedAt: now,
      // What was registered here stays as it was sent; what the practice registered follows the national register.
      registered: link.temporaryRegistration ? link.registered : (verification.register ?? link.registered),
    },
    auditEvent(request, 'registration-outcome', now, { resources: [`Patient/${link.id}`], state: 'LINKED' }),
  );
  return saved ?? (await context.ledger.findPatientLink(link.practice, link.nhsNumber));
}

/** What the register last said holds while it is away: who is not to be spoken of now is not spoken of then. */
export async function noLongerVerified(context: GatewayContext, request: Request, link: PatientLink): Promise<void> {
  if (link.version === 0 || link.status !== 'verified') return;
  await context.ledger.savePatientLink(
    { ...link, status: 'untraced', tracedAt: undefined },
    auditEvent(request, 'registration-outcome', context.runtime.clock.now(), {
      resources: [`Patient/${link.id}`],
      state: 'UNVERIFIED',
    }),
  );
}
