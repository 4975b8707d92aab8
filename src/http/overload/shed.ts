/** What is said to a request that is not worked on: made once, so that saying it costs next to nothing. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { GatewayError } from '../../domain/errors.js';
import type { Face } from '../exchange.js';
import type { Format } from '../request/negotiate.js';
import { acceptsGzip, formOf, toRefusal } from '../respond.js';

interface Ready {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  readonly packed: Buffer;
}

export interface Refusal {
  readonly code: GatewayError['code'];
  readonly status: number;
  send(
    response: ServerResponse,
    format: Format,
    acceptEncoding: string | string[] | undefined,
    retryAfterSeconds: number,
  ): void;
}

export function createRefusal(
  error: GatewayError,
  { representation, xml }: Pick<Face, 'representation' | 'xml'>,
): Refusal {
  const { status } = toRefusal(error, representation);
  const ready = (format: Format): Ready => {
    const { headers, body } = toRefusal(error, representation, formOf(format, xml));
    const plain = Buffer.from(body);
    return { headers, plain, packed: gzipSync(plain) };
  };
  const forms: Readonly<Record<Format, Ready>> = { json: ready('json'), xml: ready('xml') };
  return {
    code: error.code,
    status,
    send(response, format, acceptEncoding, retryAfterSeconds) {
      if (response.headersSent || response.destroyed) return;
      const { headers, plain, packed } = forms[format];
      const isPacked = acceptsGzip(acceptEncoding);
      response.writeHead(status, {
        ...headers,
        ...(isPacked && { 'Content-Encoding': 'gzip' }),
        'Content-Length': isPacked ? packed.length : plain.length,
        'Retry-After': String(retryAfterSeconds),
      });
      response.end(isPacked ? packed : plain);
    },
  };
}
