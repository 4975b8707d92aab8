/** The practice system of the benchmarks: no call waits for anything. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { book, readAt } from '../practice-answers.js';

function answer(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  const read = readAt(request.url ?? '');
  if (read !== undefined) answer(response, 200, read);
  else {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => answer(response, 201, book(text)));
  }
}

const server = createServer({ keepAliveTimeout: 60_000 }, receive);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('SIGINT', () => process.exit(0));
