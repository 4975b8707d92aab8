/** The cases of `npm run test:kill -- --disk`. */
import type { Job, Run } from '../jobs.js';
import { SCENARIOS, type Scenario } from '../scenarios.js';
import { scenarioNamed } from '../sweep.js';
import type { Setting } from '../world.js';
import {
  DISK_FAULTS,
  diskCasesOf,
  isDiskFault,
  nameOfDiskCase,
  runDiskCase,
  type DiskCase,
  type DiskFaultName,
  type DiskVerdict,
} from './disk-case.js';
import { runSlowDisk } from './slow-disk.js';
import { whyNoStrace } from './strace.js';

const SLOW = 'slow-syncs';
/** A booking, a cancellation, and what consists of several calls. */
const SWEPT = ['book', 'cancel', 'take-back', 'book-several'] as const;

function jobOf(one: DiskCase, setting: Setting): Job {
  const name = nameOfDiskCase(one);
  return {
    name,
    repeat: `npm run test:kill -- --disk '${name}'`,
    async run() {
      const { seen, violations } = await runDiskCase(one, setting);
      return { verdict: seen.injected > 0 ? 'ok' : 'not reached', violations };
    },
  };
}

const slowJob = (setting: Setting): Job => ({
  name: SLOW,
  repeat: `npm run test:kill -- --disk ${SLOW}`,
  async run() {
    const { delayed, violations } = await runSlowDisk(setting);
    return { verdict: delayed > 0 ? 'ok' : 'not reached', violations };
  },
});

/** `book sync-eio:3` */
function theOne([name = '', fault = '', ...more]: readonly string[]): DiskCase | undefined {
  const [kind, k] = fault.split(':');
  if (more.length > 0 || k === undefined || !isDiskFault(kind)) return undefined;
  return { scenario: scenarioNamed(name), fault: kind, k: Number(k) };
}

/** Of the words, some name scenarios and some name faults; without either it is all of them. */
export async function diskJobs(words: readonly string[], setting: Setting, run: Run): Promise<readonly Job[]> {
  const reason = await whyNoStrace();
  if (reason !== undefined) throw new Error(reason);
  const only = theOne(words);
  if (only) return [jobOf(only, setting)];
  const named = words.filter((word) => word !== SLOW && !isDiskFault(word)).map(scenarioNamed);
  const faults: readonly DiskFaultName[] = words.filter(isDiskFault);
  const isAll = words.length === 0;
  const slow = isAll || words.includes(SLOW) ? [slowJob(setting)] : [];
  if (!isAll && named.length === 0 && faults.length === 0) return slow;

  const scenarios = named.length > 0 ? named : SCENARIOS.filter(({ name }) => SWEPT.some((swept) => swept === name));
  const clean = new Map<Scenario, DiskVerdict>();
  await run.inTurns(scenarios, async (scenario) => {
    const one: DiskCase = { scenario, fault: undefined, k: 0 };
    const verdict = await runDiskCase(one, setting);
    clean.set(scenario, verdict);
    run.report({ name: `${scenario.name} on a disk in order`, repeat: 'the same command' }, verdict.violations);
  });
  const cases = scenarios.flatMap((scenario) => {
    const verdict = clean.get(scenario);
    if (!verdict) return [];
    run.print(`${scenario.name}: ${verdict.seen.syncs} syncs, ${verdict.seen.writes} writes`);
    return diskCasesOf(scenario, verdict);
  });
  // What fails in one way side by side: a run that is broken off has had the syncs of all scenarios.
  const kinds = (Object.keys(DISK_FAULTS) as DiskFaultName[]).filter(
    (kind) => faults.length === 0 || faults.includes(kind),
  );
  const inOrder = kinds.flatMap((kind) => cases.filter(({ fault }) => fault === kind));
  return [...slow, ...inOrder.map((one) => jobOf(one, setting))];
}
