/** Lengths of time as people write them in the practices file: `250ms`, `2.5s`, `30m`, `2h`, `14d`. */
import { z } from 'zod';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/** Milliseconds, or `undefined` for text that is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  const size = UNITS[unit ?? ''];
  return amount === undefined || size === undefined ? undefined : Math.round(Number(amount) * size);
}

export function duration(least: string, most: string) {
  const [low, high] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : NO_DURATION) })
    .regex(DURATION, { error: NO_DURATION, abort: true })
    .refine((text) => between(parseDuration(text), low, high), `must be between ${least} and ${most}`);
}

const NO_DURATION = 'must be a number with its unit (ms, s, m, h or d), for example `30m` or `14d`';

function between(value: number | undefined, low: number, high: number): boolean {
  return value !== undefined && value >= low && value <= high;
}
