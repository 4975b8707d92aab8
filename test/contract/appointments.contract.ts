/** What every ledger promises of appointments: their bookings at the practice, their versions, those it adopts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PatientId, ScheduleId } from '../../src/domain/identifiers.js';
import { MINUTE } from '../../src/domain/time.js';
import type { AuditTrail } from '../../src/ports/audit.js';
import type { AdoptedAppointment, Ledger } from '../../src/ports/ledger.js';
import {
  auditEvent,
  claim,
  claimNew,
  id,
  move,
  newAttempt,
  NOW,
  ods,
  OTHER_PRACTICE,
  PRACTICE,
  practiceRef,
  SECRETS,
} from '../records/samples.js';
import type { RecordsUnderTest } from './ledger.contract.js';

const PATIENT = SECRETS.patient as PatientId;
const SCHEDULE = 'schedule-1' as ScheduleId;

function adopted(n: number, over: Partial<AdoptedAppointment> = {}): AdoptedAppointment {
  const { slots, details, patientId, scheduleId } = newAttempt(n);
  const [slot] = slots;
  return {
    id: id(`adopted-${n}`),
    practice: PRACTICE,
    practiceRef: practiceRef(`desk-${n}`),
    state: 'BOOKED',
    slots,
    scheduleId,
    start: slot?.start ?? NOW,
    end: slot?.end ?? NOW,
    patientId,
    details,
    at: NOW,
    ...over,
  };
}

export function appointmentsContract(name: string, open: () => Promise<RecordsUnderTest>): void {
  describe(`ledger contract, appointments: ${name}`, () => {
    let records: RecordsUnderTest;
    let ledger: Ledger;
    let audit: AuditTrail;
    beforeEach(async () => {
      records = await open();
      ({ ledger, audit } = records);
    });
    afterEach(() => records.dispose());
    const event = auditEvent({ state: 'ADOPTED' });

    describe('bookings of the practice', () => {
      it('are added one by one, none is lost, and naming one again adds nothing', async () => {
        let attempt = await claimNew(ledger, newAttempt(1));
        attempt = await move(ledger, attempt, 'CONFIRMING', { practiceRefs: [practiceRef('a')] });
        expect(attempt.practiceRefs).toEqual(['a']);
        attempt = await move(ledger, attempt, 'CONFIRMING', { practiceRefs: [practiceRef('b')] });
        attempt = await move(ledger, attempt, 'BOOKED', { practiceRefs: [practiceRef('a'), practiceRef('b')] });
        expect(attempt.practiceRefs).toEqual(['a', 'b']);
        expect((await ledger.readAttempt(PRACTICE, attempt.id))?.practiceRefs).toEqual(['a', 'b']);
        expect(await ledger.knownPracticeRefs(PRACTICE)).toEqual(new Set(['a', 'b']));
      });

      it('lead to the attempt that owns them, in their own practice only', async () => {
        const one = await move(ledger, await claimNew(ledger, newAttempt(1)), 'BOOKED', {
          practiceRefs: [practiceRef('a'), practiceRef('b')],
        });
        const refs = ['a', 'b', 'c'].map(practiceRef);
        expect(await ledger.ownersOf(PRACTICE, refs)).toEqual(
          new Map([
            ['a', one],
            ['b', one],
          ]),
        );
        expect(await ledger.ownersOf(OTHER_PRACTICE, refs)).toEqual(new Map());
        expect(await ledger.ownersOf(PRACTICE, [])).toEqual(new Map());
      });

      it('may have the same reference at two practices', async () => {
        for (const [n, practice] of [PRACTICE, OTHER_PRACTICE].entries()) {
          const attempt = await claimNew(ledger, newAttempt(n, { practice }));
          await move(ledger, attempt, 'BOOKED', { practiceRefs: [practiceRef('777')] });
        }
        expect((await ledger.ownersOf(OTHER_PRACTICE, [practiceRef('777')])).size).toBe(1);
      });
    });

    describe('versions', () => {
      it('of the row grow with every change, of the appointment with those that a reader sees', async () => {
        let attempt = await claimNew(ledger, newAttempt(1));
        expect([attempt.version, attempt.revision]).toEqual([1, 1]);
        for (const state of ['CONFIRMING', 'CONFIRM_OPEN', 'BOOKED'] as const)
          attempt = await move(ledger, attempt, state);
        expect([attempt.version, attempt.revision]).toEqual([4, 1]);
        attempt = await move(ledger, attempt, 'BOOKED', { revises: true });
        attempt = await move(ledger, attempt, 'CANCELLING');
        attempt = await move(ledger, attempt, 'CANCELLED', { revises: true });
        expect([attempt.version, attempt.revision]).toEqual([7, 3]);
        expect(await ledger.readAttempt(PRACTICE, attempt.id)).toEqual(attempt);
      });
    });

    describe('appointments of a patient', () => {
      it('are those of this patient and practice that are or were one, from an instant on, in order', async () => {
        const states = [
          'BOOKED',
          'CANCELLING',
          'CANCEL_OPEN',
          'CANCELLED',
          'REJECTED',
          'NOT_BOOKED',
          'UNDOING',
        ] as const;
        for (const [n, state] of [...states].reverse().entries()) {
          await move(ledger, await claimNew(ledger, newAttempt(n + 1)), state);
        }
        await move(ledger, await claimNew(ledger, newAttempt(8, { patientId: 'another' as PatientId })), 'BOOKED');
        await move(ledger, await claimNew(ledger, newAttempt(9, { practice: OTHER_PRACTICE })), 'BOOKED');
        const found = await ledger.appointmentsOf(PRACTICE, PATIENT, NOW);
        expect(found.map(({ state }) => state)).toEqual(['CANCELLED', 'CANCEL_OPEN', 'CANCELLING', 'BOOKED']);
        const later = await ledger.appointmentsOf(PRACTICE, PATIENT, NOW + 60 * MINUTE);
        expect(later.map(({ state }) => state)).toEqual(['CANCELLING', 'BOOKED']);
        expect(await ledger.appointmentsOf(PRACTICE, PATIENT, NOW + 71 * MINUTE)).toEqual([]);
      });
    });

    describe('slots', () => {
      it('of an attempt are those it was last given, and one that another holds stays with that one', async () => {
        const [one, two, three] = [1, 2, 3].map((n) => newAttempt(n));
        if (!one || !two || !three) throw new Error('no attempts');
        const first = await move(ledger, await claimNew(ledger, one), 'BOOKED');
        const second = await move(ledger, await claimNew(ledger, two), 'BOOKED');
        const slots = [...two.slots, ...three.slots];
        expect((await move(ledger, first, 'BOOKED', { slots })).slots).toEqual(slots);
        const held = await ledger.heldSlots(PRACTICE, { start: 0, end: NOW * 2 });
        expect(new Map(held.map(({ slot, attempt }) => [slot, attempt]))).toEqual(
          new Map([
            [two.slots[0]?.id, second.id],
            [three.slots[0]?.id, first.id],
          ]),
        );
      });
    });

    describe('adopting', () => {
      it('gives a booking a row with an id, and its audit row', async () => {
        const asked = adopted(1);
        const attempt = await ledger.adopt(asked, event);
        expect(attempt).toMatchObject({
          id: asked.id,
          state: 'BOOKED',
          version: 1,
          revision: 1,
          practiceRefs: ['desk-1'],
          slots: asked.slots,
          start: asked.start,
          end: asked.end,
        });
        expect([attempt.details, attempt.request]).toEqual([asked.details, undefined]);
        expect(await ledger.readAttempt(PRACTICE, asked.id)).toEqual(attempt);
        expect(await ledger.appointmentsOf(PRACTICE, PATIENT, NOW)).toEqual([attempt]);
        expect(await ledger.openAttempts()).toEqual([]);
        expect(await audit.rows(1, 10)).toHaveLength(1);
      });

      it('twice, or by fifty at once, answers the one row', async () => {
        const rows = await Promise.all(
          Array.from({ length: 50 }, (_, n) => ledger.adopt(adopted(n, { practiceRef: practiceRef('one') }), event)),
        );
        expect(new Set(rows.map((row) => row.id)).size).toBe(1);
        expect(await ledger.adopt(adopted(99, { practiceRef: practiceRef('one') }), event)).toEqual(rows[0]);
        expect(await audit.rows(1, 100)).toHaveLength(1);
        expect(await ledger.readAttempt(PRACTICE, id('adopted-99'))).toBeUndefined();
      });

      it('answers the attempt that booked it, and leaves that as it is', async () => {
        const mine = await move(ledger, await claimNew(ledger, newAttempt(1)), 'BOOKED', {
          practiceRefs: [practiceRef('desk-1')],
        });
        expect(await ledger.adopt(adopted(1), event)).toEqual(mine);
      });

      it('takes no slot from anybody: the practice keeps its own diary', async () => {
        await ledger.adopt(adopted(1), event);
        expect(await ledger.heldSlots(PRACTICE, { start: 0, end: Number.MAX_SAFE_INTEGER })).toEqual([]);
        expect((await claim(ledger, newAttempt(1))).kind).toBe('new');
      });

      it('keeps what is cancelled as cancelled, and practices apart', async () => {
        const gone = await ledger.adopt(adopted(1, { state: 'CANCELLED' }), event);
        expect(gone.state).toBe('CANCELLED');
        const other = await ledger.adopt(
          adopted(2, { practice: OTHER_PRACTICE, practiceRef: practiceRef('desk-1') }),
          event,
        );
        expect(other.id).toBe('adopted-2');
        expect((await ledger.ownersOf(PRACTICE, [practiceRef('desk-1')])).get(practiceRef('desk-1'))?.id).toBe(gone.id);
      });

      it('of many has each row once, whatever their schedule', async () => {
        for (let n = 0; n < 20; n += 1) await ledger.adopt(adopted(n), event);
        expect(await ledger.appointmentsOf(PRACTICE, PATIENT, 0)).toHaveLength(20);
        expect((await ledger.knownPracticeRefs(PRACTICE)).size).toBe(20);
      });
    });

    describe('slots booked in schedules', () => {
      const organisation = (odsCode: string, type?: string) => ({
        localId: 'org',
        odsCode: ods(odsCode),
        name: 'Somebody',
        telecom: [],
        addresses: [],
        type: type === undefined ? undefined : { code: type, display: undefined },
      });

      it('are counted by organisation and its type, of live attempts, slot by slot', async () => {
        const booking = (n: number, by: ReturnType<typeof organisation>) =>
          newAttempt(n, { details: { ...newAttempt(n).details, bookingOrganisation: by } });
        const wide = newAttempt(1);
        const two = [...wide.slots, ...newAttempt(7).slots];
        await claimNew(ledger, { ...booking(1, organisation('Z99902', 'urgent-care')), slots: two });
        await move(ledger, await claimNew(ledger, booking(2, organisation('Z99902', 'urgent-care'))), 'BOOKED');
        await move(ledger, await claimNew(ledger, booking(3, organisation('Z99903'))), 'UNDOING');
        await move(ledger, await claimNew(ledger, booking(4, organisation('Z99903'))), 'CANCELLED');
        await claimNew(ledger, { ...booking(5, organisation('Z99903')), scheduleId: 'another' as ScheduleId });
        const counted = await ledger.bookedInSchedules(PRACTICE, [SCHEDULE]);
        expect(new Set(counted)).toEqual(
          new Set([
            { scheduleId: SCHEDULE, organisation: 'Z99902', organisationType: 'urgent-care', slots: 3 },
            { scheduleId: SCHEDULE, organisation: 'Z99903', organisationType: undefined, slots: 1 },
          ]),
        );
        expect(await ledger.bookedInSchedules(OTHER_PRACTICE, [SCHEDULE])).toEqual([]);
        expect(await ledger.bookedInSchedules(PRACTICE, [])).toEqual([]);
      });
    });
  });
}
