/**
 * Answers of HMIS, from their bytes to what the core is told. The first line of an input is the status, the content type
 * and the encoding; the rest is the body. The operations of the connector are asked, over an exchange that gives them
 * this answer instead of one from a socket.
 */
import { gzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { AnswerFault, takeAnswer, type Answer } from '../../../src/connectors/exchange/answer.js';
import type { Exchange } from '../../../src/connectors/exchange/index.js';
import { createAppointments } from '../../../src/connectors/hmis/rest/appointments.js';
import { createBookings } from '../../../src/connectors/hmis/rest/bookings.js';
import { createConnection } from '../../../src/connectors/hmis/rest/connection.js';
import { createPatients } from '../../../src/connectors/hmis/rest/patients.js';
import { createSessions } from '../../../src/connectors/hmis/rest/sessions.js';
import { slotIdOf } from '../../../src/connectors/hmis/slot-id.js';
import { isGatewayError } from '../../../src/domain/errors.js';
import type { PracticeAppointmentRef, PracticePatientRef } from '../../../src/domain/identifiers.js';
import { DAY, HOUR } from '../../../src/domain/time.js';
import type { Call } from '../../../src/ports/practice-system.js';
import type { LogFields } from '../../../src/ports/runtime.js';
import { createRuntime, MONDAY_8, nhs, practiceOf, settingsFor } from '../../connectors/hmis-practice.js';
import { BrokenPromise, CANARIES, CANARY, expectQuiet, fixturesOf, type Target } from './target.js';

const EARLIER = MONDAY_8 - 8 * HOUR;
const window = { start: EARLIER, end: EARLIER + DAY };
const slot = slotIdOf(5001, 8, Date.UTC(2026, 4, 18, 9, 10));
const nine = slotIdOf(5001, 1, MONDAY_8 + HOUR);
const ref = '777001' as PracticeAppointmentRef;
const patientRef = '67890' as PracticePatientRef;
const call: Call = { signal: new AbortController().signal, traceId: 'trace-1', purpose: 'search' };
const request = { slots: [nine], patientRef, clientReference: 'attempt-1' };
const trace = { ...request, sentAt: EARLIER, knownRefs: new Set<PracticeAppointmentRef>() };
const stranger = {
  nhsNumber: nhs('9990000018'),
  demographics: {
    name: { family: 'Testerby', given: ['Jane'], prefix: ['Mrs'] },
    birthDate: '1985-06-15',
    gender: 'female',
    addresses: [],
    telecom: [],
    language: undefined,
  },
} as const;
const RULES = { contentTypes: ['application/json'], maxBytes: 4 * 1024 * 1024, allowEmpty: false };

function responseOf(bytes: Buffer): Dispatcher.ResponseData {
  const end = bytes.indexOf(0x0a);
  const [status = '', type = '', encoding = ''] = bytes.toString('latin1', 0, Math.max(0, end)).split(' ');
  const body = bytes.subarray(end + 1);
  const stream = {
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(body);
    },
    on: () => stream,
    destroy: () => stream,
  };
  return {
    statusCode: /^[1-5]\d\d$/.test(status) ? Number(status) : 200,
    headers: { 'content-type': type, 'content-encoding': encoding },
    body: stream,
  } as unknown as Dispatcher.ResponseData;
}

const GOOD_SESSION = {
  id: 5001,
  name: 'Morning surgery',
  consultantId: 42,
  institutionId: 10,
  startingTime: '2026-05-18 09:00:00',
  endingTime: '2026-05-18 12:00:00',
  duration: 10,
  maxNo: 12,
  bookedPatientCount: 0,
  availableSlots: 12,
  nextAvailableAppointmentNumber: 1,
  status: 'Available',
  acceptOnlineBookings: true,
  itemId: 901,
};
const good: Answer = { status: 200, json: { status: 'success', code: 200, data: GOOD_SESSION }, bytes: 1 };

/** The connector's operations over one answer to everything that `answers` names. */
function connectorOver(answers: (operation: string) => boolean) {
  let bytes: Buffer = Buffer.alloc(0);
  let empty = false;
  const exchange: Exchange = {
    read: async ({ operation }) => (answers(operation) ? takeAnswer(responseOf(bytes), RULES) : good),
    async write() {
      try {
        return { kind: 'answered', answer: await takeAnswer(responseOf(bytes), RULES) };
      } catch (error) {
        if (!(error instanceof AnswerFault)) throw error;
        return { kind: 'unknown', reason: error.message };
      }
    },
    beginBooking: () => Promise.resolve(() => undefined),
    close: () => Promise.resolve(),
  };
  const log = (event: string, fields: LogFields = {}): void => expectQuiet(`${event} ${JSON.stringify(fields)}`);
  const connection = createConnection({
    practice: practiceOf(),
    settings: settingsFor('http://127.0.0.1:1'),
    runtime: createRuntime(() => EARLIER),
    exchange: {
      ...exchange,
      // To register a patient is asked only after a search that finds nobody.
      read: (asked) =>
        empty
          ? Promise.resolve({ status: 200, json: { status: 'success', code: 200, data: [] }, bytes: 1 })
          : exchange.read(asked),
    },
    log: { info: log, warn: log, error: log },
  });
  const sessions = createSessions(connection);
  const appointments = createAppointments(connection, sessions);
  return {
    sessions,
    appointments,
    bookings: createBookings(connection, sessions, appointments),
    patients: createPatients(connection),
    give: (answer: Buffer, searchesAreEmpty = false): void => {
      bytes = answer;
      empty = searchesAreEmpty;
    },
  };
}

/** A read may fail, in one of the ways that a connector's reads fail. */
async function read(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof AnswerFault) && !isGatewayError(error)) throw error;
    expectQuiet(error.message);
  }
}

const CLASSES = ['done', 'refused', 'not-sent', 'unknown', 'auth'];

/** A write never rejects, and the reason for its class is from a list of ours. */
async function write(asked: Promise<{ readonly class: string }>): Promise<void> {
  const answer = await asked;
  if (!CLASSES.includes(answer.class)) throw new BrokenPromise(`no class of an answer: ${answer.class}`);
  if ('reason' in answer) expectQuiet(String(answer.reason));
}

interface Written {
  readonly request: { readonly method: string; readonly path: string };
  readonly answer: { readonly status: number; readonly body: unknown };
}

function seedsOf(pattern: RegExp): Buffer[] {
  const exchanges = (fixturesOf('hmis/exchanges/') as Written[]).filter((one) => pattern.test(one.request.path));
  const texts = exchanges.map(({ answer: { status, body } }) => ({ status, text: JSON.stringify(body) }));
  const plain = texts.map(({ status, text }) => Buffer.from(`${status} application/json identity\n${text}`));
  const marked = texts.map(({ status, text }) =>
    Buffer.from(
      `${status} application/json; identity\n${text.replace(/"(name|message|address|consultantName)":"[^"]*"/g, `"$1":"${CANARY}"`)}`,
    ),
  );
  const packed = gzipSync(texts[0]?.text ?? '{}');
  return [...plain, ...marked, Buffer.concat([Buffer.from('200 application/json gzip\n'), packed])];
}

const WORDS = [
  ...CANARIES,
  'success',
  'error',
  'already_exists',
  '"code":401',
  '"code":404',
  '404 application/json identity\n',
  '409 application/json identity\n',
  '500 text/html gzip\n',
  'patient',
  'session',
  'status',
  'cancelled',
  'true',
  'false',
  '2026-03-29 01:30:00',
  '2026-10-25 01:30:00',
  '2026-05-18 09:00:00',
  '09:00',
  '0001-01-01 00:00:00',
  '9999-12-31 23:59:59',
  '5001',
  '67890',
  '777001',
  '10',
  '42',
];

const forSessions = connectorOver(() => true);
export const hmisSessions: Target = {
  name: 'hmis-sessions',
  seeds: seedsOf(/\/sessions/),
  dictionary: [
    ...WORDS,
    ...Object.keys(GOOD_SESSION),
    'remaining',
    'sessionDate',
    'sessionTime',
    'remainingPatientCount',
    'doctorHoliday',
    'started',
    'completed',
    'Available',
  ],
  async run(bytes) {
    forSessions.give(bytes);
    await read(forSessions.sessions.listFreeSlots(window, call));
    await read(forSessions.sessions.readPlace(slot, call));
  },
};

const forBookings = connectorOver((operation) => operation !== 'read-session');
export const hmisBookings: Target = {
  name: 'hmis-bookings',
  seeds: seedsOf(/\/bookings/),
  dictionary: [
    ...WORDS,
    'bookingId',
    'serialNo',
    'sessionInstanceId',
    'patientId',
    'institutionId',
    'consultantId',
    'appointmentAt',
    'createdAt',
    'ACTIVE',
    'PENDING',
    'COMPLETED',
    'ABSENT',
    'PATIENT_CANCELED',
  ],
  async run(bytes) {
    forBookings.give(bytes);
    const { appointments, bookings } = forBookings;
    await read(appointments.listAppointments(patientRef, call));
    await read(appointments.lookUpBooking(trace, call));
    await read(appointments.readAppointment(ref, call));
    await write(bookings.book(request, call));
    await write(bookings.cancel(ref, 'No longer needed', call));
  },
};

const forPatients = connectorOver(() => true);
export const hmisPatients: Target = {
  name: 'hmis-patients',
  seeds: seedsOf(/\/patients/),
  dictionary: [
    ...WORDS,
    'id',
    'patientId',
    'name',
    'title',
    'sex',
    'dob',
    'phn',
    'nic',
    'phone',
    'mobile',
    'email',
    'address',
    'deceased',
    'active',
    'retired',
    '9990000018',
    '999 000 0018',
    '1985-06-15',
    'Female',
  ],
  async run(bytes) {
    forPatients.give(bytes);
    await read(forPatients.patients.findPatients(stranger.nhsNumber, call));
    await read(forPatients.patients.readPatient(patientRef, call));
    forPatients.give(bytes, true);
    await write(forPatients.patients.registerPatient(stranger, call));
  },
};
