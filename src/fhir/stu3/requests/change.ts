/**
 * The bodies of "Amend an appointment" and "Cancel an appointment" of GP Connect 1.2.7: the whole Appointment, read,
 * changed and sent back. Whether only what may change has changed is asked later, by the core.
 */
import type { AppointmentAsSent } from '../../../domain/appointment.js';
import { GatewayError } from '../../../domain/errors.js';
import type { PracticeZone } from '../../../domain/time.js';
import { EXTENSION, PROFILE } from '../codes.js';
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
  wholeNumber,
} from './appointment-parts.js';
import { parseBookingOrganisation } from './booking-organisation.js';
import {
  child,
  children,
  has,
  invalidResource,
  isBlank,
  refuse,
  requireProfile,
  text,
  toElement,
  type Element,
} from './elements.js';

/** As they are always given back: nobody else has answered for a participant. */
const PARTICIPATION = 'accepted';

/** Extensions that an appointment of ours has, or is given with its cancellation. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  EXTENSION.bookingOrganisation,
  EXTENSION.practitionerRole,
  EXTENSION.deliveryChannel,
  EXTENSION.cancellationReason,
]);

/** An appointment that the practice made itself has no booking organisation, and none can be added. */
function hasBookingOrganisation(appointment: Element): boolean {
  const extensions = children(appointment, 'extension');
  return (
    has(appointment, 'contained') ||
    extensions.some((extension) => text(extension, 'url') === EXTENSION.bookingOrganisation)
  );
}

function refuseOtherParticipation(appointment: Element): void {
  children(appointment, 'participant').forEach((participant, index) => {
    const at = `${PATH}.participant[${String(index)}]`;
    refuse(participant, ['required'], at);
    if (text(participant, 'status') === PARTICIPATION) return;
    throw invalidResource(`${at}.status`, `must stay '${PARTICIPATION}'`);
  });
}

/** Parts that the stored appointment has once or never: one more of them is a change, whatever it says. */
function refuseAdditions(appointment: Element): void {
  const seen = new Set<string>();
  children(appointment, 'extension').forEach((extension, index) => {
    const url = text(extension, 'url') ?? '';
    if (!KNOWN_EXTENSIONS.has(url) || seen.has(url)) {
      throw invalidResource(
        `${PATH}.extension[${String(index)}]`,
        'was added; only what the appointment has can be sent',
      );
    }
    seen.add(url);
  });
  if (children(appointment, 'contained').length > 1) {
    throw invalidResource(`${PATH}.contained[1]`, 'was added; only the booking organisation is contained');
  }
}

function parseAppointment(resource: unknown, status: 'booked' | 'cancelled', zone: PracticeZone): AppointmentAsSent {
  const appointment = toElement(resource);
  if (text(appointment, 'resourceType') !== 'Appointment') throw invalidResource(PATH, 'send an Appointment');
  requireProfile(appointment, PROFILE.appointment, PATH);
  refuse(appointment, NEVER_SENT, PATH);
  if (text(appointment, 'status') !== status) throw invalidResource(`${PATH}.status`, `the status must be '${status}'`);
  const id = text(appointment, 'id');
  if (id === undefined) throw invalidResource(`${PATH}.id`, 'send the id of the appointment');
  const description = parseText(appointment, 'description') ?? '';
  const category = child(appointment, 'serviceCategory');
  const participants = parseParticipants(appointment);
  refuseOtherParticipation(appointment);
  refuseAdditions(appointment);
  return {
    id,
    slots: parseSlots(appointment),
    start: parseTime(appointment, 'start', zone),
    end: parseTime(appointment, 'end', zone),
    ...participants,
    description,
    comment: parseText(appointment, 'comment'),
    created: has(appointment, 'created') ? parseCreated(appointment) : undefined,
    minutes: wholeNumber(appointment, 'minutesDuration'),
    priority: parsePriority(appointment),
    ...parseExtensions(appointment),
    identifiers: parseIdentifiers(appointment),
    bookingOrganisation: hasBookingOrganisation(appointment) ? parseBookingOrganisation(appointment, PATH) : undefined,
    scheduleType: text(category, 'text'),
    slotTypes: children(appointment, 'serviceType').flatMap((type) => text(type, 'text') ?? []),
  };
}

export function parseAmendment(resource: unknown, zone: PracticeZone): AppointmentAsSent {
  refuseCancellationReason(toElement(resource));
  return parseAppointment(resource, 'booked', zone);
}

/**
 * A blank reason has an error code of its own. Asked before the structure of the body is looked at, where an empty text
 * would be refused under another one.
 */
export function refuseBlankReason(resource: unknown): void {
  children(toElement(resource), 'extension').forEach((extension, index) => {
    if (text(extension, 'url') !== EXTENSION.cancellationReason) return;
    if (!isBlank(extension, 'valueString')) return;
    const fhirPath = `${PATH}.extension[${String(index)}].valueString`;
    throw new GatewayError('invalid-parameter', `${fhirPath}: the cancellation reason must not be blank`, { fhirPath });
  });
}

export function parseCancellation(
  resource: unknown,
  zone: PracticeZone,
): { readonly sent: AppointmentAsSent; readonly reason: string } {
  const appointment = toElement(resource);
  const reasons = children(appointment, 'extension').filter(
    (extension) => text(extension, 'url') === EXTENSION.cancellationReason,
  );
  const reason = reasons.length === 1 ? text(reasons[0], 'valueString') : undefined;
  if (reason === undefined) {
    throw invalidResource(`${PATH}.extension`, `give the reason once, as a text in ${EXTENSION.cancellationReason}`);
  }
  return { sent: parseAppointment(resource, 'cancelled', zone), reason };
}
