/** The data file of a simulated HMIS: sessions by rule, and what is on the desk's books at the start. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import { DataFileError } from '../../src/connectors/simulation/data-file.js';
import { ask, DATA, idsOf, MONDAY, setClock, simulation, start } from '../support/hmis-installation.js';

afterEach(async () => {
  setClock(MONDAY);
  await simulation.close();
});

const ENTRY = { name: 'Surgery', consultantId: 42 };
/** Friday noon in London; the clocks go back on Sunday the 25th. */
const OCTOBER = Date.UTC(2026, 9, 23, 11);
/** Friday noon in London; the clocks go forward on Sunday the 29th. */
const MARCH = Date.UTC(2026, 2, 27, 12);

async function startOn(now: number, parts: object): Promise<void> {
  await start({}, { data: loadHmisData({ ...DATA, sessions: [], ...parts }, now), now: () => now });
}

/** `id start` of each session, on the practice's own clock. */
async function sessionsOn(now: number, sessions: object[]): Promise<string[]> {
  await startOn(now, { sessions });
  const answer = await ask('GET', '/channel/sessions?fromDate=2026-01-01&toDate=2027-01-01');
  return (answer.data as { id: number; startingTime: string }[]).map(
    ({ id, startingTime }) => `${id} ${startingTime.slice(5, 16)}`,
  );
}

function problemsOf(parts: object, now = MONDAY): string[] {
  try {
    loadHmisData({ ...DATA, sessions: [], ...parts }, now);
  } catch (error) {
    if (error instanceof DataFileError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('sessions by rule', () => {
  test('from a start until a time, as many as end by then', async () => {
    const repeat = { every: '25m', until: '10:15' };
    expect(await sessionsOn(MONDAY, [{ ...ENTRY, id: 10, days: ['0'], start: '09:00', repeat }])).toEqual([
      '10 05-18 09:00',
      '11 05-18 09:25',
      '12 05-18 09:50',
    ]);
  });

  test('exceptions leave out days, dates and parts of the day, and move no id', async () => {
    const except = { days: ['1', '3-4'], dates: ['2026-05-23'], times: ['09:10-09:20'] };
    const entry = { ...ENTRY, id: 100, days: ['0-5'], start: '09:00', repeat: { every: '10m', count: 3 }, except };
    expect(await sessionsOn(MONDAY, [entry])).toEqual([
      '100 05-18 09:00',
      '102 05-18 09:20',
      '106 05-20 09:00',
      '108 05-20 09:20',
    ]);
  });

  test('days gone by are counted with a minus', async () => {
    expect(await sessionsOn(MONDAY, [{ ...ENTRY, id: 1, days: ['-2--1', '1'], start: '08:00' }])).toEqual([
      '1 05-16 08:00',
      '2 05-17 08:00',
      '3 05-19 08:00',
    ]);
  });

  test.each([
    ['October', OCTOBER, ['10-24', '10-25', '10-26']],
    ['March', MARCH, ['03-28', '03-29', '03-30']],
  ])('keep their time of day over the clock change in %s', async (_title, now, days) => {
    const entry = { ...ENTRY, id: 1, days: ['1-3'], start: '09:00', repeat: { every: '30m', until: '10:00' } };
    const times = (await sessionsOn(now, [entry])).map((line) => line.replace(/^\d+ /, ''));
    expect(times).toEqual(days.flatMap((day) => [`${day} 09:00`, `${day} 09:30`]));
  });

  test('in the night of a clock change nothing starts after `until`', async () => {
    const entry = { ...ENTRY, days: ['2'], start: '00:30', repeat: { every: '30m', until: '03:00' } };
    const times = (await sessionsOn(MARCH, [entry])).map((line) => line.slice(-5));
    expect(times).toEqual(['00:30', '02:00', '02:30']);
  });

  test('a session may be held away from its consultant’s usual place', async () => {
    await startOn(MONDAY, {
      institutions: [...DATA.institutions, { id: 11, name: 'Branch', code: 'A99901' }],
      sessions: [{ ...ENTRY, id: 1, institutionId: 11, start: '+1d 09:00' }],
    });
    expect((await ask('GET', '/channel/sessions/1')).data).toMatchObject({
      institutionId: 11,
      institutionName: 'Branch',
    });
  });

  test('whatever day it starts on, weekdays and exceptions hold and no id is given twice', async () => {
    const entries = [
      { ...ENTRY, weekdays: ['mon', 'wed'], start: '09:00', repeat: { every: '20m', until: '10:00' } },
      { ...ENTRY, days: ['-3-14'], start: '11:00', except: { days: ['0'] } },
    ];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 730 }), async (days) => {
        const now = Date.UTC(2026, 0, 1, 15) + days * 86_400_000;
        await startOn(now, { sessions: entries });
        const made = simulation.hmis.sessions();
        await simulation.close();
        expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
        const mornings = made.filter(({ id }) => id < 5043);
        expect(mornings).toHaveLength(4 * 3);
        for (const { start: at } of mornings) expect([1, 3]).toContain(new Date(at).getUTCDay());
        const others = made.slice().filter(({ id }) => id >= 5043);
        expect(others).toHaveLength(17);
        for (const { start: at } of others) expect(Math.floor(at / 86_400_000)).not.toBe(Math.floor(now / 86_400_000));
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ['neither count nor until', { repeat: { every: '10m' } }, 'sessions[0].repeat: must say either count or until'],
    ['count and until', { repeat: { every: '10m', count: 2, until: '10:00' } }, 'sessions[0].repeat: must say either'],
    [
      'an until that leaves no room',
      { repeat: { every: '10m', until: '09:05' } },
      'sessions[0].repeat.until: must leave',
    ],
    ['a break that is none', { except: { times: ['11:00-10:00'] } }, "such as '10:30-11:00'"],
    ['a day that is none', { days: ['tomorrow'] }, "sessions[0].days[0]: must be a day counted from today such as '3'"],
    ['a weekday that is none', { weekdays: ['mnday'] }, 'sessions[0].weekdays[0]: must be one of'],
    [
      'a place that is none',
      { institutionId: 99 },
      'is the id of no entry of institutions: correct it, or add the entry',
    ],
  ])('with %s are refused', (_title, part, message) => {
    const entry = { ...ENTRY, days: ['0'], start: '09:00', ...part };
    expect(problemsOf({ sessions: [entry] })).toEqual([expect.stringContaining(message)]);
  });

  test('an entry of one day has no days to leave out', () => {
    expect(problemsOf({ sessions: [{ ...ENTRY, start: '+1d 09:00', except: { days: ['1'] } }] })).toEqual([
      'sessions[0].except.days: leaves nothing out: this entry has one day only',
    ]);
  });

  test('entries that share ids are refused, with the ids', () => {
    const sessions = [
      { ...ENTRY, id: 5, days: ['0-1'], start: '09:00', repeat: { every: '10m', until: '10:00' } },
      { ...ENTRY, id: 16, start: '+1d 09:00' },
    ];
    expect(problemsOf({ sessions })).toEqual([
      'sessions[1].id: 16 to 16 overlaps the ids of sessions[0], 5 to 16: move it',
    ]);
  });
});

describe('bookings of the desk', () => {
  const bookingsOf = async (patientId: number): Promise<object[]> =>
    (await ask('GET', `/channel/bookings/patient/${patientId}`)).data as object[];

  test('stand on the books when the simulator starts, in every state a booking can have', async () => {
    const on = { patientId: 1, consultantId: 42 };
    await startOn(MONDAY, {
      firstBookingId: 900,
      sessions: [{ ...ENTRY, days: ['-1-2'], start: '09:00', repeat: { every: '10m', count: 3 }, duration: 10 }],
      bookings: [
        { ...on, at: '-1d 09:00', status: 'completed' },
        { ...on, at: '-1d 09:10', status: 'absent' },
        { ...on, at: '+1d 09:00', made: '-3d 16:20' },
        { ...on, at: '+1d 09:10', status: 'cancelled' },
        { ...on, at: '+1d 09:20', status: 'cancelled-by-patient' },
      ],
    });
    const seen = (await bookingsOf(1)).reverse();
    expect(seen).toEqual([
      expect.objectContaining({ bookingId: 900, status: 'COMPLETED', appointmentAt: '2026-05-17 09:00:00' }),
      expect.objectContaining({ bookingId: 901, status: 'ABSENT' }),
      expect.objectContaining({ bookingId: 902, status: 'ACTIVE', createdAt: '2026-05-15 16:20:00', serialNo: 1 }),
      expect.objectContaining({ bookingId: 903, status: 'DOCTOR_CANCELED', cancelled: true }),
      expect.objectContaining({ bookingId: 904, status: 'PATIENT_CANCELED', cancelledAt: '2026-05-17 09:00:00' }),
    ]);
    const taken = simulation.hmis.sessions().filter(({ status }) => status === 'Full');
    expect(taken).toHaveLength(3);
  });

  test('take the next number of a queue, before the places that are only counted', async () => {
    await startOn(MONDAY, {
      sessions: [{ ...ENTRY, start: '+1d 14:00', capacity: 4, duration: 10, booked: 1 }],
      bookings: [1, 2].map((patientId) => ({ patientId, consultantId: 42, at: '+1d 14:00' })),
    });
    expect(await bookingsOf(2)).toEqual([
      expect.objectContaining({ serialNo: 2, appointmentAt: '2026-05-19 14:10:00' }),
    ]);
    expect(simulation.hmis.bookings().map(({ serialNo }) => serialNo)).toEqual([1, 2, 3]);
  });

  test('open a session where there is none at that time, and only there', async () => {
    const opens = { name: 'Extra', duration: 15 };
    await startOn(MONDAY, {
      sessions: [{ ...ENTRY, id: 70, start: '+1d 09:00', duration: 10 }],
      bookings: [
        { patientId: 1, consultantId: 42, at: '+0d 00:05', opens },
        { patientId: 1, consultantId: 42, at: '+1d 09:00', opens },
      ],
    });
    expect(idsOf((await ask('GET', '/channel/sessions?consultantId=42')).data)).toEqual([5001, 70]);
    expect((await ask('GET', '/channel/sessions/5001')).data).toMatchObject({
      name: 'Extra',
      startingTime: '2026-05-18 00:05:00',
      endingTime: '2026-05-18 00:20:00',
      maxNo: 1,
      availableSlots: 0,
    });
  });

  test('are refused without a session, a patient or a consultant, all at once', () => {
    const sessions = [{ ...ENTRY, days: ['1'], weekdays: ['sun'], start: '09:00' }];
    const bookings = [
      { patientId: 1, consultantId: 42, at: '+1d 09:00' },
      { patientId: 9, consultantId: 8, at: '+1d 09:00' },
    ];
    expect(problemsOf({ sessions, bookings }).sort()).toEqual([
      expect.stringMatching(/^bookings\[0\]\.at: is the start of no session of this consultant/),
      expect.stringMatching(/^bookings\[1\]\.consultantId: is the id of no entry of consultants/),
      expect.stringMatching(/^bookings\[1\]\.patientId: is the id of no entry of patients/),
    ]);
  });
});

describe('patients', () => {
  test('carry what staff have noted', async () => {
    await startOn(MONDAY, { patients: [{ id: 1, name: 'A B', comments: 'Does not wish to share the record' }] });
    expect((await ask('GET', '/patients/search?patientId=1')).data).toEqual([
      expect.objectContaining({ comments: 'Does not wish to share the record' }),
    ]);
  });

  test('who have left or died are still found, and marked', async () => {
    const patients = ['active', 'inactive', 'deceased'].map((status, index) => ({
      id: index + 1,
      name: 'A B',
      status,
    }));
    await startOn(MONDAY, { patients });
    expect((await ask('GET', '/patients/search?name=A%20B')).data).toEqual([
      { id: 1, name: 'A B' },
      { id: 2, name: 'A B', retired: true },
      { id: 3, name: 'A B', deceased: true },
    ]);
  });
});
