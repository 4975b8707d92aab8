/**
 * Cross-origin requests, which the CapabilityStatement declares: a browser may ask first, and may read its answer. Never
 * with credentials, so a page can make no use of a client certificate or of anything else its reader is trusted for.
 */
import type { Request, RequestHandler } from 'express';

const ANSWER = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'Content-Location, ETag, Idempotent-Replayed, Last-Modified, Location, Retry-After, X-Practices-Answered',
} as const;

const REQUEST_HEADERS =
  'Accept, Authorization, Content-Type, Idempotency-Key, If-Match, Prefer, ' +
  'Ssp-From, Ssp-InteractionID, Ssp-To, Ssp-TraceID';

/** `methodsFor` tells the methods of the address that a request names; none, and the question is not answered. */
export function crossOrigin(methodsFor: (request: Request) => readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (request.headers.origin === undefined) {
      next();
      return;
    }
    response.set(ANSWER);
    const asks = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    const methods = asks ? methodsFor(request) : [];
    if (methods.length === 0) {
      next();
      return;
    }
    response.writeHead(204, {
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': REQUEST_HEADERS,
      'Access-Control-Max-Age': '600',
      'Cache-Control': 'no-store',
    });
    response.end();
  };
}
