/** Written exchanges, word for word: what we send, and what we make of the answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { hmisConnector } from '../../src/connectors/hmis/index.js';
import { slotIdOf } from '../../src/connectors/hmis/slot-id.js';
import type { PracticeAppointmentRef, PracticePatientRef } from '../../src/domain/identifiers.js';
import { DAY, MINUTE } from '../../src/domain/time.js';
import type { PracticeSystem } from '../../src/ports/practice-system.js';
import { booking as bookingCall, search } from '../contract/practice-system/harness.js';
import { createRuntime, MONDAY_8, nhs, practiceOf, settingsFor } from './hmis-practice.js';

interface Exchange {
  readonly situation: string;
  readonly basis: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly answer: { readonly status: number; readonly body: unknown };
}

const FOLDER = new URL('../../fixtures/hmis/exchanges/', import.meta.url);
const exchangeOf = (name: string): Exchange =>
  JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Exchange;

const NINE = MONDAY_8 + 60 * MINUTE;
const NOON = NINE + 180 * MINUTE;
const window = { start: MONDAY_8 - 480 * MINUTE, end: MONDAY_8 - 480 * MINUTE + DAY };
const ref = '777001' as PracticeAppointmentRef;
const patientRef = '67890' as PracticePatientRef;
const used = new Set<string>();
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Replay {
  readonly system: PracticeSystem;
  readonly log: string[];
  /** Every exchange took place, and nothing else was asked. */
  readonly settled: () => void;
}

async function replay(names: readonly string[], settings: object = {}): Promise<Replay> {
  const waiting = names.map((name) => ({ name, exchange: exchangeOf(name) }));
  const unexpected: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const asked = { method: request.method, path: request.url, ...(body === undefined ? {} : { body }) };
      const at = waiting.findIndex(({ exchange }) => isDeepStrictEqual(exchange.request, asked));
      const [found] = at < 0 ? [] : waiting.splice(at, 1);
      if (!found || request.headers['finance'] !== 'key-of-tests') unexpected.push(JSON.stringify(asked));
      if (found) used.add(found.name);
      response.writeHead(found?.exchange.answer.status ?? 599, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found?.exchange.answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const log: string[] = [];
  const record =
    (level: string) =>
    (event: string, fields: object = {}) =>
      void log.push(`${level} ${event} ${JSON.stringify(fields)}`);
  const system = hmisConnector.create({
    practice: practiceOf(),
    settings: settingsFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeouts: {}, ...settings }),
    runtime: createRuntime(() => MONDAY_8),
    log: { info: record('info'), warn: record('warn'), error: record('error') },
  });
  cleanups.push(async () => {
    await system.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    system,
    log,
    settled: () => expect({ unexpected, left: waiting.map(({ name }) => name) }).toEqual({ unexpected: [], left: [] }),
  };
}

describe('hmis exchanges: sessions', () => {
  const queueAndExact = [
    [NINE + 70 * MINUTE, NINE + 80 * MINUTE, 'estimated'],
    [NINE + 80 * MINUTE, NINE + 90 * MINUTE, 'estimated'],
    [NOON, NOON + 15 * MINUTE, 'exact'],
  ];
  const listings: [string, object, unknown[]][] = [
    ['list-sessions', {}, queueAndExact],
    ['list-sessions-dates-only', { dateOnly: true }, queueAndExact],
    [
      'list-sessions-other-names',
      {},
      [
        [NOON + 160 * MINUTE, NOON + 170 * MINUTE, 'estimated'],
        [NOON + 170 * MINUTE, NOON + 180 * MINUTE, 'estimated'],
      ],
    ],
    ['list-sessions-one-unusable', {}, queueAndExact.slice(0, 2)],
    ['list-sessions-closed', {}, []],
    ['list-sessions-empty', {}, []],
  ];
  const kindsDropped: Record<string, number> = { 'list-sessions-one-unusable': 2, 'list-sessions-closed': 1 };
  it.each(listings)('%s', async (name, settings, expected) => {
    const { system, log, settled } = await replay([name], settings);
    const { slots } = await system.listFreeSlots(window, search());
    expect(slots.map(({ start, end, timing }) => [start, end, timing])).toEqual(expected);
    settled();
    const dropped = log.filter((line) => line.includes('practice.sessions'));
    expect(dropped).toHaveLength(kindsDropped[name] ?? 0);
    expect(dropped.join()).not.toContain('nonsense');
  });

  it('read-session-without-data is not "no such session"', async () => {
    const { system, settled } = await replay(['read-session-without-data']);
    const slot = slotIdOf(5001, 8, NINE + 70 * MINUTE);
    await expect(system.readPlace(slot, search())).rejects.toMatchObject({ code: 'practice-system-fault' });
    settled();
  });

  it('read-exact-session', async () => {
    const { system, settled } = await replay(['read-exact-session']);
    const slot = slotIdOf(5002, 1, NOON);
    expect(await system.readPlace(slot, search())).toMatchObject({
      state: 'free',
      slot: { id: slot, start: NOON, end: NOON + 15 * MINUTE, timing: 'exact', type: 'GP routine' },
      schedule: { type: 'Monday noon', practitionerId: 'practitioner-43', locationId: 'location-10' },
    });
    settled();
  });

  it('session-not-found', async () => {
    const { system, settled } = await replay(['session-not-found']);
    const slot = slotIdOf(5001, 8, NINE + 70 * MINUTE);
    expect(await system.readPlace(slot, search())).toEqual({ state: 'unknown' });
    settled();
  });
});

describe('hmis exchanges: booking', () => {
  const slot = slotIdOf(5001, 8, NINE + 70 * MINUTE);
  const request = { slots: [slot], patientRef, clientReference: 'attempt-1' };
  const booked = {
    class: 'done',
    value: {
      ref,
      status: 'booked',
      start: NINE + 70 * MINUTE,
      end: NINE + 80 * MINUTE,
      patientRef,
      createdAt: Date.UTC(2026, 4, 10, 13, 3, 22),
      place: {
        slots: [expect.stringMatching(/^5001-8-/) as string],
        schedule: expect.objectContaining({ type: 'Monday morning' }) as object,
        type: expect.any(String) as string,
        channel: 'In-person',
      },
    },
  };
  const slotTaken = { class: 'refused', reason: 'slot-taken' };
  const answers: [string, object][] = [
    ['book', booked],
    ['book-code-as-text', booked],
    ['book-other-names', booked],
    ['book-no-number', { class: 'unknown', reason: 'no-number' }],
    ['book-other-session', { class: 'unknown', reason: 'answer-not-ours' }],
    ['book-pending', { class: 'unknown', reason: 'not-live' }],
    ['session-full', slotTaken],
    ['booking-session-gone', slotTaken],
    ['booking-patient-unknown', { class: 'refused', reason: 'patient-unknown' }],
    ['booking-codes-differ', { class: 'unknown', reason: 'envelope' }],
    ['booking-malformed', { class: 'refused', reason: 'invalid' }],
    ['bad-key', { class: 'auth' }],
    ['bad-key-with-success-status', { class: 'auth' }],
    ['booking-server-fault', { class: 'unknown', reason: 'server-error' }],
  ];
  it.each(answers)('%s', async (name, expected) => {
    const { system, settled } = await replay(['read-session', name]);
    expect(await system.book(request, bookingCall())).toEqual(expected);
    settled();
  });

  it('book-far-number: not taken back for a windowed session, whose time it is all the same', async () => {
    const { system, settled } = await replay(['read-session', 'book-far-number'], { slotPolicy: { kind: 'window' } });
    const windowed = { ...request, slots: [slotIdOf(5001, 8, NINE)] };
    expect(await system.book(windowed, bookingCall())).toMatchObject({
      class: 'done',
      value: { start: NINE, end: NOON },
    });
    settled();
  });
});

describe('hmis exchanges: appointments', () => {
  it('read-booking, at the time of its number', async () => {
    const { system, settled } = await replay(['read-booking', 'read-session']);
    expect(await system.readAppointment(ref, search())).toMatchObject({
      status: 'booked',
      start: NINE + 70 * MINUTE,
      end: NINE + 80 * MINUTE,
      patientRef,
    });
    settled();
  });

  it('list-bookings: pending ones and those of other practices are left out', async () => {
    const { system, settled } = await replay(['list-bookings', 'read-session']);
    const list = await system.listAppointments?.(patientRef, search());
    expect(list?.map(({ ref: own, status }) => [own, status])).toEqual([
      ['777001', 'cancelled'],
      ['777002', 'fulfilled'],
      ['777003', 'noshow'],
    ]);
    settled();
  });

  const cancelled = { class: 'done', value: { ref, status: 'cancelled', start: NINE + 70 * MINUTE, patientRef } };
  const cancellations: [string, string[], object][] = [
    ['cancel', ['cancel', 'read-session'], cancelled],
    ['cancel-again', ['cancel-again', 'read-cancelled-booking', 'read-session'], cancelled],
    [
      'cancel-again while it is live after all',
      ['cancel-again', 'read-booking'],
      { class: 'refused', reason: 'not-allowed' },
    ],
    ['cancel-again-as-success', ['cancel-again-as-success', 'read-session'], cancelled],
    [
      'cancel, its session gone',
      ['cancel', 'session-not-found'],
      { class: 'done', value: { status: 'cancelled', start: NINE } },
    ],
    ['cancel-still-active', ['cancel-still-active'], { class: 'unknown', reason: 'not-cancelled' }],
    ['cancel-other-booking', ['cancel-other-booking'], { class: 'unknown', reason: 'answer-not-ours' }],
    ['cancel-not-found', ['cancel-not-found'], { class: 'refused', reason: 'not-found' }],
  ];
  it.each(cancellations)('%s', async (_, names, expected) => {
    const { system, settled } = await replay(names);
    expect(await system.cancel?.(ref, 'No longer\nneeded', bookingCall())).toMatchObject(expected);
    settled();
  });
});

describe('hmis exchanges: settling an open outcome', () => {
  const recorded = Date.UTC(2026, 4, 10, 13, 3, 22);
  const slots = [slotIdOf(5001, 8, NINE + 70 * MINUTE)];
  const trace = { slots, patientRef, clientReference: 'attempt-1', sentAt: recorded, knownRefs: new Set<never>() };
  const booked = { found: 'booked', appointments: [{ ref, status: 'booked', start: NINE + 70 * MINUTE }] };
  const lookUps: [string, string[], object, object][] = [
    ['list-one-booking', ['list-one-booking', 'read-session'], {}, booked],
    ['clocks two minutes apart', ['list-one-booking', 'read-session'], { sentAt: recorded + 120_000 }, booked],
    [
      'clocks further apart',
      ['list-one-booking'],
      { sentAt: recorded + 121_000 },
      { found: 'no-evidence', reason: 'older-booking' },
    ],
    ['list-live-and-cancelled', ['list-live-and-cancelled', 'read-session'], {}, booked],
    ['list-two-bookings', ['list-two-bookings'], {}, { found: 'no-evidence', reason: 'several-bookings' }],
    ['list-pending-booking', ['list-pending-booking'], {}, { found: 'no-evidence', reason: 'pending' }],
    ['list-undated-booking', ['list-undated-booking'], {}, { found: 'no-evidence', reason: 'booking-without-date' }],
    ['list-other-patient', ['list-other-patient'], {}, { found: 'no-evidence', reason: 'read-failed' }],
    ['list-unusable-booking', ['list-unusable-booking'], {}, { found: 'no-evidence', reason: 'read-failed' }],
    ['list-patient-unknown', ['list-patient-unknown'], {}, { found: 'no-evidence', reason: 'patient-not-known' }],
    ['a slot that is none', [], { slots: ['nonsense'] }, { found: 'no-evidence', reason: 'slot-not-ours' }],
  ];
  it.each(lookUps)('%s', async (_, names, changes, expected) => {
    const { system, settled } = await replay(names);
    expect(await system.lookUpBooking?.({ ...trace, ...changes }, bookingCall())).toMatchObject(expected);
    settled();
  });

  const fault = { code: 'practice-system-fault' };
  it('read-other-booking and read-other-session are faults', async () => {
    const { system, settled } = await replay(['read-other-booking', 'read-other-session']);
    await expect(system.readAppointment(ref, search())).rejects.toMatchObject(fault);
    await expect(system.readPlace(slots[0] as never, search())).rejects.toMatchObject(fault);
    settled();
  });
});

describe('hmis exchanges: patients', () => {
  const jane = {
    ref: '67890',
    status: 'active',
    nhsNumber: '9990000018',
    demographics: {
      name: { family: 'Testerby', given: ['Jane', 'Elizabeth'], prefix: ['Mrs'] },
      birthDate: '1985-06-15',
      gender: 'female',
      addresses: [{ use: 'home', line: ['1 High Street', 'Testham', 'HG9 9ZZ'] }],
      telecom: [
        { system: 'phone', value: '01632 960001', use: 'home' },
        { system: 'phone', value: '07700 900001', use: 'mobile' },
        { system: 'email', value: 'jane@example.test', use: 'home' },
      ],
      language: undefined,
    },
  };
  const found: [string, string, object, unknown[]][] = [
    ['search-patients', '9990000018', {}, [jane]],
    ['search-patients-by-nic', '9990000018', { nhsNumberHome: 'nic' }, [jane]],
    ['search-patients-none', '9990000042', {}, []],
  ];
  it.each(found)('%s', async (name, number, settings, expected) => {
    const { system, settled } = await replay([name], settings);
    expect(await system.findPatients(nhs(number), search())).toEqual(expected);
    settled();
  });

  it('read-patient', async () => {
    const { system, settled } = await replay(['read-patient']);
    expect(await system.readPatient(patientRef, search())).toEqual(jane);
    settled();
  });

  it('read-patient-without-birth-date', async () => {
    const { system } = await replay(['read-patient-without-birth-date']);
    await expect(system.readPatient(patientRef, search())).rejects.toMatchObject({ code: 'unrepresentable-record' });
  });

  const ada = {
    nhsNumber: nhs('9990000042'),
    demographics: {
      name: { family: 'Newcomer', given: ['Ada'], prefix: ['Ms'] },
      birthDate: '1991-12-24',
      gender: 'female' as const,
      addresses: [{ use: 'home' as const, line: ['7 Station\u0000 Road'], city: 'Testham', postalCode: 'HG9 9ZY' }],
      telecom: [{ system: 'phone' as const, value: '07700 900123', use: 'mobile' as const }],
      language: undefined,
    },
  };
  const registrations: [string, string[], object][] = [
    ['register-patient', ['search-patients-none', 'register-patient'], { class: 'done', value: '67895' }],
    ['one that is there already', ['search-patients-registered'], { class: 'done', value: '67895' }],
    [
      'register-already-exists',
      ['search-patients-none', 'register-already-exists', 'search-patients-registered'],
      { class: 'done', value: '67895' },
    ],
    [
      'register-already-exists, but not under this number',
      ['search-patients-none', 'register-already-exists', 'search-patients-none'],
      { class: 'refused', reason: 'not-allowed' },
    ],
    [
      'register-other-patient',
      ['search-patients-none', 'register-other-patient'],
      { class: 'unknown', reason: 'answer-not-ours' },
    ],
  ];
  it.each(registrations)('%s', async (_, names, expected) => {
    const { system, settled } = await replay(names);
    expect(await system.registerPatient(ada, bookingCall())).toEqual(expected);
    settled();
  });
});

describe('hmis exchanges: the files', () => {
  const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

  it('say where they come from', () => {
    for (const file of files) expect(exchangeOf(file).basis).toBe('written from the documents');
  });

  it('are all put to use above', () => {
    expect(files.filter((file) => !used.has(file))).toEqual([]);
  });
});
