/** A person's word about an attempt: when it is asked for, what it is held against, and what it makes of the attempt. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectory, type PracticeEntry } from '../../src/core/directory.js';
import type { AnswerKind, TaskList } from '../../src/core/operator/answers.js';
import { holdsNhsNumber } from '../../src/core/operator/reason.js';
import { resolveAttempt, type OperatorAnswer } from '../../src/core/operator/resolve.js';
import { listTasks } from '../../src/core/operator/tasks.js';
import { GatewayError } from '../../src/domain/errors.js';
import type { PracticePatientRef } from '../../src/domain/identifiers.js';
import { DAY, MINUTE, SECOND } from '../../src/domain/time.js';
import { ATTEMPT_STATES, type Attempt, type AttemptState } from '../../src/ports/ledger.js';
import type { LookUp, PracticeAppointment, PracticeSystem } from '../../src/ports/practice-system.js';
import { claimNew, newAttempt, practiceRef } from '../records/samples.js';
import {
  changedRow,
  NOW,
  ONE,
  PAIR,
  scriptedSystem,
  SETTLE_MS,
  startBench,
  storedRow,
  TWO,
  type Bench,
} from './bench.js';

let bench: Bench;
/** Bookings as the practice shows them; `undefined` while it cannot be asked. */
let diary: PracticeAppointment[] | undefined;
let finds: LookUp;
let entry: PracticeEntry;

beforeEach(async () => {
  bench = await startBench();
  diary = [];
  finds = { found: 'nothing' };
  entry = practiceWith();
});
afterEach(() => bench.close());

function practiceWith(over: Partial<PracticeSystem> = {}): PracticeEntry {
  return bench.entry(
    scriptedSystem({
      readAppointment: (ref) =>
        diary
          ? Promise.resolve(diary.find((one) => one.ref === ref))
          : Promise.reject(new GatewayError('practice-timeout', 'away')),
      lookUpBooking: () =>
        diary ? Promise.resolve(finds) : Promise.reject(new GatewayError('practice-unavailable', 'away')),
      cancel: () => Promise.resolve({ class: 'refused', reason: 'not-allowed' }),
      ...over,
    }),
  );
}

async function attemptIn(state: AttemptState, more: object = {}, n = 1): Promise<Attempt> {
  const slots = PAIR.slice(0, 1).map(({ id, start, end }) => ({ id, start, end }));
  const given = n === 1 ? { receivedAt: NOW, slots, ...more } : { receivedAt: NOW };
  const claimed = await claimNew(bench.records.ledger, newAttempt(n, given));
  return changedRow(bench, claimed, state, { sentAt: NOW, settleAt: NOW + SETTLE_MS, ...more });
}

function resolve(
  attempt: Pick<Attempt, 'id'>,
  kind: AnswerKind,
  over: Partial<OperatorAnswer> = {},
  served: readonly PracticeEntry[] = [entry],
): Promise<Attempt> {
  const answer = { kind, references: [], by: 'Sam Field', reason: 'Rang the desk', isUnchecked: false, ...over };
  return resolveAttempt(bench.context, createDirectory(served, []), attempt.id, answer);
}

const refused = (code: string, message: RegExp): object => ({ code, message: expect.stringMatching(message) });
const tasks = async (served = [entry]): Promise<string[]> =>
  (await listTasks(bench.records.ledger, createDirectory(served, []), bench.runtime.clock.now())).map(
    ({ list, question, attempt }) => `${attempt.state} ${list} ${question ?? '-'}`,
  );

describe('who waits for a person', () => {
  it.each(ATTEMPT_STATES)('%s, at first and after an hour', async (state) => {
    await attemptIn(state);
    const open = [
      'RECEIVED',
      'RESERVING',
      'HELD',
      'CONFIRMING',
      'RESERVE_OPEN',
      'CONFIRM_OPEN',
      'UNDOING',
      'CANCELLING',
      'CANCEL_OPEN',
    ];
    const first = open.includes(state)
      ? [`${state} open -`]
      : state === 'NEEDS_HUMAN'
        ? [`${state} needs-human booking`]
        : [];
    expect(await tasks()).toEqual(first);
    await bench.runtime.advance(60 * MINUTE);
    const later =
      state.startsWith('CANCELLING') || state === 'CANCEL_OPEN' ? [`${state} needs-human cancellation`] : first;
    expect(await tasks()).toEqual(state === 'BOOKED' ? ['BOOKED unclaimed unclaimed'] : later);
    // Where the practice has left the file nobody looks, so that a person has to.
    if (state === 'CONFIRM_OPEN') expect(await tasks([])).toEqual(['CONFIRM_OPEN needs-human booking']);
  });

  it.each(ATTEMPT_STATES.filter((state) => state !== 'NEEDS_HUMAN'))('%s takes no word on a booking', async (state) => {
    const attempt = await attemptIn(state);
    for (const kind of ['not-booked', 'look-again'] as const) {
      await expect(resolve(attempt, kind)).rejects.toMatchObject(refused('version-conflict', /does not wait/));
    }
    expect(await storedRow(bench, attempt)).toEqual(attempt);
  });
});

describe('booked', () => {
  const references = [ONE.ref];

  it('takes the time and the booking from the practice', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    diary = [{ ...ONE, start: ONE.start + MINUTE, end: ONE.end + MINUTE }];
    expect(await resolve(attempt, 'booked', { references })).toMatchObject({
      state: 'BOOKED',
      practiceRefs: references,
      start: ONE.start + MINUTE,
      evidence: 'booked, as Sam Field has found',
      request: undefined,
    });
  });

  it.each<[string, () => PracticeAppointment[], RegExp]>([
    ['that does not exist', () => [], /knows no booking/],
    ['that is cancelled', () => [{ ...ONE, status: 'cancelled' }], /is cancelled/],
    ["of another patient's", () => [{ ...ONE, patientRef: 'somebody' as PracticePatientRef }], /another patient's/],
    ['on another day', () => [{ ...ONE, start: ONE.start + DAY, end: ONE.end + DAY }], /another day/],
  ])('with a booking %s is refused, even unchecked', async (_title, shown, message) => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    diary = shown();
    for (const isUnchecked of [false, true]) {
      await expect(resolve(attempt, 'booked', { references, isUnchecked })).rejects.toMatchObject(
        refused('version-conflict', message),
      );
    }
    expect(await storedRow(bench, attempt)).toEqual(attempt);
  });

  it("with another attempt's booking is refused", async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    await attemptIn('BOOKED', { practiceRefs: references }, 5);
    diary = [ONE];
    await expect(resolve(attempt, 'booked', { references })).rejects.toMatchObject(
      refused('version-conflict', /belongs to the attempt/),
    );
  });

  it('needs each of several bookings, and those that are known', async () => {
    const slots = PAIR.map(({ id, start, end }) => ({ id, start, end }));
    const attempt = await attemptIn('NEEDS_HUMAN', { slots, practiceRefs: [ONE.ref] });
    const { capabilities } = entry.system;
    entry = practiceWith({ capabilities: { ...capabilities, multiSlot: 'booking-per-slot' } });
    diary = [ONE, TWO];
    await expect(resolve(attempt, 'booked', { references })).rejects.toMatchObject(
      refused('invalid-parameter', /2 bookings/),
    );
    const wrong = [TWO.ref, practiceRef('x')];
    await expect(resolve(attempt, 'booked', { references: wrong })).rejects.toMatchObject(
      refused('version-conflict', /owns .* already/),
    );
    const both = await resolve(attempt, 'booked', { references: [TWO.ref, ONE.ref] });
    expect(both).toMatchObject({ state: 'BOOKED', start: PAIR[0].start, end: PAIR[1].end });
  });

  it('is believed unchecked while the practice is away, and only then', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    diary = undefined;
    await expect(resolve(attempt, 'booked', { references })).rejects.toMatchObject(
      refused('practice-unavailable', /unchecked/),
    );
    const booked = await resolve(attempt, 'booked', { references, isUnchecked: true });
    expect(booked).toMatchObject({
      state: 'BOOKED',
      practiceRefs: references,
      evidence: expect.stringContaining('unchecked'),
    });
  });
});

describe('not-booked', () => {
  it('gives the slots free, in one transaction with who said so and why', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    expect(await resolve(attempt, 'not-booked')).toMatchObject({ state: 'NOT_BOOKED', request: undefined });
    expect(await bench.records.ledger.heldSlots(attempt.practice, { start: 0, end: NOW * 2 })).toEqual([]);
    const rows = await bench.records.audit.rows(1, 100);
    expect(rows.at(-1)?.event).toMatchObject({
      kind: 'attempt-resolved',
      userName: 'Sam Field',
      reason: 'Rang the desk',
      state: 'NOT_BOOKED',
      resources: [`Appointment/${attempt.id}`],
    });
  });

  it.each<[string, LookUp]>([
    ['all of it', { found: 'booked', appointments: [ONE] }],
    ['a part of it', { found: 'part', appointments: [ONE] }],
  ])('is refused while %s is found, even unchecked', async (_title, found) => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    finds = found;
    await expect(resolve(attempt, 'not-booked', { isUnchecked: true })).rejects.toMatchObject(
      refused('version-conflict', /stands/),
    );
  });

  it('is refused while a part that could not be taken back stands, and taken when it is gone', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN', { practiceRefs: [ONE.ref] });
    diary = [ONE];
    await expect(resolve(attempt, 'not-booked')).rejects.toMatchObject(
      refused('version-conflict', /cancel it there first/),
    );
    diary = [{ ...ONE, status: 'cancelled' }];
    expect((await resolve(attempt, 'not-booked')).state).toBe('NOT_BOOKED');
  });

  it('without evidence needs to be said unchecked; where nothing can be looked up a person is all there is', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    finds = { found: 'no-evidence', reason: 'html' };
    await expect(resolve(attempt, 'not-booked')).rejects.toMatchObject(refused('practice-unavailable', /unchecked/));
    const blind = practiceWith();
    Reflect.deleteProperty(blind.system, 'lookUpBooking');
    expect((await resolve(attempt, 'not-booked', {}, [blind])).state).toBe('NOT_BOOKED');
  });

  it('of a practice that has left the file is believed unchecked', async () => {
    const attempt = await attemptIn('CONFIRM_OPEN');
    await bench.runtime.advance(60 * MINUTE);
    await expect(resolve(attempt, 'not-booked', {}, [])).rejects.toMatchObject({ code: 'practice-unavailable' });
    expect((await resolve(attempt, 'not-booked', { isUnchecked: true }, [])).state).toBe('NOT_BOOKED');
  });
});

describe('look-again', () => {
  it('hands the attempt back to the reconciler', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    finds = { found: 'booked', appointments: [ONE] };
    expect((await resolve(attempt, 'look-again')).state).toBe('CONFIRM_OPEN');
    await bench.runtime.advance(SECOND);
    expect((await storedRow(bench, attempt)).state).toBe('BOOKED');
  });

  it('comes back to a person when half an hour more has brought nothing', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    finds = { found: 'no-evidence', reason: 'html' };
    await resolve(attempt, 'look-again');
    await bench.runtime.advance(32 * MINUTE);
    expect(await tasks()).toEqual(['NEEDS_HUMAN needs-human booking']);
  });
});

describe('a cancellation of two bookings, of which one is gone and the other refused', () => {
  const HALF: PracticeAppointment[] = [{ ...ONE, status: 'cancelled' }, TWO];
  const practiceRefs = [ONE.ref, TWO.ref];

  it('is tried for ever, and put before a person after half an hour; nobody may call it one or the other', async () => {
    diary = HALF;
    const attempt = await attemptIn('CANCEL_OPEN', { practiceRefs });
    entry = practiceWith({
      cancel: (ref) =>
        Promise.resolve({ class: 'refused', reason: ref === ONE.ref ? 'already-cancelled' : 'not-allowed' }),
    });
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(29 * MINUTE);
    expect(bench.events).not.toContain('cancellation-needs-human');
    await bench.runtime.advance(10 * MINUTE);
    expect(bench.events.filter((event) => event === 'cancellation-needs-human')).toHaveLength(1);
    expect(await tasks()).toEqual(['CANCEL_OPEN needs-human cancellation']);
    await expect(resolve(attempt, 'cancelled')).rejects.toMatchObject(refused('version-conflict', /stands/));
    await expect(resolve(attempt, 'still-booked')).rejects.toMatchObject(
      refused('version-conflict', /no longer stands/),
    );
    expect((await storedRow(bench, attempt)).state).toBe('CANCEL_OPEN');
  });

  it.each<[AnswerKind, PracticeAppointment[], AttemptState]>([
    ['cancelled', [{ ...ONE, status: 'cancelled' }], 'CANCELLED'],
    ['still-booked', [ONE, TWO], 'BOOKED'],
  ])('%s is true once the desk has made it so', async (kind, now, state) => {
    diary = now;
    const attempt = await attemptIn('CANCEL_OPEN', { practiceRefs });
    await bench.runtime.advance(60 * MINUTE);
    expect(await resolve(attempt, kind)).toMatchObject({ state });
  });

  it('takes no answer before its time', async () => {
    diary = HALF;
    const attempt = await attemptIn('CANCEL_OPEN', { practiceRefs });
    await expect(resolve(attempt, 'still-booked')).rejects.toMatchObject(
      refused('version-conflict', /takes no answer/),
    );
  });
});

describe('another booking for the patient while the outcome of the first is open', () => {
  const SOON = { receivedAt: NOW + 9 * MINUTE };
  const listed = (lists?: readonly TaskList[]) =>
    listTasks(bench.records.ledger, createDirectory([entry], []), bench.runtime.clock.now(), lists && { lists });
  const second = async (state: AttemptState = 'BOOKED'): Promise<Attempt> => {
    const attempt = await changedRow(bench, await claimNew(bench.records.ledger, newAttempt(2, SOON)), state);
    await bench.records.ledger.markReplied(attempt.id, NOW);
    return attempt;
  };

  it('is on the list with the name of the first, and takes no answer itself', async () => {
    const first = await attemptIn('CONFIRM_OPEN');
    const later = await second();
    expect(await tasks()).toEqual(['CONFIRM_OPEN open -', 'BOOKED possible-duplicate -']);
    expect(await listed(['possible-duplicate'])).toMatchObject([
      { attempt: { id: later.id }, duplicateOf: [first.id], question: undefined },
    ]);
    await expect(resolve(later, 'told')).rejects.toMatchObject(refused('version-conflict', /takes no answer/));
  });

  it('is flagged on the list that it is on already', async () => {
    const first = await attemptIn('NEEDS_HUMAN');
    const later = await second('CONFIRM_OPEN');
    const found = { attempt: { id: later.id }, list: 'open', duplicateOf: [first.id] };
    expect(await listed(['open'])).toMatchObject([found]);
    expect(await listed(['possible-duplicate'])).toMatchObject([found]);
    expect(await listed(['needs-human'])).toMatchObject([{ attempt: { id: first.id }, duplicateOf: [] }]);
  });

  it('is flagged no more when an operator finds that the first was not booked', async () => {
    const first = await attemptIn('NEEDS_HUMAN');
    await second();
    await resolve(first, 'not-booked');
    expect(await tasks()).toEqual([]);
  });

  it('stays so when the first was booked, until its consumer has been told', async () => {
    const first = await attemptIn('NEEDS_HUMAN');
    await second();
    diary = [ONE];
    await resolve(first, 'booked', { references: [ONE.ref] });
    expect(await tasks()).toEqual(['BOOKED possible-duplicate -']);
    await bench.runtime.advance(10 * MINUTE);
    expect(await tasks()).toEqual(['BOOKED unclaimed unclaimed', 'BOOKED possible-duplicate -']);
    await resolve(first, 'told');
    expect(await tasks()).toEqual([]);
  });

  it('is flagged no more when it was cancelled', async () => {
    await attemptIn('CONFIRM_OPEN');
    await changedRow(bench, await second(), 'CANCELLED');
    expect(await tasks()).toEqual(['CONFIRM_OPEN open -']);
  });

  it('is none after ten minutes', async () => {
    await attemptIn('CONFIRM_OPEN');
    const late = newAttempt(2, { receivedAt: NOW + 10 * MINUTE + 1 });
    await changedRow(bench, await claimNew(bench.records.ledger, late), 'NEEDS_HUMAN');
    expect(await listed(['possible-duplicate'])).toEqual([]);
  });
});

describe('at the same time', () => {
  it('nothing is sent to the practice while a person is heard', async () => {
    const attempt = await attemptIn('CANCEL_OPEN', { practiceRefs: [ONE.ref] });
    await bench.runtime.advance(60 * MINUTE);
    diary = [ONE];
    let isHeard = false;
    let wasSent = 0;
    let hear = (): void => undefined;
    entry = practiceWith({
      readAppointment: async () => {
        if (!isHeard) return ONE;
        await new Promise<void>((resolved) => (hear = resolved));
        isHeard = false;
        return ONE;
      },
      cancel: () => {
        wasSent += 1;
        return Promise.resolve({ class: 'unknown', reason: 'timeout' });
      },
    });
    isHeard = true;
    const heard = resolve(attempt, 'still-booked');
    await bench.runtime.idle();
    bench.context.reconciler.watch(attempt, entry);
    await bench.runtime.advance(MINUTE);
    expect(wasSent).toBe(0);
    hear();
    expect((await heard).state).toBe('BOOKED');
    await bench.runtime.advance(MINUTE);
    expect(wasSent).toBe(0);
  });

  it('of two answers one counts', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    const both = await Promise.allSettled([resolve(attempt, 'not-booked'), resolve(attempt, 'not-booked')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('an attempt that changes under the answer keeps what it has become', async () => {
    const attempt = await attemptIn('NEEDS_HUMAN');
    diary = [ONE];
    entry = practiceWith({
      // The late answer comes while the person's is being checked.
      lookUpBooking: async () => {
        await changedRow(bench, attempt, 'BOOKED', { practiceRefs: [ONE.ref] });
        return { found: 'nothing' };
      },
    });
    await expect(resolve(attempt, 'not-booked')).rejects.toMatchObject(
      refused('version-conflict', /changed meanwhile/),
    );
    expect((await storedRow(bench, attempt)).state).toBe('BOOKED');
  });
});

describe('a reason', () => {
  it.each([
    ['9990000018', true],
    ['for 999 000 0018, rang', true],
    ['999-000-0018', true],
    ['x19990000018', true],
    ['9990000019', false],
    ['booking 4711 of 2026-05-18', false],
    ['01632 960999', false],
  ])('%s holds an NHS number: %s', (text, holds) => {
    expect(holdsNhsNumber(text)).toBe(holds);
  });
});
