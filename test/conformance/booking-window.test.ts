import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { bookingBody, expectRefusal, freeSlots, patientId, slotPath, type FoundSlot } from '../support/flow.js';

let gateway: TestGateway;
beforeAll(async () => {
  // At seven in the morning: nothing before noon, and nothing after Wednesday at seven.
  gateway = await startTestGateway({
    practices: (yaml) => yaml.replace('horizon: 14d', 'embargo: 5h\n      horizon: 2d'),
  });
});
afterAll(() => gateway.stop());

const times = (slots: readonly FoundSlot[]): string[] => slots.map(({ start }) => start.slice(0, 16)).sort();

describe('booking window and embargo, where a practice sets them', () => {
  it('search for free slots: slots nearer than the embargo or beyond the horizon are withheld [12-8]', async () => {
    const found = times(await freeSlots(gateway.consumer(), slotPath('2026-05-18', '2026-05-24')));
    expect(found[0]).toBe('2026-05-18T14:00');
    expect(found.at(-1)?.slice(0, 10)).toBe('2026-05-19');
    // A practice that sets none is not touched by it.
    const other = times(await freeSlots(gateway.consumer('A99902'), slotPath('2026-05-18', '2026-05-24')));
    expect(other[0]).toBe('2026-05-18T08:30');
    expect(other.at(-1)?.slice(0, 10)).toBe('2026-05-24');
  });

  it('book an appointment: a slot that has come nearer than the embargo since the search is 422 INVALID_RESOURCE [10.2-26 10.2-62 12-8]', async () => {
    const consumer = gateway.consumer();
    const [slot] = await freeSlots(consumer, slotPath('2026-05-18', '2026-05-18'));
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));
    gateway.clock.advance(3 * 3_600_000);
    expectRefusal(await consumer.post('book', '/Appointment', body), 422, 'INVALID_RESOURCE');
    expect(gateway.riverside.hmis.bookings()).toHaveLength(0);
  });
});
