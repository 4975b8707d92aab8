/** Answers one question after another. What it needs of a release is made with the first question about it. */
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import { createXmlReader, XmlTextFault } from '../../fhir/xml/index.js';
import {
  createValidator,
  loadBaseDefinitions,
  type Release,
  type ValidationIssue,
  type Validator,
} from '../../validation/index.js';
import { jsonFault } from '../../validation/positions/json.js';
import { locateIssues, validateText, type ReadXml } from '../../validation/text/index.js';
import type { Format } from '../request/negotiate.js';
import { readQuestion } from './parameters.js';
import type { Finding, Question, Verdict } from './question.js';

const MODES: ReadonlySet<string> = new Set(['create', 'update', 'profile', 'delete']);

interface Tools {
  readonly validator: Validator;
  readonly readXml: ReadXml;
  readonly isResourceType: (type: string) => boolean;
}

interface TextFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

interface Document {
  readonly text: string;
  readonly content: unknown;
  /** Reads the text, which has been read already. */
  readonly readXml: ReadXml;
}

export function createExaminer(): (question: Question) => Verdict {
  const tools = new Map<Release, Tools>();
  return (question) => {
    let of = tools.get(question.release);
    if (of === undefined) tools.set(question.release, (of = createTools(question.release)));
    try {
      return examine(question, of);
    } catch (thrown) {
      if (!isGatewayError(thrown)) throw thrown;
      return { kind: 'refused', code: thrown.code, message: thrown.message, fhirPath: thrown.fhirPath };
    }
  };
}

function createTools(release: Release): Tools {
  const definitions = loadBaseDefinitions(release);
  return {
    // What is wrong is told by its place: answers are kept in logs and tickets of others.
    validator: createValidator({ release, quoteValues: false }),
    readXml: createXmlReader(definitions),
    isResourceType(type) {
      const facts = definitions.types.get(type);
      return facts?.kind === 'resource' && facts.abstract !== true;
    },
  };
}

function examine(question: Question, { validator, readXml, isResourceType }: Tools): Verdict {
  const { type, id, format } = question;
  if (!isResourceType(type)) {
    throw new GatewayError('unknown-endpoint', 'This release has no resource type with the name in the address');
  }
  const document = readDocument(question, readXml);
  const asked = readQuestion(document.content, type);
  const mode = modeOf([...question.modes, ...asked.modes]);
  const profiles = [...new Set([...question.profiles, ...asked.profiles])];
  if (mode === 'delete') {
    const message = 'Nothing can be deleted here; ask with mode create, update or profile, or with none.';
    return { kind: 'checked', profiles, findings: [finding('not-supported', type, '', message)] };
  }
  const { at } = asked;
  if (at === undefined) {
    throw new GatewayError('bad-request', 'Parameter resource is missing: send the resource that is to be validated', {
      fhirPath: 'Parameters.parameter',
    });
  }
  const issues = validateText(validator, document.text, { format, readXml: document.readXml, at, type, profiles });
  const own = identity(type, id, mode, idOf(document.content, at));
  const findings = [...located(own, document, format, at), ...issues, ...located(asked.notes, document, format, '')];
  return { kind: 'checked', profiles, findings };
}

function located(
  findings: readonly Finding[],
  { text, readXml }: Document,
  format: Format,
  at: string,
): readonly Finding[] {
  // Only the place of an issue is read and written there.
  return locateIssues(findings as readonly ValidationIssue[], text, { format, readXml, at });
}

function readDocument({ bytes, format }: Question, readXml: ReadXml): Document {
  if (bytes.length === 0) throw new GatewayError('bad-request', 'The body is empty. Send a resource');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new GatewayError('bad-request', 'The body is not UTF-8');
  }
  if (format === 'xml') {
    try {
      const read = readXml(text);
      return { text, content: read.resource, readXml: () => read };
    } catch (error) {
      if (error instanceof XmlTextFault) refuse('XML', error);
      throw error;
    }
  }
  try {
    return { text, content: JSON.parse(text) as unknown, readXml };
  } catch {
    // The parser's own message quotes the body.
    return refuse('JSON', jsonFault(text));
  }
}

function refuse(format: string, fault: TextFault | undefined): never {
  const where = fault ? ` at line ${fault.line}, column ${fault.column}: ${fault.message}` : '';
  throw new GatewayError('bad-request', `The body is not well-formed ${format}${where}`);
}

function modeOf(modes: readonly string[]): string | undefined {
  const [mode, ...others] = new Set(modes);
  if (others.length > 0) throw new GatewayError('bad-request', 'mode is given twice', { fhirPath: 'mode' });
  if (mode === undefined || MODES.has(mode)) return mode;
  throw new GatewayError('bad-request', 'mode must be create, update, profile or delete', { fhirPath: 'mode' });
}

/** What an update says of its id, which no profile knows: it is the one of the address, or else there is one. */
function identity(
  type: string,
  wanted: string | undefined,
  mode: string | undefined,
  given: unknown,
): readonly Finding[] {
  if (wanted === undefined) {
    if (mode !== 'update' || given !== undefined) return [];
    return [finding('required', `${type}.id`, '', 'The id is missing, and an update needs it; add it.')];
  }
  if (given === wanted || mode === 'create') return [];
  const pointer = given === undefined ? '' : '/id';
  return [finding('value', `${type}.id`, pointer, 'The id is not the one of the address; make them equal.')];
}

function idOf(content: unknown, at: string): unknown {
  let value = content;
  for (const name of [...at.split('/').slice(1), 'id']) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function finding(code: Finding['code'], expression: string, pointer: string, message: string): Finding {
  return { severity: 'error', code, expression, pointer, message, rule: { kind: 'operation' } };
}
