/** Bookings (A5 to A8 of the documented API). */
import type { AppointmentStatus } from '../../../domain/appointment.js';
import { HOUR, type Instant, type PracticeZone } from '../../../domain/time.js';
import { BadRow, isRow, readCount, readFlag, readId, readLocalTime, readText } from './fields.js';

export interface HmisBooking {
  readonly id: number;
  readonly token: number | undefined;
  /** `pending` is no appointment yet. */
  readonly status: AppointmentStatus | 'pending';
  readonly sessionId: number | undefined;
  readonly patientId: number | undefined;
  readonly institutionId: string | undefined;
  readonly consultantId: string | undefined;
  readonly appointmentAt: Instant | undefined;
  readonly createdAt: Instant | undefined;
  /** Later than `createdAt` by the hour that the clocks repeat, when it was made in one; else equal. */
  readonly createdAtLatest: Instant | undefined;
}

const ID = ['bookingId', 'id', 'billSessionId'];
const TOKEN = ['serialNo', 'tokenNo', 'token', 'patientNo'];
const SESSION = ['sessionInstanceId', 'sessionID', 'sessionId'];

const STATUSES: ReadonlyMap<string, HmisBooking['status']> = new Map([
  ['pending', 'pending'],
  ['active', 'booked'],
  ['completed', 'fulfilled'],
  ['absent', 'noshow'],
  ['patient_canceled', 'cancelled'],
  ['doctor_canceled', 'cancelled'],
  ['patient_cancelled', 'cancelled'],
  ['doctor_cancelled', 'cancelled'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
]);

/** Throws `BadRow`. */
export function parseBooking(value: unknown, zone: PracticeZone): HmisBooking {
  if (!isRow(value)) throw new BadRow('booking');
  const id = readId(value, ID);
  if (id === undefined) throw new BadRow('bookingId');
  const told = readText(value, ['status'], 40);
  const cancelled = readFlag(value, ['cancelled']) === true;
  const status = cancelled ? 'cancelled' : STATUSES.get(told?.toLowerCase() ?? 'active');
  if (status === undefined) throw new BadRow('status');
  const created = readLocalTime(value, ['createdAt'], zone);
  const institutionId = readId(value, ['institutionId', 'hosId']);
  const consultantId = readId(value, ['consultantId', 'docNo']);
  const token = readCount(value, TOKEN);
  return {
    id,
    token: token === 0 ? undefined : token,
    status,
    sessionId: readId(value, SESSION),
    patientId: readId(value, ['patientId']),
    institutionId: institutionId === undefined ? undefined : String(institutionId),
    consultantId: consultantId === undefined ? undefined : String(consultantId),
    appointmentAt: readLocalTime(value, ['appointmentAt'], zone)?.instant,
    createdAt: created?.instant,
    createdAtLatest: created && created.instant + (created.adjusted === 'overlap' ? HOUR : 0),
  };
}
