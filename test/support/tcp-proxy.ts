/**
 * Stands between the gateway and a practice system on the level of bytes. Trouble is made for calls that may change
 * something only, which are known by their first bytes: the reads before and after them go through unharmed.
 */
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';

type Direction = 'up' | 'down';

export interface NetworkTrouble {
  /** Before each piece in either direction, and up to so much more. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** Pieces of so many bytes at most, with a moment between them. */
  readonly slice?: number;
  readonly bytesPerSecond?: number;
  /** After so many bytes in one direction: the connection is ended, reset, or nothing passes any more either way. */
  readonly cut?: { readonly direction: Direction; readonly bytes: number; readonly how: 'end' | 'reset' | 'silence' };
  /** Who has ended is seen to have ended so much later. */
  readonly slowCloseMs?: number;
}

export interface TcpProxy {
  readonly port: number;
  /** Where connections go from now on. */
  to(port: number): void;
  /** For calls that may change something, until told otherwise. */
  make(trouble: NetworkTrouble | undefined): void;
  /** Takes no new connection; those that stand go on. */
  refuse(isRefusing: boolean): Promise<void>;
  /** Ends the connections that stand. */
  drop(): void;
  /** Of a proxy that speaks TLS: for new connections. */
  present(paper: TlsPaper): void;
  /** Calls that may change something and have come this far. */
  writes(): number;
  close(): Promise<void>;
}

export interface TlsPaper {
  readonly certificate: string;
  readonly key: string;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const isWrite = (chunk: Buffer): boolean => /^(POST|PUT|PATCH|DELETE) /.test(chunk.subarray(0, 8).toString('latin1'));

/** Hands on what comes, in its order, with the trouble of the connection. */
function pump(from: Socket, into: Socket, direction: Direction, trouble: () => NetworkTrouble): void {
  let passed = 0;
  let queue = Promise.resolve();
  let isSilent = false;
  const hand = async (chunk: Buffer): Promise<void> => {
    const { latencyMs = 0, jitterMs = 0, slice = chunk.length, bytesPerSecond, cut } = trouble();
    for (let at = 0; at < chunk.length && !isSilent; at += slice) {
      let piece = chunk.subarray(at, at + slice);
      const wait = latencyMs + Math.random() * jitterMs + (bytesPerSecond ? (1000 * piece.length) / bytesPerSecond : 0);
      if (wait > 0) await pause(wait);
      else if (slice < chunk.length) await pause(1);
      const isCut = cut?.direction === direction && passed + piece.length >= cut.bytes;
      if (isCut) piece = piece.subarray(0, cut.bytes - passed);
      passed += piece.length;
      if (piece.length > 0) into.write(piece);
      if (!isCut) continue;
      isSilent = true;
      // What was handed on is to arrive before the end does.
      await pause(20);
      if (cut.how === 'reset') for (const socket of [from, into]) socket.resetAndDestroy();
      if (cut.how === 'end') for (const socket of [from, into]) socket.destroy();
    }
  };
  from.on('data', (chunk: Buffer) => {
    if (!isSilent) queue = queue.then(() => hand(chunk));
  });
  from.on('end', () => {
    queue = queue.then(async () => {
      await pause(trouble().slowCloseMs ?? 0);
      if (!isSilent) into.end();
    });
  });
}

/** With `tls` it speaks TLS to those who call, and plain TCP behind. */
export async function startTcpProxy(tls?: TlsPaper): Promise<TcpProxy> {
  let target = 0;
  let trouble: NetworkTrouble | undefined;
  let writes = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const accept = (client: Socket): void => {
    const upstream = createConnection({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) keep(socket);
    let own: NetworkTrouble = {};
    client.once('data', (chunk: Buffer) => {
      if (!isWrite(chunk)) return;
      writes += 1;
      own = trouble ?? {};
    });
    pump(client, upstream, 'up', () => own);
    pump(upstream, client, 'down', () => own);
    // A silent line stays open on both sides.
    client.on('close', () => own.cut?.how !== 'silence' && upstream.destroy());
    upstream.on('close', () => own.cut?.how !== 'silence' && client.destroySoon());
  };
  const options = { allowHalfOpen: true };
  let server: Server | TlsServer;
  const open = async (port: number): Promise<number> => {
    server = tls
      ? createTlsServer({ ...options, cert: tls.certificate, key: tls.key }, accept)
      : createServer(options, accept);
    // Those of a handshake that fails are nobody else's.
    server.on('connection', keep);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  };
  const port = await open(0);
  return {
    port,
    to(other) {
      target = other;
    },
    make(made) {
      trouble = made;
    },
    async refuse(isRefusing) {
      if (isRefusing) server.close();
      else await open(port);
    },
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    present({ certificate, key }) {
      (server as TlsServer).setSecureContext({ cert: certificate, key });
    },
    writes: () => writes,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
