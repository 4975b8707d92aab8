/** What every database of a ledger is held to before it is used. */
import { timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import { GatewayError } from '../../domain/errors.js';
import type { Schema } from '../schema.js';
import type { Sealing } from '../sealing.js';

export function refuse(message: string, cause?: unknown): GatewayError {
  return new GatewayError('ledger-unavailable', message, { cause });
}

/** The first key that opens a ledger is the only one that ever does; throws for another. */
export async function checkKey(db: Kysely<Schema>, sealing: Sealing): Promise<void> {
  await db
    .insertInto('meta')
    .values({ name: 'key-check', value: sealing.keyCheck })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { value } = await db
    .selectFrom('meta')
    .select('value')
    .where('name', '=', 'key-check')
    .executeTakeFirstOrThrow();
  const [stored, given] = [Buffer.from(value), Buffer.from(sealing.keyCheck)];
  if (stored.length !== given.length || !timingSafeEqual(stored, given)) {
    throw refuse('the ledger was written with another key');
  }
}
