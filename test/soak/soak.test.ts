/** What the soak finds out, and what it does not complain of; `npm run test:soak` plays it. */
import { expect, it } from 'vitest';
import { gatesOfMemory, gatesOfResources, MIB, slopeOf, type Kept, type Sample } from './samples.js';
import { rotation, TROUBLES } from './troubles.js';
import type { Wanted } from './traffic.js';
import { untruths } from './truth.js';

const MINUTES = 20;
const kept = (more: Partial<Kept> = {}): Kept => ({
  heapBytes: 40 * MIB,
  residentBytes: 120 * MIB,
  descriptors: 30,
  resources: { Timeout: 4 },
  ...more,
});
/** Of a run in which the heap has so many MiB after so many minutes. */
const samplesOf = (heap: (minute: number) => number): readonly Sample[] =>
  Array.from({ length: MINUTES * 6 }, (_, index) => {
    const minute = (index + 1) / 6;
    return { ...kept({ heapBytes: heap(minute) * MIB }), seconds: minute * 60 };
  });
const missed = (samples: readonly Sample[]): readonly boolean[] => gatesOfMemory(samples).map(({ holds }) => !holds);

it('fits a line by least squares', () => {
  expect(
    slopeOf([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBeCloseTo(2);
  expect(slopeOf([[1, 1]])).toBe(0);
});

it.each([
  ['a heap that stays', () => 40, [false, false]],
  ['one that grows in the first half only', (minute: number) => 40 + Math.min(minute, 10) * 5, [false, false]],
  ['a moment with more', (minute: number) => (Math.abs(minute - 19.5) < 0.05 ? 70 : 40), [false, false]],
  ['slow growth of much', (minute: number) => 200 + minute * 1.5, [true, false]],
  ['growth of little', (minute: number) => 40 + minute * 3, [true, true]],
])('judges %s', (_title, heap, expected) => {
  expect(missed(samplesOf(heap))).toEqual(expected);
});

it.each([
  ['as many', {}, []],
  ['a few more', { descriptors: 41, resources: { Timeout: 9 } }, []],
  ['more descriptors', { descriptors: 42 }, ['descriptors at the end']],
  ['more timers', { resources: { Timeout: 10 } }, ['Timeout at the end']],
  ['a kind that was not there', { resources: { Timeout: 4, TCPSocketWrap: 6 } }, ['TCPSocketWrap at the end']],
])('judges descriptors and what keeps the loop going: %s', (_title, more, expected) => {
  const gates = gatesOfResources(kept(), kept(more));
  expect(gates.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual(expected);
});

const wanted = (booking: Wanted['booking'], cancellation?: Wanted['cancellation']): Wanted => ({
  session: 1,
  booking,
  cancellation,
});

it.each([
  [wanted(201), [1]],
  [wanted(201, 200), [0]],
  [wanted(201, 503), [1]],
  [wanted(201, 504), [0, 1]],
  [wanted(409), [0]],
  [wanted(503), [0]],
  [wanted(504), [0, 1]],
  [wanted('lost'), [0, 1]],
])('of %o only this many may stand: %o', (one, allowed) => {
  const told = [0, 1, 2].filter((count) => untruths([one], count === 0 ? {} : { '1': count }).length === 0);
  expect(told).toEqual(allowed);
});

it('believes what a cancelled appointment reads as, and finds a booking that nobody asked for', () => {
  expect(untruths([wanted(201, 504)], { '1': 1 }, () => true)).toEqual([]);
  expect(untruths([wanted(201, 504)], { '1': 1 }, () => false)).toHaveLength(1);
  expect(untruths([wanted(201)], { '1': 1, '2': 1 })).toHaveLength(1);
});

it('has every trouble in each round, with a time without any after each', () => {
  const troubles = rotation(() => 0.5);
  const round = Array.from({ length: 2 * (Object.keys(TROUBLES).length - 1) }, () => troubles.next().value);
  expect(new Set(round)).toEqual(new Set(Object.keys(TROUBLES)));
  expect(round.filter((name) => name === 'none')).toHaveLength(round.length / 2);
});
