/**
 * Booking attempts, as `ports/ledger.ts` promises them. Reads see what is committed; every change is one transaction
 * with its audit row.
 */
import type { Kysely } from 'kysely';
import type { AppointmentId, PracticeAppointmentRef } from '../../domain/identifiers.js';
import type { Instant } from '../../domain/time.js';
import {
  byAge,
  REFUSAL_REPEAT_MS,
  TRANSPORT_REPEAT_MS,
  type Asked,
  type Attempt,
  type BookedInSchedule,
  type HeldSlot,
  type Ledger,
  type PossibleDuplicate,
  type Repeat,
} from '../../ports/ledger.js';
import { reading, type Commit, type CommitQueue } from '../commit-queue.js';
import { prepareQueries } from './queries.js';
import { createAttemptRows, liveFlag, type SlotRow } from './rows.js';
import type { AttemptSlotTable, AttemptTable, Schema } from '../schema.js';
import type { Sealing } from '../sealing.js';

interface Parts {
  readonly slots: readonly (SlotRow & Pick<AttemptSlotTable, 'live'>)[];
  readonly refs: readonly PracticeAppointmentRef[];
}

const MOST_REPLIES_KEPT = 10_000;

export type Attempts = Pick<
  Ledger,
  | 'findRepeat'
  | 'bindRepeat'
  | 'claim'
  | 'change'
  | 'readAttempt'
  | 'openAttempts'
  | 'unsettled'
  | 'possibleDuplicates'
  | 'findAttempt'
  | 'openSlotsOf'
  | 'openOutcomes'
  | 'heldSlots'
  | 'knownPracticeRefs'
  | 'ownersOf'
  | 'appointmentsOf'
  | 'adopt'
  | 'bookedInSchedules'
  | 'markReplied'
>;

export function createAttempts(db: Kysely<Schema>, commits: CommitQueue, sealing: Sealing): Attempts {
  const queries = prepareQueries(db);
  const rows = createAttemptRows(sealing);
  /** Marked in this process and not committed yet; every read takes them into account. */
  const unwritten = new Map<AppointmentId, Instant>();
  /** The latest that this process has committed: who reads an appointment again need not be written down again. */
  const written = new Set<AppointmentId>();
  const noteWritten = (id: AppointmentId): void => {
    unwritten.delete(id);
    written.add(id);
    const [oldest] = written;
    if (oldest !== undefined && written.size > MOST_REPLIES_KEPT) written.delete(oldest);
  };

  const marked = (row: AttemptTable): AttemptTable => ({
    ...row,
    replied_at: row.replied_at ?? unwritten.get(row.id) ?? null,
  });

  const assemble = (
    row: AttemptTable,
    slots: readonly SlotRow[],
    bookings: readonly PracticeAppointmentRef[],
  ): Attempt => rows.fromRows(marked(row), slots, bookings);

  const partsOf = async (from: Kysely<Schema>, id: AppointmentId): Promise<Parts> => {
    const slots: Parts['slots'][number][] = [];
    const refs: PracticeAppointmentRef[] = [];
    for (const part of await queries.partsOf(from, { id })) {
      if (part.practice_ref === null) slots.push(part);
      else refs.push(part.practice_ref);
    }
    return { slots, refs: refs.sort() };
  };

  const load = async (from: Kysely<Schema>, row: AttemptTable): Promise<Attempt> => {
    const { slots, refs } = await partsOf(from, row.id);
    return assemble(row, slots, refs);
  };

  const keyOf = ({ practice, principal, key }: Asked) => ({
    practice,
    principal,
    source: key.source,
    hmac: rows.keyHmac(practice, principal, key),
  });

  /** Whether the request may be made anew with the key of this row, or of it as another key. */
  const givesWay = (row: AttemptTable, { key, fingerprint, receivedAt }: Asked): boolean => {
    if (key.source === 'transport' && row.created_at < receivedAt - TRANSPORT_REPEAT_MS) return true;
    if (row.fingerprint !== fingerprint) return false;
    if (row.state === 'NOT_BOOKED') return true;
    // Either way: a clock that was put back must not make a refusal last.
    return row.state === 'REJECTED' && Math.abs(receivedAt - row.updated_at) >= REFUSAL_REPEAT_MS;
  };

  /** The row that the request repeats, and whether its key stands at one that gives way. */
  const repeated = async (
    from: Kysely<Schema>,
    asked: Asked,
    contentWindowMs: number,
  ): Promise<{ readonly row: AttemptTable | undefined; readonly by: Repeat['by']; readonly outdated: boolean }> => {
    const [owner] = await queries.byKey(from, keyOf(asked));
    if (owner && !givesWay(owner, asked)) return { row: owner, by: 'key', outdated: false };
    const { practice, principal, fingerprint, receivedAt } = asked;
    const since = receivedAt - contentWindowMs;
    const [row] = await queries.byContent(from, { practice, principal, fingerprint, since });
    return { row, by: 'content', outdated: owner !== undefined };
  };

  const freeKey = async (commit: Commit, asked: Asked): Promise<void> => {
    const key = keyOf(asked);
    await queries.freeKey(commit.db, key);
    await queries.freeAlias(commit.db, key);
  };

  /** As `repeated`; the key of the request is one of the row's keys from now on. */
  const bound = async (
    commit: Commit,
    asked: Asked,
    contentWindowMs: number,
  ): Promise<{ readonly repeat: Attempt | undefined; readonly outdated: boolean }> => {
    const { row, by, outdated } = await repeated(commit.db, asked, contentWindowMs);
    if (!row) return { repeat: undefined, outdated };
    if (by === 'content') {
      if (outdated) await freeKey(commit, asked);
      const { practice, principal, source, hmac } = keyOf(asked);
      const alias = { practice, principal, key_source: source, key_hmac: hmac, attempt_id: row.id };
      await queries.insertAlias(commit.db, alias);
    }
    return { repeat: await load(commit.db, row), outdated };
  };

  return {
    findRepeat: (asked, contentWindowMs) =>
      reading(async (): Promise<Repeat | undefined> => {
        const { row, by } = await repeated(db, asked, contentWindowMs);
        return row && { attempt: await load(db, row), by };
      }),

    bindRepeat: (asked, contentWindowMs) =>
      commits.commit(async (commit) => (await bound(commit, asked, contentWindowMs)).repeat),

    claim: (attempt, contentWindowMs, audit) =>
      commits.commit(async (commit) => {
        const { repeat, outdated } = await bound(commit, attempt, contentWindowMs);
        if (repeat) return { kind: 'existing', attempt: repeat };
        for (const slot of attempt.slots) {
          const [holder] = await queries.holderOf(commit.db, { practice: attempt.practice, slot: slot.id });
          if (holder) return { kind: 'slot-held', attempt: await load(commit.db, holder) };
        }
        if (outdated) await freeKey(commit, attempt);
        const row = rows.toRow(attempt);
        const slots = rows.toSlotRows(attempt);
        await queries.insert(commit.db, row);
        for (const slot of slots) await queries.insertSlot(commit.db, slot);
        commit.append(audit);
        return { kind: 'new', attempt: assemble(row, slots, []) };
      }),

    change: (id, version, change, audit) =>
      commits.commit(async (commit) => {
        const [row] = await queries.change(commit.db, rows.toChangeRow(id, version, change));
        if (row === undefined) return undefined;
        if (change.slots) {
          await queries.deleteSlots(commit.db, { id });
          const moved = { id, practice: row.practice, slots: change.slots };
          for (const slot of rows.toUnheldSlotRows(moved)) await queries.insertSlot(commit.db, slot);
        }
        const { slots, refs } = await partsOf(commit.db, id);
        const live = liveFlag(change.state);
        // As a rule they are already as they are to be: everybody waits for what is done here.
        if (slots.some((slot) => slot.live !== live)) {
          await (live === 1 ? queries.takeSlots : queries.dropSlots)(commit.db, { id });
        }
        const added = [...new Set(change.practiceRefs)].filter((ref) => !refs.includes(ref));
        for (const ref of added) {
          await queries.insertBooking(commit.db, { practice: row.practice, practice_ref: ref, attempt_id: id });
        }
        commit.append(audit);
        return assemble(row, slots, [...refs, ...added].sort());
      }),

    adopt: (appointment, audit) =>
      commits.commit(async (commit) => {
        const { practice, practiceRef: ref, id } = appointment;
        const [owner] = await queries.ownerOf(commit.db, { practice, ref });
        if (owner) return load(commit.db, owner);
        const row = rows.toAdoptedRow(appointment);
        const slots = rows.toUnheldSlotRows(appointment);
        await queries.insert(commit.db, row);
        for (const slot of slots) await queries.insertSlot(commit.db, slot);
        await queries.insertBooking(commit.db, { practice, practice_ref: ref, attempt_id: id });
        commit.append(audit);
        return assemble(row, slots, [ref]);
      }),

    readAttempt: (practice, id) =>
      reading(async () => {
        const [row] = await queries.byId(db, { id });
        return row?.practice === practice ? load(db, row) : undefined;
      }),

    openAttempts: () => reading(async () => (await queries.open(db, {})).map((row) => rows.toSummary(marked(row)))),

    unsettled: () =>
      reading(async () => {
        const found = [
          ...(await queries.open(db, {})),
          ...(await queries.needsHuman(db, {})),
          ...(await queries.unclaimed(db, {})),
        ];
        return found
          .filter((row) => row.state !== 'BOOKED' || !unwritten.has(row.id))
          .map((row) => rows.toSummary(row))
          .sort(byAge);
      }),

    possibleDuplicates: (within) =>
      reading(async () => {
        const found = [
          ...(await queries.afterOpen(db, { within })),
          ...(await queries.afterNeedsHuman(db, { within })),
          ...(await queries.afterUnclaimed(db, { within })),
        ];
        return found
          .filter((row) => row.of_state !== 'BOOKED' || !unwritten.has(row.of))
          .map((row): PossibleDuplicate => ({ attempt: rows.toSummary(marked(row)), of: row.of }))
          .sort((a, b) => byAge(a.attempt, b.attempt) || (a.of < b.of ? -1 : 1));
      }),

    findAttempt: (id) =>
      reading(async () => {
        const [row] = await queries.byId(db, { id });
        return row && load(db, row);
      }),

    heldSlots: (practice, window) =>
      reading((): Promise<readonly HeldSlot[]> =>
        queries.held(db, { practice, from: window.start, until: window.end }),
      ),

    openSlotsOf: (practice, patient) =>
      reading((): Promise<readonly HeldSlot[]> =>
        queries.openSlotsOf(db, { practice, patient: rows.patientHmac(practice, patient) }),
      ),

    openOutcomes: (practice, principal, patient) =>
      reading(async () => {
        const hmac = rows.patientHmac(practice, patient);
        const open = await queries.openOutcomesOf(db, { practice, principal, patient: hmac });
        return {
          ofPrincipal: open.filter((row) => row.principal === principal).length,
          ofPatient: open.filter((row) => row.patient_hmac === hmac).length,
        };
      }),

    knownPracticeRefs: (practice) =>
      reading(async () => {
        const known = await queries.practiceRefs(db, { practice });
        return new Set(known.map((row) => row.practice_ref));
      }),

    ownersOf: (practice, refs) =>
      reading(async () => {
        const owners = new Map<PracticeAppointmentRef, Attempt>();
        for (const ref of refs) {
          const [row] = await queries.ownerOf(db, { practice, ref });
          if (row) owners.set(ref, await load(db, row));
        }
        return owners;
      }),

    appointmentsOf: (practice, patient, from) =>
      reading(async () => {
        const found: Attempt[] = [];
        const ofPatient = { practice, patient: rows.patientHmac(practice, patient), from };
        for (const row of await queries.appointmentsOf(db, ofPatient)) found.push(await load(db, row));
        return found;
      }),

    bookedInSchedules: (practice, schedules) =>
      reading(async () => {
        const booked: BookedInSchedule[] = [];
        for (const scheduleId of schedules) {
          for (const { organisation, type, slots } of await queries.bookedInSchedule(db, {
            practice,
            schedule: scheduleId,
          })) {
            booked.push({
              scheduleId,
              organisation: organisation ?? undefined,
              organisationType: type ?? undefined,
              slots: Number(slots),
            });
          }
        }
        return booked;
      }),

    markReplied(id, at) {
      // A mark that is lost only means that a repeat is answered from the ledger once more.
      if (unwritten.has(id) || written.has(id)) return Promise.resolve();
      if (unwritten.size >= MOST_REPLIES_KEPT) return Promise.resolve();
      const accepted = commits.defer(
        async (transaction) => {
          await queries.markReplied(transaction, { id, at });
        },
        () => noteWritten(id),
      );
      if (accepted) unwritten.set(id, at);
      return Promise.resolve();
    },
  };
}
