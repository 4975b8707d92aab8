/** Parts of an Appointment that a booking and a change of one are read from alike, by GPConnect-Appointment-1. */
import type { BookingRequest } from '../../../domain/appointment.js';
import type { LocationId, PatientId, PractitionerId, SlotId } from '../../../domain/identifiers.js';
import { DELIVERY_CHANNELS, type DeliveryChannel } from '../../../domain/schedule.js';
import type { Instant, PracticeZone } from '../../../domain/time.js';
import { EXTENSION, SYSTEM, TEXT_LIMIT } from '../codes.js';
import { parseDateTime, parseLocalDateTime } from '../local-time.js';
import {
  child,
  children,
  codingOf,
  filled,
  has,
  invalidResource,
  referencedId,
  text,
  type Element,
} from './elements.js';

export const PATH = 'Appointment';

/**
 * The profile alone would let these pass. A consumer SHALL NOT send a reason or a specialty, and a modifier could change
 * the meaning of all the rest.
 */
export const NEVER_SENT = ['implicitRules', 'modifierExtension', 'reason', 'specialty'];

export function parseIdentifiers(appointment: Element): BookingRequest['identifiers'] {
  return children(appointment, 'identifier').map((identifier, index) => {
    const at = `${PATH}.identifier[${String(index)}]`;
    return { system: filled(identifier, 'system', at), value: filled(identifier, 'value', at) };
  });
}

/** Appointment times SHALL be local with the offset in force: no `Z`, no fraction of a second. */
export function parseTime(appointment: Element, name: 'start' | 'end', zone: PracticeZone): Instant {
  const instant = parseLocalDateTime(text(appointment, name) ?? '', zone);
  if (instant === undefined) {
    throw invalidResource(
      `${PATH}.${name}`,
      'write the local time of the practice with the offset in force at that time, as yyyy-mm-ddThh:mm:ss+hh:mm',
    );
  }
  return instant;
}

export function wholeNumber(appointment: Element, name: string): number | undefined {
  const value = has(appointment, name) ? appointment[name] : undefined;
  return typeof value === 'number' ? value : undefined;
}

const LOWEST_PRIORITY = 9;

/** The scale of iCalendar: 0 undefined, 1 highest, 9 lowest. */
export function parsePriority(appointment: Element): number | undefined {
  const priority = wholeNumber(appointment, 'priority');
  if (priority === undefined || priority <= LOWEST_PRIORITY) return priority;
  throw invalidResource(`${PATH}.priority`, 'use a whole number from 0 to 9');
}

/** When the consumer made it is no time of the practice's: any date-time is taken, and given back as the local one. */
export function parseCreated(appointment: Element): Instant {
  const instant = parseDateTime(text(appointment, 'created') ?? '');
  if (instant === undefined) {
    throw invalidResource(`${PATH}.created`, 'write the date and time, with the offset: yyyy-mm-ddThh:mm:ss+hh:mm');
  }
  return instant;
}

export function parseSlots(appointment: Element): readonly SlotId[] {
  const slots = children(appointment, 'slot').map((slot, index) => {
    const id = referencedId(slot, 'Slot');
    if (id === undefined) {
      throw invalidResource(`${PATH}.slot[${String(index)}].reference`, 'refer to the slot as Slot/{id}');
    }
    return id as SlotId;
  });
  if (slots.length === 0) throw invalidResource(`${PATH}.slot`, 'name at least one slot');
  if (new Set(slots).size < slots.length) throw invalidResource(`${PATH}.slot`, 'name each slot once');
  return slots;
}

type Participants = Pick<BookingRequest, 'patientId' | 'locationId' | 'practitionerId'>;

export function parseParticipants(appointment: Element): Participants {
  const found = new Map<string, string>();
  children(appointment, 'participant').forEach((participant, index) => {
    const at = `${PATH}.participant[${String(index)}]`;
    const actor = child(participant, 'actor');
    const type = ['Patient', 'Location', 'Practitioner'].find((known) => referencedId(actor, known) !== undefined);
    if (type === undefined) {
      throw invalidResource(`${at}.actor.reference`, 'refer to it as Patient/{id}, Location/{id} or Practitioner/{id}');
    }
    if (found.has(type)) throw invalidResource(`${at}.actor`, `name one ${type} only`);
    found.set(type, referencedId(actor, type) ?? '');
  });
  // One Patient and one Location MUST take part; a Practitioner when there is one.
  const patientId = found.get('Patient');
  if (patientId === undefined) throw invalidResource(`${PATH}.participant`, 'name the patient as a participant');
  const locationId = found.get('Location');
  if (locationId === undefined) throw invalidResource(`${PATH}.participant`, 'name the location as a participant');
  return {
    patientId: patientId as PatientId,
    locationId: locationId as LocationId,
    practitionerId: found.get('Practitioner') as PractitionerId | undefined,
  };
}

interface Extensions {
  readonly channel: DeliveryChannel | undefined;
  readonly roleCode: string | undefined;
}

/** Extensions we do not know are allowed by the profile and left aside. */
export function parseExtensions(appointment: Element): Extensions {
  const extensions = children(appointment, 'extension');
  let channel: DeliveryChannel | undefined;
  let roleCode: string | undefined;
  extensions.forEach((extension, index) => {
    const at = `${PATH}.extension[${String(index)}]`;
    const url = text(extension, 'url');
    if (url === EXTENSION.deliveryChannelWithdrawn) throw invalidResource(at, 'was withdrawn; leave it out');
    if (url === EXTENSION.deliveryChannel) {
      channel = DELIVERY_CHANNELS.find((known) => known === text(extension, 'valueCode'));
      if (channel === undefined) throw invalidResource(`${at}.valueCode`, `use one of ${DELIVERY_CHANNELS.join(', ')}`);
    }
    if (url === EXTENSION.practitionerRole) {
      roleCode ??= text(codingOf(child(extension, 'valueCodeableConcept'), SYSTEM.jobRole), 'code');
      if (roleCode === undefined) throw invalidResource(at, `code the role with ${SYSTEM.jobRole}`);
    }
  });
  return { channel, roleCode };
}

/** Over-long text is an error: it SHALL NOT be truncated. Counted in characters, not in UTF-16 units. */
export function parseText(appointment: Element, name: 'description' | 'comment'): string | undefined {
  const value = text(appointment, name);
  if (value === undefined && has(appointment, name)) {
    throw invalidResource(`${PATH}.${name}`, 'must not be blank');
  }
  if (value !== undefined && Array.from(value).length > TEXT_LIMIT[name]) {
    throw invalidResource(`${PATH}.${name}`, `shorten it to at most ${String(TEXT_LIMIT[name])} characters`);
  }
  return value;
}

/** A reason belongs to a cancellation and to nothing else. */
export function refuseCancellationReason(appointment: Element): void {
  const index = children(appointment, 'extension').findIndex(
    (extension) => text(extension, 'url') === EXTENSION.cancellationReason,
  );
  if (index < 0) return;
  throw invalidResource(
    `${PATH}.extension[${String(index)}]`,
    'a cancellation reason must not be sent here; leave it out',
  );
}
