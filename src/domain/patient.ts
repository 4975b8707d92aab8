import type { LocationId, NhsNumber, PatientId, PractitionerId } from './identifiers.js';
import type { ContactPoint, Gender, HumanName, Language, PostalAddress } from './person.js';
import type { Instant } from './time.js';

/** How sure we are of the NHS number: `verified` was traced on the national register, `untraced` is only recorded. */
export type NhsNumberStatus = 'verified' | 'untraced';

export interface LanguageNeed extends Language {
  readonly interpreterRequired: boolean | undefined;
}

/** The people data that a practice system, a register and a consumer can each know of a patient. */
export interface PatientDemographics {
  readonly name: HumanName;
  /** `yyyy-mm-dd`. */
  readonly birthDate: string;
  readonly gender: Gender | undefined;
  readonly addresses: readonly PostalAddress[];
  readonly telecom: readonly ContactPoint[];
  readonly language: LanguageNeed | undefined;
}

/** A temporary registration made through us, so that an appointment can be booked. */
export interface TemporaryRegistration {
  readonly start: Instant;
  readonly end: Instant;
}

/** A patient as our faces show one. */
export interface Patient {
  readonly id: PatientId;
  readonly version: string;
  readonly nhsNumber: NhsNumber;
  readonly nhsNumberStatus: NhsNumberStatus;
  readonly demographics: PatientDemographics;
  /** Present for a patient we registered; absent for one the practice registered itself. */
  readonly temporaryRegistration: TemporaryRegistration | undefined;
  readonly preferredLocation: LocationId | undefined;
  readonly generalPractitioner: PractitionerId | undefined;
}

/** What a consumer asks to register. */
export interface RegistrationRequest {
  readonly nhsNumber: NhsNumber;
  readonly demographics: PatientDemographics;
}
