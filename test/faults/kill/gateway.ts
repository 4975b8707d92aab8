/**
 * The gateway as `slotbridge serve` starts it, with points at which it can be made to die, and a clock that can be ahead
 * of the machine's and run faster, so that a settle time of minutes does not take minutes.
 *
 * KILL_AT=name:n  dies by SIGKILL at the n-th time that the point is reached
 * KILL_LIST=file  gets the names of the points
 * KILL_ARMED=file points count from when it exists
 * GATEWAY_FROM=folder is started from instead of `src`: a build of it starts in less than half the time
 */
import type * as Config from '../../../src/config.js';
import type * as Registry from '../../../src/connectors/registry.js';
import type * as Stopping from '../../../src/cli/stopping.js';
import type * as Main from '../../../src/main.js';
import type * as System from '../../../src/system.js';
import type { Runtime } from '../../../src/ports/runtime.js';
import { betweenWith, createReach } from './points.js';

const from = process.env['GATEWAY_FROM'] ?? 'src';
const load = async (module: string): Promise<unknown> => import(`../../../${from}/${module}`);
const { loadConfiguration } = (await load('config.js')) as typeof Config;
const { registry } = (await load('connectors/registry.js')) as typeof Registry;
const { untilStopped } = (await load('cli/stopping.js')) as typeof Stopping;
const { startGateway } = (await load('main.js')) as typeof Main;
const { createLog, createSystemRuntime } = (await load('system.js')) as typeof System;

function createFastRuntime(aheadMs: number, speed: number): Runtime {
  const system = createSystemRuntime();
  return {
    ...system,
    clock: { now: () => Date.now() + aheadMs, monotonic: () => system.clock.monotonic() * speed },
    timers: { sleep: (ms, signal) => system.timers.sleep(ms / speed, signal) },
  };
}

const { KILL_AT, KILL_LIST, KILL_ARMED, CLOCK_AHEAD_MS, CLOCK_SPEED } = process.env;
const [config = ''] = process.argv.slice(2);
const reach = createReach({ killAt: KILL_AT, list: KILL_LIST, armedBy: KILL_ARMED ?? '' });

const gateway = await startGateway({
  configuration: loadConfiguration(config, process.env, registry),
  runtime: createFastRuntime(Number(CLOCK_AHEAD_MS ?? 0), Number(CLOCK_SPEED ?? 1)),
  log: createLog(),
  host: '127.0.0.1',
  port: 0,
  between: betweenWith(reach),
});
reach('start.listening');
await untilStopped();
reach('drain.signalled');
await gateway.stop();
reach('drain.stopped');
