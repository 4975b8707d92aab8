/** Who waits for a place learns that it is taken from whoever looked meanwhile, and from nobody who looked before. */
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import { bookingOf, DEADLINE_MS } from '../bench.js';
import { openDesk, type BookingDesk } from '../booking-desk.js';

let desk: BookingDesk;
let looks: number;
afterEach(() => desk.close());

async function open(): Promise<void> {
  looks = 0;
  const opened = await openDesk();
  const shown = opened.at.system;
  // A look takes time, and shows what stands when it ends.
  const system = {
    ...shown,
    readPlace: async (...asked: Parameters<typeof shown.readPlace>) => {
      looks += 1;
      await opened.runtime.timers.sleep(20);
      return shown.readPlace(...asked);
    },
  };
  Object.assign(opened.at, { system });
  desk = opened;
}

/** Requests of different content, each with the trace id of its own. */
function asking(numbers: readonly number[]): Promise<readonly string[]> {
  const answers = numbers.map((n) =>
    desk.book(bookingOf([desk.slots[0]], { description: `reason ${n}` }), { traceId: `trace-${n}` }).then(
      () => 'booked',
      (error: unknown) => (error instanceof GatewayError ? error.code : String(error)),
    ),
  );
  return over(Promise.all(answers));
}

async function over<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const watched = work.finally(() => (isOver = true));
  for (let passed = 0; !isOver && passed < DEADLINE_MS; passed += 10) await desk.runtime.advance(10);
  return watched;
}

describe('a place that is taken', () => {
  it('is looked at once more for all who waited behind its booking', async () => {
    await open();
    desk.answers.push(() => {
      desk.places.set(desk.slots[0].id, { state: 'taken' });
      return Promise.resolve({ class: 'refused', reason: 'slot-taken' });
    });
    const answers = await asking(Array.from({ length: 30 }, (_, n) => n));
    expect(answers.filter((answer) => answer !== 'slot-taken')).toEqual([]);
    expect(looks).toBe(2);
    expect(desk.sent).toHaveLength(1);
  });

  it('is looked at again for who comes later, and booked when it is free by then', async () => {
    await open();
    desk.places.set(desk.slots[0].id, { state: 'taken' });
    expect(await asking([1, 2, 3])).toEqual(['slot-taken', 'slot-taken', 'slot-taken']);
    desk.places.clear();
    expect(await asking([4])).toEqual(['booked']);
  });
});
