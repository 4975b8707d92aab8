/** Lines and columns of a resource that was read from XML. */
import { positionsOf, type Position } from '../../domain/text/positions.js';
import { createFieldTables, type ElementTables } from './fields.js';
import { toJson } from './parse.js';
import { readTree, XmlFault, type XmlElement, type XmlSize } from './tree.js';

export interface LocatedResource {
  /** The JSON form, as `XmlCodec.parse` gives it. */
  readonly resource: unknown;
  /**
   * Where the elements of these JSON pointers begin: at the start tag, of a list at that of its first item, and at the
   * name of what is an attribute. Pointers to nothing are left out.
   */
  locate(pointers: Iterable<string>): Map<string, Position>;
}

/** Why a text can't be read: one sentence, without a word of the text. */
export class XmlTextFault extends Error implements Position {
  override readonly name = 'XmlTextFault';

  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

/** Offsets of the tags and attributes behind each property of each object that was made, in the order of the text. */
export interface Places {
  note(object: object, name: string, offset: number): void;
  /** Of a list one for each item. */
  offsets(object: object, name: string): readonly number[] | undefined;
}

/** Files are longer than bodies of requests. These bounds keep the memory in bounds, and the time. */
const FILE_LIMITS: XmlSize = { depth: 200, elements: 1_000_000, repeats: Infinity, textLength: Infinity };

/**
 * Reads files and whatever else people want to find their way in. Slower than a codec, for it remembers where everything
 * stands. What it returns throws an `XmlTextFault`, for a text that the codec would refuse too.
 */
export function createXmlReader(tables: ElementTables, size: XmlSize = FILE_LIMITS): (text: string) => LocatedResource {
  const fields = createFieldTables(tables);
  return (text) => {
    const places = createPlaces();
    const root = readLocated(text, size);
    const resource = toJson(root, fields, places);
    return {
      resource,
      locate(pointers) {
        const offsets = new Map<string, number>();
        for (const pointer of pointers) {
          const offset = pointer === '' ? root.offset : offsetOf(pointer, resource, places);
          if (offset !== undefined) offsets.set(pointer, offset);
        }
        return positionsOf(text, offsets);
      },
    };
  };
}

function readLocated(text: string, size: XmlSize): XmlElement {
  try {
    return readTree(text, size, true);
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    const { what, detail, line, column } = error;
    const message =
      detail === undefined
        ? `${what.charAt(0).toUpperCase()}${what.slice(1)}`
        : `This is not well-formed XML: ${detail}`;
    throw new XmlTextFault(`${message}.`, line, column);
  }
}

function createPlaces(): Places {
  const known = new Map<object, Map<string, number[]>>();
  return {
    note(object, name, offset) {
      let names = known.get(object);
      if (names === undefined) known.set(object, (names = new Map<string, number[]>()));
      const offsets = names.get(name);
      if (offsets === undefined) names.set(name, [offset]);
      else offsets.push(offset);
    },
    offsets(object, name) {
      const names = known.get(object);
      // Both halves of a primitive are one element.
      return names?.get(name) ?? (name.startsWith('_') ? names?.get(name.slice(1)) : undefined);
    },
  };
}

function offsetOf(pointer: string, resource: unknown, places: Places): number | undefined {
  let value = resource;
  let offset: number | undefined;
  let items: readonly number[] = [];
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    if (Array.isArray(value)) offset = items[Number(name)];
    else [offset] = items = places.offsets(value, name) ?? [];
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return offset;
}
