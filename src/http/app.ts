/** The public port: routes from the table of interactions, and one well-formed refusal for everything else. */
import type { ErrorRequestHandler, Express, Request, Response } from 'express';
import { GatewayError } from '../domain/errors.js';
import { addressOf, plainUrl, unserved } from './address.js';
import { createBareApp, type Health } from './health/bare-app.js';
import { readBody, toRequestError } from './bodies.js';
import { crossOrigin } from './cors.js';
import type { GatewayHttp } from './exchange.js';
import { GROUP_INTERACTIONS, PRACTICE_INTERACTIONS } from './interactions.js';
import { BODY_LIMITS } from './request/json-body.js';
import { serve } from './pipeline.js';
import { createDoor, type OverloadSettings } from './overload/door.js';
import { mountValidation, validationAddress } from './validation/routes.js';
import type { ValidationThread } from './validation/thread.js';

const LONGEST_URL = 8 * 1024;
const MOST_PARAMETERS = 50;
const MOST_HEADERS = 100;

export function createApp(
  http: GatewayHttp,
  health: Health,
  thread: ValidationThread,
  overload: OverloadSettings,
): Express {
  const door = createDoor(http, overload);
  const app = createBareApp(health);

  const refuse = (request: Request, response: Response, error: GatewayError): Promise<void> =>
    serve(http, undefined, request, response, error).finally(() => door.leave(response));

  app.use((request, response, next) => {
    if (request.url.length > LONGEST_URL) {
      void refuse(request, response, new GatewayError('uri-too-long', 'The URL is longer than 8 KiB'));
    } else if (request.rawHeaders.length > 2 * MOST_HEADERS) {
      void refuse(request, response, new GatewayError('headers-too-large', 'The request has more than 100 headers'));
    } else if (request.httpVersionMajor !== 1) {
      void refuse(request, response, new GatewayError('bad-request', 'HTTP/1.1 is spoken here'));
    } else if ((request.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
      // The parser reads on as if there were no body, and stumbles when the request has been passed on already.
      void refuse(request, response, new GatewayError('bad-request', 'Transfer-Encoding must be "chunked" alone'));
    } else if (request.headers.host === undefined && request.httpVersion === '1.1') {
      void refuse(request, response, new GatewayError('bad-request', 'Header Host is missing'));
    } else if (request.url.split('&').length > MOST_PARAMETERS) {
      void refuse(request, response, new GatewayError('bad-request', 'The URL has more than 50 parameters'));
    } else {
      request.url = plainUrl(request.url);
      next();
    }
  });

  app.use(crossOrigin(({ url }) => (validationAddress(url) ?? addressOf(url, http.face.path)).methods));

  mountValidation(app, { http, thread });

  // $validate has a thread and a line of its own.
  app.use(door.admit);

  const body = readBody(BODY_LIMITS.bytes);
  const practiceRoot = `/:addressee/${http.face.path}`;
  const groupRoot = `/federation/:addressee/${http.face.path}`;
  for (const rows of byAddress(GROUP_INTERACTIONS)) {
    const [{ method, path }] = rows;
    app[verb(method)](groupRoot + path, (request, response) =>
      serve(http, { kind: 'group', rows }, request, response).finally(() => door.leave(response)),
    );
  }
  for (const rows of byAddress(PRACTICE_INTERACTIONS)) {
    const [{ method, path }] = rows;
    const run = (request: Request, response: Response): Promise<void> =>
      serve(http, { kind: 'practice', rows }, request, response).finally(() => door.leave(response));
    if (method === 'GET') app.get(practiceRoot + path, run);
    else app[verb(method)](practiceRoot + path, ...body, run);
  }

  app.use((request: Request, response: Response) => {
    return refuse(request, response, unserved(request.method, addressOf(request.url, http.face.path)));
  });
  const onError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    void refuse(request, response, toRequestError(error));
  };
  app.use(onError);
  return app;
}

/** Interactions of one method and path, which only their interaction id tells apart; in the table's order. */
function byAddress<Row extends { readonly method: string; readonly path: string }>(
  table: readonly Row[],
): readonly (readonly [Row, ...Row[]])[] {
  const addresses = new Map<string, [Row, ...Row[]]>();
  for (const row of table) {
    const address = `${row.method} ${row.path}`;
    const known = addresses.get(address);
    if (known) known.push(row);
    else addresses.set(address, [row]);
  }
  return [...addresses.values()];
}

function verb(method: 'GET' | 'POST' | 'PUT'): 'get' | 'post' | 'put' {
  return method === 'GET' ? 'get' : method === 'POST' ? 'post' : 'put';
}
