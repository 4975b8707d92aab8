/**
 * Tables of the ledger and their migrations. A migration that has been released is never edited; the next one gets
 * the next number, and `SCHEMA_VERSION` with it, so that an older program refuses a newer file.
 */
import { sql, type Kysely, type Migration } from 'kysely';
import type {
  AppointmentId,
  OdsCode,
  PatientId,
  PracticeAppointmentRef,
  ScheduleId,
  SlotId,
} from '../domain/identifiers.js';
import type { NhsNumberStatus } from '../domain/patient.js';
import type { Instant } from '../domain/time.js';
import type { AttemptState, KeySource } from '../ports/ledger.js';
import { indexExpiry } from './retention/indexes.js';

export const SCHEMA_VERSION = 5;

export type Flag = 0 | 1;

export interface AttemptTable {
  id: AppointmentId;
  practice: OdsCode;
  principal: string;
  key_source: KeySource;
  /** Of the idempotency key, which a consumer may have made of its patient's numbers. */
  key_hmac: string;
  /** The key no longer belongs to this attempt: another one was made for it, or found by its content. */
  key_freed: Flag;
  fingerprint: string;
  state: AttemptState;
  /** `state` is one of `OPEN_STATES`; a column, because an index on it must stay as small as the open attempts. */
  open: Flag;
  version: number;
  /** Version of the appointment as its readers see it. */
  revision: number;
  client_ref: string;
  schedule_id: ScheduleId | null;
  /** The booking organisation, as far as limits per organisation need it. */
  organisation: OdsCode | null;
  organisation_type: string | null;
  patient_hmac: string;
  start_at: Instant;
  end_at: Instant;
  details_enc: Buffer;
  request_enc: Buffer | null;
  sent_at: Instant | null;
  settle_at: Instant | null;
  evidence: string | null;
  replied_at: Instant | null;
  created_at: Instant;
  updated_at: Instant;
}

export interface AttemptSlotTable {
  attempt_id: AppointmentId;
  ordinal: number;
  practice: OdsCode;
  slot_id: SlotId;
  start_at: Instant;
  end_at: Instant;
  /** The attempt is in one of `LIVE_STATES`: nobody else gets this slot. */
  live: Flag;
}

/** Bookings of the practice systems; each belongs to one attempt. */
export interface AttemptBookingTable {
  practice: OdsCode;
  practice_ref: PracticeAppointmentRef;
  attempt_id: AppointmentId;
}

/** Further keys of an attempt: it was asked for again with them, and recognised by its content. */
export interface AttemptAliasTable {
  practice: OdsCode;
  principal: string;
  key_source: KeySource;
  key_hmac: string;
  attempt_id: AppointmentId;
}

export interface PatientLinkTable {
  practice: OdsCode;
  id: PatientId;
  nhs_hmac: string;
  status: NhsNumberStatus;
  traced_at: Instant | null;
  registered_from: Instant | null;
  registered_until: Instant | null;
  link_enc: Buffer;
  version: number;
}

export interface AuditTable {
  seq: number;
  previous_hash: string;
  hash: string;
  event: string;
}

export interface MetaTable {
  name: string;
  value: string;
}

export interface Schema {
  attempt: AttemptTable;
  attempt_slot: AttemptSlotTable;
  attempt_booking: AttemptBookingTable;
  attempt_alias: AttemptAliasTable;
  patient_link: PatientLinkTable;
  audit: AuditTable;
  meta: MetaTable;
}

/** Literals, not parameters: SQLite uses a partial index only where the query shows the index's own condition. */
export const SET = sql.lit<Flag>(1);
export const UNSET = sql.lit<Flag>(0);

async function createAttempts(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('attempt')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('practice', 'text', (c) => c.notNull())
    .addColumn('principal', 'text', (c) => c.notNull())
    .addColumn('key_source', 'text', (c) => c.notNull())
    .addColumn('key_hmac', 'text', (c) => c.notNull())
    .addColumn('key_freed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('fingerprint', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('open', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('client_ref', 'text', (c) => c.notNull())
    .addColumn('practice_ref', 'text')
    .addColumn('patient_hmac', 'text', (c) => c.notNull())
    .addColumn('start_at', 'integer', (c) => c.notNull())
    .addColumn('end_at', 'integer', (c) => c.notNull())
    .addColumn('details_enc', 'blob', (c) => c.notNull())
    .addColumn('request_enc', 'blob')
    .addColumn('sent_at', 'integer')
    .addColumn('settle_at', 'integer')
    .addColumn('evidence', 'text')
    .addColumn('replied_at', 'integer')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('updated_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  const index = (name: string) => db.schema.createIndex(name).on('attempt');
  await index('attempt_key')
    .unique()
    .columns(['practice', 'principal', 'key_source', 'key_hmac'])
    .where(sql.ref('key_freed'), '=', 0)
    .execute();
  await index('attempt_client_ref').unique().columns(['practice', 'client_ref']).execute();
  await index('attempt_content').columns(['practice', 'principal', 'fingerprint', 'created_at']).execute();
  await index('attempt_patient').columns(['practice', 'patient_hmac', 'start_at']).execute();
  // One booking of a practice is one appointment of ours.
  await index('attempt_practice_ref')
    .unique()
    .columns(['practice', 'practice_ref'])
    .where('practice_ref', 'is not', null)
    .execute();
  await index('attempt_open').column('created_at').where(sql.ref('open'), '=', 1).execute();
  await index('attempt_open_of_patient').columns(['practice', 'patient_hmac']).where(sql.ref('open'), '=', 1).execute();

  await db.schema
    .createTable('attempt_slot')
    .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempt.id'))
    .addColumn('ordinal', 'integer', (c) => c.notNull())
    .addColumn('practice', 'text', (c) => c.notNull())
    .addColumn('slot_id', 'text', (c) => c.notNull())
    .addColumn('start_at', 'integer', (c) => c.notNull())
    .addColumn('end_at', 'integer', (c) => c.notNull())
    .addColumn('live', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('attempt_slot_key', ['attempt_id', 'ordinal'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  const slotIndex = (name: string) => db.schema.createIndex(name).on('attempt_slot');
  await slotIndex('attempt_slot_live')
    .unique()
    .columns(['practice', 'slot_id'])
    .where(sql.ref('live'), '=', 1)
    .execute();
  await slotIndex('attempt_slot_window')
    .columns(['practice', 'start_at', 'slot_id'])
    .where(sql.ref('live'), '=', 1)
    .execute();
}

async function createPatientLinks(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('patient_link')
    .addColumn('practice', 'text', (c) => c.notNull())
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('nhs_hmac', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('traced_at', 'integer')
    .addColumn('registered_from', 'integer')
    .addColumn('registered_until', 'integer')
    .addColumn('link_enc', 'blob', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('patient_link_key', ['practice', 'id'])
    .addUniqueConstraint('patient_link_nhs', ['practice', 'nhs_hmac'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();
}

async function createAudit(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('seq', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('previous_hash', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  for (const change of ['update', 'delete'] as const) {
    await sql`
      create trigger ${sql.raw(`audit_no_${change}`)} before ${sql.raw(change)} on audit
      begin select raise(abort, 'the audit trail is append-only'); end
    `.execute(db);
  }
}

/** Several bookings for one attempt; a version for readers; what limits per organisation are counted by. */
async function addBookings(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('attempt_booking')
    .addColumn('practice', 'text', (c) => c.notNull())
    .addColumn('practice_ref', 'text', (c) => c.notNull())
    .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempt.id'))
    // One booking of a practice is one appointment of ours.
    .addPrimaryKeyConstraint('attempt_booking_key', ['practice', 'practice_ref'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  await db.schema.createIndex('attempt_booking_attempt').on('attempt_booking').column('attempt_id').execute();
  await sql`
    insert into attempt_booking (practice, practice_ref, attempt_id)
    select practice, practice_ref, id from attempt where practice_ref is not null
  `.execute(db);
  await db.schema.dropIndex('attempt_practice_ref').execute();
  await db.schema.alterTable('attempt').dropColumn('practice_ref').execute();
  await db.schema
    .alterTable('attempt')
    .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(1))
    .execute();
  // Until now the version of a row was what its readers saw.
  await sql`update attempt set revision = version`.execute(db);
  for (const column of ['schedule_id', 'organisation', 'organisation_type']) {
    await db.schema.alterTable('attempt').addColumn(column, 'text').execute();
  }
  await db.schema
    .createIndex('attempt_schedule')
    .on('attempt')
    .columns(['practice', 'schedule_id'])
    .where(sql.ref('schedule_id'), 'is not', null)
    .execute();
}

/** What operators look after is found without reading the rows that are finished. */
async function indexUnsettled(db: Kysely<Schema>): Promise<void> {
  const index = (name: string) => db.schema.createIndex(name).on('attempt').column('created_at');
  await index('attempt_needs_human').where(sql.ref('state'), '=', 'NEEDS_HUMAN').execute();
  await index('attempt_unclaimed')
    .where(sql.ref('state'), '=', 'BOOKED')
    .where(sql.ref('replied_at'), 'is', null)
    .execute();
}

async function addAliases(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('attempt_alias')
    .addColumn('practice', 'text', (c) => c.notNull())
    .addColumn('principal', 'text', (c) => c.notNull())
    .addColumn('key_source', 'text', (c) => c.notNull())
    .addColumn('key_hmac', 'text', (c) => c.notNull())
    .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempt.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('attempt_alias_key', ['practice', 'principal', 'key_source', 'key_hmac'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  await db.schema.createIndex('attempt_alias_attempt').on('attempt_alias').column('attempt_id').execute();
}

export const MIGRATIONS: Record<string, Migration> = {
  '0001-ledger': {
    async up(db: Kysely<Schema>) {
      await createAttempts(db);
      await createPatientLinks(db);
      await createAudit(db);
      await db.schema
        .createTable('meta')
        .addColumn('name', 'text', (c) => c.primaryKey().notNull())
        .addColumn('value', 'text', (c) => c.notNull())
        .modifyEnd(sql`without rowid, strict`)
        .execute();
    },
  },
  '0002-bookings': { up: addBookings },
  '0003-unsettled': { up: indexUnsettled },
  '0004-aliases': { up: addAliases },
  '0005-expiry': { up: indexExpiry },
};
