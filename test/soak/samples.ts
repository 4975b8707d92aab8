/** What a process keeps over time, and whether that grows. */

export interface Kept {
  /** Of the heap, after collecting garbage. */
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  /** What keeps the event loop going, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

export interface Sample extends Kept {
  /** Since the traffic began. */
  readonly seconds: number;
}

export interface Gate {
  readonly name: string;
  readonly value: number;
  readonly holds: boolean;
  readonly bound: string;
}

export const MIB = 1024 * 1024;
const MOST_MIB_A_MINUTE = 1;
const MOST_GROWTH = 1.3;
/** By so much, and so many, may there be more at the end than at the start. */
const MORE = 1.2;
const SPARE = 5;

/** Least squares, in units of `y` for one of `x`. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const across = points.reduce((sum, [each]) => sum + (each - x) ** 2, 0);
  return across === 0 ? 0 : points.reduce((sum, [each, value]) => sum + (each - x) * (value - y), 0) / across;
}

/** Of three samples about this one, so that one moment decides nothing. */
function heapAbout(samples: readonly Sample[], index: number): number {
  const first = Math.max(0, Math.min(index - 1, samples.length - 3));
  const three = samples.slice(first, first + 3).map(({ heapBytes }) => heapBytes);
  return three.sort((one, other) => one - other)[Math.floor(three.length / 2)] ?? NaN;
}

/** @param samples in their order, of the time under load */
export function gatesOfMemory(samples: readonly Sample[]): readonly Gate[] {
  const half = (samples.at(-1)?.seconds ?? 0) / 2;
  const later = samples.filter(({ seconds }) => seconds >= half);
  const slope = slopeOf(later.map(({ seconds, heapBytes }) => [seconds / 60, heapBytes / MIB]));
  const growth = heapAbout(samples, samples.length - 1) / heapAbout(samples, samples.length - later.length);
  return [
    {
      name: 'heap in the second half, MiB a minute',
      value: slope,
      holds: slope <= MOST_MIB_A_MINUTE,
      bound: `<= ${MOST_MIB_A_MINUTE}`,
    },
    {
      name: 'heap at the end, of that at half-time',
      value: growth,
      holds: growth <= MOST_GROWTH,
      bound: `<= ${MOST_GROWTH}`,
    },
  ];
}

/** @param before when it was warm, and nobody asked anything; @param after likewise, at the end */
export function gatesOfResources(before: Kept, after: Kept): readonly Gate[] {
  const kinds = [...new Set([...Object.keys(before.resources), ...Object.keys(after.resources)])];
  const counts = [
    ['descriptors', before.descriptors, after.descriptors] as const,
    ...kinds.map((kind) => [kind, before.resources[kind] ?? 0, after.resources[kind] ?? 0] as const),
  ];
  return counts.map(([kind, first, last]) => {
    const most = MORE * first + SPARE;
    return { name: `${kind} at the end`, value: last, holds: last <= most, bound: `<= ${most.toFixed(1)}` };
  });
}
