/** Where the ledger is: in a file, or in a database whose address is a secret. */
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/config.js';
import { environment, load, practicesFile } from './practices-file.js';

const PASSWORD = 'correct-horse';

function loadWith(url: string, more: object = {}) {
  const file = practicesFile();
  Object.assign(file, {
    ledger: { postgres: { url: { env: 'LEDGER_URL' }, ...more }, key: file.ledger.key },
  });
  return load(file, { ...environment, LEDGER_URL: url }).ledger;
}

function complaintOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map((one) => `${one.path}: ${one.message}`).join('\n');
    throw error;
  }
  throw new Error('accepted');
}

describe('ledger.postgres', () => {
  it.each([
    `postgresql://slotbridge:${PASSWORD}@db/ledger`,
    'postgres://slotbridge@127.0.0.1:5433/ledger?sslmode=disable',
    'postgresql://slotbridge@localhost/ledger?host=/var/run/postgresql',
    `postgresql://slotbridge:${PASSWORD}@db.example.nhs.uk/ledger?sslmode=verify-full`,
  ])('takes an address of the private network, a socket, or one with TLS: %s', (url) => {
    expect(loadWith(url)).toMatchObject({ postgres: { url } });
  });

  it('takes any address with an authority of its own', () => {
    const url = `postgresql://slotbridge:${PASSWORD}@db.example.nhs.uk/ledger`;
    expect(loadWith(url, { ca: { env: 'LEDGER_URL' } })).toMatchObject({ postgres: { url, ca: url } });
  });

  it.each([
    [`postgresql://slotbridge:${PASSWORD}@db.example.nhs.uk/ledger`, /without TLS/],
    [`postgresql://slotbridge:${PASSWORD}@db.example.nhs.uk/ledger?sslmode=require`, /without TLS/],
    [`https://slotbridge:${PASSWORD}@db/ledger`, /address of a database/],
    [`postgresql://slotbridge:${PASSWORD}@db`, /address of a database/],
    [PASSWORD, /address of a database/],
  ])('refuses what is none, or leaves the network in the clear, and never repeats it (%#)', (url, expected) => {
    const complaint = complaintOf(() => loadWith(url));
    expect(complaint).toMatch(/^ledger\.postgres\.url: /);
    expect(complaint).toMatch(expected);
    expect(complaint).not.toContain(PASSWORD);
  });

  it('stands alone: neither beside a file, nor with neither', () => {
    const both = practicesFile();
    Object.assign(both.ledger, { postgres: { url: { env: 'LEDGER_URL' } } });
    const url = { LEDGER_URL: 'postgresql://a@db/ledger' };
    expect(complaintOf(() => load(both, { ...environment, ...url }))).toMatch(/^ledger: is kept in exactly one place/);
    const none = practicesFile();
    Object.assign(none, { ledger: { key: none.ledger.key } });
    expect(complaintOf(() => load(none))).toMatch(/^ledger: is kept in exactly one place/);
  });

  it('does not stand in the file itself', () => {
    const file = practicesFile();
    const url = `postgresql://a:${PASSWORD}@db/ledger`;
    Object.assign(file, { ledger: { postgres: { url }, key: file.ledger.key } });
    const complaint = complaintOf(() => load(file));
    expect(complaint).toMatch(/^ledger\.postgres\.url: a secret must not stand in this file/);
    expect(complaint).not.toContain(PASSWORD);
  });
});
