/**
 * A simulated system as a real HTTP server: answers come from `handle`, and whatever has been scripted goes wrong on
 * the way. Plain node:http, because it also stands behind the benchmarks.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { CONTROL_ROOT, createControl, type Action } from './control.js';
import { createFaultQueue, type FaultControl } from './faults.js';
import {
  isJsonType,
  readBody,
  serialise,
  type Handle,
  type SimulatedAnswer,
  type SimulatedRequest,
} from './messages.js';
import { misbehave } from './misbehave.js';
import { createRequestRecorder, type RecordedRequest, type RequestRecord } from './requests.js';

export interface SimulationOptions {
  readonly host?: string | undefined;
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Milliseconds since the epoch, as the simulated system sees them; also its `Date` header. */
  readonly now: () => number;
  readonly handle: Handle;
  /** What the system says to JSON that does not parse; 400 without a body by default. */
  readonly malformedJson?: (request: SimulatedRequest) => SimulatedAnswer;
  /** Faults only this system knows, for scripts of kind `system`. */
  readonly systemFaults?: Readonly<
    Record<string, (request: SimulatedRequest, proper: SimulatedAnswer | undefined) => SimulatedAnswer>
  >;
  /** What else can be done under `/__simulation/`; keys such as `POST desk`. */
  readonly actions?: Readonly<Record<string, Action>>;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Runs first when the simulation is closed. */
  readonly onClose?: () => void;
}

export interface Simulation {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly faults: FaultControl;
  readonly requests: RequestRecord;
  /** Cuts every connection; whatever was still delayed never happens. */
  close(): Promise<void>;
}

export async function createSimulationServer(options: SimulationOptions): Promise<Simulation> {
  const { host = '127.0.0.1', now, handle, systemFaults = {} } = options;
  const faults = createFaultQueue(Object.keys(systemFaults));
  const requests = createRequestRecorder();
  const control = createControl({ faults, requests, actions: options.actions ?? {} });
  const timers = new Set<NodeJS.Timeout>();

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });

  let dateSecond = -1;
  let dateHeader = '';
  const date = (): string => {
    const second = Math.floor(now() / 1000);
    if (second !== dateSecond) {
      dateSecond = second;
      dateHeader = new Date(second * 1000).toUTCString();
    }
    return dateHeader;
  };

  const send = (response: ServerResponse, answer: SimulatedAnswer, record?: RecordedRequest): void => {
    const { status, headers, text } = serialise(answer);
    if (record) record.status = status;
    const body = Buffer.from(text);
    const length = status === 204 || status === 304 ? {} : { 'content-length': body.length };
    response.writeHead(status, { date: date(), ...headers, ...length });
    response.end(body);
  };

  /** A fault of our own making must not look like one that was scripted. */
  const own = async (work: Promise<SimulatedAnswer> | SimulatedAnswer): Promise<SimulatedAnswer> => {
    try {
      return await work;
    } catch (error) {
      return { status: 500, headers: { 'x-simulation-error': '1' }, body: `simulation failed: ${String(error)}` };
    }
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = incoming.method ?? 'GET';
    const target = incoming.url ?? '/';
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const rawBody = method === 'GET' || method === 'HEAD' ? '' : await readBody(incoming);
    let body: unknown;
    let malformed = false;
    if (rawBody !== '' && isJsonType(incoming.headers['content-type'])) {
      try {
        body = JSON.parse(rawBody);
      } catch {
        malformed = true;
      }
    }
    const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
    const request: SimulatedRequest = { method, path, query, headers: incoming.headers, body, rawBody };

    if (path.startsWith(CONTROL_ROOT)) {
      send(response, await own(control(request)));
      return;
    }
    const record = requests.add(request, now());
    const run = (): Promise<SimulatedAnswer> => {
      if (malformed) return own(options.malformedJson?.(request) ?? { status: 400 });
      record.effect = true;
      return own((async () => handle(request))());
    };
    const fault = faults.take(request);
    if (!fault) {
      send(response, await run(), record);
      return;
    }
    record.fault = fault.kind;
    await misbehave(fault, {
      response,
      run,
      sleep,
      send: (answer) => send(response, answer, record),
      systemFault: (name, proper) => systemFaults[name]?.(request, proper) ?? { status: 500 },
      recordStatus: (status) => {
        record.status = status;
      },
    });
  };

  const server = createServer((incoming, response) => {
    response.sendDate = false;
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    if (options.onUpgrade) options.onUpgrade(incoming, socket, head);
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    options.onClose?.();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
    await ended;
  };

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    faults,
    requests,
    close: () => (closed ??= close()),
  };
}
