/** Looks into JSON of which nothing is known yet. */

export type Json = Readonly<Record<string, unknown>>;

/** Where the urls of FHIR's own definitions begin. */
export const FHIR_DEFINITION = 'http://hl7.org/fhir/StructureDefinition/';
const PRIMITIVES: ReadonlySet<string> = new Set(
  (
    'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string ' +
    'time unsignedInt uri url uuid xhtml'
  ).split(' '),
);

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** One text (STU3) or several (R4); whatever else stands there is passed over. */
export function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => text(one) !== undefined) as readonly string[];
}

/** The objects of a list. */
export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** A list as it is, and an empty one for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `String` for `string`, as the name of a choice has it: `valueString`. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The url of a definition that may be named as a type is (`Patient`). */
export function toUrl(definition: string): string {
  return definition.includes(':') ? definition : FHIR_DEFINITION + definition;
}

/** A canonical without its version; a type of FHIR's own by its name (`Patient`, `SimpleQuantity`, `string`). */
export function toCanonical(canonical: string): string {
  const url = canonical.split('|', 1)[0] ?? canonical;
  if (!url.startsWith(FHIR_DEFINITION)) return url;
  const name = url.slice(FHIR_DEFINITION.length);
  // FHIR's own profiles begin with a small letter (vitalsigns) or have a hyphen (patient-birthTime).
  return /^[A-Z][A-Za-z0-9]*$/.test(name) || PRIMITIVES.has(name) ? name : url;
}
