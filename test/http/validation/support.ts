/** Asking for validation over HTTP. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createXmlCodec } from '../../../src/fhir/xml/index.js';
import { loadBaseDefinitions } from '../../../src/validation/index.js';
import type { Json } from '../../support/consumer.js';

const PROFILES = resolve(import.meta.dirname, '../../../profiles');

export type Release = 'STU3' | 'R4';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export const JSON_TYPE = 'application/fhir+json';
export const XML_TYPE = 'application/fhir+xml';

const codecs = new Map<Release, ReturnType<typeof createXmlCodec>>();

export function codec(release: Release): ReturnType<typeof createXmlCodec> {
  const lower = release === 'STU3' ? 'stu3' : 'r4';
  let one = codecs.get(release);
  if (one === undefined) codecs.set(release, (one = createXmlCodec(loadBaseDefinitions(lower))));
  return one;
}

export function example(release: Release, name: string): Json {
  return JSON.parse(readFileSync(join(PROFILES, release.toLowerCase(), 'examples', `${name}.json`), 'utf8'));
}

/** Posts a body to an address below `/`: an object as JSON, a text as it stands. */
export async function post(
  url: string,
  address: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/${address}`, {
    method: 'POST',
    headers: { 'Content-Type': JSON_TYPE, ...headers },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isXml = (response.headers.get('content-type') ?? '').includes('xml');
  const parsed: unknown = isXml ? codec('STU3').parse(text) : JSON.parse(text);
  return { status: response.status, headers: response.headers, body: parsed };
}

/** Severity, place and kind of each issue, in order. */
export function issuesOf({ body }: Answer): string[] {
  return (body.issue as Json[]).map(
    ({ severity, expression, details }) =>
      `${severity} ${expression?.[0] ?? '-'} ${details?.coding?.[0]?.code ?? details?.text}`,
  );
}
