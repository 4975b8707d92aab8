/** Whether a booking request fits the place it asks for, as the practice shows that place now. */
import type { BookingRequest } from '../../domain/appointment.js';
import { GatewayError } from '../../domain/errors.js';
import type { Practice } from '../../domain/practice.js';
import type { Schedule, Slot } from '../../domain/schedule.js';
import { filterOf } from '../../domain/slot-rules.js';
import type { PlaceView, PracticeCapabilities } from '../../ports/practice-system.js';
import { slotTaken } from '../saga/refusals.js';
import { isOpenForBooking, mayUse } from '../search-free-slots.js';

export interface Place {
  readonly slot: Slot;
  readonly schedule: Schedule;
}

function invalid(message: string, fhirPath: string): GatewayError {
  return new GatewayError('invalid-resource', message, { fhirPath });
}

/** What can be said of a booking without asking the practice. */
export function checkBeforeReading(
  booking: BookingRequest,
  practice: Practice,
  now: number,
  multiSlot: PracticeCapabilities['multiSlot'],
): void {
  // The start of the appointment SHALL be after now.
  if (booking.start <= now) {
    throw invalid(
      'Appointment.start is in the past; only future appointments can be read, booked, amended or cancelled',
      'Appointment.start',
    );
  }
  if (new Set(booking.slots).size !== booking.slots.length) {
    throw invalid('Each slot may be named once', 'Appointment.slot');
  }
  if (booking.slots.length > 1 && multiSlot === 'none') {
    throw invalid('This practice books one slot per appointment. Send one slot', 'Appointment.slot');
  }
  // On create the server SHALL check that every referenced resource exists.
  if (!practice.locations.some(({ id }) => id === booking.locationId)) {
    throw new GatewayError('reference-not-found', 'The location does not exist at this practice', {
      fhirPath: 'Appointment.participant.actor',
    });
  }
  const { practitionerId } = booking;
  if (practitionerId !== undefined && !practice.practitioners.some(({ id }) => id === practitionerId)) {
    throw new GatewayError('reference-not-found', 'The practitioner does not exist at this practice', {
      fhirPath: 'Appointment.participant.actor',
    });
  }
}

/** The place behind the practice's view of it; every slot SHALL exist and still be free. */
export function placeOf(view: PlaceView): Place {
  switch (view.state) {
    case 'free':
      return view;
    case 'taken':
      throw slotTaken();
    // Contradiction 4: an unknown slot is REFERENCE_NOT_FOUND by the error page, INVALID_RESOURCE by the testing, with ids no
    // server made. An id of ours that names nothing is the former, one that we could never have made the latter.
    case 'unknown':
      throw new GatewayError('reference-not-found', 'The slot does not exist at this practice', {
        fhirPath: 'Appointment.slot',
      });
    case 'malformed':
      throw invalid(
        'Appointment.slot names no slot of this practice. Use a reference from a free-slot search',
        'Appointment.slot',
      );
  }
}

/** Several slots SHALL follow one another in one schedule, with one delivery channel and one service type. */
export function checkAdjacent(places: readonly Place[]): void {
  places.slice(1).forEach((place, index) => {
    const before = places[index];
    if (!before) return;
    const fits =
      before.slot.end === place.slot.start &&
      before.schedule.id === place.schedule.id &&
      before.slot.channel === place.slot.channel &&
      before.slot.type === place.slot.type;
    if (!fits) {
      throw invalid(
        'Several slots must follow each other in the same schedule, with the same delivery channel and service type',
        'Appointment.slot',
      );
    }
  });
}

export function checkAgainstPlaces(
  booking: BookingRequest,
  practice: Practice,
  places: readonly [Place, ...Place[]],
  now: number,
): void {
  const [first] = places;
  const last = places[places.length - 1] ?? first;
  checkAdjacent(places);
  // start and end SHALL be those of the first and the last slot.
  if (booking.start !== first.slot.start || booking.end !== last.slot.end) {
    throw invalid('Appointment.start and Appointment.end must be those of the slots booked', 'Appointment.start');
  }
  if (booking.locationId !== first.schedule.locationId) {
    throw invalid(
      "The location participant must be the location of the slot's schedule",
      'Appointment.participant.actor',
    );
  }
  if (booking.practitionerId !== undefined && booking.practitionerId !== first.schedule.practitionerId) {
    throw invalid(
      "The practitioner participant must be the practitioner of the slot's schedule",
      'Appointment.participant.actor',
    );
  }
  if (booking.channel !== undefined && booking.channel !== first.slot.channel) {
    throw invalid('The delivery channel must be that of the slot, or be left out', 'Appointment.extension');
  }
  if (booking.roleCode !== undefined && booking.roleCode !== first.schedule.role?.code) {
    throw invalid("The practitioner role must be that of the slot's schedule, or be left out", 'Appointment.extension');
  }
  // Slots SHALL still satisfy the availability rules at the moment of booking.
  const { type, odsCode } = booking.bookingOrganisation;
  const filter = filterOf({ odsCode, type: type?.code });
  for (const { slot } of places) {
    if (!mayUse(slot, filter)) {
      throw invalid('The practice keeps this slot for other organisations', 'Appointment.slot');
    }
    if (!isOpenForBooking(practice.slotRules, slot.start, now)) {
      throw invalid(
        'The practice does not take bookings this close to, or this far ahead of, the slot',
        'Appointment.slot',
      );
    }
  }
}
