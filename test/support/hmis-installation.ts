/** One small simulated HMIS installation on a fixed Monday, and calls to it as its API's callers make them. */
import { expect } from 'vitest';
import { z } from 'zod';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
  type HmisSimulatorOptions,
} from '../../src/connectors/hmis/simulator/simulator.js';

export const KEY = 'test-key';
/** A Monday, ten in the morning on the server's wall. */
export const MONDAY = Date.UTC(2026, 4, 18, 9);

export const DATA = {
  zone: 'Europe/London',
  keys: [{ key: KEY, expires: '+1d' }, { key: 'retired-key', retired: true }, { key: 'endless-key' }],
  institutions: [{ id: 10, name: 'Riverside Surgery', code: 'A99901' }],
  specialities: [{ id: 12, name: 'General Practice', code: 'GP' }],
  consultants: [
    { id: 42, name: 'Amara Perera', title: 'Dr', specialityId: 12, institutionId: 10 },
    { id: 43, name: 'Tobias Wren', specialityId: 12, institutionId: 10 },
  ],
  patients: [
    {
      id: 1,
      name: 'Alan Testwell',
      dob: '1985-06-15',
      phone: '01632 960201',
      mobile: '07700 900201',
      phn: '9990000018',
    },
    { id: 2, name: 'Beatrice Sampleton', phone: '01632 960202', nic: 'N2', code: 'MRN2', phn: '9990000026' },
  ],
  sessions: [
    { id: 100, name: 'Exact', consultantId: 42, start: '+1d 09:00', repeat: { every: '10m', count: 3 }, duration: 10 },
    { id: 200, name: 'Queue', consultantId: 43, start: '+2d 14:00', capacity: 3, duration: 10, total: 25 },
    { id: 201, name: 'Untimed', consultantId: 43, start: '+3d 14:00', capacity: 0 },
    {
      id: 202,
      name: 'From five',
      consultantId: 43,
      start: '+4d 14:00',
      capacity: 9,
      duration: 10,
      startNo: 5,
      minutes: 60,
    },
    {
      id: 203,
      name: 'Kept back',
      consultantId: 43,
      start: '+5d 14:00',
      capacity: 3,
      duration: 10,
      reserved: [2],
    },
    { id: 204, name: 'Far', consultantId: 43, start: '+20d 14:00' },
    { id: 205, name: 'Gone by', consultantId: 43, start: '-1d 14:00' },
  ],
};

const Wire = z.looseObject({
  status: z.string(),
  code: z.union([z.number(), z.string()]).optional(),
  message: z.string().optional(),
  data: z.unknown().optional(),
});
export const Booking = z.looseObject({ bookingId: z.number(), serialNo: z.number(), appointmentAt: z.string() });

/** The installation of the test that is running. */
export let simulation: HmisSimulation;
let now = MONDAY;

/** Moves the installation's clock. */
export function setClock(to: number): void {
  now = to;
}

export async function start(knobs: object = {}, options: Partial<HmisSimulatorOptions> = {}): Promise<void> {
  now = MONDAY;
  const data = loadHmisData({ ...DATA, knobs });
  simulation = await createHmisSimulator({ data, now: () => now, random: () => 0.99, ...options });
}

export function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { Finance: KEY },
): Promise<Response> {
  const init: RequestInit = { method, headers: { ...headers, 'content-type': 'application/json' } };
  return fetch(`${simulation.url}/rh${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
}

export async function ask(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ http: number } & z.output<typeof Wire>> {
  const answer = await send(method, `/api${path}`, body);
  return { http: answer.status, ...Wire.parse(await answer.json()) };
}

export const idsOf = (data: unknown): number[] =>
  z
    .array(z.looseObject({ id: z.number() }))
    .parse(data)
    .map(({ id }) => id);

export async function book(sessionInstanceId: number, patientId = 1): Promise<z.output<typeof Booking>> {
  return Booking.parse((await ask('POST', '/channel/bookings', { sessionInstanceId, patientId })).data);
}

export const refusal = (code: number, message: RegExp): object => ({
  http: code,
  code,
  status: 'error',
  message: expect.stringMatching(message) as unknown,
});
