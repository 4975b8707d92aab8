/**
 * Which format a request has and which one its answer gets: `_format`, then `Accept`, then `Content-Type`, then JSON.
 * A format we do not speak SHALL be answered 415.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../domain/errors.js';

export type Format = 'json';

/** What an answer's `Content-Type` says: no space before `charset`. */
export const CONTENT_TYPES: Record<Format, string> = { json: 'application/fhir+json;charset=utf-8' };

/** A map, because a consumer may ask for a format called `constructor`. */
const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['json', 'json'],
  ['application/json', 'json'],
  ['application/fhir+json', 'json'],
  ['application/json+fhir', 'json'],
  ['text/json', 'json'],
  // A plus sign that was not percent-encoded in `_format` arrives as a space.
  ['application/fhir json', 'json'],
]);

function mediaType(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function unsupported(where: string): GatewayError {
  return new GatewayError(
    'unsupported-media-type',
    `${where} asks for a format that is not supported. Use application/fhir+json`,
    {
      fhirPath: where,
    },
  );
}

function refused(part: string): boolean {
  return /;\s*q=0(\.0{0,3})?\s*(;|$)/i.test(part);
}

/** The format of the answer. */
export function negotiate(query: URLSearchParams, headers: IncomingHttpHeaders): Format {
  const asked = query.get('_format');
  if (asked !== null) {
    const format = FORMATS.get(mediaType(asked));
    if (!format) throw unsupported('_format');
    return format;
  }
  const { accept } = headers;
  if (accept === undefined || accept.trim() === '') return 'json';
  for (const part of accept.split(',')) {
    const type = mediaType(part);
    if (refused(part)) continue;
    const format = FORMATS.get(type) ?? (type === '*/*' || type === 'application/*' ? 'json' : undefined);
    if (format) return format;
  }
  throw unsupported('Accept');
}

/** The format of a body; a POST or PUT without a FHIR `Content-Type` SHALL be answered 415. */
export function bodyFormat(headers: IncomingHttpHeaders): Format {
  const type = headers['content-type'];
  const format = type === undefined ? undefined : FORMATS.get(mediaType(type));
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(type ?? '')?.[1];
  if (!format || (charset !== undefined && charset.toLowerCase() !== 'utf-8')) throw unsupported('Content-Type');
  return format;
}

/** `Prefer: return=minimal` asks for an answer without a body. */
export function wantsMinimal(headers: IncomingHttpHeaders): boolean {
  return /(^|[,;\s])return\s*=\s*"?minimal"?(?=$|[,;\s])/i.test(String(headers['prefer'] ?? ''));
}
