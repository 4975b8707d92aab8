/**
 * The gateway as `slotbridge serve` starts it, with points at which it can be made to die, and a clock that can be ahead
 * of the machine's and run faster.
 *
 * KILL_AT=name:n  dies by SIGKILL at the n-th time that the point is reached
 * KILL_LIST=file  gets the names of the points
 * KILL_ARMED=file points count from when it exists
 */
import { untilStopped } from '../../../../src/cli/stopping.js';
import { loadConfiguration } from '../../../../src/config.js';
import { registry } from '../../../../src/connectors/registry.js';
import { startGateway } from '../../../../src/main.js';
import { createLog } from '../../../../src/system.js';
import { createFastRuntime } from './fast-runtime.js';
import { betweenWith, createReach } from './points.js';

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
