/**
 * Which format a request has and which one its answer gets: `_format`, then `Accept`, then `Content-Type`, then JSON.
 * A format we do not speak SHALL be answered 415.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../domain/errors.js';

export type Format = 'json' | 'xml';

/**
 * What an answer's `Content-Type` says. Every one SHALL name UTF-8, without a space before `charset`. Contradiction 27: an
 * example has the space all the same; it is accepted in a request and never sent.
 */
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/fhir+json;charset=utf-8',
  xml: 'application/fhir+xml;charset=utf-8',
};

/** A map, because a consumer may ask for a format called `constructor`. */
const FORMATS: ReadonlyMap<string, Format> = new Map(
  (['json', 'xml'] as const).flatMap((format): [string, Format][] => [
    [format, format],
    [`application/${format}`, format],
    [`text/${format}`, format],
    [`application/fhir+${format}`, format],
    [`application/${format}+fhir`, format],
  ]),
);

function mediaType(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function unsupported(where: string): GatewayError {
  return new GatewayError(
    'unsupported-media-type',
    `${where} asks for a format that is not supported. Use application/fhir+json or application/fhir+xml`,
    { fhirPath: where },
  );
}

/** A weight that cannot be read counts as none given. */
function weight(range: string): number {
  const match = /;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)/i.exec(range);
  return match ? Number(match[1]) : 1;
}

/** How much each format is wanted, by the most specific range that covers it: 0 is not at all. */
function wanted(accept: string): Readonly<Record<Format, number>> & { readonly first: Format | undefined } {
  const named = new Map<Format, number>();
  const wide = new Map<string, number>();
  for (const range of accept.split(',')) {
    const type = mediaType(range);
    const format = FORMATS.get(type);
    if (format) named.set(format, Math.max(named.get(format) ?? 0, weight(range)));
    else if (type === '*/*' || type === 'application/*') wide.set(type, weight(range));
  }
  const other = wide.get('application/*') ?? wide.get('*/*') ?? 0;
  const [first] = named.keys();
  return { json: named.get('json') ?? other, xml: named.get('xml') ?? other, first };
}

/** The format that `Accept` prefers; of two as welcome, the one named first, else the one that would be without it. */
function accepted(accept: string, otherwise: Format): Format | undefined {
  const { json, xml, first } = wanted(accept);
  if (json === 0 && xml === 0) return undefined;
  if (json !== xml) return json > xml ? 'json' : 'xml';
  return first ?? otherwise;
}

function ofContentType(headers: IncomingHttpHeaders): Format | undefined {
  return FORMATS.get(mediaType(headers['content-type'] ?? ''));
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
  const otherwise = ofContentType(headers) ?? 'json';
  if (accept === undefined || accept.trim() === '') return otherwise;
  const format = accepted(accept, otherwise);
  if (!format) throw unsupported('Accept');
  return format;
}

/** The format of a refusal, which never fails: of the same places, the first that names a format we speak. */
export function formatOfRefusal(query: URLSearchParams, headers: IncomingHttpHeaders): Format {
  const otherwise = ofContentType(headers) ?? 'json';
  return FORMATS.get(mediaType(query.get('_format') ?? '')) ?? accepted(headers.accept ?? '', otherwise) ?? otherwise;
}

/** The format of a body; a POST or PUT without a FHIR `Content-Type` SHALL be answered 415. */
export function bodyFormat(headers: IncomingHttpHeaders): Format {
  const type = headers['content-type'];
  const format = ofContentType(headers);
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(type ?? '')?.[1];
  if (!format || (charset !== undefined && charset.toLowerCase() !== 'utf-8')) throw unsupported('Content-Type');
  return format;
}

/** `Prefer: return=minimal` asks for an answer without a body. */
export function wantsMinimal(headers: IncomingHttpHeaders): boolean {
  return /(^|[,;\s])return\s*=\s*"?minimal"?(?=$|[,;\s])/i.test(String(headers['prefer'] ?? ''));
}
