/**
 * A practice system whose every answer is of one kind that is told to it: its message is a name of `answers.ts`. Says its
 * port.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS } from '../input/answers.js';

let send = (response: ServerResponse): void => void response.end();

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  send(response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

process.on('message', (name: string) => {
  const answer = ANSWERS.get(name);
  if (answer === undefined) throw new Error(`no answer of the name ${name}`);
  // Made once: what it costs to make is not measured.
  send = answer();
  process.send?.({});
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.send?.({ port: (server.address() as AddressInfo).port });
