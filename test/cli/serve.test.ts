/** `slotbridge serve`: what keeps it from starting is said in full, and stopping loses nothing. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createHmisSimulator,
  loadHmisData,
  type HmisSimulation,
} from '../../src/connectors/hmis/simulator/simulator.js';
import { createPdsSimulator, loadPdsData, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { createConsumer } from '../support/consumer.js';
import { bookingBody, freeSlots, patientId, slotPath } from '../support/flow.js';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { endAll, run, start, type Running } from './command.js';

const CONFIG = join(FIXTURES, 'demo/practices.yaml');
const SERVE = ['serve', '--config', CONFIG, '--port'];

let practice: HmisSimulation;
let register: PdsSimulation;
let folder: string;

beforeAll(async () => {
  practice = await createHmisSimulator({ data: loadHmisData(join(FIXTURES, 'hmis/riverside.yaml')) });
  register = await createPdsSimulator({ data: loadPdsData(join(FIXTURES, 'pds/people.yaml')) });
});
afterAll(() => Promise.all([practice.close(), register.close()]));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-serve-'));
});
afterEach(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

function environment(ledger = 'ledger.sqlite'): Record<string, string> {
  return demoEnvironment({
    publicUrl: 'https://gateway.example.nhs.uk',
    ledgerFile: join(folder, ledger),
    riverside: practice.url,
    hillside: practice.url,
    register: register.pds.baseUrl,
  });
}

async function portOf(gateway: Running): Promise<number> {
  const [line] = await gateway.says(/^.*"event":"listening".*$/m);
  return (JSON.parse(line) as { port: number }).port;
}

describe('slotbridge serve does not start', () => {
  it('with a practices file that has mistakes: exit 2, all of them at once', async () => {
    const bad = join(folder, 'bad.yaml');
    const text = readFileSync(CONFIG, 'utf8');
    writeFileSync(
      bad,
      text.replace("asid: '200000009901'", "asid: '12'").replace('zone: Europe/London', 'zone: Europe/Londn'),
    );
    const { code, stdout, stderr } = await run(['serve', '--config', bad, '--port', '0'], environment());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.match(new RegExp(`^${bad}:\\d+:\\d+  practices\\[0\\]\\.(asid|zone): `, 'gm'))).toHaveLength(2);
    expect(stderr).toContain('the gateway was not started');
  });

  it('without the variables that the file names: exit 2, each of them named', async () => {
    const { code, stderr } = await run([...SERVE, '0'], { ...environment(), SLOTBRIDGE_DEMO_LEDGER_KEY: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('SLOTBRIDGE_DEMO_LEDGER_KEY');
  });

  it('with DEBUG set, which would print what nobody may read: exit 2', async () => {
    const { code, stderr } = await run([...SERVE, '0'], { ...environment(), DEBUG: 'fhir-kit-client:*' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^slotbridge: unset DEBUG/);
  });

  it('on a port that is in use: exit 2, in one line', async () => {
    const squatter = createServer();
    await new Promise<void>((listening) => squatter.listen(0, '127.0.0.1', listening));
    try {
      const { port } = squatter.address() as AddressInfo;
      const { code, stderr } = await run([...SERVE, String(port)], environment());
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`^slotbridge: .*EADDRINUSE.*${port}\\n$`));
    } finally {
      squatter.close();
    }
  });

  it('on a ledger that another process holds: exit 2, in one line, and the other is not disturbed', async () => {
    const first = start([...SERVE, '0'], environment());
    const port = await portOf(first);
    const { code, stderr } = await run([...SERVE, '0'], environment());
    expect(code).toBe(2);
    expect(stderr).toMatch(/^slotbridge: the ledger \S+ is in use by another process.*\n$/);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    first.signal('SIGINT');
    expect(await first.ended).toMatchObject({ code: 0 });
  });

  it('on a ledger that was written with another key: exit 2', async () => {
    const first = start([...SERVE, '0'], environment());
    await portOf(first);
    first.signal('SIGINT');
    await first.ended;
    const other = {
      ...environment(),
      SLOTBRIDGE_DEMO_LEDGER_KEY: [...(environment()['SLOTBRIDGE_DEMO_LEDGER_KEY'] ?? '')].reverse().join(''),
    };
    const { code, stderr } = await run([...SERVE, '0'], other);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'slotbridge: the ledger was written with another key\n' });
  });
});

describe('slotbridge serve without a transport', () => {
  it('does not listen beyond this machine: exit 2, in one line', async () => {
    const { code, stdout, stderr } = await run([...SERVE, '0', '--host', '0.0.0.0'], environment());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^slotbridge: with transport mode insecure-loopback [^\n]* not on 0\.0\.0\.0: [^\n]*\n$/);
  });
});

describe('slotbridge serve is stopped', () => {
  const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const BOOKING_CALL = { method: 'POST', path: '/rh/api/channel/bookings' };

  const ASKED = { connection: 'close' };

  it('by SIGINT: a booking under way is finished and answered, new ones are not taken, exit 0', async () => {
    const gateway = start([...SERVE, '0'], environment());
    const port = await portOf(gateway);
    const url = `http://127.0.0.1:${port}`;
    const consumer = createConsumer(url, 'A99901', '200000009901', Date.now);
    const [slot] = await freeSlots(consumer, slotPath(day(1), day(6)));
    if (!slot) throw new Error('no slot');
    const body = bookingBody(slot, await patientId(consumer));
    practice.requests.clear();
    practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 1_500, when: 'after' } });
    const answer = consumer.post('book', '/Appointment', body);
    while (practice.requests.count(BOOKING_CALL) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    gateway.signal('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await expect(fetch(`${url}/livez`, { headers: ASKED })).rejects.toThrow();
    const { status, headers } = await answer;
    expect({ status, connection: headers.get('connection') }).toEqual({ status: 201, connection: 'close' });
    const { code, stderr, stdout } = await gateway.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(JSON.parse(lines[lines.length - 1] ?? '')).toMatchObject({ event: 'stopped' });
  });

  it('by SIGTERM: not ready at once, serving until that was noticed, then no booking is begun', async () => {
    const config = join(folder, 'practices.yaml');
    writeFileSync(config, readFileSync(CONFIG, 'utf8').concat('\nlimits: { stopDelay: 1s }\n'));
    const gateway = start(['serve', '--config', config, '--port', '0'], environment());
    const port = await portOf(gateway);
    const url = `http://127.0.0.1:${port}`;
    const consumer = createConsumer(url, 'A99901', '200000009901', Date.now);
    const [first, second] = await freeSlots(consumer, slotPath(day(1), day(6)));
    if (!first || !second) throw new Error('no slots');
    const patient = await patientId(consumer);
    // A request that has begun to arrive before, and goes on when the gateway closes.
    const late = connect(port, '127.0.0.1');
    let told = '';
    late.on('data', (chunk: Buffer) => (told += chunk.toString()));
    late.write('POST /A99901/STU3/1/gpconnect/Appointment HTTP/1.1\r\nHost: gateway\r\n');
    gateway.signal('SIGTERM');
    await gateway.says(/"event":"stopping"/);
    expect((await fetch(`${url}/readyz`, { headers: ASKED })).status).toBe(503);
    practice.requests.clear();
    practice.faults.script({ match: BOOKING_CALL, fault: { kind: 'delay', ms: 2_000, when: 'after' } });
    const answer = consumer.post('book', '/Appointment', bookingBody(first, patient), { headers: ASKED });
    const isServing = (): Promise<boolean> =>
      fetch(`${url}/livez`, { headers: ASKED }).then(
        () => true,
        () => false,
      );
    while (await isServing()) await new Promise((resolve) => setTimeout(resolve, 20));
    late.write('Content-Type: application/fhir+json\r\nContent-Length: 2\r\n\r\n{}');
    await new Promise((resolve) => late.once('close', resolve));
    expect(told).toMatch(/^HTTP\/1\.1 503 /);
    expect(told).toMatch(/\r\nConnection: close\r\n/i);
    expect(told).toMatch(/\r\nRetry-After: [1-5]\r\n/i);
    expect((await answer).status).toBe(201);
    expect(await gateway.ended).toMatchObject({ code: 0, stderr: '' });
    expect(practice.requests.count(BOOKING_CALL)).toBe(1);
  });

  it('and started again: the appointment is still there', async () => {
    const first = start([...SERVE, '0'], environment());
    const consumer = createConsumer(`http://127.0.0.1:${await portOf(first)}`, 'A99901', '200000009901', Date.now);
    const [slot] = await freeSlots(consumer, slotPath(day(1), day(6)));
    if (!slot) throw new Error('no slot');
    const booked = await consumer.post('book', '/Appointment', bookingBody(slot, await patientId(consumer)));
    expect(booked.status).toBe(201);
    first.signal('SIGINT');
    expect(await first.ended).toMatchObject({ code: 0 });

    const second = start([...SERVE, '0'], environment());
    const again = createConsumer(`http://127.0.0.1:${await portOf(second)}`, 'A99901', '200000009901', Date.now);
    const read = await again.get('readAppointment', `/Appointment/${booked.body.id}`);
    expect(read.body).toEqual(booked.body);
    second.signal('SIGINT');
    expect(await second.ended).toMatchObject({ code: 0 });
  });
});

describe('what nobody foresaw', () => {
  const CANARY = 'canary 943 476 5919';
  /** Throws, or rejects, in the middle of a gateway that runs. */
  const preload = (how: string): Record<string, string> => {
    const code = `process.on('SIGUSR2', () => { ${how} });`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  };

  it.each([
    ['uncaught-exception', `throw new Error('${CANARY}')`],
    ['unhandled-rejection', `void Promise.reject(new Error('${CANARY}'))`],
  ])('ends the process with 1 and one line, that names %s and nothing else', async (event, how) => {
    const gateway = start([...SERVE, '0'], { ...environment(), ...preload(how) });
    await portOf(gateway);
    gateway.signal('SIGUSR2');
    const { code, stdout, stderr } = await gateway.ended;
    expect(code).toBe(1);
    expect(stdout + stderr).not.toMatch(/canary|943 ?476/);
    const last = JSON.parse(stdout.trimEnd().split('\n').pop() ?? '') as Record<string, unknown>;
    expect(Object.keys(last).sort()).toEqual(['event', 'level', 'time']);
    expect(last).toMatchObject({ event, level: 50 });
  });
});
