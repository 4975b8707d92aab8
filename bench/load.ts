/** Load with fixed concurrency: each connection sends its next request when it has read the last answer. */
import { Pool } from 'undici';
import type { Child } from './children.js';

export interface Shot {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

export interface Scenario {
  readonly name: string;
  readonly expects: number;
  /** What it is compared with, on the gateway as well; without it, the same on the bare reference. */
  readonly beside?: Scenario;
  next(): Shot;
  /** Throws when an answer is not what the scenario is about; looks at the first one of each slice. */
  check(body: string, target: Child): void;
}

/** What one process did in one slice of time. */
export interface Slice {
  readonly requests: number;
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Processor time of the measured process for one request, in microseconds. */
  readonly cpuMicros: number;
  /** Share of one processor that the measured process had. */
  readonly busy: number;
  readonly bytes: number;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export async function fire(target: Child, scenario: Scenario, connections: number, ms: number): Promise<Slice> {
  const pool = new Pool(target.url, { connections, pipelining: 1 });
  const latencies: number[] = [];
  let bytes = 0;
  const one = async (looked: boolean): Promise<void> => {
    const began = performance.now();
    const { statusCode, body } = await pool.request(scenario.next());
    const answer = Buffer.from(await body.arrayBuffer());
    latencies.push(performance.now() - began);
    if (statusCode !== scenario.expects) {
      throw new Error(`${target.name} answered ${String(statusCode)}: ${answer.toString().slice(0, 500)}`);
    }
    if (looked) {
      bytes = answer.length;
      scenario.check(answer.toString(), target);
    }
  };
  try {
    await one(true);
    latencies.length = 0;
    const cpuBefore = await target.cpu();
    const began = performance.now();
    const worker = async (): Promise<void> => {
      while (performance.now() - began < ms) await one(false);
    };
    await Promise.all(Array.from({ length: connections }, worker));
    const elapsed = performance.now() - began;
    const cpu = (await target.cpu()) - cpuBefore;
    latencies.sort((a, b) => a - b);
    return {
      requests: latencies.length,
      perSecond: (latencies.length * 1000) / elapsed,
      medianMs: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      cpuMicros: cpu / latencies.length,
      busy: cpu / 1000 / elapsed,
      bytes,
    };
  } finally {
    await pool.close();
  }
}
