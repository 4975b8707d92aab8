/** Spine-ErrorOrWarningCode-1, version 1.4.0, and what GP Connect says of the codes it uses. */
import { codeList } from '../engine/shape.js';

export const SPINE_SYSTEM = 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1';

export const SPINE = codeList('Spine-ErrorOrWarningCode-1', {
  NO_RECORD_FOUND: 'No record found',
  PATIENT_NOT_FOUND: 'Patient not found',
  INVALID_NHS_NUMBER: 'Invalid NHS number',
  INVALID_CODE_SYSTEM: 'Invalid code system',
  INVALID_CODE_VALUE: 'Invalid code value',
  INVALID_VALUE: 'An input field has an invalid value for its type',
  INVALID_IDENTIFIER_SYSTEM: 'Invalid identifier system',
  INVALID_IDENTIFIER_VALUE: 'Invalid identifier value',
  CONFLICTING_VALUES: 'Conflicting values have been specified in different fields',
  INVALID_ELEMENT: 'Invalid element',
  AUTHOR_CREDENTIALS_ERROR: 'Author credentials error',
  INVALID_PARAMETER: 'Invalid parameter',
  REQUEST_UNMATCHED: 'Request does not match authorisation token',
  MESSAGE_NOT_WELL_FORMED: 'Message not well formed',
  NO_PATIENT_CONSENT: 'Patient has not provided consent to share data',
  NO_ORGANISATIONAL_CONSENT: 'Organisation has not provided consent to share data',
  BAD_REQUEST: 'Bad request',
  INVALID_RESOURCE: 'Invalid validation of resource',
  ORGANISATION_NOT_FOUND: 'Organisation not found',
  PRACTITIONER_NOT_FOUND: 'Practitioner not found',
  PATIENT_SENSITIVE: 'Patient sensitive',
  NO_RELATIONSHIP: 'No legitimate relationship exists with this patient',
  FHIR_CONSTRAINT_VIOLATION: 'FHIR constraint violated',
  FLAG_ALREADY_SET: 'Flag value was already set',
  INVALID_REQUEST_STATE: 'The request exists but is not in an appropriate state for the call to succeed',
  INVALID_REQUEST_TYPE: 'The type of request is not supported by the API call',
  'ACCESS DENIED': 'Access has been denied to process this request',
  ASID_CHECK_FAILED: "The sender or receiver's ASID is not authorised for this interaction",
  MISSING_OR_INVALID_HEADER: 'There is a required header missing or invalid',
  ACCESS_DENIED_SSL: 'SSL Protocol or Cipher requirements not met',
  MSG_RESOURCE_ID_FAIL: 'Client is not permitted to assign an id',
  DUPLICATE_REJECTED: 'Create would lead to creation of a duplicate resource',
  RESOURCE_CREATED: 'New resource created',
  RESOURCE_DELETED: 'Resource removed',
  INVALID_REQUEST_MESSAGE: 'Invalid request message',
  INTERNAL_SERVER_ERROR: 'Unexpected internal server error',
  INVALID_PATIENT_DEMOGRAPHICS: 'Invalid patient demographics',
  NOT_IMPLEMENTED: 'Not implemented',
  REFERENCE_NOT_FOUND: 'Reference not found',
});

/** Diagnostics SHALL be there for these. */
export const NEEDS_DIAGNOSTICS: ReadonlySet<string> = new Set([
  'INVALID_RESOURCE',
  'INVALID_PARAMETER',
  'REFERENCE_NOT_FOUND',
  'INTERNAL_SERVER_ERROR',
]);

/**
 * Status and issue type that a code may come with: first the pair of the specification's table, then the pairs for what
 * its table does not name (media types, sizes, time limits) and for what goes wrong behind the gateway.
 */
export const PAIRS: Readonly<Record<string, readonly string[]>> = {
  BAD_REQUEST: [
    '400 invalid',
    '404 invalid',
    '415 invalid',
    '413 too-long',
    '414 too-long',
    '431 too-long',
    '408 timeout',
  ],
  INVALID_IDENTIFIER_SYSTEM: ['400 value'],
  INVALID_IDENTIFIER_VALUE: ['400 value'],
  INVALID_NHS_NUMBER: ['400 value'],
  INVALID_PATIENT_DEMOGRAPHICS: ['400 business-rule'],
  NO_PATIENT_CONSENT: ['403 forbidden'],
  NO_ORGANISATIONAL_CONSENT: ['403 forbidden'],
  'ACCESS DENIED': ['403 forbidden'],
  ORGANISATION_NOT_FOUND: ['404 not-found'],
  PATIENT_NOT_FOUND: ['404 not-found'],
  PRACTITIONER_NOT_FOUND: ['404 not-found'],
  NO_RECORD_FOUND: ['404 not-found'],
  DUPLICATE_REJECTED: ['409 duplicate'],
  FHIR_CONSTRAINT_VIOLATION: ['409 conflict'],
  INVALID_RESOURCE: ['422 invalid'],
  INVALID_PARAMETER: ['422 invalid'],
  REFERENCE_NOT_FOUND: ['422 invalid'],
  INTERNAL_SERVER_ERROR: [
    '500 processing',
    '502 exception',
    '503 transient',
    '503 lock-error',
    '503 throttled',
    '503 no-store',
    '429 throttled',
    '504 timeout',
  ],
  NOT_IMPLEMENTED: ['501 not-supported'],
};
