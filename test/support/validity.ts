/** The validator as tests use it: what it finds in an answer, in words. */
import { expect } from 'vitest';
import { createValidator } from '../../src/validation/index.js';

const validator = createValidator({ release: 'stu3', quietTerminology: true });

/** Errors against STU3 and every profile that the resource claims; `type` is the one it has to be. */
export function errorsIn(resource: unknown, type?: string): string[] {
  return validator
    .validate(resource, type === undefined ? {} : { type })
    .filter(({ severity }) => severity === 'error')
    .map(({ expression, message }) => `${expression}: ${message}`);
}

export function expectValid(resource: unknown, type?: string): void {
  expect(errorsIn(resource, type)).toEqual([]);
}
