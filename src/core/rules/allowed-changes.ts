/** What an amendment and a cancellation may change, and what they must leave as it is. */
import type { Appointment, AppointmentAsSent, BookingOrganisation } from '../../domain/appointment.js';
import { GatewayError } from '../../domain/errors.js';
import { MINUTE } from '../../domain/time.js';

export type ChangeKind = 'amend' | 'cancel';

function changed(element: string, kind: ChangeKind): GatewayError {
  const allowed = kind === 'amend' ? 'description and comment' : 'the status and the cancellation reason';
  return new GatewayError(
    'invalid-resource',
    `Appointment.${element} differs from the stored appointment. Change ${allowed} only: read the appointment, change it and send it back`,
    { fhirPath: `Appointment.${element}` },
  );
}

/** How a contact is written down does not matter; whom it reaches does. A type may be left out, but not be another. */
function sameOrganisation(sent: BookingOrganisation | undefined, stored: BookingOrganisation | undefined): boolean {
  if (!sent || !stored) return sent === stored;
  const reached = ({ telecom }: BookingOrganisation): string =>
    JSON.stringify(telecom.map(({ system, value }) => `${system} ${value}`).sort());
  return (
    sent.odsCode === stored.odsCode &&
    sent.name === stored.name &&
    reached(sent) === reached(stored) &&
    (sent.type === undefined || sent.type.code === stored.type?.code)
  );
}

/**
 * Everything that carries meaning SHALL equal the stored resource. Strict on meaning, lenient on what the gateway
 * itself added: the examples of the specification leave out elements that the stored resource has (Contradiction 26).
 * Throws for the first difference.
 */
export function refuseOtherChanges(kind: ChangeKind, sent: AppointmentAsSent, stored: Appointment): void {
  const same = (element: string, equal: boolean): void => {
    if (!equal) throw changed(element, kind);
  };
  const absentOr = <T>(given: T | undefined, expected: T | undefined): boolean =>
    given === undefined || given === expected;

  same('id', sent.id === stored.id);
  same('start', sent.start === stored.start);
  same('end', sent.end === stored.end);
  same('slot', [...sent.slots].sort().join() === [...stored.slots].sort().join());
  same('participant', sent.patientId === stored.patientId);
  same('participant', sent.locationId === stored.locationId);
  same('participant', sent.practitionerId === stored.practitionerId);
  same('created', absentOr(sent.created, Math.floor(stored.created / 1000) * 1000));
  same('minutesDuration', absentOr(sent.minutes, (stored.end - stored.start) / MINUTE));
  same('priority', sent.priority === stored.priority);
  same('extension', absentOr(sent.channel, stored.channel));
  same('extension', absentOr(sent.roleCode, stored.role?.code));
  const known = new Set(stored.identifiers.map(({ system, value }) => `${system}|${value}`));
  same(
    'identifier',
    sent.identifiers.every(({ system, value }) => known.has(`${system}|${value}`)),
  );
  same('contained', sameOrganisation(sent.bookingOrganisation, stored.bookingOrganisation));
  if (kind === 'amend') return;
  // A cancellation changes nothing else: neither text nor, where they are sent, the practice's own names. An amendment
  // tolerates other names, because older consumers keep them from a search.
  same('description', sent.description === stored.description);
  same('comment', sent.comment === stored.comment);
  same('serviceCategory', absentOr(sent.scheduleType, stored.scheduleType));
  same(
    'serviceType',
    sent.slotTypes.every((type) => type === stored.slotType),
  );
}
