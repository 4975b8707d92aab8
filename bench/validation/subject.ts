/** The validator that is measured. Nothing else of the benchmark knows how it is made and asked. */
import { createValidator, type Release } from '../../src/validation/index.js';

export interface Subject {
  /** Whether the resource has no error. */
  accepts(resource: unknown): boolean;
}

export function createSubject(release: Release): Subject {
  const validator = createValidator({ release });
  return { accepts: (resource) => !validator.validate(resource).some(({ severity }) => severity === 'error') };
}
