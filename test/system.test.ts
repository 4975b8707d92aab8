/** The log: what its last filter keeps from being written. */
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createCountedLog } from '../src/http/operator/counts.js';
import { createLog } from '../src/system.js';

const NHS_NUMBER = '9434765919';
const SECRET = 'a-token-of-somebody';
const KEY_FILE = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----';
const ADDRESS = 'postgresql://gateway:p%40ssword-of-it@db.example.nhs.uk/ledger';

function logTo(lines: string[]) {
  return createLog({ write: (line) => void lines.push(line) }, [SECRET, KEY_FILE, ADDRESS, 'short']);
}

describe('a line that holds what no line may hold is not written, and is counted', () => {
  it.each([
    ['an NHS number', NHS_NUMBER],
    ['one in groups', '943 476 5919'],
    ['one with hyphens', '943-476-5919'],
    ['one in an address', `/Patient?identifier=nhs%7C${NHS_NUMBER}&x=1`],
    ['one after a line break', `name\n${NHS_NUMBER}`],
    ['a secret', `it was ${SECRET}!`],
    ['a line of a key file', 'hkiG9w0BAQEFAASC'],
    ['the password of an address', 'connect gateway p%40ssword-of-it'],
  ])('%s', (_, reason) => {
    const lines: string[] = [];
    const log = logTo(lines);
    log.error('request-failed', { reason });
    log.info(reason);
    log.info('listening', { port: 8080 });
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['listening']);
    expect(log.heldBack?.()).toBe(2);
  });
});

it.each([
  ['ten digits with another check digit', '9434765918'],
  ['a number that is longer', `1${NHS_NUMBER}`],
  ['a hash in hexadecimal', `a${NHS_NUMBER}b`.padEnd(64, '0')],
  ['a trace id', 'c467db5b-6bd3-4dd9-92ac-a9434765919f'],
  ['a short word that is a secret somewhere', 'short'],
])('%s is written', (_, reason) => {
  const lines: string[] = [];
  const log = logTo(lines);
  log.info('request', { reason, durationMs: 0.943_476_591_9 });
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ reason, durationMs: 0.943 }]);
  expect(log.heldBack?.()).toBe(0);
});

it('a gateway shows how many there were', async () => {
  const registry = new Registry();
  const log = createCountedLog(logTo([]), registry);
  const shown = async (): Promise<string | undefined> =>
    /^slotbridge_log_lines_held_back_total (.*)$/m.exec(await registry.metrics())?.[1];
  expect(await shown()).toBe('0');
  log.warn(NHS_NUMBER);
  expect(await shown()).toBe('1');
  expect(await shown()).toBe('1');
});
