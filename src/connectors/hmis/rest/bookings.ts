/**
 * Booking (A5) and cancelling (A8). HMIS gives the next number of the session whatever was asked for, so a booking is
 * checked against the slot it was made for, and taken back when it cannot keep the slot's time.
 */
import type { PracticeAppointmentRef } from '../../../domain/identifiers.js';
import type { Call, PracticeAppointment, PracticeBookingRequest, WriteAnswer } from '../../../ports/practice-system.js';
import { classify, type Answer } from '../../exchange/index.js';
import { keepsTime, timeOfToken } from '../projection.js';
import { parseSlotId, type SlotKey } from '../slot-id.js';
import { refOf, type Appointments } from './appointments.js';
import { parseBooking, type HmisBooking } from './booking-row.js';
import type { HmisConnection } from './connection.js';
import { openEnvelope } from './envelope.js';
import { isHmisId, notSentAfter } from './patients.js';
import type { OwnSession, Sessions } from './sessions.js';

export interface Bookings {
  book(request: PracticeBookingRequest, call: Call): Promise<WriteAnswer<PracticeAppointment>>;
  cancel(ref: PracticeAppointmentRef, reason: string, call: Call): Promise<WriteAnswer<PracticeAppointment>>;
}

type Answered = WriteAnswer<PracticeAppointment>;

interface Asked {
  readonly request: PracticeBookingRequest;
  readonly key: SlotKey;
  readonly own: OwnSession;
  readonly call: Call;
}

const SLOT_TAKEN: Answered = { class: 'refused', reason: 'slot-taken' };
/** What a member of text holds in HMIS. */
const MOST_COMMENT = 255;

export function createBookings(connection: HmisConnection, sessions: Sessions, appointments: Appointments): Bookings {
  const { settings, practice } = connection;
  const { slotPolicy: policy, timeouts } = settings;

  const notOurs = (operation: string, call: Call): Answered => {
    connection.alarm('practice.answer-not-ours', { operation, traceId: call.traceId });
    return { class: 'unknown', reason: 'answer-not-ours' };
  };
  const keyRefused = (operation: string, call: Call): Answered => {
    connection.alarm('practice.key-refused', { operation, traceId: call.traceId });
    return { class: 'auth' };
  };
  /** Reads that follow a write are ours, not the consumer's: they run whether or not it still waits. */
  const ownCall = (call: Call): Call => ({
    ...call,
    signal: AbortSignal.timeout(timeouts.readMs),
    purpose: 'reconcile',
  });

  const readCancelled = async (answer: Answer, ref: PracticeAppointmentRef, call: Call): Promise<Answered> => {
    const envelope = openEnvelope(answer);
    switch (envelope.kind) {
      case 'data': {
        const booking = parseBooking(envelope.data, practice.zone);
        if (refOf(booking) !== ref) return notOurs('cancel', call);
        if (booking.status !== 'cancelled') return { class: 'unknown', reason: 'not-cancelled' };
        return cancelledAs(booking, call);
      }
      case 'auth':
        return keyRefused('cancel', call);
      case 'error':
        if (envelope.status === 404) return { class: 'refused', reason: 'not-found' };
        if (envelope.status === 400) return { class: 'refused', reason: 'invalid' };
        if (envelope.status === 409) return afterConflict(ref, call);
        return { class: 'unknown', reason: 'refusal-not-known' };
      default:
        return { class: 'unknown', reason: 'envelope' };
    }
  };

  /** A conflict is most often "already cancelled", and the booking itself says whether it is. */
  const afterConflict = async (ref: PracticeAppointmentRef, call: Call): Promise<Answered> => {
    const booking = await appointments.readBooking(ref, ownCall(call));
    if (!booking) return { class: 'refused', reason: 'not-found' };
    return booking.status === 'cancelled' ? cancelledAs(booking, call) : { class: 'refused', reason: 'not-allowed' };
  };

  const cancelledAs = async (booking: HmisBooking, call: Call): Promise<Answered> => {
    const value = await appointments.toAppointment(booking, ownCall(call)).catch(() => undefined);
    // The session may have gone; the cancellation is proven all the same.
    const start = booking.appointmentAt ?? 0;
    const patientRef = String(booking.patientId ?? '') as PracticeAppointment['patientRef'];
    const { createdAt } = booking;
    const bare = {
      ref: refOf(booking),
      status: 'cancelled' as const,
      start,
      end: start,
      patientRef,
      createdAt,
      place: undefined,
    };
    return { class: 'done', value: value ?? bare };
  };

  const cancel = async (ref: PracticeAppointmentRef, reason: string, call: Call): Promise<Answered> => {
    if (!isHmisId(ref)) return { class: 'refused', reason: 'not-found' };
    const outcome = await connection.exchange.write({
      operation: 'cancel',
      method: 'PUT',
      path: `/api/channel/bookings/${ref}/cancel`,
      body: { comment: reason.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, MOST_COMMENT) },
      timeoutMs: timeouts.cancelMs,
      finishes: true,
      signal: call.signal,
      maySend: call.maySend,
    });
    return classify(outcome, (answer) => readCancelled(answer, ref, call));
  };

  /** Only a proven cancellation makes "taken" true: otherwise there is a booking that nobody asked for. */
  const afterTakingBack = (answer: Answered): Answered => {
    if (answer.class === 'done') return SLOT_TAKEN;
    const late = answer.class === 'unknown' ? answer.late?.then(afterTakingBack) : undefined;
    return { class: 'unknown', reason: 'not-taken-back', ...(late ? { late } : {}) };
  };

  const takeBack = async (booking: HmisBooking, call: Call): Promise<Answered> => {
    connection.warn('practice.booking-taken-back', { operation: 'book', traceId: call.traceId });
    const answer = await cancel(refOf(booking), 'Not at the time of the published slot', {
      ...call,
      signal: AbortSignal.timeout(timeouts.cancelMs),
    });
    return afterTakingBack(answer);
  };

  const readBooked = async (answer: Answer, asked: Asked): Promise<Answered> => {
    const envelope = openEnvelope(answer);
    switch (envelope.kind) {
      case 'data':
        return checkBooked(parseBooking(envelope.data, practice.zone), asked);
      case 'auth':
        return keyRefused('book', asked.call);
      case 'error':
        if (envelope.status === 409) return SLOT_TAKEN;
        if (envelope.status === 400) return { class: 'refused', reason: 'invalid' };
        if (envelope.status === 404 && envelope.mentions('patient'))
          return { class: 'refused', reason: 'patient-unknown' };
        if (envelope.status === 404 && envelope.mentions('session')) return SLOT_TAKEN;
        return { class: 'unknown', reason: 'refusal-not-known' };
      default:
        return { class: 'unknown', reason: 'envelope' };
    }
  };

  /** The answer must name our session and our patient, and be live: guards against another caller's answer. */
  const checkBooked = async (booking: HmisBooking, asked: Asked): Promise<Answered> => {
    const { request, key, own, call } = asked;
    const { session, dress } = own;
    if (booking.sessionId !== session.id || String(booking.patientId) !== request.patientRef) {
      return notOurs('book', call);
    }
    if (booking.status !== 'booked') return { class: 'unknown', reason: 'not-live' };
    const time = timeOfToken(session, dress.minutes, policy, booking.token);
    if (!time) return { class: 'unknown', reason: 'no-number' };
    if (!keepsTime(session, policy, key, time.start)) return takeBack(booking, call);
    const value = { ref: refOf(booking), status: booking.status, ...time, patientRef: request.patientRef };
    const place = sessions.bookedPlace(own, booking.token ?? 1, time.start);
    return { class: 'done', value: { ...value, createdAt: booking.createdAt, place } };
  };

  /** The slot as it is now, or the answer that ends the booking before anything is sent. */
  const askedFor = async (request: PracticeBookingRequest, call: Call): Promise<Asked | Answered> => {
    const [slotId, ...others] = request.slots;
    const key = slotId === undefined ? undefined : parseSlotId(slotId);
    if (!key || others.length > 0) return { class: 'refused', reason: 'invalid' };
    if (!isHmisId(request.patientRef)) return { class: 'refused', reason: 'patient-unknown' };
    try {
      const session = await sessions.readSession(key.sessionId, call);
      const own = session && sessions.own(session);
      const isFree = own && sessions.publish(own)?.slots.some((candidate) => candidate.id === slotId);
      return own && isFree ? { request, key, own, call } : SLOT_TAKEN;
    } catch (error) {
      return notSentAfter(error);
    }
  };

  return {
    cancel,
    async book(request, call) {
      const asked = await askedFor(request, call);
      if ('class' in asked) return asked;
      const { session } = asked.own;
      const outcome = await connection.exchange.write({
        operation: 'book',
        method: 'POST',
        path: '/api/channel/bookings',
        body: {
          sessionInstanceId: session.id,
          patientId: Number(request.patientRef),
          paymentMethod: settings.defaultPaymentMethod,
          ...(session.itemId === undefined ? {} : { itemId: session.itemId }),
        },
        timeoutMs: timeouts.bookMs,
        signal: call.signal,
        maySend: call.maySend,
      });
      return classify(outcome, (answer) => readBooked(answer, asked));
    },
  };
}
