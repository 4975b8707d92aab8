/** The short form of the rounds, on a gateway inside this process; `npm run test:gates` has the long one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isUntrue, playRounds, verdict } from './rounds.js';
import type { Sent } from './sender.js';
import { createWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await createWorld({ instances: 1, places: 10, patients: 20 });
});
afterAll(() => world.close());

describe('many who want the same at once', () => {
  it.each([
    ['duplicates', 50, 2, 0],
    ['repeats', 50, 1, 2],
    ['last-place', 100, 1, 4],
  ] as const)('%s: one booking, and every answer as it has to be', async (kind, requests, rounds, first) => {
    expect(await playRounds(world, { kind, rounds, first, requests, seed: 'short' })).toEqual([]);
  });
});

describe('a round is broken', () => {
  const answer = (status: number, text = '{}'): Sent => ({
    status,
    text,
    location: undefined,
    etag: undefined,
    retryAfter: undefined,
  });
  it.each([
    ['by two bookings', 'duplicates', [answer(201), answer(201)], 2],
    ['by none', 'duplicates', [answer(201), answer(201)], 0],
    ['by two different answers', 'duplicates', [answer(201), answer(201, '{"id":"x"}')], 1],
    ['by one that is refused', 'repeats', [answer(201), answer(409)], 1],
    ['by two who get the last place', 'last-place', [answer(201), answer(201), answer(409)], 1],
    ['by one who is not told that it is taken', 'last-place', [answer(201), answer(409), answer(503)], 1],
  ] as const)('%s', (_title, kind, answers, standing) => {
    expect(verdict(kind, answers, standing)).not.toEqual([]);
  });

  it('and untrue when the answers differ from what stands, not when somebody was only turned away', () => {
    expect(isUntrue('last-place', [answer(201), answer(409)], 2)).toBe(true);
    expect(isUntrue('last-place', [answer(201), answer(201)], 1)).toBe(true);
    expect(isUntrue('duplicates', [answer(201), answer(201, '{"id":"x"}')], 1)).toBe(true);
    expect(isUntrue('duplicates', [answer(503), answer(503)], 1)).toBe(true);
    expect(isUntrue('duplicates', [answer(503), answer(504)], 1)).toBe(false);
    expect(isUntrue('duplicates', [answer(201), answer(503)], 1)).toBe(false);
    expect(isUntrue('last-place', [answer(503), answer(503)], 0)).toBe(false);
  });

  it('not by what has to be', () => {
    expect(verdict('duplicates', [answer(201), answer(201)], 1)).toEqual([]);
    expect(verdict('last-place', [answer(409), answer(201), answer(409)], 1)).toEqual([]);
  });
});
