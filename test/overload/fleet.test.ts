/** The short form of `npm run test:overload`: what can be said without a watch. */
import { afterEach, expect, it } from 'vitest';
import { BREAKER_RULES } from '../../src/connectors/exchange/guard/index.js';
import { startFleet, type Fleet } from './fleet.js';

let fleet: Fleet;
afterEach(() => fleet.stop());

it('with ten of twenty practices hung the others answer all, and hardly more reads reach the hung than were asked for', async () => {
  // No trial falls into the test, however slow the machine.
  const breaker = { ...BREAKER_RULES, firstPauseMs: 60_000 };
  fleet = await startFleet({ practices: 20, places: 4, serviceMs: 20, resilience: { breaker } });
  const hung = fleet.installations.slice(0, 10);
  for (const installation of hung) installation.hangs = true;
  const [ill, well] = [[], []] as Promise<{ status: number | undefined }>[][];
  for (let round = 0; round < 8; round += 1) {
    for (let index = 0; index < 10; index += 1) {
      ill?.push(fleet.search(index));
      well?.push(fleet.search(10 + index));
    }
    // However slow the machine, the practices that answer are asked again when they have answered.
    await Promise.all(well ?? []);
  }
  expect(new Set((await Promise.all(well ?? [])).map(({ status }) => status))).toEqual(new Set([200]));
  expect([...new Set((await Promise.all(ill ?? [])).map(({ status }) => status))].sort()).toEqual([503, 504]);
  const calls = hung.reduce((sum, one) => sum + one.calls, 0);
  expect(calls).toBeLessThanOrEqual(80 * 1.1);

  // By now the breakers are open: nothing more reaches them, and a search over all answers with what the others have.
  const before = hung.map((one) => one.calls);
  expect((await fleet.search('north')).status).toBe(200);
  expect((await fleet.search(0)).status).toBe(503);
  expect(hung.map((one) => one.calls)).toEqual(before);
});

it('of two hundred searches at once each has an answer, the practice sees six at a time, and then all is as before', async () => {
  fleet = await startFleet({ practices: 1, places: 2, serviceMs: 100 });
  const [installation] = fleet.installations;
  const answers = await Promise.all(Array.from({ length: 200 }, () => fleet.search(0)));
  const count = (status: number): number => answers.filter((one) => one.status === status).length;
  expect(count(200) + count(503)).toBe(200);
  expect(count(200)).toBeGreaterThanOrEqual(22);
  expect(count(503)).toBeGreaterThan(0);
  expect(installation?.most).toBeLessThanOrEqual(6);
  for (let round = 0; round < 5; round += 1) expect((await fleet.search(0)).status).toBe(200);
});
