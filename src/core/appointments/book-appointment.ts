/**
 * Book an appointment: exactly once, or not at all, or honestly unknown.
 *
 * The attempt is claimed in the ledger, its intent is durable before the practice is called, its outcome is durable
 * before the consumer is told, and silence from the practice is never taken for a no. States: `ports/ledger.ts`.
 */
import type { Appointment, BookingRequest } from '../../domain/appointment.js';
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { AppointmentId } from '../../domain/identifiers.js';
import { principalOf } from '../../domain/caller.js';
import type { Asked, Attempt, IdempotencyKey } from '../../ports/ledger.js';
import { detailsOf, toAppointment } from '../rows/attempt.js';
import { auditEvent, callFor, requireEnabled, type GatewayContext, type Request } from '../context.js';
import { underPlaceLocks, withinDeadline } from './frame.js';
import { fingerprintOf, transportKey } from '../rows/fingerprint.js';
import { isActive, linkedRecord } from '../rows/patient-link.js';
import { mayOwnUnknown } from '../rows/practice-bookings.js';
import { refuseSensitive } from '../patients/sensitivity.js';
import { refuseTooManyOpen } from '../rules/open-outcomes.js';
import { checkAgainstPlaces, checkBeforeReading, placeOf, type Place } from '../rules/place-rules.js';
import { withinCaps } from '../rules/slot-cap.js';
import { hasLeft, mirroredIfKnown } from './mirror.js';
import { confirm } from '../saga/confirm.js';
import { contended, notBooked, outcomeUnknown, patientGone, refusalOf, slotTaken } from '../saga/refusals.js';
import { finish, type Saga } from '../saga/saga.js';
import { takenPlacesOf } from '../sharing/taken-places.js';

export interface Booked {
  readonly appointment: Appointment;
  /** The request repeats one that was answered, or settled, before. */
  readonly replayed: boolean;
}

/** How an attempt stands when its place is given free for the next. */
interface Outcome {
  readonly attempt: Attempt;
  readonly replayed: boolean;
}

export async function bookAppointment(
  context: GatewayContext,
  request: Request,
  booking: BookingRequest,
  explicitKey: IdempotencyKey | undefined,
): Promise<Booked> {
  requireEnabled(request, 'appointmentManagement');
  const { practice, system } = request.entry;
  const { clock } = context.runtime;
  checkBeforeReading(booking, practice, clock.now(), system.capabilities.multiSlot);
  const cameAt = clock.monotonic();
  return withinDeadline(context, request, async (signal) => {
    const link = await context.ledger.readPatientLink(practice.odsCode, booking.patientId);
    if (link?.practiceRef === undefined) {
      const message = 'The patient does not exist at this practice. Register the patient first';
      throw new GatewayError('reference-not-found', message, { fhirPath: 'Appointment.participant.actor' });
    }
    await refuseSensitive(context, { ...request, signal }, link);
    const fingerprint = fingerprintOf(practice.odsCode, booking);
    const key: IdempotencyKey = explicitKey ?? {
      source: 'transport',
      key: transportKey(request.caller.asid, request.caller.traceId, fingerprint),
    };
    const saga: Saga = { context, request, booking, link, patientRef: link.practiceRef, key, fingerprint, signal };
    const outcome = await underPlaceLocks(context, request, booking.slots, signal, () => bookAlone(saga, cameAt));
    // What was waited for may have been this very request, sent before: then its outcome is the answer.
    const earlier = outcome ?? (await repeatOf(saga));
    if (!earlier) throw contended(practice.odsCode);
    return told(saga, earlier);
  });
}

/** The attempt that this request repeats, if it does. */
async function repeatOf(saga: Saga): Promise<Outcome | undefined> {
  const { context, request, key, fingerprint } = saga;
  const asked: Asked = {
    practice: request.entry.practice.odsCode,
    principal: principalOf(request.caller),
    key,
    fingerprint,
    receivedAt: context.runtime.clock.now(),
  };
  const earlier = await context.ledger.findRepeat(asked, context.settings.contentWindowMs);
  if (earlier?.by !== 'content') return earlier && { attempt: sameRequest(saga, earlier.attempt), replayed: true };
  // Who books again what the desk has cancelled means another booking.
  const current = await mirroredIfKnown(context, request, earlier.attempt);
  if (current.state === 'CANCELLED') return undefined;
  const attempt = await bindRepeat(saga, asked, current);
  return attempt && { attempt, replayed: true };
}

/** The key that the request came with is one of the attempt's keys from now on. */
async function bindRepeat({ context, key }: Saga, asked: Asked, found: Attempt): Promise<Attempt | undefined> {
  try {
    return await context.ledger.bindRepeat(asked, context.settings.contentWindowMs);
  } catch (error) {
    if (!isGatewayError(error) || error.code !== 'ledger-unavailable') throw error;
    // Nobody sends a trace id on purpose to be known again by it. A consumer that names its booking is to rely on that
    // name; and what stands is not to be told as not booked, because its name could not be written down.
    if (key.source === 'transport') return found;
    throw outcomeUnknown(found.practice, found);
  }
}

async function bookAlone(saga: Saga, cameAt: number): Promise<Outcome> {
  const { context, request, booking, signal } = saga;
  const { system } = request.entry;
  const earlier = await repeatOf(saga);
  if (earlier) return earlier;
  if (!isActive(saga.link, context.runtime.clock.now())) {
    throw new GatewayError('reference-not-found', 'The registration has run out. Register the patient again', {
      fhirPath: 'Appointment.participant.actor',
    });
  }

  await refuseConfusable(saga);
  // Whoever was before it in the line may have been told already.
  const taken = takenPlacesOf(system);
  if (booking.slots.some((slot) => taken.isTaken(slot, cameAt))) throw slotTaken();
  const end = await system.beginBooking?.(callFor(request, 'book', signal));
  try {
    return await bookInTurn(saga);
  } finally {
    end?.();
  }
}

/** From the first look at the places to the last call to the practice. */
async function bookInTurn(saga: Saga): Promise<Outcome> {
  const { context, request, booking, signal } = saga;
  const { practice } = request.entry;
  const [places, record] = await Promise.all([
    readPlaces(saga),
    linkedRecord({ ...request, signal }, saga.link, 'book'),
    refuseTooManyOpen(saga),
  ]);
  // The practice may have moved the NHS number to another record since the patient was found.
  if (!record) throw patientGone();
  checkAgainstPlaces(booking, practice, places, context.runtime.clock.now());
  const claimed = await withinCaps(saga, places, () => claim(saga, places));
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

/**
 * Where a booking can only be found again among its patient's, two open ones at one place could each be taken for the
 * other: the second has to wait until the first is settled.
 */
async function refuseConfusable({ context, request, booking }: Saga): Promise<void> {
  const { practice, system } = request.entry;
  if (system.capabilities.lookUp !== 'by-patient') return;
  const places = new Set(booking.slots.map((slot) => system.lockKeyOf(slot)));
  const open = await context.ledger.openSlotsOf(practice.odsCode, booking.patientId);
  const confusable = open.some((held) => mayOwnUnknown(held) && places.has(system.lockKeyOf(held.slot)));
  if (confusable) throw contended(practice.odsCode, 'of this patient in the same session');
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
  const { context, request, booking, signal } = saga;
  const { system } = request.entry;
  const call = callFor(request, 'book', signal);
  const began = context.runtime.clock.monotonic();
  const [first, ...rest] = await Promise.all(
    booking.slots.map(async (slot) => {
      const view = await system.readPlace(slot, call);
      if (view.state === 'taken') takenPlacesOf(system).found(slot, began);
      return placeOf(view);
    }),
  );
  if (!first)
    throw new GatewayError('invalid-resource', 'At least one slot is needed', { fhirPath: 'Appointment.slot' });
  return [first, ...rest];
}

async function claim(saga: Saga, places: readonly [Place, ...Place[]]): Promise<Outcome> {
  const { context, request, booking, patientRef, key, fingerprint } = saga;
  const { practice } = request.entry;
  const { clock, ids } = context.runtime;
  const [{ slot, schedule }] = places;
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
    request: { patientRef },
    scheduleId: schedule.id,
    details: detailsOf(booking, practice, slot, schedule),
    receivedAt: now,
  };
  const event = auditEvent(request, 'booking-intent', now, { resources: [`Appointment/${id}`], state: 'RECEIVED' });
  for (;;) {
    const claimed = await context.ledger
      .claim(attempt, context.settings.contentWindowMs, event)
      .catch((error: unknown) => {
        // Whether it stands in the ledger is not proven: if it does, it must not hold its slot for ever.
        context.reconciler.watch(attempt, request.entry);
        throw error;
      });
    if (claimed.kind === 'new') return { attempt: claimed.attempt, replayed: false };
    if (claimed.kind === 'existing') return { attempt: sameRequest(saga, claimed.attempt), replayed: true };
    // The slot belongs to another attempt. Where the practice sells exact times and shows this one free, the booking
    // may have been cancelled or moved at the desk; a place in a queue is sold once and for all.
    if (claimed.attempt.state !== 'BOOKED') throw contended(practice.odsCode);
    if (slot.timing === 'estimated' || !(await hasLeft(context, request, claimed.attempt, booking.slots)))
      throw slotTaken();
  }
}

/** Turns the state of the attempt into the consumer's answer; an open one is waited for until the deadline. */
async function told(saga: Saga, outcome: Outcome): Promise<Booked> {
  const { context, request, signal } = saga;
  const { odsCode } = request.entry.practice;
  const settled = await context.reconciler.settled(outcome.attempt, request.entry, signal);
  const attempt = outcome.replayed ? await mirroredIfKnown(context, request, settled) : settled;
  const appointment = toAppointment(attempt);
  if (appointment?.status === 'booked') return { appointment, replayed: outcome.replayed };
  switch (attempt.state) {
    case 'CANCELLED':
      throw new GatewayError(
        'slot-taken',
        'The appointment made with this request was cancelled. Search for free slots again',
      );
    case 'REJECTED':
      throw refusalOf(attempt.evidence, odsCode);
    case 'NOT_BOOKED':
      throw notBooked(odsCode);
    default:
      throw outcomeUnknown(odsCode, attempt);
  }
}
