/**
 * Who is let in to be worked on. Limits requests in work, not their rate: that needs no knowledge of how fast anything
 * is. Who finds no room waits in a short line while an answer would still be of use, and no longer: a long line would
 * carry out bookings that nobody waits for any more.
 *
 * Nobody takes all: bookings and changes have two fifths of the room to themselves, and while others wait a consumer
 * has at most half of it, and a practice little more than its part. Of one practice system no more is read than it has
 * room for: the rest would be turned away there, later and at a higher price.
 */
import { NO_ERROR, type Runtime } from '../../ports/runtime.js';
import { createAdaptiveLimit, type LimitRules } from './adaptive-limit.js';
import { isWrite, PATIENCE_MS, RANKS, readsSystem, type Asked } from './kinds.js';

/** How many reads and searches the system behind a practice has room for, those that wait for it included. */
export interface ReadRoom {
  /** Equal for practices that share one system. */
  readonly installation: string;
  readonly most: number;
}

export interface Request extends Asked {
  readonly consumer: string;
  /** Absent where nothing is asked of one system alone. */
  readonly room?: ReadRoom | undefined;
  /** Aborts when the consumer has gone. */
  readonly signal: AbortSignal;
}

/** `leave` is to be called once, when the work is over; what was refused or failed was not served. */
export type Admitted = { readonly leave: (isServed: boolean) => void } | 'full' | 'late';

export interface Admission {
  enter(request: Request): Promise<Admitted>;
  readonly limit: number;
  readonly inWork: number;
  readonly waiting: number;
}

interface Waiter {
  readonly request: Request;
  readonly end: (admitted: boolean) => void;
}

const WRITES_SHARE = 0.4;
const CONSUMER_SHARE = 0.5;
/** More than an equal part, and never fewer than this. */
const ADDRESSEE_PARTS = 1.25;
const LEAST_FOR_ADDRESSEE = 2;

export function createAdmission(
  { clock, timers }: Pick<Runtime, 'clock' | 'timers'>,
  rules: LimitRules,
  addressees: number,
): Admission {
  const limit = createAdaptiveLimit(rules);
  const line: Waiter[] = [];
  const consumers = new Map<string, number>();
  const places = new Map<string, number>();
  const readsAt = new Map<string, number>();
  let inWork = 0;
  let reads = 0;

  const count = (of: Map<string, number>, key: string, by: 1 | -1): void => {
    const now = (of.get(key) ?? 0) + by;
    if (now === 0) of.delete(key);
    else of.set(key, now);
  };

  const isFull = ({ kind, room }: Request): boolean =>
    room !== undefined && readsSystem(kind) && (readsAt.get(room.installation) ?? 0) >= room.most;

  const hasRoom = (request: Request, othersWait: boolean): boolean => {
    const { kind, addressee, consumer } = request;
    const most = limit.current;
    if (inWork >= most || isFull(request)) return false;
    // What there is for such requests, and how much of it is taken.
    const [room, taken] = isWrite(kind) ? [most, inWork] : [most * (1 - WRITES_SHARE), reads];
    if (taken >= room) return false;
    if (othersWait && (consumers.get(consumer) ?? 0) >= most * CONSUMER_SHARE) return false;
    const part = Math.max(LEAST_FOR_ADDRESSEE, Math.ceil((room / addressees) * ADDRESSEE_PARTS));
    // While half of the room is free nobody is held to a part.
    return taken < room / 2 || (places.get(addressee) ?? 0) < part;
  };

  const letIn = (request: Request): ((isServed: boolean) => void) => {
    const { kind, consumer, addressee } = request;
    const installation = readsSystem(kind) ? request.room?.installation : undefined;
    const began = clock.monotonic();
    let isOver = false;
    inWork += 1;
    const used = inWork;
    if (!isWrite(kind)) reads += 1;
    count(consumers, consumer, 1);
    count(places, addressee, 1);
    if (installation !== undefined) count(readsAt, installation, 1);
    return (isServed) => {
      if (isOver) return;
      isOver = true;
      inWork -= 1;
      if (!isWrite(kind)) reads -= 1;
      count(consumers, consumer, -1);
      count(places, addressee, -1);
      if (installation !== undefined) count(readsAt, installation, -1);
      if (isServed) limit.over(kind, clock.monotonic() - began, used);
      admitNext();
    };
  };

  /** Who would be answered too late is told at once: the line moves as fast as those in work are served. */
  const isUseless = (asked: Request): boolean => {
    const { kind, room } = asked;
    const before = line.filter(({ request }) => RANKS[request.kind] <= RANKS[kind]);
    // Where one system is full, only those who wait for it are in the way, and only they move on.
    const own = isFull(asked) ? room?.installation : undefined;
    const ahead = own === undefined ? before : before.filter(({ request }) => request.room?.installation === own);
    const atOnce = own === undefined ? inWork : (readsAt.get(own) ?? 0);
    const lately = limit.lately(kind);
    return ((ahead.length + 1) / Math.max(1, atOnce)) * lately + lately > PATIENCE_MS[kind];
  };

  const waitsBeside = (consumer: string): boolean => line.some(({ request }) => request.consumer !== consumer);

  const admitNext = (): void => {
    for (;;) {
      const next = line.find(({ request }) => hasRoom(request, waitsBeside(request.consumer)));
      if (!next) return;
      next.end(true);
    }
  };

  return {
    get limit() {
      return limit.current;
    },
    get inWork() {
      return inWork;
    },
    get waiting() {
      return line.length;
    },
    enter(request) {
      const { signal, kind, consumer } = request;
      if (signal.aborted) return Promise.resolve('late');
      if (hasRoom(request, waitsBeside(consumer))) return Promise.resolve({ leave: letIn(request) });
      if (isUseless(request)) return Promise.resolve('full');
      if (line.length >= limit.current) {
        const last = line.at(-1);
        if (!last || RANKS[last.request.kind] <= RANKS[kind]) return Promise.resolve('full');
        last.end(false);
      }
      return new Promise((resolve) => {
        const over = new AbortController();
        const end = (admitted: boolean, otherwise: 'full' | 'late' = 'full'): void => {
          line.splice(line.indexOf(waiter), 1);
          over.abort(NO_ERROR);
          signal.removeEventListener('abort', onAbort);
          resolve(admitted ? { leave: letIn(request) } : otherwise);
        };
        const onAbort = (): void => end(false, 'late');
        const waiter: Waiter = { request, end };
        signal.addEventListener('abort', onAbort, { once: true });
        const behind = line.findIndex((other) => RANKS[other.request.kind] > RANKS[kind]);
        line.splice(behind < 0 ? line.length : behind, 0, waiter);
        const useless = Math.max(0, PATIENCE_MS[kind] - limit.lately(kind));
        void timers.sleep(useless, over.signal).then(() => {
          if (!over.signal.aborted) end(false, 'late');
        });
      });
    },
  };
}
