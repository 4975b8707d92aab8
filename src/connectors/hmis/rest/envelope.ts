/**
 * Envelopes of the documented API: `{"status":"success","code":200,"data":…}` and
 * `{"status":"error","code":400,"message":"…"}`. Neither the HTTP status nor the envelope alone proves anything.
 */
import type { Answer } from '../../exchange/index.js';
import { isRow } from './fields.js';

export type Envelope =
  | { readonly kind: 'data'; readonly data: unknown }
  /** The key was refused; nothing else was looked at. */
  | { readonly kind: 'auth' }
  /** An error in the documented form. `mentions` looks for a word in its text, which itself goes nowhere. */
  | { readonly kind: 'error'; readonly status: number; mentions(word: string): boolean }
  /** A create that found the thing there already. */
  | { readonly kind: 'already-exists' }
  /** JSON that is no envelope. */
  | { readonly kind: 'other' };

/** Success is HTTP 2xx and status "success" and code 200 or 201 (also as text) and data: all of them. */
export function openEnvelope({ status, json }: Answer): Envelope {
  if (!isRow(json)) return { kind: 'other' };
  const code = typeof json['code'] === 'number' || typeof json['code'] === 'string' ? Number(json['code']) : undefined;
  const succeeded = status >= 200 && status < 300;
  if (json['status'] === 'success') {
    const data = json['data'];
    const complete = succeeded && (code === 200 || code === 201) && data !== undefined && data !== null;
    return complete ? { kind: 'data', data } : { kind: 'other' };
  }
  if (json['status'] === 'already_exists' && (succeeded || status === 409)) return { kind: 'already-exists' };
  if (json['status'] !== 'error') return { kind: 'other' };
  // A bad key may come with a success status of HTTP; the code in the body tells.
  if (code === 401) return { kind: 'auth' };
  if (succeeded || code !== status) return { kind: 'other' };
  const message = typeof json['message'] === 'string' ? json['message'].slice(0, 300).toLowerCase() : '';
  return { kind: 'error', status, mentions: (word) => message.includes(word) };
}
