/** What an operator may say about how much an installation is asked for at a time; part of a connector's settings. */
import { z } from 'zod';
import { GUARD_LIMITS, type GuardLimits } from './guard.js';

export type CallLimits = Pick<GuardLimits, 'reads' | 'readsWaiting' | 'writes' | 'writesWaiting'>;

const MOST_AT_A_TIME = 64;
const MOST_WAITING = 256;

const waiting = (byDefault: number): z.ZodDefault<z.ZodInt> => z.int().min(0).max(MOST_WAITING).default(byDefault);

export const callLimitsSchema = z
  .strictObject({
    // One at least for consumers, beside those that are kept for settling.
    reads: z
      .int()
      .min(GUARD_LIMITS.readsKept + 1)
      .max(MOST_AT_A_TIME)
      .default(GUARD_LIMITS.reads),
    readsWaiting: waiting(GUARD_LIMITS.readsWaiting),
    writes: z.int().min(1).max(MOST_AT_A_TIME).default(GUARD_LIMITS.writes),
    writesWaiting: waiting(GUARD_LIMITS.writesWaiting),
  })
  .prefault({});
