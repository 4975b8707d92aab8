/** What the text of an expression tells: whether it can be evaluated here, and what it names. */
import { FHIR_DEFINITION } from '../../definitions/json.js';
import type { Json } from '../values.js';
import { ARGUMENTS } from './arguments.js';
import { isHarmless, problemOf } from './texts.js';

/** Functions that ask what a single resource can't answer, and what they would need. */
const OUT_OF_REACH: Readonly<Record<string, string>> = {
  memberOf: 'a terminology server',
  subsumes: 'a terminology server',
  subsumedBy: 'a terminology server',
  conformsTo: 'another profile',
  elementDefinition: 'the definition of the element',
  slice: 'the slices of a profile',
  checkModifiers: 'the modifiers of a profile',
};

export interface Node {
  readonly type: string;
  readonly text?: string;
  readonly children?: readonly Node[];
}

const argumentsOf = (call: Node): readonly Node[] => call.children?.[0]?.children?.[1]?.children ?? [];

/** A text between quotes, as FHIRPath means it. */
function toText(literal: string): string {
  const signs: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };
  let text = '';
  for (let at = 1; at < literal.length - 1; at += 1) {
    const sign = literal[at] ?? '';
    if (sign !== '\\') {
      text += sign;
      continue;
    }
    at += 1;
    const next = literal[at] ?? '';
    if (next === 'u') {
      text += String.fromCharCode(Number.parseInt(literal.slice(at + 1, at + 5), 16));
      at += 4;
    } else text += signs[next] ?? next;
  }
  return text;
}

/** What a whole argument says, if it is a text and nothing else. */
function literalOf(node: Node | undefined): string | undefined {
  let place = node;
  while (place?.children?.length === 1 && place.type !== 'StringLiteral') place = place.children[0];
  return place?.type === 'StringLiteral' && place.text !== undefined ? toText(place.text) : undefined;
}

/** Why an expression can't be evaluated here, as far as its text shows it. */
export function obstacleIn(node: Node): string | undefined {
  if (node.type === 'FunctionInvocation') {
    const name = node.text ?? '';
    const need = Object.hasOwn(OUT_OF_REACH, name) ? OUT_OF_REACH[name] : undefined;
    if (need !== undefined) return `${name}() needs ${need}`;
    const counts = ARGUMENTS.get(name);
    if (counts === undefined) return `${name}() is no function that is known here`;
    const count = argumentsOf(node).length;
    if (count < counts.least || count > counts.most) return `${name}() can't be called with ${count} arguments`;
    if (name === 'matches' || name === 'matchesFull') {
      const pattern = literalOf(argumentsOf(node)[0]);
      const problem = pattern === undefined ? undefined : problemOf(pattern);
      if (problem !== undefined) return `the pattern of ${name}() can't be matched: ${problem}`;
    }
    if (name === 'replaceMatches' && !isHarmless(literalOf(argumentsOf(node)[0]))) {
      return 'the pattern of replaceMatches() could take too long';
    }
  }
  for (const child of node.children ?? []) {
    const found = obstacleIn(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What FHIR names beside the resource; `%vs-name` and `%ext-name` are made as an expression asks for them. */
const NAMED: Json = { sct: 'http://snomed.info/sct', loinc: 'http://loinc.org', ucum: 'http://unitsofmeasure.org' };

/** The named values that an expression asks for. */
export function namedIn(node: Node, found: Record<string, unknown> = {}): Json {
  if (node.type === 'ExternalConstant') {
    const quoted = node.children?.[0]?.text ?? '';
    const name = quoted.startsWith('`') || quoted.startsWith("'") ? quoted.slice(1, -1) : quoted;
    if (Object.hasOwn(NAMED, name)) found[name] = NAMED[name];
    else if (name.startsWith('vs-')) found[name] = `http://hl7.org/fhir/ValueSet/${name.slice(3)}`;
    else if (name.startsWith('ext-')) found[name] = `${FHIR_DEFINITION}${name.slice(4)}`;
  }
  for (const child of node.children ?? []) namedIn(child, found);
  return found;
}
