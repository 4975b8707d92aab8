/** The organisation on whose behalf the consumer books: contained in the Appointment, by CareConnect-GPC-Organization-1. */
import type { BookingOrganisation } from '../../../domain/appointment.js';
import { isLogicalId, parseOdsCode, type OdsCode } from '../../../domain/identifiers.js';
import type { ContactPoint } from '../../../domain/person.js';
import { EXTENSION, IDENTIFIER_SYSTEM, PROFILE, SYSTEM } from '../codes.js';
import {
  child,
  children,
  codingOf,
  filled,
  has,
  invalidResource,
  parseAddress,
  parseContact,
  refuse,
  requireProfile,
  text,
  type Element,
} from './elements.js';

function parseOwnOdsCode(organization: Element, path: string): OdsCode {
  const identifiers = children(organization, 'identifier');
  const index = identifiers.findIndex((identifier) => text(identifier, 'system') === IDENTIFIER_SYSTEM.odsCode);
  const identifier = identifiers[index];
  if (identifier === undefined) {
    throw invalidResource(`${path}.identifier`, `give the ODS code, with the system ${IDENTIFIER_SYSTEM.odsCode}`);
  }
  const at = `${path}.identifier[${String(index)}]`;
  const odsCode = parseOdsCode(text(identifier, 'value') ?? '');
  if (odsCode === undefined) {
    throw invalidResource(`${at}.value`, 'is no ODS code; send upper-case letters and digits');
  }
  return odsCode;
}

/** Equals the organisation type of the search, and is absent if none was sent there. */
function parseType(organization: Element, path: string): BookingOrganisation['type'] {
  const [type] = children(organization, 'type');
  if (type === undefined) return undefined;
  const coding = codingOf(type, SYSTEM.organisationType);
  const code = text(coding, 'code');
  if (code === undefined)
    throw invalidResource(`${path}.type[0].coding`, `code the type with ${SYSTEM.organisationType}`);
  return { code, display: text(coding, 'display') };
}

function parseTelecom(organization: Element, path: string): readonly ContactPoint[] {
  const telecom = children(organization, 'telecom').map((element, index) => {
    return parseContact(element, `${path}.telecom[${String(index)}]`);
  });
  if (telecom.length === 0) throw invalidResource(`${path}.telecom`, 'say how the booking organisation can be reached');
  return telecom;
}

function findContained(appointment: Element, path: string): Element {
  const contained = children(appointment, 'contained');
  const [organization] = contained;
  if (contained.length !== 1 || text(organization, 'resourceType') !== 'Organization' || organization === undefined) {
    throw invalidResource(`${path}.contained`, 'contain the booking organisation, and nothing else');
  }
  return organization;
}

export function parseBookingOrganisation(appointment: Element, path: string): BookingOrganisation {
  const organization = findContained(appointment, path);
  const at = `${path}.contained[0]`;
  requireProfile(organization, PROFILE.organization, at);
  refuse(organization, ['implicitRules', 'modifierExtension'], at);

  const localId = text(organization, 'id');
  if (localId === undefined || !isLogicalId(localId)) throw invalidResource(`${at}.id`, 'give it an id to refer to');
  const odsCode = parseOwnOdsCode(organization, at);
  const type = parseType(organization, at);
  const name = filled(organization, 'name', at);
  const telecom = parseTelecom(organization, at);
  const addresses = children(organization, 'address').map(parseAddress);

  // The extension MUST refer to the contained organisation by its fragment only: "#" and the id.
  const pointers = children(appointment, 'extension').filter(
    (extension) => text(extension, 'url') === EXTENSION.bookingOrganisation,
  );
  const [pointer] = pointers;
  const reference = pointer && child(pointer, 'valueReference');
  if (
    pointers.length !== 1 ||
    !reference ||
    !has(reference, 'reference') ||
    text(reference, 'reference') !== `#${localId}`
  ) {
    throw invalidResource(
      `${path}.extension`,
      `send ${EXTENSION.bookingOrganisation} once, as #{id of the contained organisation}`,
    );
  }
  return { localId, odsCode, name, telecom, addresses, type };
}
