/**
 * Turns ajv's errors into issues a person can act on: where in FHIR's terms, which rule, and one sentence.
 *
 * A sentence is put together from definitions only. It names elements, types and the codes of code lists, never a value
 * that was sent, because the value may be a patient's.
 */
import type { ErrorObject } from 'ajv';
import type { Definitions } from './definitions/base.js';
import { codeListOf } from './keywords.js';
import { elementName, locate, type Place } from './locate.js';
import { PRIMITIVE_CHECKS } from './primitives.js';

export type StructureRule =
  | 'cardinality'
  | 'type'
  | 'unknown-element'
  | 'format'
  | 'binding'
  | 'reference-target'
  | 'resource-type'
  | 'empty'
  | 'too-large';

export interface StructureIssue {
  /** Where: `Appointment.participant[0].status`. A missing element is named as if it were there. */
  readonly fhirPath: string;
  readonly rule: StructureRule;
  /** One plain sentence: what was found, what was expected, how to mend it. Holds no value that was sent. */
  readonly message: string;
}

/** Codes a message lists; a longer list is named by its value set. */
const MOST_CODES_LISTED = 40;
const SETTLING: ReadonlySet<string> = new Set(['minProperties', 'type', 'format']);
const ELEMENT_NAME = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/;

/** Issues of one resource, at most `most`: an object's own before those inside it, else in the definitions' order. */
export function toIssues(
  errors: readonly ErrorObject[],
  resource: unknown,
  type: string,
  definitions: Definitions,
  most: number,
): StructureIssue[] {
  if (errors.length === 0) return [];
  const issues: StructureIssue[] = [];
  // Once a value is empty, of another type or malformed, what else it breaks follows from that.
  const settled = new Set(errors.filter((error) => SETTLING.has(error.keyword)).map((error) => error.instancePath));
  for (const error of errors) {
    if (issues.length >= most) break;
    if (!SETTLING.has(error.keyword) && settled.has(error.instancePath)) continue;
    const issue = toIssue(error, locate(error.instancePath, resource, type, definitions), definitions);
    if (!issues.some((one) => one.fhirPath === issue.fhirPath && one.rule === issue.rule)) issues.push(issue);
  }
  return issues;
}

function toIssue(error: ErrorObject, place: Place, definitions: Definitions): StructureIssue {
  const { fhirPath, label } = place;
  const params = error.params as Readonly<Record<string, unknown>>;
  const issue = (rule: StructureRule, message: string): StructureIssue => ({ fhirPath, rule, message });
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownElement(String(params['additionalProperty']), place);
    case 'missing':
      return missingElement(params['names'] as readonly string[], place);
    case 'choice':
      return severalOfAChoice(params['found'] as readonly string[], place);
    case 'maxItems':
      return issue('cardinality', `${label} repeats more often than it may; leave some out.`);
    case 'type':
      return issue('type', `${label} must be ${expectedJson(place, definitions)}, but is ${describe(place.value)}.`);
    case 'minItems':
    case 'minProperties':
    case 'nothing':
      return issue('empty', `${label} is empty; give it content or leave it out.`);
    case 'format':
      return wrongFormat(place);
    case 'binding':
      return issue(
        'binding',
        `${label} has a code that is not allowed; ${allowedCodes(String(params['url']), definitions)}`,
      );
    case 'targets': {
      const targets = (params['targets'] as readonly string[]).join(', ');
      return issue(
        'reference-target',
        `${label} refers to a type of resource it may not refer to; allowed: ${targets}.`,
      );
    }
    case 'resource':
      return issue('resource-type', `${label} must have a resourceType that names a FHIR resource type.`);
    default:
      throw new TypeError(`No sentence for the rule ${error.keyword}.`);
  }
}

/** An unknown name is repeated only where it looks like an element's name; anything else may be a value gone astray. */
function unknownElement(name: string, place: Place): StructureIssue {
  const holder = place.label;
  if (!ELEMENT_NAME.test(name)) {
    const message = `${holder} has an element whose name is no FHIR element name; remove it.`;
    return { fhirPath: place.fhirPath, rule: 'unknown-element', message };
  }
  const names = [...(place.structure?.properties.keys() ?? [])];
  const meant = names.find((known) => known.toLowerCase() === name.toLowerCase());
  const mend = meant === undefined ? 'remove it' : `the element is called "${meant}"`;
  const message = `${holder} has no element "${name}"; ${mend}.`;
  return { fhirPath: `${place.fhirPath}.${name}`, rule: 'unknown-element', message };
}

function missingElement(names: readonly string[], place: Place): StructureIssue {
  const listed = names.filter((name) => !name.startsWith('_')).join(' or ');
  const message = `${place.label} has no ${listed}, which is required; add it.`;
  return { fhirPath: `${place.fhirPath}.${nameIn(place, names[0])}`, rule: 'cardinality', message };
}

function severalOfAChoice(found: readonly string[], place: Place): StructureIssue {
  const message = `${place.label} has ${found.join(' and ')} at once; keep one of them.`;
  return { fhirPath: `${place.fhirPath}.${nameIn(place, found[0])}`, rule: 'cardinality', message };
}

/** The element's own name behind a JSON name. */
function nameIn(place: Place, jsonName = ''): string {
  const property = place.structure?.properties.get(jsonName);
  return property === undefined ? jsonName : elementName(property);
}

function wrongFormat({ fhirPath, label, property, value }: Place): StructureIssue {
  if (value === '') return { fhirPath, rule: 'empty', message: `${label} is empty; give it content or leave it out.` };
  const type = property?.type.code ?? '';
  const expected = PRIMITIVE_CHECKS.get(type)?.expected ?? 'a value of its type';
  return { fhirPath, rule: 'format', message: `${label} is not a valid ${type}; it must be ${expected}.` };
}

function allowedCodes(url: string, definitions: Definitions): string {
  const codes = (codeListOf(url, definitions) ?? []).flatMap((list) => list.codes);
  if (codes.length > MOST_CODES_LISTED) return `use one of the value set ${url}.`;
  return `use one of: ${codes.join(', ')}.`;
}

/** What JSON type belongs here, in words. */
function expectedJson({ property, inList }: Place, definitions: Definitions): string {
  if (property === undefined) return 'a JSON object';
  if (property.element.max > 1 && !inList) return 'a JSON array';
  const json = property.extends ? undefined : definitions.types.get(property.type.code)?.json;
  if (json === undefined) return 'a JSON object';
  return json === 'boolean' ? 'true or false' : `a JSON ${json}`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  // In XML, where there are no arrays, that is an element sent more often than it may be there.
  if (Array.isArray(value)) return 'an array or there more than once';
  switch (typeof value) {
    case 'string':
      return 'a string';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    case 'object':
      return 'an object';
    default:
      return 'no JSON value';
  }
}
