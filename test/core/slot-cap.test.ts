/** How many slots of a schedule organisations of one kind may book, against a ledger that says what is booked. */
import { describe, expect, it } from 'vitest';
import type { GatewayContext, Request } from '../../src/core/context.js';
import { createKeyedLocks } from '../../src/core/locks.js';
import { fullSchedules, withinCaps } from '../../src/core/rules/slot-cap.js';
import { parseOdsCode, type OdsCode, type ScheduleId } from '../../src/domain/identifiers.js';
import type { Schedule, SlotCap, SlotFilter } from '../../src/domain/schedule.js';
import type { BookedInSchedule } from '../../src/ports/ledger.js';
import { bookingOf, practice, SCHEDULE, slotNumber } from './bench.js';

function ods(text: string): OdsCode {
  const code = parseOdsCode(text);
  if (!code) throw new Error('test data: no ODS code');
  return code;
}

const urgent = (most: number): SlotCap => ({ organisationTypes: ['urgent-care'], organisations: undefined, most });
const hub = (most: number): SlotCap => ({ organisationTypes: undefined, organisations: [ods('Z99902')], most });
const anybody = (most: number): SlotCap => ({ organisationTypes: undefined, organisations: undefined, most });

const asking = (organisationTypes: readonly string[], organisations: readonly string[]): SlotFilter => ({
  organisationTypes,
  organisations,
});
const URGENT = asking(['urgent-care'], ['Z99903']);

const booked = (organisation: string | undefined, organisationType: string | undefined, slots: number) => ({
  scheduleId: SCHEDULE.id,
  organisation: organisation === undefined ? undefined : ods(organisation),
  organisationType,
  slots,
});

const capped = (...caps: readonly SlotCap[]): Schedule => ({ ...SCHEDULE, caps });

/** `asked` collects the schedules that the ledger was asked about. */
function contextWith(rows: readonly BookedInSchedule[], asked: ScheduleId[][] = []): GatewayContext {
  const bookedInSchedules = (_: OdsCode, schedules: readonly ScheduleId[]) => {
    asked.push([...schedules]);
    return Promise.resolve(rows.filter(({ scheduleId }) => schedules.includes(scheduleId)));
  };
  return { ledger: { bookedInSchedules } } as unknown as GatewayContext;
}

const isFull = async (schedule: Schedule, filter: SlotFilter, ...rows: readonly BookedInSchedule[]) =>
  (await fullSchedules(contextWith(rows), ods('A99901'), [schedule], filter)).has(schedule.id);

describe('a cap of slots in a schedule', () => {
  it('is reached when organisations of its kind hold as many slots together', async () => {
    const rows = [booked('Z99903', 'urgent-care', 2), booked('Z99902', 'urgent-care', 1)];
    expect(await isFull(capped(urgent(4)), URGENT, ...rows)).toBe(false);
    expect(await isFull(capped(urgent(3)), URGENT, ...rows)).toBe(true);
    expect(await isFull(capped(urgent(2)), URGENT, ...rows)).toBe(true);
  });

  it('of nought allows nothing', async () => {
    expect(await isFull(capped(urgent(0)), URGENT)).toBe(true);
  });

  it('does not count organisations of another kind, other schedules, or what the practice booked itself', async () => {
    const elsewhere = { ...booked('Z99903', 'urgent-care', 9), scheduleId: 'other' as ScheduleId };
    const rows = [booked('Z99904', 'gp-practice', 9), booked('Z99905', undefined, 9), elsewhere];
    expect(await isFull(capped(urgent(1)), URGENT, ...rows)).toBe(false);
    expect(await isFull(capped(anybody(1)), URGENT, booked(undefined, undefined, 9))).toBe(false);
    expect(await isFull(capped(anybody(9)), URGENT, booked('Z99905', undefined, 9))).toBe(true);
  });

  it('holds only for those of its kind, and naming nothing is of no kind', async () => {
    const rows = [booked('Z99902', 'urgent-care', 5)];
    for (const filter of [asking([], []), asking(['gp-practice'], ['Z99904']), asking([], ['Z99903'])]) {
      expect(await isFull(capped(urgent(1)), filter, ...rows)).toBe(false);
    }
    expect(await isFull(capped(anybody(1)), asking([], []), ...rows)).toBe(true);
  });

  it('by type and code holds for those who are of both', async () => {
    const both: SlotCap = { organisationTypes: ['urgent-care'], organisations: [ods('Z99902')], most: 1 };
    const row = booked('Z99902', 'urgent-care', 1);
    expect(await isFull(capped(both), asking(['urgent-care'], ['Z99902']), row)).toBe(true);
    expect(await isFull(capped(both), asking(['urgent-care'], ['Z99903']), row)).toBe(false);
    expect(await isFull(capped(both), asking(['gp-practice'], ['Z99902']), row)).toBe(false);
  });

  it('is one of several: the narrowest that applies decides', async () => {
    const schedule = capped(hub(1), urgent(3));
    const rows = [booked('Z99902', 'urgent-care', 1)];
    expect(await isFull(schedule, asking(['urgent-care'], ['Z99902']), ...rows)).toBe(true);
    expect(await isFull(schedule, URGENT, ...rows)).toBe(false);
  });

  it('costs no look at the ledger where none applies', async () => {
    const asked: ScheduleId[][] = [];
    const context = contextWith([], asked);
    const other = { ...capped(urgent(1)), id: 'other' as ScheduleId };
    await fullSchedules(context, ods('A99901'), [SCHEDULE, capped(hub(1))], URGENT);
    expect(asked).toEqual([]);
    await fullSchedules(context, ods('A99901'), [SCHEDULE, other], URGENT);
    expect(asked).toEqual([['other']]);
  });
});

describe('booking under a cap', () => {
  const URGENT_CARE = { system: 'organisation-types', code: 'urgent-care', display: 'Urgent Care' };

  /** A ledger in which what is claimed counts from the moment the claim has ended. */
  function desk(rows: BookedInSchedule[] = []) {
    const context = { ...contextWith(rows), locks: createKeyedLocks() };
    const claim = async (schedule: Schedule, slots: number, name = 'Z99903'): Promise<string> => {
      const places = Array.from({ length: slots }, (_, n) => ({ slot: slotNumber(n), schedule }));
      const [first, ...rest] = places;
      if (!first) throw new Error('no place');
      const booking = bookingOf([first.slot]);
      const bookingOrganisation = { ...booking.bookingOrganisation, odsCode: ods(name), type: URGENT_CARE };
      const saga = {
        context,
        request: { entry: { practice: practice() } } as unknown as Request,
        booking: { ...booking, bookingOrganisation },
        signal: new AbortController().signal,
      };
      return withinCaps(saga, [first, ...rest], async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        rows.push({ ...booked(name, 'urgent-care', slots), scheduleId: schedule.id });
        return 'claimed';
      });
    };
    return { claim, rows };
  }
  const REFUSED = { code: 'invalid-resource', fhirPath: 'Appointment.slot' };

  it('takes all slots of the booking into account', async () => {
    const { claim } = desk([booked('Z99902', 'urgent-care', 2)]);
    const schedule = capped(urgent(4));
    await expect(claim(schedule, 3)).rejects.toMatchObject(REFUSED);
    await expect(claim(schedule, 2)).resolves.toBe('claimed');
    await expect(claim(schedule, 1)).rejects.toMatchObject(REFUSED);
  });

  it('is made one after the other, so that two at once cannot both take the last place', async () => {
    const { claim, rows } = desk();
    const ended = await Promise.allSettled([1, 2, 3, 4].map(() => claim(capped(urgent(2)), 1)));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(rows).toHaveLength(2);
  });

  it('of which none applies is made as if there were none', async () => {
    const { claim } = desk([booked('Z99902', 'urgent-care', 9)]);
    await expect(claim(capped(hub(1)), 2)).resolves.toBe('claimed');
    await expect(claim(SCHEDULE, 2)).resolves.toBe('claimed');
  });
});
