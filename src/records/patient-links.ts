/** Links between NHS numbers and practice patients. Everything about the person is sealed; the number is found by HMAC. */
import type { Kysely } from 'kysely';
import type { NhsNumber, OdsCode, PatientId, PracticePatientRef } from '../domain/identifiers.js';
import type { PatientDemographics } from '../domain/patient.js';
import type { Ledger, PatientLink } from '../ports/ledger.js';
import { reading, type CommitQueue } from './commit-queue.js';
import { prepare } from './prepared.js';
import type { PatientLinkTable, Schema } from './schema.js';
import type { Sealing } from './sealing.js';

export type PatientLinks = Pick<Ledger, 'findPatientLink' | 'readPatientLink' | 'savePatientLink'>;

interface SealedLink {
  readonly nhsNumber: NhsNumber;
  readonly practiceRef?: PracticePatientRef;
  readonly registered?: PatientDemographics;
}

function prepareQueries(db: Kysely<Schema>) {
  const links = db.selectFrom('patient_link').selectAll();
  return {
    byNhsNumber: prepare<Pick<PatientLinkTable, 'practice' | 'nhs_hmac'>>()((p) =>
      links.where('practice', '=', p('practice')).where('nhs_hmac', '=', p('nhs_hmac')),
    ),
    byId: prepare<Pick<PatientLinkTable, 'practice' | 'id'>>()((p) =>
      links.where('practice', '=', p('practice')).where('id', '=', p('id')),
    ),
    insert: prepare<PatientLinkTable>()((p) =>
      db
        .insertInto('patient_link')
        .values({
          practice: p('practice'),
          id: p('id'),
          nhs_hmac: p('nhs_hmac'),
          status: p('status'),
          traced_at: p('traced_at'),
          registered_from: p('registered_from'),
          registered_until: p('registered_until'),
          link_enc: p('link_enc'),
          version: p('version'),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('version'),
    ),
    replace: prepare<PatientLinkTable & { expected: number }>()((p) =>
      db
        .updateTable('patient_link')
        .set({
          status: p('status'),
          traced_at: p('traced_at'),
          registered_from: p('registered_from'),
          registered_until: p('registered_until'),
          link_enc: p('link_enc'),
          version: p('version'),
        })
        .where('practice', '=', p('practice'))
        .where('id', '=', p('id'))
        // The number a link was made for never changes.
        .where('nhs_hmac', '=', p('nhs_hmac'))
        .where('version', '=', p('expected'))
        .returning('version'),
    ),
  };
}

export function createPatientLinks(db: Kysely<Schema>, commits: CommitQueue, sealing: Sealing): PatientLinks {
  const queries = prepareQueries(db);
  const place = (practice: OdsCode, id: PatientId): string => `patient_link.link ${practice} ${id}`;
  const nhsHmac = (practice: OdsCode, number: NhsNumber): string => sealing.fingerprint('nhs-number', practice, number);

  const fromRow = (row: PatientLinkTable): PatientLink => {
    const sealed = sealing.open(place(row.practice, row.id), row.link_enc) as SealedLink;
    return {
      id: row.id,
      practice: row.practice,
      nhsNumber: sealed.nhsNumber,
      practiceRef: sealed.practiceRef,
      status: row.status,
      tracedAt: row.traced_at ?? undefined,
      temporaryRegistration:
        row.registered_from === null || row.registered_until === null
          ? undefined
          : { start: row.registered_from, end: row.registered_until },
      registered: sealed.registered,
      version: row.version,
    };
  };

  return {
    findPatientLink: (practice, nhsNumber) =>
      reading(async () => {
        const [row] = await queries.byNhsNumber(db, { practice, nhs_hmac: nhsHmac(practice, nhsNumber) });
        return row && fromRow(row);
      }),

    readPatientLink: (practice, id) =>
      reading(async () => {
        const [row] = await queries.byId(db, { practice, id });
        return row && fromRow(row);
      }),

    savePatientLink: (link, audit) =>
      commits.commit(async (commit) => {
        const { practice, id, nhsNumber, practiceRef, registered } = link;
        const write = link.version === 0 ? queries.insert : queries.replace;
        const version = link.version + 1;
        const written = await write(commit.db, {
          practice,
          id,
          nhs_hmac: nhsHmac(practice, nhsNumber),
          status: link.status,
          traced_at: link.tracedAt ?? null,
          registered_from: link.temporaryRegistration?.start ?? null,
          registered_until: link.temporaryRegistration?.end ?? null,
          link_enc: sealing.seal(place(practice, id), { nhsNumber, practiceRef, registered }),
          version,
          expected: link.version,
        });
        if (written.length === 0) return undefined;
        commit.append(audit);
        return { ...link, version };
      }),
  };
}
