import { describe, expect, it } from 'vitest';
import { complaintsOf, environment, practicesFile, problemsOf, writeBeside } from './practices-file.js';

function withKey(key: unknown) {
  const file = practicesFile();
  file.ledger.key = key;
  return file;
}

describe('secrets', () => {
  it('are refused in the file itself, with the reason and without being repeated', () => {
    const [complaint = '', ...others] = complaintsOf(withKey('hunter2hunter2'));
    expect(others).toEqual([]);
    expect(complaint).toMatch(/^ledger\.key: a secret must not stand in this file, because .* `\{ env: NAME \}`/);
    expect(complaint).not.toContain('hunter2');
  });

  it.each([
    ['both ways at once', { env: 'LEDGER_KEY', file: 'ledger.key' }],
    ['neither way', {}],
    ['a list', ['LEDGER_KEY']],
  ])('named %s are refused', (_name, key) => {
    expect(complaintsOf(withKey(key))).toEqual([
      expect.stringMatching(/^ledger\.key: a secret is named in exactly one way/),
    ]);
  });

  it('are not looked up under a name that is none', () => {
    expect(complaintsOf(withKey({ env: 'LEDGER KEY' }))).toEqual([
      'ledger.key.env: must be the name of an environment variable: letters, digits and `_`',
    ]);
  });

  it('missing are missing', () => {
    const file = practicesFile();
    expect(complaintsOf({ ...file, ledger: { file: 'x' } })).toEqual(['ledger.key: is missing: add it']);
  });

  it('in an unset or empty variable are a problem', () => {
    expect(complaintsOf(practicesFile(), { PAPER_KEY: ' ' })).toEqual([
      'ledger.key: the environment variable "LEDGER_KEY" is not set: set it',
      'practices[0].practiceSystem.key: the environment variable "PAPER_KEY" is empty: give it a value',
      'practices[1].practiceSystem.key: the environment variable "PAPER_KEY" is empty: give it a value',
    ]);
  });

  it('are not taken from what every object has', () => {
    expect(complaintsOf(withKey({ env: 'toString' }))).toEqual([
      'ledger.key: the environment variable "toString" is not set: set it',
    ]);
  });

  it('in an unreadable, empty or huge file are a problem', () => {
    writeBeside('empty.key', '\n');
    writeBeside('huge.key', 'x'.repeat(70_000));
    expect(complaintsOf(withKey({ file: 'nowhere.key' }))).toEqual([
      expect.stringMatching(/nowhere\.key" cannot be read/),
    ]);
    expect(complaintsOf(withKey({ file: 'empty.key' }))).toEqual([expect.stringMatching(/empty\.key" is empty/)]);
    expect(complaintsOf(withKey({ file: 'huge.key' }))).toEqual([expect.stringMatching(/larger than 64 KiB/)]);
  });

  it.each([
    ['too short', Buffer.alloc(16, 'abcdefghijklmnop').toString('base64')],
    ['too long', Buffer.from(Array.from({ length: 33 }, (_, i) => i)).toString('base64')],
    ['no text of that kind', 'correct horse battery staple'],
    ['typed, not drawn', Buffer.alloc(32, 'ab').toString('base64')],
  ])('that should be a ledger key and are %s are refused', (_name, key) => {
    const problems = problemsOf(practicesFile(), { ...environment, LEDGER_KEY: key });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^must be 32 random bytes/)]);
    expect(problems[0]?.message).not.toContain(key);
  });
});

describe('addresses', () => {
  const address = (baseUrl: unknown, allowHttp?: boolean) => {
    const file = practicesFile();
    Object.assign(file.practices[0]?.practiceSystem ?? {}, {
      baseUrl,
      ...(allowHttp === undefined ? {} : { allowHttp }),
    });
    return complaintsOf(file, { ...environment, URL_WITH_PASSWORD: 'https://jo:hunter2@paper.example.nhs.uk' });
  };
  const BASE = 'practices[0].practiceSystem.baseUrl: ';

  it.each([
    ['https', 'https://paper.example.nhs.uk/root', undefined],
    ['http on this machine, permitted', 'http://127.0.0.1:8080', true],
    ['http on this machine by name, permitted', 'http://localhost:8080', true],
    ['http on IPv6, permitted', 'http://[::1]:8080', true],
    ['http in a private network, permitted', 'http://192.168.4.7', true],
    ['http to a neighbour by name, permitted', 'http://hmis:8080', true],
  ])('may be %s', (_name, baseUrl, allowHttp) => {
    expect(address(baseUrl, allowHttp)).toEqual([]);
  });

  it.each([
    ['http on this machine', 'http://127.0.0.1:8080', undefined, /`allowHttp: true` beside it/],
    ['http on this machine, forbidden', 'http://127.0.0.1:8080', false, /`allowHttp: true` beside it/],
    ['http to the world, permitted or not', 'http://paper.example.nhs.uk', true, /only for loopback and private hosts/],
    ['http to a public number', 'http://8.8.8.8', true, /only for loopback and private hosts/],
    ['the metadata service', 'http://169.254.169.254', true, /link-local/],
    ['the metadata service, written otherwise', 'https://0xa9fea9fe', true, /link-local/],
    ['the metadata service, by way of IPv6', 'https://[::ffff:169.254.169.254]', true, /link-local/],
    ['everything', 'https://0.0.0.0', undefined, /unspecified/],
    ['a file', 'file:///etc/passwd', undefined, /whole address/],
    ['no address', 'paper', undefined, /whole address/],
    ['a query', 'https://paper.example.nhs.uk?key=1', undefined, /end with its path/],
    ['a number', 42, undefined, /must be an address/],
    ['an unset variable', { env: 'NOWHERE' }, undefined, /"NOWHERE" is not set/],
  ])('must not be %s', (_name, baseUrl, allowHttp, message) => {
    const complaints = address(baseUrl, allowHttp);
    expect(complaints).toEqual([expect.stringMatching(message)]);
    expect(complaints[0]?.startsWith(BASE)).toBe(true);
  });

  it('must not carry a password, and the complaint does not repeat it', () => {
    const complaints = address({ env: 'URL_WITH_PASSWORD' });
    expect(complaints).toEqual([`${BASE}must not carry a user name or password: use the settings meant for them`]);
  });

  it('of ours follow the same rules', () => {
    expect(complaintsOf({ ...practicesFile(), publicUrl: 'http://gateway.example.nhs.uk' })).toEqual([
      'publicUrl: must begin with `https:`: `http:` is only for loopback and private hosts',
    ]);
  });
});
