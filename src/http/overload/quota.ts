/** So many requests a second for each consumer, and a burst above that: a bucket of tokens for each. */
import type { Clock } from '../../ports/runtime.js';

export interface Quota {
  /** Seconds until the next request is taken; `undefined` when this one is. */
  exceeded(consumer: string): number | undefined;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MOST_BUCKETS = 10_000;

export function createQuota(perSecond: number, burst: number, clock: Pick<Clock, 'monotonic'>): Quota {
  const buckets = new Map<string, Bucket>();
  return {
    exceeded(consumer) {
      const now = clock.monotonic();
      const bucket = buckets.get(consumer) ?? { tokens: burst, at: now };
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
      bucket.at = now;
      // In the order of use: who has not come for longest is forgotten first, and has its burst again.
      buckets.delete(consumer);
      buckets.set(consumer, bucket);
      if (buckets.size > MOST_BUCKETS) buckets.delete(buckets.keys().next().value ?? '');
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
      bucket.tokens -= 1;
      return undefined;
    },
  };
}
