/**
 * Booking attempts, as `ports/ledger.ts` promises them. Reads see what is committed; every change is one transaction
 * with its audit row.
 */
import { sql, type Kysely } from 'kysely';
import type { AppointmentId, OdsCode, PracticeAppointmentRef, SlotId } from '../domain/identifiers.js';
import type { Instant } from '../domain/time.js';
import type { Attempt, HeldSlot, IdempotencyKey, Ledger } from '../ports/ledger.js';
import { createAttemptRows, liveFlag, type ChangeRow, type SlotRow } from './attempt-rows.js';
import { reading, type CommitQueue } from './commit-queue.js';
import { prepare } from './prepared.js';
import { SET, UNSET, type AttemptSlotTable, type AttemptTable, type Schema } from './schema.js';
import type { Sealing } from './sealing.js';

const MOST_UNWRITTEN_REPLIES = 10_000;

export type Attempts = Pick<
  Ledger,
  | 'findRepeat'
  | 'claim'
  | 'change'
  | 'readAttempt'
  | 'openAttempts'
  | 'openSlotsOf'
  | 'heldSlots'
  | 'knownPracticeRefs'
  | 'markReplied'
>;

interface Repeat {
  readonly practice: OdsCode;
  readonly principal: string;
  readonly key: IdempotencyKey;
  readonly fingerprint: string;
  readonly since: Instant;
}

function prepareQueries(db: Kysely<Schema>) {
  const attempts = db.selectFrom('attempt').selectAll('attempt');
  return {
    byId: prepare<{ id: AppointmentId }>()((p) => attempts.where('id', '=', p('id'))),
    byKey: prepare<{ practice: OdsCode; principal: string; source: IdempotencyKey['source']; hmac: string }>()((p) =>
      attempts
        .where('practice', '=', p('practice'))
        .where('principal', '=', p('principal'))
        .where('key_source', '=', p('source'))
        .where('key_hmac', '=', p('hmac'))
        .where('key_freed', '=', UNSET),
    ),
    byContent: prepare<Omit<Repeat, 'key'>>()((p) =>
      attempts
        .where('practice', '=', p('practice'))
        .where('principal', '=', p('principal'))
        .where('fingerprint', '=', p('fingerprint'))
        .where('created_at', '>=', p('since'))
        .where((eb) =>
          eb.or([
            eb('open', '=', 1),
            eb('state', '=', 'NEEDS_HUMAN'),
            eb.and([eb('state', '=', 'BOOKED'), eb('replied_at', 'is', null)]),
          ]),
        )
        .orderBy('created_at', 'desc'),
    ),
    holderOf: prepare<{ practice: OdsCode; slot: SlotId }>()((p) =>
      attempts
        .innerJoin('attempt_slot', 'attempt_slot.attempt_id', 'attempt.id')
        .where('attempt_slot.practice', '=', p('practice'))
        .where('attempt_slot.slot_id', '=', p('slot'))
        .where('attempt_slot.live', '=', SET),
    ),
    open: prepare<object>()(() => attempts.where('open', '=', SET).orderBy('created_at').orderBy('id')),
    slotsOf: prepare<{ id: AppointmentId }>()((p) =>
      db
        .selectFrom('attempt_slot')
        .select(['attempt_id', 'slot_id', 'start_at', 'end_at'])
        .where('attempt_id', '=', p('id'))
        .orderBy('ordinal'),
    ),
    held: prepare<{ practice: OdsCode; from: Instant; until: Instant }>()((p) =>
      db
        .selectFrom('attempt_slot')
        .innerJoin('attempt', 'attempt.id', 'attempt_slot.attempt_id')
        .select(['attempt_slot.slot_id as slot', 'attempt.id as attempt', 'attempt.state as state'])
        .where('attempt_slot.practice', '=', p('practice'))
        .where('attempt_slot.start_at', '>=', p('from'))
        .where('attempt_slot.start_at', '<', p('until'))
        .where('attempt_slot.live', '=', SET)
        .orderBy('attempt_slot.start_at'),
    ),
    openSlotsOf: prepare<{ practice: OdsCode; patient: string }>()((p) =>
      db
        .selectFrom('attempt')
        .innerJoin('attempt_slot', 'attempt_slot.attempt_id', 'attempt.id')
        .select(['attempt_slot.slot_id as slot', 'attempt.id as attempt', 'attempt.state as state'])
        .where('attempt.open', '=', SET)
        .where('attempt.practice', '=', p('practice'))
        .where('attempt.patient_hmac', '=', p('patient')),
    ),
    practiceRefs: prepare<{ practice: OdsCode }>()((p) =>
      db
        .selectFrom('attempt')
        .select('practice_ref')
        .where('practice', '=', p('practice'))
        .where('practice_ref', 'is not', null),
    ),
    insert: prepare<AttemptTable>()((p) =>
      db.insertInto('attempt').values({
        id: p('id'),
        practice: p('practice'),
        principal: p('principal'),
        key_source: p('key_source'),
        key_hmac: p('key_hmac'),
        key_freed: p('key_freed'),
        fingerprint: p('fingerprint'),
        state: p('state'),
        open: p('open'),
        version: p('version'),
        client_ref: p('client_ref'),
        practice_ref: p('practice_ref'),
        patient_hmac: p('patient_hmac'),
        start_at: p('start_at'),
        end_at: p('end_at'),
        details_enc: p('details_enc'),
        request_enc: p('request_enc'),
        sent_at: p('sent_at'),
        settle_at: p('settle_at'),
        evidence: p('evidence'),
        replied_at: p('replied_at'),
        created_at: p('created_at'),
        updated_at: p('updated_at'),
      }),
    ),
    insertSlot: prepare<AttemptSlotTable>()((p) =>
      db.insertInto('attempt_slot').values({
        attempt_id: p('attempt_id'),
        ordinal: p('ordinal'),
        practice: p('practice'),
        slot_id: p('slot_id'),
        start_at: p('start_at'),
        end_at: p('end_at'),
        live: p('live'),
      }),
    ),
    freeKey: prepare<{ id: AppointmentId }>()((p) =>
      db.updateTable('attempt').set({ key_freed: 1 }).where('id', '=', p('id')),
    ),
    change: prepare<ChangeRow>()((p) =>
      db
        .updateTable('attempt')
        .set((eb) => ({
          state: p('state'),
          open: p('open'),
          version: eb('version', '+', 1),
          practice_ref: eb.fn.coalesce(eb.val(p('practice_ref')), 'practice_ref'),
          start_at: eb.fn.coalesce(eb.val(p('start_at')), 'start_at'),
          end_at: eb.fn.coalesce(eb.val(p('end_at')), 'end_at'),
          details_enc: eb.fn.coalesce(eb.val(p('details_enc')), 'details_enc'),
          request_enc: sql<Buffer | null>`case when ${p('finished')} = 1 then null else ${eb.ref('request_enc')} end`,
          sent_at: eb.fn.coalesce(eb.val(p('sent_at')), 'sent_at'),
          settle_at: eb.fn.coalesce(eb.val(p('settle_at')), 'settle_at'),
          evidence: eb.fn.coalesce(eb.val(p('evidence')), 'evidence'),
          updated_at: p('updated_at'),
        }))
        .where('id', '=', p('id'))
        .where('version', '=', p('expected'))
        .returningAll(),
    ),
    dropSlots: prepare<{ id: AppointmentId }>()((p) =>
      db.updateTable('attempt_slot').set({ live: 0 }).where('attempt_id', '=', p('id')).where('live', '=', 1),
    ),
    // What the practice did is recorded even where it sold a place twice: then the other attempt keeps the slot.
    takeSlots: prepare<{ id: AppointmentId }>()((p) =>
      db
        .updateTable('attempt_slot')
        .set({ live: 1 })
        .where('attempt_id', '=', p('id'))
        .where('live', '=', 0)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('attempt_slot as other')
                .select('other.ordinal')
                .whereRef('other.practice', '=', 'attempt_slot.practice')
                .whereRef('other.slot_id', '=', 'attempt_slot.slot_id')
                .where('other.live', '=', SET),
            ),
          ),
        ),
    ),
    markReplied: prepare<{ id: AppointmentId; at: Instant }>()((p) =>
      db
        .updateTable('attempt')
        .set({ replied_at: p('at') })
        .where('id', '=', p('id'))
        .where('replied_at', 'is', null),
    ),
  };
}

export function createAttempts(db: Kysely<Schema>, commits: CommitQueue, sealing: Sealing): Attempts {
  const queries = prepareQueries(db);
  const rows = createAttemptRows(sealing);
  /** Marked in this process and not committed yet; every read takes them into account. */
  const unwritten = new Map<AppointmentId, Instant>();

  const assemble = (row: AttemptTable, slots: readonly SlotRow[]): Attempt =>
    rows.fromRows({ ...row, replied_at: row.replied_at ?? unwritten.get(row.id) ?? null }, slots);

  const load = async (from: Kysely<Schema>, row: AttemptTable): Promise<Attempt> =>
    assemble(row, await queries.slotsOf(from, { id: row.id }));

  /** The row with this key, whatever has become of it, and the row that the request repeats. */
  const repeated = async (
    from: Kysely<Schema>,
    { practice, principal, key, fingerprint, since }: Repeat,
  ): Promise<{ readonly owner: AttemptTable | undefined; readonly repeat: AttemptTable | undefined }> => {
    const hmac = rows.keyHmac(practice, principal, key);
    const [owner] = await queries.byKey(from, { practice, principal, source: key.source, hmac });
    if (owner && owner.state !== 'NOT_BOOKED' && owner.state !== 'REJECTED') return { owner, repeat: owner };
    const same = await queries.byContent(from, { practice, principal, fingerprint, since });
    return { owner, repeat: same.find((row) => row.state !== 'BOOKED' || !unwritten.has(row.id)) };
  };

  return {
    findRepeat: (practice, principal, key, fingerprint, contentSince) =>
      reading(async () => {
        const { repeat } = await repeated(db, { practice, principal, key, fingerprint, since: contentSince });
        return repeat && load(db, repeat);
      }),

    claim: (attempt, contentWindowMs, audit) =>
      commits.commit(async (commit) => {
        const { owner, repeat } = await repeated(commit.db, {
          practice: attempt.practice,
          principal: attempt.principal,
          key: attempt.key,
          fingerprint: attempt.fingerprint,
          since: attempt.receivedAt - contentWindowMs,
        });
        if (repeat) return { kind: 'existing', attempt: await load(commit.db, repeat) };
        for (const slot of attempt.slots) {
          const [holder] = await queries.holderOf(commit.db, { practice: attempt.practice, slot: slot.id });
          if (holder) return { kind: 'slot-held', attempt: await load(commit.db, holder) };
        }
        if (owner) await queries.freeKey(commit.db, { id: owner.id });
        const row = rows.toRow(attempt);
        const slots = rows.toSlotRows(attempt);
        await queries.insert(commit.db, row);
        for (const slot of slots) await queries.insertSlot(commit.db, slot);
        await commit.append(audit);
        return { kind: 'new', attempt: assemble(row, slots) };
      }),

    change: (id, version, change, audit) =>
      commits.commit(async (commit) => {
        const [row] = await queries.change(commit.db, rows.toChangeRow(id, version, change));
        if (row === undefined) return undefined;
        const follow = liveFlag(change.state) === 1 ? queries.takeSlots : queries.dropSlots;
        await follow(commit.db, { id });
        await commit.append(audit);
        return load(commit.db, row);
      }),

    readAttempt: (practice, id) =>
      reading(async () => {
        const [row] = await queries.byId(db, { id });
        return row?.practice === practice ? load(db, row) : undefined;
      }),

    openAttempts: () =>
      reading(async () => {
        const open: Attempt[] = [];
        for (const row of await queries.open(db, {})) open.push(await load(db, row));
        return open;
      }),

    heldSlots: (practice, window) =>
      reading((): Promise<readonly HeldSlot[]> =>
        queries.held(db, { practice, from: window.start, until: window.end }),
      ),

    openSlotsOf: (practice, patient) =>
      reading((): Promise<readonly HeldSlot[]> =>
        queries.openSlotsOf(db, { practice, patient: rows.patientHmac(practice, patient) }),
      ),

    knownPracticeRefs: (practice) =>
      reading(async () => {
        const known = await queries.practiceRefs(db, { practice });
        return new Set(
          known.map((row) => row.practice_ref).filter((ref): ref is PracticeAppointmentRef => ref !== null),
        );
      }),

    markReplied(id, at) {
      // A mark that is lost only means that a repeat is answered from the ledger once more.
      if (unwritten.has(id) || unwritten.size >= MOST_UNWRITTEN_REPLIES) return Promise.resolve();
      const accepted = commits.defer(
        async (transaction) => {
          await queries.markReplied(transaction, { id, at });
        },
        () => unwritten.delete(id),
      );
      if (accepted) unwritten.set(id, at);
      return Promise.resolve();
    },
  };
}
