/** Free slots and single places. */
import { expect } from 'vitest';
import { isGatewayError } from '../../../src/domain/errors.js';
import { isLogicalId, type SlotId } from '../../../src/domain/identifiers.js';
import { DELIVERY_CHANNELS } from '../../../src/domain/schedule.js';
import { firstSlot, firstSlots, search, TOO_LONG_MS, type Test } from './harness.js';

export function listingTests(test: Test): void {
  test('lists free slots that lie wholly inside the window', async ({ system, window }) => {
    const { slots } = await system.listFreeSlots(window, search());
    expect(slots.length).toBeGreaterThanOrEqual(3);
    for (const slot of slots) {
      expect(slot.start).toBeGreaterThanOrEqual(window.start);
      expect(slot.end).toBeLessThanOrEqual(window.end);
      expect(slot.end).toBeGreaterThan(slot.start);
    }
  });

  test('gives slots and schedules ids a consumer can use, each once', async ({ system, window }) => {
    const { slots, schedules } = await system.listFreeSlots(window, search());
    for (const list of [slots, schedules]) {
      const ids = list.map(({ id }) => id as string);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every(isLogicalId)).toBe(true);
    }
  });

  test('gives each slot its schedule, and no schedule without a slot', async ({ system, window }) => {
    const { slots, schedules } = await system.listFreeSlots(window, search());
    expect(new Set(slots.map((slot) => slot.scheduleId))).toEqual(new Set(schedules.map((schedule) => schedule.id)));
  });

  test('dresses slots with a type, a channel and a version', async ({ system, window }) => {
    const { slots } = await system.listFreeSlots(window, search());
    for (const slot of slots) {
      expect(slot.type).not.toBe('');
      expect(slot.version).not.toBe('');
      expect(DELIVERY_CHANNELS).toContain(slot.channel);
    }
  });

  test('lists the same slots under the same ids again', async ({ system, window }) => {
    const first = await system.listFreeSlots(window, search());
    expect(await system.listFreeSlots(window, search())).toEqual(first);
  });

  test('lists nothing where nothing is planned', async ({ system, emptyWindow }) => {
    expect(await system.listFreeSlots(emptyWindow, search())).toEqual({ slots: [], schedules: [] });
  });

  test('leaves out slots that a narrower window cuts', async (practice) => {
    const slot = await firstSlot(practice);
    const cut = { start: slot.start + 1, end: practice.window.end };
    const { slots } = await practice.system.listFreeSlots(cut, search());
    expect(slots.map(({ id }) => id)).not.toContain(slot.id);
  });

  test('lists nothing that has begun', async (practice) => {
    const slot = await firstSlot(practice);
    practice.clock.advance(slot.start - practice.clock.now());
    const { slots } = await practice.system.listFreeSlots(practice.window, search());
    expect(slots.every(({ start }) => start > practice.clock.now())).toBe(true);
    expect(slots.map(({ id }) => id)).not.toContain(slot.id);
  });

  test('no longer lists a place the desk has given away', async (practice) => {
    const slot = await firstSlot(practice);
    practice.bookAtDesk(slot);
    const { slots } = await practice.system.listFreeSlots(practice.window, search());
    expect(slots.map(({ id }) => id)).not.toContain(slot.id);
  });

  test('no longer lists a schedule the desk has closed', async (practice) => {
    const slot = await firstSlot(practice);
    practice.closeAtDesk(slot);
    const { schedules } = await practice.system.listFreeSlots(practice.window, search());
    expect(schedules.map(({ id }) => id)).not.toContain(slot.scheduleId);
  });

  const nonsense = [
    ['a page with 200', { kind: 'html', status: 200, when: 'before' }],
    ['text that is not JSON', { kind: 'not-json', when: 'before' }],
    ['another envelope', { kind: 'wrong-envelope', when: 'before' }],
    ['a redirect', { kind: 'redirect', status: 302, to: 'http://127.0.0.1:9/decoy', when: 'before' }],
    ['half an answer', { kind: 'truncated', when: 'after' }],
    ['an endless answer', { kind: 'huge', bytes: 8 * 1024 * 1024, when: 'before' }],
  ] as const;
  for (const [name, fault] of nonsense) {
    test(`calls ${name} to a listing a fault of the practice system`, async (practice) => {
      practice.fault('list', fault);
      const error: unknown = await practice.system.listFreeSlots(practice.window, search()).catch((e: unknown) => e);
      expect(error).toMatchObject({ name: 'GatewayError', code: 'practice-system-fault' });
    });
  }

  test('answers although the first try of a listing failed', async (practice) => {
    practice.fault('list', { kind: 'status', status: 503, body: {}, when: 'before' });
    expect((await practice.system.listFreeSlots(practice.window, search())).slots).not.toEqual([]);
  });

  test('is unavailable while the practice system keeps failing', async (practice) => {
    practice.fault('list', { kind: 'html', status: 500, when: 'before' }, 'always');
    await expect(practice.system.listFreeSlots(practice.window, search())).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
    expect(practice.arrived('list')).toBeLessThanOrEqual(2);
  });

  test('is unavailable while nothing listens there', async (practice) => {
    await practice.goDown();
    await expect(practice.system.listFreeSlots(practice.window, search())).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
  });

  test('is unavailable while the key is refused', async (practice) => {
    practice.fault('list', practice.keyRefused, 'always');
    await expect(practice.system.listFreeSlots(practice.window, search())).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
  });

  test('gives up a listing that is never answered', async (practice) => {
    practice.fault('list', { kind: 'hang', when: 'before' }, 'always');
    const started = performance.now();
    await expect(practice.system.listFreeSlots(practice.window, search())).rejects.toMatchObject({
      code: 'practice-timeout',
    });
    expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
  });

  test('ends a listing that nobody waits for', async (practice) => {
    practice.fault('list', { kind: 'hang', when: 'before' });
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(), 50);
    const error: unknown = await practice.system
      .listFreeSlots(practice.window, search(waiting.signal))
      .catch((thrown: unknown) => thrown);
    expect(isGatewayError(error)).toBe(true);
  });
}

export function placeTests(test: Test): void {
  test('reads a listed slot back as it was listed', async (practice) => {
    for (const { slot, schedule } of await firstSlots(practice)) {
      expect(await practice.system.readPlace(slot.id, search())).toEqual({ state: 'free', slot, schedule });
    }
  });

  test('calls a place the desk has given away taken', async (practice) => {
    const slot = await firstSlot(practice);
    practice.bookAtDesk(slot);
    expect(await practice.system.readPlace(slot.id, search())).toEqual({ state: 'taken' });
  });

  test('calls a place of a closed schedule taken', async (practice) => {
    const slot = await firstSlot(practice);
    practice.closeAtDesk(slot);
    expect(await practice.system.readPlace(slot.id, search())).toEqual({ state: 'taken' });
  });

  test('calls a slot of something that does not exist unknown', async ({ system, unknownSlot }) => {
    expect(await system.readPlace(unknownSlot, search())).toEqual({ state: 'unknown' });
  });

  test('calls an id it could never have made malformed, and asks nobody', async (practice) => {
    const { id } = await firstSlot(practice);
    const tampered = id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const text of ['', 'x', '1', '../../etc', `${id}x`, tampered, 'a'.repeat(64), 'é', '5001-1']) {
      expect(await practice.system.readPlace(text as SlotId, search()), text).toEqual({ state: 'malformed' });
    }
    expect(practice.arrived('place')).toBe(0);
  });

  test('throws, and calls no place taken, when a place cannot be read', async (practice) => {
    const { id } = await firstSlot(practice);
    practice.fault('place', { kind: 'not-json', when: 'before' });
    await expect(practice.system.readPlace(id, search())).rejects.toMatchObject({ code: 'practice-system-fault' });
    practice.fault('place', { kind: 'hang', when: 'before' });
    await expect(practice.system.readPlace(id, search())).rejects.toMatchObject({ code: 'practice-timeout' });
    await practice.goDown();
    await expect(practice.system.readPlace(id, search())).rejects.toMatchObject({ code: 'practice-unavailable' });
  });

  test('gives any text a lock key, and slots of one place the same', async (practice) => {
    const { slots } = await practice.system.listFreeSlots(practice.window, search());
    const [first] = slots;
    if (!first) throw new Error('no free slot');
    expect(practice.system.lockKeyOf(first.id)).toBe(practice.system.lockKeyOf(first.id));
    expect(practice.system.lockKeyOf('not an id' as SlotId)).toBe('not an id');
    for (const slot of slots.filter((other) => other.scheduleId === first.scheduleId && other.timing === 'estimated')) {
      expect(practice.system.lockKeyOf(slot.id)).toBe(practice.system.lockKeyOf(first.id));
    }
  });
}
