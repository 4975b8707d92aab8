/** What is on the practice's books when the simulation begins: bookings that its desk made for its patients. */
import { z } from 'zod';
import { isRelativeTime, parseRelativeTime } from '../../../simulation/relative-time.js';
import { SessionSchema, startsOf, type SessionEntry, type Today } from './sessions.js';

const id = z.int().positive();
const time = z.string().refine(isRelativeTime, "is neither '+2d 09:00' nor '2026-05-18 09:00'");

export const DeskBookingSchema = z.strictObject({
  patientId: id,
  consultantId: id,
  at: time.describe('Start of the session that is booked'),
  status: z.enum(['active', 'completed', 'absent', 'cancelled', 'cancelled-by-patient']).default('active'),
  made: time.default('-1d 09:00').describe('When the desk made it'),
  opens: z
    .strictObject({
      name: z.string().min(1),
      duration: z.int().min(1).max(480).default(10).describe('Minutes'),
      institutionId: id.optional().describe("The consultant's institution by default"),
    })
    .optional()
    .describe('Where the consultant has no session that starts then, the desk opens one for this booking'),
});

export type DeskBooking = z.output<typeof DeskBookingSchema>;

export interface Entries {
  readonly sessions: readonly SessionEntry[];
  readonly bookings: readonly DeskBooking[];
}

const keyOf = (consultantId: number, start: number): string => `${consultantId} ${start}`;

/** Session entries with those that the desk opens, and the bookings for which no session starts then. */
export function withOpened(
  { sessions, bookings }: Entries,
  today: Today,
): { readonly sessions: readonly SessionEntry[]; readonly homeless: readonly number[] } {
  if (bookings.length === 0) return { sessions, homeless: [] };
  const wanted = new Set(bookings.map(({ consultantId }) => consultantId));
  const known = new Set(
    sessions
      .filter(({ consultantId }) => wanted.has(consultantId))
      .flatMap((entry) => startsOf(entry, today).map(({ start }) => keyOf(entry.consultantId, start))),
  );
  const opened: SessionEntry[] = [];
  const homeless: number[] = [];
  bookings.forEach(({ consultantId, at, opens }, index) => {
    const key = keyOf(consultantId, parseRelativeTime(at, today));
    if (known.has(key)) return;
    if (!opens) {
      homeless.push(index);
      return;
    }
    opened.push(SessionSchema.parse({ consultantId, start: at, ...opens }));
    known.add(key);
  });
  return { sessions: [...sessions, ...opened], homeless };
}
