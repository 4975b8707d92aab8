/** Reads ValueSets and CodeSystems given at run time, STU3 and R4 alike. */
import type { CodeSystemFacts, ConceptFacts, IncludeFacts, ValueSetFacts } from './facts.js';
import { FHIR_DEFINITION, type Json, isJson, list, text, texts } from './json.js';

const TOO_COSTLY = `${FHIR_DEFINITION}valueset-toocostly`;
const UNCLOSED = `${FHIR_DEFINITION}valueset-unclosed`;
const LIMITED: ReadonlySet<string> = new Set(['limitedExpansion', 'count', 'offset']);
/** Far more than any code system nests, far less than the stack bears. */
const DEEPEST = 200;

/** A value set with no codes that can be known has no `include`. Throws an Error for something else than a ValueSet. */
export function readValueSet(resource: unknown): { readonly url: string; readonly facts: ValueSetFacts } {
  const { url, definition } = identified(resource, 'ValueSet');
  const compose = isJson(definition['compose']) ? definition['compose'] : {};
  const include = list(compose['include']).map(readInclude);
  const exclude = list(compose['exclude']).map(readInclude);
  // Filters may need code systems that nobody here has; whoever made the expansion had them.
  const answerable = include.length > 0 && [...include, ...exclude].every((one) => one.filters === undefined);
  const expansion = answerable ? undefined : readExpansion(definition['expansion']);
  if (expansion !== undefined) return { url, facts: { include: expansion } };
  return { url, facts: { include, ...(exclude.length > 0 && { exclude }) } };
}

export function readCodeSystem(resource: unknown): { readonly url: string; readonly facts: CodeSystemFacts } {
  const { url, definition } = identified(resource, 'CodeSystem');
  const content = definition['content'];
  const facts: CodeSystemFacts = {
    concepts: readConcepts(list(definition['concept'])),
    ...(definition['caseSensitive'] === false && { caseInsensitive: true }),
    ...(content !== undefined && content !== 'complete' && { incomplete: true }),
  };
  return { url, facts };
}

function identified(resource: unknown, type: string): { readonly url: string; readonly definition: Json } {
  if (!isJson(resource) || resource['resourceType'] !== type) throw new Error(`It is no ${type}.`);
  const url = text(resource['url']);
  if (url === undefined) throw new Error(`The ${type} has no url.`);
  return { url: url.split('|', 1)[0] ?? url, definition: resource };
}

function readInclude(source: Json): IncludeFacts {
  const system = text(source['system']);
  const codes = list(source['concept']).flatMap((one) => text(one['code']) ?? []);
  const filters = list(source['filter']).map((one) => ({
    property: text(one['property']) ?? '',
    op: text(one['op']) ?? '',
    value: text(one['value']) ?? '',
  }));
  const valueSets = texts(source['valueSet']).map((one) => one.split('|', 1)[0] ?? one);
  return {
    ...(system !== undefined && { system }),
    ...(codes.length > 0 && { codes }),
    ...(filters.length > 0 && { filters }),
    ...(valueSets.length > 0 && { valueSets }),
  };
}

/** The codes of an expansion by system; undefined when it may not hold all of them. */
function readExpansion(expansion: unknown): readonly IncludeFacts[] | undefined {
  if (!isJson(expansion)) return undefined;
  const flagged = list(expansion['extension']).some((one) => one['url'] === TOO_COSTLY || one['url'] === UNCLOSED);
  const limited = list(expansion['parameter']).some((one) => LIMITED.has(text(one['name']) ?? ''));
  if (flagged || limited || expansion['offset'] !== undefined) return undefined;
  const bySystem = new Map<string, Set<string>>();
  let count = 0;
  const open = list(expansion['contains']).toReversed();
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    count += 1;
    for (const inner of list(one['contains']).toReversed()) open.push(inner);
    const [system, code] = [text(one['system']), text(one['code'])];
    if (system === undefined || code === undefined || one['abstract'] === true) continue;
    const codes = bySystem.get(system) ?? new Set();
    bySystem.set(system, codes.add(code));
  }
  const total = expansion['total'];
  if (count === 0 || (typeof total === 'number' && total > count)) return undefined;
  return [...bySystem].map(([system, codes]) => ({ system, codes: [...codes] }));
}

function readConcepts(source: readonly Json[]): readonly ConceptFacts[] {
  const nested = source.some((one) => list(one['concept']).length > 0);
  return nested ? source.flatMap((one) => readConcept(one, 0)) : nestByParent(source);
}

function readConcept(source: Json, depth: number): readonly ConceptFacts[] {
  if (depth > DEEPEST) throw new Error(`The CodeSystem nests its concepts more than ${DEEPEST} levels deep.`);
  const code = text(source['code']);
  const children = list(source['concept']).flatMap((one) => readConcept(one, depth + 1));
  if (code === undefined) return children;
  return [children.length === 0 ? code : [code, ...children]];
}

/** A flat code system may say by properties what stands under what; a concept with two parents stands under both. */
function nestByParent(source: readonly Json[]): readonly ConceptFacts[] {
  const children = new Map<string, string[]>();
  const codes: string[] = [];
  const roots: string[] = [];
  for (const one of source) {
    const code = text(one['code']);
    if (code === undefined) continue;
    codes.push(code);
    const parents = list(one['property'])
      .filter((property) => property['code'] === 'parent' || property['code'] === 'subsumedBy')
      .flatMap((property) => text(property['valueCode']) ?? []);
    if (parents.length === 0) roots.push(code);
    for (const parent of parents) {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [code]);
      else siblings.push(code);
    }
  }
  if (children.size === 0) return codes;
  const made = new Map<string, ConceptFacts>();
  const make = (code: string, depth: number): ConceptFacts => {
    const known = made.get(code);
    if (known !== undefined) return known;
    if (depth > DEEPEST) throw new Error(`The CodeSystem nests its concepts more than ${DEEPEST} levels deep.`);
    const below = (children.get(code) ?? []).map((child) => make(child, depth + 1));
    const concept: ConceptFacts = below.length === 0 ? code : [code, ...below];
    made.set(code, concept);
    return concept;
  };
  // Concepts under a parent that is none of the codes, or in a circle, are codes all the same.
  const concepts = roots.map((code) => make(code, 0));
  return [...concepts, ...codes.filter((code) => !made.has(code))];
}
