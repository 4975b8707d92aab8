/** The operator port as a listener of its own. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import type { GatewayContext } from '../../core/context.js';
import type { Directory } from '../../core/directory.js';
import { SECOND, type Instant } from '../../domain/time.js';
import type { Representation } from '../../fhir/representation.js';
import { createClientIdentification } from '../access/client-identity.js';
import { openTlsFiles } from '../access/tls-files.js';
import { checkBinding } from '../access/transport.js';
import type { PracticeCondition } from '../../ports/practice-condition.js';
import type { Health } from '../health/bare-app.js';
import { listen } from '../server.js';
import { createOperatorApp } from './app.js';
import { createOperatorIdentification } from './identify.js';
import { createMetrics } from './metrics.js';
import { toOperatorTransport, type OperatorSettings } from './settings.js';

export interface OperatorPort {
  readonly port: number;
  readonly url: string;
  reloadTls(): void;
  stop(): Promise<void>;
}

export interface OperatorPortInput {
  readonly settings: OperatorSettings;
  readonly context: GatewayContext;
  readonly directory: Directory;
  readonly health: Health;
  /** How what is not even HTTP is refused. */
  readonly representation: Representation;
  /** Where what happened is counted, and what is measured is put. */
  readonly metricsRegistry: Registry;
  readonly conditions: () => readonly PracticeCondition[];
  readonly version: string;
  /** The machine's own time, as certificates go by it. */
  readonly machineTime: () => Instant;
}

const STOP_GRACE_MS = 5 * SECOND;
const NANOSECONDS = 1e9;

export async function openOperatorPort(input: OperatorPortInput): Promise<OperatorPort> {
  const { settings, context } = input;
  const transport = toOperatorTransport(settings);
  checkBinding(transport, settings.host);
  const tls = settings.tls && openTlsFiles(settings.tls, context.log, input.machineTime);
  const identification = createClientIdentification(transport);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const { clock } = context.runtime;
  const began = clock.monotonic();
  const app = createOperatorApp({
    ...input,
    metrics: createMetrics(input.metricsRegistry),
    operatorOf: createOperatorIdentification(settings, identification),
    measure() {
      const loopDelay = { p99Seconds: delay.percentile(99) / NANOSECONDS, maxSeconds: delay.max / NANOSECONDS };
      delay.reset();
      const uptimeSeconds = (clock.monotonic() - began) / SECOND;
      return { uptimeSeconds, residentBytes: process.memoryUsage.rss(), loopDelay };
    },
  });
  const door = { identification, tls, context, auditedAs: 'operator-request' } as const;
  const server = await listen(app, input.representation, settings, door);
  context.log.info('operator-port-listening', { port: server.port });
  return {
    port: server.port,
    url: `${tls ? 'https' : 'http'}://${settings.host}:${server.port}`,
    reloadTls: () => tls?.reload(),
    async stop() {
      delay.disable();
      await server.stop(STOP_GRACE_MS);
    },
  };
}
