/** The machine's runtime with a clock that is ahead of it and runs faster: a settle time of minutes takes seconds. */
import type { Runtime } from '../../../../src/ports/runtime.js';
import { createSystemRuntime } from '../../../../src/system.js';

export function createFastRuntime(aheadMs: number, speed: number): Runtime {
  const system = createSystemRuntime();
  return {
    ...system,
    clock: { now: () => Date.now() + aheadMs, monotonic: () => system.clock.monotonic() * speed },
    timers: { sleep: (ms, signal) => system.timers.sleep(ms / speed, signal) },
  };
}
