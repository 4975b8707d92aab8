/** The appointment that a ledger row stands for. */
import type { Appointment, BookingRequest } from '../../domain/appointment.js';
import type { Practice, PractitionerRole } from '../../domain/practice.js';
import type { Schedule, Slot } from '../../domain/schedule.js';
import { appointmentStatusOf, type AppointmentDetails, type Attempt } from '../../ports/ledger.js';

/** `undefined` while there is no appointment: nothing booked yet, refused, or its outcome open. */
export function toAppointment(attempt: Attempt): Appointment | undefined {
  const status = appointmentStatusOf(attempt);
  if (!status) return undefined;
  const { details } = attempt;
  return {
    id: attempt.id,
    version: String(attempt.revision),
    status,
    start: attempt.start,
    end: attempt.end,
    slots: attempt.slots.map((slot) => slot.id),
    scheduleType: details.scheduleType,
    slotType: details.slotType,
    channel: details.channel,
    role: details.role,
    patientId: details.patientId,
    locationId: details.locationId,
    practitionerId: details.practitionerId,
    description: details.description,
    comment: details.comment,
    created: details.created,
    lastModified: attempt.updatedAt,
    bookingOrganisation: details.bookingOrganisation,
    cancellationReason: details.cancellationReason,
    priority: details.priority,
    identifiers: details.identifiers,
  };
}

/** The role of a schedule's practitioner in it; the usual one, unless the schedule names another. */
export function roleIn(
  practice: Practice,
  { role, practitionerId }: Pick<Schedule, 'role' | 'practitionerId'>,
): PractitionerRole | undefined {
  return role ?? practice.practitioners.find(({ id }) => id === practitionerId)?.role;
}

/**
 * What the ledger keeps of a booking. Service type and category are the practice's own; those a consumer sends are
 * ignored, as the specification asks.
 */
export function detailsOf(
  booking: BookingRequest,
  practice: Practice,
  slot: Slot,
  schedule: Schedule,
): AppointmentDetails {
  return {
    patientId: booking.patientId,
    locationId: schedule.locationId,
    practitionerId: schedule.practitionerId,
    scheduleType: schedule.type,
    slotType: slot.type,
    channel: slot.channel,
    role: roleIn(practice, schedule),
    description: booking.description,
    comment: booking.comment,
    created: booking.created,
    bookingOrganisation: booking.bookingOrganisation,
    identifiers: booking.identifiers,
    cancellationReason: undefined,
    priority: booking.priority,
  };
}
