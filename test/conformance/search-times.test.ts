/** Search for free slots: which times the slots of a range have, on every day there is. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPracticeZone, DAY, MINUTE } from '../../src/domain/time.js';
import { freeSlots, slotPath, type FoundSlot } from '../support/flow.js';
import { createTestClock, startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.js';
import { riversideWith } from '../support/riverside.js';

const started: TestGateway[] = [];
afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));

async function start(now: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({ clock: createTestClock(Date.parse(now)), ...options });
  started.push(gateway);
  return gateway;
}

/** A queue through the night, and a tolerance that shows all of its places at once. */
const NIGHT: TestGatewayOptions = {
  riverside: riversideWith([
    { id: 1, name: 'Night', consultantId: 42, start: '+1d 00:30', capacity: 18, duration: 10, minutes: 180 },
    { id: 2, name: 'Late', consultantId: 42, start: '+1d 23:40', repeat: { every: '10m', count: 2 }, duration: 10 },
  ]),
  practices: (yaml) => yaml.replace('type: hmis', 'type: hmis\n      slotPolicy: { toleranceMinutes: 240 }'),
};

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:00\+0[01]:00$/;

describe('search for free slots: slots across a change of the clocks', () => {
  it('search for free slots: in the hour that comes twice each slot has the offset of its own time [4.6-2 4.6-3 10.1-30]', async () => {
    const gateway = await start('2026-10-24T06:00:00Z', NIGHT);
    const slots = await freeSlots(gateway.consumer(), slotPath('2026-10-25', '2026-10-25'));
    const starts = slots.map((slot) => slot.start);
    expect(starts.slice(0, 13)).toEqual([
      ...['00:30', '00:40', '00:50', '01:00', '01:10', '01:20', '01:30', '01:40', '01:50'].map(
        (time) => `2026-10-25T${time}:00+01:00`,
      ),
      ...['01:00', '01:10', '01:20', '01:30'].map((time) => `2026-10-25T${time}:00+00:00`),
    ]);
    for (const { start, end } of slots) {
      expect(start).toMatch(TIME);
      expect(end).toMatch(TIME);
      expect(Date.parse(end) - Date.parse(start)).toBe(10 * MINUTE);
    }
    // The ends of a range mean one of the two as well.
    const within = async (from: string, until: string): Promise<string[]> =>
      (await freeSlots(gateway.consumer(), slotPath(from, until))).map((slot) => slot.start);
    expect(await within('2026-10-25T01:30:00+00:00', '2026-10-25T01:50:00+00:00')).toEqual([
      '2026-10-25T01:30:00+00:00',
      '2026-10-25T01:40:00+00:00',
    ]);
    expect(await within('2026-10-25T01:30:00+01:00', '2026-10-25T01:10:00+00:00')).toEqual([
      '2026-10-25T01:30:00+01:00',
      '2026-10-25T01:40:00+01:00',
      '2026-10-25T01:50:00+01:00',
      '2026-10-25T01:00:00+00:00',
    ]);
  });

  it('search for free slots: in spring the slot after 00:50 begins at 02:00 [4.6-2 4.6-3 10.1-30]', async () => {
    const gateway = await start('2026-03-28T06:00:00Z', NIGHT);
    const slots = await freeSlots(gateway.consumer(), slotPath('2026-03-29', '2026-03-29'));
    expect(slots.slice(0, 5).map(({ start, end }) => [start, end])).toEqual([
      ['2026-03-29T00:30:00+00:00', '2026-03-29T00:40:00+00:00'],
      ['2026-03-29T00:40:00+00:00', '2026-03-29T00:50:00+00:00'],
      ['2026-03-29T00:50:00+00:00', '2026-03-29T02:00:00+01:00'],
      ['2026-03-29T02:00:00+01:00', '2026-03-29T02:10:00+01:00'],
      ['2026-03-29T02:10:00+01:00', '2026-03-29T02:20:00+01:00'],
    ]);
    // A place in the hour that is skipped would have no name.
    expect(slots.filter(({ start }) => start.includes('T01:'))).toEqual([]);
  });

  it.each([
    ['spring', '2026-03-28T06:00:00Z', '2026-03-29'],
    ['autumn', '2026-10-24T06:00:00Z', '2026-10-25'],
    ['midsummer', '2026-06-20T06:00:00Z', '2026-06-21'],
  ])(
    'search for free slots: a date-only end takes in the slot that ends with its day, in %s [10.1-16]',
    async (_, now, date) => {
      const gateway = await start(now, NIGHT);
      const starts = (await freeSlots(gateway.consumer(), slotPath(date, date))).map((slot) => slot.start.slice(0, 16));
      expect(starts.slice(-2)).toEqual([`${date}T23:40`, `${date}T23:50`]);
    },
  );
});

describe('search for free slots: the fourteen days [10.1-18]', () => {
  it.each([
    ['in spring', '2026-03-16T06:00:00Z', '2026-03-16', '2026-03-30'],
    ['in summer', '2026-05-18T06:00:00Z', '2026-05-18', '2026-06-01'],
    ['in autumn', '2026-10-11T23:30:00Z', '2026-10-12', '2026-10-26'],
  ])(
    'search for free slots: by dates they are fifteen days of the calendar, %s [10.1-18]',
    async (_, now, from, to) => {
      const sessions = [
        { id: 1, name: 'Late', consultantId: 42, days: ['0-15'], start: '23:50', duration: 10 },
        { id: 100, name: 'Early', consultantId: 42, days: ['0-15'], start: '08:00', duration: 10 },
      ];
      const gateway = await start(now, {
        riverside: riversideWith(sessions),
        practices: (yaml) => yaml.replace('horizon: 14d', 'horizon: 30d'),
      });
      const days = (await freeSlots(gateway.consumer(), slotPath(from, to))).map(({ start }) => start.slice(0, 10));
      expect(new Set(days).size).toBe(15);
      expect(days).toHaveLength(30);
      expect([days[0], days.at(-1)]).toEqual([from, to]);
    },
  );
});

describe('search for free slots: any range', () => {
  const zone = createPracticeZone('Europe/London');
  let gateway: TestGateway;
  let all: readonly FoundSlot[] = [];
  const NOW = '2026-10-24T06:00:00Z';
  beforeAll(async () => {
    gateway = await start(NOW, NIGHT);
    all = await freeSlots(gateway.consumer(), slotPath('2026-10-24', '2026-11-07'));
    expect(all).toHaveLength(20);
  });

  it('search for free slots: exactly the slots wholly inside are found, whatever the form of either end [10.1-12 10.1-13 10.1-16 10.1-17]', async () => {
    const base = Date.parse(NOW);
    const moment = fc.record({
      at: fc.integer({ min: 16 * 60, max: 42 * 60 }).map((minutes) => base + minutes * MINUTE),
      dateOnly: fc.boolean(),
    });
    const nextDay = (date: string): number =>
      zone.fromLocal(new Date(Date.parse(`${date}T00:00:00Z`) + DAY).toISOString().slice(0, 10)).instant;
    await fc.assert(
      fc.asyncProperty(moment, moment, async (one, other) => {
        const [from, to] = one.at <= other.at ? [one, other] : [other, one];
        const write = ({ at, dateOnly }: typeof from): string => (dateOnly ? zone.toLocalDate(at) : zone.toLocal(at));
        const begin = from.dateOnly ? zone.fromLocal(zone.toLocalDate(from.at)).instant : from.at;
        const end = to.dateOnly ? nextDay(zone.toLocalDate(to.at)) : to.at;
        const found = await freeSlots(gateway.consumer(), slotPath(write(from), write(to)));
        expect(found).toEqual(all.filter((slot) => Date.parse(slot.start) >= begin && Date.parse(slot.end) <= end));
      }),
      { numRuns: 60 },
    );
  });
});
