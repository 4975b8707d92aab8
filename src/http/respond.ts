/** Writes an answer to the wire. The one place that decides headers, compression and what a refusal looks like. */
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { GatewayError, isGatewayError } from '../domain/errors.js';
import type { XmlCodec } from '../fhir/xml/index.js';
import type { Log } from '../ports/runtime.js';
import type { Answer } from './exchange.js';
import { CONTENT_TYPES, type Format } from './request/negotiate.js';

const compress = promisify(gzip);
const RETRY_AFTER_SECONDS = 5;

/** The format of an answer, and how a resource is written in it. */
export interface Form {
  readonly format: Format;
  write(resource: object): string;
}

const JSON_FORM: Form = { format: 'json', write: (resource) => JSON.stringify(resource) };

export function formOf(format: Format, xml: XmlCodec): Form {
  return format === 'json' ? JSON_FORM : { format, write: (resource) => xml.write(resource) };
}

/** What a request comes to, ready to be written. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Every answer, errors included, SHALL be `no-store`. */
const COMMON = { 'Cache-Control': 'no-store' } as const;

export function toReply(answer: Answer, serviceRoot: string, form: Form, minimal: boolean): Reply {
  const headers: Record<string, string> = { ...COMMON, ...answer.headers };
  const { single } = answer;
  if (single) {
    const url = `${serviceRoot}/${single.type}/${single.id}`;
    // Every answer with a single resource SHALL carry its version: weak prefix, quotes, the versionId.
    headers['ETag'] = `W/"${single.version}"`;
    headers['Content-Location'] = url;
    if (answer.created) headers['Location'] = `${url}/_history/${single.version}`;
  }
  if (answer.lastModified !== undefined) headers['Last-Modified'] = new Date(answer.lastModified).toUTCString();
  if (minimal && single) return { status: answer.status, headers, body: '' };
  headers['Content-Type'] = CONTENT_TYPES[form.format];
  return { status: answer.status, headers, body: form.write(answer.resource) };
}

/** Anything that is not one of our own errors is told as `internal`, without a word of what it was; the log has its name. */
export function asGatewayError(thrown: unknown, log: Log): GatewayError {
  const error = isGatewayError(thrown) ? thrown : unexpected(thrown);
  if (error.code === 'internal') {
    log.error('request-failed', { reason: error.cause instanceof Error ? error.cause.name : error.message });
  }
  return error;
}

function unexpected(cause: unknown): GatewayError {
  const message = 'The gateway failed to process the request. Please report the time and trace id';
  return new GatewayError('internal', message, { cause });
}

/** As much of a face's representation as a refusal needs. */
export interface OutcomeWriter {
  writeOutcome(error: GatewayError): { readonly status: number; readonly outcome: object };
}

/** As JSON where nobody could say what is wanted. */
export function toRefusal(error: GatewayError, representation: OutcomeWriter, form: Form = JSON_FORM): Reply {
  const { status, outcome } = representation.writeOutcome(error);
  const headers: Record<string, string> = { ...COMMON, 'Content-Type': CONTENT_TYPES[form.format] };
  // What may succeed when it is repeated says when; whoever raised the error may know it better.
  if (error.retryable) headers['Retry-After'] = String(error.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
  return { status, headers, body: form.write(outcome) };
}

/** gzip SHALL be supported when the consumer accepts it: for every body, because a short one may be what is asked with. */
export function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  const text = String(acceptEncoding ?? '');
  return /(^|[,\s])(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(text);
}

export async function send(
  response: ServerResponse,
  reply: Reply,
  acceptEncoding: string | string[] | undefined,
): Promise<void> {
  if (response.headersSent || response.destroyed) return;
  let body: string | Buffer = reply.body;
  const headers: Record<string, string | number> = { ...reply.headers };
  if (body !== '' && acceptsGzip(acceptEncoding)) {
    body = await compress(body);
    headers['Content-Encoding'] = 'gzip';
  }
  headers['Content-Length'] = Buffer.byteLength(body);
  response.writeHead(reply.status, headers);
  response.end(body);
}
