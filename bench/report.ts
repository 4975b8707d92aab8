/** From slices to ratios. A ratio is taken within one round, so that what slows the machine slows both its sides. */
import type { Slice } from './load.js';

export interface Round {
  readonly reference: Slice;
  readonly gateway: Slice;
}

/** What a release has to keep to, and whether it does. */
export interface Gate {
  readonly name: string;
  readonly measured: number;
  readonly most: number;
}

export function holds({ measured, most }: Gate): boolean {
  return measured <= most;
}

export function gateAsText(gate: Gate): string {
  return `gate: ${gate.name}: ${gate.measured.toFixed(2)}, at most ${gate.most.toFixed(2)}: ${holds(gate) ? 'holds' : 'MISSED'}`;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Result {
  readonly scenario: string;
  readonly rounds: number;
  readonly requests: { readonly reference: number; readonly gateway: number };
  /** Names of the two sides, for whoever reads it. */
  readonly sides: Readonly<Record<keyof Round, string>>;
  /** Of the gateway over that of the reference, in milliseconds. */
  readonly addedP99Ms: Spread;
  /** Gateway over reference. More is better for throughput, less for all others. */
  readonly ratios: Readonly<Record<'throughput' | 'medianLatency' | 'p99Latency' | 'cpuPerRequest', Spread>>;
  /** Of this machine at this moment; not to be compared with those of another run. */
  readonly absolute: Readonly<Record<'reference' | 'gateway', Readonly<Record<keyof Slice, number>>>>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

const KEYS = ['requests', 'perSecond', 'medianMs', 'p99Ms', 'cpuMicros', 'busy', 'bytes'] as const;

function medians(slices: readonly Slice[]): Record<keyof Slice, number> {
  const entries = KEYS.map((key) => [key, median(slices.map((slice) => slice[key]))] as const);
  return Object.fromEntries(entries) as Record<keyof Slice, number>;
}

export function summarise(scenario: string, sides: Result['sides'], rounds: readonly Round[]): Result {
  const ratio = (key: keyof Slice): Spread =>
    spread(rounds.map(({ reference, gateway }) => gateway[key] / reference[key]));
  const sum = (side: keyof Round): number => rounds.reduce((total, round) => total + round[side].requests, 0);
  return {
    scenario,
    sides,
    addedP99Ms: spread(rounds.map(({ reference, gateway }) => gateway.p99Ms - reference.p99Ms)),
    rounds: rounds.length,
    requests: { reference: sum('reference'), gateway: sum('gateway') },
    ratios: {
      throughput: ratio('perSecond'),
      medianLatency: ratio('medianMs'),
      p99Latency: ratio('p99Ms'),
      cpuPerRequest: ratio('cpuMicros'),
    },
    absolute: {
      reference: medians(rounds.map(({ reference }) => reference)),
      gateway: medians(rounds.map(({ gateway }) => gateway)),
    },
  };
}

const LABELS: Readonly<Record<keyof Result['ratios'], string>> = {
  throughput: 'throughput',
  medianLatency: 'latency, median',
  p99Latency: 'latency, p99',
  cpuPerRequest: 'processor time a request',
};

export function asText(result: Result): string {
  const lines = [
    `${result.scenario}: ${result.sides.gateway} / ${result.sides.reference}, ${String(result.rounds)} rounds`,
  ];
  for (const [key, label] of Object.entries(LABELS)) {
    const { median: middle, least, most } = result.ratios[key as keyof Result['ratios']];
    lines.push(`  ${label.padEnd(26)}${middle.toFixed(2)}   (${least.toFixed(2)} to ${most.toFixed(2)})`);
  }
  for (const side of ['reference', 'gateway'] as const) {
    const { perSecond, medianMs, p99Ms, cpuMicros, busy, bytes } = result.absolute[side];
    lines.push(
      `  ${(result.sides[side] ?? side).padEnd(16)}${perSecond.toFixed(0)}/s, median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ` +
        `${cpuMicros.toFixed(0)} µs a request, ${(busy * 100).toFixed(0)} % of a core, ${String(bytes)} bytes`,
    );
  }
  return lines.join('\n');
}
