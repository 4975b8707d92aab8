/** Runs hostile cases by their name, one after the other; the test kills this thread if one takes too long. */
import { parentPort } from 'node:worker_threads';
import { DEFINITIONS } from './definitions.js';
import { RESOURCES } from './resources.js';
import { TEXTS } from './texts.js';

const CASES = { ...TEXTS, ...RESOURCES, ...DEFINITIONS };

parentPort?.on('message', (name: string) => {
  const started = performance.now();
  const found = CASES[name]?.run() ?? [];
  parentPort?.postMessage({
    milliseconds: performance.now() - started,
    count: found.filter((one) => 'rule' in one).length,
    kinds: [
      ...new Set(
        found.flatMap((one) => ('reason' in one ? ['problem'] : one.severity === 'error' ? [one.rule.kind] : [])),
      ),
    ],
    messages: found.map((one) => ('reason' in one ? one.reason : one.message).slice(0, 300)),
  });
});
