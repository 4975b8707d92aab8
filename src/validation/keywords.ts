/** The rules of FHIR's JSON form that JSON Schema has no words for, as ajv keywords. */
import type { Ajv, ErrorObject, FuncKeywordDefinition } from 'ajv';
import type { Compiler } from './compile.js';
import type { CodeList, Definitions } from './definitions.js';

/** Value of the keyword `shape`: what has to hold between the properties of one object. */
export interface ShapeRule {
  /** One of each list of names has to be there. */
  readonly required: readonly (readonly string[])[];
  /** At most one name of each list, with or without its `_name`, may be there. */
  readonly choices: readonly (readonly string[])[];
  /** Repeating primitives: `given` with `_given`, position by position. */
  readonly pairs: readonly string[];
}

type DataValidateFunction = ReturnType<NonNullable<FuncKeywordDefinition['compile']>>;
type DataValidationCxt = Parameters<DataValidateFunction>[1];
type Json = Readonly<Record<string, unknown>>;

export function addKeywords(ajv: Ajv, definitions: Definitions, compiler: Compiler): void {
  ajv.addKeyword({
    keyword: 'shape',
    type: 'object',
    errors: 'full',
    compile: (rule: ShapeRule) => reporting((data, report) => checkShape(rule, data as Json, report)),
  });
  ajv.addKeyword({
    keyword: 'binding',
    errors: 'full',
    compile: (url: string) => {
      const allows = codeListCheck(definitions.codeLists.get(url) ?? []);
      return reporting((data, report) => {
        if (data !== null && !allows(data)) report('binding', { url });
      });
    },
  });
  ajv.addKeyword({
    keyword: 'targets',
    type: 'object',
    errors: 'full',
    compile: (targets: readonly string[]) =>
      reporting((data, report) => {
        const type = referencedType((data as Json)['reference']);
        if (type === undefined || targets.includes(type) || !definitions.types.has(type)) return;
        report('targets', { targets });
      }),
  });
  ajv.addKeyword({
    keyword: 'resource',
    type: 'object',
    errors: 'full',
    compile: () => resourceCheck(compiler),
  });
}

type Report = (keyword: string, params: Record<string, unknown>, below?: string) => void;

/** Makes an ajv check of a function that reports faults one by one. */
function reporting(check: (data: unknown, report: Report) => void): DataValidateFunction {
  const validate: DataValidateFunction = (data: unknown, context: DataValidationCxt) => {
    const errors: ErrorObject[] = [];
    check(data, (keyword, params, below = '') => {
      const instancePath = `${context?.instancePath ?? ''}${below}`;
      errors.push({ keyword, instancePath, schemaPath: '', params });
    });
    validate.errors = errors;
    return errors.length === 0;
  };
  return validate;
}

function checkShape(rule: ShapeRule, data: Json, report: Report): void {
  for (const names of rule.required) if (names.every((name) => data[name] === undefined)) report('missing', { names });
  for (const names of rule.choices) {
    const found = names.filter((name) => data[name] !== undefined || data[`_${name}`] !== undefined);
    if (found.length > 1) report('choice', { found });
  }
  for (const name of rule.pairs) checkPair(name, data, report);
}

/** "null" stands for a value that is only in the other half; in both halves at one position it stands for nothing. */
function checkPair(name: string, data: Json, report: Report): void {
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
 * The resource type that a relative reference names: `Patient` for `Patient/1` and `Patient/1/_history/2`. A fragment,
 * a URN or an absolute address says nothing certain about the type of what it points to.
 */
function referencedType(reference: unknown): string | undefined {
  if (typeof reference !== 'string') return undefined;
  const slash = reference.indexOf('/');
  return slash > 0 && !reference.includes(':') ? reference.slice(0, slash) : undefined;
}

/** Chooses the schema by the resource's own `resourceType`. */
function resourceCheck(compiler: Compiler): DataValidateFunction {
  const validate: DataValidateFunction = (data: unknown, context: DataValidationCxt) => {
    const type = isObject(data) ? data['resourceType'] : undefined;
    const check = typeof type === 'string' ? compiler.resource(type) : undefined;
    if (check === undefined) {
      validate.errors = [
        { keyword: 'resource', instancePath: context?.instancePath ?? '', schemaPath: '', params: {} },
      ];
      return false;
    }
    const valid = check(data, context);
    validate.errors = check.errors ?? [];
    return valid;
  };
  return validate;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
