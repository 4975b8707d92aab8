/** Prometheus text, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
import type { Task } from '../../core/operator/tasks.js';
import { MINUTE, SECOND } from '../../domain/time.js';
import { DURATION_BOUNDS, type Counts } from './counts.js';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface Measured {
  readonly version: string;
  readonly isReady: boolean;
  /** ODS codes, so that what is none is shown as none. */
  readonly practices: readonly string[];
  readonly tasks: readonly Task[];
  readonly counts: Counts;
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  /** Of the event loop since the last time that it was asked for. */
  readonly loopDelay: { readonly p99Seconds: number; readonly maxSeconds: number };
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

/** Open attempts no older than that; the reconciler hands them over at the last of these. */
const AGES: readonly (readonly [name: string, ms: number])[] = [
  ['1m', MINUTE],
  ['5m', 5 * MINUTE],
  ['30m', 30 * MINUTE],
  ['+Inf', Infinity],
];

const COUNTERS: readonly (readonly [name: string, help: string])[] = [
  ['slotbridge_requests_total', 'Requests of consumers that were answered.'],
  ['slotbridge_booking_answers_total', 'Answers of practice systems to bookings, by what they prove.'],
  ['slotbridge_attempts_settled_total', 'Open attempts that were settled, by the state they ended in.'],
  ['slotbridge_events_total', 'Warnings and errors in the log.'],
];

export function writeMetrics(measured: Measured): string {
  const { tasks, counts, practices } = measured;
  const served = [...new Set([...practices, ...tasks.map(({ attempt }) => attempt.practice)])].sort();
  const tasksOf = (practice: string): readonly Task[] => tasks.filter(({ attempt }) => attempt.practice === practice);
  const openOf = (practice: string): readonly Task[] => tasksOf(practice).filter(({ list }) => list !== 'unclaimed');
  const each = (of: (practice: string) => number): Sample[] =>
    served.map((practice) => [{ practice }, of(practice)] as const);

  const parts = [
    metric('slotbridge_info', 'gauge', 'The version that runs.', [[{ version: measured.version }, 1]]),
    metric('slotbridge_ready', 'gauge', '1 while requests may be sent here.', [[{}, measured.isReady ? 1 : 0]]),
    metric(
      'slotbridge_open_attempts',
      'gauge',
      'Attempts whose outcome is open, that are no older than `age`.',
      served.flatMap((practice) =>
        AGES.map(
          ([age, ms]) => [{ practice, age }, openOf(practice).filter(({ ageMs }) => ageMs <= ms).length] as const,
        ),
      ),
    ),
    metric(
      'slotbridge_oldest_open_attempt_seconds',
      'gauge',
      'Age of the oldest attempt whose outcome is open; 0 without one.',
      each((practice) => Math.max(0, ...openOf(practice).map(({ ageMs }) => ageMs)) / SECOND),
    ),
    metric(
      'slotbridge_needs_human_attempts',
      'gauge',
      "Attempts that wait for an operator's answer.",
      each((practice) => tasksOf(practice).filter(({ list }) => list === 'needs-human').length),
    ),
    metric(
      'slotbridge_unclaimed_attempts',
      'gauge',
      'Bookings of which the consumer has not learnt for ten minutes.',
      each((practice) => tasksOf(practice).filter(({ list }) => list === 'unclaimed').length),
    ),
    ...COUNTERS.map(([name, help]) =>
      metric(
        name,
        'counter',
        help,
        [...counts.series.values()].filter((one) => one.name === name).map(({ labels, value }) => [labels, value]),
      ),
    ),
    metric(
      'slotbridge_request_duration_seconds',
      'histogram',
      "From a request's first byte to its answer.",
      [...counts.durations.values()].flatMap(({ labels, within, count, sumSeconds }): Sample[] => [
        ...DURATION_BOUNDS.map((bound, index): Sample => [
          { ...labels, le: String(bound) },
          within[index] ?? 0,
          '_bucket',
        ]),
        [{ ...labels, le: '+Inf' }, count, '_bucket'],
        [labels, sumSeconds, '_sum'],
        [labels, count, '_count'],
      ]),
    ),
    metric('slotbridge_uptime_seconds', 'gauge', 'Since the start.', [[{}, measured.uptimeSeconds]]),
    metric('slotbridge_resident_memory_bytes', 'gauge', 'Memory of the process.', [[{}, measured.residentBytes]]),
    metric('slotbridge_event_loop_delay_seconds', 'gauge', 'Delay of the event loop since the last scrape.', [
      [{ quantile: '0.99' }, measured.loopDelay.p99Seconds],
      [{ quantile: '1' }, measured.loopDelay.maxSeconds],
    ]),
  ];
  return parts.join('');
}

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value, suffix = '']) => `${name}${suffix}${writeLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function writeLabels(labels: Labels): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return written.length === 0 ? '' : `{${written.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
