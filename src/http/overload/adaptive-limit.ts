/**
 * How many requests may be in work at a time. Grows while all the room is used and answers are as quick as usual; shrinks
 * when even the quicker ones take twice as long. The quicker ones, because practices that hang must not make it shrink.
 */

export interface LimitRules {
  readonly start: number;
  readonly least: number;
  readonly most: number;
}

export const LIMIT_RULES: LimitRules = { start: 64, least: 16, most: 256 };

export interface AdaptiveLimit {
  readonly current: number;
  /** Time that such a request has lately taken, in milliseconds; 0 as long as nothing is known. */
  lately(kind: string): number;
  /** A request has been served and took `ms`, what was refused or failed says nothing of the work; `used` is how many were in work when it was let in. */
  over(kind: string, ms: number, used: number): void;
}

const WINDOW = 50;
const QUICKER = 0.25;
const TOO_SLOW = 2;
const AS_USUAL = 1.2;
const SHRINK = 0.9;
/** Weight of one request in what is usual: an hour of trouble becomes usual too, a minute does not. */
const WEIGHT = 0.002;
const FIRST_WEIGHT = 0.1;
const FIRST = 50;

export function createAdaptiveLimit(rules: LimitRules): AdaptiveLimit {
  let current = rules.start;
  const usual = new Map<string, { ms: number; lately: number; count: number }>();
  let ratios: number[] = [];
  let mostUsed = 0;

  const endWindow = (): void => {
    const quicker = ratios.sort((a, b) => a - b)[Math.floor(ratios.length * QUICKER)] ?? 1;
    if (quicker > TOO_SLOW) current = Math.max(rules.least, Math.floor(current * SHRINK));
    else if (quicker <= AS_USUAL && mostUsed >= current * SHRINK) {
      current = Math.min(rules.most, current + Math.ceil(Math.sqrt(current) / 2));
    }
    ratios = [];
    mostUsed = 0;
  };

  return {
    get current() {
      return current;
    },
    lately: (kind) => usual.get(kind)?.lately ?? 0,
    over(kind, ms, used) {
      let known = usual.get(kind);
      if (!known) usual.set(kind, (known = { ms, lately: ms, count: 0 }));
      ratios.push(ms / Math.max(known.ms, 1));
      known.count += 1;
      known.lately += (ms - known.lately) * FIRST_WEIGHT;
      known.ms += (ms - known.ms) * (known.count < FIRST ? FIRST_WEIGHT : WEIGHT);
      mostUsed = Math.max(mostUsed, used);
      if (ratios.length >= WINDOW) endWindow();
    },
  };
}
