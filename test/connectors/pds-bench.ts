/** The connector and its simulator on real sockets, with a clock that can be moved and a log that can be read. */
import { createPdsDemographics, pdsSettings, type PdsAuthentication } from '../../src/connectors/pds/index.js';
import {
  createPdsSimulator,
  loadPdsData,
  type PdsData,
  type PdsSimulation,
} from '../../src/connectors/pds/simulator/index.js';
import type { Demographics } from '../../src/ports/demographics.js';
import type { Log, LogFields, Runtime } from '../../src/ports/runtime.js';
import { z } from 'zod';

export const NOW = Date.UTC(2026, 4, 18, 8, 0, 0);

export interface TestRuntime extends Runtime {
  /** Moves wall time and monotonic time on. */
  advance(ms: number): void;
}

export function createTestRuntime(): TestRuntime {
  let passed = 0;
  let ids = 0;
  return {
    clock: { now: () => NOW + passed, monotonic: () => passed },
    timers: {
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms);
          signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
          });
        }),
    },
    ids: { next: () => `test-id-${String((ids += 1)).padStart(12, '0')}` },
    random: { fraction: () => 0.5 },
    advance(ms) {
      passed += ms;
    },
  };
}

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

function createTestLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields });
    };
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

export interface PdsBench {
  readonly demographics: Demographics;
  readonly simulation: PdsSimulation;
  readonly runtime: TestRuntime;
  readonly log: { readonly lines: LogLine[] };
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly data?: PdsData;
  readonly authentication?: (simulation: PdsSimulation) => PdsAuthentication;
  readonly timeoutMs?: number;
}

export async function startPds(options: BenchOptions = {}): Promise<PdsBench> {
  const runtime = createTestRuntime();
  const log = createTestLog();
  const data = options.data ?? loadPdsData('fixtures/pds/people.yaml');
  const simulation = await createPdsSimulator({ data, now: () => runtime.clock.now() });
  const settings = pdsSettings(z.string()).parse({
    baseUrl: simulation.pds.baseUrl,
    allowHttp: true,
    timeoutMs: options.timeoutMs ?? 2_500,
    authentication: options.authentication?.(simulation) ?? { kind: 'none' },
  });
  const demographics = createPdsDemographics({ settings, runtime, log });
  return {
    demographics,
    simulation,
    runtime,
    log,
    async close() {
      await demographics.close();
      await simulation.close();
    },
  };
}
