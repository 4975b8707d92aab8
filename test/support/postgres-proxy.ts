/** Stands between a client and the server's socket, and loses what it is told to lose. */
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOCKET = '.s.PGSQL.5432';

export interface PostgresProxy {
  /** The same address, through here. */
  readonly url: string;
  /** The next commit: it never arrives, or its answer does not. Both end the connection. */
  lose(what: 'commit' | 'answer'): void;
  /** Ends every connection, and lets in no new one, until it is told otherwise. */
  cut(off: boolean): void;
  close(): Promise<void>;
}

export async function startProxy(url: string): Promise<PostgresProxy> {
  const address = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-pg-proxy-'));
  const target = join(address.searchParams.get('host') ?? '', SOCKET);
  address.searchParams.set('host', folder);
  let losing: 'commit' | 'answer' | undefined;
  let off = false;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    if (off) return void client.destroy();
    const upstream = createConnection(target);
    let silent = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (losing !== undefined && chunk.includes('commit\0')) {
        if (losing === 'commit') client.destroy();
        silent = true;
        const lost = losing;
        losing = undefined;
        if (lost === 'commit') return void upstream.destroy();
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      // The server has answered: the commit has happened.
      if (silent) client.destroy();
      else client.write(chunk);
    });
  });
  server.listen(join(folder, SOCKET));
  await once(server, 'listening');

  return {
    url: address.href,
    lose(what) {
      losing = what;
    },
    cut(isOff) {
      off = isOff;
      if (off) for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
