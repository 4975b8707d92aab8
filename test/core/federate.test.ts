/** One search over several practices: whoever is late or broken is named, and takes nothing from the others. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroupEntry, PracticeEntry } from '../../src/core/directory.js';
import { searchGroup, type FederatedSlots } from '../../src/core/federate.js';
import { GatewayError } from '../../src/domain/errors.js';
import type { Asid } from '../../src/domain/identifiers.js';
import type { FreeSlots, SlotSearch } from '../../src/domain/schedule.js';
import { DAY, SECOND } from '../../src/domain/time.js';
import type { PracticeSystem } from '../../src/ports/practice-system.js';
import { ods } from '../records/samples.js';
import { NOW, SCHEDULE, scriptedSystem, SETTINGS, slotNumber, startBench, type Bench } from './bench.js';

const SEARCH: SlotSearch = {
  window: { start: NOW, end: NOW + 7 * DAY },
  filter: { organisationTypes: [], organisations: [] },
};
const FREE: FreeSlots = { slots: [slotNumber(1)], schedules: [SCHEDULE] };

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

type Listing = PracticeSystem['listFreeSlots'];
const after =
  (ms: number, outcome: FreeSlots | Error): Listing =>
  async () => {
    await bench.runtime.timers.sleep(ms);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };

/** Practices A99901, A99902 and so on, asked as a group. */
function search(listings: readonly Listing[], signal = new AbortController().signal): Promise<FederatedSlots> {
  const entries = listings.map((listFreeSlots, index): PracticeEntry =>
    bench.entry(scriptedSystem({ listFreeSlots }), { odsCode: ods(`A9990${index + 1}`) }),
  );
  const group: GroupEntry = {
    group: { name: 'north', asid: '200000009900' as Asid, practices: entries.map((entry) => entry.practice.odsCode) },
    entries,
  };
  const first = entries[0];
  if (!first) throw new Error('no practice');
  const { caller } = bench.request(first);
  return searchGroup(bench.context, group, { caller, signal }, SEARCH);
}

const codes = ({ found, missing }: FederatedSlots): object => ({
  found: found.map(({ practice }) => practice.odsCode),
  missing: missing.map(({ practice, error }) => [practice.odsCode, error.code]),
});

async function refusal(answer: Promise<unknown>): Promise<GatewayError> {
  const thrown: unknown = await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof GatewayError)) throw new Error('expected a refusal', { cause: thrown });
  return thrown;
}

const UNAVAILABLE = new GatewayError('practice-unavailable', 'away');
const FAULT = new GatewayError('practice-system-fault', 'nonsense');

describe('federated search', () => {
  it('answers in the order of the group, whoever was first', async () => {
    const answer = search([after(3000, FREE), after(10, UNAVAILABLE), after(500, FREE), after(5, FAULT)]);
    await bench.runtime.advance(3 * SECOND);
    expect(codes(await answer)).toEqual({
      found: ['A99901', 'A99903'],
      missing: [
        ['A99902', 'practice-unavailable'],
        ['A99904', 'practice-system-fault'],
      ],
    });
  });

  it('answers as soon as the last practice has, and leaves no alarm behind', async () => {
    const answer = search([after(0, FREE), after(700, FREE)]);
    await bench.runtime.advance(700);
    expect((await answer).found).toHaveLength(2);
    expect(bench.runtime.waiting()).toBe(0);
  });

  it('answers at the deadline with what has come, names the late ones and tells them', async () => {
    let told = false;
    const deaf: Listing = (_window, call) => {
      call.signal.addEventListener('abort', () => (told = true));
      return new Promise(() => undefined);
    };
    const answer = search([after(0, FREE), deaf]);
    let over = false;
    void answer.finally(() => (over = true));
    await bench.runtime.advance(SETTINGS.federationDeadlineMs - 1);
    expect(over).toBe(false);
    await bench.runtime.advance(1);
    expect(codes(await answer)).toEqual({ found: ['A99901'], missing: [['A99902', 'practice-timeout']] });
    expect(told).toBe(true);
  });

  it('a practice that has not switched appointments on is named, the others answer', async () => {
    const closed = bench.entry(scriptedSystem(), {
      odsCode: ods('A99902'),
      enabled: { foundations: true, appointmentManagement: false },
    });
    const open = bench.entry(scriptedSystem({ listFreeSlots: after(0, FREE) }));
    const group = { name: 'north', asid: '200000009900' as Asid, practices: [] };
    const answer = searchGroup(bench.context, { group, entries: [closed, open] }, bench.request(open), SEARCH);
    await bench.runtime.advance(0);
    expect(codes(await answer)).toEqual({ found: ['A99901'], missing: [['A99902', 'access-denied']] });
  });

  it('all late: that is a timeout that may be repeated, not an empty result', async () => {
    const deaf: Listing = () => new Promise(() => undefined);
    const answer = refusal(search([deaf, deaf]));
    await bench.runtime.advance(SETTINGS.federationDeadlineMs);
    expect(await answer).toMatchObject({ code: 'practice-timeout', retryAfterSeconds: 5 });
  });

  it('all failed: the first in the group that did more than come late says why', async () => {
    const deaf: Listing = () => new Promise(() => undefined);
    const answer = refusal(search([deaf, after(10, FAULT), deaf]));
    await bench.runtime.advance(SETTINGS.federationDeadlineMs);
    expect(await answer).toBe(FAULT);
  });

  it('of practices without a free slot is an empty result', async () => {
    const answer = search([after(0, { slots: [], schedules: [] })]);
    await bench.runtime.advance(0);
    expect(codes(await answer)).toEqual({ found: ['A99901'], missing: [] });
  });

  it('for a consumer that has gone lets no failure go unheard', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      const answer = await refusal(search([after(0, UNAVAILABLE)], AbortSignal.abort()));
      expect(answer.code).toBe('practice-timeout');
      await bench.runtime.advance(SECOND);
      expect(unheard).toEqual([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });

  it('ends at once when the consumer goes', async () => {
    const consumer = new AbortController();
    const deaf: Listing = () => new Promise(() => undefined);
    const answer = refusal(search([deaf], consumer.signal));
    await bench.runtime.advance(SECOND);
    consumer.abort();
    expect((await answer).code).toBe('practice-timeout');
    expect(bench.runtime.waiting()).toBe(0);
  });
});
