/** What every ledger promises (`src/ports/ledger.ts`). Call it with a factory. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PatientId } from '../../src/domain/identifiers.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.js';
import type { AuditEvent, AuditTrail } from '../../src/ports/audit.js';
import {
  ATTEMPT_STATES,
  LIVE_STATES,
  OPEN_STATES,
  REFUSAL_REPEAT_MS,
  REPEATABLE_STATES,
  TRANSPORT_REPEAT_MS,
  type Ledger,
} from '../../src/ports/ledger.js';
import {
  auditEvent,
  claim,
  claimNew,
  CONTENT_WINDOW,
  id,
  linkEvent,
  move,
  newAttempt,
  NHS_NUMBER,
  NOW,
  OTHER_PRACTICE,
  patientLink,
  PRACTICE,
  practiceRef,
  slotId,
  toSummary,
} from '../records/samples.js';

export interface RecordsUnderTest {
  readonly ledger: Ledger;
  readonly audit: AuditTrail;
  readonly dispose: () => Promise<void>;
}

export interface DurableRecordsUnderTest extends RecordsUnderTest {
  /** Closes, and opens what was stored again. */
  readonly reopen: () => Promise<DurableRecordsUnderTest>;
}

const unavailable = { name: 'GatewayError', code: 'ledger-unavailable' };
/** An event that cannot be written, so that the transaction it belongs to fails. */
const unwritable = { ...auditEvent(), status: 1n } as unknown as AuditEvent;

export function ledgerContract(name: string, open: () => Promise<RecordsUnderTest>): void {
  describe(`ledger contract: ${name}`, () => {
    let records: RecordsUnderTest;
    let ledger: Ledger;
    let audit: AuditTrail;
    beforeEach(async () => {
      records = await open();
      ({ ledger, audit } = records);
    });
    afterEach(() => records.dispose());
    const auditedStates = async () => (await audit.rows(1, 10_000)).map((row) => row.event.state);

    describe('claim', () => {
      it('inserts a new attempt in RECEIVED with its audit row', async () => {
        const asked = newAttempt(1);
        const attempt = await claimNew(ledger, asked);
        expect(attempt).toMatchObject({
          id: asked.id,
          state: 'RECEIVED',
          version: 1,
          slots: asked.slots,
          start: asked.slots[0]?.start,
          end: asked.slots[0]?.end,
          request: asked.request,
          createdAt: NOW,
          updatedAt: NOW,
        });
        expect(attempt.details).toEqual(asked.details);
        expect(attempt).not.toHaveProperty('key');
        expect(await ledger.readAttempt(PRACTICE, asked.id)).toEqual(attempt);
        expect(await auditedStates()).toEqual(['RECEIVED']);
      });

      it('answers the attempt with the same key, whatever the content, and adds nothing', async () => {
        const first = await claimNew(ledger, newAttempt(1));
        const repeat = newAttempt(2, { key: newAttempt(1).key });
        expect(await claim(ledger, repeat)).toEqual({ kind: 'existing', attempt: first });
        expect(await ledger.readAttempt(PRACTICE, repeat.id)).toBeUndefined();
        expect(await auditedStates()).toEqual(['RECEIVED']);
      });

      it('keeps keys of different principals, practices and sources apart', async () => {
        const { key } = newAttempt(1);
        await claimNew(ledger, newAttempt(1));
        await claimNew(ledger, newAttempt(2, { key, principal: 'another/A99904' }));
        await claimNew(ledger, newAttempt(3, { key, practice: OTHER_PRACTICE }));
        await claimNew(ledger, newAttempt(4, { key: { ...key, source: 'identifier' } }));
      });

      it.each([
        ['NOT_BOOKED', 0],
        ['REJECTED', REFUSAL_REPEAT_MS],
      ] as const)('frees the key of an attempt in %s after %i ms', async (state, after) => {
        const { key, fingerprint } = newAttempt(1);
        const first = await claimNew(ledger, newAttempt(1));
        await move(ledger, first, state);
        const second = await claimNew(ledger, newAttempt(2, { key, fingerprint, receivedAt: NOW + after }));
        expect(await claim(ledger, newAttempt(3, { key }))).toEqual({ kind: 'existing', attempt: second });
        expect((await ledger.readAttempt(PRACTICE, first.id))?.state).toBe(state);
      });

      it('answers the attempt that the practice refused for a minute after the refusal, to its own keys only', async () => {
        const at = NOW + MINUTE / 2;
        const first = await claimNew(ledger, newAttempt(1));
        const { fingerprint } = first;
        await claim(ledger, newAttempt(2, { fingerprint }));
        const refused = await move(ledger, first, 'REJECTED', { at });
        const again = (n: number, receivedAt: number) =>
          newAttempt(9, { key: newAttempt(n).key, fingerprint, receivedAt });
        const within = at + REFUSAL_REPEAT_MS - 1;
        for (const n of [1, 2]) {
          expect(await claim(ledger, again(n, within))).toEqual({ kind: 'existing', attempt: refused });
          expect(await ledger.findRepeat(again(n, within), CONTENT_WINDOW)).toEqual({ attempt: refused, by: 'key' });
          expect(await ledger.bindRepeat(again(n, within), CONTENT_WINDOW)).toEqual(refused);
        }
        expect(await ledger.findRepeat(again(3, at), CONTENT_WINDOW)).toBeUndefined();
        expect(await ledger.findRepeat(again(1, at + REFUSAL_REPEAT_MS), CONTENT_WINDOW)).toBeUndefined();
        // A clock that was put back by an hour does not make it an hour.
        expect(await ledger.findRepeat(again(1, at - HOUR), CONTENT_WINDOW)).toBeUndefined();
        await claimNew(ledger, again(2, at + REFUSAL_REPEAT_MS));
      });

      it('answers an open attempt with the same content within the window only', async () => {
        const first = await claimNew(ledger, newAttempt(1));
        const same = { fingerprint: first.fingerprint, slots: first.slots };
        const inTime = newAttempt(2, { ...same, receivedAt: NOW + CONTENT_WINDOW });
        expect(await claim(ledger, inTime)).toEqual({ kind: 'existing', attempt: first });
        const late = newAttempt(3, { ...same, receivedAt: NOW + CONTENT_WINDOW + 1 });
        expect((await claim(ledger, late)).kind).toBe('slot-held');
        const foreign = newAttempt(4, { ...same, principal: 'another/A99904' });
        expect((await claim(ledger, foreign)).kind).toBe('slot-held');
      });

      it.each(ATTEMPT_STATES)('in %s: the same content is the same booking, or another one', async (state) => {
        const first = await move(ledger, await claimNew(ledger, newAttempt(1)), state);
        await ledger.markReplied(first.id, NOW);
        const claimed = await claim(ledger, newAttempt(2, { fingerprint: first.fingerprint }));
        expect([claimed.kind, claimed.attempt.id]).toEqual(
          REPEATABLE_STATES.has(state) ? ['existing', first.id] : ['new', 'appointment-2'],
        );
      });

      it('makes the key of a repeat that its content shows another key of the attempt, for good', async () => {
        const first = await move(ledger, await claimNew(ledger, newAttempt(1)), 'BOOKED');
        const { key } = newAttempt(2);
        await claim(ledger, newAttempt(2, { fingerprint: first.fingerprint }));
        const later = NOW + CONTENT_WINDOW + 1;
        const again = newAttempt(3, { key, fingerprint: first.fingerprint, receivedAt: later });
        expect(await claim(ledger, again)).toMatchObject({ kind: 'existing', attempt: { id: first.id } });
        expect(await claim(ledger, newAttempt(4, { key }))).toMatchObject({ attempt: { id: first.id } });
        await claimNew(ledger, newAttempt(5, { key, principal: 'another/A99904' }));
        await move(ledger, first, 'CANCELLED');
        expect(await claim(ledger, again)).toMatchObject({ kind: 'existing', attempt: { state: 'CANCELLED' } });
        expect(await auditedStates()).toEqual(['RECEIVED', 'BOOKED', 'RECEIVED', 'CANCELLED']);
      });

      it('frees every key of an attempt that ended without a booking', async () => {
        const first = await claimNew(ledger, newAttempt(1));
        const { fingerprint } = first;
        const second = newAttempt(2, { fingerprint });
        expect((await claim(ledger, second)).kind).toBe('existing');
        await move(ledger, first, 'NOT_BOOKED');
        const anew = await claimNew(ledger, second);
        expect(await claim(ledger, newAttempt(3, { key: second.key }))).toEqual({ kind: 'existing', attempt: anew });
        expect(await claim(ledger, newAttempt(1, { id: id('again') }))).toEqual({ kind: 'existing', attempt: anew });
        expect(await claim(ledger, newAttempt(4, { key: newAttempt(1).key }))).toMatchObject({
          attempt: { id: anew.id },
        });
      });

      it.each(['NOT_BOOKED', 'REJECTED'] as const)(
        'does not give the key of an attempt in %s to others',
        async (state) => {
          const first = await move(ledger, await claimNew(ledger, newAttempt(1)), state);
          const { key } = newAttempt(1);
          expect(await claim(ledger, newAttempt(2, { key }))).toEqual({ kind: 'existing', attempt: first });
        },
      );

      it('knows a request by its transport for a day, and by a key that the consumer gave for longer', async () => {
        const transport = { source: 'transport', key: 'trace' } as const;
        const first = await move(ledger, await claimNew(ledger, newAttempt(1, { key: transport })), 'CANCELLED');
        const { fingerprint } = first;
        const named = await move(ledger, await claimNew(ledger, newAttempt(2)), 'CANCELLED');
        const again = (n: number, receivedAt: number) => newAttempt(n, { key: transport, fingerprint, receivedAt });
        expect(await claim(ledger, again(3, NOW + TRANSPORT_REPEAT_MS))).toEqual({ kind: 'existing', attempt: first });
        const late = NOW + TRANSPORT_REPEAT_MS + 1;
        await claimNew(ledger, again(4, late));
        expect((await claim(ledger, again(5, late))).attempt.id).toBe('appointment-4');
        const kept = newAttempt(6, {
          key: newAttempt(2).key,
          fingerprint: named.fingerprint,
          receivedAt: NOW + 7 * DAY,
        });
        expect(await claim(ledger, kept)).toEqual({ kind: 'existing', attempt: named });
      });

      it('answers who holds a slot, also when only one of several is held', async () => {
        const holder = await claimNew(ledger, newAttempt(1));
        const [held] = holder.slots;
        const [free] = newAttempt(2).slots;
        if (!held || !free) throw new Error('no slots');
        const wide = newAttempt(2, { slots: [free, held] });
        expect(await claim(ledger, wide)).toEqual({ kind: 'slot-held', attempt: holder });
        expect(await ledger.heldSlots(PRACTICE, { start: 0, end: Number.MAX_SAFE_INTEGER })).toHaveLength(1);
        await claimNew(ledger, newAttempt(3, { slots: [held], practice: OTHER_PRACTICE }));
      });

      it('gives one of 200 parallel claims the slot', async () => {
        const { slots } = newAttempt(0);
        const claims = await Promise.all(
          Array.from({ length: 200 }, (_, n) => claim(ledger, newAttempt(n, { slots }))),
        );
        const kinds = claims.map((each) => each.kind);
        expect(kinds.filter((kind) => kind === 'new')).toHaveLength(1);
        expect(kinds.filter((kind) => kind === 'slot-held')).toHaveLength(199);
        expect(new Set(claims.map((each) => each.attempt.id)).size).toBe(1);
        expect(await auditedStates()).toEqual(['RECEIVED']);
      });

      it('fails alone when its neighbours in the same commit are sound', async () => {
        const clash = { clientReference: 'the same' };
        const claims = await Promise.allSettled([
          claim(ledger, newAttempt(1)),
          claim(ledger, newAttempt(2, clash)),
          claim(ledger, newAttempt(3, clash)),
          claim(ledger, newAttempt(4)),
        ]);
        expect(claims.map((each) => each.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
        expect(claims[2]).toMatchObject({ reason: { ...unavailable, retryAfterSeconds: 5 } });
        expect(await audit.verify()).toBeUndefined();
        expect((await audit.rows(1, 10)).map((row) => row.event.resources[0])).toEqual([
          'Appointment/appointment-1',
          'Appointment/appointment-2',
          'Appointment/appointment-4',
        ]);
      });
    });

    describe('findRepeat', () => {
      const find = (n: number, over: Parameters<typeof newAttempt>[1] = {}, window = CONTENT_WINDOW) =>
        ledger.findRepeat(newAttempt(n, over), window);

      it('finds what claim would answer', async () => {
        const first = await claimNew(ledger, newAttempt(1));
        expect(await find(1)).toEqual({ attempt: first, by: 'key' });
        expect(await find(2, { key: newAttempt(1).key })).toEqual({ attempt: first, by: 'key' });
        expect(await find(2, { fingerprint: first.fingerprint })).toEqual({ attempt: first, by: 'content' });
        expect(await find(2, { fingerprint: first.fingerprint, receivedAt: NOW + 1 }, 0)).toBeUndefined();
        expect(await find(2)).toBeUndefined();
        expect(await find(1, { principal: 'another/A99904' })).toBeUndefined();
      });

      it('no longer finds what ended without a booking, unless another content comes with its key', async () => {
        const ended = await move(ledger, await claimNew(ledger, newAttempt(1)), 'NOT_BOOKED');
        expect(await find(1)).toBeUndefined();
        expect(await find(1, { fingerprint: 'another' })).toEqual({ attempt: ended, by: 'key' });
      });
    });

    describe('bindRepeat', () => {
      it('answers what findRepeat finds, and from then on the key alone finds it', async () => {
        const booked = await move(ledger, await claimNew(ledger, newAttempt(1)), 'BOOKED');
        const asked = newAttempt(2, { fingerprint: booked.fingerprint });
        const late = { ...asked, receivedAt: NOW + CONTENT_WINDOW + 1 };
        expect(await ledger.bindRepeat(late, CONTENT_WINDOW)).toBeUndefined();
        expect(await ledger.findRepeat(late, CONTENT_WINDOW)).toBeUndefined();
        expect(await ledger.bindRepeat(asked, CONTENT_WINDOW)).toEqual(booked);
        expect(await ledger.bindRepeat(asked, CONTENT_WINDOW)).toEqual(booked);
        expect(await ledger.findRepeat(late, CONTENT_WINDOW)).toEqual({ attempt: booked, by: 'key' });
        const other = { ...late, fingerprint: 'another' };
        expect(await ledger.findRepeat(other, CONTENT_WINDOW)).toEqual({ attempt: booked, by: 'key' });
        expect(await ledger.findRepeat({ ...late, principal: 'another/A99904' }, CONTENT_WINDOW)).toBeUndefined();
        expect(await ledger.findRepeat({ ...late, practice: OTHER_PRACTICE }, CONTENT_WINDOW)).toBeUndefined();
      });

      it('binds a key once, however many repeats come with it at the same moment', async () => {
        const first = await claimNew(ledger, newAttempt(1));
        const asked = newAttempt(2, { fingerprint: first.fingerprint });
        const all = Array.from({ length: 50 }, () => ledger.bindRepeat(asked, CONTENT_WINDOW));
        for (const one of await Promise.all(all)) expect(one).toEqual(first);
      });
    });

    describe('change', () => {
      it('swaps state and version together and keeps what is not given', async () => {
        const received = await claimNew(ledger, newAttempt(1));
        const sent = await ledger.change(
          received.id,
          1,
          { state: 'CONFIRMING', sentAt: NOW + 1, settleAt: NOW + 2, at: NOW + 1 },
          auditEvent({ state: 'CONFIRMING' }),
        );
        expect(sent).toEqual({
          ...received,
          state: 'CONFIRMING',
          version: 2,
          sentAt: NOW + 1,
          settleAt: NOW + 2,
          updatedAt: NOW + 1,
        });
        const booked = await ledger.change(
          received.id,
          2,
          {
            state: 'BOOKED',
            practiceRefs: [practiceRef('their-1')],
            start: NOW + MINUTE,
            end: NOW + 2 * MINUTE,
            evidence: 'confirmed',
            details: { ...received.details, comment: 'changed' },
            at: NOW + 3,
          },
          auditEvent({ state: 'BOOKED' }),
        );
        expect(booked).toMatchObject({
          state: 'BOOKED',
          version: 3,
          practiceRefs: ['their-1'],
          start: NOW + MINUTE,
          end: NOW + 2 * MINUTE,
          evidence: 'confirmed',
          sentAt: NOW + 1,
          details: { comment: 'changed', description: received.details.description },
        });
        expect(await ledger.readAttempt(PRACTICE, received.id)).toEqual(booked);
        expect(await auditedStates()).toEqual(['RECEIVED', 'CONFIRMING', 'BOOKED']);
      });

      it('lets one of 100 parallel changes win and audits that one', async () => {
        const { id: attempt } = await claimNew(ledger, newAttempt(1));
        const changes = await Promise.all(
          Array.from({ length: 100 }, (_, n) =>
            ledger.change(attempt, 1, { state: 'CONFIRMING', evidence: `by ${n}`, at: NOW }, auditEvent()),
          ),
        );
        const won = changes.filter((each) => each !== undefined);
        expect(won).toHaveLength(1);
        expect(await ledger.readAttempt(PRACTICE, attempt)).toEqual(won[0]);
        expect(await audit.rows(1, 1000)).toHaveLength(2);
      });

      it('does not happen without its audit row', async () => {
        const received = await claimNew(ledger, newAttempt(1));
        const change = { state: 'CONFIRMING', at: NOW } as const;
        await expect(ledger.change(received.id, 1, change, unwritable)).rejects.toMatchObject(unavailable);
        expect(await ledger.readAttempt(PRACTICE, received.id)).toEqual(received);
        await expect(ledger.claim(newAttempt(2), CONTENT_WINDOW, unwritable)).rejects.toMatchObject(unavailable);
        expect(await ledger.readAttempt(PRACTICE, id('appointment-2'))).toBeUndefined();
        await expect(ledger.savePatientLink(patientLink(), unwritable)).rejects.toMatchObject(unavailable);
        expect(await ledger.findPatientLink(PRACTICE, NHS_NUMBER)).toBeUndefined();
      });

      it('answers undefined for an attempt that does not exist', async () => {
        expect(await ledger.change(id('none'), 1, { state: 'BOOKED', at: NOW }, auditEvent())).toBeUndefined();
        expect(await audit.rows(1, 10)).toEqual([]);
      });

      it.each(ATTEMPT_STATES)('in %s: slots, request and openness follow the state', async (state) => {
        const attempt = await move(ledger, await claimNew(ledger, newAttempt(1)), state);
        const held = await ledger.heldSlots(PRACTICE, { start: NOW, end: NOW + 60 * MINUTE });
        expect(held).toEqual(LIVE_STATES.has(state) ? [{ slot: 'slot-1', attempt: attempt.id, state }] : []);
        expect(await ledger.openAttempts()).toEqual(OPEN_STATES.has(state) ? [toSummary(attempt)] : []);
        const finished = !OPEN_STATES.has(state) && state !== 'NEEDS_HUMAN';
        expect(attempt.request).toEqual(finished ? undefined : newAttempt(1).request);
        expect((await claim(ledger, newAttempt(2, { slots: attempt.slots }))).kind).toBe(
          LIVE_STATES.has(state) ? 'slot-held' : 'new',
        );
      });

      it('records a booking found later although its slot was sold again', async () => {
        const first = await move(ledger, await claimNew(ledger, newAttempt(1)), 'NOT_BOOKED');
        const second = await claimNew(ledger, newAttempt(2, { slots: first.slots }));
        expect((await move(ledger, first, 'BOOKED')).state).toBe('BOOKED');
        const held = await ledger.heldSlots(PRACTICE, { start: NOW, end: NOW + 60 * MINUTE });
        expect(held).toEqual([{ slot: 'slot-1', attempt: second.id, state: 'RECEIVED' }]);
      });

      it('never gives one booking of the practice to two attempts', async () => {
        const [first, second] = [await claimNew(ledger, newAttempt(1)), await claimNew(ledger, newAttempt(2))];
        await move(ledger, first, 'BOOKED', { practiceRefs: [practiceRef('777')] });
        const again = move(ledger, second, 'BOOKED', { practiceRefs: [practiceRef('777')] });
        await expect(again).rejects.toMatchObject({ code: 'ledger-unavailable' });
        expect((await ledger.readAttempt(PRACTICE, second.id))?.state).toBe('RECEIVED');
      });
    });

    describe('reads', () => {
      it('never cross practices', async () => {
        const attempt = await claimNew(ledger, newAttempt(1));
        await move(ledger, attempt, 'BOOKED', { practiceRefs: [practiceRef('their-1')] });
        await ledger.savePatientLink(patientLink(), linkEvent);
        expect(await ledger.readAttempt(OTHER_PRACTICE, attempt.id)).toBeUndefined();
        expect(await ledger.heldSlots(OTHER_PRACTICE, { start: 0, end: Number.MAX_SAFE_INTEGER })).toEqual([]);
        expect(await ledger.knownPracticeRefs(OTHER_PRACTICE)).toEqual(new Set());
        expect(await ledger.knownPracticeRefs(PRACTICE)).toEqual(new Set(['their-1']));
        expect(await ledger.findPatientLink(OTHER_PRACTICE, NHS_NUMBER)).toBeUndefined();
        expect(await ledger.readPatientLink(OTHER_PRACTICE, patientLink().id)).toBeUndefined();
      });

      it("give the slots of a patient's open attempts, and of nobody else's", async () => {
        const mine = 'patient-a' as PatientId;
        const theirs = 'patient-b' as PatientId;
        const open = await claimNew(ledger, newAttempt(1, { patientId: mine }));
        await move(ledger, await claimNew(ledger, newAttempt(2, { patientId: mine })), 'BOOKED');
        await claimNew(ledger, newAttempt(3, { patientId: theirs }));
        const held = { slot: 'slot-1', attempt: open.id, state: 'RECEIVED' };
        expect(await ledger.openSlotsOf(PRACTICE, mine)).toEqual([held]);
        expect(await ledger.openSlotsOf(OTHER_PRACTICE, mine)).toEqual([]);
        await move(ledger, open, 'NOT_BOOKED');
        expect(await ledger.openSlotsOf(PRACTICE, mine)).toEqual([]);
      });

      it.each(ATTEMPT_STATES)('in %s: count the open outcomes of a principal and of a patient', async (state) => {
        const [mine, theirs] = ['patient-a' as PatientId, 'patient-b' as PatientId];
        const { principal } = newAttempt(0);
        const other = 'another/A99904';
        const made = [
          newAttempt(1, { patientId: mine }),
          newAttempt(2, { patientId: mine, principal: other }),
          newAttempt(3, { patientId: theirs }),
          newAttempt(4, { patientId: theirs, principal: other }),
          newAttempt(5, { patientId: mine, practice: OTHER_PRACTICE }),
        ];
        for (const one of made) await move(ledger, await claimNew(ledger, one), state);
        const count = state === 'RESERVE_OPEN' || state === 'CONFIRM_OPEN' ? 2 : 0;
        expect(await ledger.openOutcomes(PRACTICE, principal, mine)).toEqual({ ofPrincipal: count, ofPatient: count });
      });

      it('give open attempts oldest first', async () => {
        await claimNew(ledger, newAttempt(1, { receivedAt: NOW + 2 }));
        await claimNew(ledger, newAttempt(2, { receivedAt: NOW + 1 }));
        await claimNew(ledger, newAttempt(3, { receivedAt: NOW + 3 }));
        expect((await ledger.openAttempts()).map((each) => each.id)).toEqual([2, 1, 3].map((n) => `appointment-${n}`));
      });

      it('give what operators look after: open, for a person, and booked without anybody told, oldest first', async () => {
        const made = new Map(
          await Promise.all(
            ATTEMPT_STATES.map(async (state, n) => {
              const attempt = await claimNew(ledger, newAttempt(n, { receivedAt: NOW - n * MINUTE }));
              const moved = state === 'RECEIVED' ? attempt : await move(ledger, attempt, state, { evidence: state });
              return [moved.id, moved] as const;
            }),
          ),
        );
        const told = await claimNew(ledger, newAttempt(99));
        await move(ledger, told, 'BOOKED');
        await ledger.markReplied(told.id, NOW);
        const found = await ledger.unsettled();
        const states = new Set([...OPEN_STATES, 'NEEDS_HUMAN', 'BOOKED']);
        expect(found.map(({ state }) => state)).toEqual(
          [...ATTEMPT_STATES].reverse().filter((each) => states.has(each)),
        );
        for (const summary of found) expect(made.get(summary.id)).toMatchObject(summary);
        expect(JSON.stringify(found)).not.toMatch(/canary/i);
      });

      const pairs = async (within = CONTENT_WINDOW) =>
        (await ledger.possibleDuplicates(within)).map(({ attempt, of }) => `${attempt.id} of ${of}`);

      it.each(ATTEMPT_STATES)('in %s: an earlier attempt makes a later one a possible duplicate', async (state) => {
        const first = await move(ledger, await claimNew(ledger, newAttempt(1)), state);
        const later = await move(ledger, await claimNew(ledger, newAttempt(2, { receivedAt: NOW + 1 })), 'BOOKED');
        await ledger.markReplied(later.id, NOW + 1);
        const unknown = ['RESERVE_OPEN', 'CONFIRM_OPEN', 'UNDOING', 'NEEDS_HUMAN', 'BOOKED'].includes(state);
        expect(await pairs()).toEqual(unknown ? ['appointment-2 of appointment-1'] : []);
        const [found] = await ledger.possibleDuplicates(CONTENT_WINDOW);
        if (found) {
          expect(await ledger.findAttempt(later.id)).toMatchObject(found.attempt);
          expect(Object.keys(found.attempt)).not.toContain('details');
        }
        // Once somebody has been told of it, its consumer knows of both.
        await ledger.markReplied(first.id, NOW + 2);
        if (state === 'BOOKED') expect(await pairs()).toEqual([]);
        await audit.flush();
        if (state === 'BOOKED') expect(await pairs()).toEqual([]);
      });

      it.each(ATTEMPT_STATES)('in %s: a later attempt is one while it may be an appointment', async (state) => {
        await move(ledger, await claimNew(ledger, newAttempt(1)), 'CONFIRM_OPEN');
        await move(ledger, await claimNew(ledger, newAttempt(2, { receivedAt: NOW + 1 })), state);
        // One that is open itself is looked at from both sides, and only the later one is named.
        expect(await pairs()).toEqual(LIVE_STATES.has(state) ? ['appointment-2 of appointment-1'] : []);
      });

      it('name possible duplicates of the same patient, principal and practice, within the time given', async () => {
        const late = NOW + CONTENT_WINDOW;
        const made = [
          newAttempt(1, { receivedAt: NOW }),
          newAttempt(2, { receivedAt: late }),
          newAttempt(3, { receivedAt: late + 1 }),
          newAttempt(4, { receivedAt: NOW - 1 }),
          newAttempt(5, { receivedAt: NOW + 1, patientId: 'another' as PatientId }),
          newAttempt(6, { receivedAt: NOW + 1, principal: 'another/A99904' }),
          newAttempt(7, { receivedAt: NOW + 1, practice: OTHER_PRACTICE }),
          newAttempt(8, { receivedAt: NOW }),
        ];
        for (const one of made) await claimNew(ledger, one);
        const [first] = made;
        const row = first && (await ledger.readAttempt(PRACTICE, first.id));
        if (!row) throw new Error('no row');
        await move(ledger, row, 'NEEDS_HUMAN');
        expect(await pairs()).toEqual(['appointment-8 of appointment-1', 'appointment-2 of appointment-1']);
        expect(await pairs(CONTENT_WINDOW - 1)).toEqual(['appointment-8 of appointment-1']);
      });

      it('give an attempt by its id alone, with all that is known of it', async () => {
        const attempt = await claimNew(ledger, newAttempt(1));
        expect(await ledger.findAttempt(attempt.id)).toEqual(await ledger.readAttempt(attempt.practice, attempt.id));
        expect(await ledger.findAttempt(id('nobody'))).toBeUndefined();
      });

      it('give held slots that start within a half-open period', async () => {
        for (const n of [1, 2, 3]) await claimNew(ledger, newAttempt(n));
        const start = NOW + 10 * MINUTE;
        const held = await ledger.heldSlots(PRACTICE, { start, end: start + 20 * MINUTE });
        expect(held.map((each) => each.slot)).toEqual(['slot-1', 'slot-2']);
      });

      it('keep the order of several slots', async () => {
        const slots = [5, 3, 4].map((n) => ({ id: slotId(`s-${n}`), start: NOW + n, end: NOW + n + 1 }));
        const attempt = await claimNew(ledger, newAttempt(1, { slots }));
        expect(attempt).toMatchObject({ slots, start: NOW + 3, end: NOW + 6 });
        expect((await ledger.readAttempt(PRACTICE, attempt.id))?.slots).toEqual(slots);
      });
    });

    it('markReplied keeps the first mark, and never throws', async () => {
      const { id: attempt } = await claimNew(ledger, newAttempt(1));
      await ledger.markReplied(attempt, NOW + 1);
      await ledger.markReplied(attempt, NOW + 2);
      await audit.flush();
      await ledger.markReplied(attempt, NOW + 3);
      await ledger.markReplied(id('none'), NOW);
      await audit.flush();
      expect((await ledger.readAttempt(PRACTICE, attempt))?.repliedAt).toBe(NOW + 1);
      await ledger.close();
      await expect(ledger.markReplied(attempt, NOW)).resolves.toBeUndefined();
    });

    it('probe resolves, and rejects once closed', async () => {
      await ledger.probe();
      await ledger.close();
      await ledger.close();
      await expect(ledger.probe()).rejects.toMatchObject(unavailable);
      await expect(ledger.readAttempt(PRACTICE, id('any'))).rejects.toMatchObject(unavailable);
    });
  });
}

/** For ledgers that outlive the process. */
export function durableLedgerContract(name: string, open: () => Promise<DurableRecordsUnderTest>): void {
  describe(`durable ledger contract: ${name}`, () => {
    it('keeps everything when it is opened again', async () => {
      const before = await open();
      const unsettled = await move(before.ledger, await claimNew(before.ledger, newAttempt(1)), 'CONFIRM_OPEN');
      const booked = await move(before.ledger, await claimNew(before.ledger, newAttempt(2)), 'BOOKED');
      const link = await before.ledger.savePatientLink(patientLink(), linkEvent);
      await before.ledger.bindRepeat(newAttempt(5, { fingerprint: booked.fingerprint }), CONTENT_WINDOW);
      await before.ledger.markReplied(booked.id, NOW);
      before.audit.record(auditEvent({ code: 'last' }));

      const { ledger, audit, dispose } = await before.reopen();
      expect(await ledger.openAttempts()).toEqual([toSummary(unsettled)]);
      expect(await ledger.readAttempt(PRACTICE, booked.id)).toEqual({ ...booked, repliedAt: NOW });
      expect(await ledger.findPatientLink(PRACTICE, NHS_NUMBER)).toEqual(link);
      expect((await claim(ledger, newAttempt(3, { key: newAttempt(2).key }))).kind).toBe('existing');
      const bound = await ledger.findRepeat(newAttempt(5, { fingerprint: 'another' }), CONTENT_WINDOW);
      expect(bound).toMatchObject({ attempt: { id: booked.id }, by: 'key' });
      await claimNew(ledger, newAttempt(4));
      const rows = await audit.rows(1, 100);
      expect(rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(rows[5]?.event.code).toBe('last');
      expect(await audit.verify()).toBeUndefined();
      await dispose();
    });
  });
}
