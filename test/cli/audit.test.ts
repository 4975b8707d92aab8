/** `slotbridge audit verify`: a gateway's own trail, held against the heads in its own log. */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { keep } from '../../src/records/sqlite-dialect.js';
import { demoEnvironment, FIXTURES } from '../support/gateway.js';
import { endAll, run, start } from './command.js';

const CONFIG = join(FIXTURES, 'demo/practices.yaml');
const VERIFY = ['audit', 'verify', '--config', CONFIG];
const nowhere = 'http://127.0.0.1:9';
let folder: string;
let ledgerFile: string;
let env: Record<string, string>;
let log: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-audit-'));
  ledgerFile = join(folder, 'ledger.sqlite');
  const publicUrl = 'https://gateway.example.nhs.uk';
  env = demoEnvironment({ publicUrl, ledgerFile, riverside: nowhere, hillside: nowhere, register: nowhere });
  const gateway = start(['serve', '--config', CONFIG, '--port', '0'], env);
  const [line] = await gateway.says(/^.*"event":"listening".*$/m);
  const { port } = JSON.parse(line) as { port: number };
  for (let n = 0; n < 3; n += 1) await fetch(`http://127.0.0.1:${port}/A99901/STU3/1/gpconnect/metadata`);
  gateway.signal('SIGINT');
  log = join(folder, 'gateway.log');
  writeFileSync(log, (await gateway.ended).stdout);
}, 60_000);
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a trail that nobody has touched: exit 0', async () => {
  const { code, stdout, stderr } = await run([...VERIFY, '--heads', log], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^the audit trail is whole: \d+ rows, 1 heads agree\n$/);
}, 60_000);

it('rows taken off its end: exit 1', async () => {
  const database = keep(new Database(ledgerFile));
  database.exec('drop trigger audit_no_delete; delete from audit where seq = (select max(seq) from audit)');
  database.close();
  const { code, stdout } = await run([...VERIFY, '--heads', log], env);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^row \d+ is missing: .*\n$/);
}, 60_000);

it('heads that are none: exit 2, in one line', async () => {
  const { code, stdout, stderr } = await run([...VERIFY, '--heads', CONFIG], env);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^slotbridge: .* holds no head: .*\n$/);
}, 60_000);
