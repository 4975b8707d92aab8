/** What the practice of the gates has: places for many rounds, and people of the range that is kept for tests. */
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import { ODS_CODE } from './sender.js';

export const INSTITUTION = 10;
export const FIRST_CONSULTANT = 41;
/** Ten minutes each from seven to nine in the evening. */
const PLACES_A_DAY = 84;
export const DAYS = 12;
/** Nobody books on this day: what a search there finds is always the same. */
export const QUIET_DAY = 13;
const QUIET_PLACES = 20;

export function dayAhead(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** Numbers of the range kept for tests. */
export function nhsNumber(index: number): string {
  for (let body = 999_100_000 + index * 11; ; body += 1) {
    const sum = [...String(body)].reduce((total, digit, place) => total + Number(digit) * (10 - place), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check < 10) return `${body}${check}`;
  }
}

export function practiceData(consultants: number, patients: number): ReturnType<typeof loadHmisData> {
  const ids = Array.from({ length: consultants }, (_, n) => FIRST_CONSULTANT + n);
  const single = { name: 'Surgery', capacity: 1, duration: 10 };
  return loadHmisData({
    zone: 'Europe/London',
    keys: [{ key: 'gates-key' }],
    institutions: [{ id: INSTITUTION, name: 'Riverside Surgery', code: ODS_CODE }],
    specialities: [{ id: 12, name: 'General Practice', code: 'GP' }],
    consultants: ids.map((id) => ({ id, name: `Number ${id}`, specialityId: 12, institutionId: INSTITUTION })),
    patients: Array.from({ length: patients }, (_, n) => ({
      id: n + 1,
      name: `Test Person${String.fromCharCode(97 + (n % 26))}`,
      sex: 'Female',
      dob: '1980-01-01',
      phone: '01632 960200',
      phn: nhsNumber(n),
    })),
    sessions: [
      ...ids.map((consultantId) => ({
        ...single,
        consultantId,
        start: '07:00',
        days: [`1-${DAYS}`],
        repeat: { every: '10m', count: PLACES_A_DAY },
      })),
      {
        ...single,
        consultantId: FIRST_CONSULTANT,
        start: `+${QUIET_DAY}d 09:00`,
        repeat: { every: '10m', count: QUIET_PLACES },
      },
    ],
  });
}

/** How many consultants have so many places. */
export function consultantsFor(places: number): number {
  return Math.ceil(places / (PLACES_A_DAY * DAYS));
}
