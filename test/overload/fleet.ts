/**
 * Twenty practices with an installation each, all of one gateway. What stands for an installation has so many places
 * and takes a fixed time for each call, so that it is the bottleneck and not the machine; it gives the answers that a
 * simulator has given to the same question before, or none at all.
 */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { Pool, request } from 'undici';
import { INTERACTIONS, MEDIA_TYPE, createConsumer, unsignedToken } from '../support/consumer.js';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.js';
import { slotPath } from '../support/flow.js';

export interface Installation {
  readonly url: string;
  /** Whether it takes calls and never answers. */
  hangs: boolean;
  /** Calls that have come. */
  calls: number;
  /** Most calls that were being worked on, or waited for that, at a time. */
  most: number;
  close(): void;
}

interface Kept {
  readonly status: number;
  readonly body: Buffer;
}

export async function createInstallation(
  origin: () => string,
  places: number,
  serviceMs: number,
): Promise<Installation> {
  const kept = new Map<string, Promise<Kept>>();
  const line: (() => void)[] = [];
  let free = places;
  let inside = 0;
  const ask = async (path: string, headers: IncomingHttpHeaders): Promise<Kept> => {
    const { statusCode, body } = await request(origin() + path, { headers: { finance: String(headers['finance']) } });
    return { status: statusCode, body: Buffer.from(await body.arrayBuffer()) };
  };
  const server: Server = createServer((incoming, response) => {
    installation.calls += 1;
    if (installation.hangs) return;
    installation.most = Math.max(installation.most, (inside += 1));
    const path = incoming.url ?? '';
    const answer = kept.get(path) ?? ask(path, incoming.headers);
    kept.set(path, answer);
    const work = (): void => {
      free -= 1;
      setTimeout(() => {
        free += 1;
        inside -= 1;
        line.shift()?.();
        void answer.then(({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(body);
        });
      }, serviceMs);
    };
    if (free > 0) work();
    else line.push(work);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const installation: Installation = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hangs: false,
    calls: 0,
    most: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return installation;
}

export const odsCodeOf = (index: number): string => `A992${String(index).padStart(2, '0')}`;
const asidOf = (index: number): string => `2000000992${String(index).padStart(2, '0')}`;

/** The first practice of the demo's file as often as there are installations, searched together as `north`. */
function practicesOf(yaml: string, installations: readonly Installation[]): string {
  const [head = '', ...rest] = yaml.split(/(?=^ {2}- odsCode: )/m);
  const first = rest[0] ?? '';
  const all = installations.map(({ url }, index) =>
    first
      .replaceAll('A99901', odsCodeOf(index))
      .replace('200000009901', asidOf(index))
      .replace('{ env: SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_URL }', url),
  );
  const members = installations.map((_, index) => odsCodeOf(index)).join(', ');
  return head.replace(/practices: \[.*\]/, `practices: [${members}]`) + all.join('');
}

export interface Fleet {
  readonly gateway: TestGateway;
  readonly installations: readonly Installation[];
  /** A search at the practice of this number, or over all of them; `Answered` however it ends. */
  readonly search: (of: number | 'north', patienceMs?: number, from?: string) => Promise<Answered>;
  stop(): Promise<void>;
}

export interface Answered {
  /** `undefined`: the consumer has lost patience. */
  readonly status: number | undefined;
  readonly tookMs: number;
}

export interface FleetOptions extends Pick<TestGatewayOptions, 'resilience' | 'overload'> {
  readonly practices: number;
  readonly places: number;
  readonly serviceMs: number;
}

export async function startFleet({ practices, places, serviceMs, ...options }: FleetOptions): Promise<Fleet> {
  let origin = '';
  const installations = await Promise.all(
    Array.from({ length: practices }, () => createInstallation(() => origin, places, serviceMs)),
  );
  const gateway = await startTestGateway({
    resilience: {},
    ...options,
    practices: (yaml) => practicesOf(yaml, installations),
  });
  origin = gateway.riverside.url;
  const pool = new Pool(gateway.url, { connections: 1500, pipelining: 1 });
  const [interaction] = INTERACTIONS.searchSlots;
  const tokens = new Map<string, string>();
  const tokenOf = (addressee: string, asid: string): string => {
    const known = tokens.get(addressee);
    if (known !== undefined) return known;
    const consumer = createConsumer(gateway.url, addressee, asid, gateway.clock.now);
    const token = unsignedToken(consumer.claims('searchSlots'));
    tokens.set(addressee, token);
    return token;
  };
  return {
    gateway,
    installations,
    async search(of, patienceMs = 10_000, from = '200000009999') {
      const addressee = of === 'north' ? 'federation/north' : odsCodeOf(of);
      const asid = of === 'north' ? '200000009900' : asidOf(of);
      const began = performance.now();
      const status = await pool
        .request({
          method: 'GET',
          path: `/${addressee}/STU3/1/gpconnect${slotPath()}`,
          headers: {
            'Ssp-TraceID': randomUUID(),
            'Ssp-From': from,
            'Ssp-To': asid,
            'Ssp-InteractionID': interaction,
            Authorization: `Bearer ${tokenOf(addressee, asid)}`,
            Accept: MEDIA_TYPE.json,
          },
          signal: AbortSignal.timeout(patienceMs),
        })
        .then(
          async ({ statusCode, body }) => {
            await body.dump();
            return statusCode;
          },
          () => undefined,
        );
      return { status, tookMs: performance.now() - began };
    },
    async stop() {
      for (const installation of installations) installation.close();
      await pool.destroy();
      await gateway.stop();
    },
  };
}

/** Open loop: sends at this rate whatever comes back, and answers all once the last is over. */
export async function load<One extends Answered>(
  perSecond: number,
  ms: number,
  send: (index: number) => Promise<One>,
): Promise<One[]> {
  const began = performance.now();
  const sent: Promise<One>[] = [];
  for (;;) {
    const elapsed = performance.now() - began;
    if (elapsed >= ms) break;
    const due = Math.floor((elapsed * perSecond) / 1000);
    while (sent.length <= due) sent.push(send(sent.length));
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return Promise.all(sent);
}

export function percentile(answers: readonly Answered[], share: number): number {
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
