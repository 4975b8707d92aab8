/**
 * How long commits take. The driver of SQLite is synchronous: on a disk that takes long for a sync everybody waits, so
 * nothing new is begun while it does. What is under way goes on, and shows when the disk is quick again.
 */
const WINDOW_MS = 5000;
const SLOW_MS = 100;
/** One slow commit of a few is no slow disk. */
const FEWEST = 10;
/** Asked with every booking, worked out so often only. */
const WORKED_OUT_EVERY_MS = 100;

export interface CommitTimes {
  note(ms: number): void;
  /** Of the last five seconds; `undefined` where there were too few. */
  p95Ms(): number | undefined;
  /** Whether they take longer than this, in milliseconds. */
  isSlow(slowMs?: number): boolean;
}

export function createCommitTimes(now: () => number = () => performance.now()): CommitTimes {
  let samples: { readonly at: number; readonly ms: number }[] = [];
  let known: number | undefined;
  let workedOutAt = -Infinity;

  const p95Ms = (): number | undefined => {
    const at = now();
    if (at - workedOutAt < WORKED_OUT_EVERY_MS) return known;
    workedOutAt = at;
    samples = samples.filter((sample) => at - sample.at < WINDOW_MS);
    const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b);
    known = sorted.length < FEWEST ? undefined : sorted[Math.ceil(sorted.length * 0.95) - 1];
    return known;
  };

  return {
    note(ms) {
      samples.push({ at: now(), ms });
    },
    p95Ms,
    isSlow: (slowMs = SLOW_MS) => (p95Ms() ?? 0) > slowMs,
  };
}
