/**
 * The body of `$gpc.registerpatient`: Parameters with one Patient, against CareConnect-GPC-Patient-1 and the page
 * "Register a patient" of GP Connect 1.2.7.
 *
 * Contradiction 6: what is below the minimum is 422 by the page, and 400 by the acceptance testing. We follow the testing
 * for the NHS number, the birth date and the official name, and the page for everything else.
 *
 * Contradiction 7: the page bars all that it does not list, and the acceptance testing sends a nickname, another
 * identifier and an email of any use. We accept those three and refuse the rest.
 */
import { GatewayError } from '../../../domain/errors.js';
import { parseNhsNumber, type NhsNumber } from '../../../domain/identifiers.js';
import type { LanguageNeed, RegistrationRequest } from '../../../domain/patient.js';
import type { ContactPoint, Gender, HumanName, PostalAddress } from '../../../domain/person.js';
import { isLocalDate } from '../../../domain/time.js';
import { EXTENSION, IDENTIFIER_SYSTEM, PART, PROFILE, REGISTER_PARAMETER, SYSTEM } from '../codes.js';
import { HUMAN_LANGUAGES } from '../languages.js';
import {
  child,
  children,
  codingOf,
  filled,
  has,
  invalidResource,
  isBlank,
  parseAddress,
  parseContact,
  requireProfile,
  text,
  texts,
  toElement,
  type Element,
} from './elements.js';

const GENDERS: readonly Gender[] = ['male', 'female', 'other', 'unknown'];
const LISTED: ReadonlySet<string> = new Set([
  'resourceType',
  'meta',
  'extension',
  'identifier',
  'name',
  'telecom',
  'gender',
  'birthDate',
  'address',
]);
const ELEMENT_NAME = /^_?[A-Za-z]{1,40}$/;
/** The one parameter's, which is the first. */
const PATIENT_PATH = 'Parameters.parameter[0].resource';
const PHONE_USES = ['home', 'work', 'mobile', 'temp'];

function badRequest(fhirPath: string, message: string): GatewayError {
  return new GatewayError('bad-request', `${fhirPath}: ${message}`, { fhirPath });
}

function invalidNhsNumber(fhirPath: string, message: string): GatewayError {
  return new GatewayError('invalid-nhs-number', `${fhirPath}: ${message}`, { fhirPath });
}

function findPatient(resource: unknown): Element {
  const parameters = toElement(resource);
  if (text(parameters, 'resourceType') !== 'Parameters') {
    throw invalidResource('Parameters', `send a Parameters resource with the parameter '${REGISTER_PARAMETER}'`);
  }
  const all = children(parameters, 'parameter');
  const named = all.filter((parameter) => text(parameter, 'name') === REGISTER_PARAMETER);
  // registerPatient is 1..1, and its name is case sensitive.
  if (named.length > 1) {
    throw badRequest('Parameters.parameter', `the parameter '${REGISTER_PARAMETER}' is repeated; send it once`);
  }
  const [only] = named;
  if (only === undefined || all.length > 1) {
    throw invalidResource('Parameters.parameter', `send the parameter '${REGISTER_PARAMETER}' and no other`);
  }
  const patient = child(only, 'resource');
  if (text(patient, 'resourceType') !== 'Patient') {
    throw invalidResource(PATIENT_PATH, `the parameter '${REGISTER_PARAMETER}' must hold a Patient`);
  }
  return patient ?? {};
}

/** Every element that the page does not list MUST NOT be sent. */
function refuseUnlisted(patient: Element, path: string): void {
  for (const name of Object.keys(patient)) {
    if (LISTED.has(name)) continue;
    const at = ELEMENT_NAME.test(name) ? `${path}.${name.replace('_', '')}` : path;
    throw invalidResource(at, 'must not be sent in a registration; leave it out');
  }
}

function parseIdentifiers(patient: Element, path: string): NhsNumber {
  const identifiers = children(patient, 'identifier');
  identifiers.forEach((identifier, index) => {
    const at = `${path}.identifier[${String(index)}]`;
    if (text(identifier, 'system') === undefined) throw badRequest(`${at}.system`, 'name the system of the identifier');
  });
  const index = identifiers.findIndex((identifier) => text(identifier, 'system') === IDENTIFIER_SYSTEM.nhsNumber);
  const identifier = identifiers[index];
  if (identifier === undefined) {
    throw invalidNhsNumber(`${path}.identifier`, `give the NHS number, with the system ${IDENTIFIER_SYSTEM.nhsNumber}`);
  }
  const at = `${path}.identifier[${String(index)}]`;
  const nhsNumber = parseNhsNumber(text(identifier, 'value') ?? '');
  if (nhsNumber === undefined) {
    throw invalidNhsNumber(`${at}.value`, 'is no NHS number; send ten digits with a valid check digit');
  }
  identifiers.forEach((other, position) => filled(other, 'value', `${path}.identifier[${String(position)}]`));
  return nhsNumber;
}

function parseOfficialName(patient: Element, path: string): HumanName {
  const names = children(patient, 'name');
  const index = names.findIndex((name) => text(name, 'use') === 'official');
  const official = names[index];
  // The official name is 1..1, with a family name and given names.
  if (official === undefined) throw badRequest(`${path}.name`, "give the patient's name with use 'official'");
  const at = `${path}.name[${String(index)}]`;
  const family = text(official, 'family');
  if (family === undefined) throw badRequest(`${at}.family`, 'give the family name');
  const given = texts(official, 'given');
  if (given.length === 0) throw invalidResource(`${at}.given`, 'give the given names');
  return { family, given, prefix: texts(official, 'prefix') };
}

function parseBirthDate(patient: Element, path: string): string {
  const birthDate = text(patient, 'birthDate');
  if (birthDate === undefined) throw badRequest(`${path}.birthDate`, 'give the date of birth');
  if (!isLocalDate(birthDate)) throw invalidResource(`${path}.birthDate`, 'write the whole date as yyyy-mm-dd');
  return birthDate;
}

function parseGender(patient: Element): Gender | undefined {
  return GENDERS.find((known) => known === text(patient, 'gender'));
}

function parseLanguage(patient: Element, path: string): LanguageNeed | undefined {
  const extensions = children(patient, 'extension');
  // At most one nhsCommunication, and no other extension at all.
  extensions.forEach((extension, index) => {
    if (index > 0 || text(extension, 'url') !== EXTENSION.nhsCommunication) {
      throw invalidResource(
        `${path}.extension[${String(index)}]`,
        `send ${EXTENSION.nhsCommunication} once and no other`,
      );
    }
  });
  const [communication] = extensions;
  if (communication === undefined) return undefined;

  const parts = children(communication, 'extension');
  const partsPath = `${path}.extension[0].extension`;
  const called = (name: string): readonly Element[] => parts.filter((part) => text(part, 'url') === name);
  const languages = called(PART.language);
  const interpreters = called(PART.interpreterRequired);
  if (languages.length !== 1 || interpreters.length > 1 || parts.length > languages.length + interpreters.length) {
    throw invalidResource(
      partsPath,
      `send '${PART.language}' once, '${PART.interpreterRequired}' at most once, no other`,
    );
  }
  const code = text(codingOf(child(toElement(languages[0]), 'valueCodeableConcept'), SYSTEM.humanLanguage), 'code');
  const display = HUMAN_LANGUAGES.get(code ?? '');
  if (code === undefined || display === undefined) {
    throw invalidResource(partsPath, `code the language with ${SYSTEM.humanLanguage}`);
  }
  const interpreterRequired = interpreters[0]?.['valueBoolean'];
  if (interpreters.length > 0 && typeof interpreterRequired !== 'boolean') {
    throw invalidResource(partsPath, `'${PART.interpreterRequired}' is true or false`);
  }
  return {
    code,
    display,
    interpreterRequired: typeof interpreterRequired === 'boolean' ? interpreterRequired : undefined,
  };
}

/** At most one address of use home and one of use temp; no other use. */
function parseAddresses(patient: Element, path: string): readonly PostalAddress[] {
  const seen = new Set<string>();
  return children(patient, 'address').map((element, index) => {
    const at = `${path}.address[${String(index)}]`;
    const address = parseAddress(element);
    if (address.use !== 'home' && address.use !== 'temp') throw invalidResource(`${at}.use`, "use 'home' or 'temp'");
    if (seen.has(address.use)) throw invalidResource(`${at}.use`, 'send one address for each use');
    seen.add(address.use);
    return address;
  });
}

/** At most one phone for each of home, work, mobile and temp, and one email; nothing else. */
function parseTelecoms(patient: Element, path: string): readonly ContactPoint[] {
  const seen = new Set<string>();
  return children(patient, 'telecom').map((element, index) => {
    const at = `${path}.telecom[${String(index)}]`;
    const contact = parseContact(element, at);
    if (contact.system !== 'phone' && contact.system !== 'email') {
      throw invalidResource(`${at}.system`, "use 'phone' or 'email'");
    }
    if (contact.system === 'phone' && !PHONE_USES.includes(contact.use ?? '')) {
      throw invalidResource(`${at}.use`, `use one of ${PHONE_USES.join(', ')} for a phone`);
    }
    // The use means nothing for an email, so two emails are two of the same.
    const kind = contact.system === 'email' ? 'email' : `phone ${contact.use ?? ''}`;
    if (seen.has(kind)) throw badRequest(at, 'send one phone for each use, and one email');
    seen.add(kind);
    return contact;
  });
}

function lacksOfficialName(patient: Element): boolean {
  const names = children(patient, 'name');
  if (names.some((name) => isBlank(name, 'family'))) return true;
  const official = names.find((name) => text(name, 'use') === 'official');
  if (official !== undefined) return !has(official, 'family');
  const isPatient = text(patient, 'resourceType') === 'Patient';
  return names.length === 0
    ? isPatient && !has(patient, 'name')
    : names.every((name) => !has(name, 'use') || text(name, 'use') !== undefined);
}

/**
 * A blank NHS number, birth date, family name or system of an identifier is a missing one, and a missing one has a code
 * of its own, as has a missing official name. Asked before the body is validated, where it would be refused under
 * another code; a name of a wrong structure is left to that.
 */
export function refuseMissingIdentity(resource: unknown): void {
  const [parameter] = children(toElement(resource), 'parameter');
  const patient = toElement(parameter && child(parameter, 'resource'));
  const identifiers = children(patient, 'identifier');
  const lacking = (identifier: Element): boolean =>
    isBlank(identifier, 'system') ||
    isBlank(identifier, 'value') ||
    (text(identifier, 'system') === IDENTIFIER_SYSTEM.nhsNumber && !has(identifier, 'value'));
  if (identifiers.some(lacking)) parseIdentifiers(patient, PATIENT_PATH);
  if (lacksOfficialName(patient)) parseOfficialName(patient, PATIENT_PATH);
  if (isBlank(patient, 'birthDate')) parseBirthDate(patient, PATIENT_PATH);
}

export function parseRegistration(resource: unknown): RegistrationRequest {
  const patient = findPatient(resource);
  const path = PATIENT_PATH;
  requireProfile(patient, PROFILE.patient, path);
  refuseUnlisted(patient, path);
  const nhsNumber = parseIdentifiers(patient, path);
  const name = parseOfficialName(patient, path);
  const birthDate = parseBirthDate(patient, path);
  const gender = parseGender(patient);
  const language = parseLanguage(patient, path);
  const addresses = parseAddresses(patient, path);
  const telecom = parseTelecoms(patient, path);
  return { nhsNumber, demographics: { name, birthDate, gender, addresses, telecom, language } };
}
