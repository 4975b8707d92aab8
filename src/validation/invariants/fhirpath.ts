/**
 * Constraints evaluated by the fhirpath library. It is loaded with the first constraint that needs it: it takes a tenth
 * of a second and some 30 MB, and most resources meet none.
 */
import { createRequire } from 'node:module';
import type * as fhirpath from 'fhirpath';
import type { Release } from '../types.js';
import { PatternError, toPatternTest } from './pattern.js';
import { FHIR_DEFINITION } from '../definitions/json.js';
import { all, isJson, one, type InvariantCheck, type Json } from './values.js';

type FhirPath = typeof fhirpath;
type Model = NonNullable<Parameters<FhirPath['compile']>[1]>;

const require = createRequire(import.meta.url);

interface Loaded {
  readonly library: FhirPath;
  readonly model: Model;
}

const loaded = new Map<Release, Loaded>();

function load(release: Release): Loaded {
  const known = loaded.get(release);
  if (known) return known;
  const fresh = {
    library: require('fhirpath') as FhirPath,
    model: require(`fhirpath/fhir-context/${release}`) as Model,
  };
  loaded.set(release, fresh);
  return fresh;
}

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

interface Node {
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
function obstacleIn(node: Node): string | undefined {
  if (node.type === 'FunctionInvocation') {
    const name = node.text ?? '';
    const need = Object.hasOwn(OUT_OF_REACH, name) ? OUT_OF_REACH[name] : undefined;
    if (need !== undefined) return `${name}() needs ${need}`;
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

function problemOf(pattern: string): string | undefined {
  try {
    toPatternTest(pattern);
    return undefined;
  } catch (error) {
    return error instanceof PatternError ? error.message : 'it is no pattern';
  }
}

/** Longest text on which a pattern of replaceMatches() is let loose. */
const LONGEST_REPLACED = 10_000;

/**
 * Replacing needs JavaScript's own engine, because it has to know where a match begins and ends: only patterns with one
 * repetition at most, which is no worse than the square of the length, and none in a group.
 */
function isHarmless(pattern: string | undefined): boolean {
  if (pattern === undefined || problemOf(pattern) !== undefined) return false;
  const repetitions = [...pattern].filter((sign) => '*+{'.includes(sign)).length;
  return repetitions <= 1 && (repetitions === 0 || !pattern.includes('('));
}

const patternTests = new Map<string, (text: string) => boolean | undefined>();
const MOST_PATTERNS = 500;

function matchText(texts: readonly unknown[], pattern: unknown, flags: unknown, whole: boolean): boolean | [] {
  const [text] = texts;
  if (texts.length === 0 || typeof pattern !== 'string') return [];
  if (texts.length > 1 || typeof text !== 'string') throw new Error('matches() takes one text');
  const source = whole ? `^(?:${pattern})$` : pattern;
  const key = `${typeof flags === 'string' ? flags : ''}/${source}`;
  let test = patternTests.get(key);
  if (!test) {
    test = toPatternTest(source, typeof flags === 'string' ? flags : '');
    // A pattern may be worked out from the resource: only so many are remembered.
    if (patternTests.size >= MOST_PATTERNS) patternTests.clear();
    patternTests.set(key, test);
  }
  const found = test(text);
  if (found === undefined) throw new Error('the text is too long for the pattern');
  return found;
}

function replaceText(texts: readonly unknown[], pattern: unknown, by: unknown): string | [] {
  const [text] = texts;
  if (typeof text !== 'string' || typeof pattern !== 'string' || typeof by !== 'string') return [];
  if (texts.length > 1 || text.length > LONGEST_REPLACED || !isHarmless(pattern)) throw new Error('too costly');
  return text.replace(new RegExp(pattern, 'gu'), by);
}

/** The library's wrapping of a value, with what is used of it: `resolve()` has to give the same, or types get lost. */
interface Wrapped {
  readonly data: unknown;
  readonly constructor: {
    makeResNode?(context: unknown, data: Json, parent: null, path: unknown, half: null, type: unknown): unknown;
  };
}

/** The resource a reference leads to, if it is in the same container; the others nobody can look at here. */
function resolveIn(this: unknown, references: readonly Wrapped[]): unknown[] {
  return references.flatMap((item) => {
    const reference = isJson(item.data) ? item.data['reference'] : item.data;
    if (reference === undefined || reference === null) return [];
    if (typeof reference !== 'string' || !reference.startsWith('#')) throw new Error('it leads out of the resource');
    const found =
      reference === '#'
        ? currentRoot
        : all(currentRoot, 'contained').find((held) => one(held, 'id') === reference.slice(1));
    if (!isJson(found)) return [];
    const type = found['resourceType'];
    return [item.constructor.makeResNode?.(this, found, null, type, null, type) ?? found];
  });
}

const ONE = ['String'];
const TWO = ['String', 'String'];

/** What FHIR names beside the resource; `%vs-name` and `%ext-name` are made as an expression asks for them. */
const NAMED: Json = { sct: 'http://snomed.info/sct', loinc: 'http://loinc.org', ucum: 'http://unitsofmeasure.org' };

/** The named values that an expression asks for. */
function namedIn(node: Node, found: Record<string, unknown> = {}): Json {
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

/** The container of the resource that is being checked: evaluation is synchronous, and one at a time. */
let currentRoot: Json = {};

const FUNCTIONS = {
  matches: {
    fn: (texts: unknown[], pattern: unknown, flags?: unknown) => matchText(texts, pattern, flags, false),
    arity: { 1: ONE, 2: TWO },
  },
  matchesFull: {
    fn: (texts: unknown[], pattern: unknown, flags?: unknown) => matchText(texts, pattern, flags, true),
    arity: { 1: ONE, 2: TWO },
  },
  replaceMatches: {
    fn: (texts: unknown[], pattern: unknown, by: unknown) => replaceText(texts, pattern, by),
    arity: { 2: TWO },
  },
  resolve: { fn: resolveIn, arity: { 0: [] }, internalStructures: true },
  // Its values are patients', and nobody asked for a log.
  trace: { fn: (items: unknown[]) => items, arity: { 1: ONE, 2: ['String', 'Expr'] }, internalStructures: true },
};

/**
 * Whether a result means that a constraint holds: as the reference validator has it, one boolean is what it says, any
 * other result holds, and an empty one does not.
 */
function toBoolean(result: readonly unknown[]): boolean {
  if (result.length === 1 && typeof result[0] === 'boolean') return result[0];
  return result.length > 0;
}

type Evaluate = (value: unknown, variables: Json) => unknown;

export interface CompiledExpression {
  readonly check: InvariantCheck;
  readonly unsupported?: string;
}

const unsupported = (reason: string): CompiledExpression => ({ check: () => undefined, unsupported: reason });

/**
 * @param path type path at which the value stands, `Appointment.participant`
 */
export function compileExpression(release: Release, expression: string, path: string): CompiledExpression {
  try {
    const { library, model } = load(release);
    const tree = library.parse(expression) as Node;
    const obstacle = obstacleIn(tree);
    if (obstacle !== undefined) return unsupported(obstacle);
    const named = namedIn(tree);
    const options = { traceFn: () => undefined, userInvocationTable: FUNCTIONS as never };
    const compile = (source: string | { base: string; expression: string }): Evaluate =>
      library.compile(source, model, options) as Evaluate;
    // A resource tells its type itself; given one as base, the library would not know `Appointment.status` any more.
    let [ofPart, ofResource]: (Evaluate | undefined)[] = [];
    return {
      check: (value, context) => {
        currentRoot = context.root;
        try {
          const evaluate =
            isJson(value) && typeof value['resourceType'] === 'string'
              ? (ofResource ??= compile(expression))
              : (ofPart ??= compile({ base: path, expression }));
          const result = evaluate(value, { ...named, resource: context.resource, rootResource: context.root });
          return Array.isArray(result) ? toBoolean(result) : undefined;
        } catch {
          return undefined;
        } finally {
          currentRoot = {};
        }
      },
    };
  } catch (error) {
    const [found = ''] = (error instanceof Error ? error.message : String(error)).split(/ expecting |\n/);
    return unsupported(`the expression is no FHIRPath: ${found}`);
  }
}
