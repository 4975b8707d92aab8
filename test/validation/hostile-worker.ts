/** Validates one hostile input and answers how long it took; the test kills this thread if it takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { createStructureValidator, loadBaseDefinitions } from '../../src/validation/index.js';
import { HOSTILE } from './hostile-inputs.js';

const validator = createStructureValidator(loadBaseDefinitions('stu3'));
validator.prepare(['Appointment', 'Patient', 'Binary']);
const input = HOSTILE[(workerData as { readonly name: string }).name]?.();
const started = performance.now();
const issues = validator.validate(input);
parentPort?.postMessage({
  milliseconds: performance.now() - started,
  rules: [...new Set(issues.map((one) => one.rule))],
});
