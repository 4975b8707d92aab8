/** The public port: routes from the table of interactions, and one well-formed refusal for everything else. */
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import { GatewayError, isGatewayError } from '../domain/errors.js';
import { crossOrigin } from './cors.js';
import type { GatewayHttp } from './exchange.js';
import { GROUP_INTERACTIONS, PRACTICE_INTERACTIONS } from './interactions.js';
import { BODY_LIMITS } from './request/json-body.js';
import { serve } from './pipeline.js';

export interface Health {
  /** Whether requests may be sent here: recovery has been scanned, the ledger commits, nothing is stopping. */
  ready(): Promise<boolean>;
}

const LONGEST_URL = 8 * 1024;
const MOST_PARAMETERS = 50;
const MOST_HEADERS = 100;

/** Errors of express and of its body reader, told in our terms. */
function translated(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  const { type, status } = (error ?? {}) as { type?: string; status?: number };
  switch (type) {
    case 'entity.too.large':
      return new GatewayError('body-too-large', 'The body is larger than 256 KiB');
    case 'request.aborted':
    case 'request.size.invalid':
      return new GatewayError('bad-request', 'The body ended before it was complete');
    default:
  }
  if (status === 400) return new GatewayError('bad-request', 'The request is malformed: check the URL and the body');
  return new GatewayError('internal', 'The gateway failed to process the request', { cause: error });
}

/** A body comes as it is or as gzip; the body reader would unpack more than that. */
const unpackable: RequestHandler = (request, _response, next) => {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === 'gzip') next();
  else next(new GatewayError('unsupported-media-type', 'Content-Encoding is not supported. Use gzip or none'));
};

/** Why no interaction takes this request: wrong verb, something of FHIR that is not served here, or no such path. */
function unserved(request: Request, path: string): GatewayError {
  const known = methodsAt(path);
  // Contradiction 13: another verb is 400 in the text and 405 in the table of statuses. The text wins.
  if (known.length > 0) {
    return new GatewayError('bad-request', `${request.method} is not allowed here. Use ${known.join(' or ')}`);
  }
  // A type without its id, or an address with a slash too many: nothing that could ever be implemented here.
  if (path.endsWith('/')) {
    return new GatewayError('unknown-endpoint', 'Nothing is served at an address that ends with a slash');
  }
  // Contradiction 12: general guidance still speaks of deletion, of reading a Slot or a Schedule and of chained parameters;
  // no interaction has them. What has an address of its own is not implemented, the rest is an unknown parameter.
  if (/^\/([A-Z][A-Za-z]{2,40}|\$[a-z])/.test(path)) {
    return new GatewayError(
      'not-implemented',
      'This resource, operation or interaction is not implemented here. See /metadata',
    );
  }
  return new GatewayError('unknown-endpoint', 'Nothing is served at this address. See /metadata for what is');
}

function methodsAt(path: string): readonly string[] {
  return [...new Set(PRACTICE_INTERACTIONS.filter((row) => matches(row.path, path)).map((row) => row.method))];
}

/** An operation, which begins with a dollar sign, is not an id. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part === ':id' ? /^[^$]/.test(given[index] ?? '') : part === given[index]))
  );
}

export function createApp(http: GatewayHttp, health: Health): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(helmet());

  app.get('/livez', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  app.get('/readyz', async (_request, response) => {
    const ready = await health.ready();
    response
      .status(ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: ready ? 'ready' : 'not ready' });
  });

  /** The path below the service root, whosever it is. */
  const belowRoot = ({ url }: Request): string => {
    const at = url.indexOf(`/${http.face.path}/`);
    return at < 0 ? '' : (url.slice(at + http.face.path.length + 1).split('?', 1)[0] ?? '');
  };
  const refuse = (request: Request, response: Response, error: GatewayError): Promise<void> =>
    serve(http, undefined, request, response, error);

  app.use((request, response, next) => {
    if (request.url.length > LONGEST_URL) {
      void refuse(request, response, new GatewayError('uri-too-long', 'The URL is longer than 8 KiB'));
    } else if (request.rawHeaders.length > 2 * MOST_HEADERS) {
      void refuse(request, response, new GatewayError('headers-too-large', 'The request has more than 100 headers'));
    } else if (request.headers.host === undefined && request.httpVersion === '1.1') {
      void refuse(request, response, new GatewayError('bad-request', 'Header Host is missing'));
    } else if (request.url.split('&').length > MOST_PARAMETERS) {
      void refuse(request, response, new GatewayError('bad-request', 'The URL has more than 50 parameters'));
    } else {
      next();
    }
  });

  app.use(crossOrigin((request) => methodsAt(belowRoot(request))));

  // Bytes only: which content types are spoken is negotiated later, where the refusal can name the header.
  const body = express.raw({ type: () => true, limit: BODY_LIMITS.bytes });
  const practiceRoot = `/:addressee/${http.face.path}`;
  const groupRoot = `/federation/:addressee/${http.face.path}`;
  for (const rows of byAddress(GROUP_INTERACTIONS)) {
    const [{ method, path }] = rows;
    app[verb(method)](groupRoot + path, (request, response) => serve(http, { kind: 'group', rows }, request, response));
  }
  for (const rows of byAddress(PRACTICE_INTERACTIONS)) {
    const [{ method, path }] = rows;
    const run = (request: Request, response: Response): Promise<void> =>
      serve(http, { kind: 'practice', rows }, request, response);
    if (method === 'GET') app.get(practiceRoot + path, run);
    else app[verb(method)](practiceRoot + path, unpackable, body, run);
  }

  app.use((request: Request, response: Response) => {
    return refuse(request, response, unserved(request, belowRoot(request)));
  });
  const onError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    void refuse(request, response, translated(error));
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
