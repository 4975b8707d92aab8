import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { IdempotencyKey } from '../../src/ports/ledger.js';
import { createSealing } from '../../src/records/sealing.js';
import {
  claim,
  claimNew,
  move,
  newAttempt,
  linkEvent,
  NHS_NUMBER,
  OTHER_NHS_NUMBER,
  patientLink,
  SECRETS,
} from './samples.js';
import { KEY, newFolder, openFile } from './sqlite-files.js';

/** A consumer may name its booking by whatever it has, its patient's numbers included. */
const KEYS: readonly IdempotencyKey[] = [
  { source: 'identifier', key: `https://fhir.nhs.uk/Id/nhs-number|${NHS_NUMBER}` },
  { source: 'idempotency-key', key: 'hospital-number-canary-1' },
  { source: 'transport', key: 'transport-canary' },
];

async function bytesBeside(file: string): Promise<Map<string, Buffer>> {
  const folder = dirname(file);
  // Not the lock file: closing it again would, by the rules of POSIX locks, give up the lock.
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.lock'));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

it('nothing about a patient can be read in the file or its log', async () => {
  const { file, remove } = await newFolder();
  const { ledger, close } = await openFile(file);
  await move(ledger, await claimNew(ledger, newAttempt(1)), 'BOOKED');
  const open = await claimNew(ledger, newAttempt(2));
  for (const [n, key] of KEYS.entries()) {
    const asked = { key, fingerprint: `of ${key.source}` };
    await move(ledger, await claimNew(ledger, newAttempt(10 + n, asked)), 'NOT_BOOKED');
    // The first one's key is freed and stays in its row.
    await claimNew(ledger, newAttempt(20 + n, asked));
    const repeat = newAttempt(30 + n, { key });
    expect(await claim(ledger, repeat)).toMatchObject({ kind: 'existing', attempt: { id: `appointment-${20 + n}` } });
  }
  const link = await ledger.savePatientLink(patientLink(), linkEvent);
  if (!link) throw new Error('not saved');
  await ledger.savePatientLink({ ...link, status: 'untraced' }, linkEvent);

  const secrets = [...Object.values(SECRETS), ...KEYS.map(({ key }) => key), NHS_NUMBER, '1980-02-29', 'GP routine'];
  const look = async (expected: readonly string[]): Promise<void> => {
    const files = await bytesBeside(file);
    expect([...files.keys()]).toEqual(expect.arrayContaining([...expected]));
    // The ledger is in there: what it may keep in the clear is found.
    expect([...files.values()].some((bytes) => bytes.includes(open.id))).toBe(true);
    for (const [name, bytes] of files) {
      for (const secret of secrets)
        expect(`${name}: ${bytes.includes(secret)} ${secret}`).toBe(`${name}: false ${secret}`);
    }
  };
  await look(['ledger.db', 'ledger.db-wal']);
  await close();
  await look(['ledger.db']);
  await remove();
});

it('seals the same value differently each time, and opens it only at its place with its key', () => {
  const sealing = createSealing(KEY);
  const [one, two] = [sealing.seal('here', { a: 1 }), sealing.seal('here', { a: 1 })];
  expect(one.equals(two)).toBe(false);
  expect(sealing.open('here', one)).toEqual({ a: 1 });
  expect(() => sealing.open('there', one)).toThrow();
  expect(() => createSealing(Buffer.alloc(32, 1)).open('here', one)).toThrow();
  for (let at = 0; at < one.length; at += 1) {
    const touched = Buffer.from(one);
    touched[at] = (touched[at] ?? 0) ^ 1;
    expect(() => sealing.open('here', touched)).toThrow();
  }
});

it('fingerprints tell values, purposes and keys apart', () => {
  const sealing = createSealing(KEY);
  const prints = [
    sealing.fingerprint('nhs-number', 'A99901', NHS_NUMBER),
    sealing.fingerprint('nhs-number', 'A99901', OTHER_NHS_NUMBER),
    sealing.fingerprint('nhs-number', 'A99902', NHS_NUMBER),
    sealing.fingerprint('patient', 'A99901', NHS_NUMBER),
    createSealing(Buffer.alloc(32, 1)).fingerprint('nhs-number', 'A99901', NHS_NUMBER),
    createSealing(KEY, Buffer.alloc(32, 1)).fingerprint('nhs-number', 'A99901', NHS_NUMBER),
  ];
  expect(new Set(prints).size).toBe(prints.length);
  expect(sealing.fingerprint('nhs-number', 'A99901', NHS_NUMBER)).toBe(prints[0]);
});
