/** Bodies as the parsers of a face are given them: validated as the gateway validates them. */
import { validBody, type BodyRules } from '../../src/http/request/faults.js';
import { createValidator } from '../../src/validation/index.js';

const validator = createValidator({ release: 'stu3', quoteValues: false, quietTerminology: true });

/** Throws what the consumer of an invalid body is told. */
export function validated(body: unknown, rules: BodyRules): unknown {
  return validBody(validator, body, rules);
}
