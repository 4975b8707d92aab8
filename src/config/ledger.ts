/** The `ledger` part: one SQLite file, or one PostgreSQL database for several gateways. */
import { z, type ZodType } from 'zod';
import type { LedgerSettings } from '../records/open-records.js';
import { isPrivateHost } from './addresses.js';
import type { References } from './references.js';

/** What is wrong with the address of a database, or `undefined`. Never repeats it: it may carry a password. */
function findDatabaseFault(address: string, hasAuthority: boolean): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol) || url.hostname === '' || url.pathname.length < 2) {
    return 'must be the address of a database, for example `postgresql://slotbridge:PASSWORD@db.example.nhs.uk/ledger`';
  }
  const isPrivate = isPrivateHost(url.hostname) || url.searchParams.get('host')?.startsWith('/') === true;
  if (isPrivate || hasAuthority || url.searchParams.get('sslmode') === 'verify-full') return undefined;
  return 'leads out of the private network without TLS: give `ca`, or end the address with `?sslmode=verify-full`';
}

/** A consumer may ask what became of its request; an operator, what became of an appointment. */
const SHORTEST_KEPT_DAYS = 90;
const LONGEST_KEPT_DAYS = 36_500;

export function ledgerSchema({ secret, textOrEnv }: References, key: ZodType<Uint8Array>) {
  const database = z.strictObject({ url: secret, ca: secret.optional() }).superRefine(({ url, ca }, context) => {
    const fault = findDatabaseFault(url.trim(), ca !== undefined);
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: fault });
  });
  return z
    .strictObject({
      file: textOrEnv.optional(),
      postgres: database.optional(),
      key,
      keptDays: z.int().min(SHORTEST_KEPT_DAYS).max(LONGEST_KEPT_DAYS).default(SHORTEST_KEPT_DAYS),
    })
    .superRefine(({ file, postgres }, context) => {
      if ((file === undefined) !== (postgres === undefined)) return;
      const message = 'is kept in exactly one place: name `file`, or `postgres`';
      context.addIssue({ code: 'custom', message });
    });
}

export function toLedgerSettings(
  { file, postgres, key, keptDays }: z.output<ReturnType<typeof ledgerSchema>>,
  resolvePath: References['resolvePath'],
): LedgerSettings {
  if (postgres === undefined) {
    const path = file ?? ':memory:';
    return { key, keptDays, file: path === ':memory:' ? path : resolvePath(path) };
  }
  const { url, ca } = postgres;
  return { key, keptDays, postgres: { url: url.trim(), ...(ca !== undefined && { ca }) } };
}
