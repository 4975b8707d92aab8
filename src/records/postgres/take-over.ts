/** Open attempts whose process is gone, given to this one. Their version grows, so that a change it still tries fails. */
import { sql, type Kysely } from 'kysely';
import type { AppointmentId } from '../../domain/identifiers.js';
import { reading, type CommitQueue } from '../commit-queue.js';
import type { OwnLease } from './leases.js';
import type { SharedSchema } from './tables.js';

export function createTakeOver(
  db: Kysely<SharedSchema>,
  commits: CommitQueue,
  leases: Pick<OwnLease, 'id' | 'maySend' | 'bury'>,
): () => Promise<ReadonlySet<AppointmentId>> {
  /** Asked for and never answered: some may be ours already. */
  const unproven = new Set<AppointmentId>();

  const findOrphans = async (): Promise<void> => {
    await leases.bury(db);
    const orphans = await db
      .selectFrom('attempt')
      .select('id')
      .where('open', '=', 1)
      .where((eb) =>
        eb.not(
          eb.exists(eb.selectFrom('instance').select('instance.id').whereRef('instance.id', '=', 'attempt.owner')),
        ),
      )
      .execute();
    for (const { id } of orphans) unproven.add(id);
  };

  return async () => {
    const own = leases.id();
    // Without a lease, what is taken would be nobody's again at once.
    if (own === undefined || !leases.maySend()) return new Set();
    await reading(findOrphans);
    if (unproven.size === 0) return new Set();
    const taken = await commits.commit((commit) =>
      (commit.db as unknown as Kysely<SharedSchema>)
        .updateTable('attempt')
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('open', '=', 1)
        .where(sql<boolean>`id = any(${[...unproven]})`)
        // Another process may have been faster.
        .where((eb) =>
          eb.or([
            eb('owner', '=', own),
            eb.not(
              eb.exists(eb.selectFrom('instance').select('instance.id').whereRef('instance.id', '=', 'attempt.owner')),
            ),
          ]),
        )
        .returning('id')
        .execute(),
    );
    unproven.clear();
    return new Set(taken.map(({ id }) => id));
  };
}
