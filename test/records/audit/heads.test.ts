/** Heads of the audit trail, kept elsewhere: what they show that the chain alone does not. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/domain/time.js';
import type { LogFields } from '../../../src/ports/runtime.js';
import { createHeadSigning, startHeadExport, type SignedHead } from '../../../src/records/audit/heads.js';
import { verifyTrail } from '../../../src/records/audit/verify.js';
import type { Records } from '../../../src/records/open-sqlite.js';
import { keep } from '../../../src/records/sqlite-dialect.js';
import { createVirtualRuntime } from '../../support/virtual-runtime.js';
import { auditEvent, NOW } from '../samples.js';
import { KEY, newFolder, openFile } from '../sqlite-files.js';

let folder: Awaited<ReturnType<typeof newFolder>>;
let records: Records;
beforeEach(async () => {
  folder = await newFolder();
  records = await openFile(folder.file);
});
afterEach(async () => {
  await records.close();
  await folder.remove();
});

async function record(count: number): Promise<SignedHead> {
  for (let n = 0; n < count; n += 1) records.audit.record(auditEvent({ status: n }));
  await records.audit.flush();
  return records.auditHead();
}

/** As somebody with the file and without the key can. */
async function tamper(sql: string): Promise<void> {
  await records.close();
  const database = keep(new Database(folder.file));
  database.exec(`drop trigger audit_no_update; drop trigger audit_no_delete; ${sql}`);
  database.close();
  records = await openFile(folder.file);
}

const verify = (...heads: SignedHead[]) => verifyTrail({ file: folder.file, key: KEY }, heads);

describe('a trail held against its heads', () => {
  it('agrees, while the gateway runs and when it has stopped', async () => {
    const heads = [await record(2), await record(3)];
    expect(heads.map(({ seq }) => seq)).toEqual([2, 5]);
    const whole = { rows: 5, agreed: 2, findings: [] };
    expect(await verify(...heads)).toEqual(whole);
    await records.close();
    expect(await verify(...heads)).toEqual(whole);
  });

  it('shows rows that were taken off its end', async () => {
    const heads = [await record(2), await record(3)];
    await tamper('delete from audit where seq > 3');
    expect(await records.audit.verify()).toBeUndefined();
    expect(await verify(...heads)).toEqual({ rows: 3, agreed: 1, findings: [{ kind: 'missing', seq: 5 }] });
  });

  it('shows them when it has been written on since', async () => {
    const heads = [await record(2), await record(3)];
    await tamper('delete from audit where seq > 3');
    const later = await record(4);
    expect(await verify(...heads, later)).toEqual({ rows: 7, agreed: 2, findings: [{ kind: 'other-row', seq: 5 }] });
  });

  it('shows what the chain shows by itself', async () => {
    const head = await record(5);
    await tamper('delete from audit where seq = 2');
    expect((await verify(head)).findings).toEqual([{ kind: 'broken', seq: 3 }]);
  });

  it('shows a head that another key has signed, or that was changed', async () => {
    const head = await record(3);
    const forged = createHeadSigning(Buffer.alloc(32, 'another key')).sign(head);
    for (const one of [forged, { ...head, seq: 2 }, { ...head, signature: '' }]) {
      expect((await verify(one)).findings).toEqual([{ kind: 'forged-head', seq: one.seq }]);
    }
  });
});

it('a head is written each minute in which there is a new one, and the last one at the end', async () => {
  const runtime = createVirtualRuntime(NOW);
  const written: (readonly [string, LogFields | undefined])[] = [];
  const note = (event: string, fields?: LogFields): void => void written.push([event, fields]);
  let head: SignedHead = { seq: 0, hash: '0', signature: 's' };
  let isAway = false;
  const read = (): Promise<SignedHead> => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(head));
  const heads = startHeadExport(read, { log: { info: note, warn: note, error: note }, timers: runtime.timers });
  await runtime.advance(MINUTE);
  expect(written).toEqual([]);
  head = { seq: 7, hash: 'a', signature: 's' };
  await runtime.advance(2 * MINUTE);
  expect(written).toEqual([['audit-head', head]]);
  isAway = true;
  await runtime.advance(MINUTE);
  isAway = false;
  head = { seq: 9, hash: 'b', signature: 's' };
  await heads.close();
  expect(written.slice(1)).toEqual([['audit-head', head]]);
  expect(runtime.waiting()).toBe(0);
});
