/**
 * What happened, as seen from outside the gateway: one event each, in the order of virtual time. The checker reads
 * nothing else.
 */
import type { AttemptState } from '../../src/ports/ledger.js';

export type OperationKind = 'book' | 'cancel' | 'amend' | 'read';

/** A consumer sends a request. Times are milliseconds since the start of the history. */
export interface Invoke {
  readonly type: 'invoke';
  readonly at: number;
  readonly op: string;
  readonly kind: OperationKind;
  readonly principal: string;
  /** The idempotency key as the consumer names it; of a booking. */
  readonly key?: string;
  /** What is asked for: equal content, equal text. */
  readonly content?: string;
  readonly slots?: readonly string[];
  readonly patient?: string;
  /** Of a change or a read. */
  readonly appointment?: string;
  /** The version that a change quotes. */
  readonly quotes?: string;
}

/**
 * What the consumer learns. `info`: nothing certain, whatever the answer was; it stays possible for ever that the
 * request did what was asked.
 */
export interface Return {
  readonly type: 'return';
  readonly at: number;
  readonly op: string;
  readonly result: 'ok' | 'fail' | 'info';
  /** Our error code, or why there was no answer. */
  readonly code?: string;
  /** Also where the answer was lost on the way to the consumer. */
  readonly appointment?: string;
  readonly version?: string;
  readonly status?: string;
  readonly replayed?: boolean;
}

/** The consumer has left, or the time it may be kept waiting is over. */
export interface Gone {
  readonly type: 'gone';
  readonly at: number;
  readonly op: string;
}

/** A write leaves the gateway. */
export interface Send {
  readonly type: 'send';
  readonly at: number;
  readonly write: 'book' | 'cancel';
  /** The request it is sent for; absent when it is the gateway's own doing. */
  readonly op?: string;
  /** The attempt a booking is made for. */
  readonly attempt?: string;
  /** The practice's reference that a cancellation names. */
  readonly ref?: string;
}

/** The practice does something. Its own truth, whatever it tells the gateway. */
export interface Effect {
  readonly type: 'effect';
  readonly at: number;
  readonly write: 'book' | 'cancel';
  readonly by: 'gateway' | 'staff';
  readonly ref: string;
  readonly slot: string;
  readonly patient: string;
  /** The attempt that the booking was made for. */
  readonly attempt?: string;
}

/** A row of the ledger is committed together with its audit event. */
export interface Change {
  readonly type: 'change';
  readonly at: number;
  readonly attempt: string;
  readonly state: AttemptState;
  readonly version: number;
  readonly revision: number;
  readonly slots: readonly string[];
  /** Of the first change: who claimed it, and with which key. */
  readonly claimedBy?: { readonly principal: string; readonly key: string; readonly op: string | undefined };
}

export interface Kill {
  readonly type: 'kill' | 'start';
  readonly at: number;
  readonly process: string;
}

export type HistoryEvent = Invoke | Return | Gone | Send | Effect | Change | Kill;

/** A row of the ledger at the end. */
export interface FinalRow {
  readonly attempt: string;
  readonly state: AttemptState;
  readonly refs: readonly string[];
  readonly told: boolean;
}

export interface History {
  readonly events: readonly HistoryEvent[];
  /** The ledger when everything is quiet. */
  readonly rows: readonly FinalRow[];
  /** Attempts on the operator's list. */
  readonly listed: readonly string[];
  /** Bookings that a place takes. */
  readonly capacity: number;
  readonly audit: { readonly requests: number; readonly requestEvents: number; readonly chainHolds: boolean };
  /** Everything that left the gateway for people who may not see patients: logs, metrics, audit. */
  readonly texts: readonly string[];
  /** Words that must not be in any of them. */
  readonly canaries: readonly string[];
}
