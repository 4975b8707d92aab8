/** What consumers send, and what they were told: of each place, for the comparison with the practice. */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, sessionOf } from '../support/appointments.js';
import type { Json } from '../support/consumer.js';
import { bookingBody, NHS_NUMBER, slotPath, type FoundSlot } from '../support/flow.js';
import { dayAhead, nhsNumber, QUIET_DAY } from '../gates/practice-data.js';
import { createSender, type Sender, type Sent } from '../gates/sender.js';

/** A status, or that no answer came. */
export type Told = number | 'lost';

/** A place, and what the one consumer who wants it was told last. */
export interface Wanted {
  readonly session: number;
  booking: Told;
  cancellation: Told | undefined;
}

interface Order extends Wanted {
  readonly body: string;
  readonly key: string;
  readonly from: string;
  appointment: { readonly body: Json; readonly etag: string | undefined } | undefined;
}

type Kind = 'search' | 'find' | 'read' | 'booking' | 'cancellation';
/** Of these one is drawn for each request. */
const MIX: readonly Kind[] = [
  ...(['search', 'search', 'search', 'find', 'find'] as const),
  ...(['booking', 'booking', 'read', 'read', 'cancellation'] as const),
];
/** What part of the requests wants a place. */
export const BOOKINGS = MIX.filter((kind) => kind === 'booking').length / MIX.length;
/** How many consumers there are: of one of them, only so many outcomes may be open. */
const CONSUMERS = 7;
const REPEATS_AT_A_TIME = 4;
/** Who is told to come again comes again, for half a minute at most. */
const REPEATED_MS = 1000;
const MOST_TRIES = 30;

export interface Traffic {
  readonly wanted: readonly Wanted[];
  /** One request of the mix. */
  send(): Promise<void>;
  search(): Promise<unknown>;
  /** The same request once more for each that was not told what has become of it. Answers how many there were. */
  repeatUnknown(): Promise<number>;
  /** Whether the appointment of this place reads as booked. */
  readsAsBooked(wanted: Wanted): Promise<boolean | undefined>;
  /** What was answered since this was last asked: how often each, such as `booking 201`. */
  takeAnswers(): ReadonlyMap<string, number>;
  /** Closes every connection; nothing may be under way. */
  hangUp(): Promise<void>;
}

/** What is known only when somebody looks. */
export function isUnknown(told: Told): boolean {
  return told === 'lost' || told === 500 || told === 504;
}

export function createTraffic(
  url: string,
  slots: readonly FoundSlot[],
  patients: readonly string[],
  random: () => number,
): Traffic {
  let sender: Sender = createSender(url);
  const orders: Order[] = [];
  const bookedOrders: Order[] = [];
  let answers = new Map<string, number>();

  const tell = async (kind: Kind, sent: Promise<Sent>): Promise<Sent | undefined> => {
    const answer = await sent.catch(() => undefined);
    const name = `${kind} ${answer?.status ?? 'lost'}`;
    answers.set(name, (answers.get(name) ?? 0) + 1);
    return answer;
  };
  const book = async (order: Order): Promise<void> => {
    const { body, key, from } = order;
    const answer = await tell('booking', sender.send('POST', 'book', '/Appointment', body, { key, from }));
    order.booking = answer?.status ?? 'lost';
    if (answer?.status !== 201) return;
    order.appointment = { body: JSON.parse(answer.text), etag: answer.etag };
    bookedOrders.push(order);
  };
  const orderOf = (slot: FoundSlot, number: number): Order => ({
    session: sessionOf(slot),
    body: JSON.stringify(bookingBody(slot, patients[number % patients.length] ?? '')),
    key: `soak-${number}`,
    from: `20000000${String(1000 + (number % CONSUMERS))}`,
    booking: 'lost',
    cancellation: undefined,
    appointment: undefined,
  });
  const pathOf = (order: Order): string => `/Appointment/${String(order.appointment?.body.id)}`;
  const search = (): Promise<unknown> =>
    tell('search', sender.get('searchSlots', slotPath(dayAhead(QUIET_DAY), dayAhead(QUIET_DAY))));

  const once: Record<Kind, () => Promise<unknown>> = {
    search,
    find() {
      const number = nhsNumber(Math.floor(random() * patients.length));
      return tell(
        'find',
        sender.get('findPatient', `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${number}`)}`),
      );
    },
    read() {
      const order = bookedOrders[Math.floor(random() * bookedOrders.length)];
      if (!order) return search();
      return tell('read', sender.send('GET', 'readAppointment', pathOf(order), undefined, { from: order.from }));
    },
    booking() {
      const slot = slots[orders.length];
      if (!slot) throw new Error('there are no places left');
      const order = orderOf(slot, orders.length);
      orders.push(order);
      return book(order);
    },
    async cancellation() {
      const order = bookedOrders.shift();
      if (!order?.appointment) return search();
      const { body, etag } = order.appointment;
      const extra = { from: order.from, ...(etag !== undefined && { ifMatch: etag }) };
      const sent = sender.send('PUT', 'cancel', pathOf(order), JSON.stringify(cancelled(body)), extra);
      order.cancellation = 'lost';
      order.cancellation = (await tell('cancellation', sent))?.status ?? 'lost';
      return undefined;
    },
  };

  return {
    wanted: orders,
    search,
    send: async () => void (await once[MIX[Math.floor(random() * MIX.length)] ?? 'search']()),
    async repeatUnknown() {
      const unknown = orders.filter(({ booking }) => isUnknown(booking));
      const line = unknown.values();
      const work = async (): Promise<void> => {
        for (const order of line) {
          await book(order);
          for (let tries = 1; order.booking === 503 && tries < MOST_TRIES; tries += 1) {
            await pause(REPEATED_MS);
            await book(order);
          }
        }
      };
      await Promise.all(Array.from({ length: REPEATS_AT_A_TIME }, work));
      return unknown.length;
    },
    async readsAsBooked(wanted) {
      const order = orders.find(({ session }) => session === wanted.session);
      if (!order?.appointment) return undefined;
      const answer = await tell(
        'read',
        sender.send('GET', 'readAppointment', pathOf(order), undefined, { from: order.from }),
      );
      if (answer?.status !== 200) return undefined;
      return (JSON.parse(answer.text) as { readonly status: string }).status === 'booked';
    },
    takeAnswers() {
      const taken = answers;
      answers = new Map();
      return taken;
    },
    async hangUp() {
      await sender.close();
      sender = createSender(url);
    },
  };
}
