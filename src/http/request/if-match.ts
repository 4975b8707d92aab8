/** The version of a resource that a consumer says it has seen. */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../domain/errors.js';

const WEAK_TAG = /^W\/"([A-Za-z0-9\-.]{1,64})"$/;

/** `undefined` without the header, and for `*`, which any version matches. */
export function expectedVersion(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['if-match']?.trim();
  if (given === undefined || given === '*') return undefined;
  const version = WEAK_TAG.exec(given)?.[1];
  if (version === undefined) {
    throw new GatewayError('bad-request', 'If-Match must be written as W/"{versionId}"', { fhirPath: 'If-Match' });
  }
  return version;
}
