/** The scenario `validation`: the validator beside bare ajv with a schema written by hand, and how soon it is ready. */
import { reportOf } from '../children.js';
import { spread, type Spread } from '../report.js';

interface Turns {
  readonly bare: readonly number[];
  readonly ours: readonly number[];
}

interface Start {
  readonly readyMs: number;
  /** Processor time of all its threads, which a busy machine draws out less. */
  readonly readyCpuMs: number;
  /** Of the process in bytes, before the import and after the first validations. */
  readonly rssBefore: number;
  readonly rssAfter: number;
  /** When ajv has compiled the schemas of what it is sent. */
  readonly rssBusy: number;
}

interface Compared {
  /** Rate of the validator over that of bare ajv, round by round; more is better. */
  readonly rate: Spread;
  /** Its inverse, the time over that of bare ajv; less is better. */
  readonly time: Spread;
  /** Microseconds a resource, on this machine at this moment. */
  readonly micros: { readonly bare: Spread; readonly ours: Spread };
}

export interface ValidationResult {
  readonly scenario: 'validation';
  readonly rounds: number;
  readonly appointment: Compared;
  readonly slotBundle: Compared;
  /** Each in a process of its own; with GP Connect alone, and with both releases. */
  readonly start: Readonly<Record<'stu3' | 'both', Readonly<Record<keyof Start, Spread>>>>;
}

const STARTS = 5;
const LEAST_RATE = 1 / 5;
const MOST_TIME = 4;
const MOST_READY_MS = 300;
const MOST_RSS_MB = 120;

export async function measureValidation(folder: string, rounds: number, turnMs: number): Promise<ValidationResult> {
  const start = { stu3: await startsOf(folder, ['stu3']), both: await startsOf(folder, ['stu3', 'r4']) };
  const args = [String(rounds), String(turnMs)];
  const { appointment, slotBundle } = await reportOf<Record<'appointment' | 'slotBundle', Turns>>(
    folder,
    'validation-rates',
    args,
  );
  return {
    scenario: 'validation',
    rounds,
    appointment: compared(appointment),
    slotBundle: compared(slotBundle),
    start,
  };
}

async function startsOf(folder: string, releases: readonly string[]): Promise<Record<keyof Start, Spread>> {
  const starts: Start[] = [];
  for (let number = 0; number < STARTS; number += 1)
    starts.push(await reportOf<Start>(folder, 'validation-start', releases));
  const of = (key: keyof Start): Spread => spread(starts.map((start) => start[key]));
  return {
    readyMs: of('readyMs'),
    readyCpuMs: of('readyCpuMs'),
    rssBefore: of('rssBefore'),
    rssAfter: of('rssAfter'),
    rssBusy: of('rssBusy'),
  };
}

function compared({ bare, ours }: Turns): Compared {
  const ratios = (of: (bareMicros: number, ourMicros: number) => number): Spread =>
    spread(bare.map((micros, round) => of(micros, ours[round] ?? NaN)));
  return {
    rate: ratios((bareMicros, ourMicros) => bareMicros / ourMicros),
    time: ratios((bareMicros, ourMicros) => ourMicros / bareMicros),
    micros: { bare: spread(bare), ours: spread(ours) },
  };
}

export function validationAsText({ rounds, appointment, slotBundle, start }: ValidationResult): string {
  const inMegabytes = (bytes: Spread): Spread => ({
    median: bytes.median / 2 ** 20,
    least: bytes.least / 2 ** 20,
    most: bytes.most / 2 ** 20,
  });
  return [
    `validation: the validator / bare ajv with a schema of the base rules, ${String(rounds)} rounds`,
    line('Appointment, rate', appointment.rate, 2, `at least ${LEAST_RATE.toFixed(2)}`),
    line('100 Slots, time', slotBundle.time, 2, `at most ${MOST_TIME.toFixed(2)}`),
    line('Appointment, bare ajv, µs', appointment.micros.bare, 1),
    line('Appointment, validator, µs', appointment.micros.ours, 1),
    line('100 Slots, bare ajv, µs', slotBundle.micros.bare, 0),
    line('100 Slots, validator, µs', slotBundle.micros.ours, 0),
    line('ready, ms', start.stu3.readyMs, 0, `under ${String(MOST_READY_MS)}`),
    line('ready, ms of processor time', start.stu3.readyCpuMs, 0),
    line('memory, MB', inMegabytes(start.stu3.rssAfter), 0),
    line('memory, both releases, MB', inMegabytes(start.both.rssAfter), 0, `under ${String(MOST_RSS_MB)}`),
    line('the same when busy, MB', inMegabytes(start.both.rssBusy), 0, `under ${String(MOST_RSS_MB)}`),
    line('memory of bare Node, MB', inMegabytes(start.stu3.rssBefore), 0),
  ].join('\n');
}

function line(label: string, { median, least, most }: Spread, digits: number, limit?: string): string {
  const range = `(${least.toFixed(digits)} to ${most.toFixed(digits)})`;
  return `  ${label.padEnd(28)}${median.toFixed(digits)}   ${range}${limit === undefined ? '' : `, ${limit}`}`;
}
