import { expect, it } from 'vitest';
import { createBareApp } from '../../src/http/health/bare-app.js';
import { watchLoop } from '../../src/http/health/loop-watch.js';
import { createVirtualRuntime } from '../support/virtual-runtime.js';

function watched() {
  const virtual = createVirtualRuntime(0);
  let stoodMs = 0;
  const lines: unknown[] = [];
  const say = (event: string, fields?: object): void => void lines.push([event, fields]);
  const runtime = { ...virtual, clock: { ...virtual.clock, monotonic: () => virtual.clock.monotonic() + stoodMs } };
  const watch = watchLoop(runtime, { info: say, warn: say, error: say });
  return { virtual, watch, lines, stand: (ms: number) => void (stoodMs += ms) };
}

it('is alive while time passes and timers are woken, and after a short stall', async () => {
  const { watch, virtual, lines, stand } = watched();
  await virtual.advance(3_600_000);
  expect(watch.isAlive()).toBe(true);
  stand(5_000);
  expect(watch.isAlive()).toBe(true);
  await virtual.advance(1_000);
  expect(watch.isAlive()).toBe(true);
  expect(lines).toEqual([]);
  await watch.stop();
});

it.each([
  ['the timer', 1_000],
  ['who asks', 0],
] as const)('is not alive for fifteen seconds after more than five, which %s notices', async (_title, laterMs) => {
  const { watch, virtual, lines, stand } = watched();
  await virtual.advance(1_000);
  stand(6_500);
  await virtual.advance(laterMs);
  expect(watch.isAlive()).toBe(false);
  await virtual.advance(14_999);
  expect(watch.isAlive()).toBe(false);
  await virtual.advance(1);
  expect(watch.isAlive()).toBe(true);
  expect(lines).toEqual([['loop-stood-still', { durationMs: expect.any(Number) as number }]]);
  await watch.stop();
});

it('stops looking when it is told to', async () => {
  const { watch, virtual } = watched();
  expect(virtual.waiting()).toBe(1);
  await watch.stop();
  expect(virtual.waiting()).toBe(0);
});

it.each([
  [true, 200, 'alive'],
  [false, 503, 'not alive'],
])('/livez says so: %s', async (isAlive, status, word) => {
  const server = createBareApp({ isAlive: () => isAlive, ready: () => Promise.resolve(true) }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const answer = await fetch(`http://127.0.0.1:${String(port)}/livez`);
  expect([answer.status, await answer.json()]).toEqual([status, { status: word }]);
  await new Promise((closed) => server.close(closed));
});
