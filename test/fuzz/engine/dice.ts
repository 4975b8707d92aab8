/** Chance that a seed repeats, in the two forms that changes are drawn with. */
import { createRandom } from '../../gates/random.js';

export interface Dice {
  /** A whole number from 0 up to, but not including, the one given. */
  below(most: number): number;
  pick<T>(from: readonly T[]): T;
}

export function createDice(seed: string): Dice {
  const random = createRandom(seed);
  const below = (most: number): number => Math.floor(random() * most);
  return { below, pick: <T>(from: readonly T[]) => from[below(from.length)] as T };
}
