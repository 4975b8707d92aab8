/** What is known of a practice and its people from configuration; the practice system adds schedules and patients. */
import type { Asid, LocationId, OdsCode, PractitionerId, SdsUserId } from './identifiers.js';
import type { ContactPoint, HumanName, Gender, Language, PostalAddress } from './person.js';
import type { SlotRules } from './slot-rules.js';
import type { PracticeZone } from './time.js';

/** A site where appointments take place: the main surgery or a branch surgery. */
export interface Location {
  readonly id: LocationId;
  /** The practice system's own id of the site. */
  readonly systemId: string;
  readonly name: string;
  readonly address: PostalAddress;
  readonly telecom: readonly ContactPoint[];
}

/** A coded job role from the SDS job role names, for example `R0260` General Medical Practitioner. */
export interface PractitionerRole {
  readonly code: string;
  readonly display: string;
}

export interface Practitioner {
  readonly id: PractitionerId;
  /** The practice system's own id of the practitioner. */
  readonly systemId: string;
  readonly sdsUserId: SdsUserId | undefined;
  readonly sdsRoleProfileIds: readonly string[];
  readonly name: HumanName;
  readonly gender: Gender | undefined;
  /** Languages that the practitioner speaks with patients. */
  readonly languages: readonly Language[];
  readonly role: PractitionerRole;
}

/** Which capabilities the practice's data controller has switched on. Both are off unless switched on. */
export interface Enablement {
  readonly foundations: boolean;
  readonly appointmentManagement: boolean;
}

export interface Practice {
  readonly odsCode: OdsCode;
  readonly name: string;
  readonly address: PostalAddress;
  readonly telecom: readonly ContactPoint[];
  readonly zone: PracticeZone;
  readonly asid: Asid;
  readonly enabled: Enablement;
  readonly locations: readonly Location[];
  readonly practitioners: readonly Practitioner[];
  readonly slotRules: SlotRules;
}

/** Practices searched together under `/federation/{name}`. */
export interface PracticeGroup {
  readonly name: string;
  readonly asid: Asid;
  readonly practices: readonly OdsCode[];
}
