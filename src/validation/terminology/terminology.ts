/** Which codes belong to a value set, as far as its code systems are at hand. */
import type { CodeSystemFacts, IncludeFacts, ValueSetFacts } from '../definitions/facts.js';
import { type Membership, type Part, allOf, anyOf, codesOf, unknownOf, without } from './parts.js';
import { type CodeTree, createCodeTree, filteredSystem, wholeSystem } from './systems.js';

export type { Membership } from './parts.js';

export interface CodeCheck {
  /** A coding without system or code belongs to no value set. */
  coding(system: string | undefined, code: string | undefined): Membership;
  /** A bare code, whatever its system. */
  code(code: string): Membership;
  /** All codes, each once; undefined when there are more than `limit` or they aren't all known. */
  list(limit: number): readonly string[] | undefined;
  /** Systems in which the set has this code; none when its codes aren't all known. */
  systemsOf(code: string): readonly string[];
  /** Why something may be unknown: the second half of a sentence, without its full stop. */
  readonly gap?: string;
}

export interface Terminology {
  /** Undefined for a value set nobody has given. */
  valueSet(url: string): CodeCheck | undefined;
}

export interface TerminologySource {
  valueSet(url: string): ValueSetFacts | undefined;
  codeSystem(url: string): CodeSystemFacts | undefined;
}

const MEDIA_TYPES = 'http://www.rfc-editor.org/bcp/bcp13.txt';

/** Value sets that include each other deeper than this are not followed. */
const DEEPEST = 50;

/** Value sets and code systems are worked out at first use and kept. */
export function createTerminology(source: TerminologySource): Terminology {
  const trees = new Map<string, CodeTree | undefined>();
  const parts = new Map<string, Part | undefined>();
  const checks = new Map<string, CodeCheck | undefined>();
  /** Value sets being worked out just now, outermost first. */
  const open = new Set<string>();

  function treeOf(system: string): CodeTree | undefined {
    if (!trees.has(system)) {
      const facts = source.codeSystem(system);
      trees.set(system, facts && createCodeTree(facts));
    }
    return trees.get(system);
  }

  function partOf(url: string): Part | undefined {
    if (parts.has(url)) return parts.get(url);
    // STU3 names the standard itself where R4 has a value set of it.
    const facts =
      source.valueSet(url) ?? (url === MEDIA_TYPES ? { include: [{ system: 'urn:ietf:bcp:13' }] } : undefined);
    if (facts === undefined) return undefined;
    open.add(url);
    const part = remembering(build(facts, url));
    open.delete(url);
    parts.set(url, part);
    return part;
  }

  function build(facts: ValueSetFacts, url: string): Part {
    if (facts.include.length === 0) return unknownOf(undefined, `the value set ${url} does not say which codes it has`);
    const included = anyOf(facts.include.map((one) => include(one, url)));
    if (facts.exclude === undefined || facts.exclude.length === 0) return included;
    return without(included, anyOf(facts.exclude.map((one) => include(one, url))));
  }

  function include({ system, codes, filters, valueSets }: IncludeFacts, url: string): Part {
    const all = (valueSets ?? []).map(included);
    if (system !== undefined) {
      if (codes !== undefined) all.push(codesOf(system, codes, treeOf(system)?.caseInsensitive === true));
      else if (filters !== undefined) all.push(filteredSystem(system, treeOf(system), filters));
      else all.push(wholeSystem(system, treeOf(system)));
    }
    return all.length > 0 ? allOf(all) : unknownOf(undefined, `the value set ${url} names neither a system nor a set`);
  }

  function included(canonical: string): Part {
    const url = withoutVersion(canonical);
    if (open.has(url)) return unknownOf(undefined, `the value set ${url} includes itself`);
    if (open.size > DEEPEST) return unknownOf(undefined, `the value set ${url} is included too deep to be followed`);
    return partOf(url) ?? unknownOf(undefined, `the value set ${url} is not at hand`);
  }

  return {
    valueSet(canonical) {
      const known = checks.get(canonical);
      if (known !== undefined || checks.has(canonical)) return known;
      const part = partOf(withoutVersion(canonical));
      const check = part && toCheck(part);
      checks.set(canonical, check);
      return check;
    },
  };
}

/** Value sets may hold each other by many ways; each is asked once for a code, not once for every way. */
function remembering(part: Part): Part {
  let [lastSystem, lastCode, lastBare]: (string | undefined)[] = [];
  let [coding, bare]: [Membership, Membership] = ['out', 'out'];
  let codes: ReturnType<Part['codes']> | null = null;
  return {
    ...part,
    coding(system, code) {
      if (system !== lastSystem || code !== lastCode) {
        coding = part.coding(system, code);
        [lastSystem, lastCode] = [system, code];
      }
      return coding;
    },
    code(code) {
      if (code !== lastBare) {
        bare = part.code(code);
        lastBare = code;
      }
      return bare;
    },
    codes: () => (codes === null ? (codes = part.codes()) : codes),
  };
}

function toCheck(part: Part): CodeCheck {
  let codes: readonly string[] | undefined | null = null;
  return {
    coding: (system, code) => (system === undefined || code === undefined ? 'out' : part.coding(system, code)),
    code: (code) => part.code(code),
    list(limit) {
      if (codes === null) {
        const bySystem = part.codes();
        codes = bySystem && [...new Set([...bySystem.values()].flat())];
      }
      return codes === undefined || codes.length > limit ? undefined : codes;
    },
    systemsOf: (code) =>
      [...(part.codes() ?? [])].flatMap(([system]) => (part.coding(system, code) === 'in' ? system : [])),
    ...(part.gap !== undefined && { gap: part.gap }),
  };
}

function withoutVersion(canonical: string): string {
  return canonical.split('|', 1)[0] ?? canonical;
}
