/** Validation of FHIR resources; what the rest of the gateway calls. */
export { createValidator } from './create-validator.js';
export { loadBaseDefinitions, type Definitions } from './definitions/base.js';
export type {
  DefinitionProblem,
  Release,
  Rule,
  RuleKind,
  Severity,
  ValidateOptions,
  ValidationIssue,
  Validator,
  ValidatorOptions,
} from './types.js';
