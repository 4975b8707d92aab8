/**
 * Reading a body that is known to meet its profiles but not to mean anything. A reader answers `undefined` (or no
 * items) for what is absent, blank or of another type, so that no shape of input can break the rules built on it.
 */
import { GatewayError } from '../../../domain/errors.js';
import { isLogicalId } from '../../../domain/identifiers.js';
import type { AddressUse, ContactPointSystem, ContactPointUse, PostalAddress } from '../../../domain/person.js';

export type Element = Readonly<Record<string, unknown>>;

const NOTHING: Element = {};
const ADDRESS_USES: readonly AddressUse[] = ['home', 'work', 'temp', 'old'];
const CONTACT_USES: readonly ContactPointUse[] = ['home', 'work', 'temp', 'old', 'mobile'];
const CONTACT_SYSTEMS: readonly ContactPointSystem[] = ['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'];

function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalidResource(fhirPath: string, message: string): GatewayError {
  return new GatewayError('invalid-resource', `${fhirPath}: ${message}`, { fhirPath });
}

export function has(element: Element, name: string): boolean {
  return Object.hasOwn(element, name);
}

export function toElement(value: unknown): Element {
  return isElement(value) ? value : NOTHING;
}

export function child(element: Element, name: string): Element | undefined {
  const value = has(element, name) ? element[name] : undefined;
  return isElement(value) ? value : undefined;
}

/** Items keep their index, so that a FHIRPath points at the right one. */
export function children(element: Element, name: string): readonly Element[] {
  const value: unknown = has(element, name) ? element[name] : undefined;
  return Array.isArray(value) ? value.map(toElement) : [];
}

export function text(element: Element | undefined, name: string): string | undefined {
  const value = element && has(element, name) ? element[name] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A text that the profile requires; FHIR lets one pass that is all white space. */
export function filled(element: Element, name: string, path: string): string {
  const value = text(element, name);
  if (value === undefined) throw invalidResource(`${path}.${name}`, 'must not be blank');
  return value;
}

/** There, and without a word: not what `text` tells apart from absent. */
export function isBlank(element: Element, name: string): boolean {
  const value: unknown = has(element, name) ? element[name] : undefined;
  return typeof value === 'string' && value.trim() === '';
}

export function texts(element: Element, name: string): readonly string[] {
  const value: unknown = has(element, name) ? element[name] : undefined;
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is string => typeof item === 'string' && item.trim() !== '');
}

function oneOf<Code extends string>(codes: readonly Code[], code: string | undefined): Code | undefined {
  return codes.find((known) => known === code);
}

/** meta.profile SHALL be present on every resource sent. */
export function requireProfile(resource: Element, profile: string, path: string): void {
  if (!texts(child(resource, 'meta') ?? NOTHING, 'profile').includes(profile)) {
    throw invalidResource(`${path}.meta.profile`, `name the profile ${profile}`);
  }
}

export function refuse(element: Element, names: readonly string[], path: string): void {
  for (const name of names) {
    if (has(element, name) || has(element, `_${name}`)) {
      throw invalidResource(`${path}.${name}`, 'must not be sent here; leave it out');
    }
  }
}

/** The id of a relative reference to `type`; absolute and versioned references are none. */
export function referencedId(reference: Element | undefined, type: string): string | undefined {
  const target = text(reference, 'reference');
  if (target === undefined || !target.startsWith(`${type}/`)) return undefined;
  const id = target.slice(type.length + 1);
  return isLogicalId(id) ? id : undefined;
}

/** First coding of a concept in this code system. */
export function codingOf(concept: Element | undefined, system: string): Element | undefined {
  return concept && children(concept, 'coding').find((coding) => text(coding, 'system') === system);
}

export interface ParsedContact {
  readonly system: ContactPointSystem;
  readonly value: string;
  readonly use?: ContactPointUse;
}

/** A telecom has a system and a value. */
export function parseContact(element: Element, path: string): ParsedContact {
  const system = oneOf(CONTACT_SYSTEMS, text(element, 'system'));
  if (system === undefined) throw invalidResource(`${path}.system`, 'say what kind of contact this is');
  const value = text(element, 'value');
  if (value === undefined) throw invalidResource(`${path}.value`, 'give the number or address, or leave the entry out');
  const use = oneOf(CONTACT_USES, text(element, 'use'));
  return { system, value, ...(use && { use }) };
}

export function parseAddress(element: Element): PostalAddress {
  const use = oneOf(ADDRESS_USES, text(element, 'use'));
  const city = text(element, 'city');
  const district = text(element, 'district');
  const postalCode = text(element, 'postalCode');
  const country = text(element, 'country');
  return {
    ...(use && { use }),
    line: texts(element, 'line'),
    ...(city && { city }),
    ...(district && { district }),
    ...(postalCode && { postalCode }),
    ...(country && { country }),
  };
}
