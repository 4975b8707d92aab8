/**
 * Units: one JSON Schema for each element that has elements inside, made at first use.
 *
 * Schemas don't `$ref` each other. What JSON Schema has no words for is a list of checks, functions that put what they
 * find on one list of faults; the keyword `checks` calls them, and only where they found something does it work out
 * where. So a valid value costs no paths, no list of alternatives is tried in turn, and nothing is compiled that
 * nobody sends.
 *
 * A schema is interpreted first. One that is asked for often is worth the milliseconds that ajv needs to make code of it.
 */
import type { AnySchemaObject } from 'ajv';
import type { ElementNode } from '../definitions/elements.js';
import type { Definitions } from '../definitions/base.js';
import { primitiveChecks } from '../primitives.js';
import { Faults, type Fault } from './faults.js';
import { createGenerate, type Generate } from './generate.js';
import { interpret } from './interpret.js';

/** Puts what it finds on the list of faults. */
export type Check = (value: unknown) => unknown;

/** A fault that JSON Schema itself has words for. */
export interface OwnFault {
  readonly keyword: string;
  /** From the value the schema was held against. */
  pointer: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What JSON Schema itself finds wrong with a value; undefined when nothing. */
export type Validate = (value: unknown) => readonly OwnFault[] | undefined;

/** Levels of objects. Checks call themselves once a level, so the stack bounds them. */
const MAX_DEPTH = 64;
/** Objects looked at in one validation, each as often as there are rules for it. */
const MOST_VISITS = 5_000_000;
const MOST_OWN_ERRORS = 200;
/** Values a schema is interpreted for before ajv compiles it: a batch of work, or a busy server's first minute. */
export const WORTH_COMPILING = 2000;

export interface Units {
  readonly faults: Faults;
  /** A check that makes its schema when it is first called. */
  unit(node: ElementNode, schema: () => AnySchemaObject): Check;
  /** Schema keyword for checks of the value where it stands. */
  checks(list: readonly Check[]): AnySchemaObject;
  /** Makes the schema of every unit so far, and of those that come into being by it. */
  compileAll(): void;
}

export interface UnitsOptions {
  readonly mostFaults: number;
  /** Calls after which ajv compiles a schema; `WORTH_COMPILING` by default. */
  readonly worthCompiling?: number;
  /** For a server: what is worth it is compiled between two turns of the event loop, not while somebody waits. */
  readonly compilesBetweenTurns?: boolean;
}

export function createUnits(
  { types, release }: Pick<Definitions, 'types' | 'release'>,
  { mostFaults, worthCompiling = WORTH_COMPILING, compilesBetweenTurns = false }: UnitsOptions,
): Units {
  const faults = new Faults(mostFaults);
  const table: Check[] = [];
  const waiting = new Set<() => unknown>();
  let depth = 0;
  let visits = 0;
  const checks = (position: number): Check | undefined => table[position];
  const primitives = primitiveChecks(release);
  const formats = new Map([...primitives].map(([name, { accepts }]) => [name, accepts]));
  let generate: Generate | undefined;
  const generator = (): Generate => (generate ??= createGenerate({ faults, checks, types, primitives }));
  const turns: (() => void)[] = [];
  const nextTurn = (): void => {
    turns.shift()?.();
    if (turns.length > 0) setImmediate(nextTurn);
  };
  /** In the order in which they come, each in a turn of its own. */
  const inTurns = (...work: readonly (() => void)[]): void => {
    if (turns.length === 0) setImmediate(nextTurn);
    turns.push(...work);
  };

  return {
    faults,
    unit(node, make) {
      let schema: AnySchemaObject | undefined;
      let validate: Validate | undefined;
      let calls = 0;
      const prepare = (): Validate => {
        waiting.delete(prepare);
        return (validate ??= interpret((schema ??= make()), { faults, checks, formats, mostOwn: MOST_OWN_ERRORS }));
      };
      waiting.add(prepare);
      return (value) => {
        if (faults.isFull) return;
        const position = faults.length;
        if (depth === 0) visits = 0;
        if (depth >= MAX_DEPTH || (visits += 1) > MOST_VISITS) {
          const keyword = depth >= MAX_DEPTH ? 'depth' : 'visits';
          faults.add({ keyword, pointer: '', severity: 'error', params: {}, node });
          return;
        }
        depth += 1;
        try {
          validate ??= prepare();
          if (calls <= worthCompiling && (calls += 1) > worthCompiling && schema !== undefined) {
            const compile = (): void => {
              if (schema !== undefined) validate = generator()(schema);
              schema = undefined;
            };
            if (!compilesBetweenTurns) compile();
            // The first of all loads ajv.
            else inTurns(generator, compile);
          }
          const own = validate(value);
          if (own !== undefined) faults.insert(position, own.slice(0, MOST_OWN_ERRORS).map(asFault));
        } finally {
          depth -= 1;
        }
      };

      function asFault({ keyword, pointer, params }: OwnFault): Fault {
        // Where in the unit, which the pointer will no longer tell.
        return { keyword, pointer, severity: 'error', params: { ...params, within: pointer }, node };
      }
    },
    checks(list) {
      return list.length === 0 ? {} : { checks: list.map((check) => table.push(check) - 1) };
    },
    compileAll() {
      for (const prepare of waiting) prepare();
    },
  };
}
