/**
 * A tree of XML to FHIR's JSON form. Faults of content are not judged here: what the tables don't know, or what comes
 * too often, takes a form that the structural validation refuses with its path, as it does for a JSON body.
 *
 * XML's order of elements is not insisted on: what is meant is plain without it.
 */
import { numberOrText } from './characters.js';
import type { Field, Fields, FieldTables } from './fields.js';
import type { Places } from './places.js';
import type { XmlElement } from './tree.js';

type Json = Record<string, unknown>;

/** Both halves of a primitive, or complex values in the first one alone. */
interface Gathered {
  readonly values: unknown[];
  readonly extras: (Json | null)[];
}

/** @param places gets to know where everything stands, when given */
export function toJson(root: XmlElement, tables: FieldTables, places?: Places): Json {
  return resource(root);

  function resource(element: XmlElement): Json {
    const fields = tables.ofResource(element.name);
    const object: Json = { resourceType: element.name };
    places?.note(object, 'resourceType', element.offset);
    // The inside of an unknown type has no meaning; the type itself is the fault.
    return fields ? fill(object, element.attributes, element.children, fields) : object;
  }

  function fill(
    object: Json,
    attributes: XmlElement['attributes'],
    children: readonly XmlElement[],
    fields: Fields,
  ): Json {
    for (const [name, value, offset] of attributes) {
      if (fieldOf(fields, name)?.kind === 'attribute') {
        object[name] = value;
        places?.note(object, name, offset);
      } else setUnknown(object, fields, name, offset);
    }
    const gathered = new Map<Field, Gathered>();
    for (const child of children) {
      const field = fieldOf(fields, child.name);
      if (field === undefined || field.kind === 'attribute') {
        setUnknown(object, fields, child.name, child.offset);
        continue;
      }
      places?.note(object, field.name, child.offset);
      let both = gathered.get(field);
      if (both === undefined) gathered.set(field, (both = { values: [], extras: [] }));
      gather(child, field, both);
    }
    for (const [field, both] of gathered) put(object, field, both);
    return object;
  }

  function gather(element: XmlElement, field: Field, { values, extras }: Gathered): void {
    if (field.kind === 'primitive') {
      const value = element.attributes.find(([name]) => name === 'value')?.[1];
      const others = element.attributes.filter(([name]) => name !== 'value');
      const extra = fill({}, others, element.children, tables.of('Element'));
      values.push(value === undefined ? null : typed(value, field));
      // An element with neither value nor anything else is as empty as an empty object.
      extras.push(value === undefined || Object.keys(extra).length > 0 ? extra : null);
    } else if (field.kind === 'narrative') {
      values.push(element.narrative ?? '');
    } else if (field.kind === 'resource') {
      values.push(contained(element));
    } else {
      values.push(fill({}, element.attributes, element.children, tables.of(field.structure)));
    }
  }

  /** The one resource inside; none, or several, come to something that is no resource. */
  function contained({ attributes, children }: XmlElement): unknown {
    const [only] = children;
    if (only === undefined) return {};
    if (children.length > 1) return children.map(resource);
    const object = resource(only);
    const fields = tables.ofResource(only.name);
    if (fields) for (const [name, , offset] of attributes) setUnknown(object, fields, name, offset);
    return object;
  }

  /** A name that the JSON form has for something else is bracketed, so that it stays unknown there too. */
  function setUnknown(object: Json, fields: Fields, name: string, offset: number): void {
    const meant = fields.byJsonName.has(name) || name === 'resourceType';
    const own = meant ? `<${name}>` : name;
    // Plain assignment of `__proto__` would set no property at all; for thousands of others it is the cheaper way.
    if (own !== '__proto__') object[own] = {};
    else Object.defineProperty(object, own, { value: {}, enumerable: true, configurable: true });
    places?.note(object, own, offset);
  }
}

/** What a name of XML stands for: `_status` and `resourceType` are names of JSON only. */
function fieldOf(fields: Fields, name: string): Field | undefined {
  const field = fields.byJsonName.get(name);
  return field?.name === name ? field : undefined;
}

function put(object: Json, field: Field, { values, extras }: Gathered): void {
  // Once too often becomes a list where none may be, which the validation refuses.
  const list = field.list || values.length > 1;
  if (values.some((value) => value !== null)) object[field.name] = list ? values : values[0];
  if (extras.some((extra) => extra !== null)) object[`_${field.name}`] = list ? extras : extras[0];
}

function typed(text: string, { json }: Field): unknown {
  if (json === 'number') return numberOrText(text);
  if (json === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
