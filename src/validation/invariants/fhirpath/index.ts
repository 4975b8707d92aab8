/**
 * Constraints evaluated by the fhirpath library. It is loaded with the first constraint that needs it: with a model it
 * takes some 250 ms of a processor and 26 MB (measured on Node 20), and most resources meet none.
 */
import { createRequire } from 'node:module';
import type * as fhirpath from 'fhirpath';
import type { Release } from '../../types.js';
import { isJson, type InvariantContext, type Json } from '../values.js';
import { createWatch, TooCostly, type Budget } from './budget.js';
import { Elsewhere, FUNCTIONS, standIn } from './functions.js';
import { namedIn, obstacleIn, type Node } from './syntax.js';

type FhirPath = typeof fhirpath;
type Model = NonNullable<Parameters<FhirPath['compile']>[1]>;

const require = createRequire(import.meta.url);

interface Loaded {
  readonly library: FhirPath;
  readonly model: Model;
}

const loaded = new Map<Release, Loaded>();

function load(release: Release): Loaded {
  const known = loaded.get(release);
  if (known) return known;
  const fresh = {
    library: require('fhirpath') as FhirPath,
    model: require(`fhirpath/fhir-context/${release}`) as Model,
  };
  loaded.set(release, fresh);
  return fresh;
}

/**
 * Whether a result means that a constraint holds: as the reference validator has it, one boolean is what it says, any
 * other result holds, and an empty one does not.
 */
function toBoolean(result: readonly unknown[]): boolean {
  if (result.length === 1 && typeof result[0] === 'boolean') return result[0];
  return result.length > 0;
}

type Evaluate = (value: unknown, variables: Json) => unknown;

/**
 * Whether it holds; undefined where that could not be worked out, `too-costly` where it would have taken too long,
 * `elsewhere` where it depends on a resource that is not here.
 */
export type Answer = boolean | undefined | 'too-costly' | 'elsewhere';

export interface CompiledExpression {
  readonly check: (value: unknown, context: InvariantContext) => Answer;
  readonly unsupported?: string;
}

const unsupported = (reason: string): CompiledExpression => ({ check: () => undefined, unsupported: reason });

/** Reading an expression takes up to a tenth of a second for each ten thousand characters; FHIR's longest has 1,500. */
const LONGEST_EXPRESSION = 20_000;

/**
 * @param path type path at which the value stands, `Appointment.participant`
 */
export function compileExpression(
  release: Release,
  expression: string,
  path: string,
  budget: Budget,
): CompiledExpression {
  if (expression.length > LONGEST_EXPRESSION)
    return unsupported(`the expression has more than ${LONGEST_EXPRESSION} characters`);
  try {
    const { library, model } = load(release);
    const tree = library.parse(expression) as Node;
    const obstacle = obstacleIn(tree);
    if (obstacle !== undefined) return unsupported(obstacle);
    const named = namedIn(tree);
    const options = {
      traceFn: () => undefined,
      userInvocationTable: FUNCTIONS as never,
      debugger: createWatch(tree) as never,
    };
    const compile = (source: string | { base: string; expression: string }): Evaluate =>
      library.compile(source, model, options) as Evaluate;
    // A resource tells its type itself; given one as base, the library would not know `Appointment.status` any more.
    let [ofPart, ofResource]: (Evaluate | undefined)[] = [];
    const evaluate = (value: unknown, context: InvariantContext): Answer => {
      standIn(context.root);
      try {
        const run =
          isJson(value) && typeof value['resourceType'] === 'string'
            ? (ofResource ??= compile(expression))
            : (ofPart ??= compile({ base: path, expression }));
        const result = run(value, { ...named, resource: context.resource, rootResource: context.root });
        return Array.isArray(result) ? toBoolean(result) : undefined;
      } catch (error) {
        if (error instanceof Elsewhere) return 'elsewhere';
        return error instanceof TooCostly ? 'too-costly' : undefined;
      } finally {
        standIn({});
      }
    };
    return { check: budget.limited(evaluate) };
  } catch (error) {
    const [found = ''] = (error instanceof Error ? error.message : String(error)).split(/ expecting |\n/);
    return unsupported(`the expression is no FHIRPath: ${found}`);
  }
}

/** Places of what an expression finds in a resource: `Patient.name[0]`; undefined where that can't be told. */
export type Select = (resource: Json) => ReadonlySet<string> | undefined;

export function compileSelect(release: Release, expression: string, budget: Budget): Select {
  if (expression.length > LONGEST_EXPRESSION) return () => undefined;
  try {
    const { library, model } = load(release);
    const tree = library.parse(expression) as Node;
    if (obstacleIn(tree) !== undefined) return () => undefined;
    const named = namedIn(tree);
    const run = library.compile(expression, model, {
      traceFn: () => undefined,
      userInvocationTable: FUNCTIONS as never,
      debugger: createWatch(tree) as never,
      resolveInternalTypes: false,
    }) as Evaluate;
    const select = budget.limited((resource: Json): ReadonlySet<string> | 'too-costly' | undefined => {
      standIn(resource);
      try {
        const found = run(resource, { ...named, resource, rootResource: resource });
        return Array.isArray(found) ? new Set(found.map(placeOf)) : undefined;
      } catch (error) {
        return error instanceof TooCostly ? 'too-costly' : undefined;
      } finally {
        standIn({});
      }
    });
    return (resource) => {
      const found = select(resource);
      return found === 'too-costly' ? undefined : found;
    };
  } catch {
    return () => undefined;
  }
}

/** The library's wrapping of an element tells its place. */
function placeOf(node: { fullPropertyName?(): string } | undefined): string {
  return typeof node?.fullPropertyName === 'function' ? node.fullPropertyName() : '';
}
