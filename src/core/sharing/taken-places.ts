/**
 * Many who wait for one place need not each be told by the practice that it is taken: a look that began after a request
 * had come speaks for that request too. That a place is free is never shared.
 */
import type { SlotId } from '../../domain/identifiers.js';
import type { PracticeSystem } from '../../ports/practice-system.js';

interface TakenPlaces {
  /** `began`: when the look began that found it taken, by the monotonic clock. */
  found(slot: SlotId, began: number): void;
  /** Whether a look that began after `since` has found it taken. */
  isTaken(slot: SlotId, since: number): boolean;
}

/** Only those who wait now are served by it, so the oldest can go. */
const MOST = 1000;

function createTakenPlaces(): TakenPlaces {
  const looks = new Map<SlotId, number>();
  return {
    found(slot, began) {
      const earlier = looks.get(slot) ?? -Infinity;
      looks.delete(slot);
      looks.set(slot, Math.max(earlier, began));
      if (looks.size > MOST) for (const oldest of looks.keys()) return void looks.delete(oldest);
    },
    isTaken: (slot, since) => (looks.get(slot) ?? -Infinity) > since,
  };
}

const known = new WeakMap<PracticeSystem, TakenPlaces>();

/** Of a practice, for all requests of this process. */
export function takenPlacesOf(system: PracticeSystem): TakenPlaces {
  const places = known.get(system) ?? createTakenPlaces();
  known.set(system, places);
  return places;
}
