/** A database that loses its connections, its answers, its power or its settings: what was told is true, once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres, withoutPostgres, type PostgresServer } from '../../support/postgres.js';
import { startProxy, type PostgresProxy } from '../../support/postgres-proxy.js';
import type { SharedRecords } from '../../../src/records/postgres/open-postgres.js';
import {
  auditEvent,
  claim,
  claimNew,
  id,
  move,
  newAttempt,
  NHS_NUMBER,
  patientLink,
  linkEvent,
  PRACTICE,
  SECRETS,
} from '../samples.js';
import { openUrl } from './schemas.js';

const unavailable = { name: 'GatewayError', code: 'ledger-unavailable' };

describe.skipIf(withoutPostgres)(`PostgreSQL in trouble ${withoutPostgres ?? ''}`, () => {
  let server: PostgresServer;
  let url: string;
  let proxy: PostgresProxy;
  let records: SharedRecords;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.remove());
  beforeEach(async () => {
    url = await server.newSchema();
    proxy = await startProxy(url);
    records = await openUrl(proxy.url);
  });
  afterEach(async () => {
    await records.close().catch(() => undefined);
    await proxy.close();
  });
  /** Once the ledger commits again, without a restart. */
  const isBack = () =>
    expect
      .poll(
        () =>
          records.ledger.probe().then(
            () => 'back',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('back');
  const trail = async () => (await records.audit.rows(1, 1000)).map(({ event }) => event.traceId ?? event.resources[0]);

  it('a commit whose answer is lost has happened, and is told as done', async () => {
    const { ledger, audit } = records;
    proxy.lose('answer');
    audit.record(auditEvent({ traceId: 'read-1' }));
    const received = await claimNew(ledger, newAttempt(1));
    expect(await ledger.readAttempt(PRACTICE, received.id)).toEqual(received);
    proxy.lose('answer');
    const booked = await move(ledger, received, 'BOOKED');
    expect(await ledger.readAttempt(PRACTICE, received.id)).toEqual(booked);
    await audit.flush();
    expect((await audit.rows(1, 10)).map(({ event }) => event.state ?? event.traceId)).toEqual([
      'read-1',
      'RECEIVED',
      'BOOKED',
    ]);
    expect(await audit.verify()).toBeUndefined();
  });

  it('a commit that never arrived has not happened, and what was to be written with it is written once', async () => {
    const { ledger, audit } = records;
    proxy.lose('commit');
    audit.record(auditEvent({ traceId: 'read-1' }));
    await expect(claim(ledger, newAttempt(1))).rejects.toMatchObject({ ...unavailable, retryAfterSeconds: 5 });
    expect(await ledger.readAttempt(PRACTICE, id('appointment-1'))).toBeUndefined();
    await claimNew(ledger, newAttempt(1));
    await audit.flush();
    expect((await trail()).filter((one) => one === 'read-1')).toHaveLength(1);
    expect(await audit.verify()).toBeUndefined();
  });

  it('what is in doubt while the database is away is told as such, and is in the trail once it is back', async () => {
    const { ledger, audit } = records;
    for (const [n, lost] of (['answer', 'commit'] as const).entries()) {
      proxy.lose(lost);
      audit.record(auditEvent({ traceId: `doubtful-${lost}` }));
      const doubtful = claim(ledger, newAttempt(n));
      const cut = setInterval(() => proxy.cut(true), 1);
      await expect(doubtful.finally(() => clearInterval(cut))).rejects.toMatchObject(unavailable);
      await expect(ledger.probe()).rejects.toMatchObject(unavailable);
      await expect(ledger.openAttempts()).rejects.toMatchObject(unavailable);
      proxy.cut(false);
      await isBack();
      await audit.flush();
      expect((await trail()).filter((one) => one === `doubtful-${lost}`)).toHaveLength(1);
    }
    expect(await audit.verify()).toBeUndefined();
  });

  it('a server that loses its power keeps what was told, and the ledger goes on without a restart', async () => {
    const { ledger, audit } = records;
    const told: string[] = [];
    const stopped = new AbortController();
    const busy = (async () => {
      for (let n = 0; !stopped.signal.aborted; n += 1) {
        const claimed = await claim(ledger, newAttempt(n)).catch(() => undefined);
        if (claimed?.kind === 'new') told.push(claimed.attempt.id);
      }
    })();
    await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(5);
    await server.stop('at-once');
    await expect(ledger.probe()).rejects.toMatchObject(unavailable);
    stopped.abort();
    await busy;
    await server.start();
    await isBack();
    for (const one of told) expect((await ledger.readAttempt(PRACTICE, id(one)))?.state).toBe('RECEIVED');
    expect(await audit.verify()).toBeUndefined();
  });

  it('a server that stands still holds nobody up for ever', async () => {
    const { ledger } = records;
    await server.signal('SIGSTOP');
    const began = performance.now();
    try {
      await expect(claim(ledger, newAttempt(1))).rejects.toMatchObject(unavailable);
      expect(performance.now() - began).toBeLessThan(12_000);
    } finally {
      await server.signal('SIGCONT');
    }
    await isBack();
    expect((await claim(ledger, newAttempt(2))).kind).toBe('new');
  });

  it('nothing about a patient can be read in the tables', async () => {
    const { ledger, leases } = records;
    await move(ledger, await claimNew(ledger, newAttempt(1)), 'BOOKED');
    await claimNew(ledger, newAttempt(2, { key: { source: 'identifier', key: `nhs|${NHS_NUMBER}` } }));
    await ledger.savePatientLink(patientLink(), linkEvent);
    expect(await leases.take(`register/${PRACTICE}/${NHS_NUMBER}`)).toBe(true);
    const schema = /search_path%3D(\w+)/.exec(url)?.[1] ?? '';
    let text = '';
    for (const table of ['attempt', 'attempt_slot', 'attempt_booking', 'patient_link', 'audit', 'meta', 'place_lock']) {
      const rows = await server.query(
        `select t::text as row, encode(convert_to(t::text, 'UTF8'), 'hex') as hex from ${schema}.${table} t`,
      );
      expect(rows.length > 0 || table === 'attempt_booking').toBe(true);
      text += JSON.stringify(rows);
    }
    expect(text).toContain('appointment-1');
    for (const secret of [...Object.values(SECRETS), NHS_NUMBER, '1980-02-29', 'GP routine']) {
      expect(`${text.includes(secret) || text.includes(Buffer.from(secret).toString('hex'))} ${secret}`).toBe(
        `false ${secret}`,
      );
    }
  });

  it('the trail refuses to be changed by the database too', async () => {
    await claimNew(records.ledger, newAttempt(1));
    const schema = /search_path%3D(\w+)/.exec(url)?.[1] ?? '';
    for (const change of [
      `update ${schema}.audit set event = ''`,
      `delete from ${schema}.audit`,
      `truncate ${schema}.audit`,
    ]) {
      await expect(server.query(change)).rejects.toThrow('append-only');
    }
  });

  describe('is not opened', () => {
    it('with another key, or by an older program', async () => {
      await expect(openUrl(url, { key: Buffer.alloc(32, 1) })).rejects.toThrow('another key');
      const schema = /search_path%3D(\w+)/.exec(url)?.[1] ?? '';
      await server.query(`insert into ${schema}.kysely_migration values ('9999-future', '2030-01-01')`);
      await expect(openUrl(url)).rejects.toThrow('written by a newer version (migration 9999-future');
    });

    it.each([
      ['synchronous_commit=off', 'does not sync its commits'],
      ['synchronous_commit=local', 'does not sync its commits'],
      ['default_transaction_read_only=on', 'is read-only'],
      ['search_path=nowhere', 'has no schema'],
    ])('with %s', async (setting, reason) => {
      const other = new URL(url);
      other.searchParams.set('options', `${other.searchParams.get('options') ?? ''} -c ${setting}`);
      await expect(openUrl(other.href)).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining(reason) as string,
      });
    });

    it('where it cannot be reached, and no message names the address', async () => {
      const away = 'postgresql://somebody:canary-password@localhost/ledger?host=/nowhere';
      const error: unknown = await openUrl(away).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ ...unavailable, message: 'the database of the ledger cannot be opened (ENOENT)' });
      expect(JSON.stringify(error)).not.toContain('canary');
    });
  });
});
