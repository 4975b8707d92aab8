/**
 * `npm run test:recovery`: how soon what was left open is settled. Real gateway, practice simulator over HTTP, real time.
 * Exit code 1 when a gate does not hold. `ready` or `settle` measures that only.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { FIXTURES, demoEnvironment } from '../support/gateway.js';
import { fillLedger, MOST_ATTEMPTS, openInOutage, pause, SETTLE_SECONDS, timeUntil, type Kind } from './outage.js';

const ROOT = resolve(import.meta.dirname, '../..');
const OPEN_ROWS = 1000;
const ROUNDS = 3;

const write = (line: string): void => void process.stdout.write(`${line}\n`);

let failed = false;
function gate(name: string, seconds: number, bound: number): void {
  const holds = seconds <= bound;
  if (!holds) failed = true;
  write(`${holds ? 'ok  ' : 'MISS'} ${name}: ${seconds.toFixed(2)} s (gate ${bound} s)`);
}

/** The last of the open bookings is known so long after the practice answers again. */
async function positive(kind: Kind, outageMs: number): Promise<number> {
  const outage = await openInOutage(kind, MOST_ATTEMPTS);
  try {
    await pause(outageMs);
    const asked = outage.lookUps();
    outage.end();
    const took = await timeUntil(async () => (await outage.statesOf()).every((state) => state === 'BOOKED'));
    write(
      `  ${kind}, away for ${(outageMs / 1000).toFixed(1)} s: ${asked} look-ups meanwhile for ${MOST_ATTEMPTS} attempts, ` +
        `all booked after ${(took / 1000).toFixed(2)} s`,
    );
    return took / 1000;
  } finally {
    await outage.stop();
  }
}

/** The last of the bookings that never were is known to be none so long after the settle time. */
async function negative(): Promise<number> {
  const outage = await openInOutage('drop', MOST_ATTEMPTS, false);
  const { ledger } = outage.test.gateway.records;
  try {
    outage.end();
    const open = await ledger.openAttempts();
    const settledAt = Math.max(...open.map(({ settleAt }) => settleAt ?? 0));
    await timeUntil(async () => (await outage.statesOf()).every((state) => state === 'NOT_BOOKED'));
    return (outage.test.clock.now() - settledAt) / 1000;
  } finally {
    await outage.stop();
  }
}

/** From the start of the process to the first 200 of /readyz. The practice takes every call and never answers. */
async function ready(rows: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-recovery-'));
  const file = join(folder, 'ledger.sqlite');
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  try {
    await fillLedger(file, rows);
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const addresses = { publicUrl: 'https://gateway.example.nhs.uk', riverside: `${url}/rh`, hillside: `${url}/hh` };
    const env = { ...process.env, ...demoEnvironment({ ...addresses, ledgerFile: file, register: url }) };
    const config = join(FIXTURES, 'demo/practices.yaml');
    const began = performance.now();
    const args = [join(ROOT, 'dist/cli.js'), 'serve', '--config', config, '--port', '0'];
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    try {
      const port = await new Promise<number>((listening, died) => {
        child.once('exit', (code) => died(new Error(`the gateway ended with ${code}`)));
        createInterface({ input: child.stdout }).on('line', (line) => {
          const entry = JSON.parse(line) as { event?: string; port?: number };
          if (entry.event === 'listening' && entry.port !== undefined) listening(entry.port);
        });
      });
      await timeUntil(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
      return (performance.now() - began) / 1000;
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  } finally {
    silent.close();
    silent.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inTurns(times: number, measure: () => Promise<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let n = 0; n < times; n += 1) all.push(await measure());
  return all;
}
const listed = (all: readonly number[]): string => all.map((one) => one.toFixed(2)).join(', ');

async function readiness(): Promise<void> {
  const none = await inTurns(ROUNDS, () => ready(0));
  const full = await inTurns(ROUNDS, () => ready(OPEN_ROWS));
  write(
    `  ready after ${listed(none)} s with an empty ledger, after ${listed(full)} s with ${OPEN_ROWS} open attempts`,
  );
  gate(`ready with ${OPEN_ROWS} open attempts, from the start of the process, worst`, Math.max(...full), 3);
}

async function settling(): Promise<void> {
  const kinds: readonly Kind[] = ['drop', 'hang', 'status 503'];
  const unbooked = negative();
  const taken: number[] = [];
  for (const outageMs of [11_300, 32_700]) {
    taken.push(...(await Promise.all(kinds.map((kind) => positive(kind, outageMs)))));
  }
  gate('booked, after the practice answers again, worst', Math.max(...taken), 5);
  gate(`not booked, after the settle time of ${SETTLE_SECONDS} s, worst`, await unbooked, 30);
}

const parts = { ready: readiness, settle: settling };
const [only] = process.argv.slice(2);
for (const [name, measure] of Object.entries(parts)) if (only === undefined || only === name) await measure();
process.exitCode = failed ? 1 : 0;
