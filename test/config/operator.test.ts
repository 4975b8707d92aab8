/** The practices file's `operator`: what is wrong with it is said at once, with line and advice. */
import { describe, expect, it } from 'vitest';
import { complaintsOf, environment, load, practicesFile } from './practices-file.js';

const SAM = 'a'.repeat(24);
const ALEX = 'b'.repeat(24);
const env = { ...environment, SAM, ALEX, SHORT: 'a'.repeat(23) };
const withOperator = (operator: unknown): object => ({ ...practicesFile(), operator });
const sam = { name: 'Sam Field', token: { env: 'SAM' } };

describe('operator', () => {
  it('is no port when nothing is said', () => {
    expect(load(practicesFile()).operator).toBeUndefined();
  });

  it('is on loopback, for health and metrics, with nothing said in it', () => {
    const operator = { host: '127.0.0.1', port: 8081, operators: [], clientNames: [], tls: undefined };
    expect(load(withOperator({})).operator).toEqual(operator);
  });

  it('names operators by tokens of their own', () => {
    const { operator } = load(
      withOperator({ operators: [sam, { name: 'Alex Ó Briain', token: { env: 'ALEX' } }] }),
      env,
    );
    expect(operator?.operators).toEqual([
      { name: 'Sam Field', token: SAM },
      { name: 'Alex Ó Briain', token: ALEX },
    ]);
  });

  it.each<[string, object, RegExp]>([
    [
      'a token in the file',
      { operators: [{ name: 'Sam', token: SAM }] },
      /^operator\.operators\[0\]\.token: a secret must not/,
    ],
    ['a short token', { operators: [{ name: 'Sam', token: { env: 'SHORT' } }] }, /token: must be at least 24 visible/],
    [
      'a name twice',
      { operators: [sam, { ...sam, token: { env: 'ALEX' } }] },
      /operators\[1\]\.name: is the name of another/,
    ],
    ['a token twice', { operators: [sam, { ...sam, name: 'Alex' }] }, /operators\[1\]\.token: is another operator's/],
    ['a name of no letters', { operators: [{ ...sam, name: ' ' }] }, /operators\[0\]\.name: must be a person's name/],
    ['an address beyond this machine', { host: '0.0.0.0' }, /^operator\.host: is not a loopback address: add `tls`/],
    [
      'names of certificates without TLS',
      { clientNames: ['a.example.nhs.uk'] },
      /clientNames: is of use with `tls` only/,
    ],
    ['a key nobody knows', { ports: 1 }, /^operator\.ports: .*`port`/],
  ])('%s is a problem', (_title, operator, complaint) => {
    expect(complaintsOf(withOperator(operator), env)).toEqual([expect.stringMatching(complaint)]);
  });
});
