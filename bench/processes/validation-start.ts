/** A measured process: how long the validator takes from its import to its first three answers, and what it holds then. */
import { readResources } from '../validation/resources.js';

const { appointment, slotBundle, patient } = readResources();
const rssBefore = process.memoryUsage.rss();
const began = performance.now();
const cpuBefore = process.cpuUsage();
const { createSubject } = await import('../validation/subject.js');
const subject = createSubject();
for (const resource of [appointment, slotBundle, patient])
  if (!subject.accepts(resource)) throw new Error('a resource that is right was refused');
const readyMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
process.send?.({ readyMs, readyCpuMs: (user + system) / 1000, rssBefore, rssAfter: process.memoryUsage.rss() });
