/** Listings that are larger than any honest one are nonsense; what is large and honest is read. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { hmisConnector } from '../../src/connectors/hmis/index.js';
import { DAY } from '../../src/domain/time.js';
import type { PracticeSystem } from '../../src/ports/practice-system.js';
import { search } from '../contract/practice-system/harness.js';
import { createRuntime, MONDAY_8, practiceOf, settingsFor } from './hmis-practice.js';

const window = { start: MONDAY_8, end: MONDAY_8 + 7 * DAY };
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function answering(text: string): Promise<PracticeSystem> {
  const body = Buffer.from(text);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const silent = (): void => undefined;
  const system = hmisConnector.create({
    practice: practiceOf(),
    settings: settingsFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeouts: {} }),
    runtime: createRuntime(() => MONDAY_8),
    log: { info: silent, warn: silent, error: silent },
  });
  cleanups.push(async () => {
    await system.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return system;
}

const listOf = (rows: readonly string[]): string => `{"status":"success","code":200,"data":[${rows.join(',')}]}`;
const times = (count: number, make: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => make(at));

const FILE = new URL('../../fixtures/hmis/exchanges/list-sessions.json', import.meta.url);
const { answer } = JSON.parse(readFileSync(FILE, 'utf8')) as { answer: { body: { data: readonly object[] } } };
/** The session of the written exchange that is an appointment of its own, as often as is asked for. */
const exact = answer.body.data.find((row) => 'maxNo' in row && row.maxNo === 1) ?? {};
const right = (at: number): string => JSON.stringify({ ...exact, id: 10_000 + at });

it('reads two thousand sessions', async () => {
  const system = await answering(listOf(times(2000, right)));
  expect((await system.listFreeSlots(window, search())).slots).toHaveLength(2000);
});

it('drops a thousand rows that cannot be used, each alone', async () => {
  const system = await answering(listOf([...times(1000, () => '0'), right(1)]));
  expect((await system.listFreeSlots(window, search())).slots).toHaveLength(1);
});

it.each([
  ['more rows that cannot be used', listOf([...times(1001, () => '0'), right(1)])],
  ['more than ten thousand rows', listOf(times(10_001, () => '{}'))],
  ['more values than an honest answer has', listOf(times(100_001, () => '[]'))],
  ['levels without an end', `${'['.repeat(150_000)}${']'.repeat(150_000)}`],
  ['a text without an end', listOf([right(1), JSON.stringify('x'.repeat(300_000))])],
])('calls %s a fault', async (_, text) => {
  const system = await answering(text);
  await expect(system.listFreeSlots(window, search())).rejects.toMatchObject({ code: 'practice-system-fault' });
});

it('takes what stands in texts for texts', async () => {
  // Many commas and brackets, and quotes that end nothing.
  const text = JSON.stringify(`${'[{,"\\'.repeat(3000)}`);
  const rows = times(20, (at) => `{"id":${String(at)},"note":${text}}`);
  const system = await answering(listOf([...rows, right(1)]));
  expect((await system.listFreeSlots(window, search())).slots).toHaveLength(1);
});
