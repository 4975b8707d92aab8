/** Validation of FHIR resources; what the rest of the gateway calls. */
export { loadBaseDefinitions, type Definitions } from './definitions/base.js';
export type { StructureIssue, StructureRule } from './issues.js';
export { createStructureValidator, type StructureValidator, type StructureValidatorOptions } from './validator.js';
