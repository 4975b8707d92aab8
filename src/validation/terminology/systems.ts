/** Code systems: those whose codes are at hand, and those that are known by name or syntax only. */
import type { CodeSystemFacts, ConceptFacts, IncludeFacts } from '../definitions/facts.js';
import { isLanguageTag, isMimeType } from './syntax.js';
import { type Part, allOf, codesOf, syntaxOf, unknownOf } from './parts.js';

type Filter = NonNullable<IncludeFacts['filters']>[number];

/** A code system whose codes are at hand, with what stands under what. */
export interface CodeTree {
  readonly codes: readonly string[];
  readonly caseInsensitive: boolean;
  readonly incomplete: boolean;
  /** The code itself and all below it; undefined for a code the system doesn't have. */
  under(code: string): ReadonlySet<string> | undefined;
}

const SYNTAX: Readonly<Record<string, (code: string) => boolean>> = {
  'urn:ietf:bcp:47': isLanguageTag,
  'urn:ietf:bcp:13': isMimeType,
  'urn:ietf:rfc:3986': (code) => code.length > 0,
};

const EXTERNAL: Readonly<Record<string, string>> = {
  'http://snomed.info/sct': 'SNOMED CT is licensed and too large to come with this validator',
  'http://loinc.org': 'LOINC is too large to come with this validator',
  'http://unitsofmeasure.org': 'UCUM units are an unlimited set that this validator does not parse',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RxNorm is too large to come with this validator',
  'urn:iso:std:iso:3166': 'the country codes of ISO 3166 do not come with this validator',
  'urn:iso:std:iso:4217': 'the currency codes of ISO 4217 do not come with this validator',
};

export function createCodeTree(facts: CodeSystemFacts): CodeTree {
  const nodes = new Map<string, ConceptFacts>();
  // Concepts may be shared between two parents: each is entered once. The stack is ours, however deep they nest.
  const open: ConceptFacts[] = [...facts.concepts].reverse();
  for (let concept = open.pop(); concept !== undefined; concept = open.pop()) {
    const code = codeOf(concept);
    if (code === undefined || nodes.has(code)) continue;
    nodes.set(code, concept);
    if (typeof concept !== 'string') for (let at = concept.length - 1; at > 0; at -= 1) push(open, concept[at]);
  }
  return {
    codes: [...nodes.keys()],
    caseInsensitive: facts.caseInsensitive === true,
    incomplete: facts.incomplete === true,
    under(code) {
      const root = nodes.get(code);
      if (root === undefined) return undefined;
      const below = new Set<string>();
      const left: ConceptFacts[] = [root];
      for (let concept = left.pop(); concept !== undefined; concept = left.pop()) {
        const one = codeOf(concept);
        if (one === undefined || below.has(one)) continue;
        below.add(one);
        if (typeof concept !== 'string') for (let at = 1; at < concept.length; at += 1) push(left, concept[at]);
      }
      return below;
    },
  };
}

function codeOf(concept: ConceptFacts): string | undefined {
  const code = typeof concept === 'string' ? concept : concept[0];
  return typeof code === 'string' ? code : undefined;
}

function push(stack: ConceptFacts[], concept: ConceptFacts | undefined): void {
  if (concept !== undefined) stack.push(concept);
}

/** All codes of a system. */
export function wholeSystem(system: string, tree: CodeTree | undefined): Part {
  if (tree !== undefined && !tree.incomplete) return codesOf(system, tree.codes, tree.caseInsensitive);
  const accepts = Object.hasOwn(SYNTAX, system) ? SYNTAX[system] : undefined;
  if (accepts !== undefined) return syntaxOf(system, accepts);
  if (tree !== undefined) return codesOf(system, tree.codes, tree.caseInsensitive, incomplete(system));
  return unknownOf(system, Object.hasOwn(EXTERNAL, system) ? (EXTERNAL[system] ?? '') : missing(system));
}

/** The codes of a system that all the filters let through. */
export function filteredSystem(system: string, tree: CodeTree | undefined, filters: readonly Filter[]): Part {
  return allOf([wholeSystem(system, tree), ...filters.map((filter) => filtered(system, tree, filter))]);
}

function filtered(system: string, tree: CodeTree | undefined, { property, op, value }: Filter): Part {
  const gap = `the filter "${property} ${op} ${value}" on the code system ${system} can't be answered here`;
  if (tree === undefined) return unknownOf(system, gap);
  const passed = property === 'concept' || property === 'code' ? passing(tree, op, value) : undefined;
  if (passed === undefined) return unknownOf(system, gap);
  return codesOf(system, passed, tree.caseInsensitive, tree.incomplete ? incomplete(system) : undefined);
}

/** Codes a filter on the code itself lets through; undefined for an operation that isn't known, above all `regex`. */
function passing(tree: CodeTree, op: string, value: string): readonly string[] | undefined {
  switch (op) {
    case 'is-a':
      return tree.codes.filter(isIn(tree.under(value)));
    case 'descendent-of':
    case 'descendant-of': {
      const below = isIn(tree.under(value));
      return tree.codes.filter((code) => code !== value && below(code));
    }
    case 'is-not-a': {
      const below = isIn(tree.under(value));
      // What an incomplete system holds elsewhere may well stand under the value.
      return tree.incomplete ? undefined : tree.codes.filter((code) => !below(code));
    }
    case '=':
      return tree.codes.filter((code) => code === value);
    case 'in':
      return tree.codes.filter(isIn(listed(value)));
    case 'not-in': {
      const named = isIn(listed(value));
      return tree.codes.filter((code) => !named(code));
    }
    default:
      return undefined;
  }
}

function isIn(codes: ReadonlySet<string> | undefined): (code: string) => boolean {
  return (code) => codes?.has(code) === true;
}

function listed(value: string): ReadonlySet<string> {
  return new Set(value.split(',').map((code) => code.trim()));
}

function incomplete(system: string): string {
  return `only a part of the code system ${system} is at hand`;
}

function missing(system: string): string {
  return `the code system ${system} is not at hand`;
}
