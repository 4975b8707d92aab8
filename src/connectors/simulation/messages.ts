/** What a simulated system sees of a request and says in answer. Nothing here knows which system it is. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface SimulatedRequest {
  readonly method: string;
  /** Decoded by nobody: as it stands in the request line, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed when the content type is JSON of any kind; `undefined` otherwise. */
  readonly body: unknown;
  readonly rawBody: string;
}

export interface SimulatedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it stands, anything else as JSON, `undefined` as an empty body. */
  readonly body?: unknown;
}

export type Handle = (request: SimulatedRequest) => SimulatedAnswer | Promise<SimulatedAnswer>;

/** Bodies beyond this are cut off with the connection: the simulators hold small practices. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

export class BodyTooLargeError extends Error {}

/** The whole request body as text. */
export async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new BodyTooLargeError('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;

export function isJsonType(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType);
}

export interface SerialisedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export function serialise(answer: SimulatedAnswer): SerialisedAnswer {
  const { status, body } = answer;
  const headers = answer.headers ?? {};
  if (body === undefined) return { status, headers, text: '' };
  if (typeof body === 'string') return { status, headers, text: body };
  return { status, headers: { 'content-type': 'application/json', ...headers }, text: JSON.stringify(body) };
}
