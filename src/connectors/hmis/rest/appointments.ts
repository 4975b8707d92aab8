/**
 * Bookings as appointments: reading one (A6), reading a patient's (A7), and working out when a booking takes place. A
 * booking names its session and its number in the queue; its time follows from both.
 */
import type { PracticeAppointmentRef, PracticePatientRef } from '../../../domain/identifiers.js';
import { MINUTE, type Instant, type Period } from '../../../domain/time.js';
import type { BookedPlace, BookingTrace, Call, LookUp, PracticeAppointment } from '../../../ports/practice-system.js';
import { keepsTime, timeOfToken } from '../projection.js';
import type { HmisSession } from '../session.js';
import { parseSlotId, type SlotKey } from '../slot-id.js';
import { parseBooking, type HmisBooking } from './booking-row.js';
import { listOf, type HmisConnection } from './connection.js';
import { isHmisId } from './patients.js';
import type { Sessions } from './sessions.js';

export interface Appointments {
  /** The booking as the system has it; `undefined` when there is none of this id. */
  readBooking(ref: PracticeAppointmentRef, call: Call): Promise<HmisBooking | undefined>;
  /** The time of a booking; reads its session unless that is given. */
  toAppointment(booking: HmisBooking, call: Call, session?: HmisSession): Promise<PracticeAppointment | undefined>;
  readAppointment(ref: PracticeAppointmentRef, call: Call): Promise<PracticeAppointment | undefined>;
  listAppointments(patient: PracticePatientRef, call: Call): Promise<readonly PracticeAppointment[]>;
  lookUpBooking(trace: BookingTrace, call: Call): Promise<LookUp>;
}

/** Clocks of ours and of the practice may differ by this much and a booking still be ours. */
const CLOCK_MARGIN_MS = 120_000;
const SESSIONS_AT_ONCE = 4;
/** Of one patient, ever. */
const MOST_BOOKINGS = 5000;

type NoEvidence = Extract<LookUp, { readonly found: 'no-evidence' }>;

type SessionLookUp =
  NoEvidence | { readonly live: readonly PracticeAppointment[]; readonly cancelled: readonly PracticeAppointment[] };

function noEvidence(reason: string): NoEvidence {
  return { found: 'no-evidence', reason };
}

export function refOf(booking: HmisBooking): PracticeAppointmentRef {
  return String(booking.id) as PracticeAppointmentRef;
}

export function createAppointments(connection: HmisConnection, sessions: Sessions): Appointments {
  const { practice, settings } = connection;
  const timeoutMs = settings.timeouts.readMs;

  const periodOf = (booking: HmisBooking, session: HmisSession | undefined): Period | undefined => {
    const minutes = (session && sessions.own(session)?.dress.minutes) ?? practice.slotRules.defaults.minutes;
    const time = session && timeOfToken(session, minutes, settings.slotPolicy, booking.token);
    if (time) return time;
    // The session is gone, or the booking has no number: what the booking says of itself is the best there is.
    const start = booking.appointmentAt ?? session?.start;
    return start === undefined ? undefined : { start, end: start + minutes * MINUTE };
  };

  const withSession = (booking: HmisBooking, session: HmisSession | undefined): PracticeAppointment | undefined => {
    const period = periodOf(booking, session);
    if (!period || booking.patientId === undefined || booking.status === 'pending') return undefined;
    return {
      ref: refOf(booking),
      status: booking.status,
      ...period,
      patientRef: String(booking.patientId) as PracticePatientRef,
      createdAt: booking.createdAt,
      place: placeOf(booking, session, period.start),
    };
  };

  /** The number of a booking that has none does not matter: its session is one appointment. */
  const placeOf = (booking: HmisBooking, session: HmisSession | undefined, start: Instant): BookedPlace | undefined => {
    const mine = session && sessions.own(session);
    return mine && sessions.bookedPlace(mine, booking.token ?? 1, start);
  };

  /** Bookings of a session elsewhere on the same installation are another practice's business. */
  const isOwn = (booking: HmisBooking, session: HmisSession | undefined): boolean => {
    const institution = booking.institutionId ?? session?.institutionId;
    return institution !== undefined && practice.locations.some((location) => location.systemId === institution);
  };

  const readBooking = async (ref: PracticeAppointmentRef, call: Call): Promise<HmisBooking | undefined> => {
    if (!isHmisId(ref)) return undefined;
    const path = `/api/channel/bookings/${ref}`;
    const data = await connection.read({ operation: 'read-booking', path, timeoutMs }, call);
    if (data === undefined) return undefined;
    const booking = connection.parsed(() => parseBooking(data, practice.zone));
    if (refOf(booking) !== ref) throw connection.fault('other-booking');
    return booking;
  };

  const readList = async (patient: PracticePatientRef, call: Call): Promise<readonly HmisBooking[] | undefined> => {
    if (!isHmisId(patient)) return [];
    const path = `/api/channel/bookings/patient/${patient}`;
    const rows = await connection.read({ operation: 'list-bookings', path, timeoutMs }, call);
    if (rows === undefined) return undefined;
    const bookings = connection.parsed(() =>
      listOf(connection, rows, MOST_BOOKINGS).map((row) => parseBooking(row, practice.zone)),
    );
    if (bookings.some((booking) => String(booking.patientId) !== patient)) throw connection.fault('other-patient');
    return [...new Map(bookings.map((booking) => [booking.id, booking])).values()];
  };

  const readSessions = async (ids: readonly number[], call: Call): Promise<ReadonlyMap<number, HmisSession>> => {
    const found = new Map<number, HmisSession>();
    const waiting = [...ids];
    const worker = async (): Promise<void> => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const session = await sessions.readSession(id, call);
        if (session) found.set(id, session);
      }
    };
    await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, worker));
    return found;
  };

  const sessionOf = async (booking: HmisBooking, call: Call): Promise<HmisSession | undefined> =>
    booking.sessionId === undefined ? undefined : sessions.readSession(booking.sessionId, call);

  /** What the patient's bookings say about the part of an attempt that lies in one session. */
  const lookUpSession = async (
    keys: readonly SlotKey[],
    list: readonly HmisBooking[],
    trace: BookingTrace,
    call: Call,
  ): Promise<SessionLookUp> => {
    const sessionId = keys[0]?.sessionId ?? 0;
    const candidates: HmisBooking[] = [];
    let older = false;
    for (const booking of list) {
      if (trace.knownRefs.has(refOf(booking))) continue;
      if (booking.sessionId === undefined) return noEvidence('booking-without-session');
      if (booking.sessionId !== sessionId) continue;
      if (booking.createdAtLatest === undefined) return noEvidence('booking-without-date');
      if (booking.createdAtLatest >= trace.sentAt - CLOCK_MARGIN_MS) candidates.push(booking);
      // Older than what we sent, if the practice's clock is right: the desk's booking, or ours under a clock that is slow.
      else if (booking.status !== 'cancelled') older = true;
    }
    if (candidates.some((booking) => booking.status === 'pending')) return noEvidence('pending');
    const live = candidates.filter((booking) => booking.status !== 'cancelled');
    if (live.length > keys.length) return noEvidence('several-bookings');
    const ours = live.length > 0 ? live : candidates;
    if (ours.length === 0) return older ? noEvidence('older-booking') : { live: [], cancelled: [] };
    const session = await sessions.readSession(sessionId, call);
    const appointments = ours.flatMap((booking) => withSession(booking, session) ?? []);
    if (appointments.length < ours.length) return noEvidence('booking-without-time');
    if (live.length === 0) return { live: [], cancelled: appointments };
    // Not the time that was promised: it is to be taken back, or a person has to decide; nobody may be told of it.
    const inTime =
      session !== undefined &&
      appointments.every(({ start }) => keys.some((key) => keepsTime(session, settings.slotPolicy, key, start)));
    return inTime ? { live: appointments, cancelled: [] } : noEvidence('outside-tolerance');
  };

  const lookUp = async (trace: BookingTrace, call: Call): Promise<LookUp> => {
    const bySession = new Map<number, SlotKey[]>();
    for (const slot of trace.slots) {
      const key = parseSlotId(slot);
      if (!key) return noEvidence('slot-not-ours');
      bySession.set(key.sessionId, [...(bySession.get(key.sessionId) ?? []), key]);
    }
    const list = await readList(trace.patientRef, call);
    if (!list) return noEvidence('patient-not-known');
    const live: PracticeAppointment[] = [];
    const cancelled: PracticeAppointment[] = [];
    for (const keys of bySession.values()) {
      const seen = await lookUpSession(keys, list, trace, call);
      if ('found' in seen) return seen;
      live.push(...seen.live);
      cancelled.push(...seen.cancelled);
    }
    const [first, ...rest] = live;
    if (first) return { found: live.length === trace.slots.length ? 'booked' : 'part', appointments: [first, ...rest] };
    const [gone, ...others] = cancelled;
    return gone ? { found: 'cancelled', appointments: [gone, ...others] } : { found: 'nothing' };
  };

  return {
    readBooking,

    async toAppointment(booking, call, session) {
      return withSession(booking, session ?? (await sessionOf(booking, call)));
    },

    async readAppointment(ref, call) {
      const booking = await readBooking(ref, call);
      if (!booking) return undefined;
      const session = await sessionOf(booking, call);
      return isOwn(booking, session) ? withSession(booking, session) : undefined;
    },

    async listAppointments(patient, call) {
      const list = (await readList(patient, call)) ?? [];
      const ids = new Set(list.flatMap((booking) => booking.sessionId ?? []));
      const found = await readSessions([...ids], call);
      return list.flatMap((booking) => {
        const session = found.get(booking.sessionId ?? 0);
        return isOwn(booking, session) ? (withSession(booking, session) ?? []) : [];
      });
    },

    async lookUpBooking(trace, call) {
      try {
        return await lookUp(trace, call);
      } catch {
        // An answer that failed, did not fit or refused the key says nothing about the booking.
        return { found: 'no-evidence', reason: 'read-failed', isUnanswered: true };
      }
    },
  };
}
