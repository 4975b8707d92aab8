import type { DefinitionProblem, ValidationIssue } from '../../../src/validation/index.js';

/** Something made to crash, stall or fool a validator. */
export interface HostileCase {
  readonly run: () => readonly (ValidationIssue | DefinitionProblem)[];
  /** Kinds of rules that have to be among the errors; with `problem`, definitions have to be told of; [] when it is right. */
  readonly expected: readonly string[];
}

export type HostileCases = Readonly<Record<string, HostileCase>>;
