/** The codec over the base definitions, and resources made by chance from the same tables. */
import fc from 'fast-check';
import { createXmlCodec } from '../../../src/fhir/xml/index.js';
import { createValidator, loadBaseDefinitions } from '../../../src/validation/index.js';

export type Json = Record<string, unknown>;

export const definitions = loadBaseDefinitions('stu3');
export const codec = createXmlCodec(definitions);
export const validator = createValidator({ release: 'stu3' });

export const NAMESPACE = 'http://hl7.org/fhir';
export const XHTML = 'http://www.w3.org/1999/xhtml';

/** A document with this root and inside. */
export function xml(type: string, inside: string, attributes = ''): string {
  return `<${type} xmlns="${NAMESPACE}"${attributes}>${inside}</${type}>`;
}

/** What JSON can hold of it: no `undefined`, no minus zero. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const RESOURCES = [
  'Patient',
  'Appointment',
  'Bundle',
  'Parameters',
  'CapabilityStatement',
  'Observation',
  'Questionnaire',
];
const CHARACTERS = [
  ...'abcXYZ019 é中😀&<>"\'\t\n\r;#]-',
  '&amp;',
  ']]>',
  '\u0085',
  '\u2028',
  '\u007f',
  '\u0301',
  '\u00a0',
];
const NUMBERS = [0, 1, -1, 1.5, 0.1, -123456789.125, 1e21, 1.7976931348623157e308, 5e-324, 1.25e-7, 2 ** 53, 1e300 / 3];
const INLINE = ['a & b', '<b>é\n\t</b>', '<a href="x?a=1&amp;b=&quot;&#10;" xml:lang="en">&lt;&gt;</a>', '<br/>', '😀'];

/**
 * Any resource that the tables allow: choices, both halves of primitives, contained resources, narrative. Made from a
 * number, because fast-check takes tens of milliseconds for a thousand decisions.
 */
export const anyResource: fc.Arbitrary<Json> = fc.nat().map((seed) => makeResource(createDice(seed), 0));

/** A whole number from 0 up to, but not including, the one given. */
type Dice = (below: number) => number;

function createDice(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
  };
}

function pick<T>(dice: Dice, from: readonly T[]): T {
  return from[dice(from.length)] as T;
}

function makeText(dice: Dice): string {
  return Array.from({ length: dice(9) }, () => pick(dice, CHARACTERS)).join('');
}

function makeResource(dice: Dice, depth: number): Json {
  const resourceType = pick(dice, RESOURCES);
  return { resourceType, ...makeObject(dice, resourceType, depth) };
}

function makeObject(dice: Dice, path: string, depth: number): Json {
  const { elements } = definitions.structure(path);
  const object: Json = {};
  const wanted = depth > 5 ? 1 : 6 - depth;
  for (let count = 0; count < wanted; count += 1) {
    const element = pick(dice, elements);
    const choices = element.properties.filter((property) => !property.extends);
    if (choices.length === 0) continue;
    const property = pick(dice, choices);
    // A choice has one value.
    if (choices.some(({ jsonName }) => jsonName in object || `_${jsonName}` in object)) continue;
    if (depth > 5 && property.structure !== undefined) continue;
    const length = element.max > 1 ? 1 + dice(3) : 1;
    const values = Array.from({ length }, () => makeValue(dice, property.type.code, property.structure, depth + 1));
    const put = (name: string, list: readonly unknown[]): void => {
      object[name] = element.max > 1 ? list : list[0];
    };
    const extendable = element.properties.some(({ jsonName }) => jsonName === `_${property.jsonName}`);
    if (!extendable || dice(3) > 0) {
      put(property.jsonName, values);
      continue;
    }
    const last = values.length - 1;
    const extras = values.map((_, index) => (index < last && dice(2) > 0 ? null : makeExtra(dice, depth + 1)));
    // Some values are only an extension.
    const kept = values.map((value, index) => (extras[index] !== null && dice(2) > 0 ? null : value));
    if (kept.some((value) => value !== null)) put(property.jsonName, kept);
    put(`_${property.jsonName}`, extras);
  }
  return object;
}

function makeExtra(dice: Dice, depth: number): Json {
  if (dice(2) > 0) return { id: makeText(dice) };
  return { extension: [{ url: makeText(dice), ...makeObject(dice, 'Extension', depth) }] };
}

function makeValue(dice: Dice, type: string, structure: string | undefined, depth: number): unknown {
  if (type === 'Resource') return makeResource(dice, depth);
  if (type === 'xhtml') return makeNarrative(dice);
  if (structure !== undefined) return makeObject(dice, structure, depth);
  const json = definitions.types.get(type)?.json;
  return json === 'boolean' ? dice(2) > 0 : json === 'number' ? pick(dice, NUMBERS) : makeText(dice);
}

/** In the codec's own spelling. */
function makeNarrative(dice: Dice): string {
  const parts = Array.from({ length: 1 + dice(4) }, () => pick(dice, INLINE).replaceAll(' & ', ' &amp; '));
  return `<div xmlns="${XHTML}">${parts.join('')}</div>`;
}
