/** Sends what a consumer sends, over connections that are kept, without looking at more than a gate needs. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { createConsumer, INTERACTIONS, MEDIA_TYPE, unsignedToken, type InteractionName } from '../support/consumer.js';

export const ODS_CODE = 'A99901';
export const ASID = '200000009901';
const BASE = `/${ODS_CODE}/STU3/1/gpconnect`;
/** Of the five minutes that a token is good for. */
const TOKEN_MS = 120_000;
/** Only for an answer that never comes: the gateway's own deadlines are shorter. */
const KILL_TIMER_MS = 60_000;

export interface Sent {
  readonly status: number;
  readonly text: string;
  readonly location: string | undefined;
  readonly etag: string | undefined;
  readonly retryAfter: string | undefined;
}

export interface Extra {
  readonly from?: string;
  readonly trace?: string;
  readonly key?: string;
  readonly ifMatch?: string;
}

export interface Sender {
  readonly url: string;
  send(method: string, interaction: InteractionName, path: string, body?: string, extra?: Extra): Promise<Sent>;
  get(interaction: InteractionName, path: string): Promise<Sent>;
  close(): Promise<void>;
}

export function createSender(url: string, connections = 128): Sender {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: KILL_TIMER_MS, bodyTimeout: KILL_TIMER_MS });
  const consumer = createConsumer(url, ODS_CODE, ASID, Date.now);
  const tokens = new Map<InteractionName, { readonly text: string; readonly until: number }>();
  const tokenFor = (interaction: InteractionName): string => {
    const known = tokens.get(interaction);
    if (known && Date.now() < known.until) return known.text;
    const text = `Bearer ${unsignedToken(consumer.claims(interaction))}`;
    tokens.set(interaction, { text, until: Date.now() + TOKEN_MS });
    return text;
  };
  const send: Sender['send'] = async (method, interaction, path, body, extra = {}) => {
    const answer = await pool.request({
      method,
      path: BASE + path,
      headers: {
        'Ssp-TraceID': extra.trace ?? randomUUID(),
        'Ssp-From': extra.from ?? '200000009999',
        'Ssp-To': ASID,
        'Ssp-InteractionID': INTERACTIONS[interaction][0],
        Authorization: tokenFor(interaction),
        Accept: MEDIA_TYPE.json,
        ...(body !== undefined && { 'Content-Type': MEDIA_TYPE.json }),
        ...(extra.key !== undefined && { 'Idempotency-Key': extra.key }),
        ...(extra.ifMatch !== undefined && { 'If-Match': extra.ifMatch }),
      },
      ...(body !== undefined && { body }),
    });
    const header = (name: string): string | undefined => {
      const value = answer.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    return {
      status: answer.statusCode,
      text: await answer.body.text(),
      location: header('location'),
      etag: header('etag'),
      retryAfter: header('retry-after'),
    };
  };
  return {
    url,
    send,
    get: (interaction, path) => send('GET', interaction, path),
    close: () => pool.destroy(),
  };
}
