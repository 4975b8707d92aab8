/** What is under way when the gateway dies. */
import { randomUUID } from 'node:crypto';
import type { Json, TestAnswer, TestConsumer } from '../../support/consumer.js';
import { amended, BOOKING_CALL, bookingOfSlots, cancelled, put, surgeries } from '../../support/appointments.js';
import { booked, bookingBody, patientId, slotPath, type FoundSlot } from '../../support/flow.js';
import type { World } from './world.js';

/** A consumer's request, the same each time that it is sent; or, with a trace id, another one for the same. */
export type Send = (consumer: TestConsumer, anotherTrace?: string) => Promise<TestAnswer>;

export interface Scenario {
  readonly name: string;
  /** Everything before the request. */
  prepare(world: World, consumer: TestConsumer): Promise<Send>;
  /** What the request is answered with in the end, whatever happened. */
  readonly ends: 200 | 201;
  /** Bookings that stand at the practice then. */
  readonly bookings: number;
  /** Calls that may change something there, if nothing goes wrong. */
  readonly state: 'BOOKED' | 'CANCELLED';
  /** The first gateway dies here, and the points of the one after it are swept. */
  readonly diesFirstAt?: string;
  /** The gateway is told to stop as soon as the practice has got this call. */
  readonly stopsAt?: { readonly method: string; readonly path?: string };
}

export const soon = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

async function twoSlots(consumer: TestConsumer): Promise<[FoundSlot, FoundSlot]> {
  for (const surgery of await surgeries(consumer, slotPath(soon(1), soon(6)))) {
    const slots = surgery();
    const first = slots.find(({ end }) => slots.some(({ start }) => start === end));
    const second = slots.find(({ start }) => start === first?.end);
    // A queue gives its next number, whichever was asked for.
    if (first && second && !first.scheduleType.startsWith('Walk-in')) return [first, second];
  }
  throw new Error('no two slots one after the other');
}

export const posting =
  (body: Json, trace = randomUUID()): Send =>
  (consumer, anotherTrace = trace) =>
    consumer.post('book', '/Appointment', body, { headers: { 'Ssp-TraceID': anotherTrace } });

async function oneSlot(consumer: TestConsumer): Promise<Send> {
  const [slot] = await twoSlots(consumer);
  return posting(bookingBody(slot, await patientId(consumer)));
}

async function severalSlots(consumer: TestConsumer): Promise<Send> {
  return posting(bookingOfSlots(await twoSlots(consumer), await patientId(consumer)));
}

async function bookedBefore(consumer: TestConsumer): Promise<Json> {
  const [slot] = await twoSlots(consumer);
  return (await booked(consumer, slot, await patientId(consumer))).body;
}

async function cancelling(consumer: TestConsumer): Promise<Send> {
  const body = cancelled(await bookedBefore(consumer));
  return (again) => put(again, 'cancel', body);
}

const FULL = { kind: 'status', status: 409, body: { status: 'error', code: 409, message: 'Session is Full' } } as const;

const booking = { ends: 201, bookings: 1, state: 'BOOKED' } as const;
const several = { ends: 201, bookings: 2, state: 'BOOKED' } as const;
const cancel = { ends: 200, bookings: 0, state: 'CANCELLED' } as const;

async function takingBack(world: World, consumer: TestConsumer): Promise<Send> {
  const send = await severalSlots(consumer);
  world.practice.faults.script({ match: BOOKING_CALL, skip: 1, fault: FULL });
  return send;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'book', ...booking, prepare: (_world, consumer) => oneSlot(consumer) },
  { name: 'book-several', ...several, prepare: (_world, consumer) => severalSlots(consumer) },
  { name: 'take-back', ...several, prepare: takingBack },
  { name: 'cancel', ...cancel, prepare: (_world, consumer) => cancelling(consumer) },
  {
    name: 'amend',
    ends: 200,
    bookings: 1,
    state: 'BOOKED',
    async prepare(_world, consumer) {
      const before = await bookedBefore(consumer);
      const body = amended(before, (one) => (one.comment = 'Comes with an interpreter'));
      const version = `W/"${before.meta.versionId}"`;
      return (again) => put(again, 'amend', body, { headers: { 'If-Match': version } });
    },
  },
  {
    name: 'recover-unanswered-booking',
    ...booking,
    diesFirstAt: 'wire.book.last-byte',
    prepare: (_world, consumer) => oneSlot(consumer),
  },
  {
    name: 'recover-unsent-booking',
    ...booking,
    diesFirstAt: 'ledger.CONFIRMING.committed',
    prepare: (_world, consumer) => oneSlot(consumer),
  },
  {
    name: 'recover-half-a-booking',
    ...several,
    diesFirstAt: 'wire.book.answer-read',
    prepare: (_world, consumer) => severalSlots(consumer),
  },
  { name: 'recover-taking-back', ...several, diesFirstAt: 'ledger.UNDOING.committed', prepare: takingBack },
  {
    name: 'recover-unsent-cancellation',
    ...cancel,
    diesFirstAt: 'ledger.CANCELLING.committed',
    prepare: (_world, consumer) => cancelling(consumer),
  },
  {
    name: 'stop-while-booking',
    ...booking,
    stopsAt: BOOKING_CALL,
    async prepare(world, consumer) {
      const send = await oneSlot(consumer);
      world.practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 400, when: 'after' } });
      return send;
    },
  },
  {
    name: 'stop-while-cancelling',
    ...cancel,
    stopsAt: { method: 'PUT' },
    async prepare(world, consumer) {
      const send = await cancelling(consumer);
      world.practice.faults.script({ match: { method: 'PUT' }, fault: { kind: 'delay', ms: 400, when: 'after' } });
      return send;
    },
  },
];
