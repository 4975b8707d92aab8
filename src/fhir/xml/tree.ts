/**
 * XML text to a tree of elements and attributes, within bounds. Everything that can be said against a text without
 * knowing its elements is said here, always as `bad-request`, with a position and without a word of the text.
 */
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes';
import { GatewayError } from '../../domain/errors.js';
import { escaped, escapedText } from './characters.js';

export const FHIR_NAMESPACE = 'http://hl7.org/fhir';
const XHTML_NAMESPACE = 'http://www.w3.org/1999/xhtml';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const INSTANCE_NAMESPACE = 'http://www.w3.org/2001/XMLSchema-instance';

/** The bounds of a JSON body, in terms of XML. */
const XML_LIMITS = { depth: 32, elements: 5_000, repeats: 1_000, textLength: 64 * 1024 } as const;

/** How much of it there may be, where not what a body may have: an answer of ours, or a file, may be longer. */
export type XmlSize = Readonly<Partial<Record<keyof typeof XML_LIMITS, number>>>;
type Limits = Required<XmlSize>;

export interface XmlElement {
  readonly name: string;
  /** Of the `<` in the text; 0 when nobody asked for it. */
  readonly offset: number;
  /** With the offset of the name, as above. */
  readonly attributes: readonly (readonly [name: string, value: string, offset: number])[];
  readonly children: readonly XmlElement[];
  /** What is of XHTML is kept as its text, in one canonical form; it has no children here. */
  readonly narrative: string | undefined;
}

interface Growing extends XmlElement {
  readonly attributes: [string, string, number][];
  readonly children: Growing[];
  narrative: string | undefined;
}

type Parser = SaxesParser<{ xmlns: true }>;

const NOT_WELL_FORMED = 'it is not well-formed XML';
const tooLong = ({ textLength }: Limits): string => `a text is longer than ${textLength / 1024} KiB`;
const digits = (count: number): string => count.toLocaleString('en-GB');

/** Why a text is not read. The message is about a request's body; the parts serve other readers. */
export class XmlFault extends GatewayError {
  readonly line: number;
  /** From 1, in UTF-16 units: the place of the character at which it showed. */
  readonly column: number;

  /**
   * @param what to go on after "The XML at this place: "
   * @param detail the parser's own words, without what it quotes
   */
  constructor(
    { line, column, columnIndex }: Parser,
    readonly what: string,
    readonly detail?: string,
  ) {
    super('bad-request', `The XML body at line ${String(line)}, column ${String(column)}: ${what}`);
    this.line = line;
    this.column = Math.max(columnIndex, 1);
  }
}

function refuse(parser: Parser, what: string): never {
  throw new XmlFault(parser, what);
}

/** A parser that refuses what no body and no narrative may hold. */
function createParser(limits: Limits): Parser {
  const parser: Parser = new SaxesParser({ xmlns: true, position: true });
  // The tokenizer's own message quotes the text, which may hold patient data.
  parser.on('error', ({ message }) => {
    throw new XmlFault(parser, NOT_WELL_FORMED, /^\d+:\d+: ([^:]*)/.exec(message)?.[1]?.replace(/\.$/, ''));
  });
  parser.on('xmldecl', ({ version, encoding = 'utf-8' }) => {
    if (version !== '1.0') refuse(parser, 'only XML 1.0 is read');
    if (encoding.toLowerCase() !== 'utf-8') refuse(parser, 'the encoding must be UTF-8');
  });
  parser.on('doctype', () => refuse(parser, 'a DOCTYPE is not allowed; leave it out'));
  parser.on('processinginstruction', () => refuse(parser, 'a processing instruction is not allowed; leave it out'));
  let attributes = 0;
  parser.on('attribute', ({ value }) => {
    attributes += 1;
    if (attributes > limits.elements) refuse(parser, `there are more than ${digits(limits.elements)} attributes`);
    if (value.length > limits.textLength) refuse(parser, tooLong(limits));
  });
  return parser;
}

/** Reads a text that comes in pieces, cut anywhere. */
export interface TreeReader {
  write(piece: string): void;
  end(): XmlElement;
}

/** @param located whether elements and attributes get their offsets, which takes its time */
export function readTree(text: string, size: XmlSize = {}, located = false): XmlElement {
  const reader = createTreeReader(size, located ? text : undefined);
  reader.write(text);
  return reader.end();
}

/** @param whole the text of which elements and attributes get their offsets */
export function createTreeReader(size: XmlSize = {}, whole?: string): TreeReader {
  const limits: Limits = { ...XML_LIMITS, ...size };
  const parser = createParser(limits);
  const open: Growing[] = [];
  let root: Growing | undefined;
  let elements = 0;
  let depth = 0;
  let offset = 0;
  let attributeOffsets: Map<string, number> | undefined;
  let narrative: Narrative | undefined;

  const count = (): void => {
    elements += 1;
    if (elements > limits.elements) refuse(parser, `there are more than ${digits(limits.elements)} elements`);
  };
  parser.on('comment', count);
  parser.on('opentagstart', () => {
    depth += 1;
    if (depth > limits.depth) refuse(parser, `elements are nested more than ${digits(limits.depth)} levels deep`);
    count();
    // The parser stands after the name, or at most one line break beyond it.
    if (whole !== undefined) offset = whole.lastIndexOf('<', parser.position - 1);
  });
  if (whole !== undefined) attributeOffsets = noteAttributes(parser, whole, limits);
  parser.on('opentag', (tag) => {
    if (narrative) {
      attributeOffsets?.clear();
      if (tag.uri !== XHTML_NAMESPACE) refuse(parser, 'an element inside XHTML has another namespace');
      narrative.open(tag);
      return;
    }
    const parent = open[open.length - 1];
    if (tag.uri === XHTML_NAMESPACE && parent) narrative = createNarrative(parser, tag, limits);
    else if (tag.uri !== FHIR_NAMESPACE) refuse(parser, `an element is not of the namespace ${FHIR_NAMESPACE}`);
    const attributes = narrative ? [] : attributesOf(tag, parent === undefined, parser, attributeOffsets);
    attributeOffsets?.clear();
    const element: Growing = { name: tag.local, offset, attributes, children: [], narrative: undefined };
    if (parent) parent.children.push(element);
    else root = element;
    open.push(element);
  });
  parser.on('closetag', () => {
    depth -= 1;
    if (narrative && !narrative.close()) return;
    const element = open.pop();
    if (element === undefined) return;
    if (narrative) element.narrative = narrative.text();
    narrative = undefined;
    if (element.children.length > limits.repeats && repeatsTooOften(element, limits.repeats)) {
      refuse(parser, `an element is repeated more than ${digits(limits.repeats)} times`);
    }
  });
  const onText = (part: string): void => {
    if (narrative) narrative.write(part);
    // A `div` in the wrong namespace is the usual case.
    else if (/[^ \t\r\n]/.test(part)) {
      refuse(parser, `text stands outside an attribute; a narrative needs the namespace ${XHTML_NAMESPACE}`);
    }
  };
  parser.on('text', onText);
  parser.on('cdata', (part) => {
    count();
    onText(part);
  });
  return {
    write: (piece) => void parser.write(piece),
    end() {
      parser.close();
      return root ?? refuse(parser, NOT_WELL_FORMED);
    },
  };
}

function repeatsTooOften({ children }: XmlElement, most: number): boolean {
  const counts = new Map<string, number>();
  return children.some(({ name }) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count > most;
  });
}

/** Offsets of the names of the attributes of the tag that is being read. */
function noteAttributes(parser: Parser, text: string, limits: Limits): Map<string, number> {
  const offsets = new Map<string, number>();
  parser.on('attribute', ({ name, value }) => {
    if (value.length > limits.textLength) refuse(parser, tooLong(limits));
    // The parser stands after the closing quote, and no other of its kind is between the two.
    const end = parser.position - 1;
    const start = text.lastIndexOf(text.charAt(end), end - 1);
    offsets.set(name, text.lastIndexOf(name, start));
  });
  return offsets;
}

function attributesOf(
  tag: SaxesTagNS,
  root: boolean,
  parser: Parser,
  offsets: ReadonlyMap<string, number> | undefined,
): [string, string, number][] {
  const attributes: [string, string, number][] = [];
  for (const { name, uri, local, value } of Object.values(tag.attributes)) {
    if (uri === '') attributes.push([local, value, offsets?.get(name) ?? 0]);
    // A hint for schema processors may stand at the root and means nothing here.
    else if (uri !== XMLNS_NAMESPACE && !(root && uri === INSTANCE_NAMESPACE && local === 'schemaLocation')) {
      refuse(parser, 'an attribute has a namespace, and none may have one');
    }
  }
  return attributes;
}

/** Writes XHTML down again as it is read: one way to write a thing, and nothing that a parser has not understood. */
interface Narrative {
  open(tag: SaxesTagNS): void;
  write(text: string): void;
  /** Whether this closed the outermost element. */
  close(): boolean;
  text(): string;
}

function createNarrative(parser: Parser, root: SaxesTagNS, limits: Limits): Narrative {
  const names: string[] = [];
  let written = '';
  /** The last start tag may yet turn out to be an empty element. */
  let unfinished = false;
  const add = (part: string): void => {
    written += unfinished ? `>${part}` : part;
    unfinished = false;
    if (written.length > limits.textLength) refuse(parser, tooLong(limits));
  };
  const narrative: Narrative = {
    open(tag) {
      const namespace = names.length === 0 ? ` xmlns="${XHTML_NAMESPACE}"` : '';
      add(`<${tag.local}${namespace}${Object.values(tag.attributes).map(xhtmlAttribute(parser)).join('')}`);
      unfinished = true;
      names.push(tag.local);
    },
    write: (text) => add(escapedText(text)),
    close() {
      const name = names.pop() ?? '';
      if (unfinished) {
        unfinished = false;
        add('/>');
      } else add(`</${name}>`);
      return names.length === 0;
    },
    text: () => written,
  };
  narrative.open(root);
  return narrative;
}

function xhtmlAttribute(parser: Parser): (attribute: SaxesAttributeNS) => string {
  return ({ uri, local, value }) => {
    if (uri === XMLNS_NAMESPACE) return '';
    if (uri !== '' && uri !== XML_NAMESPACE) refuse(parser, 'an attribute inside XHTML has another namespace');
    return ` ${uri === XML_NAMESPACE ? 'xml:' : ''}${local}="${escaped(value) ?? ''}"`;
  };
}

/** The canonical form of a narrative in JSON; `undefined` when it is no well-formed `div` of XHTML. */
export function canonicalNarrative(text: string): string | undefined {
  // Inside JSON it may leave its namespace out. Whatever stands beside the div closes this element early.
  const start = `<f:text xmlns:f="${FHIR_NAMESPACE}" xmlns="${XHTML_NAMESPACE}">`;
  try {
    const { children } = readTree(`${start}${text}</f:text>`);
    const [div] = children;
    return children.length === 1 && div?.name === 'div' ? div.narrative : undefined;
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
