/** How a refusal looks, and which code each situation has. */
import { ALL, must, own, section, should, tested, type Section } from './requirement.js';

export const errors: readonly Section[] = [
  section('7.1', 'OperationOutcome', {
    1: must(ALL, 'Every refusal is an OperationOutcome that claims its GP Connect profile'),
    2: must(ALL, 'issue.severity is error'),
    3: must(ALL, 'issue.details has exactly one coding, of the Spine code system, with code and display'),
    4: must(ALL, 'The display is the one that the code system gives to the code'),
    5: must(ALL, 'INVALID_RESOURCE, INVALID_PARAMETER, REFERENCE_NOT_FOUND and INTERNAL_SERVER_ERROR have diagnostics'),
    6: should(ALL, 'Every other refusal has diagnostics too'),
    7: should(ALL, 'Diagnostics give away nothing of a patient or of what was sent'),
  }),

  section('7.2', 'Codes', {
    1: must(ALL, 'BAD_REQUEST is 400 with the issue type invalid'),
    2: must('F2 F5 F7', 'INVALID_IDENTIFIER_SYSTEM is 400 with the issue type value'),
    3: must('F5 F7', 'INVALID_IDENTIFIER_VALUE is 400 with the issue type value'),
    4: must('F2 F4', 'INVALID_NHS_NUMBER is 400 with the issue type value'),
    5: must('F4', 'INVALID_PATIENT_DEMOGRAPHICS is 400 with the issue type business-rule'),
    6: must(ALL, 'NO_PATIENT_CONSENT is 403 with the issue type forbidden', {
      outside: 'Cannot occur: a dissent to share is ignored by these capabilities (13-9)',
    }),
    7: must(ALL, 'NO_ORGANISATIONAL_CONSENT is 403 with the issue type forbidden', {
      outside: 'Cannot occur: the proxy holds the sharing agreements and the provider applies none of its own',
    }),
    8: must(ALL, 'ACCESS DENIED is 403 with the issue type forbidden'),
    9: must('F8', 'ORGANISATION_NOT_FOUND is 404 with the issue type not-found'),
    10: must('F3 A3', 'PATIENT_NOT_FOUND is 404 with the issue type not-found'),
    11: must('F6', 'PRACTITIONER_NOT_FOUND is 404 with the issue type not-found'),
    12: must('F9 A4 A5 A6', 'NO_RECORD_FOUND is 404 with the issue type not-found'),
    13: must('F4 A2', 'DUPLICATE_REJECTED is 409 with the issue type duplicate'),
    14: tested('A5 A6', 'FHIR_CONSTRAINT_VIOLATION is 409 with the issue type conflict'),
    15: must('F4 A2 A5 A6', 'INVALID_RESOURCE is 422 with the issue type invalid'),
    16: must('F2 F5 F7 A1 A3', 'INVALID_PARAMETER is 422 with the issue type invalid'),
    17: must('A2', 'REFERENCE_NOT_FOUND is 422 with the issue type invalid'),
    18: must(ALL, 'INTERNAL_SERVER_ERROR is 500 with the issue type processing'),
    19: must(ALL, 'NOT_IMPLEMENTED is 501 with the issue type not-supported'),
  }),

  section('7.3', 'Situations', {
    1: must(ALL, 'A header that is missing or blank is 400 BAD_REQUEST'),
    2: must(ALL, 'An interaction id that does not fit the request is 400 BAD_REQUEST'),
    3: must(ALL, 'Another method than the one of the address is 400 BAD_REQUEST'),
    4: tested(
      ALL,
      'An address that nobody serves, also one in another letter case, is refused with an OperationOutcome',
    ),
    5: must(ALL, 'A resource type or an operation that is not implemented is 501 NOT_IMPLEMENTED'),
    6: own(ALL, 'A media type that is not spoken is 415 with BAD_REQUEST'),
    7: must('F4 A2 A5 A6', 'A body that is no well-formed JSON is 400 BAD_REQUEST'),
    8: must('F4 A2 A5 A6', 'A body that is no well-formed XML is 400 BAD_REQUEST'),
    9: tested('F4 A2 A5 A6', 'A well-formed body of another type is 422 INVALID_RESOURCE'),
    10: tested('F4 A2 A5 A6', 'A well-formed body with an unknown element is 422 INVALID_RESOURCE'),
    11: must(ALL, 'What belongs to a capability that the practice has off is 403, and the diagnostics name it'),
    12: must(ALL, 'Data that make no valid resource are 500 INTERNAL_SERVER_ERROR'),
    13: must(ALL, 'Codes and systems of the proxy are never imitated'),
    14: own(ALL, 'Bytes that are no HTTP request are 400 with an OperationOutcome'),
    15: own(ALL, 'A practice system that fails is an error, never an empty answer'),
  }),
];
