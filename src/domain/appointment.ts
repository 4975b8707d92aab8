import type { AppointmentId, LocationId, OdsCode, PatientId, PractitionerId, SlotId } from './identifiers.js';
import type { ContactPoint, PostalAddress } from './person.js';
import type { PractitionerRole } from './practice.js';
import type { DeliveryChannel } from './schedule.js';
import type { Instant } from './time.js';

/** What has become of an appointment. A booking whose outcome is open is none of these: it is no appointment yet. */
export type AppointmentStatus = 'booked' | 'cancelled' | 'fulfilled' | 'noshow';

/** The organisation on whose behalf the consumer books; kept as sent and given back on every read. */
export interface BookingOrganisation {
  /** The id it had as a contained resource. */
  readonly localId: string;
  readonly odsCode: OdsCode;
  readonly name: string;
  readonly telecom: readonly ContactPoint[];
  readonly addresses: readonly PostalAddress[];
  /** Code and display of the organisation type, when the consumer sent one. */
  readonly type: { readonly code: string; readonly display: string | undefined } | undefined;
}

/** What asks for an appointment. */
export interface BookingRequest {
  readonly slots: readonly SlotId[];
  readonly start: Instant;
  readonly end: Instant;
  readonly patientId: PatientId;
  readonly locationId: LocationId;
  readonly practitionerId: PractitionerId | undefined;
  readonly description: string;
  readonly comment: string | undefined;
  /** The consumer's stamp of when it made the request. */
  readonly created: Instant;
  readonly bookingOrganisation: BookingOrganisation;
  readonly channel: DeliveryChannel | undefined;
  readonly roleCode: string | undefined;
  /** By the iCalendar scale: 0 undefined, 1 highest, 9 lowest. */
  readonly priority: number | undefined;
  /** The consumer's own identifiers of the appointment. */
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}

/**
 * An appointment as a consumer sends it back to have it amended or cancelled: compared with the one that exists, part
 * by part. `undefined` and empty parts were left out.
 */
export interface AppointmentAsSent {
  readonly id: string;
  readonly slots: readonly SlotId[];
  readonly start: Instant;
  readonly end: Instant;
  readonly patientId: PatientId;
  readonly locationId: LocationId;
  readonly practitionerId: PractitionerId | undefined;
  readonly description: string;
  readonly comment: string | undefined;
  readonly created: Instant | undefined;
  readonly minutes: number | undefined;
  readonly priority: number | undefined;
  readonly channel: DeliveryChannel | undefined;
  readonly roleCode: string | undefined;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  readonly bookingOrganisation: BookingOrganisation | undefined;
  readonly scheduleType: string | undefined;
  readonly slotTypes: readonly string[];
}

/** What exists once booked. */
export interface Appointment {
  readonly id: AppointmentId;
  readonly version: string;
  readonly status: AppointmentStatus;
  readonly start: Instant;
  readonly end: Instant;
  readonly slots: readonly SlotId[];
  readonly scheduleType: string | undefined;
  readonly slotType: string;
  readonly channel: DeliveryChannel | undefined;
  readonly role: PractitionerRole | undefined;
  readonly patientId: PatientId;
  readonly locationId: LocationId;
  readonly practitionerId: PractitionerId | undefined;
  readonly description: string;
  readonly comment: string | undefined;
  readonly created: Instant;
  readonly lastModified: Instant;
  readonly bookingOrganisation: BookingOrganisation | undefined;
  readonly cancellationReason: string | undefined;
  readonly priority: number | undefined;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}
