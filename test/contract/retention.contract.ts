/** What every ledger forgets, and what it never does (`src/records/retention`). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.js';
import { OPEN_STATES, type Attempt, type AttemptState } from '../../src/ports/ledger.js';
import type { Expire } from '../../src/records/retention/expire.js';
import { claim, claimNew, move, newAttempt, NOW, PRACTICE, practiceRef, SECRETS } from '../records/samples.js';
import type { RecordsUnderTest } from './ledger.contract.js';

export interface ExpiringRecords extends RecordsUnderTest {
  readonly expire: Expire;
}

export function retentionContract(name: string, open: () => Promise<ExpiringRecords>): void {
  describe(`retention contract: ${name}`, () => {
    let records: ExpiringRecords;
    beforeEach(async () => {
      records = await open();
    });
    afterEach(() => records.dispose());
    const ended = async (n: number, state: AttemptState): Promise<Attempt> =>
      move(records.ledger, await claimNew(records.ledger, newAttempt(n)), state);
    const read = ({ id }: Attempt): Promise<Attempt | undefined> => records.ledger.readAttempt(PRACTICE, id);
    const expireAll = async (now: number): Promise<void> => {
      while (await records.expire(now));
    };
    const expired = async () =>
      (await records.audit.rows(1, 1000))
        .filter(({ event }) => event.kind === 'attempts-expired')
        .map(({ event }) => [event.state, event.resources.length]);

    it('what came to nothing keeps its words for a day, its state for ninety, and is gone then', async () => {
      const refused = await ended(1, 'REJECTED');
      const notBooked = await ended(2, 'NOT_BOOKED');
      await expireAll(NOW + DAY);
      for (const one of [refused, notBooked]) expect((await read(one))?.details).toEqual(one.details);
      expect(await expired()).toEqual([]);

      await expireAll(NOW + DAY + 1);
      for (const one of [refused, notBooked]) {
        const kept = await read(one);
        expect(kept).toMatchObject({ state: one.state, version: one.version, fingerprint: one.fingerprint });
        expect(JSON.stringify(kept)).not.toMatch(new RegExp(Object.values(SECRETS).join('|')));
      }
      await expireAll(NOW + 90 * DAY);
      expect(await read(refused)).toBeDefined();
      expect(await expired()).toEqual([['details-erased', 2]]);

      await expireAll(NOW + 90 * DAY + 1);
      for (const one of [refused, notBooked]) expect(await read(one)).toBeUndefined();
      expect(await expired()).toEqual([
        ['details-erased', 2],
        ['deleted', 2],
      ]);
      expect(await records.audit.verify()).toBeUndefined();
    });

    it('an appointment is kept for ninety days after its time, whole', async () => {
      const { ledger } = records;
      const start = NOW + 40 * DAY;
      const slots = newAttempt(1).slots.map((slot) => ({ ...slot, start, end: start + HOUR }));
      const far = await claimNew(ledger, newAttempt(1, { slots }));
      const booked = await move(ledger, far, 'BOOKED', { practiceRefs: [practiceRef('777001')] });
      await ledger.markReplied(booked.id, NOW);
      const cancelled = await move(ledger, await ended(2, 'BOOKED'), 'CANCELLED', { at: NOW + 10 * DAY });
      await records.audit.flush();
      await expireAll(NOW + 100 * DAY);
      expect((await read(cancelled))?.details).toEqual(cancelled.details);
      await expireAll(NOW + 100 * DAY + 1);
      expect(await read(cancelled)).toBeUndefined();

      await expireAll(start + HOUR + 90 * DAY);
      expect((await read(booked))?.details).toEqual(booked.details);
      await expireAll(start + HOUR + 90 * DAY + 1);
      expect(await read(booked)).toBeUndefined();
      expect(await ledger.ownersOf(PRACTICE, [practiceRef('777001')])).toEqual(new Map());
      // Nothing is left that would keep the place, or the key, from being used again.
      const again = await claimNew(ledger, newAttempt(1, { slots }));
      expect((await move(ledger, again, 'BOOKED', { practiceRefs: [practiceRef('777001')] })).state).toBe('BOOKED');
    });

    it('what is open, waits for a person, or was told to nobody is never forgotten', async () => {
      const states = [...OPEN_STATES, 'NEEDS_HUMAN', 'BOOKED'] as const;
      const kept: Attempt[] = [];
      for (const [n, state] of states.entries()) {
        kept.push(state === 'RECEIVED' ? await claimNew(records.ledger, newAttempt(n)) : await ended(n, state));
      }
      await expireAll(NOW + 1000 * DAY);
      for (const one of kept) expect((await read(one))?.details).toEqual(one.details);
      expect(await expired()).toEqual([]);
    });

    it('a request with the key of an attempt that was erased is made anew', async () => {
      await ended(1, 'NOT_BOOKED');
      await expireAll(NOW + 2 * DAY);
      const later = { ...newAttempt(2), key: newAttempt(1).key, fingerprint: newAttempt(1).fingerprint };
      expect((await claim(records.ledger, { ...later, receivedAt: NOW + 2 * DAY })).kind).toBe('new');
    });

    it('a few at a time, so that nobody waits long, until there are no more', async () => {
      for (let n = 0; n < 60; n += 1) await ended(n, 'REJECTED');
      const rounds: boolean[] = [];
      while (rounds.at(-1) !== false) rounds.push(await records.expire(NOW + 91 * DAY));
      // Erased, and deleted, sixty times each.
      expect(rounds.length).toBeGreaterThan(4);
      const counts = (await expired()).map(([, count]) => Number(count));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(120);
      expect(Math.max(...counts)).toBeLessThanOrEqual(25);
    });
  });
}
