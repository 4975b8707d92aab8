/**
 * G05: the gateway's process does nothing for two seconds in the middle of a booking, while the practice goes on; and
 * what is true when it goes on too.
 */
import { expect, it } from 'vitest';
import { BOOKING_CALL, exactSlots } from '../support/appointments.js';
import { bookingBody, patientId, slotPath } from '../support/flow.js';
import { dayFromNow, setUpKillableGateway, until } from './killable-gateway.js';
import { expectTold, search, toldIn } from './told.js';

const PATIENCE = { timeout: 60_000, interval: 100 };
const isLong = process.env['SLOTBRIDGE_FAULTS'] === 'all';
const BLOCKED_MS = 2000;
/** The gateway takes more than five seconds for a fault. */
const BLOCKED_LONG_MS = 6500;

/** From SIGUSR2 on nothing else runs in the thread of the gateway's loop: no timer, no socket. */
const blocking = (ms: number): string =>
  `data:text/javascript,${encodeURIComponent(`
    process.on('SIGUSR2', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms}));
  `)}`;
/** The time of the call is over before the block is, whether or not its answer waits on the socket by then. */
const ANSWERED_AFTER_MS = 1000;
function practices(yaml: string): string {
  const key = '      key: { env: SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_KEY }\n';
  expect(yaml).toContain(key);
  return `${yaml.replace(key, `${key}      timeouts: { bookMs: 1500 }\n`)}\nlimits: { bookingDeadline: 5s }\n`;
}

const killable = setUpKillableGateway();

it.each(isLong ? (['before', 'after'] as const) : (['before'] as const))(
  'a booking whose call waits %s its effect then is told as what it is, and stands once; others are served again',
  async (when) => {
    const { gateway, consumer } = await killable.start({ practices, imports: [blocking(BLOCKED_MS)] });
    const path = slotPath(dayFromNow(1), dayFromNow(8));
    const body = bookingBody((await exactSlots(consumer, path))(), await patientId(consumer));
    killable.practice.faults.script({
      match: BOOKING_CALL,
      fault: { kind: 'delay', ms: ANSWERED_AFTER_MS, when },
    });
    let answered = false;
    const booking = consumer.post('book', '/Appointment', body).finally(() => (answered = true));
    await until(() => killable.practice.requests.count(BOOKING_CALL) === 1);
    gateway.send('SIGUSR2');
    const reads = Array.from({ length: 100 }, () => search(consumer));
    await until(() => killable.standing() === 1);
    expect(answered).toBe(false);

    // On a slow machine there may be no time left for the proof: then nobody knows, and the same request is told later.
    const { status: told } = await booking;
    expect([201, 504]).toContain(told);
    expectTold(await toldIn(consumer, body, told));
    for (const status of await Promise.all(reads)) expect([200, 503, 504]).toContain(status);
    await expect.poll(() => search(consumer), PATIENCE).toBe(200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(killable.standing()).toBe(1);
    expect(killable.practice.requests.count(BOOKING_CALL)).toBe(1);

    await killable.expectNothingOpen(gateway);
  },
  120_000,
);

const title =
  '/livez fails for fifteen seconds after a block of more than five; without the long form not run, for its time';
it.runIf(isLong)(
  title,
  async () => {
    const { gateway } = await killable.start({ imports: [blocking(BLOCKED_LONG_MS)] });
    const alive = (): Promise<number> => fetch(`${gateway.url}/livez`).then(({ status }) => status);
    expect(await alive()).toBe(200);
    gateway.send('SIGUSR2');
    await expect.poll(alive, PATIENCE).toBe(503);
    await expect.poll(alive, PATIENCE).toBe(200);
    expect(await gateway.terminate()).toBe(0);
  },
  120_000,
);
