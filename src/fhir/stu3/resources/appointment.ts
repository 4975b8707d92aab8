/** Appointment by GPConnect-Appointment-1 of GP Connect 1.2.7, as every appointment interaction answers it. */
import type {
  Appointment as FhirAppointment,
  AppointmentParticipant,
  Bundle,
  Extension,
  Organization,
} from 'fhir/r3.js';
import type { Appointment, BookingOrganisation } from '../../../domain/appointment.js';
import type { Practice, PractitionerRole } from '../../../domain/practice.js';
import { MINUTE } from '../../../domain/time.js';
import { EXTENSION, IDENTIFIER_SYSTEM, PROFILE, SYSTEM } from '../codes.js';
import { refuseHomeUse, toAddresses, toTelecom, unrepresentable } from './directory.js';

export function roleExtension(role: PractitionerRole): Extension {
  return {
    url: EXTENSION.practitionerRole,
    valueCodeableConcept: { coding: [{ system: SYSTEM.jobRole, code: role.code, display: role.display }] },
  };
}

/** dom-4: what is contained has no version. All of it is must-support: given back on every read as it was sent. */
function toContained(organisation: BookingOrganisation): Organization {
  refuseHomeUse(organisation.telecom, 'Appointment.contained.telecom');
  refuseHomeUse(organisation.addresses, 'Appointment.contained.address');
  const { type } = organisation;
  const telecom = toTelecom(organisation.telecom);
  const address = toAddresses(organisation.addresses);
  return {
    resourceType: 'Organization',
    id: organisation.localId,
    meta: { profile: [PROFILE.organization] },
    identifier: [{ system: IDENTIFIER_SYSTEM.odsCode, value: organisation.odsCode }],
    ...(type && {
      type: [
        {
          coding: [
            {
              system: SYSTEM.organisationType,
              code: type.code,
              ...(type.display !== undefined && { display: type.display }),
            },
          ],
        },
      ],
    }),
    name: organisation.name,
    ...(telecom.length > 0 && { telecom }),
    ...(address.length > 0 && { address }),
  };
}

function toExtensions(appointment: Appointment): Extension[] {
  const { bookingOrganisation, role, channel, status, cancellationReason } = appointment;
  const extensions: Extension[] = [];
  if (bookingOrganisation) {
    extensions.push({
      url: EXTENSION.bookingOrganisation,
      valueReference: { reference: `#${bookingOrganisation.localId}` },
    });
  }
  if (role) extensions.push(roleExtension(role));
  if (channel) extensions.push({ url: EXTENSION.deliveryChannel, valueCode: channel });
  if (status === 'cancelled' && cancellationReason) {
    extensions.push({ url: EXTENSION.cancellationReason, valueString: cancellationReason });
  }
  return extensions;
}

function toParticipants(appointment: Appointment): AppointmentParticipant[] {
  const references = [`Patient/${appointment.patientId}`, `Location/${appointment.locationId}`];
  if (appointment.practitionerId !== undefined) references.push(`Practitioner/${appointment.practitionerId}`);
  return references.map((reference) => ({ actor: { reference }, status: 'accepted' }));
}

export function writeAppointment(appointment: Appointment, practice: Practice): FhirAppointment {
  const { start, end, slotType, scheduleType, description, comment, bookingOrganisation } = appointment;
  // description, slot, start and end are 1..; serviceType.text SHALL be populated.
  if (description.trim() === '') throw unrepresentable('Appointment.description', 'the record has no description');
  if (appointment.slots.length === 0) throw unrepresentable('Appointment.slot', 'the record names no slot');
  if (!(start < end)) throw unrepresentable('Appointment.end', 'the record does not end after it starts');
  if (slotType.trim() === '') throw unrepresentable('Appointment.serviceType', 'the record has no slot type');

  const extension = toExtensions(appointment);
  const minutes = (end - start) / MINUTE;
  return {
    resourceType: 'Appointment',
    id: appointment.id,
    meta: { versionId: appointment.version, profile: [PROFILE.appointment] },
    ...(bookingOrganisation && { contained: [toContained(bookingOrganisation)] }),
    ...(extension.length > 0 && { extension }),
    ...(appointment.identifiers.length > 0 && {
      identifier: appointment.identifiers.map(({ system, value }) => ({ system, value })),
    }),
    status: appointment.status,
    ...(scheduleType && { serviceCategory: { text: scheduleType } }),
    serviceType: [{ text: slotType }],
    ...(appointment.priority !== undefined && { priority: appointment.priority }),
    description,
    start: practice.zone.toLocal(start),
    end: practice.zone.toLocal(end),
    ...(Number.isInteger(minutes) && { minutesDuration: minutes }),
    slot: appointment.slots.map((id) => ({ reference: `Slot/${id}` })),
    created: practice.zone.toLocal(appointment.created),
    ...(comment && { comment }),
    participant: toParticipants(appointment),
  };
}

/** None at all is an answer too: an empty search result. */
export function writeAppointmentSearch(appointments: readonly Appointment[], practice: Practice): Bundle {
  const entry = appointments.map((appointment) => ({ resource: writeAppointment(appointment, practice) }));
  return { resourceType: 'Bundle', type: 'searchset', ...(entry.length > 0 && { entry }) };
}
