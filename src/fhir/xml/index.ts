/**
 * FHIR XML (http://hl7.org/fhir/STU3/xml.html) to and from the JSON form that every face reads and writes.
 *
 * The codec sits below a face and knows element tables, not meanings: what it parses goes through the same structural
 * validation as a JSON body, and what it writes is whatever a face has made.
 */
import { createFieldTables, type ElementTables } from './fields.js';
import { toJson } from './parse.js';
import { createTreeReader, readTree, type XmlSize } from './tree.js';
import { toXml } from './write.js';

export type { ElementTables } from './fields.js';
export { createXmlReader, XmlTextFault, type LocatedResource } from './places.js';

export interface XmlCodec {
  /**
   * The JSON form of an XML resource. Throws nothing but `GatewayError` `bad-request`, for a text that is no XML, holds
   * what FHIR's XML never holds or goes beyond the bounds. Elements that nobody knows, or that come too often, are left
   * in for the structural validation to refuse.
   */
  parse(xml: string): unknown;
  /** The same, for a text so long that others are to have their turn while it is read. */
  parseInTurns(xml: string, nextTurn: () => Promise<unknown>): Promise<unknown>;
  /** The XML form of a resource in JSON form; `unrepresentable-record` when it has none. */
  write(resource: unknown): string;
}

/** Some ten milliseconds of reading. */
const PIECE = 32 * 1024;

/** `size` bounds what is parsed, for readers of what is longer than a request's body. */
export function createXmlCodec(tables: ElementTables, size?: XmlSize): XmlCodec {
  const fields = createFieldTables(tables);
  return {
    parse: (xml) => toJson(readTree(xml, size), fields),
    async parseInTurns(xml, nextTurn) {
      const reader = createTreeReader(size);
      for (let at = 0; at < xml.length; at += PIECE) {
        reader.write(xml.slice(at, at + PIECE));
        await nextTurn();
      }
      return toJson(reader.end(), fields);
    },
    write: (resource) => toXml(resource, fields),
  };
}
