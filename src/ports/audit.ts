/**
 * The audit trail: append-only, numbered without gaps, each row hashed together with the one before it. Every request
 * leaves one event, accepted or refused; it cannot be switched off.
 */
import type { Instant } from '../domain/time.js';

export interface AuditEvent {
  readonly at: Instant;
  readonly kind:
    | 'request'
    | 'booking-intent'
    | 'booking-outcome'
    | 'registration-intent'
    | 'registration-outcome'
    // A practice's capability has been switched; `state` says which, and to what.
    | 'enablement-changed'
    // Attempts whose time to be kept is over; `state` says whether their details were erased or they were deleted.
    | 'attempts-expired'
    // Somebody has used the operator port; has said what became of an attempt.
    | 'operator-request'
    | 'attempt-resolved';
  readonly practice: string | undefined;
  readonly interaction: string | undefined;
  readonly traceId: string | undefined;
  /** HTTP status and, for a refusal, our error code. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly consumerAsid: string | undefined;
  readonly organisation: string | undefined;
  readonly userId: string | undefined;
  readonly userName: string | undefined;
  readonly userRole: string | undefined;
  readonly device: string | undefined;
  /** Names of the certificate the consumer came with, where the transport tells. */
  readonly certificate?: string | undefined;
  /** What proxies on the way have put on the request (RFC 7239). */
  readonly forwarded?: string | undefined;
  /** Logical ids touched, for example `Patient/…`, `Appointment/…`. Never an NHS number. */
  readonly resources: readonly string[];
  /** State of the attempt, for booking events. */
  readonly state: string | undefined;
  /** Why an operator says so, in the operator's words; refused when it holds an NHS number. */
  readonly reason?: string | undefined;
}

type OwnEvent = Pick<AuditEvent, 'at' | 'kind' | 'practice' | 'resources' | 'state'>;

/** An event of the gateway's own doing, or of a request whose consumer was never learnt: nobody is named. */
export function ownEvent({ at, kind, practice, resources, state }: OwnEvent): AuditEvent {
  return {
    at,
    kind,
    practice,
    interaction: undefined,
    traceId: undefined,
    status: undefined,
    code: undefined,
    consumerAsid: undefined,
    organisation: undefined,
    userId: undefined,
    userName: undefined,
    userRole: undefined,
    device: undefined,
    resources,
    state,
  };
}

export interface AuditRow {
  readonly seq: number;
  readonly previousHash: string;
  readonly hash: string;
  readonly event: AuditEvent;
}

export interface AuditTrail {
  /**
   * Takes the event into the next group commit and answers at once, so that a read never waits for the disk.
   * Throws `GatewayError` `ledger-unavailable` when the trail cannot take any more.
   */
  record(event: AuditEvent): void;
  /** Resolves when everything recorded so far is durable. */
  flush(): Promise<void>;
  /** Rows from `seq` on, in order. */
  rows(fromSeq: number, limit: number): Promise<readonly AuditRow[]>;
  /** Recomputes the chain; the seq of the first row that does not fit, or `undefined`. */
  verify(): Promise<number | undefined>;
}
