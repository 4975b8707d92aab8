import { describe, expect, test } from 'vitest';
import { ERROR_CODES, GatewayError, type ErrorCode } from '../../../src/domain/errors.js';
import { SPINE } from '../../../src/fhir/stu3/codes.js';
import { writeOutcome, writeShortfall } from '../../../src/fhir/stu3/outcome.js';
import { practiceOf } from '../golden.js';

const EXPECTED: Readonly<Record<ErrorCode, readonly [number, string, keyof typeof SPINE]>> = {
  'bad-request': [400, 'invalid', 'BAD_REQUEST'],
  'unsupported-media-type': [415, 'invalid', 'BAD_REQUEST'],
  'body-too-large': [413, 'too-long', 'BAD_REQUEST'],
  'uri-too-long': [414, 'too-long', 'BAD_REQUEST'],
  'headers-too-large': [431, 'too-long', 'BAD_REQUEST'],
  'request-timeout': [408, 'timeout', 'BAD_REQUEST'],
  'not-implemented': [501, 'not-supported', 'NOT_IMPLEMENTED'],
  'unknown-endpoint': [404, 'invalid', 'BAD_REQUEST'],
  'invalid-parameter': [422, 'invalid', 'INVALID_PARAMETER'],
  'invalid-identifier-system': [400, 'value', 'INVALID_IDENTIFIER_SYSTEM'],
  'invalid-identifier-value': [400, 'value', 'INVALID_IDENTIFIER_VALUE'],
  'invalid-nhs-number': [400, 'value', 'INVALID_NHS_NUMBER'],
  'invalid-resource': [422, 'invalid', 'INVALID_RESOURCE'],
  'reference-not-found': [422, 'invalid', 'REFERENCE_NOT_FOUND'],
  'patient-not-found': [404, 'not-found', 'PATIENT_NOT_FOUND'],
  'invalid-demographics': [400, 'business-rule', 'INVALID_PATIENT_DEMOGRAPHICS'],
  'patient-already-registered': [409, 'duplicate', 'DUPLICATE_REJECTED'],
  'several-patient-records': [500, 'processing', 'INTERNAL_SERVER_ERROR'],
  'organisation-not-found': [404, 'not-found', 'ORGANISATION_NOT_FOUND'],
  'practitioner-not-found': [404, 'not-found', 'PRACTITIONER_NOT_FOUND'],
  'record-not-found': [404, 'not-found', 'NO_RECORD_FOUND'],
  'access-denied': [403, 'forbidden', 'ACCESS DENIED'],
  'slot-taken': [409, 'duplicate', 'DUPLICATE_REJECTED'],
  'version-conflict': [409, 'conflict', 'FHIR_CONSTRAINT_VIOLATION'],
  'idempotency-key-reused': [422, 'invalid', 'INVALID_RESOURCE'],
  'place-contended': [503, 'lock-error', 'INTERNAL_SERVER_ERROR'],
  'outcome-unknown': [504, 'timeout', 'INTERNAL_SERVER_ERROR'],
  'practice-unavailable': [503, 'transient', 'INTERNAL_SERVER_ERROR'],
  'practice-timeout': [504, 'timeout', 'INTERNAL_SERVER_ERROR'],
  'practice-system-fault': [502, 'exception', 'INTERNAL_SERVER_ERROR'],
  'demographics-unavailable': [500, 'processing', 'INTERNAL_SERVER_ERROR'],
  'unrepresentable-record': [500, 'processing', 'INTERNAL_SERVER_ERROR'],
  overloaded: [503, 'throttled', 'INTERNAL_SERVER_ERROR'],
  'quota-exceeded': [429, 'throttled', 'INTERNAL_SERVER_ERROR'],
  'ledger-unavailable': [503, 'no-store', 'INTERNAL_SERVER_ERROR'],
  internal: [500, 'processing', 'INTERNAL_SERVER_ERROR'],
};

describe('error outcome', () => {
  test.each(Object.entries(EXPECTED) as [ErrorCode, (typeof EXPECTED)[ErrorCode]][])(
    '%s is answered with %j',
    (code, [status, issueType, spine]) => {
      const written = writeOutcome(new GatewayError(code, 'what, where, how to mend'));
      expect(written.status).toBe(status);
      expect(written.outcome.issue).toEqual([
        {
          severity: 'error',
          code: issueType,
          details: {
            coding: [
              {
                system: 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1',
                code: spine,
                display: SPINE[spine],
              },
            ],
          },
          diagnostics: 'what, where, how to mend',
        },
      ]);
    },
  );

  test('a code that may be retried is never answered as the consumer’s own mistake', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const error = new GatewayError(code, 'x');
      const { status } = writeOutcome(error);
      if (error.retryable) expect([408, 429, 500, 503, 504]).toContain(status);
    }
  });

  test('the cause stays with us', () => {
    const error = new GatewayError('practice-system-fault', 'The practice system failed.', { cause: 'Brackley, Otis' });
    expect(JSON.stringify(writeOutcome(error))).not.toContain('Brackley');
  });
});

test.each<[ErrorCode, string]>([
  ['practice-timeout', 'timeout'],
  ['practice-unavailable', 'transient'],
  ['practice-system-fault', 'exception'],
  ['unrepresentable-record', 'exception'],
  ['access-denied', 'exception'],
  ['overloaded', 'throttled'],
])('search several practices: %s of one is a warning of type %s that names its ODS code', (code, issueType) => {
  const shortfall = { practice: practiceOf('A99902'), error: new GatewayError(code, 'Why.') };
  expect(writeShortfall(shortfall).issue[0]).toMatchObject({
    severity: 'warning',
    code: issueType,
    diagnostics: 'Practice A99902 gave no full answer: Why.',
  });
});
