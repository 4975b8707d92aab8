/** Carries out one scripted fault on one exchange. */
import type { ServerResponse } from 'node:http';
import type { Fault } from './faults.js';
import { serialise, type SimulatedAnswer } from './messages.js';

export interface Exchange {
  readonly response: ServerResponse;
  /** Lets the system act; gives its proper answer. */
  readonly run: () => Promise<SimulatedAnswer>;
  readonly send: (answer: SimulatedAnswer) => void;
  /** The answer of a fault the system defines; `proper` is its own answer if it has acted. */
  readonly systemFault: (name: string, proper: SimulatedAnswer | undefined) => SimulatedAnswer;
  /** Resolves after `ms`, never once the simulation is closed. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly recordStatus: (status: number) => void;
}

const HTML = { 'content-type': 'text/html;charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
const HUGE_CHUNK = 64 * 1024;

/** The page a servlet container sends when an application fails or a path is unknown. */
export function containerPage(status: number, title: string): SimulatedAnswer {
  return {
    status,
    headers: HTML,
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>HTTP Status ${status} - ${title}</h1></body></html>`,
  };
}

function cutInHalf({ response, recordStatus }: Exchange, answer: SimulatedAnswer): void {
  const { status, headers, text } = serialise(answer);
  const whole = Buffer.from(text === '' ? '{"status":' : text);
  recordStatus(status);
  response.writeHead(status, { ...headers, 'content-length': whole.length });
  response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.socket?.destroy());
}

async function trickle(exchange: Exchange, answer: SimulatedAnswer, bytes: number, ms: number): Promise<void> {
  const { response, recordStatus, sleep } = exchange;
  const { status, headers, text } = serialise(answer);
  const whole = Buffer.from(text);
  recordStatus(status);
  response.writeHead(status, { ...headers, 'content-length': whole.length });
  for (let sent = 0; sent < whole.length && !response.destroyed; sent += bytes) {
    response.write(whole.subarray(sent, sent + bytes));
    await sleep(ms);
  }
  response.end();
}

/** Also when the reader leaves, which never drains. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

async function sendHuge({ response, recordStatus }: Exchange, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(HUGE_CHUNK, 'x');
  recordStatus(200);
  response.writeHead(200, { ...JSON_TYPE, 'content-length': bytes });
  response.write('"');
  for (let left = bytes - 2; left > 0 && !response.destroyed; left -= HUGE_CHUNK) {
    if (response.write(left < HUGE_CHUNK ? chunk.subarray(0, left) : chunk)) continue;
    await drained(response);
  }
  if (!response.destroyed) response.end('"');
}

export async function misbehave(fault: Fault, exchange: Exchange): Promise<void> {
  const { response, run, send } = exchange;
  if (fault.kind === 'delay' && fault.when === 'before') await exchange.sleep(fault.ms);
  const acts = fault.when === 'after' || fault.kind === 'delay';
  const proper = acts ? await run() : undefined;
  switch (fault.kind) {
    case 'delay':
      if (fault.when === 'after') await exchange.sleep(fault.ms);
      if (proper) send(proper);
      return;
    case 'drop':
      response.socket?.destroy();
      return;
    case 'hang':
      return;
    case 'status':
      send({ status: fault.status, headers: { ...JSON_TYPE, ...fault.headers }, body: fault.body });
      return;
    case 'html':
      send(
        fault.body === undefined
          ? containerPage(fault.status, 'Internal Server Error')
          : { status: fault.status, headers: HTML, body: fault.body },
      );
      return;
    case 'truncated':
      cutInHalf(exchange, proper ?? { status: 200, headers: JSON_TYPE, body: '{"status":"success","data":{}}' });
      return;
    case 'trickle':
      await trickle(exchange, proper ?? { status: 200, body: {} }, fault.bytes, fault.ms);
      return;
    case 'wrong-envelope':
      send({ status: 200, body: fault.body ?? { ok: true, result: [] } });
      return;
    case 'redirect':
      send({ status: fault.status, headers: { location: fault.to } });
      return;
    case 'huge':
      await sendHuge(exchange, fault.bytes);
      return;
    case 'not-json':
      send({ status: 200, headers: JSON_TYPE, body: fault.body ?? '{"status": "success", "data": [' });
      return;
    case 'system':
      send(exchange.systemFault(fault.name, proper));
      return;
  }
}
