/** `slotbridge attempts` against a running gateway with a booking whose answer was lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOOKING_CALL, exactSlots } from '../support/appointments.js';
import { bookingBody, expectRefusal, patientId, slotPath } from '../support/flow.js';
import { toTable } from '../../src/cli/attempts/print.js';
import { MINUTE } from '../../src/domain/time.js';
import { startOperatedGateway, TOKEN, until, type OperatedGateway } from '../support/operator.js';
import { endAll, run, type Ended } from './command.js';

let gateway: OperatedGateway;
let id: string;
let patient: string;
const folder = mkdtempSync(join(tmpdir(), 'slotbridge-attempts-'));
beforeAll(async () => {
  gateway = await startOperatedGateway();
  const consumer = gateway.consumer();
  patient = await patientId(consumer);
  const slot = (await exactSlots(consumer, slotPath('2026-05-19', '2026-05-29')))();
  gateway.riverside.faults.script({ match: BOOKING_CALL, fault: { kind: 'hang', when: 'before' } });
  const slow = consumer.post('book', '/Appointment', bookingBody(slot, patient));
  await until(() => Promise.resolve(gateway.riverside.requests.count(BOOKING_CALL) > 0));
  gateway.riverside.faults.script({
    match: { method: 'GET' },
    times: 'always',
    fault: { kind: 'drop', when: 'before' },
  });
  const issue = expectRefusal(await slow, 504, 'INTERNAL_SERVER_ERROR');
  id = /Reference: ([A-Za-z0-9\-.]+)/.exec(issue.diagnostics)?.[1] ?? '';
  gateway.skip(40 * MINUTE);
  await until(async () => (await gateway.listed('needs-human')).includes(id));
}, 60_000);
afterAll(async () => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
  await gateway.stop();
});

function attempts(args: readonly string[], token = TOKEN): Promise<Ended> {
  return run(['attempts', ...args, '--url', gateway.operatorUrl], { SLOTBRIDGE_OPERATOR_TOKEN: token });
}

describe('the table', () => {
  it('flags what may be a duplicate, also where it is on another list', () => {
    const row = { practice: 'A99901', state: 'BOOKED', start: '2026-05-19', ageSeconds: 60, answers: [] };
    const possibleDuplicateOf = ['a'];
    const table = toTable([
      { ...row, id: 'a', list: 'unclaimed' },
      { ...row, id: 'b', list: 'open', possibleDuplicateOf },
      { ...row, id: 'c', list: 'possible-duplicate', possibleDuplicateOf },
    ]);
    expect(table.split('\n').map((line) => line.split(/ {2,}/)[2])).toEqual([
      'list',
      'unclaimed',
      'open, possible-duplicate',
      'possible-duplicate',
      undefined,
    ]);
  });
});

describe('slotbridge attempts', () => {
  it('list shows what waits, as a table and as JSON, and nothing of the patient', async () => {
    const { code, stdout, stderr } = await attempts(['list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [heading, row] = stdout.split('\n');
    expect(heading).toMatch(/^attempt +practice +list +state +appointment +age +takes$/);
    expect(row).toMatch(
      new RegExp(`^${id} +A99901 +needs-human +NEEDS_HUMAN +2026-05-\\S+ +40 min +booked, not-booked`),
    );
    const json = await attempts([
      'list',
      '--format',
      'json',
      '--list',
      'needs-human',
      '--practice',
      'A99901',
      '--older-than',
      '30m',
    ]);
    expect(JSON.parse(json.stdout).attempts).toMatchObject([{ id, list: 'needs-human' }]);
    expect(stdout + json.stdout).not.toContain(patient);
    expect((await attempts(['list', '--older-than', '2h'])).stdout).toBe('none\n');
    expect((await attempts(['list', '--practice', 'A99902'])).stdout).toBe('none\n');
  });

  it('show says what to do; of an attempt that is not there: exit 1', async () => {
    const { code, stdout } = await attempts(['show', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^state: NEEDS_HUMAN$/m);
    expect(stdout).toMatch(/^advice: Look in the practice system for a booking at this time/m);
    expect(stdout).not.toContain(patient);
    expect(await attempts(['show', 'nobody'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('no attempt'),
    });
  });

  it.each<[string, readonly string[], string | undefined]>([
    ['a wrong token', ['list'], 'wrong-token-wrong-token-wrong'],
    ['no token', ['list'], ''],
    ['an unknown list', ['list', '--list', 'lost'], undefined],
    ['an unknown format', ['list', '--format', 'xml'], undefined],
    ['an age that is none', ['list', '--older-than', 'long'], undefined],
    ['an answer without a reason', ['resolve', 'x', 'not-booked'], undefined],
    ['an unknown answer', ['resolve', 'x', 'maybe', '--reason', 'who knows'], undefined],
    ['a token file that is not there', ['list', '--token-file', '/nowhere/token'], undefined],
  ])('%s: exit 2, in one line', async (_title, args, token) => {
    const { code, stdout, stderr } = await attempts(args, token);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^(?:slotbridge|error): \S[^\n]*\n/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('a gateway that is not there: exit 2, with what to look at', async () => {
    const { code, stderr } = await run(['attempts', 'list', '--url', 'http://127.0.0.1:9']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^slotbridge: http:\/\/127\.0\.0\.1:9 does not answer as an operator port \(\w+\)/),
    });
  });

  it('resolve: refused with exit 2 while the practice cannot be asked, 0 when it can, 1 the second time', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`);
    const resolve = ['resolve', id, 'not-booked', '--reason', 'Rang the desk: nothing there', '--token-file', file];
    const away = await attempts(resolve, '');
    expect(away).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be asked at the moment') });
    gateway.riverside.faults.clear();
    expect(await attempts(resolve, '')).toEqual({ code: 0, stdout: `${id} is now NOT_BOOKED\n`, stderr: '' });
    expect(await attempts(resolve, '')).toMatchObject({ code: 1, stderr: expect.stringContaining('takes no answer') });
    expect((await attempts(['list'])).stdout).toBe('none\n');
  }, 60_000);
});
