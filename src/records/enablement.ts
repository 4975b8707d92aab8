/** Switches of practices, as rows of the ledger's `meta` table: `enabled/{ODS code}/{capability}` is `on` or `off`. */
import type { Kysely } from 'kysely';
import type { OdsCode } from '../domain/identifiers.js';
import type { Enablement } from '../domain/practice.js';
import type { Instant } from '../domain/time.js';
import { ownEvent, type AuditEvent } from '../ports/audit.js';
import type { CapabilitySwitch, EnablementRecord } from '../ports/enablement.js';
import { reading, type CommitQueue } from './commit-queue.js';
import type { Schema } from './schema.js';

const PREFIX = 'enabled/';

function nameOf({ practice, capability }: CapabilitySwitch): string {
  return `${PREFIX}${practice}/${capability}`;
}

function toSwitch(name: string, on: boolean): CapabilitySwitch {
  const [, practice = '', capability = ''] = name.split('/');
  return { practice: practice as OdsCode, capability: capability as keyof Enablement, on };
}

/** Nobody is named: who may write the practices file is the operator's to know. */
function toEvent({ practice, capability, on }: CapabilitySwitch, at: Instant): AuditEvent {
  const state = `${capability} ${on ? 'on' : 'off'}`;
  return ownEvent({ at, kind: 'enablement-changed', practice, resources: [], state });
}

export function createEnablementRecord(db: Kysely<Schema>, commits: CommitQueue): EnablementRecord {
  return {
    async settle(switches, at) {
      const changesIn = async (from: Kysely<Schema>): Promise<readonly CapabilitySwitch[]> => {
        const rows = await from
          .selectFrom('meta')
          .selectAll()
          .where('name', 'like', `${PREFIX}%`)
          .orderBy('name')
          .execute();
        const wasOn = new Set(rows.filter(({ value }) => value === 'on').map(({ name }) => name));
        const named = new Set(switches.map(nameOf));
        return [
          ...switches.filter((one) => wasOn.has(nameOf(one)) !== one.on),
          ...[...wasOn].filter((name) => !named.has(name)).map((name) => toSwitch(name, false)),
        ];
      };
      const seen = await reading(() => changesIn(db));
      if (seen.length === 0) return seen;
      return commits.commit(async (commit) => {
        // Another process may have been there in the meantime.
        const changes = await changesIn(commit.db);
        for (const change of changes) {
          const value = change.on ? 'on' : 'off';
          await commit.db
            .insertInto('meta')
            .values({ name: nameOf(change), value })
            .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
            .execute();
          commit.append(toEvent(change, at));
        }
        return changes;
      });
    },
  };
}
