/** An HMIS practice over its simulator, small enough to reason about. */
import { hmisConnector, type HmisSettings } from '../../src/connectors/hmis/index.js';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { parseSlotId, slotIdOf } from '../../src/connectors/hmis/slot-id.js';
import type { Fault } from '../../src/connectors/simulation/faults.js';
import {
  parseNhsNumber,
  parseOdsCode,
  type Asid,
  type LocationId,
  type NhsNumber,
  type PracticePatientRef,
  type PractitionerId,
} from '../../src/domain/identifiers.js';
import type { Practice, Practitioner } from '../../src/domain/practice.js';
import type { Slot } from '../../src/domain/schedule.js';
import { createPracticeZone, DAY, HOUR, MINUTE } from '../../src/domain/time.js';
import type { LogFields, Runtime } from '../../src/ports/runtime.js';
import type { PracticeSystem } from '../../src/ports/practice-system.js';
import { z } from 'zod';
import { CONTRACT_TIMEOUTS, type Operation, type SimulatedPractice } from '../contract/practice-system.contract.js';

/** Monday 18 May 2026, 08:00 at the practice. */
export const MONDAY_8 = Date.UTC(2026, 4, 18, 7, 0);
export const zone = createPracticeZone('Europe/London');

export function nhs(text: string): NhsNumber {
  const number = parseNhsNumber(text);
  if (!number) throw new Error('test data: no NHS number');
  return number;
}

function practitioner(systemId: string, family: string): Practitioner {
  return {
    id: `practitioner-${systemId}` as PractitionerId,
    systemId,
    sdsUserId: undefined,
    sdsRoleProfileIds: [],
    name: { family, given: ['Robin'], prefix: ['Dr'] },
    gender: undefined,
    languages: [],
    role: { code: 'R0260', display: 'General Medical Practitioner' },
  };
}

export function practiceOf(changes: Partial<Practice> = {}): Practice {
  const odsCode = parseOdsCode('A99901');
  if (!odsCode) throw new Error('test data: no ODS code');
  return {
    odsCode,
    name: 'Riverside Surgery',
    address: { line: ['1 River Walk'], city: 'Testham', postalCode: 'HG9 9ZZ' },
    telecom: [],
    zone,
    asid: '999999990001' as Asid,
    enabled: { foundations: true, appointmentManagement: true },
    locations: [
      { id: 'location-10' as LocationId, systemId: '10', name: 'Riverside', address: { line: [] }, telecom: [] },
    ],
    practitioners: [practitioner('42', 'Reed'), practitioner('43', 'Marsh')],
    slotRules: {
      defaults: { type: 'GP routine', channel: 'In-person', minutes: 10, restriction: undefined, bookable: true },
      rules: [],
      embargoMs: 0,
      horizonMs: undefined,
    },
    ...changes,
  };
}

const DATA = {
  zone: 'Europe/London',
  keys: [{ key: 'key-of-tests' }],
  institutions: [
    { id: 10, name: 'Riverside Surgery', code: 'A99901' },
    { id: 11, name: 'Quayside Practice', code: 'A99902' },
  ],
  specialities: [{ id: 12, name: 'General Practice', code: 'GP' }],
  consultants: [
    { id: 42, name: 'Robin Reed', title: 'Dr', specialityId: 12, institutionId: 10 },
    { id: 43, name: 'Robin Marsh', title: 'Dr', specialityId: 12, institutionId: 10 },
    { id: 44, name: 'Robin Nowhere', title: 'Dr', specialityId: 12, institutionId: 10 },
    { id: 51, name: 'Robin Quay', title: 'Dr', specialityId: 12, institutionId: 11 },
  ],
  patients: [
    {
      id: 67890,
      name: 'Jane Elizabeth Testerby',
      title: 'Mrs',
      sex: 'Female',
      dob: '1985-06-15',
      phn: '9990000018',
      phone: '01632 960001',
      address: '1 High Street, Testham',
    },
    { id: 67891, name: 'John Othername', sex: 'Male', dob: '1970-01-02', phn: '9990000026' },
    { id: 67892, name: 'Mary Twice', sex: 'Female', dob: '1960-03-04', phn: '9990000034' },
    { id: 67893, name: 'M Twice', sex: 'Female', dob: '1960-03-04', phn: '9990000034' },
  ],
  sessions: [
    {
      id: 5001,
      name: 'Morning surgery',
      consultantId: 42,
      start: '+1d 09:00',
      capacity: 12,
      duration: 10,
      itemId: 901,
    },
    {
      id: 5100,
      name: 'Quarter hours',
      consultantId: 43,
      start: '+1d 14:00',
      repeat: { every: '15m', count: 4 },
      duration: 15,
    },
    {
      id: 5200,
      name: 'On hold',
      consultantId: 42,
      start: '+1d 16:00',
      capacity: 6,
      duration: 10,
      acceptOnlineBookings: false,
    },
    { id: 5201, name: 'Holiday', consultantId: 42, start: '+1d 17:00', capacity: 6, duration: 10, doctorHoliday: true },
    { id: 5300, name: 'Nobody we know', consultantId: 44, start: '+1d 09:00', capacity: 6, duration: 10 },
    { id: 5400, name: 'Elsewhere', consultantId: 51, start: '+1d 09:00', capacity: 6, duration: 10 },
  ],
};

export interface HmisPractice extends SimulatedPractice {
  readonly simulator: HmisSimulation;
}

const TARGETS: Readonly<Record<Operation, { method: string; path: string }>> = {
  list: { method: 'GET', path: '/rh/api/channel/sessions' },
  place: { method: 'GET', path: '/rh/api/channel/sessions/*' },
  book: { method: 'POST', path: '/rh/api/channel/bookings' },
  'look-up': { method: 'GET', path: '/rh/api/channel/bookings/patient/*' },
  read: { method: 'GET', path: '/rh/api/channel/bookings/*' },
  cancel: { method: 'PUT', path: '/rh/api/channel/bookings/*/cancel' },
  find: { method: 'GET', path: '/rh/api/patients/search' },
  register: { method: 'POST', path: '/rh/api/patients' },
};

export function settingsFor(baseUrl: string, changes: object = {}): HmisSettings {
  const { read, write } = CONTRACT_TIMEOUTS;
  const timeouts = { searchMs: read, readMs: read, bookMs: write, cancelMs: write, registerMs: write };
  return hmisConnector
    .settings(z.string())
    .parse({ baseUrl, key: 'key-of-tests', allowHttp: true, timeouts, ...changes });
}

export interface HmisPracticeOptions {
  readonly settings?: object;
  readonly practice?: Partial<Practice>;
  readonly data?: object;
}

export function createRuntime(now: () => number): Runtime {
  return {
    clock: { now, monotonic: () => performance.now() },
    timers: { sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 10)) },
    ids: { next: () => 'id' },
    random: { fraction: () => 0 },
  };
}

export async function createHmisPractice(options: HmisPracticeOptions = {}): Promise<HmisPractice> {
  let now = MONDAY_8;
  const simulator = await createHmisSimulator({
    data: loadHmisData({ ...DATA, ...options.data }),
    now: () => now,
    random: () => 0,
  });
  const log: string[] = [];
  const record = (level: string) => (event: string, fields?: LogFields) =>
    void log.push(`${level} ${event} ${JSON.stringify(fields ?? {})}`);
  const system: PracticeSystem = hmisConnector.create({
    practice: practiceOf(options.practice),
    settings: settingsFor(simulator.url, options.settings),
    runtime: createRuntime(() => now),
    log: { info: record('info'), warn: record('warn'), error: record('error') },
  });
  const sessionOf = (slot: Slot): number => parseSlotId(slot.id)?.sessionId ?? 0;
  const { hmis } = simulator;
  return {
    system,
    simulator,
    log,
    clock: { now: () => now, advance: (ms) => void (now += ms) },
    window: { start: MONDAY_8, end: MONDAY_8 + 3 * DAY },
    emptyWindow: { start: MONDAY_8 + 20 * DAY, end: MONDAY_8 + 21 * DAY },
    patients: {
      known: {
        nhsNumber: nhs('9990000018'),
        ref: '67890' as PracticePatientRef,
        family: 'Testerby',
        birthDate: '1985-06-15',
      },
      other: {
        nhsNumber: nhs('9990000026'),
        ref: '67891' as PracticePatientRef,
        family: 'Othername',
        birthDate: '1970-01-02',
      },
      twice: nhs('9990000034'),
      stranger: {
        nhsNumber: nhs('9990000042'),
        demographics: {
          name: { family: 'Newcomer', given: ['Ada'], prefix: ['Ms'] },
          birthDate: '1991-12-24',
          gender: 'female',
          addresses: [{ use: 'home', line: ['7 Station Road'], city: 'Testham', postalCode: 'HG9 9ZY' }],
          telecom: [{ system: 'phone', value: '07700 900123', use: 'mobile' }],
          language: undefined,
        },
      },
    },
    unknownSlot: slotIdOf(4711, 1, MONDAY_8 + DAY + HOUR),
    fault: (operation, fault, times = 1) => void simulator.faults.script({ match: TARGETS[operation], times, fault }),
    keyRefused: { kind: 'system', name: 'key-expired', when: 'before' } satisfies Fault,
    otherBooking: { kind: 'system', name: 'other-patient', when: 'after' } satisfies Fault,
    bookAtDesk: (slot) => hmis.desk({ action: 'book', sessionInstanceId: sessionOf(slot) }),
    closeAtDesk: (slot) => hmis.desk({ action: 'cancel-session', sessionInstanceId: sessionOf(slot) }),
    cancelAtDesk: ({ ref }) => hmis.desk({ action: 'cancel', bookingId: Number(ref) }),
    liveBookings: () => hmis.bookings().filter(({ cancelled, retired }) => !cancelled && !retired).length,
    patientRecords: () => hmis.patients().length,
    arrived: (operation) => {
      const { method, path } = TARGETS[operation];
      const [head = '', tail = ''] = path.split('*');
      const matches = (asked: string): boolean =>
        path.includes('*') ? asked.startsWith(head) && asked.endsWith(tail) : asked === path;
      return simulator.requests.all().filter((request) => request.method === method && matches(request.path)).length;
    },
    goDown: () => simulator.close(),
    async close() {
      await system.close();
      await simulator.close();
    },
  };
}

export const minutes = (count: number): number => count * MINUTE;
