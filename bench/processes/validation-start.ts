/**
 * A measured process: how long the validator takes from its import to its first three answers, what it holds then, and
 * what it holds once it has been busy for so long that ajv has compiled its schemas.
 * Arguments: the releases, one after the other.
 */
import { readResources } from '../validation/resources.js';

const releases = process.argv.slice(2) as ('stu3' | 'r4')[];
const read = releases.map((release) => ({ release, resources: readResources(release) }));
const rssBefore = process.memoryUsage.rss();
const began = performance.now();
const cpuBefore = process.cpuUsage();
const { createSubject } = await import('../validation/subject.js');
const subjects = read.map(({ release, resources }) => {
  const subject = createSubject(release);
  const { appointment, slotBundle, patient } = resources;
  for (const resource of [appointment, slotBundle, patient])
    if (!subject.accepts(resource)) throw new Error(`a resource that is right was refused (${release})`);
  return subject;
});
const readyMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
const rssAfter = process.memoryUsage.rss();
const { WORTH_COMPILING } = await import('../../src/validation/compile/units.js');
for (const [index, { resources }] of read.entries())
  for (let round = 0; round <= WORTH_COMPILING; round += 1)
    for (const resource of [resources.appointment, resources.patient]) subjects[index]?.accepts(resource);
const rssBusy = process.memoryUsage.rss();
process.send?.({
  readyMs,
  readyCpuMs: (user + system) / 1000,
  rssBefore,
  rssAfter,
  rssBusy,
  subjects: subjects.length,
});
