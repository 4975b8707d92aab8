/** What a simulated installation knows: its lists, its dated sessions and the bookings in them. */
import { createLocalClock, parseRelativeTime, type LocalClock } from '../../simulation/relative-time.js';
import type { HmisData, Knobs } from './data-file.js';
import { withOpened, type DeskBooking } from './data/bookings.js';
import { idSpan, startsOf, type Today } from './data/sessions.js';

export type BookingStatus = 'PENDING' | 'ACTIVE' | 'ABSENT' | 'COMPLETED' | 'PATIENT_CANCELED' | 'DOCTOR_CANCELED';

export type Institution = HmisData['institutions'][number];
export type Speciality = HmisData['specialities'][number];
export type Consultant = HmisData['consultants'][number];
export type Patient = HmisData['patients'][number];

export interface Booking {
  readonly id: number;
  readonly serialNo: number;
  readonly session: Session;
  /** Absent for places the desk gave away without a record. */
  readonly patientId: number | undefined;
  readonly paymentMethod: string;
  readonly billId: number;
  readonly billNo: string;
  readonly appointmentAt: string;
  readonly createdAt: number;
  status: BookingStatus;
  cancelledAt: number | undefined;
  /** Gone as if it had never been; its number comes back. */
  retired: boolean;
  /** It came about by a reschedule, which may happen once. */
  readonly rescheduled: boolean;
}

export interface Session {
  readonly id: number;
  readonly name: string;
  readonly consultant: Consultant;
  readonly institution: Institution;
  readonly speciality: Speciality;
  readonly start: number;
  readonly startText: string;
  readonly endText: string | undefined;
  readonly duration: number | undefined;
  readonly maxNo: number;
  readonly startNo: number;
  readonly reserved: readonly number[];
  readonly roomNo: number | undefined;
  readonly itemId: number;
  /** What the desk has given away before the simulation began. */
  readonly booked: number;
  readonly total: number;
  readonly totalForForeigner: number | undefined;
  acceptOnlineBookings: boolean;
  doctorHoliday: boolean;
  started: boolean;
  completed: boolean;
  cancelled: boolean;
  readonly bookings: Booking[];
  /** Refreshed by bookings and at the desk; absent until then. */
  storedNext: number | undefined;
  /** Its wire form, until something about it changes. */
  json: string | undefined;
}

export interface HmisState {
  readonly data: HmisData;
  readonly knobs: Knobs;
  readonly clock: LocalClock;
  /** Of `clock`. */
  readonly zone: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly patients: Patient[];
  /** By start. */
  readonly sessions: readonly Session[];
  readonly sessionsById: ReadonlyMap<number, Session>;
  readonly sessionsByConsultant: ReadonlyMap<number, readonly Session[]>;
  readonly bookings: Map<number, Booking>;
  readonly bookingsByPatient: Map<number, Booking[]>;
  /** Keys in force, with the instant each dies at. */
  readonly keys: ReadonlyMap<string, number>;
}

function need<Item extends { readonly id: number }>(list: readonly Item[], id: number): Item {
  const item = list.find((candidate) => candidate.id === id);
  if (!item) throw new RangeError(`no item ${id}`);
  return item;
}

function expandSessions(data: HmisData, today: Today): Session[] {
  const entries = withOpened(data, today).sessions;
  const explicit = entries.map((entry) => (entry.id === undefined ? 0 : entry.id + idSpan(entry)));
  let nextId = Math.max(5001, ...explicit);
  return entries.flatMap((entry, number) => {
    const firstId = entry.id ?? nextId;
    if (entry.id === undefined) nextId += idSpan(entry);
    const consultant = need(data.consultants, entry.consultantId);
    const minutes = entry.minutes ?? (entry.duration === undefined ? 0 : entry.duration * entry.capacity);
    const { clock } = today;
    return startsOf(entry, today).map(({ start, index }) => ({
      id: firstId + index,
      name: entry.name,
      consultant,
      institution: need(data.institutions, entry.institutionId ?? consultant.institutionId),
      speciality: need(data.specialities, consultant.specialityId),
      start,
      startText: clock.format(start),
      endText: minutes === 0 ? undefined : clock.format(start + minutes * 60_000),
      duration: entry.duration,
      maxNo: entry.capacity,
      startNo: entry.startNo,
      reserved: entry.reserved,
      roomNo: entry.roomNo,
      itemId: entry.itemId ?? 900 + number + 1,
      booked: entry.booked,
      total: entry.total,
      totalForForeigner: entry.totalForForeigner,
      acceptOnlineBookings: entry.acceptOnlineBookings,
      doctorHoliday: entry.doctorHoliday,
      started: entry.started,
      completed: entry.completed,
      cancelled: entry.cancelled,
      bookings: [],
      storedNext: undefined,
      json: undefined,
    }));
  });
}

export interface DatedBooking {
  readonly session: Session;
  readonly patientId: number;
  readonly status: BookingStatus;
  readonly createdAt: number;
}

const STATUSES: Readonly<Record<DeskBooking['status'], BookingStatus>> = {
  active: 'ACTIVE',
  completed: 'COMPLETED',
  absent: 'ABSENT',
  cancelled: 'DOCTOR_CANCELED',
  'cancelled-by-patient': 'PATIENT_CANCELED',
};

/** The data file's bookings in the sessions they are for, in the order of the file. */
export function datedBookings({ data, sessionsByConsultant, zone, now }: HmisState): readonly DatedBooking[] {
  const today = { zone, now: now() };
  return data.bookings.map(({ patientId, consultantId, at, made, status }) => {
    const start = parseRelativeTime(at, today);
    const session = sessionsByConsultant.get(consultantId)?.find((candidate) => candidate.start === start);
    if (!session) throw new RangeError(`consultant ${consultantId} has no session at ${at}`);
    return { session, patientId, status: STATUSES[status], createdAt: parseRelativeTime(made, today) };
  });
}

export interface StateOptions {
  readonly data: HmisData;
  readonly zone: string;
  readonly now: () => number;
  readonly random: () => number;
}

export function createState({ data, zone, now, random }: StateOptions): HmisState {
  const clock = createLocalClock(zone);
  const today = now();
  const sessions = expandSessions(data, { zone, now: today, clock }).sort((a, b) => a.start - b.start || a.id - b.id);
  const byConsultant = new Map<number, Session[]>();
  for (const session of sessions) {
    const list = byConsultant.get(session.consultant.id) ?? [];
    list.push(session);
    byConsultant.set(session.consultant.id, list);
  }
  const keys = data.keys
    .filter((key) => !key.retired)
    .map(
      ({ key, expires }) =>
        [key, expires === undefined ? Infinity : parseRelativeTime(expires, { zone, now: today })] as const,
    );
  return {
    data,
    knobs: { ...data.knobs },
    clock,
    zone,
    now,
    random,
    patients: data.patients.map((patient) => ({ ...patient })),
    sessions,
    sessionsById: new Map(sessions.map((session) => [session.id, session])),
    sessionsByConsultant: byConsultant,
    bookings: new Map(),
    bookingsByPatient: new Map(),
    keys: new Map(keys),
  };
}
