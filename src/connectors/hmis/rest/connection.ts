/** One practice's line to its HMIS: what every operation needs, and reads that understand envelopes. */
import type { GatewayError } from '../../../domain/errors.js';
import type { Practice } from '../../../domain/practice.js';
import type { Call } from '../../../ports/practice-system.js';
import type { Log, LogFields, Runtime } from '../../../ports/runtime.js';
import { practiceError, type Exchange } from '../../exchange/index.js';
import type { HmisSettings } from '../settings.js';
import { openEnvelope } from './envelope.js';
import { BadRow } from './fields.js';

export interface HmisConnection {
  readonly practice: Practice;
  readonly settings: HmisSettings;
  readonly runtime: Runtime;
  readonly exchange: Exchange;
  warn(event: string, fields?: LogFields): void;
  alarm(event: string, fields?: LogFields): void;
  fault(reason: string): GatewayError;
  /** Data of a successful answer, `undefined` for 404; throws `GatewayError` for everything else. */
  read(request: { operation: string; path: string; timeoutMs: number }, call: Call): Promise<unknown>;
  /** Runs a parser over an answer that has to be right as a whole: a bad row becomes a fault. */
  parsed<T>(parse: () => T): T;
}

export interface ConnectionParts {
  readonly practice: Practice;
  readonly settings: HmisSettings;
  readonly runtime: Runtime;
  readonly exchange: Exchange;
  readonly log: Log;
}

/** Data that has to be a list of `most` rows at most; anything else is a fault. */
export function listOf({ fault }: Pick<HmisConnection, 'fault'>, data: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(data)) throw fault('not-a-list');
  if (data.length > most) throw fault('too-many-rows');
  return data as readonly unknown[];
}

/** Marks reads that failed because the key was refused, for writes that read first. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
}

export function createConnection({ practice, settings, runtime, exchange, log }: ConnectionParts): HmisConnection {
  const about = { practice: practice.odsCode, system: 'hmis' };
  const fault = (reason: string): GatewayError => practiceError('practice-system-fault', practice.odsCode, reason);
  const connection: HmisConnection = {
    practice,
    settings,
    runtime,
    exchange,
    warn: (event, fields) => log.warn(event, { ...about, ...fields }),
    alarm: (event, fields) => log.error(event, { ...about, ...fields }),
    fault,
    async read(request, call) {
      const answer = await exchange.read({ ...request, signal: call.signal, purpose: call.purpose });
      const envelope = openEnvelope(answer);
      switch (envelope.kind) {
        case 'data':
          return envelope.data;
        case 'auth': {
          connection.alarm('practice.key-refused', { operation: request.operation, traceId: call.traceId });
          const error = practiceError('practice-unavailable', practice.odsCode, 'key-refused');
          error.cause = new KeyRefused('key-refused');
          throw error;
        }
        case 'error':
          if (envelope.status === 404) return undefined;
          break;
        default:
      }
      connection.warn('practice.answer-unusable', { operation: request.operation, status: answer.status });
      throw fault('envelope');
    },
    parsed(parse) {
      try {
        return parse();
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        connection.warn('practice.row-unusable', { reason: error.message });
        throw fault('row');
      }
    },
  };
  return connection;
}
