/** What has happened since the start, counted from what is logged: whatever is worth a line is worth a number. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Log, LogFields } from '../../ports/runtime.js';

/** Seconds. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12];

/**
 * The same log; what it is told is counted in `registry`. Values of labels come from our own lists: ODS codes of the
 * practices served, names of interactions, classes, states and events.
 */
export function createCountedLog(log: Log, registry: Registry): Log {
  const registers = [registry];
  const requests = new Counter({
    name: 'slotbridge_requests_total',
    help: 'Requests of consumers that were answered.',
    labelNames: ['practice', 'interaction', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'slotbridge_request_duration_seconds',
    help: "From a request's first byte to its answer.",
    labelNames: ['interaction'],
    buckets: DURATION_BOUNDS,
    registers,
  });
  const answers = new Counter({
    name: 'slotbridge_booking_answers_total',
    help: 'Answers of practice systems to bookings, by what they prove.',
    labelNames: ['practice', 'class'],
    registers,
  });
  const settled = new Counter({
    name: 'slotbridge_attempts_settled_total',
    help: 'Open attempts that were settled, by the state they ended in.',
    labelNames: ['practice', 'state'],
    registers,
  });
  const events = new Counter({
    name: 'slotbridge_events_total',
    help: 'Warnings and errors in the log.',
    labelNames: ['practice', 'event', 'level'],
    registers,
  });
  new Counter({
    name: 'slotbridge_log_lines_held_back_total',
    help: 'Lines of the log that held an NHS number or a secret and were not written; each is a defect.',
    registers,
    collect() {
      this.reset();
      this.inc(log.heldBack?.() ?? 0);
    },
  });

  const note = (level: 'info' | 'warn' | 'error', event: string, fields: LogFields = {}): void => {
    const practice = fields.practice ?? '';
    if (event === 'request') {
      const interaction = fields.interaction ?? 'none';
      requests.inc({ practice, interaction, status: String(fields.status ?? 0) });
      if (fields.durationMs !== undefined) durations.observe({ interaction }, fields.durationMs / 1000);
    } else if (event === 'booking-answered') {
      answers.inc({ practice, class: fields.class ?? '' });
    } else if (event === 'attempt-settled') {
      settled.inc({ practice, state: fields.state ?? '' });
    } else if (level !== 'info') {
      events.inc({ practice, event, level });
    }
  };

  const counted =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, fields?: LogFields): void => {
      note(level, event, fields);
      log[level](event, fields);
    };
  return { info: counted('info'), warn: counted('warn'), error: counted('error') };
}
