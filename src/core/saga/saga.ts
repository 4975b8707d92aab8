/** A booking or a change of one under way, and the only way its state changes. */
import type { BookingRequest } from '../../domain/appointment.js';
import type { PracticePatientRef } from '../../domain/identifiers.js';
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { Attempt, AttemptChange, AttemptState, IdempotencyKey, PatientLink } from '../../ports/ledger.js';
import { auditEvent, type GatewayContext, type Request } from '../context.js';
import { outcomeUnknown } from './refusals.js';

/** Something under way that changes an attempt. */
export interface UnderWay {
  readonly context: GatewayContext;
  readonly request: Request;
  /** Aborts when the consumer has gone or its deadline has passed. */
  readonly signal: AbortSignal;
}

export interface Saga extends UnderWay {
  readonly booking: BookingRequest;
  readonly link: PatientLink;
  /** Of `link`, which has one by now. */
  readonly patientRef: PracticePatientRef;
  readonly key: IdempotencyKey;
  readonly fingerprint: string;
}

/** States that are entered before a call that may change something at the practice. */
export const INTENTS: ReadonlySet<AttemptState> = new Set<AttemptState>(['CONFIRMING', 'UNDOING', 'CANCELLING']);

export async function step(saga: UnderWay, attempt: Attempt, change: Omit<AttemptChange, 'at'>): Promise<Attempt> {
  const { context, request } = saga;
  const at = context.runtime.clock.now();
  const kind = INTENTS.has(change.state) ? 'booking-intent' : 'booking-outcome';
  const event = auditEvent(request, kind, at, { resources: [`Appointment/${attempt.id}`], state: change.state });
  const changed = await context.ledger.change(attempt.id, attempt.version, { ...change, at }, event);
  // Somebody else was faster: theirs is the truth.
  const current = changed ?? (await context.ledger.readAttempt(attempt.practice, attempt.id));
  if (!current) throw new GatewayError('internal', 'A booking attempt has vanished from the ledger');
  return current;
}

/**
 * Records what the practice has answered. The consumer is told nothing that is not durable: while the ledger cannot
 * write, it is tried again until the deadline, and then the outcome is unknown.
 */
export async function finish(saga: UnderWay, attempt: Attempt, change: Omit<AttemptChange, 'at'>): Promise<Attempt> {
  for (;;) {
    try {
      return await step(saga, attempt, change);
    } catch (error) {
      if (!isGatewayError(error) || error.code !== 'ledger-unavailable') throw error;
      if (saga.signal.aborted) throw outcomeUnknown(attempt.practice, attempt);
      await saga.context.runtime.timers.sleep(100, saga.signal);
    }
  }
}
