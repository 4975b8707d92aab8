/**
 * CapabilityStatement of GP Connect 1.2.7 ("Get the FHIR capability statement"), made from the table of interactions:
 * it lists what is served and nothing else.
 */
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam,
} from 'fhir/r3.js';
import type { ServedInteraction, ServedType, ServerFacts } from '../representation.js';
import { FHIR_VERSION, PROFILE, SPECIFICATION_VERSION } from './codes.js';

/** Profiles of what an answer about this type may hold. */
const PROFILES_SERVED: Readonly<Record<ServedType, readonly string[]>> = {
  Patient: [PROFILE.patient],
  Organization: [PROFILE.organization],
  Practitioner: [PROFILE.practitioner],
  Location: [PROFILE.location],
  // No answer holds a PractitionerRole: the role travels as an extension. The specification lists the profile all the same.
  Appointment: [PROFILE.appointment, PROFILE.organization, PROFILE.practitionerRole],
  Slot: [
    PROFILE.slot,
    PROFILE.schedule,
    PROFILE.location,
    PROFILE.practitioner,
    PROFILE.practitionerRole,
    PROFILE.organization,
  ],
};

function toSearchParams(rows: readonly ServedInteraction[]): CapabilityStatementRestResourceSearchParam[] {
  const byName = new Map<string, CapabilityStatementRestResourceSearchParam>();
  for (const { name, type, documentation } of rows.flatMap((row) => row.searchParams ?? [])) {
    if (!byName.has(name)) byName.set(name, { name, type, ...(documentation !== undefined && { documentation }) });
  }
  return [...byName.values()];
}

function toResource(type: ServedType, rows: readonly ServedInteraction[]): CapabilityStatementRestResource | undefined {
  const codes = new Set(rows.flatMap((row) => (row.code === 'operation' ? [] : row.code)));
  // rest.resource.interaction is 1..*: a type that only has operations is not listed as a resource.
  if (codes.size === 0) return undefined;
  const searchInclude = [...new Set(rows.flatMap((row) => row.searchIncludes ?? []))];
  const searchParam = toSearchParams(rows);
  return {
    type,
    interaction: [...codes].map((code) => ({ code })),
    // Contradiction 18: the table of interactions lists 201 for an update, the text says that PUT SHALL NOT create. No
    // update is ever 201: an id that nobody has is 404.
    ...(codes.has('update') && { updateCreate: false }),
    ...(searchInclude.length > 0 && { searchInclude }),
    ...(searchParam.length > 0 && { searchParam }),
  };
}

export function writeCapabilities(rows: readonly ServedInteraction[], facts: ServerFacts): CapabilityStatement {
  const types = [...new Set(rows.flatMap((row) => row.type ?? []))];
  const resource = types.flatMap((type) => {
    const written = toResource(
      type,
      rows.filter((row) => row.type === type),
    );
    return written ?? [];
  });
  const profiles = new Set(types.flatMap((type) => PROFILES_SERVED[type]));
  profiles.add(PROFILE.operationOutcome);
  const operation = rows.flatMap(({ operation: served }) =>
    served ? [{ name: served.name, definition: { reference: served.definition } }] : [],
  );
  return {
    resourceType: 'CapabilityStatement',
    version: SPECIFICATION_VERSION,
    name: 'GP Connect',
    status: 'active',
    date: facts.releaseDate,
    publisher: 'Slotbridge',
    contact: [{ name: 'The operator of this gateway' }],
    description: ['Appointment gateway that answers by the GP Connect API.', ...facts.limits].join(' '),
    copyright: 'Licensed under the Apache License, Version 2.0',
    kind: 'capability',
    software: { name: 'Slotbridge', version: facts.version, releaseDate: facts.releaseDate },
    fhirVersion: FHIR_VERSION,
    // Contradiction 8: the template of the specification says `both`, and the acceptance testing wants unknown elements
    // refused. The statement keeps the template's word, and the structural validator refuses them on every write.
    acceptUnknown: 'both',
    format: ['application/fhir+json', 'application/fhir+xml'],
    profile: [...profiles].map((reference) => ({ reference })),
    rest: [
      {
        mode: 'server',
        security: { cors: true },
        ...(resource.length > 0 && { resource }),
        ...(operation.length > 0 && { operation }),
      },
    ],
  };
}
