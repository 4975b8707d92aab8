/** Loaded before a gateway that runs with `--expose-gc`: answers what it keeps. */
import { readdirSync } from 'node:fs';
import type { Kept } from '../samples.js';

process.on('message', (message) => {
  if (message !== 'sample') return;
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const descriptors = readdirSync('/proc/self/fd').length;
  process.send?.({ heapBytes: heapUsed, residentBytes: rss, descriptors, resources } satisfies Kept);
});
// Whatever ends the measurement ends what it has started.
process.once('disconnect', () => process.exit(1));
// The question alone must not keep a process alive that has been told to stop.
process.channel?.unref();
