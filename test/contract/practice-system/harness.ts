/** What a connector brings along to be put through the practice-system contract. */
import { expect } from 'vitest';
import type { Fault } from '../../../src/connectors/simulation/faults.js';
import type { NhsNumber, PracticePatientRef, SlotId } from '../../../src/domain/identifiers.js';
import type { PatientDemographics } from '../../../src/domain/patient.js';
import type { Schedule, Slot } from '../../../src/domain/schedule.js';
import type { Instant, Period } from '../../../src/domain/time.js';
import type {
  Call,
  PracticeAppointment,
  PracticeBookingRequest,
  PracticeSystem,
  WriteAnswer,
} from '../../../src/ports/practice-system.js';

/** Calls of the simulated system that a fault can be scripted for. */
export type Operation = 'list' | 'place' | 'book' | 'look-up' | 'read' | 'cancel' | 'find' | 'register';

export interface KnownPatient {
  readonly nhsNumber: NhsNumber;
  readonly ref: PracticePatientRef;
  readonly family: string;
  readonly birthDate: string;
}

/** One practice over its running simulator, with the simulator's controls. */
export interface SimulatedPractice {
  readonly system: PracticeSystem;
  readonly clock: { now(): Instant; advance(ms: number): void };
  /** Has at least two schedules with free slots, and at least three free slots. */
  readonly window: Period;
  readonly emptyWindow: Period;
  readonly patients: {
    readonly known: KnownPatient;
    readonly other: KnownPatient;
    /** Two records carry this number. */
    readonly twice: NhsNumber;
    readonly stranger: { readonly nhsNumber: NhsNumber; readonly demographics: PatientDemographics };
  };
  /** An id the system could have made, of something that does not exist there. */
  readonly unknownSlot: SlotId;
  /** Hits the next call of the operation, or all of them. */
  fault(operation: Operation, fault: Fault, times?: number | 'always'): void;
  readonly keyRefused: Fault;
  /** Acts, then answers a success that names something that is not ours. */
  readonly otherBooking: Fault;
  /** The desk gives the place behind this slot away. */
  bookAtDesk(slot: Slot): void;
  /** The desk closes the whole schedule of this slot. */
  closeAtDesk(slot: Slot): void;
  cancelAtDesk(appointment: PracticeAppointment): void;
  liveBookings(): number;
  patientRecords(): number;
  /** Calls of this operation that reached the system. */
  arrived(operation: Operation): number;
  /** From now on nothing listens there. */
  goDown(): Promise<void>;
  /** Everything logged, one line each. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** How long the connector under test waits for a write, in milliseconds; and for a read. */
export const CONTRACT_TIMEOUTS = { write: 700, read: 900 } as const;
/** Longer than the system under test is waited for, shorter than a test may take. */
export const TOO_LONG_MS = 1500;

export type Test = (title: string, run: (practice: SimulatedPractice) => Promise<void>) => void;

const TRACE_ID = '5f0f2a7e-5a0c-4b53-9b5e-1a7a3b7b8c11';

export function search(signal = new AbortController().signal): Call {
  return { signal, traceId: TRACE_ID, purpose: 'search' };
}

export function booking(signal = new AbortController().signal): Call {
  return { signal, traceId: TRACE_ID, purpose: 'book' };
}

/** The slot of each schedule that its next booking gets, earliest first. */
export async function firstSlots(practice: SimulatedPractice): Promise<{ slot: Slot; schedule: Schedule }[]> {
  const free = await practice.system.listFreeSlots(practice.window, search());
  const firsts = new Map<string, Slot>();
  for (const slot of [...free.slots].sort((a, b) => a.start - b.start)) {
    if (!firsts.has(slot.scheduleId)) firsts.set(slot.scheduleId, slot);
  }
  return [...firsts.values()].map((slot) => {
    const schedule = free.schedules.find((candidate) => candidate.id === slot.scheduleId);
    if (!schedule) throw new Error('a slot without its schedule');
    return { slot, schedule };
  });
}

export async function firstSlot(practice: SimulatedPractice): Promise<Slot> {
  const [first] = await firstSlots(practice);
  if (!first) throw new Error('no free slot');
  return first.slot;
}

export function bookingOf(practice: SimulatedPractice, slot: Slot | SlotId, clientReference = 'attempt-0001') {
  const slots = [typeof slot === 'string' ? slot : slot.id];
  return { slots, patientRef: practice.patients.known.ref, clientReference } satisfies PracticeBookingRequest;
}

export function done<T>(answer: WriteAnswer<T>): T {
  expect(answer).toMatchObject({ class: 'done' });
  if (answer.class !== 'done') throw new Error('not done');
  return answer.value;
}

/** A booking as the core makes one: bookings of one lock key one after the other. */
export function createBookingDesk(practice: SimulatedPractice) {
  const last = new Map<string, Promise<unknown>>();
  return (request: PracticeBookingRequest): Promise<WriteAnswer<PracticeAppointment>> => {
    const key = request.slots.map((slot) => practice.system.lockKeyOf(slot)).join();
    const turn = (last.get(key) ?? Promise.resolve()).then(() => practice.system.book(request, booking()));
    last.set(key, turn);
    return turn;
  };
}

/** Faults that leave it open whether the system acted: each is tried before and after the effect. */
export function spoiltAnswers(when: 'before' | 'after'): readonly (readonly [string, Fault])[] {
  return [
    ['a cut connection', { kind: 'drop', when }],
    ['500', { kind: 'status', status: 500, body: { status: 'error' }, when }],
    ['502 with a page', { kind: 'html', status: 502, when }],
    ['503 with Retry-After', { kind: 'status', status: 503, body: {}, headers: { 'retry-after': '1' }, when }],
    ['504', { kind: 'status', status: 504, when }],
    ['408', { kind: 'status', status: 408, body: {}, when }],
    ['425', { kind: 'status', status: 425, body: {}, when }],
    ['429', { kind: 'status', status: 429, body: {}, when }],
    ['a page with 200', { kind: 'html', status: 200, when }],
    ['a redirect', { kind: 'redirect', status: 307, to: 'http://127.0.0.1:9/decoy', when }],
    ['text that is not JSON', { kind: 'not-json', when }],
    ['an empty body', { kind: 'not-json', body: '', when }],
    ['another envelope', { kind: 'wrong-envelope', when }],
    ['a list where an object belongs', { kind: 'wrong-envelope', body: [1, 2, 3], when }],
    ['deep nesting', { kind: 'not-json', body: '['.repeat(50_000) + ']'.repeat(50_000), when }],
    ['a refusal nobody knows', { kind: 'status', status: 418, body: { status: 'error', code: 418 }, when }],
    ['half an answer', { kind: 'truncated', when }],
    ['an endless answer', { kind: 'huge', bytes: 6 * 1024 * 1024, when }],
  ];
}
