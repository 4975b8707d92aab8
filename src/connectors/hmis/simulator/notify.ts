/**
 * The notifications socket, `<context root>/ws/notify`: no key, no subscription, no replay, best effort. Only online
 * bookings and their cancellation send anything; the desk never does.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Knobs } from './data-file.js';

export interface Notifier {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  send(event: 'Completed' | 'Cancelled', sessionId: number): void;
  /** Readers at this moment. */
  listeners(): number;
  close(): void;
}

export function createNotifier(path: string, knobs: Knobs): Notifier {
  const server = new WebSocketServer({ noServer: true });
  return {
    upgrade(request, socket, head) {
      if ((request.url ?? '').split('?')[0] !== path) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (client: WebSocket) => {
        client.on('error', () => client.terminate());
      });
    },
    send(event, sessionId) {
      if (knobs.notifications === 'drop') return;
      const text = `Online Booking ${event} - ${sessionId}`;
      for (const client of server.clients) {
        client.send(text);
        if (knobs.notifications === 'duplicate') client.send(text);
      }
    },
    listeners: () => server.clients.size,
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
