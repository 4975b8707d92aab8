/**
 * Demographics from the NHS Personal Demographics Service FHIR API (R4): one `GET Patient/{NHS number}` a trace.
 * https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
 *
 * Nothing here retries or caches: the answer decides about a registration, and the core owns the deadline.
 */
import type { NhsNumber } from '../../domain/identifiers.js';
import { createPracticeZone } from '../../domain/time.js';
import type { Demographics, Trace } from '../../ports/demographics.js';
import { withinTime, type Log, type Runtime } from '../../ports/runtime.js';
import { createCredentials } from './credentials.js';
import { createPdsDispatcher, createPdsExchange, uuidOf, type PdsAnswer } from './exchange.js';
import { PdsFault } from './fault.js';
import { traceOf } from './from-patient.js';
import type { PdsSettings } from './settings.js';
import { spineCodesOf } from './wire.js';

export interface PdsInput {
  readonly settings: PdsSettings;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** Days in PDS records are days of this zone. */
const zone = createPracticeZone('Europe/London');

export function createPdsDemographics({ settings, runtime, log }: PdsInput): Demographics {
  const { clock, ids, timers } = runtime;
  const dispatcher = createPdsDispatcher();
  const exchange = createPdsExchange(settings.baseUrl, dispatcher);
  const { authentication, timeoutMs } = settings;
  const credentials = createCredentials({ authentication, dispatcher, runtime, timeoutMs });

  const ask = async (nhsNumber: NhsNumber, correlationId: string, signal: AbortSignal): Promise<Trace> => {
    const headers = {
      ...(await credentials.headers(signal)),
      'x-request-id': uuidOf(ids.next()),
      'x-correlation-id': correlationId,
    };
    const answer = await exchange.readPatient(nhsNumber, headers, signal);
    if (answer.status === 401) credentials.refused();
    return interpret(nhsNumber, answer, zone.toLocalDate(clock.now()));
  };

  return {
    async trace(nhsNumber, call) {
      const started = clock.monotonic();
      const traceId = uuidOf(call.traceId);
      const fields = { system: 'pds', operation: 'trace', traceId };
      try {
        // Which outcome is left out: together with the audit trail it would say something about a person.
        const trace = await withinTime(timers, timeoutMs, call.signal, (signal) => ask(nhsNumber, traceId, signal));
        log.info('demographics traced', {
          ...fields,
          durationMs: clock.monotonic() - started,
        });
        return trace;
      } catch (error) {
        const fault =
          error instanceof PdsFault
            ? error
            : new PdsFault('fault', `unexpected ${error instanceof Error ? error.name : 'failure'}`);
        log.warn('demographics unavailable', {
          ...fields,
          durationMs: clock.monotonic() - started,
          class: fault.kind,
          reason: fault.message,
          ...(fault.status === undefined ? {} : { status: fault.status }),
        });
        throw fault.toGatewayError();
      }
    },
    close: () => dispatcher.close(),
  };
}

function interpret(nhsNumber: NhsNumber, answer: PdsAnswer, today: string): Trace {
  const { status, body, retryAfterSeconds } = answer;
  if (status === 200) return traceOf(nhsNumber, body, today);
  const codes = spineCodesOf(body);
  // A 404 without one of these codes is a wrong address, not a missing person.
  if (status === 404 && codes.includes('INVALIDATED_RESOURCE')) return { outcome: 'invalid' };
  if (status === 404 && codes.includes('RESOURCE_NOT_FOUND')) return { outcome: 'not-found' };
  if (status === 400 && codes.includes('INVALID_RESOURCE_ID')) return { outcome: 'invalid' };
  if (status === 401 || status === 403) throw new PdsFault('refused', `status ${status}`, { status });
  if (status === 429) throw new PdsFault('busy', 'status 429', { status, retryAfterSeconds });
  if (status >= 500) throw new PdsFault('fault', `status ${status}`, { status, retryAfterSeconds });
  throw new PdsFault('not-understood', `status ${status}`, { status });
}
