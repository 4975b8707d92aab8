/**
 * What the practice system of the benchmarks answers, as HMIS's documented API words it: as little as can answer the
 * calls that are measured. A listing is the same bytes every time.
 */
import { dateAhead, listing, longListing, LONGEST_SEARCH, patients, singlePlace, singleSession } from './practice.js';

export function envelope(code: number, data: unknown): Buffer {
  return Buffer.from(JSON.stringify({ status: 'success', code, data }));
}

const LISTING = envelope(200, listing());
const LONG_LISTING = envelope(200, longListing());
/** Of the search that fills its fourteen days. */
const LAST_DAY = `toDate=${dateAhead(LONGEST_SEARCH)}`;
const PATIENTS = envelope(200, patients());
const SESSION = /\/channel\/sessions\/(\d+)$/;

/** To what is read there; `undefined` where the benchmarks read nothing. */
export function readAt(url: string): Buffer | undefined {
  const single = SESSION.exec(url)?.[1];
  if (single !== undefined) return envelope(200, singleSession(Number(single)));
  if (url.includes('/channel/sessions?')) return url.includes(LAST_DAY) ? LONG_LISTING : LISTING;
  return url.includes('/patients/search?') ? PATIENTS : undefined;
}

let bookings = 0;

/** To a booking of what may be any place: all are free. */
export function book(text: string): Buffer {
  const { sessionInstanceId, patientId } = JSON.parse(text) as { sessionInstanceId: number; patientId: number };
  bookings += 1;
  const { date, time } = singlePlace(sessionInstanceId);
  return envelope(201, {
    bookingId: bookings,
    serialNo: 1,
    status: 'ACTIVE',
    sessionInstanceId,
    patientId,
    institutionId: 10,
    appointmentAt: `${date} ${time}`,
    paymentMethod: 'OnCall',
    total: 25,
    paid: false,
    createdAt: `${date} ${time}`,
    cancelled: false,
  });
}
