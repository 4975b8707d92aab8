/**
 * Every URL and code string of GP Connect 1.2.7 (Foundations, Appointment Management) that the STU3 face reads or
 * writes, once, by kind. Documented at https://digital.nhs.uk/developer/api-catalogue/gp-connect-appointment-management-fhir
 * and in the profiles published under https://fhir.nhs.uk/STU3/.
 */
const STRUCTURE = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const CODE_SYSTEM = 'https://fhir.nhs.uk/STU3/CodeSystem/';
const IDENTIFIER = 'https://fhir.nhs.uk/Id/';

/** The version of the specification we answer by. */
export const SPECIFICATION_VERSION = '1.2.7';
export const FHIR_VERSION = '3.0.1';

export const PROFILE = {
  appointment: `${STRUCTURE}GPConnect-Appointment-1`,
  slot: `${STRUCTURE}GPConnect-Slot-1`,
  schedule: `${STRUCTURE}GPConnect-Schedule-1`,
  patient: `${STRUCTURE}CareConnect-GPC-Patient-1`,
  practitioner: `${STRUCTURE}CareConnect-GPC-Practitioner-1`,
  practitionerRole: `${STRUCTURE}CareConnect-GPC-PractitionerRole-1`,
  organization: `${STRUCTURE}CareConnect-GPC-Organization-1`,
  location: `${STRUCTURE}CareConnect-GPC-Location-1`,
  operationOutcome: `${STRUCTURE}GPConnect-OperationOutcome-1`,
  searchsetBundle: `${STRUCTURE}GPConnect-Searchset-Bundle-1`,
} as const;

export const EXTENSION = {
  cancellationReason: `${STRUCTURE}Extension-GPConnect-AppointmentCancellationReason-1`,
  bookingOrganisation: `${STRUCTURE}Extension-GPConnect-BookingOrganisation-1`,
  deliveryChannel: `${STRUCTURE}Extension-GPConnect-DeliveryChannel-2`,
  /** Withdrawn by specification 1.2.1; refused when sent. */
  deliveryChannelWithdrawn: `${STRUCTURE}Extension-GPConnect-DeliveryChannel-1`,
  practitionerRole: `${STRUCTURE}Extension-GPConnect-PractitionerRole-1`,
  registrationDetails: `${STRUCTURE}Extension-CareConnect-GPC-RegistrationDetails-1`,
  nhsCommunication: `${STRUCTURE}Extension-CareConnect-GPC-NHSCommunication-1`,
  nhsNumberStatus: `${STRUCTURE}Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
} as const;

/** Children of the two complex extensions; their `url` is a plain name. */
export const PART = {
  registrationPeriod: 'registrationPeriod',
  registrationType: 'registrationType',
  preferredBranchSurgery: 'preferredBranchSurgery',
  language: 'language',
  interpreterRequired: 'interpreterRequired',
} as const;

/**
 * Contradiction 19: page examples give error codes the address of a ValueSet, the profile fixes that of the CodeSystem.
 * Contradiction 24: examples shorten the systems of verification status and registration type. All of these are the
 * defined CodeSystem addresses.
 */
export const SYSTEM = {
  spineError: `${CODE_SYSTEM}Spine-ErrorOrWarningCode-1`,
  organisationType: `${CODE_SYSTEM}GPConnect-OrganisationType-1`,
  jobRole: `${CODE_SYSTEM}CareConnect-SDSJobRoleName-1`,
  humanLanguage: `${CODE_SYSTEM}CareConnect-HumanLanguage-1`,
  registrationType: `${CODE_SYSTEM}CareConnect-RegistrationType-1`,
  nhsNumberStatus: `${CODE_SYSTEM}CareConnect-NHSNumberVerificationStatus-1`,
} as const;

export const IDENTIFIER_SYSTEM = {
  nhsNumber: `${IDENTIFIER}nhs-number`,
  odsCode: `${IDENTIFIER}ods-organization-code`,
  sdsUserId: `${IDENTIFIER}sds-user-id`,
  sdsRoleProfileId: `${IDENTIFIER}sds-role-profile-id`,
} as const;

/** Code and display of the two statuses we can vouch for. */
export const NHS_NUMBER_STATUS = {
  verified: { code: '01', display: 'Number present and verified' },
  untraced: { code: '02', display: 'Number present but not traced' },
} as const;

export const TEMPORARY_REGISTRATION = { code: 'T', display: 'Temporary' } as const;

/** Name of the only parameter of `$gpc.registerpatient`. */
export const REGISTER_PARAMETER = 'registerPatient';

/** Values of `_include` and `_include:recurse` in a slot search. */
export const INCLUDE = {
  schedule: 'Slot:schedule',
  practitioner: 'Schedule:actor:Practitioner',
  location: 'Schedule:actor:Location',
} as const;

export const TEXT_LIMIT = { description: 100, comment: 500 } as const;
export const LONGEST_SEARCH_DAYS = 14;

/**
 * Code and display of the Spine errors we use.
 *
 * Contradiction 20: the guidance writes `ACCESS_DENIED`, the code system `ACCESS DENIED`; a coding is valid with the latter
 * only.
 *
 * Contradiction 22: table, examples and code system differ in displays; these are the code system's.
 */
export const SPINE = {
  BAD_REQUEST: 'Bad request',
  INVALID_IDENTIFIER_SYSTEM: 'Invalid identifier system',
  INVALID_IDENTIFIER_VALUE: 'Invalid identifier value',
  INVALID_NHS_NUMBER: 'Invalid NHS number',
  INVALID_PATIENT_DEMOGRAPHICS: 'Invalid patient demographics',
  INVALID_PARAMETER: 'Invalid parameter',
  INVALID_RESOURCE: 'Invalid validation of resource',
  REFERENCE_NOT_FOUND: 'Reference not found',
  'ACCESS DENIED': 'Access has been denied to process this request',
  ORGANISATION_NOT_FOUND: 'Organisation not found',
  PATIENT_NOT_FOUND: 'Patient not found',
  PRACTITIONER_NOT_FOUND: 'Practitioner not found',
  NO_RECORD_FOUND: 'No record found',
  DUPLICATE_REJECTED: 'Create would lead to creation of a duplicate resource',
  FHIR_CONSTRAINT_VIOLATION: 'FHIR constraint violated',
  INTERNAL_SERVER_ERROR: 'Unexpected internal server error',
  NOT_IMPLEMENTED: 'Not implemented',
} as const;

export type SpineCode = keyof typeof SPINE;
