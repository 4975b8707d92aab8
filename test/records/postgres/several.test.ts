/** Several processes over one database: one booking, one trail, and what the dead held goes to the living. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SharedRecords } from '../../../src/records/postgres/open-postgres.js';
import type { Timers } from '../../../src/ports/runtime.js';
import { startPostgres, withoutPostgres, type PostgresServer } from '../../support/postgres.js';
import { auditEvent, claim, claimNew, move, newAttempt, NOW, PRACTICE, toSummary } from '../samples.js';
import { openUrl, runtime } from './schemas.js';

/** A second instead of fifteen. */
const leaseTimes = { lastsMs: 1000, renewEveryMs: 200, maySendForMs: 500 };

/** Timers of a process that can be stopped as SIGSTOP would stop it, and let go on. */
function stoppable(): { readonly timers: Timers; stop(): void; goOn(): void } {
  let gate = Promise.resolve();
  let open = (): void => undefined;
  return {
    timers: {
      async sleep(ms, signal) {
        await runtime.timers.sleep(ms, signal);
        await gate;
      },
    },
    stop() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    goOn: () => open(),
  };
}

describe.skipIf(withoutPostgres)(`several processes over PostgreSQL ${withoutPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let url: string;
  let first: SharedRecords;
  let second: SharedRecords;
  let process: ReturnType<typeof stoppable>;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.remove());
  beforeEach(async () => {
    url = await server.newSchema();
    process = stoppable();
    // At the same moment: one makes the tables, the other waits for it.
    [first, second] = await Promise.all([
      openUrl(url, { leaseTimes, runtime: { ...runtime, timers: process.timers } }),
      openUrl(url, { leaseTimes }),
    ]);
  });
  afterEach(async () => {
    process.goOn();
    await Promise.all([first.close(), second.close()]);
  });
  const until = (what: () => Promise<boolean>) => expect.poll(what, { timeout: 8000, interval: 50 }).toBe(true);

  it('one of all parallel claims gets the slot, and the trail is one chain', async () => {
    const { slots } = newAttempt(0);
    const claims = await Promise.all(
      Array.from({ length: 60 }, (_, n) => claim((n % 2 ? first : second).ledger, newAttempt(n, { slots }))),
    );
    expect(claims.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(new Set(claims.map(({ attempt }) => attempt.id)).size).toBe(1);
    for (let n = 0; n < 20; n += 1) (n % 2 ? first : second).audit.record(auditEvent({ traceId: `read-${n}` }));
    await Promise.all([first.audit.flush(), second.audit.flush()]);
    expect(await first.audit.rows(1, 100)).toEqual(await second.audit.rows(1, 100));
    expect(await second.audit.rows(1, 100)).toHaveLength(21);
    expect([await first.audit.verify(), await second.audit.verify()]).toEqual([undefined, undefined]);
  });

  it('equal keys find one attempt, wherever they are sent', async () => {
    const [one, other] = await Promise.all([
      claim(first.ledger, newAttempt(1)),
      claim(second.ledger, newAttempt(1, { id: newAttempt(2).id, clientReference: 'other' })),
    ]);
    expect([one.kind, other.kind].sort()).toEqual(['existing', 'new']);
    expect(one.attempt).toEqual(other.attempt);
  });

  it('one of parallel changes wins, wherever they are sent', async () => {
    const received = await claimNew(first.ledger, newAttempt(1));
    const changes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? first : second).ledger.change(received.id, 1, { state: 'CONFIRMING', at: NOW }, auditEvent()),
      ),
    );
    expect(changes.filter((change) => change !== undefined)).toHaveLength(1);
  });

  it('a place is one process’s until it gives it back or closes', async () => {
    expect(await first.leases.take('place')).toBe(true);
    expect(await second.leases.take('place')).toBe(false);
    expect(await second.leases.take('another place')).toBe(true);
    await first.leases.give('place');
    expect(await second.leases.take('place')).toBe(true);
    await second.close();
    expect(await first.leases.take('place')).toBe(true);
  });

  it('a living process keeps its place and its attempts beyond the length of a lease', async () => {
    expect(await first.leases.take('place')).toBe(true);
    await claimNew(first.ledger, newAttempt(1));
    await runtime.timers.sleep(1500);
    expect(first.leases.maySend()).toBe(true);
    expect(await second.leases.take('place')).toBe(false);
    expect(await second.ledger.takeOver?.()).toEqual([]);
    expect(await first.ledger.takeOver?.()).toEqual([]);
  });

  it('what a process that stands still held is another’s before it can send again', async () => {
    expect(await first.leases.take('place')).toBe(true);
    const received = await claimNew(first.ledger, newAttempt(1));
    const sending = await move(first.ledger, received, 'CONFIRMING');
    process.stop();
    let mightSend = true;
    await until(async () => {
      mightSend = first.leases.maySend();
      return second.leases.take('place');
    });
    expect(mightSend).toBe(false);
    const taken = (await second.ledger.takeOver?.()) ?? [];
    expect(taken).toEqual([toSummary({ ...sending, version: sending.version + 1 })]);
    expect(await second.ledger.takeOver?.()).toEqual([]);
    // The fence: what the first still tries comes too late.
    const late = { state: 'NOT_BOOKED', at: NOW } as const;
    expect(await first.ledger.change(sending.id, sending.version, late, auditEvent())).toBeUndefined();
    // It may send again only when nothing it began under the old lease is left.
    process.goOn();
    await runtime.timers.sleep(1000);
    expect(first.leases.maySend()).toBe(false);
    await first.leases.give('place');
    await until(() => Promise.resolve(first.leases.maySend()));
    expect(await first.leases.take('place')).toBe(false);
    expect((await first.ledger.readAttempt(PRACTICE, sending.id))?.version).toBe(3);
  });

  it('a switch is audited once, whichever process sees it first', async () => {
    const on = [{ practice: PRACTICE, capability: 'foundations', on: true } as const];
    await Promise.all([first.enablement.settle(on, NOW), second.enablement.settle(on, NOW)]);
    expect((await first.audit.rows(1, 10)).map(({ event }) => event.state)).toEqual(['foundations on']);
  });

  it('nobody waits for a place at a process that has no lease', async () => {
    process.stop();
    await until(() => Promise.resolve(!first.leases.maySend()));
    await expect(first.leases.take('place')).rejects.toMatchObject({ code: 'ledger-unavailable' });
  });

  it('attempts of a process that has closed are the next one’s', async () => {
    const open = await move(first.ledger, await claimNew(first.ledger, newAttempt(1)), 'CONFIRM_OPEN');
    await move(first.ledger, await claimNew(first.ledger, newAttempt(2)), 'BOOKED');
    await first.close();
    const [one, two] = await Promise.all([second.ledger.takeOver?.(), openUrl(url, { leaseTimes })]);
    const three = await two.ledger.takeOver?.();
    expect([...(one ?? []), ...(three ?? [])].map(({ id }) => id)).toEqual([open.id]);
    await two.close();
  });
});
