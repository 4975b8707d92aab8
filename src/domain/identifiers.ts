/**
 * Identifiers as checked, distinct types. Outside this file a plain string never stands where one of these is meant.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** ODS organisation code of a practice or a booking organisation, upper case, for example `A99901`. */
export type OdsCode = Branded<'OdsCode'>;
/** Ten digits with a valid modulus-11 check digit. */
export type NhsNumber = Branded<'NhsNumber'>;
/** Accredited System Identifier, twelve digits: one per system and organisation. */
export type Asid = Branded<'Asid'>;
/** User id of the Spine Directory Service: twelve digits when live, a letter and digits in its test environments. */
export type SdsUserId = Branded<'SdsUserId'>;
/** Logical ids on our FHIR faces: `[A-Za-z0-9\-.]{1,64}`, case sensitive. */
export type PatientId = Branded<'PatientId'>;
export type AppointmentId = Branded<'AppointmentId'>;
export type SlotId = Branded<'SlotId'>;
export type ScheduleId = Branded<'ScheduleId'>;
export type LocationId = Branded<'LocationId'>;
export type PractitionerId = Branded<'PractitionerId'>;
/** A practice system's own id of a patient; opaque to everything but its connector. */
export type PracticePatientRef = Branded<'PracticePatientRef'>;
/** A practice system's own id of a booked appointment; opaque to everything but its connector. */
export type PracticeAppointmentRef = Branded<'PracticeAppointmentRef'>;

const ODS_CODE = /^[A-Z0-9]{3,10}$/;
const SDS_ID = /^[A-Za-z0-9]{1,20}$/;
const TEN_DIGITS = /^[0-9]{10}$/;
const LOGICAL_ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** Upper-case letters and digits, three to ten of them. Returns `undefined` for anything else. */
export function parseOdsCode(text: string): OdsCode | undefined {
  return ODS_CODE.test(text) ? (text as OdsCode) : undefined;
}

/** One to twenty letters and digits. Returns `undefined` for anything else. */
export function parseSdsUserId(text: string): SdsUserId | undefined {
  return SDS_ID.test(text) ? (text as SdsUserId) : undefined;
}

/**
 * Ten digits whose last is the modulus-11 check digit of the first nine (weights 10 to 2; a check digit of 10 is never
 * valid). `0000000000` passes the sum and is still no NHS number. Returns `undefined` for anything else.
 */
export function parseNhsNumber(text: string): NhsNumber | undefined {
  if (!TEN_DIGITS.test(text) || text === '0000000000') return undefined;
  let sum = 0;
  for (let position = 0; position < 9; position += 1) sum += (text.charCodeAt(position) - 48) * (10 - position);
  const check = (11 - (sum % 11)) % 11;
  return check === text.charCodeAt(9) - 48 ? (text as NhsNumber) : undefined;
}

export function isLogicalId(text: string): boolean {
  return LOGICAL_ID.test(text);
}
