/**
 * Plays the fault matrix over the HMIS simulator. `npm test` plays one of each kind that no other test speaks of; with
 * SLOTBRIDGE_FAULTS=all (`npm run test:faults`) it plays them all. Time in the gateway runs faster, so that each open
 * outcome is seen through to its end.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptState } from '../../../src/ports/ledger.js';
import { BOOKING_CALL, CANCEL_CALL, cancelled, put, sessionOf } from '../../support/appointments.js';
import type { TestAnswer } from '../../support/consumer.js';
import { booked, bookingBody, slotPath, type FoundSlot } from '../../support/flow.js';
import type { TestGateway } from '../../support/gateway.js';
import { BOOK_CELLS, CANCEL_CELLS, LOOK_UP_CELLS, READ_CELLS, type Cell, type Step } from './cells.js';
import { startMatrixWorld, type MatrixWorld } from './world.js';

/** Where redirects lead, and nobody may go. */
let decoyCalls = 0;
const decoy = createServer((_request, response) => {
  decoyCalls += 1;
  response.end('{}');
});
const decoyUrl = (): string => `http://127.0.0.1:${(decoy.address() as AddressInfo).port}/decoy`;
let world: MatrixWorld;
let gateway: TestGateway;
/** Attempts that were open when their consumer was answered. */
const seenThrough: { readonly cell: Cell; readonly id: string; readonly slot: FoundSlot; readonly before: number }[] =
  [];

beforeAll(async () => {
  await new Promise<void>((listening) => decoy.listen(0, '127.0.0.1', listening));
  world = await startMatrixWorld();
  ({ gateway } = world);
});
afterAll(async () => {
  await world.stop();
  decoy.close();
});
afterEach(() => gateway.riverside.faults.clear());

const MATCH: Readonly<Record<Step, { readonly method: string; readonly path: string }>> = {
  search: { method: 'GET', path: '/rh/api/channel/sessions' },
  place: { method: 'GET', path: '/rh/api/channel/sessions/*' },
  book: BOOKING_CALL,
  'look-up': { method: 'GET', path: '/rh/api/channel/bookings/*' },
  cancel: CANCEL_CALL,
};
const COUNTED = { book: BOOKING_CALL, cancel: { method: 'PUT' } } as const;
/** The call that the desk acts in the middle of, and that is sent once at most. */
const CALL: Readonly<Record<Step, keyof typeof COUNTED>> = {
  search: 'book',
  place: 'book',
  book: 'book',
  'look-up': 'book',
  cancel: 'cancel',
};

const led = (fault: Cell['fault']): Cell['fault'] => (fault.kind === 'redirect' ? { ...fault, to: decoyUrl() } : fault);

async function waitFor(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5_000 && !condition(); waited += 10) await new Promise((done) => setTimeout(done, 10));
}

async function play(cell: Cell): Promise<void> {
  const { riverside } = gateway;
  const { patient, standsAt } = world;
  const consumer = gateway.consumer();
  const slot = world.nextSlot();
  const body = cell.step === 'cancel' ? cancelled((await booked(consumer, slot, patient)).body) : undefined;
  const before = standsAt(slot) - (body ? 1 : 0);
  const seq = await world.nextSeq();
  const call = COUNTED[CALL[cell.step]];
  const calls = riverside.requests.count(call);
  if (cell.step === 'look-up') riverside.faults.script({ match: BOOKING_CALL, fault: { kind: 'drop', when: 'after' } });
  riverside.faults.script({ match: MATCH[cell.step], times: cell.times ?? 1, fault: led(cell.fault) });

  const send = (): Promise<TestAnswer> => {
    if (body) return put(consumer, 'cancel', body);
    if (cell.step === 'search') return consumer.get('searchSlots', slotPath());
    return consumer.post('book', '/Appointment', bookingBody(slot, patient));
  };
  const sent = send();
  if (cell.desk) {
    await waitFor(() => riverside.requests.count(call) > calls);
    cell.desk(riverside, sessionOf(slot));
  }
  const answer = await sent;
  const { id, states, requests } = await world.auditedSince(seq);
  const effects = standsAt(slot) - before;
  riverside.faults.clear();
  const { ledger } = gateway.gateway.records;
  const attempt = id === undefined ? undefined : await ledger.findAttempt(id as never);
  // Watchers of earlier cancellations send theirs again in the meantime: its own are those that count.
  const own = { method: 'PUT', path: `${BOOKING_CALL.path}/${attempt?.practiceRefs[0] ?? ''}/cancel` };
  const sentCalls = body ? riverside.requests.count(own) : riverside.requests.count(call) - calls;
  const [status, code] = typeof cell.answer === 'number' ? [cell.answer, undefined] : cell.answer;
  expect({
    status: answer.status,
    code: answer.status < 300 ? undefined : answer.body.issue[0].code,
    trail: states,
    effects,
    requests,
    calls: sentCalls,
    decoyCalls,
  }).toEqual({
    status,
    code,
    trail: cell.trail,
    effects: cell.effects,
    // One event for the request, beside those of the attempt's states.
    requests: 1,
    calls: cell.step === 'search' || cell.step === 'place' ? 0 : 1,
    decoyCalls: 0,
  });
  if (id === undefined) return;
  seenThrough.push({ cell, id, slot, before });
  // The next cell's lie about what stands would be told to this one's watcher too, after its settle time.
  for (let waited = 0; cell.step === 'look-up' && waited < 10_000 && (await world.isOpen(id)); waited += 50) {
    await new Promise((done) => setTimeout(done, 50));
  }
}

const isLong = process.env['SLOTBRIDGE_FAULTS'] === 'all';
/** A wait until the deadline in each of them is more than the short form has time for. */
const LONG_ONLY: Partial<Record<Step, readonly string[]>> = {
  'look-up': ['F03', 'F06', 'F07', 'F09', 'F11', 'F12'],
  cancel: ['F09', 'F11'],
  book: ['F11'],
};

/** One of each fault at each step, by what it has done there, that no other file speaks of. */
function shortOf(cells: readonly Cell[]): readonly Cell[] {
  const kinds = new Set<string>();
  return cells.filter(({ id, step, effects, saidIn }) => {
    const kind = `${id} ${step} ${effects}`;
    if (saidIn !== undefined || LONG_ONLY[step]?.includes(id) || kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
}

const titleOf = ({ id, step, title }: Cell): string => `${id} ${step}: ${title}`;

describe.each([
  ['reads', READ_CELLS],
  ['booking', BOOK_CELLS],
  ['looking up', LOOK_UP_CELLS],
  ['cancelling', CANCEL_CELLS],
])('fault matrix: %s', (_step, cells) => {
  it.each((isLong ? cells : shortOf(cells)).map((cell) => [titleOf(cell), cell] as const))('%s', (_title, cell) =>
    play(cell),
  );
});

describe('fault matrix: after the settle time', () => {
  it('every attempt has come to the end that its cell names, and so has the practice', async () => {
    expect(seenThrough.length).toBeGreaterThan(0);
    const { ledger } = gateway.gateway.records;
    // What does not end is reported below by its name.
    await world.settled();
    const ends = await Promise.all(
      seenThrough.map(async ({ cell, id, slot, before }) => {
        const attempt = await ledger.findAttempt(id as never);
        return [titleOf(cell), attempt?.state, world.standsAt(slot) - before];
      }),
    );
    const named = seenThrough.map(({ cell }): [string, AttemptState | undefined, number] => {
      const [state, effects] = cell.later ?? [cell.trail.at(-1), cell.effects];
      return [titleOf(cell), state, effects];
    });
    expect(ends).toEqual(named);
    expect(await gateway.gateway.records.audit.verify()).toBeUndefined();
  }, 60_000);
});
