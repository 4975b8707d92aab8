/** The acceptance environment as a tester starts it: the script of its README, on ports that are free. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createConsumer, type TestConsumer } from './consumer.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the start told of a practice or a group. */
export interface AnnouncedService {
  readonly address: string;
  readonly asid: string;
  readonly name: string;
}

export interface AcceptanceEnvironment {
  readonly url: string;
  /** By ODS code, or `federation/{name}`. */
  readonly services: ReadonlyMap<string, AnnouncedService>;
  readonly simulators: Readonly<Record<'northgate' | 'southmere' | 'pds', string>>;
  /** Everything the processes have written so far. */
  readonly written: () => string;
  consumer(addressee: string): TestConsumer;
  /** SIGTERM to the script; answers its exit code once all its processes have ended. */
  stop(): Promise<number | null>;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export async function startAcceptance(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<AcceptanceEnvironment> {
  const [port = 0, northgate = 0, southmere = 0, pds = 0] = await freePorts(4);
  const url = `http://127.0.0.1:${port}`;
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      SLOTBRIDGE_COMMAND: `${process.execPath} --import tsx src/cli.ts`,
      SLOTBRIDGE_ACCEPTANCE_PORT: String(port),
      SLOTBRIDGE_ACCEPTANCE_NORTHGATE_PORT: String(northgate),
      SLOTBRIDGE_ACCEPTANCE_SOUTHMERE_PORT: String(southmere),
      SLOTBRIDGE_ACCEPTANCE_PDS_PORT: String(pds),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  let over = false;
  void ended.then(() => (over = true));

  while (
    !(await fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    ))
  ) {
    if (over) throw new Error(`the environment did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 200));
  }
  const services = new Map(
    [
      ...text.matchAll(
        /^ {2}(http:\/\/[^/]+\/((?:federation\/)?[^/]+)\/STU3\/1\/gpconnect) {2}ASID (\d{12}) {2}(.*)$/gm,
      ),
    ].map(([, address = '', addressee = '', asid = '', name = '']) => [addressee, { address, asid, name }]),
  );
  return {
    url,
    services,
    simulators: {
      northgate: `http://127.0.0.1:${northgate}`,
      southmere: `http://127.0.0.1:${southmere}`,
      pds: `http://127.0.0.1:${pds}`,
    },
    written: () => text,
    consumer: (addressee) => createConsumer(url, addressee, services.get(addressee)?.asid ?? '', Date.now),
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
