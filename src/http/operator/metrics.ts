/** What is measured at the moment of a scrape, beside what was counted since the start. */
import { Gauge, type Registry } from 'prom-client';
import { isUnsettled, type Task } from '../../core/operator/tasks.js';
import { MINUTE, SECOND } from '../../domain/time.js';
import type { BreakerState, PracticeCondition } from '../../ports/practice-condition.js';

export interface Measured {
  readonly version: string;
  readonly isReady: boolean;
  /** ODS codes, so that what is none is shown as none. */
  readonly practices: readonly string[];
  readonly tasks: readonly Task[];
  readonly conditions: readonly PracticeCondition[];
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  /** Of the event loop since the last time that it was asked for. */
  readonly loopDelay: { readonly p99Seconds: number; readonly maxSeconds: number };
}

/** Open attempts no older than that; the reconciler hands them over at the last of these. */
const AGES: readonly (readonly [name: string, ms: number])[] = [
  ['1m', MINUTE],
  ['5m', 5 * MINUTE],
  ['30m', 30 * MINUTE],
  ['+Inf', Infinity],
];

/** In the order of trouble, so that an alarm needs one comparison. */
const BREAKERS: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

export interface Metrics {
  readonly contentType: string;
  /** Prometheus text of everything in the registry. */
  write(measured: Measured): Promise<string>;
}

export function createMetrics(registry: Registry): Metrics {
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `slotbridge_${name}`, help, labelNames, registers: [registry] });
  const info = gauge('info', 'The version that runs.', 'version');
  const ready = gauge('ready', '1 while requests may be sent here.');
  const open = gauge(
    'open_attempts',
    'Attempts whose outcome is open, that are no older than `age`.',
    'practice',
    'age',
  );
  const oldest = gauge(
    'oldest_open_attempt_seconds',
    'Age of the oldest attempt whose outcome is open; 0 without one.',
    'practice',
  );
  const needsHuman = gauge('needs_human_attempts', "Attempts that wait for an operator's answer.", 'practice');
  const unclaimed = gauge(
    'unclaimed_attempts',
    'Bookings of which the consumer has not learnt for ten minutes.',
    'practice',
  );
  const duplicates = gauge(
    'possible_duplicate_attempts',
    'Bookings made soon after another for the same patient, of which the consumer did not know and still does not.',
    'practice',
  );
  const breaker = gauge(
    'practice_breaker_state',
    'Whether the practice system is called: 0 closed (yes), 1 half-open (one read finds out), 2 open (no).',
    'practice',
    'direction',
  );
  const underWay = gauge(
    'practice_calls_under_way',
    'Calls that the practice system has and has not answered.',
    'practice',
    'direction',
  );
  const waiting = gauge('practice_calls_waiting', 'Calls that wait until there is room.', 'practice', 'direction');
  const refused = gauge(
    'practice_calls_refused',
    'Calls refused since the start, before anything was sent.',
    'practice',
    'direction',
  );
  const uptime = gauge('uptime_seconds', 'Since the start.');
  const memory = gauge('resident_memory_bytes', 'Memory of the process.');
  const delay = gauge('event_loop_delay_seconds', 'Delay of the event loop since the last scrape.', 'quantile');

  return {
    contentType: registry.contentType,
    write(measured) {
      const { tasks, practices } = measured;
      info.set({ version: measured.version }, 1);
      ready.set(measured.isReady ? 1 : 0);
      // A practice that is served no more is shown while it has tasks.
      for (const one of [open, oldest, needsHuman, unclaimed, duplicates]) one.reset();
      for (const practice of new Set([...practices, ...tasks.map(({ attempt }) => attempt.practice)])) {
        const own = tasks.filter(({ attempt }) => attempt.practice === practice);
        const unsettled = own.filter(isUnsettled);
        for (const [age, ms] of AGES) open.set({ practice, age }, unsettled.filter(({ ageMs }) => ageMs <= ms).length);
        oldest.set({ practice }, Math.max(0, ...unsettled.map(({ ageMs }) => ageMs)) / SECOND);
        needsHuman.set({ practice }, own.filter(({ list }) => list === 'needs-human').length);
        unclaimed.set({ practice }, own.filter(({ list }) => list === 'unclaimed').length);
        duplicates.set({ practice }, own.filter(({ duplicateOf }) => duplicateOf.length > 0).length);
      }
      for (const condition of measured.conditions) {
        const { practice } = condition;
        for (const direction of ['reads', 'writes'] as const) {
          const labels = { practice, direction };
          breaker.set(labels, BREAKERS[condition[direction].breaker]);
          underWay.set(labels, condition[direction].underWay);
          waiting.set(labels, condition[direction].waiting);
          refused.set(labels, condition[direction].refused);
        }
      }
      uptime.set(measured.uptimeSeconds);
      memory.set(measured.residentBytes);
      delay.set({ quantile: '0.99' }, measured.loopDelay.p99Seconds);
      delay.set({ quantile: '1' }, measured.loopDelay.maxSeconds);
      return registry.metrics();
    },
  };
}
