/** The version of a resource that a consumer says it has seen. */
import type { IncomingHttpHeaders } from 'node:http';

const WEAK_TAG = /^W\/"([A-Za-z0-9\-.]{1,64})"$/;

/** What no version is ever called. */
const NONE = '';

/**
 * `undefined` without the header, and for `*`, which any version matches. What is no weak tag names no version: it is a
 * mismatch like any other, whose answer tells the right one.
 */
export function expectedVersion(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['if-match']?.trim();
  if (given === undefined || given === '*') return undefined;
  return WEAK_TAG.exec(given)?.[1] ?? NONE;
}
