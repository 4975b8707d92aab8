/**
 * Time and chance of one history. Nothing happens but what was scheduled, one thing after the other, and everything
 * that a thing sets off runs to where it waits before time passes.
 */
export interface World {
  /** Milliseconds since the start of the history. */
  now(): number;
  /** Runs `work` after `ms`. */
  after(ms: number, work: () => void): void;
  /** Lets everything that is due until then happen. */
  runUntil(end: number): Promise<void>;
  /** As `AbortSignal.timeout`, by the time of this world. */
  timeout(ms: number): AbortSignal;
}

/** Chance that depends on nothing but its name: what one event draws does not change when another is left out. */
export interface Chance {
  /** In [0, 1). */
  fraction(): number;
  between(least: number, most: number): number;
  happens(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap. */
function createAgenda() {
  const heap: Due[] = [];
  const swap = (i: number, j: number): void => {
    const [a, b] = [heap[i], heap[j]];
    if (a && b) [heap[i], heap[j]] = [b, a];
  };
  const less = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]];
    return a !== undefined && b !== undefined && before(a, b);
  };
  return {
    next: (): Due | undefined => heap[0],
    add(due: Due): void {
      heap.push(due);
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!less(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    },
    take(): Due | undefined {
      swap(0, heap.length - 1);
      const first = heap.pop();
      for (let at = 0; ;) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        const least = less(right, left) ? right : left;
        if (!less(least, at)) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}

/** Nothing in a history waits for the machine, so everything has run to where it waits when the next tick comes. */
const idle = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

export function createWorld(): World {
  const agenda = createAgenda();
  let now = 0;
  let order = 0;
  const after: World['after'] = (ms, work) => agenda.add({ at: now + Math.max(0, ms), order: (order += 1), work });
  return {
    now: () => now,
    after,
    timeout(ms) {
      const controller = new AbortController();
      after(ms, () => controller.abort(TOO_LATE));
      return controller.signal;
    },
    async runUntil(end) {
      await idle();
      for (let due = agenda.next(); due && due.at <= end; due = agenda.next()) {
        agenda.take();
        now = Math.max(now, due.at);
        due.work();
        await idle();
      }
      now = Math.max(now, end);
    },
  };
}

/** Made once: nobody reads where it was made. */
const TOO_LATE = new DOMException('too late', 'TimeoutError');

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

/** Mulberry32. */
export function createChance(name: string): Chance {
  let state = hash(name);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    fraction,
    between: (least, most) => least + fraction() * (most - least),
    happens: (probability) => fraction() < probability,
    pick: (from) => from[Math.floor(fraction() * from.length)] ?? from[0],
  };
}

/** Runs `work` while the machine's own timeouts follow this world's time. One history at a time. */
export async function inWorld<T>(world: World, work: () => Promise<T>): Promise<T> {
  const machine = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => world.timeout(ms);
  try {
    return await work();
  } finally {
    AbortSignal.timeout = machine;
  }
}
