/**
 * What XML needs to know of a structure, worked out once from the element tables: the order of its elements, which of
 * them are XML attributes, primitives, narrative or whole resources. Nothing here names an element.
 */

/** The element tables, as far as the codec reads them; the definitions of the validation are such tables. */
export interface ElementTables {
  readonly types: ReadonlyMap<
    string,
    {
      readonly kind: string;
      readonly abstract?: boolean;
      readonly json?: 'string' | 'number' | 'boolean';
    }
  >;
  /** Throws for a path that is no type and no element with elements of its own. */
  structure(path: string): {
    readonly resource: boolean;
    readonly elements: readonly {
      readonly max: number;
      readonly facts: { readonly attribute?: boolean };
      readonly properties: readonly {
        /** Its name in XML as well: choices carry their type in both forms. */
        readonly jsonName: string;
        readonly type: { readonly code: string };
        /** The `_name` half of a primitive. */
        readonly extends: boolean;
        readonly structure: string | undefined;
      }[];
    }[];
  };
}

export type FieldKind = 'attribute' | 'primitive' | 'narrative' | 'resource' | 'complex';

export interface Field {
  readonly name: string;
  /** For messages: structure and element, `HumanName.given`. */
  readonly label: string;
  readonly kind: FieldKind;
  /** JSON type of a primitive. */
  readonly json: 'string' | 'number' | 'boolean';
  /** May repeat, and so is a list in JSON. */
  readonly list: boolean;
  /** Position in the definition, which is the order of elements in XML. */
  readonly order: number;
  /** Structure inside, of a complex element. */
  readonly structure: string;
}

export interface Fields {
  readonly path: string;
  readonly resource: boolean;
  /** By the name that a JSON property has; a primitive also by its `_name`. */
  readonly byJsonName: ReadonlyMap<string, Field>;
}

export interface FieldTables {
  of(path: string): Fields;
  /** `undefined` for anything that is no concrete resource type. */
  ofResource(type: string): Fields | undefined;
}

export function createFieldTables(tables: ElementTables): FieldTables {
  const known = new Map<string, Fields>();
  const of = (path: string): Fields => {
    let fields = known.get(path);
    if (fields === undefined) known.set(path, (fields = build(tables, path)));
    return fields;
  };
  return {
    of,
    ofResource(type) {
      const facts = tables.types.get(type);
      return facts?.kind !== 'resource' || facts.abstract ? undefined : of(type);
    },
  };
}

function build(tables: ElementTables, path: string): Fields {
  const { elements, resource } = tables.structure(path);
  const byJsonName = new Map<string, Field>();
  let order = 0;
  for (const { max, facts, properties } of elements) {
    for (const { jsonName, type, extends: half, structure } of properties) {
      if (half) continue;
      const kind = kindOf(type.code, facts.attribute === true, structure);
      byJsonName.set(jsonName, {
        name: jsonName,
        label: `${path}.${jsonName}`,
        kind,
        json: tables.types.get(type.code)?.json ?? 'string',
        list: max > 1,
        order: (order += 1),
        structure: structure ?? '',
      });
    }
    for (const { jsonName, extends: half } of properties) {
      const whole = half ? byJsonName.get(jsonName.slice(1)) : undefined;
      if (whole) byJsonName.set(jsonName, whole);
    }
  }
  return { path, resource, byJsonName };
}

function kindOf(type: string, attribute: boolean, structure: string | undefined): FieldKind {
  if (attribute) return 'attribute';
  if (type === 'Resource') return 'resource';
  if (type === 'xhtml') return 'narrative';
  return structure === undefined ? 'primitive' : 'complex';
}
