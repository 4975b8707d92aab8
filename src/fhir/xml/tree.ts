/**
 * XML text to a tree of elements and attributes, within bounds. Everything that can be said against a text without
 * knowing its elements is said here, always as `bad-request`, with a position and without a word of the text.
 */
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes';
import { GatewayError } from '../../domain/errors.js';
import { escaped, escapedText } from './characters.js';

export const FHIR_NAMESPACE = 'http://hl7.org/fhir';
export const XHTML_NAMESPACE = 'http://www.w3.org/1999/xhtml';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const INSTANCE_NAMESPACE = 'http://www.w3.org/2001/XMLSchema-instance';

/** The bounds of a JSON body, in terms of XML. */
export const XML_LIMITS = { depth: 32, elements: 5_000, repeats: 1_000, textLength: 64 * 1024 } as const;

/** How much of it there may be. An answer of ours may be longer than a body that we read. */
export type XmlSize = Readonly<Record<'elements' | 'repeats', number>>;

export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly children: readonly XmlElement[];
  /** What is of XHTML is kept as its text, in one canonical form; it has no children here. */
  readonly narrative: string | undefined;
}

interface Growing extends XmlElement {
  readonly attributes: [string, string][];
  readonly children: Growing[];
  narrative: string | undefined;
}

type Parser = SaxesParser<{ xmlns: true }>;

function refuse({ line, column }: Parser, what: string): never {
  throw new GatewayError('bad-request', `The XML body at line ${String(line)}, column ${String(column)}: ${what}`);
}

/** A parser that refuses what no body and no narrative may hold. */
function createParser(): Parser {
  const parser: Parser = new SaxesParser({ xmlns: true, position: true });
  // The tokenizer's own message quotes the text, which may hold patient data.
  parser.on('error', () => refuse(parser, 'it is not well-formed XML'));
  parser.on('xmldecl', ({ version, encoding = 'utf-8' }) => {
    if (version !== '1.0') refuse(parser, 'only XML 1.0 is read');
    if (encoding.toLowerCase() !== 'utf-8') refuse(parser, 'the encoding must be UTF-8');
  });
  parser.on('doctype', () => refuse(parser, 'a DOCTYPE is not allowed; leave it out'));
  parser.on('processinginstruction', () => refuse(parser, 'a processing instruction is not allowed; leave it out'));
  parser.on('attribute', ({ value }) => {
    if (value.length > XML_LIMITS.textLength) refuse(parser, 'a text is longer than 64 KiB');
  });
  return parser;
}

export function readTree(text: string, size: XmlSize = XML_LIMITS): XmlElement {
  const parser = createParser();
  const open: Growing[] = [];
  let root: Growing | undefined;
  let elements = 0;
  let depth = 0;
  let narrative: Narrative | undefined;

  parser.on('opentagstart', () => {
    depth += 1;
    elements += 1;
    if (depth > XML_LIMITS.depth) refuse(parser, 'elements are nested more than 32 levels deep');
    if (elements > size.elements) refuse(parser, 'there are more than 5,000 elements');
  });
  parser.on('opentag', (tag) => {
    if (narrative) {
      if (tag.uri !== XHTML_NAMESPACE) refuse(parser, 'an element inside XHTML has another namespace');
      narrative.open(tag);
      return;
    }
    const parent = open[open.length - 1];
    if (tag.uri === XHTML_NAMESPACE && parent) narrative = createNarrative(parser, tag);
    else if (tag.uri !== FHIR_NAMESPACE) refuse(parser, `an element is not of the namespace ${FHIR_NAMESPACE}`);
    const attributes = narrative ? [] : attributesOf(tag, parent === undefined, parser);
    const element: Growing = { name: tag.local, attributes, children: [], narrative: undefined };
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
    if (element.children.length > size.repeats && repeatsTooOften(element, size.repeats)) {
      refuse(parser, 'an element is repeated more than 1,000 times');
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
  parser.on('cdata', onText);
  parser.write(text).close();
  return root ?? refuse(parser, 'it is not well-formed XML');
}

function repeatsTooOften({ children }: XmlElement, most: number): boolean {
  const counts = new Map<string, number>();
  return children.some(({ name }) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count > most;
  });
}

function attributesOf(tag: SaxesTagNS, root: boolean, parser: Parser): [string, string][] {
  const attributes: [string, string][] = [];
  for (const { uri, local, value } of Object.values(tag.attributes)) {
    if (uri === '') attributes.push([local, value]);
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

function createNarrative(parser: Parser, root: SaxesTagNS): Narrative {
  const names: string[] = [];
  let written = '';
  /** The last start tag may yet turn out to be an empty element. */
  let unfinished = false;
  const add = (part: string): void => {
    written += unfinished ? `>${part}` : part;
    unfinished = false;
    if (written.length > XML_LIMITS.textLength) refuse(parser, 'a text is longer than 64 KiB');
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
