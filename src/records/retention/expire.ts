/**
 * What the ledger forgets, and when. An attempt that came to nothing can be replayed for a day; then what is about its
 * patient is erased, and what is left is deleted when it has been kept long enough. An appointment is kept that long
 * after its time. What is open, or is on a list for a person, is never forgotten.
 */
import { type Kysely } from 'kysely';
import type { AppointmentId } from '../../domain/identifiers.js';
import { DAY, HOUR, type Instant } from '../../domain/time.js';
import { ownEvent, type AuditEvent } from '../../ports/audit.js';
import { reading, type Commit, type CommitQueue } from '../commit-queue.js';
import { prepare } from '../prepared.js';
import type { Schema } from '../schema.js';
import { ERASED, MADE, REFUSED, TOLD } from './indexes.js';

const REPLAYED_FOR_MS = 24 * HOUR;
/** After its end, or the appointment's. */
const KEPT_DAYS = 90;
/** Few, because everybody else waits for the commit. */
const MOST_AT_ONCE = 25;

/** Forgets some of what had run out at `now`; answers whether there may be more. */
export type Expire = (now: Instant) => Promise<boolean>;

interface Due {
  readonly before: Instant;
  readonly most: number;
}

function prepareStatements(db: Kysely<Schema>) {
  const refused = (condition: typeof TOLD) =>
    prepare<Due>()((p) =>
      db
        .selectFrom('attempt')
        .select('id')
        .where(REFUSED)
        .where(condition)
        .where('updated_at', '<', p('before'))
        .orderBy('updated_at')
        .limit(p('most')),
    );
  const past = prepare<Due>()((p) =>
    db
      .selectFrom('attempt')
      .select('id')
      .where(MADE)
      .where('end_at', '<', p('before'))
      .where('updated_at', '<', p('before'))
      // A booking that nobody has been told of stays on the operator's list.
      .where((eb) => eb.or([eb('state', '=', 'CANCELLED'), eb('replied_at', 'is not', null)]))
      .orderBy('end_at')
      .limit(p('most')),
  );
  type Of = { readonly id: AppointmentId };
  return {
    told: refused(TOLD),
    erased: refused(ERASED),
    past,
    erase: prepare<Of & { readonly nothing: Buffer }>()((p) =>
      db
        .updateTable('attempt')
        .set({ details_enc: p('nothing') })
        .where('id', '=', p('id')),
    ),
    deleteSlots: prepare<Of>()((p) => db.deleteFrom('attempt_slot').where('attempt_id', '=', p('id'))),
    deleteBookings: prepare<Of>()((p) => db.deleteFrom('attempt_booking').where('attempt_id', '=', p('id'))),
    deleteAttempt: prepare<Of>()((p) => db.deleteFrom('attempt').where('id', '=', p('id'))),
  };
}

function event(at: Instant, state: 'details-erased' | 'deleted', ids: readonly AppointmentId[]): AuditEvent {
  const resources = ids.map((id) => `Appointment/${id}`);
  return ownEvent({ at, kind: 'attempts-expired', practice: undefined, resources, state });
}

export function createExpire(db: Kysely<Schema>, commits: CommitQueue, keptDays = KEPT_DAYS): Expire {
  const statements = prepareStatements(db);
  const keptMs = keptDays * DAY;

  const erase = async (commit: Commit, now: Instant, most: number): Promise<number> => {
    const found = await statements.told(commit.db, { before: now - REPLAYED_FOR_MS, most });
    const ids = found.map(({ id }) => id);
    for (const id of ids) await statements.erase(commit.db, { id, nothing: Buffer.alloc(0) });
    if (ids.length > 0) commit.append(event(now, 'details-erased', ids));
    return ids.length;
  };

  const remove = async (commit: Commit, now: Instant, most: number): Promise<number> => {
    const before = now - keptMs;
    const erased = await statements.erased(commit.db, { before, most });
    const past = await statements.past(commit.db, { before, most: most - erased.length });
    const ids = [...erased, ...past].map(({ id }) => id);
    for (const id of ids) {
      await statements.deleteSlots(commit.db, { id });
      await statements.deleteBookings(commit.db, { id });
      await statements.deleteAttempt(commit.db, { id });
    }
    if (ids.length > 0) commit.append(event(now, 'deleted', ids));
    return ids.length;
  };

  return async (now) => {
    const one = { most: 1 };
    const due = await reading(async () => {
      const [told] = await statements.told(db, { ...one, before: now - REPLAYED_FOR_MS });
      const [erased] = await statements.erased(db, { ...one, before: now - keptMs });
      const [past] = await statements.past(db, { ...one, before: now - keptMs });
      return told ?? erased ?? past;
    });
    // Nobody waits for a commit of nothing.
    if (!due) return false;
    return commits.commit(async (commit) => {
      const count = await erase(commit, now, MOST_AT_ONCE);
      return count + (await remove(commit, now, MOST_AT_ONCE - count)) >= MOST_AT_ONCE;
    });
  };
}
