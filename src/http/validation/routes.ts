/** `$validate` of both releases, below no practice: `/STU3/{type}/$validate` and `/R4/{type}/{id}/$validate`. */
import type { ErrorRequestHandler, Express } from 'express';
import type { Release } from '../../validation/index.js';
import { unserved, type Address } from '../address.js';
import { readBody, toRequestError } from '../bodies.js';
import { serveValidation, type ValidationService } from './serve.js';

/**
 * More than a booking needs, for whole Bundles are validated. The thread that answers bookings reads these bytes and
 * hands them on; it parses none of them.
 */
const LARGEST_BODY = 1024 * 1024;

const RELEASES: readonly (readonly [root: string, release: Release])[] = [
  ['/STU3', 'stu3'],
  ['/R4', 'r4'],
];
const ADDRESS = /^\/(?:STU3|R4)(\/[^/]+(?:\/[^/]+)?\/\$validate)(?:\?|$)/;

/** The address, if it is one of these; what is served there is asked with POST alone. */
export function validationAddress(url: string): Address | undefined {
  const path = ADDRESS.exec(url)?.[1];
  return path === undefined ? undefined : { path, methods: ['POST'] };
}

export function mountValidation(app: Express, service: ValidationService): void {
  const body = readBody(LARGEST_BODY);
  for (const [root, release] of RELEASES) {
    const paths = [`${root}/:type/$validate`, `${root}/:type/:id/$validate`];
    app.post(paths, ...body, (request, response) => serveValidation(service, release, request, response));
    app.all(paths, (request, response) => {
      const { path = '', methods = [] } = validationAddress(request.url) ?? {};
      return serveValidation(service, release, request, response, unserved(request.method, { path, methods }));
    });
    const onError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
      void serveValidation(service, release, request, response, toRequestError(error));
    };
    app.use(paths, onError);
  }
}
