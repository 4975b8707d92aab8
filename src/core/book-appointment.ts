/**
 * Book an appointment: exactly once, or not at all, or honestly unknown.
 *
 * The attempt is claimed in the ledger, its intent is durable before the practice is called, its outcome is durable
 * before the consumer is told, and silence from the practice is never taken for a no. States: `ports/ledger.ts`.
 */
import type { Appointment, BookingRequest } from '../domain/appointment.js';
import { GatewayError, isGatewayError } from '../domain/errors.js';
import type { AppointmentId } from '../domain/identifiers.js';
import { principalOf } from '../domain/caller.js';
import type { Attempt, AttemptChange, IdempotencyKey, PatientLink } from '../ports/ledger.js';
import type { PracticeAppointment, WriteAnswer } from '../ports/practice-system.js';
import { detailsOf, toAppointment } from './rows/attempt.js';
import { auditEvent, callFor, requireEnabled, type GatewayContext, type Request } from './context.js';
import { fingerprintOf, transportKey } from './rows/fingerprint.js';
import { isActive } from './rows/patient-link.js';
import { checkAgainstPlaces, checkBeforeReading, placeOf, slotTaken, type Place } from './rules/place-rules.js';
import { releaseIfCancelled } from './read-appointment.js';

export interface Booked {
  readonly appointment: Appointment;
  /** The request repeats one that was answered, or settled, before. */
  readonly replayed: boolean;
}

/** How an attempt stands when its place is given free for the next. */
type Outcome = { readonly attempt: Attempt; readonly replayed: boolean };

export function outcomeUnknown(practice: string, attempt?: Attempt): GatewayError {
  const reference = attempt ? ` Reference: ${attempt.id}` : '';
  return new GatewayError(
    'outcome-unknown',
    'The practice system has not confirmed the booking and its outcome is not yet known. Do not book another slot; ' +
      `send this request again unchanged, or read the patient's appointments, to learn the outcome.${reference}`,
    { practice, retryAfterSeconds: 5 },
  );
}

function notBooked(practice: string): GatewayError {
  return new GatewayError(
    'practice-unavailable',
    'The practice system cannot be reached. Nothing was booked; the request can be sent again safely',
    { practice, retryAfterSeconds: 10 },
  );
}

function contended(practice: string): GatewayError {
  return new GatewayError(
    'place-contended',
    'Another booking of this slot is still being settled. Send the request again, or search for another slot',
    { practice, fhirPath: 'Appointment.slot', retryAfterSeconds: 10 },
  );
}

export async function bookAppointment(
  context: GatewayContext,
  request: Request,
  booking: BookingRequest,
  explicitKey: IdempotencyKey | undefined,
): Promise<Booked> {
  requireEnabled(request, 'appointmentManagement');
  const { practice, system } = request.entry;
  const { clock, timers } = context.runtime;
  checkBeforeReading(booking, practice, clock.now(), system.capabilities.multiSlot);
  const link = await context.ledger.readPatientLink(practice.odsCode, booking.patientId);
  if (link?.practiceRef === undefined) {
    throw new GatewayError(
      'reference-not-found',
      'The patient does not exist at this practice. Register the patient first',
      {
        fhirPath: 'Appointment.participant.actor',
      },
    );
  }

  const ended = new AbortController();
  const deadline = new AbortController();
  void timers.sleep(context.settings.bookingDeadlineMs, ended.signal).then(() => deadline.abort());
  const signal = AbortSignal.any([request.signal, deadline.signal]);
  try {
    const fingerprint = fingerprintOf(practice.odsCode, booking);
    const key: IdempotencyKey = explicitKey ?? {
      source: 'transport',
      key: transportKey(request.caller.asid, request.caller.traceId, fingerprint),
    };
    const saga: Saga = { context, request, booking, link, key, fingerprint, signal };
    const locks = [
      ...new Set(booking.slots.map((slot) => `place/${practice.odsCode}/${system.lockKeyOf(slot)}`)),
    ].sort();
    const outcome = await underLocks(context, locks, signal, () => bookAlone(saga));
    if (!outcome) throw contended(practice.odsCode);
    return await told(saga, outcome);
  } finally {
    ended.abort();
  }
}

interface Saga {
  readonly context: GatewayContext;
  readonly request: Request;
  readonly booking: BookingRequest;
  readonly link: PatientLink;
  readonly key: IdempotencyKey;
  readonly fingerprint: string;
  /** Aborts when the consumer has gone or its deadline has passed. */
  readonly signal: AbortSignal;
}

/** Several places are locked in sorted order, so that no two bookings can wait for each other. */
async function underLocks<T>(
  context: GatewayContext,
  keys: readonly string[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const [first, ...rest] = keys;
  if (first === undefined) return work();
  const outcome = await context.locks.run(first, signal, () => underLocks(context, rest, signal, work));
  return outcome?.value;
}

async function bookAlone(saga: Saga): Promise<Outcome> {
  const { context, request, booking, signal } = saga;
  const { practice } = request.entry;
  const earlier = await context.ledger.findRepeat(
    practice.odsCode,
    principalOf(request.caller),
    saga.key,
    saga.fingerprint,
    context.runtime.clock.now() - context.settings.contentWindowMs,
  );
  if (earlier) return { attempt: sameRequest(saga, earlier), replayed: true };
  if (!isActive(saga.link, context.runtime.clock.now())) {
    throw new GatewayError('reference-not-found', 'The registration has run out. Register the patient again', {
      fhirPath: 'Appointment.participant.actor',
    });
  }

  const places = await readPlaces(saga);
  checkAgainstPlaces(booking, practice, places, context.runtime.clock.now());
  const claimed = await claim(saga, places);
  if (claimed.replayed) return claimed;
  try {
    // Nothing is ever sent for a consumer that no longer waits.
    if (signal.aborted) {
      await finish(saga, claimed.attempt, { state: 'NOT_BOOKED', evidence: 'consumer gone before the call' });
      throw notBooked(practice.odsCode);
    }
    return { attempt: await confirm(saga, claimed.attempt), replayed: false };
  } catch (error) {
    // Whatever ended it, the row is not left open without somebody who looks after it.
    context.reconciler.watch(claimed.attempt, request.entry);
    throw error;
  }
}

/** A key that comes back with another content is a mistake of the consumer, and SHALL NOT get the first one's answer. */
function sameRequest(saga: Saga, earlier: Attempt): Attempt {
  if (earlier.fingerprint === saga.fingerprint) return earlier;
  throw new GatewayError(
    'idempotency-key-reused',
    'This idempotency key or identifier was used for a different booking. Use a new one',
  );
}

async function readPlaces(saga: Saga): Promise<[Place, ...Place[]]> {
  const { request, booking, signal } = saga;
  const call = callFor(request, 'book', signal);
  const [first, ...rest] = await Promise.all(
    booking.slots.map(async (slot) => placeOf(await request.entry.system.readPlace(slot, call))),
  );
  if (!first)
    throw new GatewayError('invalid-resource', 'At least one slot is needed', { fhirPath: 'Appointment.slot' });
  return [first, ...rest];
}

async function claim(saga: Saga, places: readonly [Place, ...Place[]]): Promise<Outcome> {
  const { context, request, booking, link, key, fingerprint } = saga;
  const { practice } = request.entry;
  const { clock, ids } = context.runtime;
  const [{ slot, schedule }] = places;
  if (link.practiceRef === undefined) throw new GatewayError('internal', 'A booking for a patient without a record');
  const id = ids.next() as AppointmentId;
  const now = clock.now();
  const attempt = {
    id,
    practice: practice.odsCode,
    principal: principalOf(request.caller),
    key,
    fingerprint,
    clientReference: id,
    slots: places.map((place) => ({ id: place.slot.id, start: place.slot.start, end: place.slot.end })),
    patientId: booking.patientId,
    request: { patientRef: link.practiceRef },
    details: detailsOf(booking, practice, slot, schedule),
    receivedAt: now,
  };
  const event = auditEvent(request, 'booking-intent', now, { resources: [`Appointment/${id}`], state: 'RECEIVED' });
  for (;;) {
    const claimed = await context.ledger.claim(attempt, context.settings.contentWindowMs, event);
    if (claimed.kind === 'new') return { attempt: claimed.attempt, replayed: false };
    if (claimed.kind === 'existing') return { attempt: sameRequest(saga, claimed.attempt), replayed: true };
    // The slot belongs to another attempt. Where the practice sells exact times and shows this one free, the booking
    // may have been cancelled at the desk; a place in a queue is sold once and for all.
    if (claimed.attempt.state !== 'BOOKED') throw contended(practice.odsCode);
    if (slot.timing === 'estimated' || !(await releaseIfCancelled(context, request, claimed.attempt)))
      throw slotTaken();
  }
}

/** The call that creates the booking, with its intent before and its outcome after it. */
async function confirm(saga: Saga, received: Attempt): Promise<Attempt> {
  const { context, request, booking, link, signal } = saga;
  const { practice, system } = request.entry;
  const { clock } = context.runtime;
  if (link.practiceRef === undefined) throw new GatewayError('internal', 'A booking for a patient without a record');
  const sentAt = clock.now();
  const sending = await step(saga, received, {
    state: 'CONFIRMING',
    sentAt,
    settleAt: sentAt + system.capabilities.settleMs,
  });
  if (sending.state !== 'CONFIRMING') throw contended(practice.odsCode);
  const practiceRequest = {
    slots: booking.slots,
    patientRef: link.practiceRef,
    clientReference: received.clientReference,
  };
  let answer = await system.book(practiceRequest, callFor(request, 'book', signal));
  if (answer.class === 'not-sent' && !signal.aborted) {
    answer = await system.book(practiceRequest, callFor(request, 'book', signal));
  }
  context.log.info('booking-answered', {
    practice: practice.odsCode,
    attempt: received.id,
    class: answer.class,
    traceId: request.caller.traceId,
  });
  switch (answer.class) {
    case 'done':
      return finish(saga, sending, bookedAs(answer.value));
    case 'refused':
      await finish(saga, sending, { state: 'REJECTED', evidence: `refused: ${answer.reason}` });
      if (answer.reason === 'slot-taken' || answer.reason === 'not-allowed') throw slotTaken();
      if (answer.reason === 'patient-unknown') {
        throw new GatewayError(
          'reference-not-found',
          'The practice no longer has this patient. Find or register the patient again',
          {
            fhirPath: 'Appointment.participant.actor',
          },
        );
      }
      throw new GatewayError(
        'practice-system-fault',
        'The practice system did not accept the booking. Nothing was booked',
        {
          practice: practice.odsCode,
        },
      );
    case 'not-sent':
    case 'auth':
      await finish(saga, sending, { state: 'NOT_BOOKED', evidence: answer.class });
      throw notBooked(practice.odsCode);
    case 'unknown': {
      const open = await finish(saga, sending, { state: 'CONFIRM_OPEN', evidence: answer.reason });
      if (answer.late) acceptLateAnswer(saga, open, answer.late);
      context.reconciler.watch(open, request.entry);
      return open;
    }
  }
}

export function bookedAs(appointment: PracticeAppointment): Omit<AttemptChange, 'at'> {
  return {
    state: 'BOOKED',
    practiceRef: appointment.ref,
    start: appointment.start,
    end: appointment.end,
    evidence: 'confirmed by the practice',
  };
}

/** An answer that comes after we stopped waiting is as good a proof as one in time. */
function acceptLateAnswer(saga: Saga, open: Attempt, late: Promise<WriteAnswer<PracticeAppointment>>): void {
  const { context } = saga;
  void late
    .then(async (answer) => {
      if (answer.class !== 'done' && answer.class !== 'refused') return;
      const current = await context.ledger.readAttempt(open.practice, open.id);
      if (current?.state !== 'CONFIRM_OPEN') return;
      await step(
        saga,
        current,
        answer.class === 'done'
          ? { ...bookedAs(answer.value), evidence: 'late answer' }
          : { state: 'REJECTED', evidence: `late refusal: ${answer.reason}` },
      );
    })
    .catch((error: unknown) => {
      // The reconciler looks at the row anyway.
      context.log.warn('late-answer-not-recorded', {
        attempt: open.id,
        ...(isGatewayError(error) && { code: error.code }),
      });
    });
}

async function step(saga: Saga, attempt: Attempt, change: Omit<AttemptChange, 'at'>): Promise<Attempt> {
  const { context, request } = saga;
  const at = context.runtime.clock.now();
  const kind = change.state === 'CONFIRMING' ? 'booking-intent' : 'booking-outcome';
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
async function finish(saga: Saga, attempt: Attempt, change: Omit<AttemptChange, 'at'>): Promise<Attempt> {
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

/** Turns the state of the attempt into the consumer's answer; an open one is waited for until the deadline. */
async function told(saga: Saga, outcome: Outcome): Promise<Booked> {
  const { context, request, signal } = saga;
  const { odsCode } = request.entry.practice;
  const attempt = await context.reconciler.settled(outcome.attempt, request.entry, signal);
  const appointment = toAppointment(attempt);
  if (appointment?.status === 'booked') return { appointment, replayed: outcome.replayed };
  switch (attempt.state) {
    case 'CANCELLED':
      throw new GatewayError(
        'slot-taken',
        'The appointment made with this request was cancelled. Search for free slots again',
      );
    case 'REJECTED':
      throw slotTaken();
    case 'NOT_BOOKED':
      throw notBooked(odsCode);
    default:
      throw outcomeUnknown(odsCode, attempt);
  }
}
