/**
 * Rolling restarts under load: a load balancer that asks `/readyz` and takes turns among those that are ready, a steady
 * stream of requests through it, and behind it one gateway after the other stopped by SIGTERM and started again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { request as ask } from 'undici';
import { cancelled } from '../support/appointments.js';
import type { Json } from '../support/consumer.js';
import { bookingBody, slotPath } from '../support/flow.js';
import { countedBy, kindOf } from './rounds.js';
import { createSender, type Sender, type Sent } from './sender.js';
import { dayAhead, QUIET_DAY } from './practice-data.js';
import type { World } from './world.js';

export interface RestartsOptions {
  /** Of all instances, one after the other. */
  readonly restarts: number;
  readonly instances: number;
  readonly perSecond: number;
  onRestart?(line: string): void;
}

export interface RestartsTold {
  readonly sent: number;
  readonly kinds: string;
  readonly answers: string;
  /** Requests that were told to come again, with `Retry-After`, and were answered then. */
  readonly repeated: number;
  readonly failures: readonly string[];
  readonly restartSeconds: string;
}

const PROBE_EVERY_MS = 500;
const PROBE_MS = 2_000;
/** Without an answer: what says that it is not ready is believed at once. */
const FAILED_PROBES = 3;
/** Between one instance that is back and the next one that goes. */
const BETWEEN_MS = 2_000;
const MOST_REPEATS = 5;

interface Backend {
  readonly sender: Sender;
  isReady: boolean;
}

type Send = (sender: Sender) => Promise<Sent>;
type Kind = 'search' | 'read' | 'booking' | 'cancel';
/** Ten in a row. */
const MIX: readonly Kind[] = [
  'search',
  'booking',
  'read',
  'search',
  'read',
  'cancel',
  'search',
  'booking',
  'read',
  'search',
];

/** `undefined` without an answer. */
async function isReady(url: string): Promise<boolean | undefined> {
  try {
    const { statusCode, body } = await ask(`${url}/readyz`, { headersTimeout: PROBE_MS });
    await body.dump();
    return statusCode === 200;
  } catch {
    return undefined;
  }
}

/** As a load balancer does it: asks each of them twice a second, and sends to those that were ready. */
function createBalancer(): {
  add(url: string): Promise<Backend>;
  remove(backend: Backend): Promise<void>;
  next(): Sender;
  close(): Promise<void>;
} {
  const backends = new Set<Backend>();
  let turn = 0;
  let isOpen = true;
  const probe = async (backend: Backend): Promise<void> => {
    for (let failed = 0; isOpen && backends.has(backend);) {
      const found = await isReady(backend.sender.url);
      failed = found === undefined ? failed + 1 : 0;
      if (found !== undefined || failed >= FAILED_PROBES) backend.isReady = found === true;
      await pause(PROBE_EVERY_MS);
    }
  };
  return {
    async add(url) {
      while ((await isReady(url)) !== true) await pause(PROBE_EVERY_MS);
      const backend: Backend = { sender: createSender(url), isReady: true };
      backends.add(backend);
      void probe(backend);
      return backend;
    },
    async remove(backend) {
      backends.delete(backend);
      await backend.sender.close();
    },
    next() {
      const ready = [...backends].filter((backend) => backend.isReady);
      const chosen = ready[(turn += 1) % ready.length];
      if (!chosen) throw new Error('no gateway is ready');
      return chosen.sender;
    },
    async close() {
      isOpen = false;
      await Promise.all([...backends].map(({ sender }) => sender.close()));
    },
  };
}

export async function playRestarts(world: World, options: RestartsOptions): Promise<RestartsTold> {
  const balancer = createBalancer();
  const kinds: Kind[] = [];
  const answers: string[] = [];
  const failures: string[] = [];
  /** Appointments that stand, for those who read and cancel. */
  const appointments: { readonly body: Json; readonly etag: string | undefined }[] = [];
  let nextSlot = 0;
  let repeated = 0;
  let isOver = false;

  const search: Send = (sender) => sender.get('searchSlots', slotPath(dayAhead(QUIET_DAY), dayAhead(QUIET_DAY)));
  const once: Record<Kind, () => Send | undefined> = {
    search: () => search,
    read() {
      const one = appointments[Math.floor(Math.random() * appointments.length)];
      return one && ((sender) => sender.get('readAppointment', `/Appointment/${String(one.body.id)}`));
    },
    booking() {
      const slot = world.slots[(nextSlot += 1)];
      if (!slot) throw new Error('there are no places left');
      const body = JSON.stringify(bookingBody(slot, world.patients[nextSlot % world.patients.length] ?? ''));
      const key = `booking-${nextSlot}`;
      return async (sender) => {
        const sent = await sender.send('POST', 'book', '/Appointment', body, { key });
        if (sent.status === 201) appointments.push({ body: JSON.parse(sent.text), etag: sent.etag });
        return sent;
      };
    },
    cancel() {
      const one = appointments.shift();
      if (!one) return undefined;
      const body = JSON.stringify(cancelled(one.body));
      const extra = one.etag === undefined ? {} : { ifMatch: one.etag };
      return (sender) => sender.send('PUT', 'cancel', `/Appointment/${String(one.body.id)}`, body, extra);
    },
  };
  const EXPECTED: Record<Kind, number> = { search: 200, read: 200, booking: 201, cancel: 200 };

  const fire = async (meant: Kind): Promise<void> => {
    const made = once[meant]();
    // As long as nothing is booked there is nothing to read.
    const [kind, send] = made ? [meant, made] : (['search', search] as const);
    kinds.push(kind);
    let told = '';
    for (let tries = 0; tries <= MOST_REPEATS; tries += 1) {
      const began = new Date().toISOString();
      let url = '';
      try {
        const sender = balancer.next();
        ({ url } = sender);
        const sent = await send(sender);
        told = kindOf(sent);
        answers.push(`${kind} ${told}`);
        if (sent.status < 300) {
          if (tries > 0) repeated += 1;
          if (sent.status !== EXPECTED[kind] && sent.status !== 200) failures.push(`${kind} ${told}`);
          return;
        }
        // Who is told when to come again comes again; whoever is told nothing of the kind has failed.
        if (sent.status < 500 || sent.retryAfter === undefined) break;
        await pause(Number(sent.retryAfter) * 1000);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        told = `${code ?? ''} ${message}`;
        answers.push(`${kind} ${told}`);
        failures.push(`${kind} at ${began} on ${url}: ${told}`);
        return;
      }
    }
    failures.push(`${kind}: ${told}`);
  };

  const stream = async (): Promise<void> => {
    const under = new Set<Promise<void>>();
    const began = performance.now();
    for (let n = 0; !isOver; n += 1) {
      const wait = began + (n * 1000) / options.perSecond - performance.now();
      if (wait > 1) await pause(wait);
      const one = fire(MIX[n % MIX.length] ?? 'search').finally(() => under.delete(one));
      under.add(one);
    }
    await Promise.all(under);
  };

  const took: number[] = [];
  const backends: Backend[] = [];
  for (const { url } of world.gateways) backends.push(await balancer.add(url));
  const streaming = stream();
  try {
    await pause(BETWEEN_MS);
    for (let restart = 1; restart <= options.restarts; restart += 1) {
      for (let index = 0; index < options.instances; index += 1) {
        const began = performance.now();
        const code = await world.gateway(index).terminate('SIGTERM');
        if (code !== 0) failures.push(`a gateway ended with ${String(code)}`);
        const [old] = backends.splice(index, 1);
        if (old) await balancer.remove(old);
        const gateway = await world.start();
        world.replace(index, gateway);
        backends.splice(index, 0, await balancer.add(gateway.url));
        took.push(performance.now() - began);
        await pause(BETWEEN_MS);
      }
      const last = ((took.at(-1) ?? 0) / 1000).toFixed(1);
      options.onRestart?.(`restart ${restart}: ${kinds.length} requests, ${failures.length} failed, ${last} s`);
    }
  } finally {
    isOver = true;
    await streaming.finally(() => balancer.close());
  }
  const secondsOf = (ms: number): string => (ms / 1000).toFixed(1);
  return {
    sent: kinds.length,
    kinds: countedBy(kinds, (kind) => kind),
    answers: countedBy(answers, (answer) => answer),
    repeated,
    failures,
    restartSeconds: `${secondsOf(Math.min(...took))} to ${secondsOf(Math.max(...took))} s`,
  };
}
