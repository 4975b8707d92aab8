/** Leases of several simulated gateways over one ledger, by the rules of `records/postgres/leases.ts`. */
import { GatewayError } from '../../../src/domain/errors.js';
import { SECOND } from '../../../src/domain/time.js';
import type { Leases } from '../../../src/ports/leases.js';
import type { World } from './world.js';

const LASTS_MS = 15 * SECOND;
const RENEW_EVERY_MS = 5 * SECOND;
const MAY_SEND_FOR_MS = 8 * SECOND;

/** What the shared database knows. */
export interface LeaseTable {
  /** Until when each lease holds. */
  readonly instances: Map<string, number>;
  readonly places: Map<string, string>;
}

export function createLeaseTable(): LeaseTable {
  return { instances: new Map(), places: new Map() };
}

/** Deletes the leases that have run out, with everything that hangs on them. */
export function bury({ instances, places }: LeaseTable, now: number): void {
  for (const [id, until] of instances) {
    if (until >= now) continue;
    instances.delete(id);
    for (const [place, holder] of places) if (holder === id) places.delete(place);
  }
}

export interface OwnLease extends Leases {
  id(): string | undefined;
}

export interface LeaseInput {
  readonly world: World;
  readonly table: LeaseTable;
  readonly process: string;
  /** Asks the database; never answers a process that is gone. */
  readonly ask: <T>(question: () => T) => Promise<T>;
  readonly sleep: (ms: number) => Promise<void>;
}

export async function openLease({ world, table, process, ask, sleep }: LeaseInput): Promise<OwnLease> {
  const held = new Map<string, string>();
  let own: string | undefined;
  let renewedAt = -Infinity;
  let count = 0;
  const maySend = (): boolean => own !== undefined && world.now() - renewedAt < MAY_SEND_FOR_MS;

  const renew = async (): Promise<void> => {
    const asked = world.now();
    if (own === undefined) {
      if (held.size > 0) return;
      const id = `${process}#${(count += 1)}`;
      await ask(() => table.instances.set(id, world.now() + LASTS_MS));
      own = id;
    } else {
      const id = own;
      const renewed = await ask(() => {
        if (!table.instances.has(id)) return false;
        table.instances.set(id, world.now() + LASTS_MS);
        return true;
      });
      if (!renewed) {
        own = undefined;
        return;
      }
    }
    renewedAt = asked;
  };

  const keepRenewing = async (): Promise<void> => {
    for (;;) {
      await sleep(maySend() ? RENEW_EVERY_MS : 500);
      await renew();
    }
  };
  await renew();
  void keepRenewing();

  return {
    id: () => own,
    maySend,
    async take(place) {
      const holder = own;
      if (holder === undefined || !maySend()) throw new GatewayError('ledger-unavailable', 'no lease');
      held.set(place, holder);
      const taken = await ask(() => {
        if (table.places.has(place) || !table.instances.has(holder)) {
          bury(table, world.now());
          return false;
        }
        table.places.set(place, holder);
        return true;
      });
      if (taken && own === holder) return true;
      held.delete(place);
      return false;
    },
    async give(place) {
      const holder = held.get(place);
      if (holder === undefined) return;
      await ask(() => {
        if (table.places.get(place) === holder) table.places.delete(place);
      });
      held.delete(place);
    },
  };
}
