/** What every operation is given: the seams it may use, and who asks for what at which practice. */
import { loggableTraceId, type Caller } from '../domain/caller.js';
import { GatewayError } from '../domain/errors.js';
import type { Enablement } from '../domain/practice.js';
import type { AuditEvent, AuditTrail } from '../ports/audit.js';
import type { Demographics } from '../ports/demographics.js';
import type { Ledger } from '../ports/ledger.js';
import type { Call } from '../ports/practice-system.js';
import type { Log, Runtime } from '../ports/runtime.js';
import type { PracticeEntry } from './directory.js';
import type { KeyedLocks } from './locks.js';
import type { Reconciler } from './reconcile.js';

export interface CoreSettings {
  /** How long a consumer's booking request may take in all. */
  readonly bookingDeadlineMs: number;
  /** How long a federated search may take; practices that have not answered by then are named as missing. */
  readonly federationDeadlineMs: number;
  /** Length of a temporary registration. */
  readonly temporaryRegistrationDays: number;
  /** After this long the national register is asked again about a patient who was verified before. */
  readonly retraceAfterMs: number;
  /** How long a booking of equal content counts as the same one. */
  readonly contentWindowMs: number;
  /** How many bookings of a consumer, and of a patient, may have no known outcome yet, at each practice. */
  readonly openOutcomesOfConsumer: number;
  readonly openOutcomesOfPatient: number;
}

export interface GatewayContext {
  readonly ledger: Ledger;
  readonly audit: AuditTrail;
  readonly demographics: Demographics;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly locks: KeyedLocks;
  readonly reconciler: Reconciler;
  readonly settings: CoreSettings;
}

/** One consumer request, addressed to one practice. */
export interface Request {
  readonly entry: PracticeEntry;
  readonly caller: Caller;
  /** Aborts when the consumer has gone. */
  readonly signal: AbortSignal;
}

export function callFor(request: Request, purpose: Call['purpose'], signal = request.signal): Call {
  return { signal, traceId: loggableTraceId(request.caller.traceId), purpose };
}

const CAPABILITY_NAMES: Record<keyof Enablement, string> = {
  foundations: 'Foundations',
  appointmentManagement: 'Appointment Management',
};

/** A capability that the practice's data controller has not switched on SHALL be refused with `ACCESS_DENIED`. */
export function requireEnabled(request: Request, capability: keyof Enablement): void {
  const { practice } = request.entry;
  if (practice.enabled[capability]) return;
  throw new GatewayError('access-denied', `${CAPABILITY_NAMES[capability]} is not enabled at this practice`);
}

type CallerFields = Pick<AuditEvent, 'consumerAsid' | 'organisation' | 'userId' | 'userName' | 'userRole' | 'device'>;

/** Who asked, as an audit event names them; nobody, where it was never learnt. */
export function auditedCaller(caller: Caller | undefined): CallerFields {
  return {
    consumerAsid: caller?.asid,
    organisation: caller?.organisation.odsCode,
    userId: caller?.user.id,
    userName: caller?.user.name,
    userRole: caller?.user.sdsRoleProfileId,
    device: caller && `${caller.device.model} ${caller.device.version}`,
  };
}

/** An audit event of something that this request makes happen. */
export function auditEvent(
  { caller, entry }: Request,
  kind: AuditEvent['kind'],
  at: number,
  { resources, state }: Pick<AuditEvent, 'resources' | 'state'>,
): AuditEvent {
  return {
    at,
    kind,
    practice: entry.practice.odsCode,
    interaction: caller.interactionId,
    traceId: caller.traceId,
    status: undefined,
    code: undefined,
    ...auditedCaller(caller),
    resources,
    state,
  };
}
