/** The validator that is measured. Nothing else of the benchmark knows how it is made and asked. */
import { createStructureValidator, loadBaseDefinitions } from '../../src/validation/index.js';

export interface Subject {
  /** Whether the resource has no error. */
  accepts(resource: unknown): boolean;
}

export function createSubject(): Subject {
  const validator = createStructureValidator(loadBaseDefinitions('stu3'));
  return { accepts: (resource) => validator.validate(resource).length === 0 };
}
