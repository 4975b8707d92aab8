/**
 * Job roles of GP Connect's value set GPConnect-PractitionerRole-1 (version 1.1.0), codes of the SDS job role names:
 * https://fhir.nhs.uk/STU3/ValueSet/GPConnect-PractitionerRole-1
 *
 * Contradiction 32: later notes count many more codes, under another system. Ours are the twenty of 1.2.7.
 */
export const PRACTITIONER_ROLES: ReadonlyMap<string, string> = new Map([
  ['R0260', 'General Medical Practitioner'],
  ['R0270', 'Salaried General Practitioner'],
  ['R0410', 'Student Practice Nurse'],
  ['R0600', 'Specialist Nurse Practitioner'],
  ['R0610', 'Sister/Charge Nurse'],
  ['R0620', 'Staff Nurse'],
  ['R0680', 'Midwife'],
  ['R0690', 'Community Practitioner'],
  ['R0700', 'Community Nurse'],
  ['R0790', 'Dietitian'],
  ['R1290', 'Pharmacist'],
  ['R1300', 'Psychotherapist'],
  ['R1310', 'Clinical Psychologist'],
  ['R1330', 'Social Worker'],
  ['R1450', 'Health Care Support Worker'],
  ['R1480', 'Healthcare Assistant'],
  ['R1550', 'Counsellor'],
  ['R1590', 'Phlebotomist'],
  ['R6200', 'GP Registrar'],
  ['R6300', 'Sessional GP'],
]);

/** Codes of GPConnect-OrganisationType-1, the only types a slot can be kept for. */
export const ORGANISATION_TYPES = ['gp-practice', 'urgent-care'] as const;
