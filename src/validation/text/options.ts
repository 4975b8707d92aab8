import type { Position } from '../../domain/text/positions.js';
import type { ValidateOptions } from '../types.js';

/**
 * Reads FHIR XML into the form that JSON has. Comes from outside, for validation knows no XML.
 * @throws for text that can't be read, an object with `message` (a sentence), `line` and `column`
 */
export interface ReadXml {
  (text: string): {
    readonly resource: unknown;
    /** Where the elements of these JSON pointers begin; pointers to nothing are left out. */
    locate(pointers: Iterable<string>): ReadonlyMap<string, Position>;
  };
}

/** How a text is read, and where in it the resource stands. */
export interface TextPlace {
  readonly format: 'json' | 'xml';
  /** Needed for XML. */
  readonly readXml?: ReadXml;
  /** JSON pointer to the resource in the document: `''`, which is the default, or `/parameter/0/resource`. */
  readonly at?: string;
}

export interface ValidateTextOptions extends ValidateOptions, TextPlace {}
