/** What has happened since the start, counted from what is logged: whatever is worth a line is worth a number. */
import type { Log, LogFields } from '../../ports/runtime.js';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Histogram {
  readonly labels: Readonly<Record<string, string>>;
  /** For each of `DURATION_BOUNDS`: how many took no longer. */
  readonly within: number[];
  count: number;
  sumSeconds: number;
}

export interface Counts {
  readonly series: ReadonlyMap<string, Series>;
  readonly durations: ReadonlyMap<string, Histogram>;
}

/** Seconds. */
export const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12] as const;

/** Labels come from our own lists; should one ever not, it must not fill the memory. */
const MOST_SERIES = 5_000;

/** The same log, and what it was told in numbers. */
export function createCountedLog(log: Log): { readonly log: Log; readonly counts: Counts } {
  const series = new Map<string, Series>();
  const durations = new Map<string, Histogram>();

  const count = (name: string, labels: Readonly<Record<string, string>>): void => {
    const key = `${name} ${JSON.stringify(labels)}`;
    const found = series.get(key);
    if (found) found.value += 1;
    else if (series.size < MOST_SERIES) series.set(key, { name, labels, value: 1 });
  };

  const measure = (interaction: string, seconds: number): void => {
    let found = durations.get(interaction);
    if (!found) {
      if (durations.size >= MOST_SERIES) return;
      found = { labels: { interaction }, within: DURATION_BOUNDS.map(() => 0), count: 0, sumSeconds: 0 };
      durations.set(interaction, found);
    }
    found.count += 1;
    found.sumSeconds += seconds;
    for (const [index, bound] of DURATION_BOUNDS.entries()) if (seconds <= bound) found.within[index]! += 1;
  };

  const note = (level: 'info' | 'warn' | 'error', event: string, fields: LogFields = {}): void => {
    const practice = fields.practice ?? '';
    if (event === 'request') {
      const interaction = fields.interaction ?? 'none';
      count('slotbridge_requests_total', { practice, interaction, status: String(fields.status ?? 0) });
      if (fields.durationMs !== undefined) measure(interaction, fields.durationMs / 1000);
    } else if (event === 'booking-answered') {
      count('slotbridge_booking_answers_total', { practice, class: fields.class ?? '' });
    } else if (event === 'attempt-settled') {
      count('slotbridge_attempts_settled_total', { practice, state: fields.state ?? '' });
    } else if (level !== 'info') {
      count('slotbridge_events_total', { practice, event, level });
    }
  };

  const counted =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, fields?: LogFields): void => {
      note(level, event, fields);
      log[level](event, fields);
    };
  return {
    log: { info: counted('info'), warn: counted('warn'), error: counted('error') },
    counts: { series, durations },
  };
}
