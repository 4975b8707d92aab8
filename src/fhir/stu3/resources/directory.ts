/**
 * Organization, Location and Practitioner of a practice, by the CareConnect-GPC profiles of GP Connect 1.2.7.
 *
 * What is written here comes from configuration and does not change while the practice object lives, so each resource
 * is made once per practice, with a short hash of its content as its version, and shared by every answer.
 */
import { createHash } from 'node:crypto';
import type {
  Address,
  Bundle,
  ContactPoint as FhirContactPoint,
  Extension,
  FhirResource,
  HumanName as FhirHumanName,
  Location as FhirLocation,
  Organization,
  Practitioner as FhirPractitioner,
} from 'fhir/r3.js';
import { GatewayError } from '../../../domain/errors.js';
import type { LocationId, OdsCode, PractitionerId } from '../../../domain/identifiers.js';
import type { ContactPoint, HumanName, Language, PostalAddress } from '../../../domain/person.js';
import type { Location, Practice, Practitioner } from '../../../domain/practice.js';
import { EXTENSION, IDENTIFIER_SYSTEM, PART, PROFILE, SYSTEM } from '../codes.js';

const VERSION_LENGTH = 12;

export function unrepresentable(fhirPath: string, message: string): GatewayError {
  return new GatewayError('unrepresentable-record', `${fhirPath}: ${message}`, { fhirPath });
}

/** Addresses that say nothing are left out: an empty element is invalid. */
export function toAddresses(addresses: readonly PostalAddress[]): Address[] {
  return addresses.flatMap((address) => {
    const { use, city, district, postalCode, country } = address;
    const line = address.line.filter((text) => text !== '');
    if (line.length === 0 && !city && !district && !postalCode && !country) return [];
    return {
      ...(use && { use }),
      ...(line.length > 0 && { line }),
      ...(city && { city }),
      ...(district && { district }),
      ...(postalCode && { postalCode }),
      ...(country && { country }),
    };
  });
}

/** A telecom without a value would make the whole resource invalid, so it is left out. */
export function toTelecom(telecom: readonly ContactPoint[]): FhirContactPoint[] {
  return telecom.flatMap(({ system, value, use }) => (value === '' ? [] : { system, value, ...(use && { use }) }));
}

export function toOfficialName(name: HumanName, path: string): FhirHumanName {
  if (name.family.trim() === '') throw unrepresentable(`${path}.family`, 'the family name is missing in the record');
  return {
    use: 'official',
    family: name.family,
    ...(name.given.length > 0 && { given: [...name.given] }),
    ...(name.prefix.length > 0 && { prefix: [...name.prefix] }),
  };
}

export function nhsCommunication({ code, display }: Language, interpreterRequired?: boolean): Extension {
  const parts: Extension[] = [
    { url: PART.language, valueCodeableConcept: { coding: [{ system: SYSTEM.humanLanguage, code, display }] } },
  ];
  if (interpreterRequired !== undefined) {
    parts.push({ url: PART.interpreterRequired, valueBoolean: interpreterRequired });
  }
  return { url: EXTENSION.nhsCommunication, extension: parts };
}

/** org-2, org-3: neither an address nor a telecom of an organisation is ever of use home. */
export function refuseHomeUse(parts: readonly { readonly use?: string }[], path: string): void {
  if (parts.some((part) => part.use === 'home')) throw unrepresentable(path, "an organisation has no use 'home'");
}

function versionOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, VERSION_LENGTH);
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) freeze(part as object);
  }
  return Object.freeze(value);
}

/** The same content always has the same version, and other content another one. */
function versioned<T extends { meta?: { versionId?: string | undefined } | undefined }>(resource: T): T {
  const version = versionOf(resource);
  if (resource.meta) resource.meta.versionId = version;
  return freeze(resource);
}

function toOrganization(practice: Practice): Organization {
  refuseHomeUse(practice.telecom, 'Organization.telecom');
  refuseHomeUse([practice.address], 'Organization.address');
  const telecom = toTelecom(practice.telecom);
  const address = toAddresses([practice.address]);
  return versioned<Organization>({
    resourceType: 'Organization',
    id: practice.odsCode,
    meta: { versionId: '', profile: [PROFILE.organization] },
    identifier: [{ system: IDENTIFIER_SYSTEM.odsCode, value: practice.odsCode }],
    name: practice.name,
    ...(telecom.length > 0 && { telecom }),
    ...(address.length > 0 && { address }),
  });
}

/**
 * Contradiction 25: examples write the address of a location as a list, and telecoms and the address of an organisation as
 * objects. The cardinalities decide: one address object here, lists everywhere else.
 */
function toLocation(location: Location, odsCode: OdsCode): FhirLocation {
  const telecom = toTelecom(location.telecom);
  const [address] = toAddresses([location.address]);
  return versioned<FhirLocation>({
    resourceType: 'Location',
    id: location.id,
    meta: { versionId: '', profile: [PROFILE.location] },
    name: location.name,
    ...(telecom.length > 0 && { telecom }),
    ...(address && { address }),
    managingOrganization: { reference: `Organization/${odsCode}` },
  });
}

function toPractitioner(practitioner: Practitioner): FhirPractitioner {
  const identifier = [
    ...(practitioner.sdsUserId === undefined
      ? []
      : [{ system: IDENTIFIER_SYSTEM.sdsUserId, value: practitioner.sdsUserId }]),
    ...practitioner.sdsRoleProfileIds.map((value) => ({ system: IDENTIFIER_SYSTEM.sdsRoleProfileId, value })),
  ];
  const extension = practitioner.languages.map((language) => nhsCommunication(language));
  return versioned<FhirPractitioner>({
    resourceType: 'Practitioner',
    id: practitioner.id,
    meta: { versionId: '', profile: [PROFILE.practitioner] },
    ...(extension.length > 0 && { extension }),
    ...(identifier.length > 0 && { identifier }),
    name: [toOfficialName(practitioner.name, 'Practitioner.name')],
    ...(practitioner.gender && { gender: practitioner.gender }),
  });
}

export interface Directory {
  organization(): Organization;
  /** `undefined` when the practice has no such location. */
  location(id: LocationId): FhirLocation | undefined;
  practitioner(id: PractitionerId): FhirPractitioner | undefined;
  /** The practice's own record, for what a resource does not carry. */
  practitionerRecord(id: PractitionerId): Practitioner | undefined;
}

function remember<Id, From, To>(
  records: ReadonlyMap<Id, From>,
  write: (record: From) => To,
): (id: Id) => To | undefined {
  const written = new Map<Id, To>();
  return (id) => {
    const record = records.get(id);
    if (record === undefined) return undefined;
    const known = written.get(id) ?? write(record);
    written.set(id, known);
    return known;
  };
}

function createDirectory(practice: Practice): Directory {
  const practitioners = new Map(practice.practitioners.map((record) => [record.id, record]));
  const locations = new Map(practice.locations.map((record) => [record.id, record]));
  let organization: Organization | undefined;
  return {
    organization: () => (organization ??= toOrganization(practice)),
    location: remember(locations, (record) => toLocation(record, practice.odsCode)),
    practitioner: remember(practitioners, toPractitioner),
    practitionerRecord: (id) => practitioners.get(id),
  };
}

const directories = new WeakMap<Practice, Directory>();

export function directoryOf(practice: Practice): Directory {
  let directory = directories.get(practice);
  if (directory === undefined) {
    directory = createDirectory(practice);
    directories.set(practice, directory);
  }
  return directory;
}

/** FHIR JSON has no empty arrays: without a match there is no `entry`. */
export function searchset(resources: readonly FhirResource[]): Bundle {
  const entry = resources.map((resource) => ({ resource }));
  // Contradiction 31: the specification's bundle profile wants at least one entry, its searches may have none. We claim
  // the profile in the answer to a registration only, which always has one.
  return { resourceType: 'Bundle', type: 'searchset', ...(entry.length > 0 && { entry }) };
}

/** What the core found in the practice is in the directory of the same practice. */
function known<T>(resource: T | undefined, path: string): T {
  if (resource === undefined) throw unrepresentable(path, 'is not in the directory of this practice');
  return resource;
}

export function writePractitioner({ id }: Practitioner, practice: Practice): FhirPractitioner {
  return known(directoryOf(practice).practitioner(id), 'Practitioner');
}

export function writePractitionerSearch(practitioners: readonly Practitioner[], practice: Practice): Bundle {
  return searchset(practitioners.map((practitioner) => writePractitioner(practitioner, practice)));
}

export function writeOrganization(practice: Practice): Organization {
  return directoryOf(practice).organization();
}

export function writeOrganizationSearch(practices: readonly Practice[]): Bundle {
  return searchset(practices.map(writeOrganization));
}

export function writeLocation({ id }: Location, practice: Practice): FhirLocation {
  return known(directoryOf(practice).location(id), 'Location');
}
