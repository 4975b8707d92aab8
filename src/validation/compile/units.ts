/**
 * Units: one compiled JSON Schema (ajv) for each element that has elements inside, made at first use.
 *
 * Schemas don't `$ref` each other. What JSON Schema has no words for is a list of checks, functions that put what they
 * find on one list of faults; the keyword `checks` calls them, and only where they found something does it work out
 * where. So a valid value costs no paths, no list of alternatives is tried in turn, and nothing is compiled that
 * nobody sends.
 */
import { _, Ajv, Name, str, type AnySchemaObject, type ErrorObject, type KeywordCxt, type ValidateFunction } from 'ajv';
import type { ElementNode } from '../definitions/elements.js';
import type { Definitions } from '../definitions/base.js';
import { primitiveChecks } from '../primitives.js';
import { Faults, type Fault } from './faults.js';

/** Puts what it finds on the list of faults. */
export type Check = (value: unknown) => unknown;

/** Levels of objects. Checks call themselves once a level, so the stack bounds them. */
const MAX_DEPTH = 64;
const MOST_OWN_ERRORS = 200;
/** Name that ajv's code has for the pointer of the value it was called with. */
const INSTANCE_PATH = new Name('instancePath');

export interface Units {
  readonly faults: Faults;
  /** A check that compiles its schema when it is first called. */
  unit(node: ElementNode, schema: () => AnySchemaObject): Check;
  /** Schema keyword for checks of the value where it stands. */
  checks(list: readonly Check[]): AnySchemaObject;
  /** Compiles every unit made so far, and those that come into being by it. */
  compileAll(): void;
}

export function createUnits({ types, release }: Definitions, mostFaults: number): Units {
  const faults = new Faults(mostFaults);
  const table: Check[] = [];
  const waiting = new Set<() => void>();
  let depth = 0;
  const ajv = new Ajv({
    allErrors: true,
    // Halves the time to compile; the code runs no slower.
    code: { optimize: false },
    messages: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    // A primitive array that may also hold null is a union, which strict typing refuses.
    strict: false,
  });
  for (const [name, { accepts }] of primitiveChecks(release)) {
    const kind = types.get(name)?.json ?? 'string';
    if (kind === 'number') ajv.addFormat(name, { type: 'number', validate: accepts });
    else if (kind === 'string') ajv.addFormat(name, { type: 'string', validate: accepts });
  }
  ajv.addKeyword({
    keyword: 'checks',
    schemaType: 'array',
    code(context: KeywordCxt) {
      const { gen, data, it } = context;
      const list = gen.scopeValue('obj', { ref: faults, key: faults });
      const before = gen.const('before', _`${list}.list.length`);
      for (const position of context.schema as readonly number[]) {
        const check = table[position];
        if (check !== undefined) gen.code(_`${gen.scopeValue('func', { ref: check, key: check })}(${data});`);
      }
      gen.if(_`${list}.list.length > ${before}`, () =>
        gen.code(_`${list}.lift(${before}, ${str`${INSTANCE_PATH}${it.errorPath}`});`),
      );
    },
  });

  return {
    faults,
    unit(node, schema) {
      let compiled: ValidateFunction | undefined;
      const compile = (): ValidateFunction => (compiled ??= ajv.compile(schema()));
      const entry = (): void => {
        compile();
      };
      waiting.add(entry);
      return (value) => {
        const position = faults.length;
        if (depth >= MAX_DEPTH) {
          faults.add({ keyword: 'depth', pointer: '', severity: 'error', params: {}, node });
          return;
        }
        depth += 1;
        try {
          const check = compiled ?? compile();
          if (!check(value)) faults.insert(position, ownFaults(check.errors ?? [], node));
        } finally {
          depth -= 1;
        }
      };
    },
    checks(list) {
      return list.length === 0 ? {} : { checks: list.map((check) => table.push(check) - 1) };
    },
    compileAll() {
      for (const compile of waiting) {
        compile();
        waiting.delete(compile);
      }
    },
  };
}

function ownFaults(errors: readonly ErrorObject[], node: ElementNode): Fault[] {
  return errors.slice(0, MOST_OWN_ERRORS).map(({ keyword, instancePath, params }) => ({
    keyword,
    pointer: instancePath,
    severity: 'error',
    // Where in the unit, which the pointer will no longer tell.
    params: { ...params, within: instancePath },
    node,
  }));
}
