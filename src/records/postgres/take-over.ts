/** Open attempts whose process is gone, given to this one. Their version grows, so that a change it still tries fails. */
import type { Kysely } from 'kysely';
import type { AppointmentId } from '../../domain/identifiers.js';
import type { CommitQueue } from '../commit-queue.js';
import type { OwnLease } from './leases.js';
import type { SharedSchema } from './tables.js';

export function createTakeOver(
  commits: CommitQueue,
  leases: Pick<OwnLease, 'maySend' | 'bury'>,
): () => Promise<ReadonlySet<AppointmentId>> {
  return () =>
    commits.commit(async (commit) => {
      // Without a lease, what is taken would be nobody's again at once.
      if (!leases.maySend()) return new Set();
      const db = commit.db as unknown as Kysely<SharedSchema>;
      await leases.bury(db);
      const taken = await db
        .updateTable('attempt')
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('open', '=', 1)
        .where((eb) =>
          eb.not(
            eb.exists(eb.selectFrom('instance').select('instance.id').whereRef('instance.id', '=', 'attempt.owner')),
          ),
        )
        .returning('id')
        .execute();
      return new Set(taken.map(({ id }) => id));
    });
}
