/** The rules of FHIR's JSON form that JSON Schema has no words for, as ajv keywords. */
import type { Ajv, ValidateFunction } from 'ajv';
import type { Compiler, Faults } from './compile.js';
import { loadBaseCodes, type Definitions } from './definitions/base.js';
import type { ConceptFacts, IncludeFacts } from './definitions/facts.js';

/** Value of the keyword `shape`: what has to hold between the properties of one object. */
export interface ShapeRule {
  /** One of each list of names has to be there. */
  readonly required: readonly (readonly string[])[];
  /** At most one name of each list, with or without its `_name`, may be there. */
  readonly choices: readonly (readonly string[])[];
  /** Repeating primitives: `given` with `_given`, position by position. */
  readonly pairs: readonly string[];
}

type Context = Parameters<ValidateFunction>[1];
type Json = Readonly<Record<string, unknown>>;

/** Adds the keywords. They never fail by ajv's measure: what they find goes to the compiler's list of faults. */
export function addKeywords(ajv: Ajv, definitions: Definitions, compiler: Compiler): void {
  const report = (keyword: string, context: Context, params: Record<string, unknown>, below = ''): void =>
    compiler.faults.add({ keyword, instancePath: `${context?.instancePath ?? ''}${below}`, schemaPath: '', params });

  ajv.addKeyword({
    keyword: 'structure',
    type: 'object',
    compile: (path: string) => {
      let check: ValidateFunction | undefined;
      return (data: unknown, context: Context) => {
        check ??= compiler.structure(path);
        return descend(check, compiler.faults, data, context);
      };
    },
  });
  ajv.addKeyword({
    keyword: 'resource',
    type: 'object',
    compile: () => (data: Json, context: Context) => {
      const type = data['resourceType'];
      const check = typeof type === 'string' ? compiler.resource(type) : undefined;
      if (check !== undefined) return descend(check, compiler.faults, data, context);
      report('resource', context, {});
      return true;
    },
  });
  ajv.addKeyword({
    keyword: 'shape',
    type: 'object',
    compile: (rule: ShapeRule) => {
      const check = shapeCheck(rule);
      return (data: Json, context: Context) => {
        check(data, (keyword, params, below) => report(keyword, context, params, below));
        return true;
      };
    },
  });
  ajv.addKeyword({
    keyword: 'binding',
    compile: (url: string) => {
      const allows = codeListCheck(codeListOf(url, definitions) ?? []);
      return (data: unknown, context: Context) => {
        if (!allows(data)) report('binding', context, { url });
        return true;
      };
    },
  });
  ajv.addKeyword({
    keyword: 'targets',
    type: 'object',
    compile: (targets: readonly string[]) => (data: Json, context: Context) => {
      const type = referencedType(data['reference']);
      const wrong = type !== undefined && definitions.types.has(type) && !targets.includes(type);
      if (wrong) report('targets', context, { targets });
      return true;
    },
  });
}

/** Checks one level further down, unless there are faults enough. */
function descend(check: ValidateFunction, faults: Faults, data: unknown, context: Context): true {
  if (faults.full) return true;
  const position = faults.count;
  if (!check(data, context)) faults.insert(position, check.errors ?? []);
  return true;
}

type Report = (keyword: string, params: Record<string, unknown>, below?: string) => void;

function shapeCheck({ required, choices, pairs }: ShapeRule): (data: Json, report: Report) => void {
  // By property, because a choice can have forty names and an object has few properties.
  const choiceOf = new Map<string, readonly [choice: readonly string[], name: string]>();
  for (const choice of choices)
    for (const name of choice) choiceOf.set(name, [choice, name]).set(`_${name}`, [choice, name]);
  return (data, report) => {
    for (const names of required) if (!names.some((name) => data[name] !== undefined)) report('missing', { names });
    if (choiceOf.size > 0) checkChoices(choiceOf, data, report);
    for (const name of pairs) checkPair(name, data, report);
  };
}

function checkChoices(
  choiceOf: ReadonlyMap<string, readonly [choice: readonly string[], name: string]>,
  data: Json,
  report: Report,
): void {
  const taken = new Map<readonly string[], string>();
  for (const key of Object.keys(data)) {
    const entry = choiceOf.get(key);
    if (entry === undefined || data[key] === undefined) continue;
    const [choice, name] = entry;
    const first = taken.get(choice) ?? name;
    taken.set(choice, first);
    if (first !== name) report('choice', { found: choice.filter((one) => one === first || one === name) });
  }
}

/** "null" stands for a value that is only in the other half; in both halves at one position it stands for nothing. */
function checkPair(name: string, data: Json, report: Report): void {
  if (data[name] === undefined && data[`_${name}`] === undefined) return;
  const values = listOf(data[name]);
  const extensions = listOf(data[`_${name}`]);
  for (let position = 0; position < Math.max(values.length, extensions.length); position += 1) {
    const nothing = (values[position] ?? null) === null && (extensions[position] ?? null) === null;
    if (nothing) report('nothing', {}, `/${position < values.length ? name : `_${name}`}/${position}`);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Codes by code system. */
export type CodeList = readonly { readonly system: string; readonly codes: readonly string[] }[];

/** The codes of one of FHIR's own value sets; `undefined` where they can't all be named. */
export function codeListOf(url: string, { release }: Definitions): CodeList | undefined {
  const { codeSystems, valueSets } = loadBaseCodes(release);
  const codesOf = ({ system = '', codes, filters = [], valueSets: others }: IncludeFacts): string[] | undefined => {
    const [filter, ...more] = filters;
    if (others !== undefined || more.length > 0) return undefined;
    if (codes !== undefined) return [...codes];
    const facts = codeSystems[system];
    if (facts === undefined || facts.incomplete || (filter !== undefined && filter.op !== 'is-a')) return undefined;
    return facts.concepts.flatMap((concept) => codesBelow(concept, filter?.value));
  };
  const { include = [], exclude = [] } = valueSets[url] ?? {};
  const lists: { system: string; codes: string[] }[] = [];
  for (const part of include) {
    const codes = codesOf(part);
    if (codes === undefined || codes.length === 0) return undefined;
    const excluded = new Set(
      exclude.filter(({ system }) => system === part.system).flatMap((one) => codesOf(one) ?? []),
    );
    lists.push({ system: part.system ?? '', codes: codes.filter((code) => !excluded.has(code)) });
  }
  return lists.length === 0 ? undefined : lists;
}

/** All codes of a concept's tree, or of the part of it at and below one code. */
function codesBelow(concept: ConceptFacts, top?: string): string[] {
  const [code, children] = typeof concept === 'string' ? [concept, []] : [String(concept[0]), concept.slice(1)];
  const inside = top === undefined || code === top;
  return [...(inside ? [code] : []), ...children.flatMap((child) => codesBelow(child, inside ? undefined : top))];
}

/** A required binding: the code, or at least one coding of the concept, is in the list. */
function codeListCheck(list: CodeList): (data: unknown) => boolean {
  const codes = new Set(list.flatMap((part) => part.codes));
  const bySystem = new Map<unknown, Set<unknown>>();
  for (const { system, codes: some } of list) bySystem.set(system, new Set([...(bySystem.get(system) ?? []), ...some]));
  const allowsCoding = (coding: unknown): boolean =>
    isObject(coding) && (bySystem.get(coding['system'])?.has(coding['code']) ?? false);
  return (data) => {
    if (typeof data === 'string') return codes.has(data);
    if (!isObject(data)) return true;
    return 'coding' in data || 'text' in data ? listOf(data['coding']).some(allowsCoding) : allowsCoding(data);
  };
}

/**
 * The word before the first slash: the resource type that a relative reference names, as in `Patient/1/_history/2`. A
 * fragment, a URN or an absolute address begins with no type and says nothing certain about what it points to.
 */
function referencedType(reference: unknown): string | undefined {
  if (typeof reference !== 'string') return undefined;
  const slash = reference.indexOf('/');
  return slash > 0 ? reference.slice(0, slash) : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
