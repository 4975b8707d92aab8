/** What a parse function refused, as the consumer will see it. */
import { expect } from 'vitest';
import { isGatewayError } from '../../src/domain/errors.js';
import { writeOutcome } from '../../src/fhir/stu3/outcome.js';

export interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly path: string | undefined;
  readonly message: string;
}

export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const { status, outcome } = writeOutcome(error);
    const code = outcome.issue[0]?.details?.coding?.[0]?.code;
    return { status, code, path: error.fhirPath, message: error.message };
  }
  return expect.fail('nothing was refused');
}
