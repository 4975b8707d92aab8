/**
 * One row of `instance` for each running process, renewed by the database's clock. The row is deleted by whoever finds
 * that it has run out, and everything that hangs on it goes with it; as long as the row is there, nobody else has taken
 * anything. Its id is the fence: it is never given twice.
 *
 * A process that has lost its row takes a new one only when everything it began under the old one has ended. Until then
 * it may send nothing.
 */
import { sql, type Kysely } from 'kysely';
import type { Leases } from '../../ports/leases.js';
import type { Runtime } from '../../ports/runtime.js';
import { ledgerUnavailable } from '../commit-queue.js';
import type { SharedSchema } from './tables.js';

export interface LeaseTimes {
  /** How long a process that says nothing keeps what it holds. */
  readonly lastsMs: number;
  readonly renewEveryMs: number;
  /** How old the last renewal may be when a call begins; with the call's own timeout less than `lastsMs`. */
  readonly maySendForMs: number;
}

export const LEASE_TIMES: LeaseTimes = { lastsMs: 15_000, renewEveryMs: 5000, maySendForMs: 8000 };
const RETRY_MS = 500;
/** Longer than a statement may run. */
const STRAY_FOR_MS = 3000;

export interface OwnLease extends Leases {
  /** The process's row, for what it writes; `undefined` while it has none. */
  id(): number | undefined;
  /** Deletes the rows of processes whose time has run out. */
  bury(db: Kysely<SharedSchema>): Promise<void>;
  /** Gives everything back. Never throws: what is not given back runs out. */
  close(): Promise<void>;
}

interface Held {
  /** The lease it was asked for under. */
  readonly holder: number;
}

export async function openLeases(
  db: Kysely<SharedSchema>,
  hashOf: (place: string) => string,
  { clock, timers }: Pick<Runtime, 'clock' | 'timers'>,
  times: LeaseTimes = LEASE_TIMES,
): Promise<OwnLease> {
  const lastsUntil = sql<Date>`clock_timestamp() + ${sql.lit(times.lastsMs)} * interval '1 millisecond'`;
  const closing = new AbortController();
  /** Asked for or held; present from before the question until after it was given back. */
  const held = new Map<string, Held>();
  let own: number | undefined;
  let renewedAt = -Infinity;
  /**
   * Places that the table may still call ours, since when: the answer was lost. They are not taken again before they
   * have been deleted after any statement that was under way.
   */
  const stray = new Map<string, number>();

  const maySend = (): boolean => own !== undefined && clock.monotonic() - renewedAt < times.maySendForMs;

  const bury: OwnLease['bury'] = async (at) => {
    await at
      .deleteFrom('instance')
      .where(sql<boolean>`lease_until < clock_timestamp()`)
      .execute();
  };

  const tidy = async (holder: number): Promise<void> => {
    if (stray.size === 0) return;
    const asked = clock.monotonic();
    const places = [...stray.keys()];
    await db
      .deleteFrom('place_lock')
      .where('holder', '=', holder)
      .where(sql<boolean>`place = any(${places})`)
      .execute();
    for (const [place, since] of stray) if (asked - since > STRAY_FOR_MS) stray.delete(place);
  };

  /** Renews the lease, or takes a new one where it was lost and nothing of before is under way. */
  const renew = async (): Promise<void> => {
    const asked = clock.monotonic();
    if (own === undefined) {
      if (held.size > 0) return;
      const { id } = await db
        .insertInto('instance')
        .values({ lease_until: lastsUntil })
        .returning('id')
        .executeTakeFirstOrThrow();
      own = id;
      stray.clear();
    } else {
      const renewed = await db
        .updateTable('instance')
        .set({ lease_until: lastsUntil })
        .where('id', '=', own)
        .returning('id')
        .execute();
      if (renewed.length === 0) {
        own = undefined;
        return;
      }
    }
    // From before the question: the database may have answered any time after it.
    renewedAt = asked;
    await tidy(own);
  };

  const keepRenewing = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await timers.sleep(own === undefined || !maySend() ? RETRY_MS : times.renewEveryMs, closing.signal);
      if (closing.signal.aborted) return;
      // Without an answer the lease grows older, and with it nothing is sent.
      await renew().catch(() => undefined);
    }
  };

  await bury(db);
  await renew();
  const renewing = keepRenewing();

  return {
    id: () => own,
    bury,
    maySend,

    async take(name) {
      const holder = own;
      const place = hashOf(name);
      // Whoever waited for this to change could wait for ever: the consumer may ask again.
      if (holder === undefined || !maySend()) throw ledgerUnavailable(new Error('no lease that is young enough'));
      if (stray.has(place)) return false;
      const mine: Held = { holder };
      held.set(place, mine);
      let taken = false;
      try {
        const rows = await db
          .insertInto('place_lock')
          .values({ place, holder })
          .onConflict((conflict) => conflict.doNothing())
          .returning('place')
          .execute();
        taken = rows.length > 0 && own === holder;
        if (!taken) await bury(db);
        return taken;
      } catch (error) {
        stray.set(place, clock.monotonic());
        throw ledgerUnavailable(error);
      } finally {
        if (!taken) held.delete(place);
      }
    },

    async give(name) {
      const place = hashOf(name);
      const holder = held.get(place)?.holder;
      if (holder === undefined) return;
      try {
        await db.deleteFrom('place_lock').where('place', '=', place).where('holder', '=', holder).execute();
      } catch {
        stray.set(place, clock.monotonic());
      } finally {
        held.delete(place);
      }
    },

    async close() {
      closing.abort();
      await renewing;
      const last = own;
      own = undefined;
      if (last !== undefined) {
        await db
          .deleteFrom('instance')
          .where('id', '=', last)
          .execute()
          .catch(() => undefined);
      }
    },
  };
}
