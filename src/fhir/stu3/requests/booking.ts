/**
 * The body of "Book an appointment": an Appointment against GPConnect-Appointment-1 and the rules of its page in GP
 * Connect 1.2.7. Whether slots, patient, location and practitioner exist and fit together is asked later, by the core.
 */
import type { BookingRequest } from '../../../domain/appointment.js';
import type { PracticeZone } from '../../../domain/time.js';
import { PROFILE } from '../codes.js';
import {
  NEVER_SENT,
  parseCreated,
  parseExtensions,
  parseIdentifiers,
  parseParticipants,
  parsePriority,
  parseSlots,
  parseText,
  parseTime,
  PATH,
  refuseCancellationReason,
} from './appointment-parts.js';
import { parseBookingOrganisation } from './booking-organisation.js';
import { invalidResource, refuse, requireProfile, text, toElement } from './elements.js';

/** `id` is the server's to give. */
const PROHIBITED = ['id', ...NEVER_SENT];

export function parseBooking(resource: unknown, zone: PracticeZone): BookingRequest {
  const appointment = toElement(resource);
  if (text(appointment, 'resourceType') !== 'Appointment') throw invalidResource(PATH, 'send an Appointment');
  requireProfile(appointment, PROFILE.appointment, PATH);
  refuse(appointment, PROHIBITED, PATH);

  const identifiers = parseIdentifiers(appointment);
  if (text(appointment, 'status') !== 'booked') throw invalidResource(`${PATH}.status`, "the status must be 'booked'");
  const start = parseTime(appointment, 'start', zone);
  const end = parseTime(appointment, 'end', zone);
  if (end <= start) throw invalidResource(`${PATH}.end`, 'must be after the start');
  const slots = parseSlots(appointment);
  const participants = parseParticipants(appointment);
  refuseCancellationReason(appointment);
  const { channel, roleCode } = parseExtensions(appointment);
  const bookingOrganisation = parseBookingOrganisation(appointment, PATH);

  const priority = parsePriority(appointment);
  const created = parseCreated(appointment);
  const description = parseText(appointment, 'description') ?? '';
  const comment = parseText(appointment, 'comment');
  // serviceCategory and serviceType are ignored: the practice's own are given back.
  return {
    slots,
    start,
    end,
    ...participants,
    description,
    comment,
    created,
    bookingOrganisation,
    channel,
    roleCode,
    priority,
    identifiers,
  };
}
