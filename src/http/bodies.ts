/** Bodies of requests: read as bytes, within a bound, and what is said of those that can't be. */
import express, { type RequestHandler } from 'express';
import { GatewayError, isGatewayError } from '../domain/errors.js';

/** Bytes only: which content types are spoken is negotiated later, where the refusal can name the header. */
export function readBody(bytes: number): readonly RequestHandler[] {
  return [unpackable, express.raw({ type: () => true, limit: bytes })];
}

/** A body comes as it is or as gzip; the body reader would unpack more than that. */
const unpackable: RequestHandler = (request, _response, next) => {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (['', 'identity', 'gzip'].includes(encoding)) next();
  else next(new GatewayError('unsupported-media-type', 'Content-Encoding is not supported. Use gzip or none'));
};

/** Errors of express and of its body reader, told in our terms. */
export function toRequestError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  const { type, status, limit = 0 } = (error ?? {}) as { type?: string; status?: number; limit?: number };
  switch (type) {
    case 'entity.too.large':
      return new GatewayError('body-too-large', `The body is larger than ${limit / 1024} KiB`);
    case 'request.aborted':
    case 'request.size.invalid':
      return new GatewayError('bad-request', 'The body ended before it was complete');
    default:
  }
  if (status === 400) return new GatewayError('bad-request', 'The request is malformed: check the URL and the body');
  return new GatewayError('internal', 'The gateway failed to process the request', { cause: error });
}
