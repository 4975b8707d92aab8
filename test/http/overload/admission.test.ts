/** Who is let in to be worked on when not everybody can be, in virtual time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createAdaptiveLimit, LIMIT_RULES } from '../../../src/http/overload/adaptive-limit.js';
import { createAdmission, type Admission, type Admitted, type ReadRoom } from '../../../src/http/overload/admission.js';
import { askedOf, type Kind } from '../../../src/http/overload/kinds.js';
import { createQuota } from '../../../src/http/overload/quota.js';
import { createVirtualRuntime, type VirtualRuntime } from '../../support/virtual-runtime.js';

const staying = new AbortController().signal;
let runtime: VirtualRuntime;
let admission: Admission;

/** Room for ten, of which six for reads; of a hundred practices, so that two each once half of it is used. */
beforeEach(() => {
  runtime = createVirtualRuntime(Date.parse('2026-05-18T06:00:00Z'));
  admission = createAdmission(runtime, { start: 10, least: 10, most: 10 }, 100);
});

let someone = 0;
interface Who {
  readonly addressee?: string;
  readonly consumer?: string;
  readonly signal?: AbortSignal;
  readonly room?: ReadRoom;
}
/** Another consumer and another practice each time, unless said otherwise. */
function enter(kind: Kind, who: Who = {}): Promise<Admitted> {
  someone += 1;
  const from = { addressee: `practice ${someone}`, consumer: `consumer ${someone}`, signal: staying };
  return admission.enter({ kind, ...from, ...who });
}

type Inside = Exclude<Admitted, string>;
async function fill(count: number, kind: Kind, who: Who = {}): Promise<Inside[]> {
  const entered = await Promise.all(Array.from({ length: count }, () => enter(kind, who)));
  return entered.map((one) => {
    if (typeof one === 'string') throw new Error(one);
    return one;
  });
}
async function waits(admitted: Promise<Admitted>): Promise<boolean> {
  let settled = false;
  void admitted.then(() => (settled = true));
  await runtime.idle();
  return !settled;
}

describe('room', () => {
  it('reads have three fifths of it, bookings and changes may have all', async () => {
    await fill(6, 'search');
    expect(await waits(enter('read'))).toBe(true);
    await fill(4, 'booking');
    expect(await waits(enter('booking'))).toBe(true);
    expect([admission.inWork, admission.waiting]).toEqual([10, 2]);
  });

  it('of one system no more is read than it has room for, whatever the practice; bookings and others go on', async () => {
    const room = { installation: 'one', most: 2 };
    const [first] = await fill(2, 'search', { room });
    const read = enter('read', { room });
    expect(await waits(read)).toBe(true);
    await fill(1, 'booking', { room });
    await fill(1, 'metadata', { room });
    await fill(1, 'search', { room: { installation: 'two', most: 1 } });
    first?.leave(true);
    expect(typeof (await read)).toBe('object');
  });

  it('who would wait too long for one system is told at once, however quick the others are', async () => {
    const room = { installation: 'slow', most: 1 };
    const [usual] = await fill(1, 'search', { room });
    await runtime.advance(900);
    usual?.leave(true);
    await fill(1, 'search', { room });
    await fill(3, 'search');
    expect(await waits(enter('search', { room }))).toBe(true);
    expect(await enter('search', { room })).toBe('full');
  });

  it('as many wait as are worked on; the next is sent away at once', async () => {
    await fill(10, 'booking');
    for (let count = 0; count < 10; count += 1) void enter('booking');
    expect(await enter('booking')).toBe('full');
    expect(admission.waiting).toBe(10);
  });

  it('what matters more takes the place of what matters least', async () => {
    await fill(10, 'booking');
    const line = Array.from({ length: 10 }, () => enter('search'));
    const change = enter('change');
    expect(await line[9]).toBe('full');
    expect(await waits(change)).toBe(true);
    expect(await enter('metadata')).toBe('full');
  });

  it('changes go first, then bookings, reads, searches and the rest, each in the order in which they came', async () => {
    const inside = await fill(10, 'booking');
    const order: string[] = [];
    const kinds = ['metadata', 'search', 'read', 'booking', 'change', 'search', 'change'] as const;
    for (const [index, kind] of kinds.entries()) {
      void enter(kind).then((entered) => {
        order.push(`${kind} ${index}`);
        if (typeof entered !== 'string') entered.leave(true);
      });
    }
    for (const { leave } of inside) {
      leave(true);
      await runtime.idle();
    }
    expect(order).toEqual(['change 4', 'change 6', 'booking 3', 'read 2', 'search 1', 'search 5', 'metadata 0']);
    expect([admission.inWork, admission.waiting, runtime.waiting()]).toEqual([0, 0, 0]);
  });

  it('nobody waits longer than an answer is of use', async () => {
    const [first] = await fill(10, 'booking');
    const search = enter('search');
    const booking = enter('booking');
    await runtime.advance(2000);
    expect(await search).toBe('late');
    expect(await waits(booking)).toBe(true);
    first?.leave(true);
    expect(typeof (await booking)).toBe('object');
  });

  it('nor so long that there would be no time for the usual work', async () => {
    const [one] = await fill(1, 'search');
    await runtime.advance(900);
    one?.leave(true);
    await fill(10, 'booking');
    const search = enter('search');
    await runtime.advance(1100);
    expect(await search).toBe('late');
  });

  it('who would be answered too late is told at once, where the work takes long', async () => {
    // Six in work at 1.5 s each, so one comes out every 250 ms: the third in line would have its answer after 2 s.
    const slow = createAdmission(runtime, { start: 10, least: 10, most: 10 }, 100);
    const wish = { kind: 'search' as const, addressee: 'one', consumer: 'one', signal: staying };
    const first = await slow.enter(wish);
    await runtime.advance(1500);
    if (typeof first !== 'string') first.leave(true);
    for (let count = 0; count < 5; count += 1)
      await slow.enter({ ...wish, addressee: `${count}`, consumer: `${count}` });
    await slow.enter({ ...wish, addressee: '6', consumer: '6' });
    const answers = Array.from({ length: 4 }, () => slow.enter({ ...wish, addressee: '7', consumer: '7' }));
    expect(await answers[3]).toBe('full');
  });

  it('what was refused or failed does not pass for quick work', async () => {
    const inside = await fill(6, 'search');
    await runtime.advance(1500);
    inside[0]?.leave(true);
    for (const { leave } of inside.slice(1)) leave(false);
    const again = await fill(6, 'search');
    for (const { leave } of again) leave(false);
    await fill(6, 'search');
    const late = [enter('search'), enter('search'), enter('search')];
    expect(await late[2]).toBe('full');
  });

  it('a consumer that goes leaves the line, and is never worked for', async () => {
    const [first] = await fill(10, 'booking');
    const consumer = new AbortController();
    const gone = enter('booking', { signal: consumer.signal });
    consumer.abort();
    expect(await gone).toBe('late');
    first?.leave(true);
    expect([admission.inWork, admission.waiting]).toEqual([9, 0]);
    expect(await enter('booking', { signal: consumer.signal })).toBe('late');
  });

  it('who leaves twice has left once', async () => {
    const [first] = await fill(2, 'booking');
    first?.leave(true);
    first?.leave(true);
    expect(admission.inWork).toBe(1);
  });
});

describe('shares', () => {
  it('a consumer has all room while nobody else waits, and half of it when somebody does', async () => {
    const inside = await fill(10, 'booking', { consumer: 'greedy' });
    const more = enter('booking', { consumer: 'greedy' });
    const other = enter('booking');
    for (const { leave } of inside.slice(0, 2)) leave(true);
    expect(typeof (await other)).toBe('object');
    expect(await waits(more)).toBe(false);
    // With another in line, the greedy one has nothing more until it is down to its half.
    const third = enter('search');
    void third;
    expect(admission.inWork).toBe(10);
  });

  it('the greedy one is passed by who has less', async () => {
    const inside = await fill(10, 'booking', { consumer: 'greedy' });
    const more = enter('booking', { consumer: 'greedy' });
    const others = Array.from({ length: 3 }, () => enter('booking'));
    inside[0]?.leave(true);
    expect(await waits(more)).toBe(true);
    inside[1]?.leave(true);
    inside[2]?.leave(true);
    expect((await Promise.all(others)).map((one) => typeof one)).toEqual(['object', 'object', 'object']);
  });

  it('once half of the room is used, a practice has no more than its part', async () => {
    await fill(5, 'booking', { addressee: 'hung' });
    const next = enter('booking', { addressee: 'hung' });
    expect(await waits(next)).toBe(true);
    await fill(5, 'booking');
    expect(admission.inWork).toBe(10);
  });
});

describe('the limit', () => {
  const answers = (limit: ReturnType<typeof createAdaptiveLimit>, ms: (index: number) => number, used = 64): void => {
    for (let index = 0; index < 50; index += 1) limit.over('search', ms(index), used);
  };

  it('grows while all of it is used and answers are as quick as usual, up to its end', () => {
    const limit = createAdaptiveLimit(LIMIT_RULES);
    expect(limit.current).toBe(64);
    answers(limit, () => 10);
    expect(limit.current).toBe(68);
    for (let round = 0; round < 100; round += 1) answers(limit, () => 10, 300);
    expect(limit.current).toBe(256);
  });

  it('does not grow while it is not used', () => {
    const limit = createAdaptiveLimit(LIMIT_RULES);
    answers(limit, () => 10, 20);
    expect(limit.current).toBe(64);
  });

  it('shrinks when even the quicker answers take twice as long, down to its end', () => {
    const limit = createAdaptiveLimit(LIMIT_RULES);
    answers(limit, () => 10, 20);
    answers(limit, () => 30);
    expect(limit.current).toBe(57);
    for (let round = 0; round < 40; round += 1) answers(limit, () => 10_000 * (round + 1));
    expect(limit.current).toBe(16);
  });

  it('stays when half of the practices hang', () => {
    const limit = createAdaptiveLimit(LIMIT_RULES);
    answers(limit, () => 10, 20);
    answers(limit, (index) => (index % 2 === 0 ? 2500 : 10), 20);
    expect(limit.current).toBe(64);
  });
});

describe('the quota', () => {
  it('takes a burst, then so many a second, of each consumer by itself', async () => {
    const quota = createQuota(50, 100, runtime.clock);
    for (let count = 0; count < 100; count += 1) expect(quota.exceeded('one')).toBeUndefined();
    expect(quota.exceeded('one')).toBe(1);
    expect(quota.exceeded('other')).toBeUndefined();
    await runtime.advance(100);
    for (let count = 0; count < 5; count += 1) expect(quota.exceeded('one')).toBeUndefined();
    expect(quota.exceeded('one')).toBe(1);
  });

  it('forgets those who have not come for longest, and keeps no more than it can', () => {
    const quota = createQuota(1, 1, runtime.clock);
    quota.exceeded('first');
    for (let count = 0; count < 10_000; count += 1) quota.exceeded(`consumer ${count}`);
    expect(quota.exceeded('first')).toBeUndefined();
    expect(quota.exceeded('consumer 9999')).toBe(1);
  });
});

describe('what a request is', () => {
  const ROOT = '/A99901/STU3/1/gpconnect';
  it.each<[string, string, Kind]>([
    ['PUT', `${ROOT}/Appointment/1`, 'change'],
    ['POST', `${ROOT}/Appointment`, 'booking'],
    ['POST', `${ROOT}/Patient/$gpc.registerpatient`, 'booking'],
    ['GET', `${ROOT}/Appointment/1`, 'read'],
    ['GET', `${ROOT}/Patient/1/Appointment?start=ge2026-05-18`, 'read'],
    ['GET', `${ROOT}/Patient?identifier=x|1`, 'read'],
    ['GET', `${ROOT}/Slot?start=ge2026-05-18`, 'search'],
    ['GET', `${ROOT}/metadata`, 'metadata'],
    ['GET', '/nothing', 'metadata'],
  ])('%s %s is a %s', (method, url, kind) => {
    expect(askedOf(method, url).kind).toBe(kind);
  });

  it('names whom it is sent to', () => {
    expect(askedOf('GET', `${ROOT}/Slot?x=/y/`).addressee).toBe('A99901');
    expect(askedOf('GET', '/federation/north/STU3/1/gpconnect/Slot').addressee).toBe('federation/north');
  });
});
