/** JSON Schemas as code, by ajv: milliseconds to make, and the fastest there is. ajv is loaded for the first one. */
import { createRequire } from 'node:module';
import type * as Library from 'ajv';
import type { Definitions } from '../definitions/base.js';
import type { PrimitiveCheck } from '../primitives.js';
import type { Faults } from './faults.js';
import type { Check, Validate } from './units.js';

const require = createRequire(import.meta.url);

/** Compiles schemas one at a time; they may call each other by their checks. */
export type Generate = (schema: Library.AnySchemaObject) => Validate;

export interface Generating {
  readonly faults: Faults;
  readonly checks: (position: number) => Check | undefined;
  readonly types: Definitions['types'];
  readonly primitives: ReadonlyMap<string, PrimitiveCheck>;
}

export function createGenerate({ faults, checks, types, primitives }: Generating): Generate {
  const { Ajv, Name, _, str } = require('ajv') as typeof Library;
  /** Name that ajv's code has for the pointer of the value it was called with. */
  const instancePath = new Name('instancePath');
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
  for (const [name, { accepts }] of primitives) {
    const kind = types.get(name)?.json ?? 'string';
    if (kind === 'number') ajv.addFormat(name, { type: 'number', validate: accepts });
    else if (kind === 'string') ajv.addFormat(name, { type: 'string', validate: accepts });
  }
  ajv.addKeyword({
    keyword: 'checks',
    schemaType: 'array',
    code(context: Library.KeywordCxt) {
      const { gen, data, it } = context;
      const list = gen.scopeValue('obj', { ref: faults, key: faults });
      const before = gen.const('before', _`${list}.list.length`);
      for (const position of context.schema as readonly number[]) {
        const check = checks(position);
        if (check !== undefined) gen.code(_`${gen.scopeValue('func', { ref: check, key: check })}(${data});`);
      }
      gen.if(_`${list}.list.length > ${before}`, () =>
        gen.code(_`${list}.lift(${before}, ${str`${instancePath}${it.errorPath}`});`),
      );
    },
  });
  return (schema) => {
    const validate = ajv.compile(schema);
    return (value) =>
      validate(value)
        ? undefined
        : (validate.errors ?? []).map(({ keyword, instancePath: pointer, params }) => ({ keyword, pointer, params }));
  };
}
