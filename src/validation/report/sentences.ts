/** One plain sentence for each fault: what was found, what was expected, how to mend it. */
import type { Fault } from '../compile/faults.js';
import { allJsonNames, jsonNames } from '../compile/context.js';
import { capitalised, isJson, listOf } from '../definitions/json.js';
import type { ElementNode, NodeConstraint } from '../definitions/elements.js';
import type { TypeFacts } from '../definitions/facts.js';
import { PRIMITIVE_CHECKS } from '../primitives.js';
import type { Terminology } from '../terminology/index.js';
import type { IssueCode, RuleKind } from '../types.js';
import type { Place } from './places.js';

export interface Saying {
  readonly kind: RuleKind;
  readonly code: IssueCode;
  readonly message: string;
  /** Added to the place's expression: the name of a missing or surplus element. */
  readonly below?: string;
  readonly node?: ElementNode;
}

export interface Speech {
  readonly types: ReadonlyMap<string, TypeFacts>;
  readonly terminology: Terminology;
  readonly quoteValues: boolean;
  /** What a constraint of FHIR's own definitions says in words. */
  readonly words: (source: string, key: string) => string | undefined;
}

/** Codes a message lists; a longer list is named by its value set. */
const MOST_CODES_LISTED = 40;
const LONGEST_QUOTE = 60;
const ELEMENT_NAME = /^_?[A-Za-z][A-Za-z0-9_]{0,63}$/;

export function sentence(fault: Fault, place: Place, speech: Speech): Saying {
  const { label, node } = place;
  const { params } = fault;
  const say = (kind: RuleKind, code: IssueCode, message: string, more: Partial<Saying> = {}): Saying => ({
    kind,
    code,
    message,
    ...more,
  });
  const found = quoted(place.value, speech);
  switch (fault.keyword) {
    case 'additionalProperties':
      return surplus(String(params['additionalProperty']), place);
    case 'missing': {
      const name = plainName(node);
      const least = node.min > 1 ? ` at least ${node.min} times` : '';
      const listed = node.name.endsWith('[x]') ? jsonNames(node).slice(0, 5).join(' or ') : name;
      return say('cardinality', 'required', `${label} has no ${listed}, which is required${least}; add it.`, {
        below: name,
      });
    }
    case 'choice': {
      const both = (params['found'] as readonly string[]).join(' and ');
      return say('cardinality', 'structure', `${label} has ${both} at once; keep one of them.`, {
        below: plainName(node),
      });
    }
    case 'maxItems':
      return say(
        'cardinality',
        'structure',
        `${label} is there ${count(place.value)} times, but at most ${node.max} is allowed; leave some out.`,
      );
    case 'type':
      return say(
        'type',
        'structure',
        `${label} must be ${expectedJson(place, speech)}, but is ${describe(place.value)}.`,
      );
    case 'minItems':
    case 'minProperties':
    case 'nothing':
      return say('empty', 'structure', `${label} is empty; give it content or leave it out.`);
    case 'format':
      return wrongFormat(place, speech);
    case 'fixed':
      return say('fixed', 'value', `${label} must be exactly ${shown(params['fixed'])}${but(found)}.`);
    case 'pattern':
      return say('pattern', 'value', `${label} must hold ${shown(params['pattern'])}${but(found)}.`);
    case 'length':
      return say(
        'range',
        'value',
        `${label} is longer than the ${String(params['maxLength'])} characters allowed; shorten it.`,
      );
    case 'range': {
      const least = params['minValue'] === undefined ? undefined : `at least ${shown(params['minValue'])}`;
      return say('range', 'value', `${label} must be ${least ?? `at most ${shown(params['maxValue'])}`}${but(found)}.`);
    }
    case 'range-unit':
      return say(
        'range',
        'informational',
        `${label} could not be held against the limit ${shown(params['bound'])}, because it is in another unit.`,
      );
    case 'binding':
      return say('binding', 'code-invalid', wrongCode(fault, place, speech));
    case 'terminology': {
      const why = typeof params['gap'] === 'string' ? ` (${params['gap']})` : '';
      return say(
        'terminology',
        'informational',
        `The codes of ${label} could not be checked against ${String(params['url'])} here${why}.`,
      );
    }
    case 'targets':
      return say(
        'reference-target',
        'structure',
        `${label} refers to a type of resource it may not refer to; allowed: ${names(params['targets'])}.`,
      );
    case 'aggregation':
      return say(
        'reference-target',
        'structure',
        `${label} refers to a resource in a place it may not be in; allowed: ${names(params['modes'])}.`,
      );
    case 'target-profile':
      return say(
        'reference-target',
        'structure',
        `${label} refers to a resource that does not meet ${names(params['profiles'])}; see the issues of that resource when it is validated against it.`,
      );
    case 'type-profile':
      return say('profile', 'structure', `${label} meets none of the profiles ${names(params['profiles'])}.`);
    case 'slice-missing': {
      const at = params['at'];
      const item = typeof at === 'string' ? plainName(node) : 'item';
      const often = node.min > 1 ? ` ${node.min} times` : '';
      return say(
        'slicing',
        'required',
        `${label} has no ${item} ${sliceWords(node)}, which ${definitionName(node)} requires${often}; add it.`,
        typeof at === 'string' ? { below: at } : {},
      );
    }
    case 'slice-many':
      return say(
        'slicing',
        'structure',
        `${label} has ${String(params['count'])} items ${sliceWords(node, 'are')}, but at most ${node.max} is allowed; leave some out.`,
      );
    case 'slice-closed':
      return say(
        'slicing',
        'structure',
        `${label} is none of ${sliceNames(node)}, and ${definitionName(node)} allows no other.`,
      );
    case 'slice-unknown': {
      const names = (params['slices'] as readonly ElementNode[]).map(({ sliceName }) => `"${sliceName ?? ''}"`);
      const text = `${label} refers to a resource that is not here, so whether it is its ${names.join(' or ')} could not be checked.`;
      return say('slicing', 'informational', text);
    }
    case 'slice-at-end':
      return say(
        'order',
        'structure',
        `${label} is none of ${sliceNames(node)} and must stand after the last of those.`,
      );
    case 'slice-order':
      return say(
        'order',
        'structure',
        `${label}, the one ${sliceWords(node)}, stands after one that must follow it; put them into the order of the profile.`,
      );
    case 'context':
      return say(
        'extension',
        'extension',
        `${label} is an extension that may not stand here; allowed on: ${contexts(params['contexts'])}.`,
      );
    case 'context-unchecked':
      return say(
        'extension',
        'informational',
        `Whether the extension ${label} may stand here could not be checked; allowed on: ${contexts(params['contexts'])}.`,
      );
    case 'modifier':
      return say(
        'extension',
        'extension',
        `${label} is an extension that changes the meaning of what holds it; move it to modifierExtension.`,
      );
    case 'extension-unknown':
      return say(
        'extension',
        'extension',
        `${label} is an extension without a known definition, so only its form was checked.`,
      );
    case 'invariant': {
      const { key, source, human, expression } = params as unknown as NodeConstraint;
      const words = human ?? speech.words(source, key);
      return say(
        'invariant',
        'invariant',
        `${label} breaks the rule ${key}: ${words === undefined ? expression : clause(words)}.`,
      );
    }
    case 'unchecked':
      return say(
        'invariant',
        'informational',
        `The rule ${String(params['key'])} on ${label} could not be checked${typeof params['reason'] === 'string' ? ` (${params['reason']})` : ''}.`,
      );
    case 'resource':
      return say('resource-type', 'structure', `${label} must have a resourceType that names a FHIR resource type.`);
    case 'resource-type':
      return say(
        'resource-type',
        'structure',
        `${label} is a resource of a type that may not stand here; allowed: ${names(params['types'])}.`,
      );
    case 'contained-id':
      return say(
        'cardinality',
        'required',
        `${label} has no id, without which nothing can refer to a contained resource; add it.`,
        { below: 'id' },
      );
    case 'contained-twice':
      return say(
        'invariant',
        'invariant',
        `${label} is the id of another contained resource as well; give each an id of its own.`,
      );
    case 'profile-unknown': {
      const why =
        typeof params['reason'] === 'string' ? `can't be used: ${clause(params['reason'])}` : 'is not known here';
      return say('profile', 'not-found', `${label} names a profile that ${why}; the resource was not held against it.`);
    }
    case 'profile-type':
      return say(
        'profile',
        'structure',
        `${label} names a profile for ${String(params['type'])}, which this resource is not.`,
      );
    case 'uncompilable':
      return say(
        'profile',
        'not-found',
        `${label} could not be checked, because ${definitionName(node)} can't be used: ${clause(String(params['reason']))}.`,
      );
    case 'visits':
      return say('too-large', 'too-costly', `${label} was not checked, for there is too much before it; split it.`);
    case 'depth':
      return say('too-large', 'too-costly', `${label} is nested deeper than any resource needs; make it flatter.`);
    default:
      throw new TypeError(`No sentence for the rule ${fault.keyword}.`);
  }
}

/** An unknown name is repeated only where it looks like an element's name; anything else may be a value gone astray. */
function surplus(name: string, place: Place): Saying {
  const { label, node } = place;
  if (!ELEMENT_NAME.test(name)) {
    const message = `${label} has an element whose name is no FHIR element name; remove it.`;
    return { kind: 'unknown-element', code: 'structure', message };
  }
  const plain = name.startsWith('_') ? name.slice(1) : name;
  const child = (node.children ?? []).find((one) => one.max === 0 && allJsonNames(one).includes(plain));
  if (child !== undefined) {
    const message = `${label} has ${plain}, which ${definitionName(child)} prohibits; leave it out.`;
    return { kind: 'cardinality', code: 'structure', message, below: plain, node: child };
  }
  const choice = node.children?.find((one) => allJsonNames(one).includes(plain) && one.name.endsWith('[x]'));
  if (choice !== undefined) {
    const message = `${label} has ${plain}, but ${definitionName(choice)} allows only ${jsonNames(choice).join(', ')}.`;
    return { kind: 'type', code: 'structure', message, below: plain, node: choice };
  }
  const known = (node.children ?? []).flatMap((one) => jsonNames(one));
  const meant = known.find((one) => one.toLowerCase() === plain.toLowerCase());
  const mend = meant === undefined || meant === plain ? 'remove it' : `the element is called "${meant}"`;
  const message = `${label} has no element "${name}"; ${mend}.`;
  return { kind: 'unknown-element', code: 'structure', message, below: name };
}

function wrongFormat({ label, node, value }: Place, speech: Speech): Saying {
  if (value === '')
    return { kind: 'empty', code: 'structure', message: `${label} is empty; give it content or leave it out.` };
  const last = label.slice(label.lastIndexOf('.') + 1);
  const type = node.types.find(({ code }) => node.types.length === 1 || last.endsWith(capitalised(code)))?.code ?? '';
  const expected = PRIMITIVE_CHECKS.get(type)?.expected ?? 'a value of its type';
  const found = quoted(value, speech);
  const what = found === '' ? `${label} is` : `${label} is ${found}, which is`;
  return { kind: 'format', code: 'value', message: `${what} not a valid ${type}; it must be ${expected}.` };
}

/** Where only the system is wrong, the list of codes would be no help. */
function wrongCode(fault: Fault, { label, value }: Place, speech: Speech): string {
  const url = String(fault.params['url']);
  const codings = isJson(value) ? ('coding' in value ? listOf(value['coding']) : [value]).filter(isJson) : [];
  for (const { code, system } of codings) {
    const systems = typeof code === 'string' ? (speech.terminology.valueSet(url)?.systemsOf(code) ?? []) : [];
    if (systems.length === 0) continue;
    const found = system === undefined ? 'without a system' : `of another system${inBrackets(system, speech)}`;
    return `${label} has a code${inBrackets(code, speech)} ${found}; its system must be ${systems.join(' or ')}.`;
  }
  const found = codings.length > 0 ? codings.find(({ code }) => code !== undefined)?.['code'] : value;
  const strength = fault.severity === 'error' ? 'is not allowed' : 'is not of the set it should come from';
  return `${label} has a code${inBrackets(found, speech)} that ${strength}; ${allowedCodes(url, speech)}`;
}

function inBrackets(value: unknown, speech: Speech): string {
  const found = quoted(value, speech);
  return found === '' ? '' : ` (${found})`;
}

function allowedCodes(url: string, { terminology }: Speech): string {
  const codes = terminology.valueSet(url)?.list(MOST_CODES_LISTED);
  return codes === undefined ? `use one of the value set ${url}.` : `use one of: ${codes.join(', ')}.`;
}

function expectedJson({ node, inList }: Place, { types }: Speech): string {
  if (node.list && !inList) return 'a JSON array';
  const json = node.types.length === 1 ? types.get(node.types[0]?.code ?? '')?.json : undefined;
  if (json === undefined) return node.types.length > 1 ? 'a value of its type' : 'a JSON object';
  return json === 'boolean' ? 'true or false' : `a JSON ${json}`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  // In XML, where there are no arrays, that is an element sent more often than it may be there.
  if (Array.isArray(value)) return 'an array or there more than once';
  const type = typeof value;
  return type === 'object' ? 'an object' : type === 'undefined' ? 'missing' : `a ${type}`;
}

/** How many values it holds, as far as `most`; circles come to more than any number. */
function countUpTo(most: number, value: unknown): number {
  if (typeof value === 'bigint' || (typeof value === 'string' && value.length > LONGEST_QUOTE)) return most;
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const name in value) {
    if (count >= most) break;
    count += countUpTo(most - count, (value as Readonly<Record<string, unknown>>)[name]);
  }
  return count;
}

/** A value for a message, where messages may repeat values and it is short enough to be read. */
function quoted(value: unknown, { quoteValues }: Speech): string {
  if (!quoteValues || value === undefined) return '';
  if (typeof value === 'symbol' || typeof value === 'function') return '';
  // Only what is short is said, and what is large is not written out to see that.
  const text = countUpTo(LONGEST_QUOTE, value) >= LONGEST_QUOTE ? undefined : JSON.stringify(value);
  return text === undefined || text.length > LONGEST_QUOTE ? '' : text;
}

const but = (found: string): string => (found === '' ? ', but is something else' : `, but is ${found}`);
const shown = (value: unknown): string => JSON.stringify(value);
const names = (list: unknown): string => (Array.isArray(list) ? list.join(', ') : '');
const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const plainName = (node: ElementNode): string => (node.name.endsWith('[x]') ? node.name.slice(0, -3) : node.name);
const sliceNames = ({ slices }: ElementNode): string =>
  slices.map((slice) => urlOf(slice) ?? `"${slice.sliceName ?? ''}"`).join(', ');

/** Tells the items of a slice from others: of extensions by their url, which says more than the name of the slice. */
function sliceWords(slice: ElementNode, verb = 'is'): string {
  const url = urlOf(slice);
  return url === undefined ? `that ${verb} its "${slice.sliceName ?? ''}"` : `with url ${url}`;
}

/** Url of the extensions in a slice. */
function urlOf({ name, types, children = [] }: ElementNode): string | undefined {
  if (name !== 'extension' && name !== 'modifierExtension') return undefined;
  const fixed = children.find((child) => child.name === 'url')?.fixed;
  return types[0]?.profiles?.[0] ?? (typeof fixed === 'string' ? fixed : undefined);
}
const definitionName = (node: ElementNode): string => node.definition.slice(node.definition.lastIndexOf('/') + 1);

/** Someone else's sentence as the end of one of ours. */
function clause(words: string): string {
  const text = words.split(/\s+/).join(' ').trim();
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

function contexts(list: unknown): string {
  return (list as readonly { readonly expression: string }[]).map(({ expression }) => expression).join(', ');
}
