/**
 * Bodies of tests as XML. The writer knows no element tables and takes nothing from `src`: it writes what a test says,
 * right or wrong, in the order in which it stands. The reader is the gateway's own, because only element tables tell
 * an array of one from a single element.
 */
import type { Json } from './consumer.js';

const NAMESPACE = 'http://hl7.org/fhir';
/** Of an element these are attributes; of a resource `id` is an element. */
const ATTRIBUTES = new Set(['id', 'url']);

const escape = (text: string): string => text.replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);

const isObject = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What only JSON can say: null, nothing, an empty or a nested array. */
class NoXml extends Error {}

function element(name: string, value: Json, extra: Json, namespace = ''): string {
  if (Array.isArray(value)) {
    if (value.length === 0 || value.some(Array.isArray)) throw new NoXml(name);
    return value.map((item, index) => element(name, item, (extra as Json[] | undefined)?.[index])).join('');
  }
  if (name === 'div' && typeof value === 'string') return value;
  if (isObject(value) && typeof value.resourceType === 'string') return `<${name}>${resource(value)}</${name}>`;
  if (isObject(value)) return inner(name, value, namespace, false);
  if (value === null || value === undefined) {
    if (extra === null || extra === undefined) throw new NoXml(name);
    return inner(name, extra, namespace, false);
  }
  return inner(name, extra ?? {}, ` value="${escape(String(value))}"${namespace}`, false);
}

function inner(name: string, value: Json, attributes: string, isResource: boolean): string {
  const names = Object.keys(value).filter((key) => key !== 'resourceType' && !key.startsWith('_'));
  const own = isResource ? [] : names.filter((key) => ATTRIBUTES.has(key) && typeof value[key] === 'string');
  const said = own.map((key) => ` ${key}="${escape(value[key] as string)}"`).join('');
  const only = Object.keys(value)
    .filter((key) => key.startsWith('_') && !names.includes(key.slice(1)))
    .map((key) => element(key.slice(1), undefined, value[key]));
  const children = names.filter((key) => !own.includes(key)).map((key) => element(key, value[key], value[`_${key}`]));
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) throw new NoXml(name);
  return `<${name}${said}${attributes}>${[...children, ...only].join('')}</${name}>`;
}

function resource(value: Json): string {
  return inner(String(value.resourceType), value, ` xmlns="${NAMESPACE}"`, true);
}

/** `undefined` when the body says something that only JSON can say. */
export function toXml(body: Json): string | undefined {
  if (!isObject(body) || typeof body.resourceType !== 'string') return undefined;
  try {
    return `<?xml version="1.0" encoding="UTF-8"?>${resource(body)}`;
  } catch (error) {
    if (error instanceof NoXml) return undefined;
    throw error;
  }
}
