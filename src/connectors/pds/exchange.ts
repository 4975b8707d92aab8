/**
 * One read from the PDS FHIR API, bounded in time, size and kind.
 *
 * fhir-kit-client does the FHIR part. It calls the global `fetch`, so that everything about the connection is set on
 * the dispatcher it passes on.
 */
import { createHash } from 'node:crypto';
import { Client } from 'fhir-kit-client';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { errorNumberOf, PdsFault } from './fault.js';

const MOST_BYTES = 1024 * 1024;
const JSON_TYPES = /^application\/(fhir\+)?json\s*(;|$)/i;
const LONGEST_RETRY_AFTER = 300;

export interface PdsAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;
}

/** The size limit counts bytes of the connection, so that a compressed answer, which we never ask for, is refused. */
const refuseCompressed: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart(controller, status, headers, text) {
      const encoding = headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') {
        controller.abort(Object.assign(new Error('compressed answer'), { code: 'COMPRESSED_ANSWER' }));
        return;
      }
      handler.onResponseStart?.(controller, status, headers, text);
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });

export function createPdsDispatcher(): Dispatcher {
  return new Agent({
    connect: { timeout: 1_000 },
    connections: 16,
    maxHeaderSize: 16 * 1024,
    maxResponseSize: MOST_BYTES,
  }).compose(refuseCompressed);
}

/** What fhir-kit-client throws for an answer that is no success or no JSON. */
const failedAnswer = z.object({
  response: z.object({ status: z.number(), data: z.unknown() }),
  config: z.object({ headers: z.instanceof(Headers) }),
});

function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,5}$/.test(text) ? Math.min(Number(text), LONGEST_RETRY_AFTER) : undefined;
}

function toAnswer(status: number, headers: Headers, body: unknown): PdsAnswer {
  const json = JSON_TYPES.test(headers.get('content-type') ?? '');
  return { status, body: json ? body : undefined, retryAfterSeconds: retryAfterOf(headers) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The platform insists on UUIDs. The id itself if it is one; otherwise a UUID (version 8) made from its hash, always the
 * same for the same id, so that our log and theirs can still be laid side by side.
 */
export function uuidOf(id: string): string {
  if (UUID.test(id)) return id.toLowerCase();
  const hex = createHash('sha256').update(id).digest('hex');
  const variant = (8 + (parseInt(hex.charAt(16), 16) % 4)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export interface PdsExchange {
  /** Throws `PdsFault` when there is no complete answer. */
  readPatient(nhsNumber: string, headers: Record<string, string>, signal: AbortSignal): Promise<PdsAnswer>;
}

export function createPdsExchange(baseUrl: string, dispatcher: Dispatcher): PdsExchange {
  // A redirect would carry the NHS number and our credentials to wherever it points.
  const client = new Client({ baseUrl, requestOptions: { dispatcher, redirect: 'error' } });
  return {
    async readPatient(nhsNumber, headers, signal) {
      try {
        const resource = await client.read({
          resourceType: 'Patient',
          id: nhsNumber,
          options: { headers: { ...headers, accept: 'application/fhir+json', 'accept-encoding': 'identity' }, signal },
        });
        const { response } = Client.httpFor(resource);
        if (!response) throw new PdsFault('not-understood', 'answer without a response');
        return toAnswer(response.status, response.headers, resource);
      } catch (error) {
        if (error instanceof PdsFault) throw error;
        if (signal.aborted) throw new PdsFault('timeout', 'deadline');
        const failed = failedAnswer.safeParse(error);
        if (!failed.success) {
          // `fetch` always gives a cause; without one the library choked on JSON that is no object.
          const reached = error instanceof Error && error.cause === undefined;
          throw new PdsFault(reached ? 'not-understood' : 'unreachable', errorNumberOf(error));
        }
        const { response, config } = failed.data;
        return toAnswer(response.status, config.headers, response.data);
      }
    },
  };
}
