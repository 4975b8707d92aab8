/**
 * FHIR's JSON form to XML. This runs for every element of every XML answer: objects are walked by their own keys, which
 * mostly come in the order of the definition already, and nothing is allocated but the text.
 */
import { GatewayError } from '../../domain/errors.js';
import { escaped, plainNumber } from './characters.js';
import type { Field, Fields, FieldTables } from './fields.js';
import { canonicalNarrative, FHIR_NAMESPACE } from './tree.js';

type Json = Readonly<Record<string, unknown>>;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
const UNDERSCORE = 0x5f;

/** What has no XML form is a record that cannot be shown in this format; all of it, never a part. */
function unwritable(label: string, what: string): GatewayError {
  return new GatewayError('unrepresentable-record', `${label} cannot be written as XML: ${what}`, { fhirPath: label });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function toXml(root: unknown, tables: FieldTables): string {
  if (!isObject(root)) throw unwritable('Resource', 'it is no resource');
  return DECLARATION + resource(root, ` xmlns="${FHIR_NAMESPACE}"`, 'Resource');

  function resource(object: Json, namespace: string, label: string): string {
    const type = object['resourceType'];
    const fields = typeof type === 'string' ? tables.ofResource(type) : undefined;
    if (fields === undefined) throw unwritable(label, 'its resourceType is none of FHIR');
    return element(fields.path, namespace, object, fields);
  }

  function element(name: string, start: string, object: Json, fields: Fields): string {
    let attributes = start;
    let inside = '';
    let last = 0;
    for (const key in object) {
      const value = object[key];
      if (value === undefined || (key === 'resourceType' && fields.resource)) continue;
      const field = fields.byJsonName.get(key);
      if (field === undefined) throw unwritable(fields.path, 'it has an element that its definition has not');
      if (field.kind === 'attribute') {
        attributes += ` ${key}="${text(value, field)}"`;
        continue;
      }
      if (field.order <= last || key.charCodeAt(0) === UNDERSCORE || hasGaps(field, value)) {
        return sorted(name, start, object, fields);
      }
      last = field.order;
      inside += values(field, value, undefined);
    }
    return inside === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${inside}</${name}>`;
  }

  /** The same for an object whose keys are out of order, or with ids or extensions of primitives. */
  function sorted(name: string, start: string, object: Json, fields: Fields): string {
    const present = new Set<Field>();
    for (const key in object) {
      if (object[key] === undefined || (key === 'resourceType' && fields.resource)) continue;
      const field = fields.byJsonName.get(key);
      if (field === undefined) throw unwritable(fields.path, 'it has an element that its definition has not');
      present.add(field);
    }
    let attributes = start;
    let inside = '';
    for (const field of [...present].sort((a, b) => a.order - b.order)) {
      if (field.kind === 'attribute') attributes += ` ${field.name}="${text(object[field.name], field)}"`;
      else inside += values(field, object[field.name], object[`_${field.name}`]);
    }
    return inside === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${inside}</${name}>`;
  }

  function values(field: Field, value: unknown, extra: unknown): string {
    if (!field.list) return one(field, value, extra);
    if ((value !== undefined && !Array.isArray(value)) || (extra !== undefined && !Array.isArray(extra))) {
      throw unwritable(field.label, 'it must be a list');
    }
    const extras = extra as readonly unknown[] | undefined;
    const all = (value ?? []) as readonly unknown[];
    const length = extras && extras.length > all.length ? extras.length : all.length;
    let written = '';
    for (let index = 0; index < length; index += 1) written += one(field, all[index], extras?.[index]);
    return written;
  }

  function one(field: Field, value: unknown, extra: unknown): string {
    const { name, kind } = field;
    if (kind === 'primitive') {
      if (extra === undefined || extra === null) return `<${name} value="${text(value, field)}"/>`;
      if (!isObject(extra)) throw unwritable(field.label, 'its extensions are no object');
      const start = value === undefined || value === null ? '' : ` value="${text(value, field)}"`;
      return element(name, start, extra, tables.of('Element'));
    }
    if (kind === 'narrative') return narrative(field, value);
    if (!isObject(value)) throw unwritable(field.label, 'it is no object');
    if (kind === 'resource') return `<${name}>${resource(value, '', field.label)}</${name}>`;
    return element(name, '', value, tables.of(field.structure));
  }
}

/** Of a list of primitives some have their extensions only, which stand elsewhere. */
function hasGaps({ kind, list }: Field, value: unknown): boolean {
  return list && kind === 'primitive' && Array.isArray(value) && value.includes(null);
}

function text(value: unknown, field: Field): string {
  if (typeof value === 'string') {
    const safe = escaped(value);
    if (safe === undefined) throw unwritable(field.label, 'it holds a character that XML does not have');
    return safe;
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number' && Number.isFinite(value)) return plainNumber(value);
  throw unwritable(field.label, 'it is no text, number or boolean');
}

function narrative(field: Field, value: unknown): string {
  const div = typeof value === 'string' ? canonicalNarrative(value) : undefined;
  if (div === undefined) throw unwritable(field.label, 'it is no well-formed XHTML div');
  return div;
}
