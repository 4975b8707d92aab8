/** The listening socket, with the limits that keep half-finished requests from piling up. */
import { createServer, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { GatewayError, type ErrorCode } from '../domain/errors.js';
import { SECOND } from '../domain/time.js';
import type { Representation } from '../fhir/representation.js';
import { toRefusal } from './respond.js';

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

/** While stopping: how often connections that have had their last answer are closed. */
const SWEEP_MS = 100;

/** Requests so malformed that no handler sees them still get an OperationOutcome. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket, representation: Representation): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const codes: Record<string, [ErrorCode, string]> = {
    HPE_HEADER_OVERFLOW: ['headers-too-large', 'The headers are larger than 32 KiB'],
    ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request did not arrive completely in time'],
  };
  const [code, message] = codes[error.code ?? ''] ?? ['bad-request', 'The request is not well-formed HTTP'];
  const reply = toRefusal(new GatewayError(code, message), representation);
  const headers = { ...reply.headers, 'Content-Length': String(Buffer.byteLength(reply.body)), Connection: 'close' };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${head.join('')}\r\n${reply.body}`);
}

export async function listen(
  app: Express,
  representation: Representation,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server: Server = createServer(LIMITS, app);
  // All of them, up to the size above: those past a limit here would be dropped without a word. The app counts.
  server.maxHeadersCount = 0;
  server.maxConnections = 2_000;
  const answering = new Set<ServerResponse>();
  server.prependListener('request', ({ socket }, response) => {
    answering.add(response);
    const forget = (): void => {
      answering.delete(response);
      socket.removeListener('close', forget);
    };
    response.once('close', forget);
    // An answer that waits behind another one on its connection is not told when that closes.
    socket.once('close', forget);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerClientError(error, socket as Socket, representation),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    host: address.host,
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Who has an answer coming is told that it is the last one; a connection kept alive would hold us for long.
      for (const response of answering) response.shouldKeepAlive = false;
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      const patience = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(patience);
    },
  };
}
