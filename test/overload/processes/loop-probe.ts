/**
 * Loaded before a gateway: answers how long its event loop was blocked, in milliseconds of processor time, and by how
 * much it was late since it was last asked that, for whatever reason.
 *
 * While it watches, each turn of the loop calls it. What lies between two turns has blocked the loop; it counts with the
 * time on the wall or the processor time of the loop's thread, whichever is less: on the wall, others may have had the
 * processor. Where the system doesn't tell what a thread has used, that of the whole process stands for it, with
 * whatever other threads compile and clean up meanwhile.
 */
import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

let isWatching = false;
let longest = 0;
let wall = 0;
let cpu = 0;

const schedule = ((): number | undefined => {
  try {
    return openSync(`/proc/self/task/${String(process.pid)}/schedstat`, 'r');
  } catch {
    return undefined;
  }
})();
const text = Buffer.alloc(64);

function used(): number {
  if (schedule !== undefined) {
    const length = readSync(schedule, text, 0, text.length, 0);
    return Number.parseInt(text.toString('latin1', 0, length), 10) / 1e6;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Of the process, in bytes; 0 where the system doesn't tell. */
function memory(line: 'VmRSS' | 'VmHWM'): number {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    return Number(new RegExp(`${line}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** From now on the peak is that of what follows. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Then it is that of the whole life of the process.
  }
}

function turn(): void {
  const [wallNow, cpuNow] = [performance.now(), used()];
  longest = Math.max(longest, Math.min(wallNow - wall, cpuNow - cpu));
  wall = wallNow;
  cpu = cpuNow;
  if (isWatching) setImmediate(turn);
}

const lateness = monitorEventLoopDelay({ resolution: 5 });
lateness.enable();

process.on('message', (message) => {
  if (message === 'lateness') {
    process.send?.({ longestMs: lateness.max / 1e6 });
    lateness.reset();
  }
  if (message === 'watch') {
    isWatching = true;
    wall = performance.now();
    cpu = used();
    longest = 0;
    setImmediate(turn);
    process.send?.({});
  }
  if (message === 'memory') {
    globalThis.gc?.();
    forgetPeak();
    process.send?.({ bytes: memory('VmRSS') });
  }
  if (message === 'peak') process.send?.({ bytes: memory('VmHWM') });
  if (message === 'report') {
    isWatching = false;
    process.send?.({ longestMs: longest });
  }
});
// Whatever ends the measurement ends what it has started.
process.once('disconnect', () => process.exit(1));
// The question alone must not keep a process alive that has been told to stop.
process.channel?.unref();

export {};
