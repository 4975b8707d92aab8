/**
 * So many installations of a practice system, in one process: each has its places, takes a fixed time for each call, so
 * that it is the bottleneck and not the machine, and may hang. Arguments: installations, places of each, milliseconds a
 * call takes. Says the ports in the order of the installations, as `0` and up; `port` is the first one's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { book, envelope, readAt } from '../../../bench/practice-answers.js';

const [installations = 1, places = 2, serviceMs = 100] = process.argv.slice(2).map(Number);

/** When each write came: by its session, in milliseconds since 1970. */
const writes: Record<string, number> = {};
const calls = new Array<number>(installations).fill(0);
/** The first so many take calls and never answer. */
let hung = 0;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function answerTo(request: IncomingMessage): Promise<readonly [number, Buffer]> {
  if (request.method === 'POST') {
    const at = Date.now();
    const text = await textOf(request);
    const { sessionInstanceId } = JSON.parse(text) as { sessionInstanceId?: number };
    if (sessionInstanceId === undefined) return [404, envelope(404, null)];
    writes[String(sessionInstanceId)] ??= at;
    return [201, book(text)];
  }
  return [200, readAt(request.url ?? '') ?? envelope(200, [])];
}

function createInstallation(index: number): (request: IncomingMessage, response: ServerResponse) => void {
  const line: (() => void)[] = [];
  let free = places;
  return (request, response) => {
    calls[index] = (calls[index] ?? 0) + 1;
    if (index < hung) return;
    const answer = answerTo(request);
    const work = (): void => {
      free -= 1;
      setTimeout(() => {
        free += 1;
        line.shift()?.();
        void answer.then(([status, body]) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(body);
        });
      }, serviceMs);
    };
    if (free > 0) work();
    else line.push(work);
  };
}

const ports: Record<string, number> = {};
for (let index = 0; index < installations; index += 1) {
  const server = createServer({ keepAliveTimeout: 60_000 }, createInstallation(index));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports[String(index)] = (server.address() as AddressInfo).port;
}

const lateness = monitorEventLoopDelay({ resolution: 5 });
lateness.enable();

process.on('message', (message: { readonly hang?: number } | 'calls' | 'writes' | 'ports' | 'lateness') => {
  if (message === 'lateness') {
    process.send?.({ longestMs: lateness.max / 1e6 });
    lateness.reset();
  } else if (message === 'calls') process.send?.({ ...calls });
  else if (message === 'writes') process.send?.(writes);
  else if (message === 'ports') process.send?.(ports);
  else {
    hung = message.hang ?? 0;
    calls.fill(0);
    process.send?.({});
  }
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.send?.({ port: ports['0'] });
