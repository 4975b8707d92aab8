/**
 * Errors as GPConnect-OperationOutcome-1 (GP Connect 1.2.7, "Error handling guidance"). One row for each of our codes;
 * the compiler insists. What goes wrong behind us follows one rule: an open outcome is 504, a proven failure to reach
 * the practice 503.
 */
import type { OperationOutcome } from 'fhir/r3.js';
import type { ErrorCode, GatewayError } from '../../domain/errors.js';
import type { PracticeShortfall } from '../../domain/schedule.js';
import { PROFILE, SPINE, SYSTEM, type SpineCode } from './codes.js';

type IssueType =
  | 'invalid'
  | 'value'
  | 'business-rule'
  | 'forbidden'
  | 'not-found'
  | 'not-supported'
  | 'duplicate'
  | 'conflict'
  | 'processing'
  | 'too-long'
  | 'timeout'
  | 'transient'
  | 'lock-error'
  | 'no-store'
  | 'exception'
  | 'throttled';

interface Row {
  readonly status: number;
  readonly issue: IssueType;
  readonly spine: SpineCode;
}

function row(status: number, issue: IssueType, spine: SpineCode): Row {
  return { status, issue, spine };
}

/**
 * Contradiction 23: INTERNAL_SERVER_ERROR has the issue type `processing` in the table and `exception` in an example. It is
 * `processing` for a failure that the table means, and a more telling type where something behind us failed.
 */
const ROWS: Readonly<Record<ErrorCode, Row>> = {
  'bad-request': row(400, 'invalid', 'BAD_REQUEST'),
  'unsupported-media-type': row(415, 'invalid', 'BAD_REQUEST'),
  'body-too-large': row(413, 'too-long', 'BAD_REQUEST'),
  'uri-too-long': row(414, 'too-long', 'BAD_REQUEST'),
  'headers-too-large': row(431, 'too-long', 'BAD_REQUEST'),
  'request-timeout': row(408, 'timeout', 'BAD_REQUEST'),
  'not-implemented': row(501, 'not-supported', 'NOT_IMPLEMENTED'),
  'unknown-endpoint': row(404, 'invalid', 'BAD_REQUEST'),
  'invalid-parameter': row(422, 'invalid', 'INVALID_PARAMETER'),
  'invalid-identifier-system': row(400, 'value', 'INVALID_IDENTIFIER_SYSTEM'),
  'invalid-identifier-value': row(400, 'value', 'INVALID_IDENTIFIER_VALUE'),
  'invalid-nhs-number': row(400, 'value', 'INVALID_NHS_NUMBER'),
  'invalid-resource': row(422, 'invalid', 'INVALID_RESOURCE'),
  'reference-not-found': row(422, 'invalid', 'REFERENCE_NOT_FOUND'),
  'patient-not-found': row(404, 'not-found', 'PATIENT_NOT_FOUND'),
  'invalid-demographics': row(400, 'business-rule', 'INVALID_PATIENT_DEMOGRAPHICS'),
  'patient-already-registered': row(409, 'duplicate', 'DUPLICATE_REJECTED'),
  // Never a guess which record is meant: the practice has to merge them first.
  'several-patient-records': row(500, 'processing', 'INTERNAL_SERVER_ERROR'),
  'organisation-not-found': row(404, 'not-found', 'ORGANISATION_NOT_FOUND'),
  'practitioner-not-found': row(404, 'not-found', 'PRACTITIONER_NOT_FOUND'),
  'record-not-found': row(404, 'not-found', 'NO_RECORD_FOUND'),
  'access-denied': row(403, 'forbidden', 'ACCESS DENIED'),
  'slot-taken': row(409, 'duplicate', 'DUPLICATE_REJECTED'),
  // On a version that does not match, the answer is 409, not 412.
  'version-conflict': row(409, 'conflict', 'FHIR_CONSTRAINT_VIOLATION'),
  'idempotency-key-reused': row(422, 'invalid', 'INVALID_RESOURCE'),
  'place-contended': row(503, 'lock-error', 'INTERNAL_SERVER_ERROR'),
  'outcome-unknown': row(504, 'timeout', 'INTERNAL_SERVER_ERROR'),
  'practice-unavailable': row(503, 'transient', 'INTERNAL_SERVER_ERROR'),
  'practice-timeout': row(504, 'timeout', 'INTERNAL_SERVER_ERROR'),
  'practice-system-fault': row(502, 'exception', 'INTERNAL_SERVER_ERROR'),
  // Not 503 or 504, as for a practice: "PDS unavailable" is 500 in the specification's table.
  'demographics-unavailable': row(500, 'processing', 'INTERNAL_SERVER_ERROR'),
  'unrepresentable-record': row(500, 'processing', 'INTERNAL_SERVER_ERROR'),
  overloaded: row(503, 'throttled', 'INTERNAL_SERVER_ERROR'),
  'quota-exceeded': row(429, 'throttled', 'INTERNAL_SERVER_ERROR'),
  'ledger-unavailable': row(503, 'no-store', 'INTERNAL_SERVER_ERROR'),
  internal: row(500, 'processing', 'INTERNAL_SERVER_ERROR'),
};

/** A practice is missing from a federated answer for one of four reasons; whatever is none of the others is an exception. */
const SHORTFALL_ISSUES: ReadonlySet<IssueType> = new Set(['timeout', 'transient', 'throttled']);

function toOutcome(
  severity: 'error' | 'warning',
  issue: IssueType,
  spine: SpineCode,
  diagnostics: string,
  fhirPath: string | undefined,
): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    meta: { profile: [PROFILE.operationOutcome] },
    issue: [
      {
        severity,
        code: issue,
        details: { coding: [{ system: SYSTEM.spineError, code: spine, display: SPINE[spine] }] },
        diagnostics,
        ...(fhirPath !== undefined && { expression: [fhirPath] }),
      },
    ],
  };
}

export function writeOutcome(error: GatewayError): { readonly status: number; readonly outcome: OperationOutcome } {
  const { status, issue, spine } = ROWS[error.code];
  return { status, outcome: toOutcome('error', issue, spine, error.message, error.fhirPath) };
}

/** A practice of a federated search that gave no full answer: a warning beside the others' slots. */
export function writeShortfall({ practice, error }: PracticeShortfall): OperationOutcome {
  const { issue, spine } = ROWS[error.code];
  return toOutcome(
    'warning',
    SHORTFALL_ISSUES.has(issue) ? issue : 'exception',
    spine,
    `Practice ${practice.odsCode} gave no full answer: ${error.message}`,
    undefined,
  );
}
