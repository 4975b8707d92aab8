/** What spares a practice system and keeps its trouble to itself, in virtual time. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createResilience,
  type Errand,
  type Guard,
  type Passage,
  type Resilience,
} from '../../src/connectors/exchange/guard/index.js';
import type { Log } from '../../src/ports/runtime.js';
import { createVirtualRuntime, type VirtualRuntime } from '../support/virtual-runtime.js';

const SECOND = 1000;
const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const waiting = new AbortController().signal;

let runtime: VirtualRuntime;
let resilience: Resilience;
let guard: Guard;

beforeEach(() => {
  runtime = createVirtualRuntime(Date.parse('2026-05-18T06:00:00Z'));
  resilience = createResilience(runtime, log);
  guard = resilience.guardOf('A99901', 'one');
});

const read = (errand: Errand = 'search', patienceMs = 2000, of = guard): Promise<Passage> =>
  of.pass('reads', { errand, patienceMs, signal: waiting });
const write = (errand: Errand = 'book', patienceMs = 5000, of = guard): Promise<Passage> =>
  of.pass('writes', { errand, patienceMs, signal: waiting });

type Open = Extract<Passage, { done: unknown }>;

async function opened(passage: Promise<Passage>): Promise<Open> {
  const settled = await passage;
  if ('refused' in settled) throw new Error(`refused: ${settled.refused}`);
  return settled;
}

async function refused(passage: Promise<Passage>): Promise<string> {
  const settled = await passage;
  if ('done' in settled) throw new Error('let through');
  return settled.refused;
}

async function fail(times: number, direction: typeof read | typeof write = read): Promise<void> {
  for (let count = 0; count < times; count += 1) (await opened(direction())).done('bad');
}

async function fill(count: number, pass: () => Promise<Passage>): Promise<Open[]> {
  return Promise.all(Array.from({ length: count }, () => opened(pass())));
}

/** Whether a promise has settled once everything that needs no time has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await runtime.idle();
  return settled;
}

describe('room at one practice', () => {
  it('whoever finds some waits for nothing, and no timer is set for it', async () => {
    await fill(6, read);
    expect(runtime.waiting()).toBe(0);
    void read();
    await runtime.idle();
    expect(runtime.waiting()).toBe(1);
  });

  it('six reads for consumers at a time, two more for reconciliation only', async () => {
    await fill(6, read);
    expect(await isSettled(read())).toBe(false);
    await fill(2, () => read('reconcile'));
    expect(await isSettled(read('reconcile'))).toBe(false);
    expect(guard.condition('reads')).toMatchObject({ underWay: 8, waiting: 2 });
  });

  it('writes have room of their own', async () => {
    await fill(6, read);
    await fill(4, write);
    expect(await isSettled(write())).toBe(false);
  });

  it('sixteen reads and eight writes wait, the next is sent away at once', async () => {
    await fill(6, read);
    await fill(4, write);
    for (let count = 0; count < 16; count += 1) void read();
    for (let count = 0; count < 8; count += 1) void write();
    expect(await refused(read())).toBe('queue-full');
    expect(await refused(write())).toBe('queue-full');
    expect(guard.condition('reads')).toMatchObject({ waiting: 16, refused: 1 });
  });

  it('who would come too late is dropped from the line, and nobody in it is forgotten', async () => {
    const inside = await fill(6, read);
    const impatient = read('search', 500);
    const patient = read('search', 900);
    await runtime.advance(500);
    expect(await refused(impatient)).toBe('queue-deadline');
    expect(await isSettled(patient)).toBe(false);
    inside[0]?.done('good');
    await opened(patient);
    expect(guard.condition('reads')).toMatchObject({ underWay: 6, waiting: 0 });
    expect(runtime.waiting()).toBe(0);
  });

  it('as many bookings are begun as find room for their reads, and as many wait as writes do', async () => {
    const begin = (patienceMs = 2000, signal = waiting) => guard.begin({ patienceMs, signal });
    const inside = await Promise.all(Array.from({ length: 6 }, () => begin()));
    const line = Array.from({ length: 7 }, () => begin());
    expect(guard.turnsAway()).toBe(false);
    line.push(begin());
    expect(await begin()).toMatchObject({ refused: 'queue-full' });
    expect(guard.condition('writes')).toMatchObject({ underWay: 0, waiting: 8, refused: 1 });
    expect(guard.turnsAway()).toBe(true);
    expect(guard.condition('writes')).toMatchObject({ underWay: 0, waiting: 8, refused: 2 });
    const [first] = inside;
    if (first && 'end' in first) first.end();
    expect(await line[0]).toHaveProperty('end');
    expect(guard.turnsAway()).toBe(false);
    const consumer = new AbortController();
    const gone = begin(2000, consumer.signal);
    consumer.abort();
    expect(await gone).toMatchObject({ refused: 'queue-deadline' });
    await runtime.advance(2000);
    expect(await line[7]).toMatchObject({ refused: 'queue-deadline' });
    expect(guard.condition('writes').waiting).toBe(0);
    expect(runtime.waiting()).toBe(0);
  });

  it('a turn that is given back twice makes room for one', async () => {
    const inside = await Promise.all(
      Array.from({ length: 6 }, () => guard.begin({ patienceMs: 2000, signal: waiting })),
    );
    const line = [1, 2].map(() => guard.begin({ patienceMs: 2000, signal: waiting }));
    const [first] = inside;
    if (first && 'end' in first) [1, 2].forEach(() => first.end());
    await line[0];
    expect(await isSettled(line[1]!)).toBe(false);
  });

  it('who goes leaves the line', async () => {
    await fill(6, read);
    const consumer = new AbortController();
    const gone = guard.pass('reads', { errand: 'search', patienceMs: 2000, signal: consumer.signal });
    consumer.abort();
    expect(await refused(gone)).toBe('queue-deadline');
    expect(guard.condition('reads').waiting).toBe(0);
  });

  it('bookings go before searches, and look-ups before both', async () => {
    const inside = await fill(8, () => read('reconcile'));
    const order: string[] = [];
    for (const errand of ['search', 'book', 'search', 'reconcile'] as const) {
      void opened(read(errand)).then(({ done }) => {
        order.push(errand);
        done('good');
      });
    }
    for (const { done } of inside) {
      done('good');
      await runtime.idle();
    }
    expect(order).toEqual(['reconcile', 'book', 'search', 'search']);
  });

  it('a booking takes the place of the last search when the line is full', async () => {
    await fill(6, read);
    const searches = Array.from({ length: 16 }, () => read());
    const booking = read('book');
    expect(await refused(searches[15]!)).toBe('queue-full');
    expect(await isSettled(booking)).toBe(false);
    expect(guard.condition('reads').waiting).toBe(16);
  });

  it('a cancellation waits even where the line is full, and goes before bookings', async () => {
    const [first] = await fill(4, write);
    const waitingToBook = Array.from({ length: 8 }, () => write());
    const cancel = write('finish');
    first?.done('good');
    await opened(cancel);
    expect(await isSettled(Promise.any(waitingToBook))).toBe(false);
  });

  it('a call that is over twice is over once', async () => {
    const [first] = await fill(6, read);
    first?.done('good');
    first?.done('bad');
    expect(guard.condition('reads').underWay).toBe(5);
  });
});

describe('room among all practices', () => {
  it('is shared; who waits for it holds a place at its own practice only', async () => {
    resilience = createResilience(runtime, log, { together: 3 });
    const [one, two] = [resilience.guardOf('A1', 'one'), resilience.guardOf('A2', 'two')];
    const inside = await fill(2, () => read('search', 2000, one));
    await fill(1, () => read('search', 2000, two));
    const next = read('search', 2000, two);
    const late = read('search', 100, two);
    await runtime.advance(100);
    expect(await refused(late)).toBe('queue-deadline');
    expect(await isSettled(next)).toBe(false);
    inside[0]?.done('good');
    await opened(next);
    expect(two.condition('reads').underWay).toBe(2);
  });
});

describe('the breaker', () => {
  it('opens after five failures in a row, and refuses before anything is sent', async () => {
    await fail(4);
    (await opened(read())).done('good');
    await fail(5);
    expect(await refused(read())).toBe('breaker-open');
    expect(guard.condition('reads').breaker).toBe('open');
    await opened(write());
  });

  it('opens when half of ten calls in ten seconds have failed', async () => {
    for (let pair = 0; pair < 4; pair += 1) {
      await fail(1);
      (await opened(read())).done('good');
    }
    (await opened(read())).done('good');
    expect(guard.condition('reads').breaker).toBe('closed');
    await fail(1);
    expect(guard.condition('reads').breaker).toBe('open');
  });

  it('forgets what is older than ten seconds', async () => {
    for (let pair = 0; pair < 4; pair += 1) {
      await fail(1);
      (await opened(read())).done('good');
    }
    await runtime.advance(11 * SECOND);
    (await opened(read())).done('good');
    await fail(1);
    expect(guard.condition('reads').breaker).toBe('closed');
  });

  it('what says nothing of the system neither opens nor closes it', async () => {
    await fail(4);
    (await opened(read())).done('neither');
    expect(guard.condition('reads').breaker).toBe('closed');
    await fail(1);
    (await opened(read('reconcile'))).done('neither');
    expect(guard.condition('reads').breaker).toBe('open');
  });

  it('sends away those who wait', async () => {
    const inside = await fill(6, read);
    // Four of them are let in by the first four failures, before the fifth.
    const next = Array.from({ length: 6 }, () => read());
    for (const { done } of inside.slice(0, 5)) done('bad');
    expect(await Promise.all(next.slice(4).map(refused))).toEqual(['breaker-open', 'breaker-open']);
    expect(guard.condition('reads').waiting).toBe(0);
  });

  it('tells when to come again', async () => {
    await fail(5);
    expect(await read()).toEqual({ refused: 'breaker-open', retryAfterSeconds: 5 });
    await runtime.advance(3 * SECOND);
    expect(await read()).toEqual({ refused: 'breaker-open', retryAfterSeconds: 2 });
  });

  it('lets one read find out, without a probe, and nobody else meanwhile', async () => {
    await fail(5);
    await runtime.advance(5 * SECOND);
    const trial = await opened(read());
    expect(await refused(read())).toBe('breaker-open');
    trial.done('good');
    await opened(read());
  });

  it('pauses twice as long after each trial that failed, up to a minute', async () => {
    await fail(5);
    for (const pause of [5, 10, 20, 40, 60, 60]) {
      await runtime.advance(pause * SECOND - 1);
      expect(await refused(read())).toBe('breaker-open');
      await runtime.advance(1);
      (await opened(read())).done('bad');
    }
  });

  it('begins with the short pause again once the system has proved itself', async () => {
    await fail(5);
    await runtime.advance(5 * SECOND);
    (await opened(read())).done('good');
    (await opened(read())).done('good');
    await fail(5);
    await runtime.advance(5 * SECOND);
    await opened(read());
  });

  it('opens again with the first failure after a good trial', async () => {
    await fail(5);
    await runtime.advance(5 * SECOND);
    (await opened(read())).done('good');
    await fail(1);
    expect(guard.condition('reads').breaker).toBe('open');
    await runtime.advance(10 * SECOND - 1);
    expect(await refused(read())).toBe('breaker-open');
  });

  it('what began before it opened does not close it, nor make the pause longer', async () => {
    const [good, bad] = await fill(2, read);
    await runtime.advance(1);
    await fail(5);
    good?.done('good');
    bad?.done('bad');
    expect(guard.condition('reads').breaker).toBe('open');
    await runtime.advance(5 * SECOND);
    await opened(read());
  });

  it('lets look-ups through within their own room, and their answer closes it', async () => {
    await fail(5);
    const [first] = await fill(2, () => read('reconcile'));
    expect(await isSettled(read('reconcile'))).toBe(false);
    first?.done('good');
    await opened(read());
  });
});

describe('half open', () => {
  let probes: number;
  let answer: (answers: boolean) => void;
  beforeEach(() => {
    probes = 0;
    guard.useProbe(() => {
      probes += 1;
      return new Promise((resolve) => (answer = resolve));
    });
  });

  it('a booking never finds out: it waits for a probe, and the next has its answer at once', async () => {
    await fail(5, write);
    expect(await refused(write())).toBe('breaker-open');
    expect(probes).toBe(0);
    await runtime.advance(5 * SECOND);
    const booking = write();
    expect(await isSettled(booking)).toBe(false);
    expect(await refused(write())).toBe('breaker-open');
    answer(true);
    await opened(booking);
    expect(probes).toBe(1);
    expect(guard.condition('writes').breaker).toBe('closed');
  });

  it('a probe that fails means a longer pause, and the booking is not sent', async () => {
    await fail(5, write);
    await runtime.advance(5 * SECOND);
    const booking = write();
    await runtime.idle();
    answer(false);
    expect(await refused(booking)).toBe('breaker-open');
    await runtime.advance(10 * SECOND - 1);
    expect(await refused(write())).toBe('breaker-open');
    expect(probes).toBe(1);
  });

  it('a consumer that goes while the probe is out is let go', async () => {
    await fail(5, write);
    await runtime.advance(5 * SECOND);
    const consumer = new AbortController();
    const gone = guard.pass('writes', { errand: 'book', patienceMs: 5000, signal: consumer.signal });
    await runtime.idle();
    consumer.abort();
    expect(await refused(gone)).toBe('breaker-open');
  });

  it('a read that was answered since is as good as a probe for writes', async () => {
    await fail(5, write);
    await runtime.advance(5 * SECOND);
    (await opened(read())).done('good');
    await opened(write());
    expect(probes).toBe(0);
  });

  it('a read that was answered during the pause is not', async () => {
    await fail(5, write);
    await runtime.advance(4 * SECOND);
    (await opened(read())).done('good');
    await runtime.advance(SECOND);
    expect(await isSettled(write())).toBe(false);
    expect(probes).toBe(1);
  });
});

describe('installations', () => {
  it('have the room that they are given', async () => {
    const calls = { reads: 3, readsWaiting: 0, writes: 1, writesWaiting: 0 };
    const small = resilience.guardOf('A99904', 'small', calls);
    await opened(write('book', 5000, small));
    expect(await refused(write('book', 5000, small))).toBe('queue-full');
    await opened(read('search', 2000, small));
    expect(await refused(read('search', 2000, small))).toBe('queue-full');
    await opened(write());
    await opened(write());
  });

  it('practices of one share its breaker, others do not, and all are listed', async () => {
    const same = resilience.guardOf('A99902', 'one');
    const other = resilience.guardOf('A99903', 'two');
    (await opened(read('search', 2000, other))).done('good');
    await fail(5);
    expect(await refused(read('search', 2000, same))).toBe('breaker-open');
    const listed = resilience
      .status()
      .map(({ practice, reads, lastAnswerAt }) => [practice, reads.breaker, lastAnswerAt]);
    expect(listed).toEqual([
      ['A99901', 'open', undefined],
      ['A99902', 'open', undefined],
      ['A99903', 'closed', runtime.clock.now()],
    ]);
  });
});
