/** The statements of booking attempts, prepared once. */
import { sql, type Kysely } from 'kysely';
import type { AppointmentId, OdsCode, PracticeAppointmentRef, ScheduleId, SlotId } from '../../domain/identifiers.js';
import type { Instant } from '../../domain/time.js';
import {
  LIVE_STATES,
  REPEATABLE_STATES,
  UNKNOWN_STATES,
  type AttemptState,
  type IdempotencyKey,
} from '../../ports/ledger.js';
import { prepare, type Parameter } from '../prepared.js';
import {
  SET,
  UNSET,
  type AttemptAliasTable,
  type AttemptBookingTable,
  type AttemptSlotTable,
  type AttemptTable,
  type Schema,
} from '../schema.js';
import type { ChangeRow } from './rows.js';

interface KeyOf {
  readonly practice: OdsCode;
  readonly principal: string;
  readonly source: IdempotencyKey['source'];
  readonly hmac: string;
}

interface ContentOf {
  readonly practice: OdsCode;
  readonly principal: string;
  readonly fingerprint: string;
  readonly since: Instant;
}

export function prepareQueries(db: Kysely<Schema>) {
  const attempts = db.selectFrom('attempt').selectAll('attempt');
  // The earlier ones are few and have indexes of their own; a plain join would leave the order to the database.
  const pairs = db
    .selectFrom('attempt as earlier')
    .crossJoin('attempt as later')
    .selectAll('later')
    .select(['earlier.id as of', 'earlier.state as of_state'])
    .whereRef('later.practice', '=', 'earlier.practice')
    .whereRef('later.patient_hmac', '=', 'earlier.patient_hmac')
    .whereRef('later.principal', '=', 'earlier.principal')
    .where('later.state', 'in', [...LIVE_STATES])
    .where((eb) =>
      eb.or([
        eb('later.created_at', '>', eb.ref('earlier.created_at')),
        eb('later.created_at', '=', eb.ref('earlier.created_at')).and('later.id', '>', eb.ref('earlier.id')),
      ]),
    );
  const pairsWithin = (p: Parameter<{ within: number }>) =>
    pairs.where((eb) => eb('later.created_at', '<=', eb('earlier.created_at', '+', p('within'))));
  return {
    byId: prepare<{ id: AppointmentId }>()((p) => attempts.where('id', '=', p('id'))),
    // The attempt that the key was made for, or one that got it as another key: every key belongs to one of them.
    byKey: prepare<KeyOf>()((p) =>
      attempts.where('id', 'in', (eb) =>
        eb
          .selectFrom('attempt as own')
          .select('own.id as id')
          .where('own.practice', '=', p('practice'))
          .where('own.principal', '=', p('principal'))
          .where('own.key_source', '=', p('source'))
          .where('own.key_hmac', '=', p('hmac'))
          .where('own.key_freed', '=', UNSET)
          .unionAll(
            eb
              .selectFrom('attempt_alias as other')
              .select('other.attempt_id as id')
              .where('other.practice', '=', p('practice'))
              .where('other.principal', '=', p('principal'))
              .where('other.key_source', '=', p('source'))
              .where('other.key_hmac', '=', p('hmac')),
          ),
      ),
    ),
    byContent: prepare<ContentOf>()((p) =>
      attempts
        .where('practice', '=', p('practice'))
        .where('principal', '=', p('principal'))
        .where('fingerprint', '=', p('fingerprint'))
        .where('created_at', '>=', p('since'))
        .where('state', 'in', [...REPEATABLE_STATES])
        .orderBy('created_at', 'desc')
        .limit(1),
    ),
    holderOf: prepare<{ practice: OdsCode; slot: SlotId }>()((p) =>
      attempts
        .innerJoin('attempt_slot', 'attempt_slot.attempt_id', 'attempt.id')
        .where('attempt_slot.practice', '=', p('practice'))
        .where('attempt_slot.slot_id', '=', p('slot'))
        .where('attempt_slot.live', '=', SET),
    ),
    open: prepare<object>()(() => attempts.where('open', '=', SET).orderBy('created_at').orderBy('id')),
    // The states are literals for the same reason as `SET`.
    needsHuman: prepare<object>()(() => attempts.where('state', '=', sql.lit<AttemptState>('NEEDS_HUMAN'))),
    unclaimed: prepare<object>()(() =>
      attempts.where('state', '=', sql.lit<AttemptState>('BOOKED')).where('replied_at', 'is', null),
    ),
    afterOpen: prepare<{ within: number }>()((p) =>
      pairsWithin(p)
        .where('earlier.open', '=', SET)
        .where('earlier.state', 'in', [...UNKNOWN_STATES]),
    ),
    afterNeedsHuman: prepare<{ within: number }>()((p) =>
      pairsWithin(p).where('earlier.state', '=', sql.lit<AttemptState>('NEEDS_HUMAN')),
    ),
    afterUnclaimed: prepare<{ within: number }>()((p) =>
      pairsWithin(p)
        .where('earlier.state', '=', sql.lit<AttemptState>('BOOKED'))
        .where('earlier.replied_at', 'is', null),
    ),
    // One journey to the database instead of two.
    partsOf: prepare<{ id: AppointmentId }>()((p) =>
      db
        .selectFrom('attempt_slot')
        .select(['attempt_id', 'ordinal', 'slot_id', 'start_at', 'end_at', 'live'])
        .select(sql<PracticeAppointmentRef | null>`cast(null as text)`.as('practice_ref'))
        .where('attempt_id', '=', p('id'))
        .unionAll(
          db
            .selectFrom('attempt_booking')
            .select(['attempt_id', sql.lit(0).as('ordinal'), sql.lit('' as SlotId).as('slot_id')])
            .select([sql.lit(0).as('start_at'), sql.lit(0).as('end_at'), UNSET.as('live'), 'practice_ref'])
            .where('attempt_id', '=', p('id')),
        )
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
    openOutcomesOf: prepare<{ practice: OdsCode; principal: string; patient: string }>()((p) =>
      db
        .selectFrom('attempt')
        .select(['principal', 'patient_hmac'])
        .where('open', '=', SET)
        .where('practice', '=', p('practice'))
        .where('state', 'in', ['RESERVE_OPEN', 'CONFIRM_OPEN'])
        .where((eb) => eb.or([eb('principal', '=', p('principal')), eb('patient_hmac', '=', p('patient'))])),
    ),
    practiceRefs: prepare<{ practice: OdsCode }>()((p) =>
      db.selectFrom('attempt_booking').select('practice_ref').where('practice', '=', p('practice')),
    ),
    ownerOf: prepare<{ practice: OdsCode; ref: PracticeAppointmentRef }>()((p) =>
      attempts
        .innerJoin('attempt_booking', 'attempt_booking.attempt_id', 'attempt.id')
        .where('attempt_booking.practice', '=', p('practice'))
        .where('attempt_booking.practice_ref', '=', p('ref')),
    ),
    appointmentsOf: prepare<{ practice: OdsCode; patient: string; from: Instant }>()((p) =>
      attempts
        .where('practice', '=', p('practice'))
        .where('patient_hmac', '=', p('patient'))
        .where('start_at', '>=', p('from'))
        .where('state', 'in', ['BOOKED', 'CANCELLING', 'CANCEL_OPEN', 'CANCELLED'])
        .orderBy('start_at')
        .orderBy('id'),
    ),
    bookedInSchedule: prepare<{ practice: OdsCode; schedule: ScheduleId }>()((p) =>
      db
        .selectFrom('attempt')
        .innerJoin('attempt_slot', 'attempt_slot.attempt_id', 'attempt.id')
        .select((eb) => [
          'attempt.organisation as organisation',
          'attempt.organisation_type as type',
          eb.fn.countAll<number>().as('slots'),
        ])
        .where('attempt.practice', '=', p('practice'))
        .where('attempt.schedule_id', '=', p('schedule'))
        .where('attempt_slot.live', '=', SET)
        .groupBy(['attempt.organisation', 'attempt.organisation_type']),
    ),
    insertBooking: prepare<AttemptBookingTable>()((p) =>
      db
        .insertInto('attempt_booking')
        .values({ practice: p('practice'), practice_ref: p('practice_ref'), attempt_id: p('attempt_id') }),
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
        revision: p('revision'),
        schedule_id: p('schedule_id'),
        organisation: p('organisation'),
        organisation_type: p('organisation_type'),
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
    insertAlias: prepare<AttemptAliasTable>()((p) =>
      db.insertInto('attempt_alias').values({
        practice: p('practice'),
        principal: p('principal'),
        key_source: p('key_source'),
        key_hmac: p('key_hmac'),
        attempt_id: p('attempt_id'),
      }),
    ),
    freeKey: prepare<KeyOf>()((p) =>
      db
        .updateTable('attempt')
        .set({ key_freed: 1 })
        .where('practice', '=', p('practice'))
        .where('principal', '=', p('principal'))
        .where('key_source', '=', p('source'))
        .where('key_hmac', '=', p('hmac'))
        .where('key_freed', '=', UNSET),
    ),
    freeAlias: prepare<KeyOf>()((p) =>
      db
        .deleteFrom('attempt_alias')
        .where('practice', '=', p('practice'))
        .where('principal', '=', p('principal'))
        .where('key_source', '=', p('source'))
        .where('key_hmac', '=', p('hmac')),
    ),
    change: prepare<ChangeRow>()((p) =>
      db
        .updateTable('attempt')
        .set((eb) => ({
          state: p('state'),
          open: p('open'),
          version: eb('version', '+', 1),
          revision: eb('revision', '+', p('revises')),
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
    deleteSlots: prepare<{ id: AppointmentId }>()((p) =>
      db.deleteFrom('attempt_slot').where('attempt_id', '=', p('id')),
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
