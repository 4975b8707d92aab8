/** Finds what a JSON pointer points to, both in a resource and in the definitions. */
import type { Definitions, Property, Structure } from './definitions/base.js';

export interface Place {
  /** `Patient.name[0].given[1]`; the element of a choice is `value`, whatever its type. */
  readonly fhirPath: string;
  /** The same for people who look at JSON: no indices, and `valueString` or `_given` by that name. */
  readonly label: string;
  /** What the value here is made of; absent for primitives. */
  readonly structure: Structure | undefined;
  /** The property last entered; absent at the root. */
  readonly property: Property | undefined;
  /** The value is one of a list. */
  readonly inList: boolean;
  readonly value: unknown;
}

export function locate(pointer: string, resource: unknown, type: string, definitions: Definitions): Place {
  const structure = definitions.structure(type);
  let place: Place = { fhirPath: type, label: type, structure, property: undefined, inList: false, value: resource };
  for (const segment of pointer.split('/').slice(1)) place = step(place, segment, definitions);
  return place;
}

function step(place: Place, segment: string, definitions: Definitions): Place {
  if (Array.isArray(place.value)) {
    const value: unknown = place.value[Number(segment)];
    const structure = structureOf(place.property, value, definitions);
    return { ...place, fhirPath: `${place.fhirPath}[${segment}]`, structure, inList: true, value };
  }
  const property = place.structure?.properties.get(segment);
  const value = isRecord(place.value) ? place.value[segment] : undefined;
  return {
    fhirPath: `${place.fhirPath}.${property === undefined ? segment : elementName(property)}`,
    label: `${place.label}.${segment}`,
    structure: structureOf(property, value, definitions),
    property,
    inList: false,
    value,
  };
}

/** FHIRPath knows no `valueString`, only `value`. */
export function elementName(property: Property): string {
  return property.element.name.replace('[x]', '');
}

function structureOf(property: Property | undefined, value: unknown, definitions: Definitions): Structure | undefined {
  if (property === undefined) return undefined;
  if (property.structure !== undefined) return definitions.structure(property.structure);
  const type = property.type.code === 'Resource' && isRecord(value) ? value['resourceType'] : undefined;
  return typeof type === 'string' && definitions.types.has(type) ? definitions.structure(type) : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
