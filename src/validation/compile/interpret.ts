/**
 * JSON Schemas as plain functions: the keywords that `schema.ts` uses, in the order in which ajv's code looks at them.
 * Made in microseconds where ajv takes milliseconds; what they find, and in which order, is the same.
 */
import type { AnySchemaObject } from 'ajv';
import { isJson } from '../definitions/json.js';
import type { Faults } from './faults.js';
import type { Check, OwnFault, Validate } from './units.js';

/** Puts what JSON Schema itself has to say on `own`, with pointers relative to the value; checks use the list of faults. */
type Evaluate = (value: unknown, own: OwnFault[]) => void;

export interface Interpreting {
  readonly faults: Faults;
  readonly checks: (position: number) => Check | undefined;
  readonly formats: ReadonlyMap<string, (value: never) => boolean>;
  /** More than these of one unit are nobody's to read. */
  readonly mostOwn: number;
}

/** The keywords that `schema.ts` uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly checks?: readonly number[];
  readonly properties?: Readonly<Record<string, Schema | true>>;
  readonly additionalProperties?: false;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export function interpret(schema: AnySchemaObject, context: Interpreting): Validate {
  const evaluate = evaluator(schema as Schema, context);
  return (value) => {
    const own: OwnFault[] = [];
    evaluate(value, own);
    return own.length === 0 ? undefined : own;
  };
}

function evaluator(schema: Schema, context: Interpreting): Evaluate {
  const steps: Evaluate[] = [];
  if (schema.type !== undefined) steps.push(typed(schema.type));
  if (schema.format !== undefined) steps.push(formatted(schema.format, schema.type, context));
  for (const position of schema.checks ?? []) steps.push(context.checks(position) as Evaluate);
  if (schema.properties !== undefined)
    steps.push(objects(schema.properties, schema.additionalProperties !== false, context));
  if (schema.minItems !== undefined || schema.items !== undefined) steps.push(lists(schema, context));
  const [first, ...others] = steps;
  if (first === undefined) return () => undefined;
  if (others.length === 0) return first;
  return (value, own) => {
    for (const step of steps) step(value, own);
  };
}

const is: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isJson,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

function typed(type: string | readonly string[]): Evaluate {
  const params = { type };
  const tests = (typeof type === 'string' ? [type] : type).flatMap((name) => is[name] ?? []);
  const [first = () => false] = tests;
  const right = tests.length === 1 ? first : (value: unknown): boolean => tests.some((test) => test(value));
  return (value, own) => {
    if (!right(value)) own.push({ keyword: 'type', pointer: '', params });
  };
}

function formatted(format: string, type: Schema['type'], { formats }: Interpreting): Evaluate {
  const accepts = formats.get(format);
  // Beside `null`, one type only has formats.
  const right = is[(typeof type === 'string' ? type : type?.[0]) ?? 'string'];
  const params = { format };
  return (value, own) => {
    // Values of another type are a matter for `type`.
    if (right?.(value) === true && accepts?.(value as never) === false)
      own.push({ keyword: 'format', pointer: '', params });
  };
}

/** Properties of an object that has at least one, and no others unless the schema is open. */
function objects(schemas: NonNullable<Schema['properties']>, open: boolean, context: Interpreting): Evaluate {
  const { faults, mostOwn } = context;
  const known = new Set(Object.keys(schemas));
  const properties = Object.entries(schemas).flatMap(([name, schema]) =>
    schema === true ? [] : [{ name, at: `/${name}`, evaluate: evaluator(schema, context) }],
  );
  return (value, own) => {
    if (!isJson(value)) return;
    let count = 0;
    for (const name in value) {
      count += 1;
      if (!open && !known.has(name) && own.length < mostOwn)
        own.push({ keyword: 'additionalProperties', pointer: '', params: { additionalProperty: name } });
    }
    if (count === 0) own.push({ keyword: 'minProperties', pointer: '', params: { limit: 1 } });
    for (const { name, at, evaluate } of properties) {
      const held = value[name];
      if (held === undefined) continue;
      const before = own.length;
      const beforeFaults = faults.length;
      evaluate(held, own);
      if (own.length > before) lift(own, before, at);
      if (faults.length > beforeFaults) faults.lift(beforeFaults, at);
    }
  };
}

function lists({ items, minItems = 0, maxItems = Infinity }: Schema, context: Interpreting): Evaluate {
  const { faults, mostOwn } = context;
  const evaluate = items === undefined ? undefined : evaluator(items, context);
  return (value, own) => {
    if (!Array.isArray(value)) return;
    if (value.length > maxItems) own.push({ keyword: 'maxItems', pointer: '', params: { limit: maxItems } });
    if (value.length < minItems) own.push({ keyword: 'minItems', pointer: '', params: { limit: minItems } });
    if (evaluate === undefined) return;
    for (let position = 0; position < value.length; position += 1) {
      const before = own.length;
      const beforeFaults = faults.length;
      evaluate(value[position], own);
      if (own.length > before) {
        lift(own, before, `/${String(position)}`);
        if (own.length > mostOwn) own.length = mostOwn;
      }
      if (faults.length > beforeFaults) faults.lift(beforeFaults, `/${String(position)}`);
    }
  };
}

function lift(own: OwnFault[], position: number, path: string): void {
  for (let index = position; index < own.length; index += 1) {
    const fault = own[index];
    if (fault !== undefined) fault.pointer = path + fault.pointer;
  }
}
