/** What every audit trail promises (`src/ports/audit.ts`). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordsUnderTest } from './ledger.contract.js';
import { auditEvent, claim, newAttempt } from '../records/samples.js';

export function auditContract(name: string, open: () => Promise<RecordsUnderTest>): void {
  describe(`audit contract: ${name}`, () => {
    let records: RecordsUnderTest;
    beforeEach(async () => {
      records = await open();
    });
    afterEach(() => records.dispose());

    it('keeps events as they were recorded, in order, from any number on', async () => {
      const { audit } = records;
      const events = Array.from({ length: 5 }, (_, n) => auditEvent({ status: 200 + n, resources: [`Slot/${n}`] }));
      for (const event of events) audit.record(event);
      await audit.flush();
      const rows = await audit.rows(1, 100);
      expect(rows.map((row) => row.event)).toEqual(events);
      expect(rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5]);
      expect((await audit.rows(3, 2)).map((row) => row.seq)).toEqual([3, 4]);
      expect(await audit.rows(6, 2)).toEqual([]);
    });

    it('chains each row to the one before', async () => {
      const { audit } = records;
      for (let n = 0; n < 3; n += 1) audit.record(auditEvent());
      await audit.flush();
      const [first, second, third] = await audit.rows(1, 3);
      expect(first?.previousHash).toBe('0'.repeat(64));
      expect(second?.previousHash).toBe(first?.hash);
      expect(third?.previousHash).toBe(second?.hash);
      expect(new Set([first?.hash, second?.hash, third?.hash]).size).toBe(3);
      expect(await audit.verify()).toBeUndefined();
    });

    it('is written before long without anybody asking', async () => {
      const { audit } = records;
      audit.record(auditEvent());
      await expect.poll(() => audit.rows(1, 10), { timeout: 5000 }).toHaveLength(1);
    });

    it('an empty trail is sound', async () => {
      await records.audit.flush();
      expect(await records.audit.verify()).toBeUndefined();
    });

    it('numbers without gaps and in order while reads, bookings and failures interleave', async () => {
      const { audit, ledger } = records;
      const expected: string[] = [];
      const bookings: Promise<unknown>[] = [];
      for (let n = 0; n < 300; n += 1) {
        audit.record(auditEvent({ resources: [`Slot/${n}`] }));
        expected.push(`Slot/${n}`);
        if (n % 3 === 0) {
          bookings.push(claim(ledger, newAttempt(n)));
          expected.push(`Appointment/appointment-${n}`);
        }
        // The same reference twice: this one fails and must leave no hole.
        if (n % 30 === 15) {
          const clash = claim(ledger, newAttempt(n + 1000, { clientReference: 'reference-0' }));
          bookings.push(expect(clash).rejects.toMatchObject({ code: 'ledger-unavailable' }));
        }
        if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await Promise.all([...bookings, audit.flush()]);
      const rows = await audit.rows(1, 1000);
      expect(rows.map((row) => row.seq)).toEqual(expected.map((_, index) => index + 1));
      expect(rows.map((row) => row.event.resources[0])).toEqual(expected);
      expect(await audit.verify()).toBeUndefined();
    });

    it('verifies a long trail', async () => {
      const { audit } = records;
      for (let n = 0; n < 2500; n += 1) audit.record(auditEvent({ status: n }));
      await audit.flush();
      expect(await audit.rows(2500, 10)).toHaveLength(1);
      expect(await audit.verify()).toBeUndefined();
    });

    it('takes nothing once closed', async () => {
      await records.ledger.close();
      expect(() => records.audit.record(auditEvent())).toThrow(
        expect.objectContaining({ code: 'ledger-unavailable' }) as Error,
      );
      await expect(records.audit.flush()).rejects.toMatchObject({ code: 'ledger-unavailable' });
    });
  });
}
