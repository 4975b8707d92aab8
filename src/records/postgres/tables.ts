/**
 * The tables of the ledger on PostgreSQL and their migrations. The columns are those of `../schema.ts`, which both
 * databases share; what is added here keeps several processes apart. A migration that has been released is never
 * edited: the next one gets the next number. Old and new processes run side by side for a while, so a migration only
 * adds.
 *
 * Text is collated "C": it is compared by its bytes, as SQLite does, whatever the database was made with.
 */
import { sql, type ColumnType, type Generated, type Kysely, type Migration, type RawBuilder } from 'kysely';
import { indexExpiry } from '../retention/indexes.js';
import type { AttemptTable, Schema } from '../schema.js';

export interface OwnedAttemptTable extends AttemptTable {
  /** The process that changed the row last; set by the table itself. */
  owner: number | null;
}

export interface InstanceTable {
  /** Grows with every process that registers: the fence of everything it holds. */
  id: Generated<number>;
  /** By the database's clock; never read here. */
  lease_until: ColumnType<never, RawBuilder<Date>, RawBuilder<Date>>;
}

export interface PlaceLockTable {
  /** HMAC of the place: the name of what is locked may hold a number of a patient. */
  place: string;
  holder: number;
}

export interface SharedSchema extends Omit<Schema, 'attempt'> {
  attempt: OwnedAttemptTable;
  instance: InstanceTable;
  place_lock: PlaceLockTable;
}

/** Transaction-local setting that holds the id of the process's row in `instance`. */
export const INSTANCE_SETTING = 'slotbridge.instance';

const ATTEMPTS = `
create table attempt (
  id text collate "C" primary key,
  practice text collate "C" not null,
  principal text collate "C" not null,
  key_source text collate "C" not null,
  key_hmac text collate "C" not null,
  key_freed smallint not null default 0,
  fingerprint text collate "C" not null,
  state text collate "C" not null,
  open smallint not null,
  version integer not null,
  revision integer not null default 1,
  client_ref text collate "C" not null,
  schedule_id text collate "C",
  organisation text collate "C",
  organisation_type text collate "C",
  patient_hmac text collate "C" not null,
  start_at bigint not null,
  end_at bigint not null,
  details_enc bytea not null,
  request_enc bytea,
  sent_at bigint,
  settle_at bigint,
  evidence text collate "C",
  replied_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  owner bigint
);
create unique index attempt_key on attempt (practice, principal, key_source, key_hmac) where key_freed = 0;
create unique index attempt_client_ref on attempt (practice, client_ref);
create index attempt_content on attempt (practice, principal, fingerprint, created_at);
create index attempt_patient on attempt (practice, patient_hmac, start_at);
create index attempt_open on attempt (created_at) where open = 1;
create index attempt_open_of_patient on attempt (practice, patient_hmac) where open = 1;
create index attempt_schedule on attempt (practice, schedule_id) where schedule_id is not null;
create index attempt_needs_human on attempt (created_at) where state = 'NEEDS_HUMAN';
create index attempt_unclaimed on attempt (created_at) where state = 'BOOKED' and replied_at is null;

create function attempt_owner() returns trigger language plpgsql as $$
begin
  new.owner := nullif(current_setting('${INSTANCE_SETTING}', true), '')::bigint;
  return new;
end $$;
create trigger attempt_owner before insert or update of version on attempt
  for each row execute function attempt_owner();

create table attempt_slot (
  attempt_id text collate "C" not null references attempt (id),
  ordinal integer not null,
  practice text collate "C" not null,
  slot_id text collate "C" not null,
  start_at bigint not null,
  end_at bigint not null,
  live smallint not null,
  primary key (attempt_id, ordinal)
);
create unique index attempt_slot_live on attempt_slot (practice, slot_id) where live = 1;
create index attempt_slot_window on attempt_slot (practice, start_at, slot_id) where live = 1;

create table attempt_booking (
  practice text collate "C" not null,
  practice_ref text collate "C" not null,
  attempt_id text collate "C" not null references attempt (id),
  primary key (practice, practice_ref)
);
create index attempt_booking_attempt on attempt_booking (attempt_id);
`;

const LINKS_AND_AUDIT = `
create table patient_link (
  practice text collate "C" not null,
  id text collate "C" not null,
  nhs_hmac text collate "C" not null,
  status text collate "C" not null,
  traced_at bigint,
  registered_from bigint,
  registered_until bigint,
  link_enc bytea not null,
  version integer not null,
  primary key (practice, id),
  unique (practice, nhs_hmac)
);

create table audit (
  seq bigint primary key,
  previous_hash text collate "C" not null,
  hash text collate "C" not null,
  event text collate "C" not null
);
create function audit_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only';
end $$;
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function audit_append_only();

create table meta (
  name text collate "C" primary key,
  value text collate "C" not null
);
`;

/** Whoever finds a lease run out deletes the row, and with it everything that the process held. */
const LEASES = `
create table instance (
  id bigint generated always as identity primary key,
  lease_until timestamptz not null
);
create table place_lock (
  place text collate "C" primary key,
  holder bigint not null references instance (id) on delete cascade
);
create index place_lock_holder on place_lock (holder);
`;

/** What an older process beside this one does not know of is only that a request may have several keys. */
const ALIASES = `
create table attempt_alias (
  practice text collate "C" not null,
  principal text collate "C" not null,
  key_source text collate "C" not null,
  key_hmac text collate "C" not null,
  attempt_id text collate "C" not null references attempt (id) on delete cascade,
  primary key (practice, principal, key_source, key_hmac)
);
create index attempt_alias_attempt on attempt_alias (attempt_id);
`;

export const MIGRATIONS: Record<string, Migration> = {
  '0001-ledger': {
    async up(db: Kysely<unknown>) {
      await sql.raw(ATTEMPTS).execute(db);
      await sql.raw(LINKS_AND_AUDIT).execute(db);
      await sql.raw(LEASES).execute(db);
    },
  },
  '0002-aliases': {
    async up(db: Kysely<unknown>) {
      await sql.raw(ALIASES).execute(db);
    },
  },
  '0003-expiry': { up: indexExpiry },
};
