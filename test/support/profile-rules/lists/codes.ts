/** Code lists of the GP Connect profiles and of base FHIR that a body may show, with their displays. */
import { codeList } from '../engine/shape.js';

export const CODE_SYSTEM = 'https://fhir.nhs.uk/STU3/CodeSystem/';

export const DELIVERY_CHANNEL = codeList('GPConnect-DeliveryChannel-1', ['In-person', 'Telephone', 'Video']);
export const ORGANISATION_TYPE = codeList('GPConnect-OrganisationType-1', {
  'gp-practice': 'GP Practice',
  'urgent-care': 'Urgent Care',
});
/** The twenty roles of GPConnect-PractitionerRole-1, taken from CareConnect-SDSJobRoleName-1. */
export const PRACTITIONER_ROLE = codeList('GPConnect-PractitionerRole-1', {
  R0260: 'General Medical Practitioner',
  R0270: 'Salaried General Practitioner',
  R0410: 'Student Practice Nurse',
  R0600: 'Specialist Nurse Practitioner',
  R0610: 'Sister/Charge Nurse',
  R0620: 'Staff Nurse',
  R0680: 'Midwife',
  R0690: 'Community Practitioner',
  R0700: 'Community Nurse',
  R0790: 'Dietitian',
  R1290: 'Pharmacist',
  R1300: 'Psychotherapist',
  R1310: 'Clinical Psychologist',
  R1330: 'Social Worker',
  R1450: 'Health Care Support Worker',
  R1480: 'Healthcare Assistant',
  R1550: 'Counsellor',
  R1590: 'Phlebotomist',
  R6200: 'GP Registrar',
  R6300: 'Sessional GP',
});
export const NHS_NUMBER_STATUS = codeList('CareConnect-NHSNumberVerificationStatus-1', {
  '01': 'Number present and verified',
  '02': 'Number present but not traced',
  '03': 'Trace required',
  '04': 'Trace attempted - No match or multiple match found',
  '05': 'Trace needs to be resolved - (NHS number or patient detail conflict)',
  '06': 'Trace in progress',
  '07': 'Number not present and trace not required',
  '08': 'Trace postponed (baby under six weeks old)',
});
export const REGISTRATION_TYPE = codeList('CareConnect-RegistrationType-1', {
  R: 'Regular',
  E: 'Emergency',
  IN: 'Immediately necessary',
  T: 'Temporary',
  P: 'Private',
  O: 'Other',
  S: 'Synthetic Record',
});
export const LANGUAGE_MODE = codeList('CareConnect-LanguageAbilityMode-1', {
  ESGN: 'Expressed signed',
  ESP: 'Expressed spoken',
  EWR: 'Expressed written',
  RSGN: 'Received signed',
  RSP: 'Received spoken',
  RWR: 'Received written',
});
export const LANGUAGE_PROFICIENCY = codeList('CareConnect-LanguageAbilityProficiency-1', {
  E: 'Excellent',
  F: 'Fair',
  G: 'Good',
  P: 'Poor',
});
export const GENDER = codeList('administrative-gender', ['male', 'female', 'other', 'unknown']);
export const NAME_USE = codeList('name-use', ['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden']);
export const APPOINTMENT_STATUS = codeList('appointmentstatus', [
  'proposed',
  'pending',
  'booked',
  'arrived',
  'fulfilled',
  'cancelled',
  'noshow',
  'entered-in-error',
]);
export const PARTICIPATION_STATUS = codeList('participationstatus', [
  'accepted',
  'declined',
  'tentative',
  'needs-action',
]);
export const PARTICIPANT_REQUIRED = codeList('participantrequired', ['required', 'optional', 'information-only']);
export const ADDRESS_USE = codeList('address-use', ['home', 'work', 'temp', 'old']);
export const ADDRESS_TYPE = codeList('address-type', ['postal', 'physical', 'both']);
export const CONTACT_SYSTEM = codeList('contact-point-system', [
  'phone',
  'fax',
  'email',
  'pager',
  'url',
  'sms',
  'other',
]);
export const CONTACT_USE = codeList('contact-point-use', ['home', 'work', 'temp', 'old', 'mobile']);
export const LOCATION_STATUS = codeList('location-status', ['active', 'suspended', 'inactive']);
