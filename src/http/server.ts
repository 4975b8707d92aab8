/** The listening socket, with the limits that keep half-finished requests from piling up. */
import { createServer, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Express } from 'express';
import type { GatewayContext } from '../core/context.js';
import { GatewayError, type ErrorCode } from '../domain/errors.js';
import { SECOND } from '../domain/time.js';
import type { Representation } from '../fhir/representation.js';
import { ownEvent, type AuditEvent } from '../ports/audit.js';
import type { ClientIdentification } from './access/client-identity.js';
import type { TlsFiles } from './access/tls-files.js';
import { toRefusal } from './respond.js';

/** Who is let in, and what the connection is secured with. */
export interface Door {
  readonly identification: ClientIdentification;
  /** Plain HTTP without it. */
  readonly tls: TlsFiles | undefined;
  readonly context: Pick<GatewayContext, 'audit' | 'log' | 'runtime'>;
  /** What a request that no handler sees is in the audit trail. */
  readonly auditedAs: AuditEvent['kind'];
}

export interface Listening {
  readonly port: number;
  readonly host: string;
  /** Stops accepting, lets running requests finish for `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void>;
}

const LIMITS = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10 * SECOND,
  requestTimeout: 20 * SECOND,
  keepAliveTimeout: 65 * SECOND,
  connectionsCheckingInterval: 2 * SECOND,
  // The app refuses a request without Host: node would do it without a body.
  requireHostHeader: false,
} as const;

const HANDSHAKE_MS = 10 * SECOND;

/** While stopping: how often connections that have had their last answer are closed. */
const SWEEP_MS = 100;

/** As helmet writes it on every other answer; whoever came without TLS has to disregard it. */
const HSTS = { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' } as const;

/**
 * Requests so malformed that no handler sees them still get an OperationOutcome, and their event in the audit trail.
 * `underWay`: answers that are still to come on this connection.
 */
function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  representation: Representation,
  { context, auditedAs }: Door,
  underWay: readonly ServerResponse[],
): void {
  // A request before this one waits for its own answer: whatever is said now would be read as that.
  if (!socket.writable || underWay.some(({ headersSent, req }) => !headersSent && req.complete)) {
    socket.destroy();
    return;
  }
  if (underWay.some(({ headersSent }) => headersSent)) {
    // Refused already, by its head.
    socket.destroySoon();
    return;
  }
  const codes: Record<string, [ErrorCode, string]> = {
    HPE_HEADER_OVERFLOW: ['headers-too-large', 'The headers are larger than 32 KiB'],
    ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive completely in time'],
  };
  const [code, message] = codes[error.code ?? ''] ?? ['bad-request', 'The request is not well-formed HTTP'];
  const reply = toRefusal(new GatewayError(code, message), representation);
  // One whose body breaks off has a handler, which writes its event.
  if (underWay.length === 0 && !auditUnread(context, auditedAs, reply.status, code)) {
    socket.destroy();
    return;
  }
  const headers = {
    ...reply.headers,
    ...HSTS,
    'Content-Length': String(Buffer.byteLength(reply.body)),
    Connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${head.join('')}\r\n${reply.body}`);
}

/** Whether it could be written down: what cannot be audited is not answered. */
function auditUnread(
  { audit, log, runtime }: Door['context'],
  kind: AuditEvent['kind'],
  status: number,
  code: ErrorCode,
): boolean {
  const at = runtime.clock.now();
  const event = ownEvent({ at, kind, practice: undefined, resources: [], state: undefined });
  try {
    audit.record({ ...event, status, code });
  } catch {
    log.warn('refusal-not-audited', { code });
    return false;
  }
  log.info('request', { route: 'none', status, code });
  return true;
}

/** Lets a connection through to those who wait for it, or closes it without a word. */
function guard<S extends Socket>(server: Server, event: string, lets: (socket: S) => boolean): void {
  const waiting = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, (socket: S) => {
    if (!lets(socket)) socket.destroy();
    else for (const listener of waiting) Reflect.apply(listener, server, [socket]);
  });
}

function createGuardedServer(app: Express, { identification, tls, context: { log } }: Door): Server {
  const refused = (reason: string): false => {
    log.warn('connection-refused', { reason });
    return false;
  };
  // A client without a certificate that can be proven SHALL NOT get past the handshake.
  const proof = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_MS } as const;
  const server: Server = tls
    ? createTlsServer({ ...LIMITS, ...tls.options(), ...proof }, app)
    : createServer(LIMITS, app);
  guard(server, 'connection', (socket: Socket) => identification.acceptsAddress(socket) || refused('unknown-peer'));
  if (!tls) return server;
  guard(
    server,
    'secureConnection',
    (socket: TLSSocket) => identification.acceptsCertificate(socket) || refused('name-not-allowed'),
  );
  // Plain HTTP on this port ends here too: no answer, and no redirect that would have it sent again.
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    // What node calls an error is here the name of what was found.
    const found: unknown = socket.authorizationError;
    refused(typeof found === 'string' ? found : (error.code ?? 'handshake-failed'));
    socket.destroy();
  });
  return server;
}

export async function listen(
  app: Express,
  representation: Representation,
  address: { readonly host: string; readonly port: number },
  door: Door,
): Promise<Listening> {
  const server = createGuardedServer(app, door);
  // All of them, up to the size above: those past a limit here would be dropped without a word. The app counts.
  server.maxHeadersCount = 0;
  server.maxConnections = 2_000;
  const answering = new Set<ServerResponse>();
  let isStopping = false;
  server.prependListener('request', ({ socket }, response) => {
    answering.add(response);
    // On a connection that had not been used before, or behind another request.
    if (isStopping) response.shouldKeepAlive = false;
    const forget = (): void => {
      answering.delete(response);
      socket.removeListener('close', forget);
    };
    response.once('close', forget);
    // An answer that waits behind another one on its connection is not told when that closes.
    socket.once('close', forget);
  });
  const answerBroken = (error: Error, socket: Socket): void => {
    const underWay = [...answering].filter(({ req }) => req.socket === socket);
    answerClientError(error, socket, representation, door, underWay);
  };
  server.on('clientError', (error, socket) => answerBroken(error, socket as Socket));
  // Without a listener node would close such a connection, and refuse an expectation it does not know, without a body.
  server.on('connect', (_request, socket) => answerBroken(new Error('CONNECT'), socket as Socket));
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  // Connections made under the old certificates and revocation lists end with their next answer.
  const endAll = (): void => {
    for (const response of answering) response.shouldKeepAlive = false;
    server.closeIdleConnections();
  };
  const unwatch = door.tls?.watch((options) => {
    (server as TlsServer).setSecureContext(options);
    endAll();
  });
  return {
    port: (server.address() as AddressInfo).port,
    host: address.host,
    async stop(graceMs) {
      unwatch?.();
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Who has an answer coming is told that it is the last one; a connection kept alive would hold us for long.
      endAll();
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      const patience = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(patience);
    },
  };
}
