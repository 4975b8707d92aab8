/**
 * A disk that takes 200 ms for each sync: new bookings are shed as soon as that shows, whatever else is answered is true,
 * reads go on; when the disk is quick again, so are bookings. Every booking that was asked for stands once in the end.
 */
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AppointmentId } from '../../../../src/domain/identifiers.js';
import { BOOKING_CALL, exactSlots } from '../../../support/appointments.js';
import type { TestConsumer } from '../../../support/consumer.js';
import { bookingBody, freeSlots, patientId, RIVERSIDE_PATIENTS, slotPath } from '../../../support/flow.js';
import { posting, soon, type Send } from '../scenarios.js';
import { trying, withinTime } from '../sweep.js';
import { createWorld, type Setting, type World } from '../world.js';
import { attachTo, SYNCS } from './strace.js';

export interface SlowVerdict {
  /** Syncs that were made to wait. */
  readonly delayed: number;
  /** Bookings that were made while they were. */
  readonly booked: number;
  readonly violations: readonly string[];
}

const SYNC_TAKES_MS = 200;
/** Nobody has that many slots; the case ends long before, or never. */
const MOST_BOOKINGS = 60;
const PERIOD_MS = 100;

interface Asked {
  readonly send: Send;
  status: number | undefined;
  id: AppointmentId | undefined;
}

async function ask(asked: Asked, consumer: TestConsumer, violations: string[]): Promise<void> {
  const answer = await trying(asked.send, consumer);
  asked.status = answer?.status;
  if (answer?.status === 201) asked.id = answer.body.id;
  const issue: unknown = answer?.body?.issue?.[0]?.code;
  const isTrue = answer?.status === 201 || answer?.status === 504 || (answer?.status === 503 && issue === 'no-store');
  if (!isTrue) violations.push(`answered ${String(answer?.status)} ${String(issue)}`);
}

async function standsAsTold(world: World, asked: readonly Asked[]): Promise<readonly string[]> {
  const found: string[] = [];
  const records = await world.records();
  try {
    const ids = asked.flatMap(({ id }) => (id === undefined ? [] : [id]));
    const attempts = await Promise.all(ids.map((id) => records.ledger.findAttempt(id)));
    const told = attempts.flatMap((attempt) => (attempt?.state === 'BOOKED' ? attempt.practiceRefs : []));
    const standing = world.standing();
    if ([...told].sort().join() !== [...standing].sort().join() || told.length !== asked.length) {
      found.push(`${asked.length} bookings told; the ledger says ${told.join()}, the practice ${standing.join()}`);
    }
    const open = await records.ledger.openAttempts();
    if (open.length > 0) found.push(`${open.length} left open`);
    if ((await records.audit.verify()) !== undefined) found.push('the audit chain is broken');
  } finally {
    await records.close();
  }
  return found;
}

async function runOnce(setting: Setting): Promise<SlowVerdict> {
  const world = await createWorld(setting);
  const violations: string[] = [];
  try {
    const { gateway, consumer } = await world.start();
    const path = slotPath(soon(1), soon(6));
    const nextSlot = await exactSlots(consumer, path);
    const patients = await Promise.all(RIVERSIDE_PATIENTS.map((number) => patientId(consumer, number)));
    const asked: Asked[] = [];
    const askForNext = async (): Promise<Asked> => {
      const patient = patients[asked.length % patients.length] ?? '';
      const one: Asked = { send: posting(bookingBody(nextSlot(), patient)), status: undefined, id: undefined };
      asked.push(one);
      await ask(one, consumer, violations);
      return one;
    };
    const log = join(dirname(world.ledgerFile()), 'strace');
    const how = `delay_enter=${SYNC_TAKES_MS * 1000}`;
    const tracer = await attachTo(gateway.pid, world.ledgerFile(), log, { calls: SYNCS, how });

    let calls: number;
    let last: Asked;
    do {
      calls = world.practice.requests.count(BOOKING_CALL);
      last = await askForNext();
      await freeSlots(consumer, path);
    } while (last.status !== 503 && asked.length < MOST_BOOKINGS);
    if (last.status !== 503) violations.push('bookings are never shed');
    else if (world.practice.requests.count(BOOKING_CALL) > calls) violations.push('shed, and sent to the practice');
    const booked = asked.filter(({ status }) => status === 201).length;
    await tracer.detach();
    const delayed = tracer.seen().injected;

    for (const one of asked) {
      for (; one.status !== 201 && violations.length === 0; await pause(PERIOD_MS))
        await ask(one, consumer, violations);
    }
    const code = await gateway.terminate();
    if (code !== 0) violations.push(`the gateway ended with ${String(code)}`);
    violations.push(...(await standsAsTold(world, asked)));
    return { delayed, booked, violations };
  } finally {
    await world.close();
  }
}

export function runSlowDisk(setting: Setting): Promise<SlowVerdict> {
  return withinTime(
    () => runOnce(setting),
    (violation) => ({ delayed: 0, booked: 0, violations: [violation] }),
  );
}
