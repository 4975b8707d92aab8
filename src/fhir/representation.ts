/**
 * What a FHIR face (`stu3/`, `r4/`) must be able to parse and write. Pure functions between the domain and one version
 * of FHIR: no I/O, no clock, no randomness. The HTTP layer knows faces only through this interface.
 *
 * An implementer promises that every parse function throws nothing but `GatewayError`, whatever it is given, that no
 * message repeats a value of the request, and that a resource it writes conforms to its profile; where the data make
 * that impossible it throws `unrepresentable-record` for the whole answer. Written resources may share parts with each
 * other and must not be changed by the caller.
 */
import type { Appointment, AppointmentAsSent, BookingRequest } from '../domain/appointment.js';
import type { GatewayError } from '../domain/errors.js';
import type { NhsNumber, OdsCode, SdsUserId } from '../domain/identifiers.js';
import type { Patient, RegistrationRequest } from '../domain/patient.js';
import type { Location, Practice, Practitioner } from '../domain/practice.js';
import type { PracticeFreeSlots, PracticeShortfall, SlotSearch } from '../domain/schedule.js';
import type { Period, PracticeZone } from '../domain/time.js';

/** Any resource, as far as the layers above a face need to know one: enough for `ETag` and `Location`. */
export interface WireResource {
  readonly resourceType: string;
  readonly id?: string | undefined;
  readonly meta?: { readonly versionId?: string | undefined } | undefined;
}

/** Which resources beside slots, schedules and the organisation a slot search asks for. */
export interface SlotIncludes {
  readonly practitioner: boolean;
  readonly location: boolean;
}

export interface ParsedSlotSearch {
  readonly search: SlotSearch;
  readonly includes: SlotIncludes;
}

export type ServedType = 'Patient' | 'Organization' | 'Practitioner' | 'Location' | 'Appointment' | 'Slot';

export interface ServedSearchParameter {
  readonly name: string;
  readonly type: 'date' | 'reference' | 'string' | 'token' | 'uri';
  readonly documentation?: string | undefined;
}

/** One row of the interactions table, as far as a face describes itself with it. */
export interface ServedInteraction {
  /** Absent for an interaction with the system as a whole. */
  readonly type?: ServedType | undefined;
  readonly code: 'read' | 'search-type' | 'create' | 'update' | 'operation';
  readonly searchParams?: readonly ServedSearchParameter[] | undefined;
  readonly searchIncludes?: readonly string[] | undefined;
  readonly operation?: { readonly name: string; readonly definition: string } | undefined;
}

export interface ServerFacts {
  /** Our own version. */
  readonly version: string;
  /** `yyyy-mm-dd` of that version. */
  readonly releaseDate: string;
  /** What a consumer must know that no element of a CapabilityStatement can say; one sentence each. */
  readonly limits: readonly string[];
}

export interface WrittenOutcome {
  readonly status: number;
  readonly outcome: WireResource;
}

export interface Representation {
  /** Types and profiles (canonical urls) of what requests and their tokens hold. */
  readonly receives: readonly string[];
  parsePatientSearch(query: URLSearchParams): NhsNumber;
  parsePractitionerSearch(query: URLSearchParams): SdsUserId;
  parseOrganizationSearch(query: URLSearchParams): string;
  parseSlotSearch(query: URLSearchParams, zone: PracticeZone): ParsedSlotSearch;
  /** `resource` has passed structural validation: known elements, base cardinalities and types. */
  parseRegistration(resource: unknown): RegistrationRequest;
  parseBooking(resource: unknown, zone: PracticeZone): BookingRequest;
  parseAmendment(resource: unknown, zone: PracticeZone): AppointmentAsSent;
  parseCancellation(
    resource: unknown,
    zone: PracticeZone,
  ): { readonly sent: AppointmentAsSent; readonly reason: string };
  /** The one rule of a cancellation that comes before structural validation; `resource` may be anything. */
  refuseBlankReason(resource: unknown): void;
  /** The same of a registration: a blank identity is a missing one. */
  refuseMissingIdentity(resource: unknown): void;
  /** Whole local days, from the start of the first to the end of the last. */
  parseAppointmentSearch(query: URLSearchParams, zone: PracticeZone): Period;

  writePatient(patient: Patient, practice: Practice): WireResource;
  /** No patient at all is an answer too: an empty search result. */
  writePatientSearch(patients: readonly Patient[], practice: Practice): WireResource;
  writeRegistration(patient: Patient, practice: Practice): WireResource;
  writePractitioner(practitioner: Practitioner, practice: Practice): WireResource;
  writePractitionerSearch(practitioners: readonly Practitioner[], practice: Practice): WireResource;
  writeOrganization(practice: Practice): WireResource;
  writeOrganizationSearch(practices: readonly Practice[]): WireResource;
  writeLocation(location: Location, practice: Practice): WireResource;
  writeFreeSlots(result: PracticeFreeSlots, includes: SlotIncludes): WireResource;
  /**
   * One bundle over several practices; `baseUrlOf` gives the address of a practice's face, under which its entries'
   * references resolve. A practice whose data cannot be shown becomes a shortfall and takes nobody else with it.
   */
  writeFederatedSlots(
    parts: readonly PracticeFreeSlots[],
    shortfalls: readonly PracticeShortfall[],
    includes: SlotIncludes,
    baseUrlOf: (practice: OdsCode) => string,
  ): WireResource;
  writeAppointment(appointment: Appointment, practice: Practice): WireResource;
  writeAppointmentSearch(appointments: readonly Appointment[], practice: Practice): WireResource;
  writeOutcome(error: GatewayError): WrittenOutcome;
  writeCapabilities(rows: readonly ServedInteraction[], facts: ServerFacts): WireResource;
}
